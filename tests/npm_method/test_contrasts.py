"""Which states are called good, and which are not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from baselines.policies import PresentOnly, WholeHistory
from harness.agent import Episode, Exchange, View
from harness.experience import Trajectory
from harness.lm import LMAgent
from harness.records import End, TurnRow
from npm_method.contrasts import Read, decision_states, inter, intra, read_session
from tests.harness.tables import turn_row
from tests.playing import prepared

LAYERS = [0, 2]
CLOSE = {"atol": 3e-5, "rtol": 0.0}


@pytest.fixture(scope="module")
def base(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LMAgent:
    folder = tmp_path_factory.mktemp("base")
    return prepared(LMAgent(policy=WholeHistory()), folder, tiny_folder)


def trajectory(
    task: str, rows: list[TurnRow], end: End, history: tuple[Episode, ...] = ()
) -> Trajectory:
    return Trajectory(task, "You play.", history, f"Goal of {task}.", rows, end)


def rows(*commands: str) -> list[TurnRow]:
    """Looking changes nothing; every other command comes a step nearer."""
    made: list[TurnRow] = []
    distance = 9
    for turn, command in enumerate(commands, start=1):
        after = distance if command == "look" else distance - 1
        made.append(
            turn_row(
                turn=turn,
                observation=f"Room {distance}.",
                command=command,
                text=command,
                feedback=f"Room {after}.",
                state_before=f"s{distance}",
                state_after=f"s{after}",
                distance_before=distance,
                distance_after=after,
                chosen=True,
            )
        )
        distance = after
    return made


def separate(base: LMAgent, view: View) -> Tensor:
    """The states of one prompt, read in a pass of its own."""
    prompt = base.prompt(view).tokens
    [states] = base.model.states([prompt], [[len(prompt) - 1]], LAYERS)
    return states[0]


def test_the_states_of_a_session_are_those_of_a_pass_for_each_prompt(base: LMAgent) -> None:
    first = trajectory("a", rows("go east", "look", "look"), "capped")
    second = trajectory("b", rows("look", "go east"), "capped", (first.episode,))
    reads = read_session(base, [first, second], LAYERS)
    assert [read.trajectory for read in reads] == [first, second]
    for read in reads:
        assert read.states.shape == (len(read.trajectory.rows), 2, base.model.width)
        for turn, states in enumerate(read.states, start=1):
            expected = separate(base, read.trajectory.view(turn))
            torch.testing.assert_close(states, expected, **CLOSE)


def test_a_session_is_encoded_once(base: LMAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    lived = trajectory("a", rows("go east", "look", "look", "go east"), "capped")
    encoded: list[int] = []
    states = base.model.states
    monkeypatch.setattr(
        base.model, "states", lambda s, *rest: encoded.extend(map(len, s)) or states(s, *rest)
    )
    read_session(base, [lived], LAYERS)
    assert encoded == [len(base.prompt(lived.view(4)).tokens)]


def test_prompts_that_do_not_begin_each_other_are_read_apart(
    tiny_folder: Path, tmp_path: Path
) -> None:
    base = prepared(LMAgent(policy=PresentOnly()), tmp_path, tiny_folder)
    lived = trajectory("a", rows("go east", "look", "look"), "capped")
    views = [lived.view(turn) for turn in (1, 2, 3, 1)]
    for view, states in zip(views, decision_states(base, views, LAYERS), strict=True):
        torch.testing.assert_close(states, separate(base, view), **CLOSE)


def test_inter_sets_a_winner_against_the_loser_of_the_same_task(base: LMAgent) -> None:
    """Both in the loser's history, so that nothing but the task's own play differs."""
    history = (Episode("Earlier.", "Hall.", (Exchange("look", "Hall."),)),)
    other = (Episode("Another.", "Shed.", (Exchange("wait", "Shed."),)),)
    loser = trajectory("a", rows("look", "look"), "capped", history)
    winner = trajectory("a", rows("go east", "go east"), "won", other)
    [read] = read_session(base, [loser], LAYERS)
    winners = {"a": winner, "b": trajectory("b", rows("look"), "won")}
    [contrast] = inter(base, read, winners, LAYERS)
    assert contrast.task == "a"
    torch.testing.assert_close(contrast.bad, separate(base, loser.view(2)), **CLOSE)
    in_its_place = winner._replace(history=history).view(2)
    assert in_its_place.history == history
    torch.testing.assert_close(contrast.good, separate(base, in_its_place), **CLOSE)


def test_inter_needs_a_loser_and_a_winner(base: LMAgent) -> None:
    won = trajectory("a", rows("go east"), "won")
    lost = trajectory("b", rows("look"), "lost")
    for read in read_session(base, [won, lost], LAYERS):
        assert inter(base, read, {"a": won}, LAYERS) == []


def states(count: int) -> Tensor:
    return torch.arange(count * 2 * 3, dtype=torch.float32).reshape(count, 2, 3) ** 2


def test_intra_sets_sound_turns_against_repeated_ones() -> None:
    """The second "look" in the same state repeats itself; the first told something."""
    lived = trajectory("a", rows("go east", "look", "look", "go east", "look"), "capped")
    read = Read(lived, states(5))
    [contrast] = intra(read)
    torch.testing.assert_close(contrast.bad, read.states[2])
    torch.testing.assert_close(contrast.good, read.states[[0, 1, 3, 4]].mean(dim=0))


def test_intra_counts_what_the_game_refused() -> None:
    made = [
        turn_row(turn=1, command="go east", accepted=True),
        turn_row(turn=2, command="fly", accepted=False, state_before="s1", distance_after=3),
    ]
    read = Read(trajectory("a", made, "lost"), states(2))
    [contrast] = intra(read)
    torch.testing.assert_close(contrast.bad, read.states[1])
    torch.testing.assert_close(contrast.good, read.states[0])


@pytest.mark.parametrize(
    ("commands", "end"),
    [
        (("look", "look"), "won"),  # a success has no degenerate steps
        (("go east", "look"), "capped"),  # all sound
    ],
)
def test_intra_says_nothing_without_both_kinds(commands: tuple[str, ...], end: End) -> None:
    assert intra(Read(trajectory("a", rows(*commands), end), states(len(commands)))) == []


def test_intra_says_nothing_of_degenerate_turns_alone() -> None:
    made = [turn_row(turn=1, command="fly", accepted=False)]
    assert intra(Read(trajectory("a", made, "capped"), states(1))) == []
