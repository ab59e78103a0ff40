"""TextWorld games as the package plays them, with nothing kept: what `TextWorldEnv` must equal.

Slow and plain on purpose. The package tracks admissible commands and its own plan at every
step; the planner checks each proposal anew; the digest is made from all facts.
"""

import hashlib
import warnings

import textworld

from environments.digest import canonical
from environments.numbered import NOT_A_COMMAND
from environments.textworld.games import prepare
from environments.textworld.text import DONE, ROOM, is_command, readable


class Reference:
    """Has `reset` and `step` of a Gymnasium environment, and TextWorld's own state as `state`."""

    def __init__(self, env, seed):
        [game] = prepare([env.unwrapped._key(seed)])
        wanted = textworld.EnvInfos(admissible_commands=True, policy_commands=True)
        self.seed, self.content = seed, game.content
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Game .* is not fully supported")
            self.engine = textworld.start(str(game.story), wanted)

    @property
    def goal(self):
        return self.state.objective.strip()

    def reset(self):
        self.state = self.engine.reset()
        self.planner = Planner(self.state["_game_progression"])
        text = readable(self.state.feedback)
        observation = text[ROOM.search(text).start() :]
        self.texts = {observation}
        self.info = self.describe(accepted=None)
        return observation, self.info

    def step(self, command):
        if not is_command(command):
            self.info = {**self.info, "accepted": False}
            return NOT_A_COMMAND, 0.0, False, False, self.info
        before = self.info["progress"]
        self.state, _, _ = self.engine.step(command)
        self.planner.advance()
        observation = readable(self.state.feedback)
        self.texts.add(observation)
        self.info = self.describe(accepted=DONE.search(self.state.raw) is not None)
        reward = self.info["progress"] - before
        return observation, reward, self.info["won"] or self.info["lost"], False, self.info

    def describe(self, accepted):
        won, lost = self.state.won, self.state.lost
        commands = [] if won else None if lost else self.planner.commands
        facts = hashlib.sha256(canonical(sorted(map(str, self.state["_facts"])))).digest()
        return {
            "admissible": () if won or lost else tuple(self.state.admissible_commands),
            "expert": commands[0] if commands else None,
            "distance": None if commands is None else len(commands),
            "progress": max(0.0, min(1.0, self.state.score / self.state.max_score)),
            "state": hashlib.sha256(facts + canonical(sorted(self.texts))).hexdigest(),
            "accepted": accepted,
            "violations": (),
            "opportunity": False,
            "required": False,
            "won": won,
            "lost": lost,
        }


class Planner:
    """One plan, kept while it is followed, from TextWorld's progression."""

    def __init__(self, progression):
        self.progression, self.quests = progression, progression.game.quests
        self.names = {name: entity.name for name, entity in progression.game.infos.items()}
        goals = (i for i, q in enumerate(self.quests) if q.win_events and not q.optional)
        self.situation = self.arrive(frozenset(progression.state.facts), frozenset(goals))
        self.plan = self.shortest(None)

    @property
    def commands(self):
        return self.plan and [action.format_command(self.names) for action in self.plan]

    def advance(self):
        before, old = self.situation, self.plan
        self.situation = self.arrive(frozenset(self.progression.state.facts), before[1])
        if self.situation != before:
            followed = old and self.after(before, old[0]) == self.situation
            self.plan = old[1:] if followed else self.shortest(old)

    def shortest(self, old):
        plans = [self.checked(old), self.checked(self.progression.winning_policy)]
        if plans == [None, None] and self.situation[1]:
            plans.append(self.checked(self.rehearsed()))
        return min((plan for plan in plans if plan is not None), key=len, default=None)

    def rehearsed(self):
        rehearsal, actions = self.progression.copy(), []
        while (policy := rehearsal.winning_policy) and len(actions) < 300:
            if not rehearsal.state.is_applicable(policy[0]):
                break
            actions.append(policy[0])
            rehearsal.update(policy[0])
        return actions

    def checked(self, plan):
        situations, kept = [self.situation], []
        for action in plan or ():
            if not situations[-1][1]:
                break
            situation = self.after(situations[-1], action)
            if situation is None:
                return None
            if situation in situations:
                back = situations.index(situation)
                del situations[back + 1 :], kept[back:]
            else:
                situations.append(situation)
                kept.append(action)
        return None if situations[-1][1] else kept

    def after(self, situation, action):
        facts, unmet = situation
        if not facts.issuperset(action.preconditions):
            return None
        facts = facts - action.removed | action.added
        if any(happened(quest.fail_events, facts) for quest in self.quests if not quest.optional):
            return None
        return self.arrive(facts, unmet)

    def arrive(self, facts, unmet):
        return facts, frozenset(i for i in unmet if not happened(self.quests[i].win_events, facts))


def happened(events, facts):
    return any(facts.issuperset(event.condition.preconditions) for event in events)
