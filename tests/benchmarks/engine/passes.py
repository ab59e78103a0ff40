"""How near the engine's passes come to the machine: prefill, decoding, and the context's price.

time_passes(lanes, prompts, shape, ceilings).prefill           # seconds
context_cost(model, text).slope                                # a 1,000 tokens, per intercept
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.lm import LanguageModel
from harness.lm.model import Request
from tests.benchmarks.engine.ceilings import Ceilings, Shape
from tests.benchmarks.engine.engine import Lanes
from tests.benchmarks.engine.memory import held

STEPS = 8
"""Tokens that are decoded in every slot."""
NEW = 84
"""Tokens of a usual observation."""
CONTEXTS = (256, 512, 1024, 2048, 4096, 8000)


class PassTime(NamedTuple):
    """One prefill and some decoding steps in all slots, and the seconds that they need at least."""

    slots: int
    context: int
    """Tokens a slot before it, on average."""
    new: int
    """Tokens that were encoded, in all slots."""
    prefill: float
    """Seconds."""
    prefill_operations: float
    """That must be done, over the arithmetic rate: seconds."""
    prefill_on_layers: float
    """The same over the rate on the model's own layers: seconds."""
    step: float
    """Seconds of a decoding step, the median."""
    bytes: float
    """Weights, live keys and values, over the copy rate: seconds a step."""
    operations: float
    """Over the arithmetic rate: seconds a step."""
    one_after_the_other: float
    """The larger of both for the linear layers, plus the bytes of the attention: seconds a step."""


class ContextCost(NamedTuple):
    """What a turn costs in one slot at several lengths of its context."""

    contexts: tuple[int, ...]
    milliseconds: tuple[float, ...]
    """Of 84 new tokens and one decoded, medians."""
    slope: float
    """Of the line through them: a 1,000 tokens, relative to what it costs without context."""
    memory: float
    """Bytes that these slots hold, of so different lengths, over what their tokens need."""


def time_passes(
    lanes: Lanes, prompts: Sequence[Sequence[int]], shape: Shape, ceilings: Ceilings
) -> PassTime:
    """Encode what the prompts have new, then decode; the lanes stand at the turn before."""
    slots = lanes.slots
    requests = [Request(s, s.missing(p)) for s, p in zip(slots, prompts, strict=True)]
    pasts = [len(slot) for slot in slots]
    news = [len(request.tokens) for request in requests]
    prefill = _timed(lanes.model, requests)
    lengths = [len(slot) for slot in slots]
    steps = [_timed(lanes.model, [Request(s, s.tokens[-1:]) for s in slots]) for _ in range(STEPS)]
    pairs = sum(past * new + new * (new + 1) // 2 for past, new in zip(pasts, news, strict=True))
    operations = shape.linear_operations(sum(news), len(slots)) + shape.attention_operations(pairs)
    live = sum(lengths) + len(slots) * STEPS // 2  # halfway through the steps
    linear = shape.linear_operations(len(slots), len(slots)) / ceilings.arithmetic
    weights, keys = shape.weight_bytes / ceilings.copy, shape.live_bytes(live) / ceilings.copy
    return PassTime(
        slots=len(slots),
        context=round(float(np.mean(pasts))),
        new=sum(news),
        prefill=prefill,
        prefill_operations=operations / ceilings.arithmetic,
        prefill_on_layers=operations / ceilings.layers,
        step=float(np.median(steps)),
        bytes=weights + keys,
        operations=linear + shape.attention_operations(live) / ceilings.arithmetic,
        one_after_the_other=max(linear, weights) + keys,
    )


def context_cost(
    model: LanguageModel, text: Sequence[int], shape: Shape, repeats: int, most: int = CONTEXTS[-1]
) -> ContextCost:
    """Time a turn in one slot, the lengths in turn.

    Args:
        model: the engine.
        text: tokens of real prompts, more than the longest context.
        shape: of the model.
        repeats: of which the median counts.
        most: longer contexts are left out.
    """
    contexts = [c for c in CONTEXTS if c <= most]
    slots = [model.slot() for _ in contexts]
    model.extend([Request(slot, text[:c]) for slot, c in zip(slots, contexts, strict=True)])
    memory = held([slot.layers for slot in slots]) / shape.live_bytes(sum(contexts))
    taken: list[list[float]] = [[] for _ in contexts]
    for repeat in range(1 + repeats):  # the first lets the caches grow
        for times, slot, context in zip(taken, slots, contexts, strict=True):
            new = text[context : context + NEW]
            seconds = _timed(model, [Request(slot, new)])
            seconds += _timed(model, [Request(slot, text[:1])])
            slot.truncate(context)
            if repeat:
                times.append(1000 * seconds)
    medians = [float(np.median(times)) for times in taken]
    slope, intercept = np.polyfit(contexts, medians, 1)
    return ContextCost(tuple(contexts), tuple(medians), float(1000 * slope / intercept), memory)


def _timed(model: LanguageModel, requests: Sequence[Request]) -> float:
    start = time.perf_counter()
    model.extend(requests)
    return time.perf_counter() - start
