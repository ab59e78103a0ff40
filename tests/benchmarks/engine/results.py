"""What was found, for a reader and for a program.

print(report(found))
write(Path("results/bench"), found, ["--repeats", "3"])

engine.csv      a row a load and mode: medians, least and most, ratios
summary.json    ceilings, shares of them, prices, counts; null where it was not measured
manifest.json   machine, versions, commit, command
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import torch

from harness.run import source_commit
from tests.benchmarks.engine.bench import Found
from tests.benchmarks.engine.continuous import limits
from tests.benchmarks.engine.passes import PassTime
from tests.benchmarks.engine.table import text, write_csv

PACKAGES = ("driftgauge", "torch", "transformers", "textworld", "numpy")


def report(found: Found) -> str:
    """The table and the sentences beside it."""
    lines = [text(found.rows), ""] if found.rows else []
    if any(row.load == "c" for row in found.rows):
        lines += [f"c {limit}" for limit in limits()] + [""]
    c = found.ceilings
    lines += [
        f"Ceilings on {c.threads} threads: product 2048³ {_giga(c.product)} GFLOP/s, oneDNN's own "
        f"{_giga(c.onednn_product)}, the model's layers {_giga(c.layers)}; copy {_giga(c.copy)} "
        f"GB/s, read {_giga(c.read)} GB/s."
    ]
    lines += [_passes(found.passes)] if found.passes else []
    if found.steering_cost is not None:
        lines.append(f"Steering every slot costs {100 * found.steering_cost:+.1f}%.")
    if found.context is not None:
        k = found.context
        at = ", ".join(f"{c}: {t:.0f}" for c, t in zip(k.contexts, k.milliseconds, strict=True))
        lines += [
            f"A turn in one slot, 84 new tokens and one decoded, ms by context: {at}; "
            f"{100 * k.slope:+.1f}% a 1,000 tokens.",
            f"Caches of these slots, so different in length: {k.memory:.3f} of what they need.",
        ]
    if found.choice is not None:
        s = found.choice
        lines.append(
            f"{s.choices} choices among {s.commands} commands: {s.forks} forks on the way, "
            f"{s.steps} passes and {s.decoded} tokens decoded for {s.answered} tokens of answers."
        )
    if found.vivo is not None:
        v = found.vivo
        lines.append(
            f"In vivo, {v.turns} turns at {v.turns / v.seconds:.2f}/s: model {v.model:.1%}, agent "
            f"outside of it {v.deciding:.1%}, waiting for games {v.waiting:.1%}, harness "
            f"{v.harness:.1%}."
        )
    return "\n".join(lines)


def write(out: Path, found: Found, arguments: Sequence[str]) -> None:
    """Write the three files; earlier ones there are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / "engine.csv", found.rows)
    summary = {
        "ceilings": _plain(found.ceilings),
        "passes": [_plain(one) for one in found.passes],
        "shares": shares(found.passes) if found.passes else None,
        "steering_cost": _number(found.steering_cost),
        "context": _plain(found.context),
        "choice": _plain(found.choice),
        "vivo": _plain(found.vivo),
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    command = ["python -m tests.benchmarks.engine", *arguments]
    manifest = {
        "command": " ".join(command),
        "commit": source_commit(),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load": os.getloadavg(),
        },
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def shares(passes: Sequence[PassTime]) -> dict[str, float]:
    """Of the ceilings, medians over depths and repeats; seconds needed over seconds taken."""

    def share(of: Callable[[PassTime], float]) -> float:
        return median(map(of, passes))

    return {
        "prefill of the arithmetic rate": share(lambda p: p.prefill_operations / p.prefill),
        "prefill of the rate on its own layers": share(lambda p: p.prefill_on_layers / p.prefill),
        "decoding of the copy rate": share(lambda p: p.bytes / p.step),
        "decoding of the arithmetic rate": share(lambda p: p.operations / p.step),
        "decoding of what binds part by part": share(lambda p: p.one_after_the_other / p.step),
    }


def _passes(passes: Sequence[PassTime]) -> str:
    binds = "bytes" if median(p.bytes / p.operations for p in passes) > 1 else "operations"
    found = "; ".join(f"{name} {share:.0%}" for name, share in shares(passes).items())
    contexts = sorted({p.context for p in passes})
    return (
        f"Shares at {passes[0].slots} slots, contexts of {contexts[0]} to {contexts[-1]} tokens: "
        f"{found}. In decoding {binds} bind."
    )


def _plain(found: Any) -> dict[str, Any] | None:
    """A named tuple's fields, for JSON."""
    if found is None:
        return None
    return {name: _number(value) for name, value in found._asdict().items()}


def _number(value: Any) -> Any:
    """NaN as null, which JSON knows."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _giga(rate: float) -> str:
    return "unknown" if math.isnan(rate) else f"{rate / 1e9:.1f}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
