"""What is asked beside the run, in a fork of the context, and what that leaves as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from baselines.policies import PresentOnly, WholeHistory
from harness.agent import Episode, Exchange, Question
from harness.lm import LMAgent
from harness.lm.slots import LayerCache, Slot
from harness.probes import BriefRecall, GoalRecall
from harness.session import ARMS
from harness.task import Panel
from tests.harness.lm.acting import Push, Weighed, passes, view
from tests.playing import SPEC, play, prepared

ASKED = Question("goal", "Where to?\nA. east\nB. west\nAnswer with one letter.", ("A", "B"), "A")


@pytest.fixture(scope="module")
def halls() -> Panel:
    return Panel.draw(SPEC.model_copy(update={"tasks": 3, "cap": 8}), seed=0)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"intervention": Push()},
        {"intervention": Weighed()},
        {"act_by": "generation", "max_tokens": 5, "temperature": 1.0},
    ],
    ids=["choice", "steered", "steered by divergence", "generation"],
)
def test_asking_changes_no_turn(
    parts: dict[str, Any],
    halls: Panel,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every turn of four arms to the last bit, what it took to encode included."""
    # Who decides with whom depends on how quickly the games answer, and with it the last bit.
    monkeypatch.setattr("harness.rollout.GRACE", 1e6)
    probes = [
        GoalRecall(every=1),
        BriefRecall(every=2, question="Answer with what?", options=("a", "b"), expected="a"),
    ]
    agent = prepared(LMAgent(policy=WholeHistory(), **parts), tmp_path, tiny_folder)
    silent = play(agent, halls, tmp_path / "silent", slots=4, arms=tuple(ARMS))
    agent = prepared(LMAgent(policy=WholeHistory(), **parts), tmp_path, tiny_folder)
    asked = play(agent, halls, tmp_path / "asked", slots=4, arms=tuple(ARMS), probes=probes)
    assert [replace(row, seconds=0) for row in asked.turns] == [
        replace(row, seconds=0) for row in silent.turns
    ]
    assert len({row.play for row in asked.turns}) > len(ARMS)
    rows = asked.probes
    assert {row.name for row in rows} == {"goal recall", "brief recall"}
    assert len({row.context for row in rows}) > len(rows) / 3
    if agent.chooses:
        assert {row.answer for row in rows} == {"A", "B"}
        assert {row.correct for row in rows} == {True, False}


def test_a_turn_is_steered_once_whether_it_is_probed_or_not(
    tiny_folder: Path, tmp_path: Path
) -> None:
    intervention = Weighed()
    agent = prepared(
        LMAgent(policy=WholeHistory(), intervention=intervention), tmp_path, tiny_folder
    )
    views = [view(0), view(1, Exchange("east", "Room 1 of 3."))]
    agent.answer(views[:1], [ASKED])
    agent.act(views)
    assert intervention.calls == views
    agent.act([view(0, Exchange("east", "Room 1 of 3."))])
    assert len(intervention.calls) == 3


def test_a_question_stands_behind_what_the_agent_sees_when_it_decides(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Episode("An earlier goal.", "An earlier room.", (Exchange("look", "Nothing."),))
    now = view(0, Exchange("east", "Room 1 of 3."), history=(past,))
    for policy in (WholeHistory(), PresentOnly()):
        agent = prepared(LMAgent(policy=policy), tmp_path, tiny_folder)
        forks = watched(agent, monkeypatch)
        agent.answer([now], [ASKED])
        [fork] = forks
        text, tokenizer = agent.model.format, agent.model.format.tokenizer
        decision = tokenizer.decode(agent.prompt(now).tokens)
        *before, last = decision.rsplit("<|im_end|>", 1)
        asked = "".join([*before, f"\n\n{ASKED.text}<|im_end|>", last])
        assert tokenizer.decode(fork.tokens[: len(text.encode(asked))]) == asked


def watched(agent: LMAgent, monkeypatch: pytest.MonkeyPatch) -> list[Slot]:
    """All forks that are made from now on."""
    forks: list[Slot] = []
    fork = Slot.fork

    def keeping(slot: Slot) -> Slot:
        forks.append(fork(slot))
        return forks[-1]

    monkeypatch.setattr(Slot, "fork", keeping)
    return forks


def test_all_questions_of_a_turn_are_one_pass_over_what_is_not_yet_encoded(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tiny_folder)
    views = [view(n, Exchange("e" * n, "Room.")) for n in (1, 2, 3)]
    agent.act(views)
    ran = passes(agent, monkeypatch)
    other = Question("other", "Which?\nC. north\nD. south", ("C", "D"), "C")
    answers = agent.answer([*views, views[0]], [ASKED, ASKED, ASKED, other])
    assert list(map(len, ran)) == [4]
    assert [answered.option in ("A", "B") for answered in answers] == [True, True, True, False]
    assert answers[0].context == answers[3].context
    assert len({answered.context for answered in answers}) == 3
    # The observation's end, the question and the template around it; nothing of what was read.
    length = agent.length(ASKED.text)
    assert all(length <= answered.encoded_tokens < length + 20 for answered in answers[:3])


def test_an_answer_is_given_under_the_adapter_and_the_steering_of_the_decision(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), intervention=Push()), tmp_path, tiny_folder)
    agent._adapter_name = "some adapter"
    forks = watched(agent, monkeypatch)
    agent.answer([view()], [ASKED])
    assert forks[0].adapter == "some adapter"
    assert forks[0].steering is agent.intervention.steering  # type: ignore[union-attr]


def test_a_run_whose_probe_touches_the_context_is_an_error(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tiny_folder)
    agent.act([view(3)])
    monkeypatch.setattr(Slot, "fork", lambda slot: slot)
    with pytest.raises(RuntimeError, match=r"changed the context of slot 3: .* not a result"):
        agent.answer([view(3)], [ASKED])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_digest_shows_any_touched_cache(dtype: torch.dtype) -> None:
    def lane() -> Slot:
        slot = Slot([LayerCache(), LayerCache()], np.arange(3))
        for number, layer in enumerate(slot.layers):
            entries = torch.arange(2 * 4 * 4, dtype=dtype).reshape(2, 4, 4) + number
            layer.append(0, entries, -entries)  # the fourth is not live
        return slot

    digest = lane().digest()
    assert lane().digest() == digest == lane().fork().digest()
    for layer in (0, 1):
        for cache in ("keys", "values"):
            for place in ((0, 0, 0), (1, 2, 3)):
                touched = lane()
                getattr(touched.layers[layer], cache)[place] += 1
                assert touched.digest() != digest
            behind = lane()
            getattr(behind.layers[layer], cache)[1, 3, 0] = 9
            assert behind.digest() == digest
    other, shorter = lane(), lane()
    other.tokens[1] = 7
    shorter.truncate(2)
    assert len({digest, other.digest(), shorter.digest()}) == 3


def test_a_question_that_does_not_fit_the_window_is_unknown(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """It could only be asked about a context that is shorter than the decision's."""
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tiny_folder)
    long = replace(ASKED, text=ASKED.text * 200)
    unknown, known = agent.answer([view(0), view(1)], [long, ASKED])
    assert (unknown.option, unknown.encoded_tokens) == (None, 0)
    assert known.option is not None
    [alone] = agent.answer([view(0)], [long])
    assert alone == unknown


def test_a_written_answer_is_read(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), act_by="generation"), tmp_path, tiny_folder)
    for text, option in [("B.", "B"), (" A", "A"), ("A or B", None), ("hm", None)]:
        monkeypatch.setattr(agent.model.format, "decode", lambda ids, text=text: text)
        [answered] = agent.answer([view()], [ASKED])
        assert answered.option == option
