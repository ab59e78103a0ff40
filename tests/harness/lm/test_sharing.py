"""What several prompts begin with is encoded once, and nobody can tell from the answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.keyed import generator
from harness.lm import LanguageModel
from harness.lm.model import Request
from harness.lm.sharing import WORTH, common, share, waves
from harness.lm.slots import Slot
from harness.lm.steering import Steering

MANY = 2 * WORTH


def text(name: str, length: int = MANY) -> np.ndarray:
    """Some token ids that no other name begins with."""
    return generator("sharing", name).integers(0, 60, length)


def encode(
    model: LanguageModel, slots: list[Slot], prompts: list[np.ndarray], others: list[Slot]
) -> tuple[torch.Tensor, list[int]]:
    """Logits behind each prompt, and how many of its tokens were run."""
    share(slots, prompts, others)
    logits: dict[int, torch.Tensor] = {}
    run = [0] * len(slots)
    for wave in waves(slots, prompts):
        missing = [slots[i].missing(prompts[i]) for i in wave]
        found = model.extend([Request(slots[i], m) for i, m in zip(wave, missing, strict=True)])
        for i, new, row in zip(wave, missing, found, strict=True):
            logits[i], run[i] = row, len(new)
    return torch.stack([logits[i] for i in range(len(slots))]), run


def alone(model: LanguageModel, prompt: np.ndarray) -> torch.Tensor:
    [row] = model.extend([Request(model.slot(), prompt)])
    return row


def test_a_beginning_in_common_is_run_once(model: LanguageModel) -> None:
    brief, workflow = text("brief"), text("workflow")
    prompts = [
        np.concatenate(parts)
        for parts in (
            [brief, text("a", 9)],
            [brief, workflow, text("b", 9)],
            [brief, text("c", 9)],
            [brief, workflow, text("d", 9)],
            [text("other"), brief],
        )
    ]
    logits, run = encode(model, [model.slot() for _ in prompts], prompts, [])
    assert run == [MANY + 9, MANY + 9, 9, 9, 2 * MANY]
    expected = torch.stack([alone(model, prompt) for prompt in prompts])
    torch.testing.assert_close(logits, expected, atol=1e-3, rtol=1e-3)


def test_what_any_slot_holds_is_copied(model: LanguageModel) -> None:
    history = text("history")
    lived, idle, fresh = model.slot(), model.slot(), model.slot()
    model.extend([Request(idle, history)])
    prompts = [np.concatenate([history, text("next", 5)]), text("elsewhere")]
    logits, run = encode(model, [fresh, lived], prompts, [idle, lived, fresh])
    assert run == [5, MANY]
    torch.testing.assert_close(logits[0], alone(model, prompts[0]), atol=1e-3, rtol=1e-3)
    assert len(idle) == MANY


def test_two_slots_can_change_places(model: LanguageModel) -> None:
    first, second = model.slot(), model.slot()
    texts = [text("first"), text("second")]
    model.extend([Request(first, texts[0]), Request(second, texts[1])])
    prompts = [np.concatenate([texts[1], [3]]), np.concatenate([texts[0], [4]])]
    logits, run = encode(model, [first, second], prompts, [])
    assert run == [1, 1]
    expected = torch.stack([alone(model, prompt) for prompt in prompts])
    torch.testing.assert_close(logits, expected, atol=1e-3, rtol=1e-3)


def test_a_slot_keeps_what_it_has_of_the_prompt(model: LanguageModel) -> None:
    """Only the part that it lacks is copied, and nothing if that is short."""
    whole = text("whole", 3 * WORTH)
    donor, slot, near = model.slot(), model.slot(), model.slot()
    model.extend([Request(donor, whole), Request(slot, whole[:10]), Request(near, whole[:150])])
    prompt = np.concatenate([whole, [1]])
    _, run = encode(model, [slot, near], [prompt, prompt], [donor])
    assert run == [1, len(prompt) - 150]


def test_slots_of_another_adapter_share_nothing(model: LanguageModel) -> None:
    prompt = text("prompt")
    slots = [model.slot(), model.slot("another")]
    _, run = encode(model, slots, [prompt, prompt], [])
    assert run == [MANY, MANY]


def test_a_steered_last_token_is_never_copied(model: LanguageModel) -> None:
    """One slot's prompt is the beginning of the other's: all but its last token is copied."""
    prompt = text("prompt")
    prompts = [prompt, np.concatenate([prompt, text("more", 7)])]
    slots = [model.slot(), model.slot()]
    slots[0].steering = Steering((1,), torch.full((1, model.width), 5.0))
    rows, run = [], []
    for [i] in waves(slots, prompts):
        run.append(slots[i].missing(prompts[i]))
        rows += list(model.extend([Request(slots[i], run[-1], steered=1 - i)]))
    assert [len(new) for new in run] == [MANY, 1 + 7]
    torch.testing.assert_close(rows[1], alone(model, prompts[1]), atol=1e-3, rtol=1e-3)
    assert not torch.allclose(rows[0], alone(model, prompts[0]), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    ("first", "second", "length"),
    [([], [], 0), ([1, 2], [1, 2], 2), ([1, 2, 3], [1, 2], 2), ([1, 2, 3], [1, 9, 3], 1)],
)
def test_common_counts_leading_equal_tokens(
    first: list[int], second: list[int], length: int
) -> None:
    assert common(np.array(first), np.array(second)) == length
