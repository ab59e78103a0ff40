"""Shared beginnings: what the prompts of several slots have in common is encoded once.

A brief, workflows, few-shot examples, the history in which the arms of a session fork: the first
slot that needs them encodes them, and the others copy the keys and values.

    share(slots, prompts, others)            # from what any slot holds already
    for wave in waves(slots, prompts):       # then from each other, one wave after another
        model.extend([Request(slots[i], slots[i].missing(prompts[i])) for i in wave])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from harness.lm.slots import Slot

WORTH = 64
"""Tokens that a copy has to save: for fewer, encoding them with the rest costs as little."""


class _Leader(NamedTuple):
    """Where a prompt's beginning comes from."""

    slot: int
    start: int
    """How much of the prompt the follower has itself."""
    end: int
    """How much it has in common with the leader's."""


def share(slots: Sequence[Slot], prompts: Sequence[np.ndarray], others: Iterable[Slot]) -> None:
    """Give each slot what another holds of its prompt, where that is worth it.

    Args:
        slots: each is to hold its prompt.
        prompts: token ids, one row a slot.
        others: slots that can be copied from too. Whatever a slot holds was encoded unsteered.
    """
    donors = {id(donor): donor for donor in (*slots, *others)}.values()
    copied = []
    for slot, prompt in zip(slots, prompts, strict=True):
        own = common(slot.tokens, prompt)
        gains = [(_gain(slot, own, prompt, donor, donor.tokens), donor) for donor in donors]
        gain, best = max(gains, key=itemgetter(0))
        if gain:
            copied.append((slot, best.excerpt(own, own + gain)))
    for slot, excerpt in copied:  # only now: a donor may be given something itself
        slot.adopt(excerpt)


def waves(slots: Sequence[Slot], prompts: Sequence[np.ndarray]) -> Iterator[list[int]]:
    """Indices of the slots that can be encoded together, wave by wave.

    A slot whose prompt begins as an earlier one's comes in a later wave than that, and gets the
    beginning copied when its turn has come.
    """
    leaders: list[_Leader | None] = []
    level: list[int] = []
    for i, (slot, prompt) in enumerate(zip(slots, prompts, strict=True)):
        own = common(slot.tokens, prompt)
        # Not a prompt's last token: that one can be steered.
        gains = [_gain(slot, own, prompt, slots[j], prompts[j][:-1]) for j in range(i)]
        best = int(np.argmax(gains)) if any(gains) else None
        leaders.append(None if best is None else _Leader(best, own, own + gains[best]))
        level.append(0 if best is None else level[best] + 1)
    for now in range(max(level, default=-1) + 1):
        wave = [i for i, own in enumerate(level) if own == now]
        for i in wave:
            if (leader := leaders[i]) is not None:
                slots[i].adopt(slots[leader.slot].excerpt(leader.start, leader.end))
        yield wave


def common(first: np.ndarray, second: np.ndarray) -> int:
    """How many tokens two sequences begin with in common."""
    length = min(len(first), len(second))
    differ = np.flatnonzero(first[:length] != second[:length])
    return int(differ[0]) if len(differ) else length


def _gain(slot: Slot, own: int, prompt: np.ndarray, donor: Slot, tokens: np.ndarray) -> int:
    """Tokens of `prompt` beyond the slot's `own` that `tokens` in a donor begin with; 0 if few."""
    end = own + WORTH
    # Nearly always they part long before: so the tokens that would be saved are looked at first.
    if (
        donor is slot
        or donor.adapter != slot.adapter
        or min(len(tokens), len(prompt)) < end
        or not np.array_equal(tokens[own:end], prompt[own:end])
    ):
        return 0
    gain = common(tokens, prompt) - own
    return gain if gain >= WORTH else 0
