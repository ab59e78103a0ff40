"""The one place where text becomes tokens.

Messages are rendered with the model's own chat template and tokenised piece by piece between
its special tokens, which is exactly how the tokenizer itself splits: the same ids as for the
whole text, but a piece that was seen before costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple


class Message(NamedTuple):
    """One message of a chat."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str


class PromptFormat:
    """A tokenizer, its chat template, and what they do to messages."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        specials = {str(token) for token in tokenizer.added_tokens_decoder.values()}
        specials |= set(tokenizer.all_special_tokens)
        self._special = re.compile("|".join(map(re.escape, sorted(specials, reverse=True))))
        self._piece = lru_cache(maxsize=65_536)(self._encode_piece)
        self._splits = self._splitting_is_exact()

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """Ids of a chat up to the point where the assistant begins to answer."""
        text: str = self.tokenizer.apply_chat_template(
            [{"role": m.role, "content": self.inert(m.content)} for m in messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        return self.encode(text)

    def answer(self, text: str) -> list[int]:
        """Ids of an assistant's answer as it follows the prompt, its end token included."""
        return [*self.encode(self.inert(text)), self.end]

    def encode(self, text: str) -> list[int]:
        """Ids of a text, with special tokens where it names them."""
        if not self._splits:
            return list(self._piece(text))
        ids: list[int] = []
        position = 0
        for match in self._special.finditer(text):
            ids += self._piece(text[position : match.start()])
            ids += self._piece(match.group())
            position = match.end()
        return ids + list(self._piece(text[position:]))

    def inert(self, text: str) -> str:
        """Text in which nothing reads as a special token: games and models can be hostile."""
        return self._special.sub(_spaced, text)

    @cached_property
    def end(self) -> int:
        """Id of the token that ends an assistant's turn: what the template puts behind it.

        It is not always the tokenizer's end of text (Gemma's turns end with `<end_of_turn>`).
        """
        said = "go north"
        text: str = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": "?"}, {"role": "assistant", "content": said}],
            tokenize=False,
        )
        after = self._special.match(text, text.rindex(said) + len(said))
        if after is None:
            return int(self.tokenizer.eos_token_id)
        return int(self.tokenizer.convert_tokens_to_ids(after.group()))

    def decode(self, ids: Sequence[int]) -> str:
        """Text of some ids, special tokens left out."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _encode_piece(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer(text, add_special_tokens=False).input_ids) if text else ()

    def _splitting_is_exact(self) -> bool:
        """Some tokenizers add a space in front of each piece; then whole texts are encoded."""
        self._splits = True
        special = self.tokenizer.eos_token
        sample = f"{special}user\nYou see a box.\n\nGo east.{special}\ngo east{special}\n"
        return self.encode(sample) == list(self._encode_piece(sample))


def _spaced(match: re.Match[str]) -> str:
    """A token's text pulled apart; some tokenizers name runs of white space, which harm nobody."""
    found = match.group()
    return " ".join(found) if found.strip() else found
