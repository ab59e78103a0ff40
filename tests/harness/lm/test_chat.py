"""The prompt of a session, word for word, and what goes when the window is full."""

from __future__ import annotations

import pytest

from harness.agent import Episode, Exchange, History
from harness.lm import LanguageModel, Selected
from harness.lm.chat import Message, WindowTooSmall, build_prompt, chat
from harness.lm.prompt import PromptFormat

BRIEF = "You play two games."

FIRST = Episode(
    "Find the coin.",
    "You are in a hall.",
    (Exchange("go east", "You are in a shed."), Exchange("take coin", "You won.")),
)
SECOND = Episode("Eat the apple.", "You are in a kitchen.", (Exchange("look", "A kitchen."),))

PROMPT = """\
<|im_start|>system
You play two games.<|im_end|>
<|im_start|>user
Find the coin.

You are in a hall.<|im_end|>
<|im_start|>assistant
go east<|im_end|>
<|im_start|>user
You are in a shed.<|im_end|>
<|im_start|>assistant
take coin<|im_end|>
<|im_start|>user
You won.

Eat the apple.

You are in a kitchen.<|im_end|>
<|im_start|>assistant
look<|im_end|>
<|im_start|>user
A kitchen.<|im_end|>
<|im_start|>assistant
"""


@pytest.fixture
def format(tiny: LanguageModel) -> PromptFormat:
    return tiny.format


def test_the_prompt_of_a_session_of_two_tasks(format: PromptFormat) -> None:
    prompt = build_prompt(format, BRIEF, Selected((FIRST,), SECOND), 1000)
    assert format.tokenizer.decode(prompt.tokens) == PROMPT
    assert prompt.dropped_turns == 0


def test_a_first_turn_reads_goal_and_first_observation() -> None:
    assert chat(BRIEF, (), Episode("Find the coin.", "A hall.")) == [
        Message("system", BRIEF),
        Message("user", "Find the coin.\n\nA hall."),
    ]


def test_a_turn_is_a_message_that_was_read_and_its_answer() -> None:
    system, *messages = chat(BRIEF, (FIRST,), SECOND)
    for skip in range(4):
        assert chat(BRIEF, (FIRST,), SECOND, skip) == [system, *messages[2 * skip :]]


def long_session(tasks: int, turns: int) -> History:
    return tuple(
        Episode(
            f"Goal {k}.",
            f"Room {k}.",
            tuple(Exchange(f"go {k} {t}", "east " * (3 + (k + t) % 5)) for t in range(turns)),
        )
        for k in range(tasks)
    )


def moments(session: History) -> list[Selected]:
    """Every decision of a session, in order."""
    return [
        Selected(session[:k], episode._replace(exchanges=episode.exchanges[:t]))
        for k, episode in enumerate(session)
        for t in range(len(episode.exchanges) + 1)
    ]


def test_when_the_window_is_full_the_oldest_turns_go_down_to_half(format: PromptFormat) -> None:
    window = 400
    before = 0
    drops = []
    for past, present in moments(long_session(tasks=6, turns=5)):
        prompt = build_prompt(format, BRIEF, Selected(past, present), window)
        assert len(prompt.tokens) <= window
        skip = prompt.dropped_turns
        assert prompt.tokens == format.tokens(chat(BRIEF, past, present, skip))
        text = format.decode(prompt.tokens)
        assert text.startswith(f"system\n{BRIEF}")
        assert f"{present.goal}\n\n{present.opening}" in text
        whole_past = sum(len(episode.exchanges) for episode in past)
        assert skip <= whole_past
        if skip != before:
            # Too long as it was; now half of the window, or nothing of the past is left.
            assert len(format.tokens(chat(BRIEF, past, present, before))) > window
            assert len(prompt.tokens) <= window // 2 or skip == whole_past
            if skip - before > 1:  # and no turn too many
                longer = format.tokens(chat(BRIEF, past, present, skip - 1))
                assert len(longer) > window // 2
            drops.append(skip)
        before = skip
    assert len(drops) >= 3
    assert drops == sorted(drops)


def test_between_two_drops_a_prompt_begins_with_the_one_before(format: PromptFormat) -> None:
    """So that a slot re-encodes the past when turns are dropped, and at no other turn."""
    earlier, kept = build_prompt(format, BRIEF, moments(long_session(6, 5))[0], 400), 0
    for selected in moments(long_session(6, 5))[1:]:
        prompt = build_prompt(format, BRIEF, selected, 400)
        if prompt.dropped_turns == earlier.dropped_turns and selected.episode.exchanges:
            assert prompt.tokens[: len(earlier.tokens)] == earlier.tokens
            kept += 1
        earlier = prompt
    assert kept > 15


def test_what_is_dropped_is_a_function_of_the_history_alone(format: PromptFormat) -> None:
    """An arm that is given the history at once has the prompt of the session that lived it."""
    lived = [build_prompt(format, BRIEF, s, 400) for s in moments(long_session(6, 5))]
    fed = PromptFormat(format.tokenizer)
    for prompt, selected in reversed(list(zip(lived, moments(long_session(6, 5)), strict=True))):
        assert build_prompt(fed, BRIEF, selected, 400) == prompt


def test_a_window_without_room_for_the_present_task_is_refused(format: PromptFormat) -> None:
    [*past, present] = long_session(tasks=2, turns=5)
    with pytest.raises(WindowTooSmall, match=r"take \d+ tokens, the window is 100: use a model"):
        build_prompt(format, BRIEF, Selected(tuple(past), present), 100)
