"""A `Difference` for a terminal: the runs, what differs, the first parting in full, the next ones.

First parting: turn 3 of test0/0/A (block 0, order 0, position 1, chained).
They decided differently. Both read: -= Kitchen =- You are in a kitchen. There is an exit …

              A                   B
command       go east             take key
margin        0.0000, recomputed  0.3127
"""

from __future__ import annotations

import json
import math
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from harness.diff.difference import Difference, Side
from harness.diff.partings import Decision, Kind, Parting, Place
from harness.stats import number
from harness.terminal import WIDTH, aligned, apart, printable, shortened

KEY_WIDTH = 34
SETTING_WIDTH = 31
SHOWN_WIDTH = 41
COMMAND_WIDTH = 17
READ_WIDTH = 4 * WIDTH
"""Characters that are shown of what both read."""
DIGEST = 12
"""Characters that are shown of a state's digest."""

FIRST: Mapping[Kind, str] = {
    "read": "They met different states, although they had sent the same commands.",
    "decision": "They decided differently.",
    "answer": "The game answered the same command differently.",
    "end": "One of them has no such turn.",
}

SHOWN: Mapping[str, Callable[[Decision], str]] = {
    "read": lambda turn: turn.observation,
    "command": lambda turn: _command(turn),
    "output": lambda turn: turn.text,
    "margin": lambda turn: _margin(turn, 4) + (", recomputed" if turn.recomputed else ""),
    "expert": lambda turn: turn.expert or "-",
    "prompt tokens": lambda turn: str(turn.prompt_tokens),
    "state before": lambda turn: turn.state_before[:DIGEST],
    "answer": lambda turn: turn.feedback,
    "state after": lambda turn: turn.state_after[:DIGEST],
}

TABLE_NOTE = (
    "margin: lead over the runner-up in log-probability; r: recomputed alone; *: the session's "
    "chained arm parted earlier, so that the histories differ already."
)


def text(difference: Difference, tasks: int = 10) -> str:
    """What differs, at most 100 columns wide.

    Args:
        difference: as `harness.diff.diff` finds it.
        tasks: how many of the tasks that part stand in the table.
    """
    parts = [
        [_side("A", difference.a), _side("B", difference.b)],
        _settings(difference),
        *([_first(difference.partings[0])] if difference.partings else []),
        *([_table(difference.partings[:tasks])] if difference.partings[:tasks] else []),
        _wrapped(difference.refusal or _summary(difference)),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def _side(label: str, side: Side) -> str:
    going = "" if side.finished else f" (still going: {side.tasks} of {side.tasks_total} tasks)"
    return shortened(f"{label}: {side.name}, seed {side.seed}{going}, {side.folder}", WIDTH)


def _settings(difference: Difference) -> list[str]:
    if not difference.settings:
        return ["Configuration, games, model, versions, commit and machine are the same."]
    rows = [("what differs", "A", "B")]
    for setting in difference.settings:
        values = apart(_value(setting.a), _value(setting.b), SETTING_WIDTH)
        rows.append((shortened(setting.key, KEY_WIDTH), *values))
    return aligned(rows)


def _value(value: object) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _first(parting: Parting) -> list[str]:
    said = FIRST[parting.kind]
    if parting.a and parting.b and parting.kind != "read":
        said += f" Both read: {shortened(parting.a.observation, READ_WIDTH)}"
    rows = [("", "A", "B")]
    for label, show in SHOWN.items():
        if label == "read" and parting.kind != "read":
            continue
        a, b = (show(turn) if turn else "-" for turn in (parting.a, parting.b))
        rows.append((label, *apart(a, b, SHOWN_WIDTH)))
    rows.append(("the task ended", parting.end_a, parting.end_b))
    head = f"First parting: turn {parting.turn} of {parting.task} ({_place(parting.place)})."
    return [*_wrapped(head), *_wrapped(said), "", *aligned(rows)]


def _table(partings: Sequence[Parting]) -> list[str]:
    rows: list[Sequence[str]] = [
        ("block", "order", "pos", "arm", "turn", "at", "A", "B", "margin", "margin")
    ]
    for parting in partings:
        place, turns = parting.place, (parting.a, parting.b)
        a, b = map(_command, turns)
        margins = (_margin(turn, 3) + ("r" if turn and turn.recomputed else "") for turn in turns)
        rows.append(
            (
                shortened(place.block, 5),
                str(place.order),
                str(place.position),
                shortened(place.arm, 7),
                str(parting.turn),
                parting.kind + ("*" if parting.inherited else ""),
                *apart(a, b, COMMAND_WIDTH),
                *margins,
            )
        )
    return [*aligned(rows), *_wrapped(TABLE_NOTE)]


def _summary(difference: Difference) -> str:
    kinds = Counter(parting.kind for parting in difference.partings)
    inherited = sum(parting.inherited for parting in difference.partings)
    parts = [f"{count} at {kind}" for kind, count in kinds.most_common()]
    if inherited:
        parts.append(f"{inherited} with histories that differed already")
    how = f" ({', '.join(parts)})" if parts else ""
    sentences = [
        f"Tasks compared, each in one arm: {difference.compared}; {len(difference.partings)} "
        f"part{how}."
    ]
    for label, places in (("A", difference.only_a), ("B", difference.only_b)):
        if places:
            sentences.append(f"Only in {label}: {len(places)}, the first at {_place(places[0])}.")
    return " ".join(sentences)


def _place(place: Place) -> str:
    return f"block {place.block}, order {place.order}, position {place.position}, {place.arm}"


def _command(turn: Decision | None) -> str:
    if turn is None:
        return "(no such turn)"
    return "(unreadable)" if turn.command is None else turn.command


def _margin(turn: Decision | None, digits: int) -> str:
    margin = turn.margin if turn else None
    return number(math.nan if margin is None else margin, digits)


def _wrapped(sentences: str) -> list[str]:
    return textwrap.wrap(printable(sentences), WIDTH)
