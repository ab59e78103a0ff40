"""Steering adds exactly its vectors, at exactly its tokens, in its own slot and in no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import harness.lm.model
from harness.lm import LanguageModel, Steering
from harness.lm.decoding import Choice, Sampling, decode
from harness.lm.model import Request, ordinary_attention
from harness.lm.slots import Slot

CLOSE = {"atol": 3e-5, "rtol": 0.0}


def sequence(length: int, seed: int = 0) -> list[int]:
    ids: list[int] = np.random.default_rng([length, seed]).integers(3, 300, length).tolist()
    return ids


def steering(model: LanguageModel, *layers: int, seed: int = 0, scale: float = 1.0) -> Steering:
    draws = torch.Generator().manual_seed(seed)
    return Steering(layers, scale * torch.randn(len(layers), model.width, generator=draws))


def steered(model: LanguageModel, by: Steering | None) -> Slot:
    slot = model.slot()
    slot.steering = by
    return slot


@contextmanager
def outputs(model: LanguageModel, layer: int) -> Iterator[list[Tensor]]:
    """What leaves a layer, pass by pass: shape (tokens, width)."""
    found: list[Tensor] = []

    def hook(module: Any, args: Any, output: Any) -> None:
        found.append((output[0] if isinstance(output, tuple) else output)[0].clone())

    handle = model.blocks[layer].register_forward_hook(hook)
    try:
        yield found
    finally:
        handle.remove()


def ordinary_steered(model: LanguageModel, tokens: list[int], by: Steering, last: int) -> Tensor:
    """Logits of transformers' own forward with the vectors added by plain hooks."""

    def adding(vector: Tensor) -> Any:
        def hook(module: Any, args: Any, output: Any) -> Any:
            residual = (output[0] if isinstance(output, tuple) else output).clone()
            residual[0, -last:] += vector
            return (residual, *output[1:]) if isinstance(output, tuple) else residual

        return hook

    handles = [
        model.blocks[layer].register_forward_hook(adding(vector))
        for layer, vector in zip(by.layers, by.vectors, strict=True)
    ]
    try:
        with ordinary_attention(model.network), torch.inference_mode():
            logits: Tensor = model.network(torch.tensor([tokens]), use_cache=False).logits[0, -1]
            return logits
    finally:
        for handle in handles:
            handle.remove()


def test_a_zero_vector_is_no_steering(model: LanguageModel) -> None:
    none = Steering((0, 2), torch.zeros(2, model.width))
    text = sequence(20)
    requests = [Request(steered(model, none), text, 3), Request(model.slot(), text)]
    with_zeros, without = model.extend(requests)
    assert torch.equal(with_zeros, without)
    assert model.doses == [[0.0, 0.0, 0.0], []]


@pytest.mark.parametrize("last", [1, 3, 20])
def test_steering_is_the_vector_at_the_layers_output(model: LanguageModel, last: int) -> None:
    by = steering(model, 0, 2)
    text = sequence(20)
    found = model.extend([Request(steered(model, by), text, last)])[0]
    torch.testing.assert_close(found, ordinary_steered(model, text, by, last), **CLOSE)


def test_its_own_residual_changes_by_exactly_the_vector(model: LanguageModel) -> None:
    by = steering(model, 1)
    text = sequence(12)
    with outputs(model, 1) as found:
        model.extend([Request(model.slot(), text)])
        model.extend([Request(steered(model, by), text, 2)])
    change = found[1] - found[0]
    assert torch.equal(change[:-2], torch.zeros(10, model.width))
    torch.testing.assert_close(change[-2:], by.vectors.expand(2, -1), atol=1e-6, rtol=0)


def test_a_steered_slot_changes_no_other(model: LanguageModel) -> None:
    texts = [sequence(n) for n in (9, 30, 4)]
    by = steering(model, 0, 1, scale=5.0)
    before = model.extend([Request(model.slot(), text) for text in texts])
    after = model.extend(
        [
            Request(steered(model, by if i == 1 else None), text, int(i == 1))
            for i, text in enumerate(texts)
        ]
    )
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert (before[1] - after[1]).abs().max() > 0.1


def test_slots_are_steered_apart_each_as_alone(model: LanguageModel) -> None:
    """Different vectors, layers, lengths and numbers of steered tokens in one pass."""
    ways: list[tuple[Steering | None, int]] = [
        (steering(model, 0, 2, seed=1), 1),
        (None, 0),
        (steering(model, 1, seed=2), 4),
        (steering(model, 2, 0, seed=3), 2),
    ]
    texts = [sequence(n) for n in (9, 30, 4, 11)]
    requests = [
        Request(steered(model, by), text, last)
        for (by, last), text in zip(ways, texts, strict=True)
    ]
    together = model.extend(requests)
    doses = model.doses
    assert [len(dose) for dose in doses] == [1, 0, 4, 2]
    for i, ((by, last), text) in enumerate(zip(ways, texts, strict=True)):
        alone = model.extend([Request(steered(model, by), text, last)])[0]
        torch.testing.assert_close(together[i], alone, **CLOSE)
        assert doses[i] == pytest.approx(model.doses[0], abs=1e-5)


def measured_doses(
    model: LanguageModel, text: Sequence[int], by: Steering, last: int
) -> list[float]:
    """Norm of the change over norm of the residual at the steered tokens, by plain hooks."""
    doses = []
    for layer in by.layers:
        upto = [i for i in range(len(by.layers)) if by.layers[i] < layer]
        before = Steering(tuple(by.layers[i] for i in upto), by.vectors[upto])
        with outputs(model, layer) as found:
            model.extend([Request(steered(model, before), text, last if upto else 0)])
            model.extend([Request(steered(model, by), text, last)])
        change = (found[1] - found[0])[-last:].norm(dim=-1)
        doses.append(change / found[0][-last:].norm(dim=-1))
    return torch.stack(doses).mean(dim=0).tolist()  # type: ignore[no-any-return]


def test_the_doses_are_what_a_hook_measures(model: LanguageModel) -> None:
    by = steering(model, 0, 2)
    text = sequence(15)
    model.extend([Request(model.slot(), sequence(8)), Request(steered(model, by), text, 3)])
    assert model.doses[0] == []
    assert model.doses[1] == pytest.approx(measured_doses(model, text, by, 3), rel=1e-4)


@pytest.mark.parametrize("size", [1, 4, 7])
def test_a_cut_request_is_steered_as_a_whole_one(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    by = steering(model, 0, 1)
    text = sequence(15)
    whole = model.extend([Request(steered(model, by), text, 5)])
    doses = model.doses[0]
    monkeypatch.setattr(harness.lm.model, "PASS_TOKENS", size)
    torch.testing.assert_close(model.extend([Request(steered(model, by), text, 5)]), whole, **CLOSE)
    assert model.doses[0] == pytest.approx(doses, rel=1e-4)


def test_what_was_steered_is_gone_once_it_is_truncated(model: LanguageModel) -> None:
    text, following = sequence(15), sequence(6, seed=1)
    slot = steered(model, steering(model, 0, 1))
    model.extend([Request(slot, text, 1)])
    kept = slot.fork()
    slot.truncate(len(text) - 1)
    [again] = model.extend([Request(slot, [text[-1], *following])])
    [never] = model.extend([Request(model.slot(), [*text, *following])])
    [tainted] = model.extend([Request(kept, following)])
    torch.testing.assert_close(again, never, **CLOSE)
    assert (tainted - never).abs().max() > 1e-3


def test_an_answers_receipt_counts_every_steered_token(model: LanguageModel) -> None:
    """The last prompt token and every decoded one; an unsteered answer has none."""
    end = model.format.end
    prompt = sequence(12)
    candidates = [(10, 11, 12, end), (10, 11, 13, end), (10, 14, end)]
    by = steering(model, 0, 2, scale=0.3)
    slots = [steered(model, by), model.slot()]
    answers = [Choice(candidates, Sampling(0.0, ())) for _ in slots]
    outcomes = decode(model, slots, [prompt, prompt], answers)
    ran = [len(slot) - len(prompt) for slot in slots]
    assert [outcome.decoded for outcome in outcomes] == ran
    assert (outcomes[0].encoded, outcomes[0].steered) == (12, 1 + ran[0])
    text = slots[0].tokens.tolist()
    doses = measured_doses(model, text, by, 1 + ran[0])
    assert outcomes[0].dose == pytest.approx(np.mean(doses), rel=1e-4)
    assert outcomes[1].steered == 0
    assert outcomes[1].dose == 0.0


def test_scaled_is_as_many_times_as_strong(tiny: LanguageModel) -> None:
    by = steering(tiny, 0, 1)
    assert torch.equal(by.scaled(0.5).vectors, by.vectors / 2)
    assert by.scaled(0.5).layers == by.layers
