"""Where the numbers come from: what the manifests say, for the eye."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.comparison import Comparison

FIRST = (
    "command",
    "commit",
    "driftgauge",
    "started",
    "seconds",
    "machine",
    "panel",
    "seed",
    "arms",
    "error_definition",
    "config_hash",
)
"""Manifest entries that a reader looks for first."""
SAID_ELSEWHERE = {"name", "finished", "tasks_total", "kind"}


class Facts(NamedTuple):
    """One article of the page: a title, what matters, and the rest."""

    title: str
    facts: list[tuple[str, str]]
    more: list[tuple[str, str]]


def provenance(comparison: Comparison) -> list[Facts]:
    """What all runs share, once, then what is each run's own."""
    manifests = [dict(_flat(run.manifest)) for run in comparison.runs]
    shared = {
        name: value
        for name, value in manifests[0].items()
        if all(manifest.get(name) == value for manifest in manifests[1:])
    }
    several = len(manifests) > 1
    articles = [_facts("All runs", shared)] if several else []
    names = {run.folder: entry.name for entry in comparison.entries for run in entry.runs}
    for run, manifest in zip(comparison.runs, manifests, strict=True):
        own = {k: v for k, v in manifest.items() if not (several and k in shared)}
        articles.append(_facts(names[run.folder], {"folder": run.folder.name, **own}))
    return articles


def _facts(title: str, values: Mapping[str, str]) -> Facts:
    def rank(name: str) -> int:
        top = name.split(".")[0]
        return -1 if top == "folder" else FIRST.index(top) if top in FIRST else len(FIRST)

    ordered = sorted(values.items(), key=lambda item: rank(item[0]))
    first = [item for item in ordered if rank(item[0]) < len(FIRST)]
    return Facts(title, first, ordered[len(first) :])


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        path = f"{prefix}{name}"
        if path in SAID_ELSEWHERE:
            continue
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{path}.")
        elif isinstance(inner, (list, tuple)):
            yield path, ", ".join(map(str, inner)) or "none"
        else:
            yield path, "none" if inner is None else str(inner)
