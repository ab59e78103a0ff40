"""The forms of a persona's messages, of which each session draws some."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from environments.duty.persona.case import Conversation
from environments.duty.persona.words import ADDRESSES, CALM, OPENERS, PHRASES, SIGNATURES, language
from environments.duty.rules import Rule, Turn

FRIEND, MADAM = ADDRESSES

FEW, MANY = 16, 18
"""Words of a message; what all other rules ask for fits into the few."""


def _of_the_reply(
    topic: str, sentence: str, kept: Callable[[str], bool], **style: Any
) -> Rule[Conversation]:
    """A rule that any message keeps or breaks by itself."""
    return Rule(
        topic=topic,
        sentence=sentence,
        judge=lambda turn, case: kept(turn.reply),
        style=style,
    )


def _begins(opener: str) -> Rule[Conversation]:
    return _of_the_reply(
        "opener",
        f"Begin every message with: {opener}.",
        lambda reply: reply.lower().startswith(opener.lower()),
        opener=opener,
    )


def _says(phrase: str) -> Rule[Conversation]:
    return _of_the_reply(
        "phrase",
        f"Say in every message: {phrase}.",
        lambda reply: phrase in reply.lower(),
        phrase=phrase,
    )


def _addresses(as_what: str, other: str, register: str) -> Rule[Conversation]:
    return _of_the_reply(
        "register",
        f"Address your partner in every message {register}, as {as_what}, and never as {other}.",
        lambda reply: as_what in reply.lower() and other not in reply.lower(),
        address=as_what,
    )


def _ends(signature: str) -> Rule[Conversation]:
    return _of_the_reply(
        "signature",
        f"End every message with: {signature}.",
        lambda reply: reply.lower().rstrip(" .!").endswith(signature.lower()),
        signature=signature,
    )


def _in(code: str, called: str) -> Rule[Conversation]:
    return _of_the_reply(
        "language",
        f"Answer in {called}, whatever language you are spoken to in.",
        lambda reply: language(_own_words(reply)) == code,
        language=code,
    )


_PRESCRIBED = re.compile(
    rf"\b({'|'.join((*OPENERS, *ADDRESSES, *PHRASES, *SIGNATURES, CALM))})\b", re.IGNORECASE
)


def _own_words(reply: str) -> str:
    """A message without what other rules prescribe, which is English in any language."""
    return _PRESCRIBED.sub("", reply)


def _words(reply: str) -> int:
    return len(re.findall(r"[\w:']+", reply))


def _calm(turn: Turn, case: Conversation) -> bool | None:
    shouted = turn.heard.isupper()
    return CALM in turn.reply.lower() if shouted else None


RULES: Mapping[str, Rule[Any]] = {
    "in_german": _in("de", "German"),
    "in_spanish": _in("es", "Spanish"),
    "begin_well": _begins(OPENERS[0]),
    "begin_listen": _begins(OPENERS[1]),
    "never_well": _of_the_reply(
        "opener",
        "Never use the word: well.",
        lambda reply: re.search(r"\bwell\b", reply.lower()) is None,
    ),
    "familiar": _addresses(FRIEND, MADAM, "familiarly"),
    "formal": _addresses(MADAM, FRIEND, "formally"),
    "say_what_may": _says(PHRASES[0]),
    "say_they_say": _says(PHRASES[1]),
    "never_they_say": _of_the_reply(
        "phrase",
        f"Never say: {PHRASES[1]}.",
        lambda reply: PHRASES[1] not in reply.lower(),
    ),
    "sign_weather": _ends(SIGNATURES[0]),
    "sign_lighthouse": _ends(SIGNATURES[1]),
    "few_words": _of_the_reply(
        "length",
        f"Use at most {FEW} words in a message.",
        lambda reply: _words(reply) <= FEW,
    ),
    "many_words": _of_the_reply(
        "length",
        f"Use at least {MANY} words in a message.",
        lambda reply: _words(reply) >= MANY,
        more=True,
    ),
    "small_letters": _of_the_reply(
        "letters", "Write in small letters only.", str.islower, letters="small"
    ),
    "capital_letters": _of_the_reply(
        "letters", "Write in capital letters only.", str.isupper, letters="capitals"
    ),
    "calm_down": Rule(
        topic="calm",
        sentence=f"When a message is all in capital letters, say in your answer: {CALM}.",
        judge=_calm,
        style={"calm": True},
    ),
    "never_loud": _of_the_reply(
        "loud", "Never use an exclamation mark.", lambda reply: "!" not in reply
    ),
}
"""By the names under which violations are reported."""
