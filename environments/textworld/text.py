"""What a TextWorld game prints, as the agent reads it, and what may be sent to the game.

    >>> readable("\\n\\nYou eat the meal. Not bad.\\n\\n\\n\\nYour score has just gone up by one "
    ...          "point.\\n\\n\\n    *** The End ***\\n\\nWould you like to RESTART\\n>  -= Bar =-")
    'You eat the meal. Not bad.'
    >>> is_command("take key from box"), is_command("undo"), is_command("look. undo")
    (True, False, False)

What a player of the game sees beyond the story is left out: banner, objective, prompt and status
line, notices of the score, the closing menu. Nothing is reworded.
"""

from __future__ import annotations

import re
import string

MAX_COMMAND = 100
"""Characters; the longest admissible command that was seen has about half as many."""

COMMAND_LETTERS = string.ascii_letters + string.digits + " '-"

TEXT_LETTERS = string.printable + "".join(map(chr, range(0xA0, 0x100)))
"""ASCII and Latin-1."""

COMMAND = re.compile(r"[A-Za-z0-9][A-Za-z0-9' -]*")
"""One command on one line: Inform reads a full stop or a comma as the start of the next one."""

# Told by the first word, of which Inform reads nine letters.
META_VERB = re.compile(
    r"again|g|o|oops|undo"  # repeat, mend or take back an earlier command
    r"|q|quit|restart|restore|save|script|transcrip|verify|version"  # about the program
    r"|brief|long|normal|notify|nouns|pronouns|score|short|superbrie|verbose"  # about the display
    r"|disable|enable|goal|help|restrict|tw-.*",  # TextWorld's own
)

# TextWorld traces the game's actions. An action within another one has a number before it, and
# one that the game understood but refused, such as walking into a wall, another end.
DONE = re.compile(r"^\[(?!\()[^]]* - succeeded\]$", re.MULTILINE)

PROMPT = re.compile(r"\n>[^\n]*\Z")
ENDING = re.compile(r"\n\s*\*\*\* (The End|You lost!) \*\*\*.*", re.DOTALL)
SCORE = re.compile(r"^Your score has just gone (up|down) by [a-z0-9 -]+ points?\.$", re.MULTILINE)
ROOM = re.compile(r"^-= .+ =-$", re.MULTILINE)
BLANK_LINES = re.compile(r"[ \t]*\n([ \t]*\n)*")


def readable(feedback: str) -> str:
    """What the agent reads of what the game printed."""
    text = ENDING.sub("", PROMPT.sub("", feedback))
    return BLANK_LINES.sub("\n", SCORE.sub("", text)).strip()


def opening(feedback: str) -> str:
    """The same of a game's first output: its room, without the banner and the objective."""
    text = readable(feedback)
    room = ROOM.search(text)
    return text[room.start() :] if room else text


def is_command(text: str) -> bool:
    """Whether ``text`` is one command in the world, so that it may be sent to the game."""
    if len(text) > MAX_COMMAND or not COMMAND.fullmatch(text):
        return False
    words = text.lower().split()
    return META_VERB.fullmatch(words[0][:9]) is None and "then" not in words


def was_done(output: str) -> bool:
    """Whether the game did what it was told, by all that it printed with its trace."""
    return DONE.search(output) is not None
