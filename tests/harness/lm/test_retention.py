"""What a changed model still knows: measured once, against the unmodified one."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model

import harness.lm.retention
from baselines.policies import WholeHistory
from harness.agent import View
from harness.config import validate
from harness.events import Hooks, StepProgress, TurnTaken
from harness.lm import (
    Adapter,
    Base,
    Divergence,
    Intervention,
    LanguageModel,
    LMAgent,
    Memory,
    Policy,
    Selected,
    Steering,
)
from harness.lm.model import ordinary_attention
from harness.lm.retention import EXAMPLES, Fact, Paragraph, answer, facts, paragraphs, read
from harness.neutral import prose
from harness.preparation import Preparation
from harness.records import CostRow, RetentionRow, read_frame, read_rows
from harness.run import run
from tests.harness.walks import ID
from tests.language_models import tiny_network
from tests.playing import preparation

FACTS, PARAGRAPHS = 20, 3
"""More questions than are answered at once."""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    """A few facts and paragraphs, and an unmodified model that nobody has measured yet."""
    some, few = facts()[:FACTS], paragraphs()[:PARAGRAPHS]
    monkeypatch.setattr(harness.lm.retention, "facts", lambda: some)
    monkeypatch.setattr(harness.lm.retention, "paragraphs", lambda: few)


class Saved(Adapter):
    """An adapter as peft makes it: at random, or as before training, when it changes nothing."""

    def __init__(self, folder: Path, untrained: bool) -> None:
        self.folder = folder / ("untrained" if untrained else "random")
        self.untrained = untrained

    def learn(self, preparation: Preparation, model: LanguageModel) -> Path:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            config = LoraConfig(
                r=4, lora_alpha=6, target_modules="all-linear", init_lora_weights=self.untrained
            )
            get_peft_model(tiny_network("llama"), config).save_pretrained(self.folder)
        return self.folder


class Push(Intervention):
    """Adds the same vector at every decision."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.views: list[View] = []

    def learn(self, preparation: Preparation, base: Base) -> None:
        draws = torch.Generator().manual_seed(0)
        self.steering = Steering(
            (1,), self.scale * torch.randn(1, base.model.width, generator=draws)
        )

    def steer(self, view: View, divergence: Divergence) -> Steering:
        self.views.append(view)
        return self.steering


class Mute(Memory):
    """A memory that is not to be asked."""

    def learn(self, preparation: Preparation, base: Base) -> None: ...

    def recall(self, view: View) -> str:
        pytest.fail("the memory was asked")


class Blind(Policy):
    """A policy that is not to be asked."""

    def select(self, view: View) -> Selected:
        pytest.fail("the policy was asked")


def measured(agent: LMAgent, given: Preparation) -> list[RetentionRow]:
    agent.prepare(given)
    return list(agent.retention(given))


def kinds(rows: list[RetentionRow]) -> Counter[str]:
    return Counter(row.kind for row in rows)


def test_the_facts_are_eighty_questions_with_four_different_options() -> None:
    assert Counter(fact.item.split(":")[0] for fact in facts()) == dict.fromkeys(
        ("geography", "nature", "arithmetic", "words", "history"), 16
    )
    assert len({fact.item for fact in facts()}) == 80
    for fact in facts():
        assert len({option.lower() for option in (fact.answer, *fact.wrong)}) == 4
        assert fact.question.endswith("?")
        assert fact.question not in {example.opening for example in EXAMPLES}


def test_the_held_out_text_is_the_neutral_prose() -> None:
    assert tuple(" ".join(p.text for p in paragraphs()).split()) == prose().words
    assert len({p.item for p in paragraphs()}) == len(prose().paragraphs)


@pytest.mark.usefixtures("short")
def test_a_model_that_is_not_changed_is_not_measured(tiny_folder: Path, tmp_path: Path) -> None:
    agent = LMAgent(policy=WholeHistory(), memory=Mute())
    assert measured(agent, preparation(tmp_path, tiny_folder)) == []


@pytest.mark.usefixtures("short")
def test_a_change_of_nothing_changes_exactly_nothing(tiny_folder: Path, tmp_path: Path) -> None:
    agent = LMAgent(
        policy=WholeHistory(), adapter=Saved(tmp_path, untrained=True), intervention=Push(0.0)
    )
    rows = measured(agent, preparation(tmp_path, tiny_folder))
    assert kinds(rows) == {"fact": FACTS, "perplexity": PARAGRAPHS}
    assert all(row.modified == row.unmodified for row in rows)


@pytest.mark.usefixtures("short")
def test_an_adapter_changes_what_is_known_and_how_text_reads(
    tiny_folder: Path, tmp_path: Path
) -> None:
    agent = LMAgent(policy=WholeHistory(), adapter=Saved(tmp_path, untrained=False))
    rows = measured(agent, preparation(tmp_path, tiny_folder))
    assert kinds(rows) == {"fact": FACTS, "perplexity": PARAGRAPHS}
    assert any(row.modified != row.unmodified for row in rows if row.kind == "fact")
    for row in rows:
        if row.kind == "perplexity":
            assert abs(row.modified - row.unmodified) > 0.01
            assert row.tokens > 100
        else:
            assert {row.modified, row.unmodified} <= {0.0, 1.0}
            assert row.tokens == 0


@pytest.mark.usefixtures("short")
def test_steering_is_that_of_the_questions_and_reads_no_text(
    tiny_folder: Path, tmp_path: Path
) -> None:
    push = Push(3.0)
    agent = LMAgent(policy=WholeHistory(), intervention=push)
    rows = measured(agent, preparation(tmp_path, tiny_folder))
    assert kinds(rows) == {"fact": FACTS}
    assert any(row.modified != row.unmodified for row in rows)
    asked = [view.episode.opening for view in push.views]
    assert asked == [fact.question for fact in facts()[:FACTS]]


@pytest.mark.usefixtures("short")
def test_neither_policy_nor_memory_nor_way_of_acting_plays_a_part(
    tiny_folder: Path, tmp_path: Path
) -> None:
    plain = LMAgent(policy=WholeHistory(), intervention=Push())
    other = LMAgent(
        policy=Blind(), memory=Mute(), intervention=Push(), act_by="generation", temperature=2.0
    )
    rows = measured(plain, preparation(tmp_path / "plain", tiny_folder))
    assert measured(other, preparation(tmp_path / "other", tiny_folder)) == rows


@pytest.mark.usefixtures("short")
def test_what_is_recorded_is_not_measured_again(tiny_folder: Path, tmp_path: Path) -> None:
    given = preparation(tmp_path, tiny_folder)
    push = Push()
    agent = LMAgent(policy=WholeHistory(), intervention=push)
    rows = measured(agent, given)
    for row in rows[:-2]:  # killed while it wrote them down
        given.records.retention.append(row)
    assert list(agent.retention(given)) == rows[-2:]
    for row in rows[-2:]:
        given.records.retention.append(row)
    push.views.clear()
    assert list(agent.retention(given)) == []
    assert push.views == []


@pytest.mark.usefixtures("short")
def test_the_unmodified_model_is_measured_once_and_it_is_nobodys_learning(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def counting(base: Base, *rest: Any) -> Any:
        asked.append(base.adapter_name)
        return answer(base, *rest)

    monkeypatch.setattr(harness.lm.retention, "answer", counting)
    for name in ("one", "two"):
        agent = LMAgent(policy=WholeHistory(), adapter=Saved(tmp_path, untrained=True))
        given = preparation(tmp_path / name, tiny_folder)
        measured(agent, given)
    assert asked == [None, "untrained", "untrained"]
    costs = [row for row in given.records.costs if row.step.startswith("retention")]
    assert len(costs) == 4
    assert {row.artefact for row in costs} == {""}


def test_the_likelihood_is_that_of_transformers(tiny_folder: Path, tmp_path: Path) -> None:
    agent = LMAgent(policy=WholeHistory(), adapter=Saved(tmp_path, untrained=False))
    agent.prepare(preparation(tmp_path, tiny_folder))
    text = Paragraph("one", "The door to the north is open. Take the key and go.")
    tokens = torch.tensor([agent.model.format.tokenizer(text.text).input_ids])
    by_peft = PeftModel.from_pretrained(tiny_network("llama"), tmp_path / "random").eval()
    with torch.inference_mode():
        adapted = float(by_peft(tokens, labels=tokens).loss)
        with ordinary_attention(agent.model.network):
            plain = float(agent.model.network(tokens, labels=tokens).loss)
    bare = LMAgent(policy=WholeHistory())
    bare.prepare(preparation(tmp_path / "bare", tiny_folder))
    for base, expected in [(agent, adapted), (bare, plain)]:
        [score] = read(base, [text], lambda done, total: None)
        assert score.value == pytest.approx(expected, abs=1e-4)
        assert score.tokens == tokens.shape[1] - 1


def test_a_text_is_read_as_far_as_the_window_goes(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = LMAgent(policy=WholeHistory())
    agent.prepare(preparation(tmp_path, tiny_folder))
    monkeypatch.setattr(agent.model, "window", 128)
    [score] = read(agent, paragraphs()[:1], lambda done, total: None)
    assert score.tokens == 127


def test_right_is_what_the_answer_says(tiny_folder: Path, tmp_path: Path) -> None:
    """Of the same four options always the same one is chosen, so one of the four is right."""
    agent = LMAgent(policy=WholeHistory())
    agent.prepare(preparation(tmp_path, tiny_folder))
    options = ("north", "south", "east", "west")
    asked = [
        Fact(option, "Where?", option, tuple(o for o in options if o != option))
        for option in options
    ]
    scores = answer(agent, asked, lambda done, total: None)
    assert sorted(score.value for score in scores) == [0, 0, 0, 1]


class Heard(Hooks):
    """Writes down the steps of preparation, and stops at the first turn if it is to."""

    def __init__(self, stop: bool) -> None:
        self.steps: set[str] = set()
        self.stop = stop

    def step_progress(self, event: StepProgress) -> None:
        self.steps.add(event.step)

    def turn_taken(self, event: TurnTaken) -> None:
        if self.stop:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("short")
def test_a_run_records_it_before_the_first_turn_and_only_once(
    tiny_folder: Path, tmp_path: Path
) -> None:
    [config] = validate(
        [
            "environment=custom",
            f"environment.id={ID}",
            "environment.blocks=1",
            "environment.tasks=2",
            "environment.cap=2",
            "workers=1",
            f"+agent.intervention._target_={__name__}.Push",
            f"model.name={tiny_folder}",
            f"runs={tmp_path / 'runs'}",
        ]
    )
    steps = {"retention (fact)", "retention (fact, unmodified model)"}
    first = Heard(stop=True)
    with pytest.raises(KeyboardInterrupt):
        run(config, [first])
    assert first.steps >= steps
    path = config.folder / "retention.jsonl"
    rows = list(read_rows(path, RetentionRow))
    assert [row.item for row in rows] == [fact.item for fact in facts()[:FACTS]]
    again = Heard(stop=False)
    run(config, [again])
    assert not again.steps & steps
    assert list(read_rows(path, RetentionRow)) == rows
    frame = read_frame(path, RetentionRow)
    assert frame.to_dict("records") == [asdict(row) for row in rows]
    costs = read_rows(config.folder / "costs.jsonl", CostRow)
    assert steps <= {row.step for row in costs}
