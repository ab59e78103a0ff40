"""From windows to rows, and rows to the table and the CSV file.

rows = summarise(windows, weight_bytes, session_turns=60)
write_csv(out / "engine.csv", rows); print(text(rows))

A ratio is taken within a repeat and over the same depths, then its median over the repeats.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.engine.measure import Window

MIB = 2**20


class Row(NamedTuple):
    """One load in one mode, on the sessions of one panel."""

    load: str
    act_by: str
    session_turns: int
    slots: int
    depths: int
    """At how many depths it was measured; a load at fewer is compared with (a) at those."""
    repeats: int
    turns_a_second: float
    turns_a_second_min: float
    turns_a_second_max: float
    prompt_tokens_a_second: float
    """Of the prompts that were answered, cached or not."""
    encoded_tokens_a_second: float
    """Of them, those that were run."""
    generated_tokens_a_second: float
    """Of the answers, run or forced."""
    peak_mib: float
    """Weights, caches held when a window begins, and what the process grew by in it."""
    cache_ratio: float
    """Bytes of the caches over what the live tokens need, at most; NaN without a cache."""
    ratio_to_a: float
    ratio_to_a_min: float
    ratio_to_a_max: float
    prompt_ratio_to_a: float
    generated_ratio_to_a: float
    peak_ratio_to_a: float
    ratio_to_b: float
    busy_min: float
    """Share of the time that torch's threads ran, in the window that was disturbed most."""
    compared: int
    """Decisions that are known from the recording, or from another load."""
    differing: int


def summarise(windows: Sequence[Window], weight_bytes: int, session_turns: int) -> list[Row]:
    """A row a load and mode, in the order in which they come."""
    kinds = dict.fromkeys((w.act_by, w.load) for w in windows)
    rows = []
    for act_by, load in sorted(kinds, key=lambda kind: kind[0]):
        own = _of(windows, load, act_by)
        ratios = ratios_to("a", own, windows, _turns)
        rates = _rates(own, _turns)
        peak = _peak(own, weight_bytes)
        cached = [w.held / w.needed for w in own if w.needed]
        rows.append(
            Row(
                load=load,
                act_by=act_by,
                session_turns=session_turns,
                slots=own[0].slots,
                depths=len({w.depth for w in own}),
                repeats=len({w.repeat for w in own}),
                turns_a_second=median(rates),
                turns_a_second_min=min(rates),
                turns_a_second_max=max(rates),
                prompt_tokens_a_second=median(_rates(own, lambda w: w.prompt)),
                encoded_tokens_a_second=median(_rates(own, lambda w: w.encoded)),
                generated_tokens_a_second=median(_rates(own, lambda w: w.generated)),
                peak_mib=peak / MIB,
                cache_ratio=max(cached, default=math.nan),
                ratio_to_a=median(ratios),
                ratio_to_a_min=min(ratios),
                ratio_to_a_max=max(ratios),
                prompt_ratio_to_a=median(ratios_to("a", own, windows, lambda w: w.prompt)),
                generated_ratio_to_a=median(ratios_to("a", own, windows, lambda w: w.generated)),
                peak_ratio_to_a=peak / _peak(_of(windows, "a", act_by), weight_bytes),
                ratio_to_b=median(ratios_to("b", own, windows, _turns)),
                busy_min=min(w.busy for w in own),
                compared=sum(w.compared for w in own),
                differing=sum(w.differing for w in own),
            )
        )
    return rows


def ratios_to(
    load: str, own: Sequence[Window], windows: Sequence[Window], count: Callable[[Window], int]
) -> list[float]:
    """What is done a second over what `load` does, repeat by repeat; NaN if it was not measured."""
    depths = {w.depth for w in own}
    others = [w for w in _of(windows, load, own[0].act_by) if w.depth in depths]
    if not others:
        return [math.nan]
    return [a / b for a, b in zip(_rates(own, count), _rates(others, count), strict=True)]


def paired_cost(load: str, base: str, windows: Sequence[Window]) -> float:
    """Median over windows of how much longer `load` took than `base`; NaN if not measured."""
    seconds = {(w.load, w.depth, w.repeat): w.seconds for w in windows if w.act_by == "choice"}
    ratios = [
        taken / seconds[base, depth, repeat] - 1
        for (name, depth, repeat), taken in seconds.items()
        if name == load and (base, depth, repeat) in seconds
    ]
    return median(ratios) if ratios else math.nan


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """A row a load and mode, numbers in full."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows([f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in rows)


def text(rows: Sequence[Row]) -> str:
    """The table for a terminal: what was measured, and each as a ratio to (a)."""
    lines = [
        f"{'':21}{'':13}{'a second: prompt':>19}{'encoded':>9}{'made':>8}{'peak':>7}{'cache':>7}"
        f"{'   decisions':12}",
        f"{'':5}{'by':<11}{'turns':>5}{'slots':>6}{'turns':>7}{'tokens':>19}{'tokens':>9}"
        f"{'tokens':>8}{'MiB':>7}{'÷ need':>7}{'   differing':12}",
    ]
    for r in rows:
        lines.append(
            f"{r.load:5}{r.act_by:<11}{r.session_turns:>5}{r.slots:>6}{r.turns_a_second:>7.2f}"
            f"{r.prompt_tokens_a_second:>19.0f}{r.encoded_tokens_a_second:>9.0f}"
            f"{r.generated_tokens_a_second:>8.1f}{r.peak_mib:>7.0f}{r.cache_ratio:>7.2f}"
            f"   {r.differing} of {r.compared}"
        )
    lines += [
        "",
        f"{'':27}{'turns a second':>31}{'prompt':>9}{'made':>8}{'peak':>7}{'÷ b':>7}{'busy':>7}",
        f"{'÷ a':27}{'median':>17}{'least':>7}{'most':>7}{'tokens':>9}{'tokens':>8}{'':7}"
        f"{'turns':>7}{'least':>7}",
    ]
    for r in rows:
        lines.append(
            f"{r.load:5}{r.act_by:<11}{r.session_turns:>5}{r.slots:>6}{r.ratio_to_a:>17.2f}"
            f"{r.ratio_to_a_min:>7.2f}{r.ratio_to_a_max:>7.2f}{r.prompt_ratio_to_a:>9.2f}"
            f"{r.generated_ratio_to_a:>8.2f}{r.peak_ratio_to_a:>7.2f}{r.ratio_to_b:>7.2f}"
            f"{r.busy_min:>7.0%}"
        )
    return "\n".join(lines)


def _of(windows: Sequence[Window], load: str, act_by: str) -> list[Window]:
    return [w for w in windows if (w.load, w.act_by) == (load, act_by)]


def _turns(window: Window) -> int:
    return window.turns


def _rates(windows: Sequence[Window], count: Callable[[Window], int]) -> list[float]:
    """What was done a second, over all depths, repeat by repeat."""
    return [
        sum(count(w) for w in windows if w.repeat == repeat)
        / sum(w.seconds for w in windows if w.repeat == repeat)
        for repeat in sorted({w.repeat for w in windows})
    ]


def _peak(windows: Sequence[Window], weight_bytes: int) -> float:
    """At the depth where it is largest; the median over repeats, for the first also warms up."""
    peaks = [
        max(weight_bytes + w.held + w.grown for w in windows if w.repeat == repeat)
        for repeat in sorted({w.repeat for w in windows})
    ]
    return median(peaks) if peaks else math.nan
