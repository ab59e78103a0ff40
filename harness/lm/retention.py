"""Declarative retention: what a changed model still knows, outside of any game.

    system      Answer the question.
    user        Answer the question.\\n\\nWhat colour is snow?
    assistant   white
    …                                              a second example
    user        Correct.\\n\\nAnswer the question.\\n\\nWhich city is the capital of France?
    assistant   Paris, Rome, Madrid or Vienna: a choice as among commands

The options do not stand in the question: where they are listed, the embedded model is right in .20
(by their text) or .28 (by letter), which is chance, and who knows nothing has nothing to lose. As
it is asked here, it is right in .55.

The facts (``facts.json``, CC0 1.0, see ``facts.LICENSE`` beside it) were written for this
repository. The held-out text is the neutral prose of `harness.neutral`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import torch
from torch.nn.functional import cross_entropy

from harness.agent import Episode, Exchange, View
from harness.keyed import digest
from harness.lm.chat import Selected
from harness.lm.forward import Pass, Segment, running
from harness.lm.model import LanguageModel
from harness.lm.parts import Base, Policy
from harness.neutral import prose
from harness.preparation import Preparation, Report
from harness.records import RetentionKind, RetentionRow

BATCH = 16
"""Questions that are answered at once."""

INSTRUCTION = "Answer the question."

EXAMPLES = tuple(
    Episode(INSTRUCTION, question, (Exchange(answer, "Correct."),))
    for question, answer in [
        ("What colour is snow?", "white"),
        ('Who wrote the novel "Moby-Dick"?', "Herman Melville"),
    ]
)
"""They show that an answer is a word or two: without them .45 instead of .55 are right."""


class Fact(NamedTuple):
    """A question of general knowledge, its answer, and three others."""

    item: str
    question: str
    answer: str
    wrong: tuple[str, ...]


class Paragraph(NamedTuple):
    """A piece of held-out text."""

    item: str
    text: str


class Score(NamedTuple):
    """What one model makes of a fact or a paragraph."""

    value: float
    """1 right, 0 wrong; for a paragraph the mean negative log-likelihood of a token, in nats."""
    tokens: int = 0
    """Over which that mean is."""


Unit = TypeVar("Unit", Fact, Paragraph)
Scorer = Callable[[Base, Sequence[Unit], Report], list[Score]]


@cache
def facts() -> tuple[Fact, ...]:
    """The factual probe set: 80 questions of five subjects."""
    text = files("harness.lm").joinpath("facts.json").read_text(encoding="utf-8")
    return tuple(
        Fact(f"{subject}: {f['question']}", f["question"], f["answer"], tuple(f["wrong"]))
        for subject, entries in json.loads(text).items()
        for f in entries
    )


@cache
def paragraphs() -> tuple[Paragraph, ...]:
    """The neutral prose, paragraph by paragraph."""
    words, begins = prose()
    return tuple(
        Paragraph(f"paragraph {number}", " ".join(words[begin:end]))
        for number, (begin, end) in enumerate(pairwise((*begins, len(words))), start=1)
    )


class QuestionAlone(Policy):
    """The examples and the question, whatever the entry's own policy does to a history."""

    def select(self, view: View) -> Selected:
        """All of it."""
        return Selected(view.history, view.episode)


def retained(preparation: Preparation, modified: Base, unmodified: Base) -> Iterator[RetentionRow]:
    """What is not recorded yet of both models' facts, and of the text where there is an adapter.

    Facts are answered as the agent decides: with the adapter, and steered at the decision. Nothing
    is decided in prose, so nothing is steered there; its perplexity is the adapter's alone.

    Args:
        preparation: has the place for what the unmodified model knows, the same for all entries.
        modified: the agent with its adapter and intervention; without memory, which is text.
        unmodified: the same agent without either.
    """
    yield from _compared("fact", facts(), answer, preparation, modified, unmodified)
    if modified.adapter_name is not None:
        yield from _compared("perplexity", paragraphs(), read, preparation, modified, unmodified)


def answer(base: Base, asked: Sequence[Fact], report: Report) -> list[Score]:
    """Whether each question is answered right, by choosing among the four options."""
    scores: list[Score] = []
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        decisions = base.agent.act([_view(slot, fact) for slot, fact in enumerate(batch)])
        scores += [
            Score(float(decision.command == fact.answer))
            for fact, decision in zip(batch, decisions, strict=True)
        ]
        report(len(scores), len(asked))
    return scores


def read(base: Base, texts: Sequence[Paragraph], report: Report) -> list[Score]:
    """The negative log-likelihood of each text, with the adapter and unsteered."""
    scores = []
    for text in texts:
        scores.append(_likelihood(base.model, text.text, base.adapter_name))
        report(len(scores), len(texts))
    return scores


def _view(slot: int, fact: Fact) -> View:
    return View(
        slot=slot,
        brief=INSTRUCTION,
        history=EXAMPLES,
        episode=Episode(INSTRUCTION, fact.question),
        admissible=(fact.answer, *fact.wrong),
        key=("retention", fact.item),
    )


@torch.inference_mode()
def _likelihood(model: LanguageModel, text: str, adapter: str | None) -> Score:
    """Of all tokens but the first, as far as the window goes."""
    # With what the tokenizer itself puts before a text: some models are lost without it.
    tokens = torch.tensor(model.format.tokenizer(text).input_ids, device=model.device)
    tokens = tokens[: model.window]
    batch = Pass(
        [Segment(model.slot(adapter), 0, len(tokens), steered=0)],
        steering={},
        adapters={} if adapter is None else {adapter: slice(None)},
        capture_rows=torch.empty(0, dtype=torch.long),
        captured={},
    )
    with running(batch):
        positions = torch.arange(len(tokens), device=model.device)
        logits = model.network(
            input_ids=tokens[None], position_ids=positions[None], use_cache=False
        ).logits[0]
    loss = cross_entropy(logits[:-1].float(), tokens[1:])
    return Score(float(loss), len(tokens) - 1)


def _compared(
    kind: RetentionKind,
    units: Sequence[Unit],
    score: Scorer[Unit],
    preparation: Preparation,
    modified: Base,
    unmodified: Base,
) -> Iterator[RetentionRow]:
    recorded = {row.item for row in preparation.records.retention}
    if recorded.issuperset(unit.item for unit in units):
        return
    before = _unmodified(kind, units, score, preparation, unmodified)
    after = preparation.step(f"retention ({kind})", lambda report: score(modified, units, report))
    for unit, old, new in zip(units, before, after, strict=True):
        if unit.item not in recorded:
            yield RetentionRow(unit.item, kind, new.value, old.value, new.tokens)


def _unmodified(
    kind: RetentionKind,
    units: Sequence[Unit],
    score: Scorer[Unit],
    preparation: Preparation,
    unmodified: Base,
) -> list[Score]:
    model = unmodified.model
    made_of = {
        "model": model.fingerprint,
        "device": str(model.device),
        "window": model.window,
        "units": digest(units),
        **{f"version of {name}": version(name) for name in ("driftgauge", "torch", "transformers")},
    }

    def make(folder: Path, report: Report) -> None:
        (folder / "scores.json").write_text(json.dumps(score(unmodified, units, report)))

    folder = preparation.artefact(
        f"retention ({kind}, unmodified model)", made_of, make, learned=False
    )
    return [Score(*values) for values in json.loads((folder / "scores.json").read_text())]
