"""Rules and words on a world of two rooms, a ball, and a bell that rings when it is dark."""

from __future__ import annotations

import pytest

from environments.alfworld.pddl import Domain, Problem, read
from environments.alfworld.words import Words, called, parsed
from environments.alfworld.world import Action, World

DOMAIN = """
(define (domain house) ; a comment with (brackets
 (:types who place thing)
 (:action Go
   :parameters (?a - who ?from - place ?to - place)
   :precondition (and (at ?a ?from) (open ?to))
   :effect (and (not (at ?a ?from)) (at ?a ?to) (increase (total-cost) 1)))
 (:action Take
   :parameters (?a - who ?p - place ?o - thing)
   :precondition (and (in ?o ?p) (at ?a ?p) (not (exists (?x - thing) (has ?a ?x))))
   :effect (and (has ?a ?o) (not (in ?o ?p))))
 (:action Drop
   :parameters (?a - who ?p - place ?o - thing)
   :precondition (and (has ?a ?o) (at ?a ?p))
   :effect (and (in ?o ?p) (not (has ?a ?o))))
 (:action Switch
   :parameters (?a - who)
   :precondition ()
   :effect (and (when (dark) (not (dark))) (when (not (dark)) (and (dark) (rung)))))
 (:action Wonder
   :parameters (?a - who ?o - thing)
   :precondition (or (has ?a ?o) (exists (?p - place) (and (at ?a ?p) (in ?o ?p))))
   :effect (thought ?o))
)
"""

PROBLEM = """
(define (problem one) (:domain house)
 (:objects me - who hall attic - place ball_bar_1 ball_bar_2 - thing)
 (:init (at me hall) (open hall) (open attic) (in ball_bar_1 hall) (in ball_bar_2 hall))
 (:goal (and (exists (?x - thing) (and (in ?x attic)
   (exists (?y - thing) (and (not (= ?x ?y)) (in ?y attic))))))))
"""

WORDS = r'''
grammar :: """
{
    "intro": [{"rhs": "#look#"}],
    "look": [
        {"condition": "dark()", "rhs": "It is dark."},
        {"condition": "at(a:who, p:place) & in(o:thing, p:place)", "rhs": "Here: #things#."},
        {"condition": "at(a:who, p:place) & not_in(o:thing, p:place)",
         "rhs": "Gone: [{#named(o)# | at(a:who, p:place) & not_in(o:thing, p:place)}]."},
        {"rhs": "Here: #things#."}
    ],
    "things": [
        {"rhs": "[{o.indefinite + ' ' + o.name | at(a:who, p:place) & in(o:thing, p:place)}]"}
    ],
    "named(o)": [{"rhs": "{o.name}"}],
    "list_empty": [{"rhs": "nothing"}],
    "list_separator": [{"rhs": ", "}],
    "list_last_separator": [{"rhs": ", and "}]
}
""";
action Take {
    template :: "take {o}";
    feedback :: "#taken#";
    grammar :: """
        # a comment
        {"taken": [{"rhs": "\n  You take the {o.name}.\n"}]}
    """;
}
action Go { template :: "go to {to}"; feedback :: "#look#"; }
action Drop { template :: "drop {o}"; feedback :: "#look#"; }
action Switch { template :: "switch"; feedback :: "#look#"; }
action Wonder { template :: "wonder about {o.name or o.id}"; feedback :: "Hm."; }
'''


class House:
    def __init__(self, words: str = WORDS, problem: str = PROBLEM) -> None:
        read_problem = Problem.read(problem)
        names = called({name for fact in read_problem.facts for name in fact[1:]})
        self.words = Words.read(words, names)
        self.world = World(Domain.read(DOMAIN), read_problem, self.words.remembered)

    def actions(self) -> dict[str, Action]:
        return {self.words.command(each, self.world): each for each in self.world.applicable()}

    def do(self, command: str) -> str:
        action = self.actions()[command]
        self.world.apply(action)
        return self.words.feedback(action, self.world)


def test_what_can_be_done_follows_from_the_rules() -> None:
    house = House()
    thoughts = {"wonder about ball 1", "wonder about ball 2"}
    assert (
        house.actions().keys() == {"go to attic", "take ball 1", "take ball 2", "switch"} | thoughts
    )
    house.do("take ball 1")
    assert house.actions().keys() == {"go to attic", "drop ball 1", "switch"} | thoughts
    house.do("go to attic")
    assert house.actions().keys() == {"go to hall", "drop ball 1", "switch", "wonder about ball 1"}


def test_going_where_one_stands_is_no_action() -> None:
    assert "go to hall" not in House().actions()


def test_the_goal_asks_for_two_different_things() -> None:
    house = House()
    for command in ("take ball 1", "go to attic", "drop ball 1", "go to hall", "take ball 2"):
        house.do(command)
        assert not house.world.solved
    house.do("go to attic")
    house.do("drop ball 2")
    assert house.world.solved


def test_an_effect_may_depend_on_what_held_before() -> None:
    house = House()
    seen = []
    for _ in range(3):
        house.do("switch")
        seen.append((("dark",) in house.world, ("rung",) in house.world))
    assert seen == [(True, True), (False, True), (True, True)]


def test_lists_are_sorted_and_joined_by_the_grammars_own_separators() -> None:
    house = House()
    assert house.words.text("intro", house.world) == "Here: a ball 2, and a ball 1."
    assert house.do("take ball 1") == "You take the ball 1.\n"
    assert house.words.text("look", house.world) == "Here: a ball 2."
    assert house.do("switch") == "It is dark."


def test_a_grammar_can_ask_what_was_taken_away() -> None:
    house = House()
    assert house.words.remembered == {"in"}
    assert house.do("go to attic") == "Here: nothing."
    for command in ("go to hall", "take ball 1", "go to attic", "drop ball 1", "go to hall"):
        house.do(command)
    house.do("take ball 2")
    assert house.words.text("look", house.world) == "Gone: ball 2, and ball 1."
    assert house.do("drop ball 2") == "Here: a ball 2."


def test_what_may_change_is_told_apart_from_what_may_not() -> None:
    house = House()
    assert ("at", "me", "hall") in house.world.changeable
    assert ("open", "hall") not in house.world.changeable
    before = set(house.world.changeable)
    house.do("go to attic")
    house.do("go to hall")
    assert house.world.changeable == before


def test_things_are_numbered_by_kind_from_the_last() -> None:
    things = {"mug_bar_2", "mug_bar_7", "sink_bar_1_bar_sinkbasin", "sink_bar_1", "agent1"}
    assert called(things) == {
        "mug_bar_7": "mug 1",
        "mug_bar_2": "mug 2",
        "sink_bar_1_bar_sinkbasin": "sinkbasin 1",
        "sink_bar_1": "sink 1",
        "agent1": "agent1",
    }


def test_brackets_are_read_in_lower_case_and_without_comments() -> None:
    assert read("; x (\n(A (b C) ; d\n )") == ["a", ["b", "c"]]


@pytest.mark.parametrize("rule", ["forall", "imply"])
def test_rules_beyond_alfworlds_are_refused(rule: str) -> None:
    text = (
        f"(define (domain d) (:action a :parameters () :precondition ({rule} (x) (y)) :effect (z)))"
    )
    with pytest.raises(ValueError, match=f"without '{rule}'"):
        Domain.read(text)


@pytest.mark.parametrize("template", ["{", "[x]", "a {b|c} d", "#"])
def test_templates_beyond_alfworlds_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match="a template of ALFWorld's grammar"):
        parsed(template)
