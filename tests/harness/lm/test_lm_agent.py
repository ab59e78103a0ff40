"""The language-model agent plays: in slots, by choice or by writing, put together from parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_module
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from pydantic import ValidationError

from baselines.lora import LoRA
from baselines.policies import PresentOnly, WholeHistory
from baselines.scripted import Expert
from harness.agent import Episode, Exchange, Question, View
from harness.events import Hooks
from harness.experience import expert_plays
from harness.lane import UNREADABLE
from harness.lm import Base, Divergence, Intervention, LanguageModel, LMAgent, Steering
from harness.lm.deciding import TIE
from harness.lm.decoding import read_command
from harness.lm.slots import LayerCache, Slot
from harness.preparation import Preparation
from harness.probes import BriefRecall, GoalRecall, Probe
from harness.records import ProbeRow, Records, TurnRow
from harness.rollout import Rollout
from harness.session import ARMS
from harness.task import Panel, PanelSpec
from npm_method import NPM
from tests.language_models import tiny_network, tiny_tokenizer
from tests.playing import BRIEF, SPEC, Rows, play, prepared

TREASURE = PanelSpec(
    id="driftgauge/TextWorldTreasureHunter-v0",
    draw={"level": (4,)},
    brief="You are playing text adventure games. Answer with one short command.",
    tasks=2,
    cap=3,
    blocks=1,
)


class EachCell(LMAgent):
    """Plays every cell of the panel itself, as an agent does that is not deterministic."""

    deterministic = False


def view(slot: int = 0, *exchanges: Exchange, **options: Any) -> View:
    values: dict[str, Any] = {
        "slot": slot,
        "brief": BRIEF,
        "history": (),
        "episode": Episode("Go to the east end.", "Room 0 of 3.", exchanges),
        "admissible": ("east", "look", "west"),
        "key": ("act", 0, "task", 1),
    }
    return View(**(values | options))


@pytest.fixture(scope="module")
def treasure() -> Panel:
    return Panel.draw(TREASURE, seed=5)


@pytest.fixture(scope="module")
def one_slot(
    treasure: Panel, smollm2: LanguageModel, tmp_path_factory: pytest.TempPathFactory
) -> Rows:
    """A session of the embedded model in a real game, all of it in one slot."""
    folder = tmp_path_factory.mktemp("one")
    agent = prepared(LMAgent(policy=WholeHistory()), folder, "smollm2")
    return play(agent, treasure, folder, slots=1)


def test_a_session_of_the_embedded_model(one_slot: Rows, treasure: Panel) -> None:
    assert len(one_slot.tasks) == 2 * 2 * 2  # orders, positions, arms
    for row in one_slot.turns:
        assert row.chosen
        assert row.command in (row.admissible or ())
        assert row.text == row.command
        assert row.margin is not None
        assert row.encoded_tokens <= row.prompt_tokens
        assert row.generated_tokens < 8
        assert (row.steered_tokens, row.dose, row.dropped_turns) == (0, 0.0, 0)


def test_the_histories_of_all_arms_are_equally_long_in_tokens(
    smollm2: LanguageModel, tmp_path: Path
) -> None:
    spec = TREASURE.model_copy(update={"cap": 7, "draw": {"level": (3,)}})
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, "smollm2")
    played = play(agent, Panel.draw(spec, seed=6), tmp_path, orders=1, arms=tuple(ARMS))
    tokens = {row.arm: row.context_tokens for row in played.tasks if row.position == 2}
    history = {arm: tokens[arm] - tokens["fresh"] for arm in ARMS}
    assert history["chained"] > 150
    assert history["padded"] == pytest.approx(history["chained"], abs=3)
    assert history["expert"] == pytest.approx(history["chained"], abs=8)
    assert len({row.play for row in played.tasks if row.position == 2}) == 4


def test_nothing_is_encoded_twice_in_a_session(one_slot: Rows) -> None:
    first, *later = [row for row in one_slot.turns if row.play == one_slot.tasks[0].play]
    assert first.encoded_tokens == first.prompt_tokens
    for before, row in zip([first, *later], later, strict=False):
        # The answer's last tokens, the observation, and the template around them.
        assert row.encoded_tokens <= row.prompt_tokens - before.prompt_tokens + 1


def test_one_slot_or_four_play_the_same(
    one_slot: Rows, treasure: Panel, smollm2: LanguageModel, tmp_path: Path
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, "smollm2")
    four = play(agent, treasure, tmp_path, slots=4)
    effort = ("seconds", "encoded_tokens", "generated_tokens", "margin")

    def decisions(rows: Rows) -> dict[tuple[str, int], dict[str, Any]]:
        return {
            (row.play, row.turn): {k: v for k, v in asdict(row).items() if k not in effort}
            for row in rows.turns
        }

    assert decisions(four) == decisions(one_slot)
    assert sorted(four.tasks, key=str) == sorted(one_slot.tasks, key=str)
    margins = {(row.play, row.turn): row.margin for row in one_slot.turns}
    for row in four.turns:
        assert row.margin == pytest.approx(margins[row.play, row.turn], abs=TIE)


def test_the_arms_are_equal_where_nothing_was_lived_yet(
    treasure: Panel, smollm2: LanguageModel, tmp_path: Path
) -> None:
    """At position 1 the chained and the fresh arm have the same history: none."""
    agent = prepared(EachCell(policy=WholeHistory()), tmp_path, "smollm2")
    rows = play(agent, treasure, tmp_path, slots=4, orders=1)
    plays = {(task.arm, task.position): task.play for task in rows.tasks}
    assert len(set(plays.values())) == 4

    def decisions(arm: str) -> list[tuple[Any, ...]]:
        own = [row for row in rows.turns if row.play == plays[arm, 1]]
        return [(row.turn, row.command, row.prompt_tokens, row.state_after) for row in own]

    assert decisions("chained") == decisions("fresh")
    contexts = {(task.arm, task.position): task.context_tokens for task in rows.tasks}
    assert contexts["chained", 1] == contexts["fresh", 1]
    assert contexts["chained", 2] > contexts["fresh", 2]


def test_what_cannot_be_read_is_not_sent(tiny_folder: Path, tmp_path: Path) -> None:
    """A model with random weights writes no commands: each turn counts, and the game stays."""
    agent = prepared(
        LMAgent(policy=WholeHistory(), act_by="generation", max_tokens=5), tmp_path, tiny_folder
    )
    rows = play(agent, Panel.draw(SPEC, seed=0), tmp_path)
    unread = [row for row in rows.turns if row.command is None]
    assert len(unread) > 20
    for row in unread:
        assert row.state_after == row.state_before
        assert row.feedback == UNREADABLE
        assert row.accepted is None
        assert not row.chosen
    assert any(row.text for row in unread)
    assert {task.turns for task in rows.tasks if task.end == "capped"} == {SPEC.cap}


SUPPORT = PanelSpec(id="driftgauge/Support-v0", brief="Answer.", rules=2, tasks=2, cap=4, blocks=1)


def test_a_message_is_sent_as_it_is_written(smollm2: LanguageModel, tmp_path: Path) -> None:
    """Not read as a command, which has no capital letters, no question mark and no ticket."""
    agent = LMAgent(policy=WholeHistory(), act_by="generation", max_tokens=24)
    rows = play(prepared(agent, tmp_path, "smollm2"), Panel.draw(SUPPORT, seed=0), tmp_path)
    assert rows.turns
    for row in rows.turns:
        assert row.command == row.text.splitlines()[0].strip()
        assert row.feedback != UNREADABLE
    assert any(row.command != read_command(row.text) for row in rows.turns)
    assert {row.accepted for row in rows.turns} <= {True, False}


def test_generated_text_stays_in_the_history_as_it_was(tiny_folder: Path, tmp_path: Path) -> None:
    agent = prepared(
        LMAgent(policy=WholeHistory(), act_by="generation", max_tokens=5), tmp_path, tiny_folder
    )
    [decision] = agent.act([view()])
    exchange = Exchange(decision.said, UNREADABLE)
    text = agent.model.format.tokenizer.decode(agent.prompt(view(0, exchange)).tokens)
    said = agent.model.format.inert(decision.said)
    assert f"<|im_start|>assistant\n{said}<|im_end|>\n<|im_start|>user\n{UNREADABLE}" in text


def test_it_guesses_what_the_game_accepts_and_first_what_it_said_most(
    tiny_folder: Path, tmp_path: Path
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), act_by="generation"), tmp_path, tiny_folder)
    said = [Exchange(text, "Room.") for text in ("east", "dance", "west", "west", "dance", "dance")]
    now = view(0, *said, admissible=("look", "east", "west"))
    guesses = agent.wanted(now, agent.prompt(now)).guesses
    assert list(dict.fromkeys(guesses)) == ["west", "east", "look", "dance"]


def test_only_what_the_policy_shows_stands_in_the_prompt(tiny_folder: Path, tmp_path: Path) -> None:
    past = Episode("An earlier goal.", "An earlier room.", (Exchange("look", "Nothing."),))
    now = view(0, Exchange("east", "Room 1 of 3."), history=(past,))
    for policy, shown in [(WholeHistory(), True), (PresentOnly(), False)]:
        agent = prepared(LMAgent(policy=policy), tmp_path, tiny_folder)
        assert agent.sees_history == shown
        text = agent.model.format.decode(agent.prompt(now).tokens)
        assert ("An earlier goal." in text) == shown
        assert ("Room 0 of 3." in text) == shown
        assert "Go to the east end." in text
        assert "Room 1 of 3." in text


def test_a_game_that_lists_no_commands_cannot_be_chosen_in(
    tiny_folder: Path, tmp_path: Path
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tiny_folder)
    with pytest.raises(ValueError, match=r"nothing to choose from: use agent\.act_by=generation"):
        agent.act([view(admissible=())])


@pytest.fixture
def tied(tmp_path: Path) -> Path:
    """A model to which "e" and "w" are one and the same."""
    network, tokenizer = tiny_network("llama"), tiny_tokenizer()
    e, w = tokenizer.convert_tokens_to_ids(["e", "w"])
    with torch.no_grad():
        embeddings = network.get_input_embeddings().weight
        embeddings[w] = embeddings[e]
    network.save_pretrained(tmp_path / "tied")
    tokenizer.save_pretrained(tmp_path / "tied")
    return tmp_path / "tied"


def passes(agent: LMAgent, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """From now on, for each pass how many tokens it runs in each slot."""
    ran: list[list[int]] = []
    extend = agent.model.extend

    def watching(requests: Any) -> Any:
        ran.append([len(request.tokens) for request in requests])
        return extend(requests)

    monkeypatch.setattr(agent.model, "extend", watching)
    return ran


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


class Push(Intervention):
    """Adds the same vector at every decision."""

    def learn(self, preparation: Preparation, base: Base) -> None:
        self.steering = Steering((1,), torch.ones(1, base.model.width))

    def steer(self, view: View, divergence: Divergence) -> Steering:
        return self.steering


def test_a_tie_of_a_steered_slot_is_decided_under_its_steering(tied: Path, tmp_path: Path) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), intervention=Push()), tmp_path, tied)
    first, second = agent.act([view(0, admissible=("e", "w")), view(1, admissible=("e", "n"))])
    assert (first.recomputed, second.recomputed) == (True, False)
    assert first.steered_tokens == second.steered_tokens == 1
    assert first.dose == pytest.approx(second.dose, abs=1e-6)
    assert first.dose > 0


# What is asked beside the run

ASKED = Question("goal", "Where to?\nA. east\nB. west\nAnswer with one letter.", ("A", "B"), "A")


class Weighed(Push):
    """Asks for the divergence when a task begins, and counts how often it was asked to steer."""

    def learn(self, preparation: Preparation, base: Base) -> None:
        super().learn(preparation, base)
        self.calls: list[View] = []
        self.held: dict[tuple[int, Episode], Steering] = {}

    def steer(self, view: View, divergence: Divergence) -> Steering:
        self.calls.append(view)
        task = (view.slot, view.episode._replace(exchanges=()))
        if task not in self.held or not view.episode.exchanges:
            [far] = divergence([self.steering])
            self.held[task] = self.steering.scaled(0.5 + far)
        return self.held[task]


@pytest.fixture(scope="module")
def halls() -> Panel:
    return Panel.draw(SPEC.model_copy(update={"tasks": 3, "cap": 8}), seed=0)


@pytest.fixture(scope="module")
def experts(halls: Panel, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Episode]:
    return expert_plays(Expert(), halls, tmp_path_factory.mktemp("expert"), slots=4, workers=1)


def live(
    agent: LMAgent,
    panel: Panel,
    experts: Mapping[str, Episode],
    folder: Path,
    probes: Sequence[Probe] = (),
) -> tuple[list[TurnRow], list[ProbeRow]]:
    """Play the panel in all four arms: its turns, without time, and what was asked."""
    records = Records(folder)
    try:
        Rollout(
            agent,
            panel,
            tuple(ARMS),
            records,
            Hooks(),
            slots=4,
            workers=1,
            experts=experts,
            probes=probes,
        ).run()
    finally:
        records.close()
    return [replace(row, seconds=0) for row in records.turns], list(records.probes)


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
    experts: Mapping[str, Episode],
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
    silent, _ = live(agent, halls, experts, tmp_path / "silent")
    agent = prepared(LMAgent(policy=WholeHistory(), **parts), tmp_path, tiny_folder)
    asked, rows = live(agent, halls, experts, tmp_path / "asked", probes)
    assert asked == silent
    assert len({row.play for row in asked}) > len(ARMS)
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


def test_tasks_that_begin_together_are_encoded_together(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass for all prompts; then each slot's candidates, and last the decision of all."""
    agent = prepared(LMAgent(policy=WholeHistory(), intervention=Weighed()), tmp_path, tiny_folder)
    ran = passes(agent, monkeypatch)
    agent.act([view(n) for n in range(4)])
    unsteered_and_steered, decided = [1, 1], [1, 1, 1, 1]
    assert len(ran[0]) == 4
    assert ran[1:] == [*[unsteered_and_steered] * 4, decided]


def test_an_intervention_that_measures_nothing_costs_no_pass(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory(), intervention=Push()), tmp_path, tiny_folder)
    ran = passes(agent, monkeypatch)
    decisions = agent.act([view(n) for n in range(4)])
    assert ran == [[decision.prompt_tokens for decision in decisions]]
    assert [d.encoded_tokens for d in decisions] == [d.prompt_tokens for d in decisions]


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


def test_a_tied_answer_is_decided_alike_in_any_company(tied: Path, tmp_path: Path) -> None:
    question = Question("way", "Which way, e or w?", ("e", "w"), "e")
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tied)
    [alone] = agent.answer([view(0)], [question])
    crowd = [view(n, Exchange("n" * n, "Room.")) for n in range(1, 4)]
    *_, among = agent.answer([*crowd, view(5)], [question] * 4)
    assert among.option == alone.option
    assert among.encoded_tokens == alone.encoded_tokens  # uncached


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


def composed(agent: str, *overrides: str) -> LMAgent:
    with initialize_config_module("conf", version_base=None):
        config = compose("config", overrides=[f"agent={agent}", *overrides])
    built: LMAgent = instantiate(config.agent, _convert_="all")
    return built


def test_a_hybrid_is_the_parts_of_two_entries() -> None:
    hybrid, lora, npm = composed("lora_npm"), composed("lora"), composed("npm")
    assert isinstance(lora.adapter, LoRA)
    assert isinstance(npm.intervention, NPM)
    assert hybrid.adapter == lora.adapter
    assert hybrid.intervention == npm.intervention
    assert hybrid.policy == lora.policy == npm.policy == WholeHistory()
    assert lora.intervention is None
    assert npm.adapter is None
    assert composed("no_memory").policy == PresentOnly()
    assert composed("in_context").chooses
    assert not composed("in_context", "agent.act_by=generation").chooses


@pytest.mark.parametrize(
    ("agent", "override"),
    [
        ("lora", "agent.adapter.rank=0"),
        ("lora", "agent.adapter.rank=many"),
        ("lora", "agent.adapter.context=book"),
        ("lora", "agent.adapter.learning_rate=2"),
        ("lora", "+agent.adapter.colour=red"),
        ("npm", "agent.intervention.layers=[-1]"),
        ("npm", "agent.intervention.contrast=extra"),
        ("npm", "agent.intervention.neighbours=0"),
        ("npm", "agent.intervention.max_dose=3"),
        ("npm", "agent.intervention.kl_bound=0"),
        ("npm", "+agent.intervention.colour=red"),
        ("in_context", "agent.act_by=dance"),
        ("in_context", "agent.temperature=-1"),
        ("in_context", "agent.max_tokens=100"),
        ("in_context", "agent.policy=null"),
        ("in_context", "+agent.colour=red"),
    ],
)
def test_wrong_options_are_refused_before_a_model_is_loaded(
    agent: str, override: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LanguageModel, "load", lambda spec: pytest.fail("a model was loaded"))
    with pytest.raises(InstantiationException) as error:
        composed(agent, override)
    cause = error.value.__cause__
    assert isinstance(cause, ValidationError)
    key = override.split("=")[0].split(".")[-1]
    assert key in cause.errors()[0]["loc"]
