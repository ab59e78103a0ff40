"""From a session to a prompt: the chat that is made of it, cut to the window."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from harness.agent import Episode, History
from harness.lm.prompt import Message, PromptFormat


class Selected(NamedTuple):
    """What of the past and the present stands in the prompt."""

    history: History
    episode: Episode


class Prompt(NamedTuple):
    """A chat as token ids, and how many of the oldest turns had to go."""

    tokens: list[int]
    dropped_turns: int


class WindowTooSmall(ValueError):
    """The brief and the present task alone do not fit the model's window."""


def chat(brief: str, history: History, episode: Episode, skip: int = 0) -> list[Message]:
    """The messages of a session: the brief, then what was read and what was answered.

    A task's goal and first observation open the message in which it begins, behind the last
    answer of the task before. `skip` leaves out that many of the oldest turns.
    """
    messages = [Message("system", brief)]
    unread: list[str] = []
    index = 0
    for lived in (*history, episode):
        unread.append(f"{lived.goal}\n\n{lived.opening}")
        for exchange in lived.exchanges:
            if index >= skip:
                messages.append(Message("user", "\n\n".join(unread)))
                messages.append(Message("assistant", exchange.said))
            unread = [exchange.observation]
            index += 1
    messages.append(Message("user", "\n\n".join(unread)))
    return messages


def build_prompt(format: PromptFormat, brief: str, selected: Selected, window: int) -> Prompt:
    """The prompt of a decision, within `window` tokens.

    When the window is full the oldest whole turns go, never the brief nor the present task,
    down to half of the window at once: one turn at a time would re-encode everything at every
    turn. What is dropped is a function of the history alone, so any arm can rebuild it.

    Raises:
        WindowTooSmall: the brief and the present task alone are longer than the window.
    """
    history, episode = selected
    tokens = format.tokens(chat(brief, history, episode))
    if len(tokens) <= window:
        return Prompt(tokens, 0)
    skip = _skip(format, brief, history, episode, window)
    tokens = format.tokens(chat(brief, history, episode, skip))
    if len(tokens) > window:
        raise WindowTooSmall(
            f"The brief and the present task take {len(tokens)} tokens, the window is {window}: "
            "use a model with a larger window, or a smaller cap."
        )
    return Prompt(tokens, skip)


def _skip(format: PromptFormat, brief: str, history: History, episode: Episode, window: int) -> int:
    """Relive the session's prompts one by one, dropping turns whenever one is too long."""
    turns: list[int] = []  # tokens of each turn so far
    held = 0  # tokens of those that are not dropped
    skip = 0
    unread: list[str] = []
    for present in (*history, episode):
        protected = len(turns)  # turns of the present task are never dropped
        unread.append(f"{present.goal}\n\n{present.opening}")
        for exchange in (*present.exchanges, None):
            read = "\n\n".join(unread)
            now = _prompt_length(format, brief, read)
            if held + now > window:
                while skip < protected and held + now > window // 2:
                    held -= turns[skip]
                    skip += 1
            if exchange is not None:
                turns.append(_turn_length(format, brief, read, exchange.said))
                held += turns[-1]
                unread = [exchange.observation]
    return skip


@lru_cache(maxsize=65_536)
def _prompt_length(format: PromptFormat, brief: str, read: str) -> int:
    """Tokens of a prompt without a past."""
    return len(format.tokens([Message("system", brief), Message("user", read)]))


@lru_cache(maxsize=65_536)
def _turn_length(format: PromptFormat, brief: str, read: str, said: str) -> int:
    """Tokens that a past turn adds to a prompt."""
    before = [Message("system", brief), Message("user", "a"), Message("assistant", "b")]
    turn = [Message("user", read), Message("assistant", said)]
    after = Message("user", "c")
    with_it, without = [*before, *turn, after], [*before, after]
    return len(format.tokens(with_it)) - len(format.tokens(without))
