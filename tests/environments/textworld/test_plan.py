"""The plan in a world of three rooms in a row, a lamp in the last, and a window to fall from."""

from types import SimpleNamespace

from environments.textworld.plan import Planner


class Action:
    """Has the fields of `textworld.logic.Action` that a plan is made of."""

    def __init__(self, name, needs, gives, keeps=()):
        self.name, self.preconditions = name, {*needs, *keeps}
        self.removed, self.added = set(needs) - set(gives), set(gives) - set(needs)

    def format_command(self, names):
        return self.name


EAST = [Action("go east", {f"room {i}"}, {f"room {i + 1}"}) for i in range(2)]
WEST = [Action("go west", {f"room {i + 1}"}, {f"room {i}"}) for i in range(2)]
TAKE = Action("take lamp", {"lamp on floor"}, {"lamp"}, keeps={"room 2"})
JUMP = Action("jump", {"room 0"}, {"fallen"})
TUNNEL = Action("crawl", {"room 0"}, {"room 2"})


class Progression:
    """Has what a planner reads of `textworld.generator.game.GameProgression`."""

    def __init__(self, *policy):
        happens = lambda fact: SimpleNamespace(condition=SimpleNamespace(preconditions={fact}))  # noqa: E731
        quest = SimpleNamespace(
            win_events=[happens("lamp")], fail_events=[happens("fallen")], optional=False
        )
        self.game = SimpleNamespace(quests=[quest], infos={})
        self.state = SimpleNamespace(facts={"room 0", "lamp on floor"})
        self.winning_policy = policy or None

    def update(self, action):
        assert action.preconditions <= self.state.facts
        self.state.facts = self.state.facts - action.removed | action.added

    def copy(self):
        twin = Progression(*self.winning_policy or ())
        twin.state.facts = self.state.facts
        return twin


def test_a_plan_that_is_followed_gets_shorter_by_one_each_time():
    progression = Progression(*EAST, TAKE)
    planner = Planner(progression)
    for left, action in zip((2, 1, 0), (*EAST, TAKE), strict=True):
        progression.update(action)
        progression.winning_policy = None  # not asked for while the plan is followed
        planner.advance()
        assert len(planner.commands) == left


def test_circles_are_cut_out():
    planner = Planner(Progression(EAST[0], WEST[0], EAST[0], EAST[1], TAKE))
    assert planner.commands == ["go east", "go east", "take lamp"]


def test_a_plan_that_is_not_possible_or_loses_is_none():
    assert Planner(Progression(EAST[1], TAKE)).commands is None
    assert Planner(Progression(JUMP)).commands is None
    assert Planner(Progression(EAST[0])).commands is None


def test_a_turn_that_changes_nothing_keeps_the_plan():
    progression = Progression(*EAST, TAKE)
    planner = Planner(progression)
    progression.winning_policy = (TUNNEL, TAKE)
    planner.advance()
    assert planner.commands == ["go east", "go east", "take lamp"]


def test_leaving_the_plan_makes_a_new_one():
    progression = Progression(*EAST, TAKE)
    planner = Planner(progression)
    progression.update(EAST[0])
    planner.advance()
    progression.update(WEST[0])
    progression.winning_policy = (*EAST, TAKE)
    planner.advance()
    assert planner.commands == ["go east", "go east", "take lamp"]


def test_a_short_cut_counts():
    progression = Progression(*EAST, TAKE)
    planner = Planner(progression)
    progression.update(TUNNEL)
    progression.winning_policy = (TAKE,)
    planner.advance()
    assert planner.commands == ["take lamp"]
