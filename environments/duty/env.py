"""What all duties share: a case that answers, replies to choose from, rules, and an expert.

    env = gym.make("driftgauge/Support-v0", rules=("one_question", "ticket_at_close"))
    observation, info = env.reset(seed=3)
    observation, _, _, _, info = env.step("May I have your customer number?")
    info["violations"], info["opportunity"]         # ((), True)

Whatever is written is read by program, so a reply can be free text or one of those that are
offered (`admissible`), and a session can be replayed. A subclass brings a `Case`, and its rules;
here is once how rules are judged, how the expert finds a reply that does the next thing and breaks
no rule, and which replies are offered beside it: the four acts that are likeliest to be taken for
the right one, each said as the rules want it and with the same one slip, so that neither an act nor
a form is more frequent for being right.
"""

from __future__ import annotations

import copy
import string
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from environments.digest import canonical, digest, sha256
from environments.duty.case import Case
from environments.duty.rules import Rule, Style, Turn
from environments.numbered import NumberedEnv, Situation

OFFERED = 8
"""Replies to choose from, always as many: chance is the same at every turn."""

LONGEST = 400
"""Characters of a reply; a longer one is not sent."""


C = TypeVar("C", bound=Case)


class Step(NamedTuple):
    """What the expert does: an act, and how it says it."""

    act: str
    style: Style


class DutyEnv(NumberedEnv, Generic[C]):
    """Cases under rules.

    Args:
        rules: names in the class's `rules_by_name`.
    """

    packages = ("numpy",)  # its generator draws the cases
    messages = True
    rules_by_name: ClassVar[Mapping[str, Rule[Any]]]

    observation_space = spaces.Text(1000, charset=string.printable)
    action_space = spaces.Text(LONGEST, charset=string.printable)

    def __init__(self, rules: Sequence[str] = ()) -> None:
        super().__init__()
        assert self.rulebook is not None
        self.rulebook.check(rules)
        self.rules = tuple(rules)
        self._in_force = {name: self.rules_by_name[name] for name in rules}
        self._styles = _styles(self._in_force.values())
        self._content = ""
        self._case: C | None = None
        self._turn = Turn("", "", frozenset())
        """The reply that is due, still empty."""
        self._plan: list[Step] = []

    @abstractmethod
    def _draw(self, random: np.random.Generator) -> C:
        """Draw a case."""

    @property
    def goal(self) -> str:
        """What the agent is told of the case."""
        return self._begun().goal

    @property
    def content(self) -> str:
        """SHA-256 of the case as it was drawn; the rules are the session's."""
        self._begun()
        return self._content

    def close(self) -> None:
        """End the case. Closing twice does no harm."""
        super().close()
        if self._case is not None:
            self._case.close()
            self._case = None

    def _begun(self) -> C:
        if self._case is None:
            raise gym.error.ResetNeeded("There is no case before the first reset().")
        return self._case

    def _begin(self, number: int) -> Situation:
        random, _ = gym.utils.seeding.np_random(number)
        self.close()
        self._case = self._draw(random)
        self._content = digest([self._case.goal, self._case.opening, self._case.facts()])
        self._turn = Turn(self._case.opening, "", frozenset())
        self._plan = list(self._expert(self._case, self._turn))
        return self._now(self._case.opening)

    def _take(self, command: str) -> Situation | None:
        if not command or len(command) > LONGEST or not command.isprintable():
            return None
        case = self._begun()
        turn = self._turn._replace(reply=command, acts=case.read(command))
        verdicts = self._judged(turn, case)
        as_planned = self._plan and command == case.say(*self._plan[0])
        heard = case.hear(turn)
        self._turn = _after(turn, heard)
        self._plan = self._plan[1:] if as_planned else list(self._expert(case, self._turn))
        return self._now(heard)._replace(
            accepted=bool(turn.acts),
            violations=tuple(name for name, kept in verdicts.items() if kept is False),
            opportunity=any(kept is not None for kept in verdicts.values()),
        )

    def _now(self, text: str) -> Situation:
        case = self._begun()
        due = self._turn
        known = [due.heard, sorted(due.last), sorted(due.done), due.first]
        facts = canonical([case.facts(), known])
        return Situation(
            observation=text,
            facts=facts,
            admissible=() if case.over else tuple(self._offers(case, facts)),
            expert=None if case.over else case.say(*self._plan[0]),
            distance=len(self._plan),
            progress=case.progress,
            won=case.over and case.solved,
            lost=case.over and not case.solved,
        )

    def _judged(self, turn: Turn, case: C) -> dict[str, bool | None]:
        return {name: rule.judge(turn, case) for name, rule in self._in_force.items()}

    def _expert(self, case: C, due: Turn) -> Iterator[Step]:
        """The expert's replies from here to the end of the case."""
        case = copy.deepcopy(case)
        while not case.over:
            step = self._step(case, due)
            yield step
            reply = case.say(*step)
            turn = due._replace(reply=reply, acts=case.read(reply))
            due = _after(turn, case.hear(turn))
        case.close()

    def _step(self, case: C, due: Turn) -> Step:
        """What is next, or what a rule wants before it, said so that no rule is broken."""
        act = case.plan()
        tried = set[str]()
        while True:
            tried.add(act)
            style, broken = self._styled(case, due, act)
            if not broken:
                return Step(act, style)
            remedies = [rule.remedy(act, case) for rule in broken if rule.remedy]
            if tried.issuperset(remedies):
                told = " ".join(rule.sentence for rule in broken)
                raise RuntimeError(f"There is no way to {act} under these rules: {told}")
            act = next(remedy for remedy in remedies if remedy not in tried)

    def _styled(self, case: C, due: Turn, act: str) -> tuple[Style, list[Rule[C]]]:
        """The plainest style in which an act breaks the fewest rules, and which it breaks."""
        best: tuple[Style, list[Rule[C]]] | None = None
        for style in self._styles:
            broken = self._broken(case, due, case.say(act, style))
            if best is None or len(broken) < len(best[1]):
                best = style, broken
            if not broken:
                break
        assert best is not None  # no style at all is one of them
        return best

    def _broken(self, case: C, due: Turn, reply: str) -> list[Rule[C]]:
        turn = due._replace(reply=reply, acts=case.read(reply))
        judged = self._judged(turn, case)
        return [self._in_force[name] for name, kept in judged.items() if kept is False]

    def _offers(self, case: C, facts: bytes) -> list[str]:
        """The expert's reply among others, the same in the same state."""
        right = self._plan[0]
        random = np.random.default_rng(int(sha256(facts), 16))
        slip = self._slip(case, right, random)
        others = random.permutation(case.acts()).tolist()
        offered = dict[str, None]()
        # What the case wants, if a rule forbids it as yet, and a premature end are always there.
        acts = [right.act, case.plan(), *case.rivals(right.act), case.ending, *others]
        for act in dict.fromkeys(acts):
            style = right.style if act == right.act else self._styled(case, self._turn, act)[0]
            for way in (style, {**style, **slip}):
                if len(offered) < OFFERED:
                    offered.setdefault(case.say(act, way))
            if len(offered) == OFFERED:
                break
        return list(offered)

    def _slip(self, case: C, right: Step, random: np.random.Generator) -> Style:
        """A feature that breaks a rule; if none would, one that can be heard; if none can, none.

        Every rule that can be broken by it is as likely, however many features there are.
        """
        heard = list[Style]()
        breaking = dict[str, list[Style]]()
        as_wanted = case.say(*right)
        for feature, values in case.styles().items():
            for value in values:
                slip = {feature: value}
                reply = case.say(right.act, {**right.style, **slip})
                if reply == as_wanted:
                    continue
                heard.append(slip)
                for rule in self._broken(case, self._turn, reply):
                    breaking.setdefault(rule.sentence, []).append(slip)
        slips = list(breaking.values())[int(random.integers(len(breaking)))] if breaking else heard
        return slips[int(random.integers(len(slips)))] if slips else {}


def _styles(rules: Iterable[Rule[Any]]) -> Sequence[Style]:
    """Ways to speak, from the plainest to the one that has all that the rules speak of."""
    taken = product(*([{}, rule.style] for rule in rules if rule.style))
    merged = [{k: v for style in styles for k, v in style.items()} for styles in taken]
    return sorted(merged, key=len)


def _after(turn: Turn, heard: str) -> Turn:
    """The turn that is due when a reply was heard."""
    return Turn(heard, "", frozenset(), last=turn.acts, done=turn.done | turn.acts, first=False)
