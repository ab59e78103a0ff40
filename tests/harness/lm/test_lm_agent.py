"""The language-model agent plays: in slots, by choice or by writing, put together from parts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_module
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from pydantic import ValidationError

from baselines.lora import LoRA
from baselines.policies import PresentOnly, WholeHistory
from harness.agent import Episode, Exchange, View
from harness.lm import Base, Divergence, Intervention, LanguageModel, LMAgent, Steering
from harness.lm.lm_agent import TIE
from harness.preparation import Preparation
from harness.rollout import UNREADABLE
from harness.task import Panel, PanelSpec
from npm_method import NPM
from tests.language_models import tiny_network, tiny_tokenizer
from tests.playing import BRIEF, SPEC, Rows, play, prepared

TREASURE = PanelSpec(
    id="driftgauge/TextWorldTreasureHunter-v0",
    levels=(4,),
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
    return Panel.build(TREASURE, seed=5)


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
    rows = play(agent, Panel.build(SPEC, seed=0), tmp_path)
    unread = [row for row in rows.turns if row.command is None]
    assert len(unread) > 20
    for row in unread:
        assert row.state_after == row.state_before
        assert row.feedback == UNREADABLE
        assert row.accepted is None
        assert not row.chosen
    assert any(row.text for row in unread)
    assert {task.turns for task in rows.tasks if task.end == "capped"} == {SPEC.cap}


def test_generated_text_stays_in_the_history_as_it_was(tiny_folder: Path, tmp_path: Path) -> None:
    agent = prepared(
        LMAgent(policy=WholeHistory(), act_by="generation", max_tokens=5), tmp_path, tiny_folder
    )
    [decision] = agent.act([view()])
    exchange = Exchange(decision.said, UNREADABLE)
    text = agent.model.format.tokenizer.decode(agent.prompt(view(0, exchange)).tokens)
    said = agent.model.format.inert(decision.said)
    assert f"<|im_start|>assistant\n{said}<|im_end|>\n<|im_start|>user\n{UNREADABLE}" in text


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


def test_a_tie_is_decided_alone_and_counted(
    tied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = prepared(LMAgent(policy=WholeHistory()), tmp_path, tied)
    batches: list[tuple[int, int]] = []
    extend = agent.model.extend

    def counting(requests: Any) -> Any:
        batches.append((len(requests), len(requests[0].tokens)))
        return extend(requests)

    monkeypatch.setattr(agent.model, "extend", counting)
    choices = [view(0, admissible=("e", "w")), view(1, admissible=("e", "n"))]
    agent.act(choices)
    batches.clear()
    first, second = agent.act(choices)
    assert first.recomputed
    assert first.margin is not None
    assert first.margin < TIE
    assert not second.recomputed
    # Both together, of which all but the last token was cached; then the tie, alone, uncached.
    assert batches == [(2, 1), (1, first.prompt_tokens)]
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
