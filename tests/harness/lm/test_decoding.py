"""What is decoded, what it costs, and on what the choice depends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy.stats import chi2
from torch import Tensor

from harness.lm import LanguageModel
from harness.lm.decoding import (
    Choice,
    FreeText,
    Outcome,
    Sampling,
    decode,
    read_command,
    read_message,
)
from harness.lm.model import ordinary_attention
from harness.lm.slots import Slot
from harness.lm.steering import Steering

GREEDY = Sampling(0.0, ())

COMMANDS = [
    *(f"go {way}" for way in ("north", "south", "east", "west")),
    *(f"{verb} {thing}" for verb in ("take", "drop", "examine") for thing in ("key", "keycard")),
    *(f"put {thing} into {box}" for thing in ("key", "apple") for box in ("chest", "safe", "box")),
    *(f"unlock {box} with {key}" for box in ("chest", "safe") for key in ("key", "keycard")),
    *("open door", "open chest", "close door", "close chest", "look", "inventory", "wait"),
    *("eat apple", "eat", "open"),
]

PROMPTS = [
    "<|im_start|>user\nYou are in a hall. There is an exit to the east.<|im_end|>\n"
    "<|im_start|>assistant\n",
    "<|im_start|>user\nA locked chest is here. You carry a key.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nYou are hungry. An apple lies on the table.<|im_end|>\n"
    "<|im_start|>assistant\n",
]


def candidates(model: LanguageModel, commands: Sequence[str] = COMMANDS) -> list[tuple[int, ...]]:
    return [tuple(model.format.answer(command)) for command in commands]


def choose(
    model: LanguageModel, prompt: str, options: Sequence[tuple[int, ...]], sampling: Sampling
) -> Choice:
    answer = Choice(options, sampling)
    decode(model, [model.slot()], [model.format.encode(prompt)], [answer])
    return answer


def by_transformers(
    model: LanguageModel, prompt: str, options: Sequence[tuple[int, ...]]
) -> tuple[int, ...]:
    """Its own greedy decoding, kept on the prefix tree."""
    ids = model.format.encode(prompt)

    def allowed(batch: int, tokens: Tensor) -> list[int]:
        said = tuple(tokens[len(ids) :].tolist())
        return sorted({c[len(said)] for c in options if c[: len(said)] == said and c != said})

    with ordinary_attention(model.network), torch.inference_mode():
        output = model.network.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids)),
            do_sample=False,
            max_new_tokens=max(map(len, options)),
            prefix_allowed_tokens_fn=allowed,
            eos_token_id=model.format.end,
            pad_token_id=model.format.end,
        )
    return tuple(output[0, len(ids) :].tolist())


def test_a_choice_is_greedy_decoding_on_the_prefix_tree(model: LanguageModel) -> None:
    options = candidates(model)
    for n in range(8):
        prompt = PROMPTS[n % 3] + "go " * n
        chosen = choose(model, prompt, options, GREEDY).tokens
        assert chosen == by_transformers(model, prompt, options)
        assert chosen in options


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_embedded_model_chooses_so_too(smollm2: LanguageModel, prompt: str) -> None:
    options = candidates(smollm2)
    chosen = choose(smollm2, prompt, options, GREEDY).tokens
    assert chosen == by_transformers(smollm2, prompt, options)


def forks(chosen: tuple[int, ...], options: Sequence[tuple[int, ...]]) -> list[int]:
    """The depths at which the chosen candidate leaves others behind."""
    return [
        depth
        for depth in range(len(chosen))
        if len({c[depth] for c in options if c[:depth] == chosen[:depth]}) > 1
    ]


def test_a_choice_costs_what_tells_the_candidates_apart(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass a fork; tokens behind the last fork are never run."""
    options = candidates(model)
    passes = []
    extend = model.extend
    monkeypatch.setattr(model, "extend", lambda r: passes.append(len(r)) or extend(r))
    for n in range(6):
        passes.clear()
        prompt = model.format.encode(PROMPTS[n % 3] + "go " * n)
        answer = Choice(options, GREEDY)
        slot = model.slot()
        [outcome] = decode(model, [slot], [prompt], [answer])
        apart = forks(answer.tokens, options)
        assert len(passes) == len(apart)
        assert outcome.decoded == apart[-1] < len(answer.tokens)
        assert outcome.encoded == len(prompt)
        assert slot.tokens.tolist() == [*prompt, *answer.tokens[: outcome.decoded]]


def test_a_single_candidate_costs_no_decoding(tiny: LanguageModel) -> None:
    prompt = tiny.format.encode(PROMPTS[0])
    answer = Choice(candidates(tiny, ["go north"]), GREEDY)
    [outcome] = decode(tiny, [tiny.slot()], [prompt], [answer])
    assert answer.tokens == tuple(tiny.format.answer("go north"))
    assert (outcome.encoded, outcome.decoded, answer.margin) == (len(prompt), 0, None)


def test_candidates_that_all_begin_alike(model: LanguageModel) -> None:
    options = candidates(model, ["go north", "go south", "go northwest"])
    chosen = choose(model, PROMPTS[0], options, GREEDY).tokens
    assert chosen == by_transformers(model, PROMPTS[0], options)


def scripted(size: int, **best: float) -> Tensor:
    """Logits of 0 behind one token, but for those given (t7=1.5 is 1.5 for token 7)."""
    logits = torch.zeros(1, size)
    for name, value in best.items():
        logits[0, int(name[1:])] = value
    return logits


@pytest.mark.parametrize(("end", "chosen"), [(2.0, (5, 1)), (-2.0, (5, 6, 1))])
def test_a_candidate_that_begins_another_is_told_apart_by_the_end(
    end: float, chosen: tuple[int, ...]
) -> None:
    answer = Choice([(5, 1), (5, 6, 1)], GREEDY)
    assert answer.advance(scripted(10)) == (5,)
    assert answer.advance(scripted(10, t1=end)) == ()
    assert answer.tokens == chosen


def test_the_margin_is_the_smallest_lead_of_all_forks() -> None:
    answer = Choice([(5, 7, 1), (5, 8, 1), (6, 1)], GREEDY)
    # Token 9 is best of all, but no candidate goes on with it.
    assert answer.advance(scripted(10, t9=9, t5=3, t6=1)) == (5,)
    assert answer.margin == pytest.approx(2.0)
    assert answer.advance(scripted(10, t9=9, t7=0.5, t8=0.75)) == ()
    assert answer.tokens == (5, 8, 1)
    assert answer.margin == pytest.approx(0.25)


def test_equal_logits_leave_no_margin() -> None:
    answer = Choice([(5, 1), (6, 1)], GREEDY)
    answer.advance(scripted(10))
    assert answer.margin == 0.0


def write(model: LanguageModel, tokens: Sequence[int], max_tokens: int = 8) -> FreeText:
    """Free text by a model that wants to say just these tokens."""
    answer = FreeText(model, GREEDY, max_tokens)
    for token in tokens:
        if not answer.advance(scripted(len(model.format.tokenizer), **{f"t{token}": 1.0})):
            break
    return answer


def test_free_text_ends_with_its_line_its_turn_or_its_length(tiny: LanguageModel) -> None:
    format = tiny.format
    text = format.encode("go north\ngo south")
    assert format.decode(write(tiny, text, 100).tokens) == "go north\n"
    ended = [*format.encode("look"), format.end, *text]
    assert format.decode(write(tiny, ended, 100).tokens) == "look"
    assert write(tiny, text, 2).tokens == tuple(text[:2])


def test_free_text_in_slots_is_greedy_generation(model: LanguageModel) -> None:
    prompts = [model.format.encode(prompt) for prompt in PROMPTS]
    answers = [FreeText(model, GREEDY, 6) for _ in prompts]
    slots = [model.slot() for _ in prompts]
    outcomes = decode(model, slots, prompts, answers)
    for prompt, answer, slot, outcome in zip(prompts, answers, slots, outcomes, strict=True):
        with ordinary_attention(model.network), torch.inference_mode():
            output = model.network.generate(
                torch.tensor([prompt]),
                attention_mask=torch.ones(1, len(prompt)),
                do_sample=False,
                max_new_tokens=6,
                eos_token_id=model.format.end,
                pad_token_id=model.format.end,
            )
        assert list(answer.tokens) == output[0, len(prompt) :].tolist()[: len(answer.tokens)]
        assert outcome.decoded == len(answer.tokens) - 1  # the last one need not be run
        assert slot.tokens.tolist() == [*prompt, *answer.tokens[:-1]]


def written(
    model: LanguageModel,
    guesses: Sequence[Sequence[tuple[int, ...]]],
    sampling: Sampling,
    steering: Steering | None = None,
) -> tuple[list[FreeText], list[Slot], list[Outcome], int]:
    """An answer to each prompt with these guesses, all together, and how many passes it took."""
    prompts = [model.format.encode(prompt) for prompt in PROMPTS]
    answers = [FreeText(model, sampling, 6, one) for one in guesses]
    slots = [model.slot() for _ in prompts]
    for slot in slots:
        slot.steering = steering
    passes = []
    extend = model.extend
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "extend", lambda r: passes.append(len(r)) or extend(r))
        outcomes = decode(model, slots, prompts, answers)
    return answers, slots, outcomes, len(passes)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("steered", [False, True], ids=["unsteered", "steered"])
@pytest.mark.parametrize("right", [0, 1, 3, 6, "and longer"])
def test_guesses_change_nothing_but_the_steps(
    right: int | str, steered: bool, temperature: float, model: LanguageModel
) -> None:
    """Guesses of which that many tokens are right; before them one that is wrong at once."""
    sampling = Sampling(temperature, ("free",))
    steering = Steering((1,), torch.ones(1, model.width)) if steered else None
    plain, slots, outcomes, passes = written(model, [()] * len(PROMPTS), sampling, steering)
    texts = [answer.tokens for answer in plain]
    if right == "and longer":
        guesses = [(*text, 5, 5, 5) for text in texts]
    else:
        assert isinstance(right, int)
        guesses = [(*text[:right], *[(t + 1) % 7 + 3 for t in text[right:]]) for text in texts]
    wrong = [((text[0] + 1) % 7 + 3, 4) for text in texts]
    found, own_slots, own_outcomes, own_passes = written(
        model, list(zip(wrong, guesses, strict=True)), sampling, steering
    )
    assert [answer.tokens for answer in found] == texts
    for one, other in zip(found, plain, strict=True):
        assert one.margin == pytest.approx(other.margin, abs=1e-4)
    for own_slot, slot in zip(own_slots, slots, strict=True):
        assert own_slot.tokens.tolist() == slot.tokens.tolist()
    for own, outcome in zip(own_outcomes, outcomes, strict=True):
        assert own[:3] == outcome[:3]
        assert own.dose == pytest.approx(outcome.dose, abs=1e-5)
    if right in (6, "and longer"):
        assert own_passes == min(passes, 2)  # the prompt, and the whole answer
    assert own_passes <= passes


def test_a_guess_that_begins_otherwise_is_not_run(tiny: LanguageModel) -> None:
    [one] = tiny.format.encode("a")
    answer = FreeText(tiny, GREEDY, 8, [(one + 1, 5, 6), (one, 9, 8, 7), (one, 5)])
    logits = scripted(len(tiny.format.tokenizer), **{f"t{one}": 1.0})
    assert answer.advance(logits) == (one, 9, 8)  # but for the last: nothing follows it


@pytest.mark.parametrize(
    ("output", "command"),
    [
        ("go north", "go north"),
        ("  Go   North. ", "go north"),
        ("> take key from box", "take key from box"),
        (">>go east!", "go east"),
        ('"open door"', "open door"),
        ("`look`", "look"),
        ("**inventory**", "inventory"),
        ("\n\nlook\nand then go north", "look"),
        ("take half-full glass", "take half-full glass"),
        ("take baker's hat", "take baker's hat"),
        ("", None),
        ("   \n \n", None),
        (">", None),
        ("...", None),
        ("1. I would go north, then take the key.", None),
        ("go north, take key", None),
        ("go north. take key", None),
        ("go north; quit", None),
        ("Answer: go north", None),
        ("<|im_end|>go north", None),
        ('{"op": "step", "command": "go north"}', None),
        ("go\x00north", None),
        ("go \x1b[31mnorth", None),
        ("ｇｏ north", None),
        ("идти на север", None),
        ("-go north", None),
        ("a" * 80, "a" * 80),
        ("a" * 81, None),
    ],
)
def test_the_command_in_an_output(output: str, command: str | None) -> None:
    assert read_command(output) == command


@pytest.mark.parametrize(
    ("output", "message"),
    [("\n  May I have your postcode?  \nT4821", "May I have your postcode?"), (" \n\n", None)],
)
def test_the_message_in_an_output(output: str, message: str | None) -> None:
    assert read_message(output) == message


def sampled(model: LanguageModel, order: Sequence[int], together: bool) -> dict[int, str]:
    """What is sampled for some keyed decisions, in one batch or one by one, in some order."""
    options = candidates(model)
    answers = {n: Choice(options, Sampling(1.0, ("act", 0, "task", n))) for n in order}
    prompts = {n: model.format.encode(PROMPTS[n % 3]) for n in order}
    for group in [order] if together else [[n] for n in order]:
        decode(
            model,
            [model.slot() for _ in group],
            [prompts[n] for n in group],
            [answers[n] for n in group],
        )
    return {n: model.format.decode(answers[n].tokens) for n in order}


def test_a_keyed_draw_depends_on_nothing_but_its_key(model: LanguageModel) -> None:
    order = list(range(12))
    drawn = sampled(model, order, together=True)
    assert sampled(model, order[::-1], together=True) == drawn
    assert sampled(model, order[::-1], together=False) == drawn
    assert len(set(drawn.values())) > 3


def test_free_text_is_keyed_by_the_index_of_the_token(tiny: LanguageModel) -> None:
    def text(key: int) -> tuple[int, ...]:
        answer = FreeText(tiny, Sampling(1.0, (key,)), 12)
        decode(tiny, [tiny.slot()], [tiny.format.encode(PROMPTS[0])], [answer])
        return answer.tokens

    assert text(1) == text(1)
    assert len({text(key) for key in range(6)}) == 6
    flat = FreeText(tiny, Sampling(1.0, (0,)), 12)
    for _ in range(12):
        flat.advance(torch.zeros(1, len(tiny.format.tokenizer)))
    assert len(set(flat.tokens)) > 6  # equal logits, but another draw at every token


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_keyed_draws_are_distributed_as_the_softmax(temperature: float) -> None:
    tokens = [3, 4, 6, 7, 9]
    logits = torch.tensor([0.0, 0, 0, 1.0, -0.5, 0, 2.0, 0.3, 0, -2.0])
    draws = 3000
    counts: Counter[int] = Counter()
    for key in range(draws):
        answer = Choice([(token, 1) for token in tokens], Sampling(temperature, ("draw", key)))
        answer.advance(logits[None])
        counts[answer.tokens[0]] += 1
    expected = draws * torch.softmax(logits[tokens].double() / temperature, dim=0).numpy()
    found = np.array([counts[token] for token in tokens])
    statistic = float(((found - expected) ** 2 / expected).sum())
    assert statistic < chi2.ppf(0.999, len(tokens) - 1)
