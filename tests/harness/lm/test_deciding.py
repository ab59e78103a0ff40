"""Decisions between candidates that are all but equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines.policies import WholeHistory
from harness.agent import Exchange, Question
from harness.lm import LMAgent
from harness.lm.deciding import TIE
from tests.harness.lm.acting import Push, passes, view
from tests.playing import prepared


def test_a_tie_is_decided_alone_and_counted(
    tied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tied)
    ran = passes(agent, monkeypatch)
    choices = [view(0, admissible=("e", "w")), view(1, admissible=("e", "n"))]
    agent.act(choices)
    ran.clear()
    first, second = agent.act(choices)
    assert first.recomputed
    assert first.margin is not None
    assert first.margin < TIE
    assert not second.recomputed
    # Both together, of which all but the last token was cached; then the tie, alone, uncached.
    assert ran == [[1, 1], [first.prompt_tokens]]
    assert first.encoded_tokens == first.prompt_tokens
    assert second.encoded_tokens == 1


def test_a_tie_is_decided_alike_in_any_company(tied: Path, tmp_path: Path) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tied)
    [alone] = agent.act([view(0, admissible=("e", "w"))])
    crowd = [view(n, Exchange("n" * n, "Room."), admissible=("e", "n")) for n in range(1, 4)]
    *_, among = agent.act([*crowd, view(5, admissible=("e", "w"))])
    assert among.command == alone.command
    assert among.margin == alone.margin


def test_a_tie_of_a_steered_slot_is_decided_under_its_steering(tied: Path, tmp_path: Path) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), intervention=Push()), tmp_path, tied)
    first, second = agent.act([view(0, admissible=("e", "w")), view(1, admissible=("e", "n"))])
    assert (first.recomputed, second.recomputed) == (True, False)
    assert first.steered_tokens == second.steered_tokens == 1
    assert first.dose == pytest.approx(second.dose, abs=1e-6)
    assert first.dose > 0


def test_a_tied_answer_is_decided_alike_in_any_company(tied: Path, tmp_path: Path) -> None:
    question = Question("way", "Which way, e or w?", ("e", "w"), "e")
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tied)
    [alone] = agent.answer([view(0)], [question])
    crowd = [view(n, Exchange("n" * n, "Room.")) for n in range(1, 4)]
    *_, among = agent.answer([*crowd, view(5)], [question] * 4)
    assert among.option == alone.option
    assert among.encoded_tokens == alone.encoded_tokens  # uncached
