"""The language-model agent plays: in slots, by choice or by writing, put together from parts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_module
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from pydantic import ValidationError

from baselines.lora import LoRA
from baselines.policies import PresentOnly, WholeHistory
from harness.agent import Episode, Exchange
from harness.lane import UNREADABLE
from harness.lm import LanguageModel, LMAgent
from harness.lm.deciding import TIE
from harness.lm.decoding import read_command
from harness.session import ARMS
from harness.task import Panel, PanelSpec
from npm_method import NPM
from tests.harness.lm.acting import Push, Weighed, passes, view
from tests.playing import SPEC, Rows, play, prepared

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
