"""Bytes: what the caches hold, what their live tokens need, what the process took at most.

held(slot.layers) / shape.live_bytes(len(slot))     # at most 1.15 is the target
with growth() as grown: work()
grown.bytes                                         # beyond what it had before
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn


def held(caches: object) -> int:
    """Bytes of the storages of all tensors that can be reached from `caches`, each once.

    Whole storages: room that is not used, or no longer, counts.
    """
    return sum({t.untyped_storage().data_ptr(): _bytes(t) for t in _tensors(caches)}.values())


def weights(network: nn.Module) -> int:
    """Bytes of a network's parameters, tied ones once."""
    return sum(p.numel() * p.element_size() for p in network.parameters())


@dataclass
class Growth:
    """By how much the process grew at most."""

    bytes: float = math.nan
    """NaN where the system cannot say: it needs Linux's /proc/self/clear_refs."""


@contextmanager
def growth() -> Iterator[Growth]:
    """Measure the peak of the resident memory in a block, less what there was before it."""
    grown = Growth()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # else the block is served from what others freed
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS")
    except OSError:
        yield grown
        return
    yield grown
    grown.bytes = max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    [line] = [x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(name)]
    return int(line.split()[1]) * 1024


def _bytes(tensor: Tensor) -> int:
    return int(tensor.untyped_storage().nbytes())


def _tensors(root: object) -> Iterator[Tensor]:
    """All tensors in containers and in attributes of objects, however a cache keeps them."""
    seen: set[int] = set()
    found = [root]
    while found:
        value = found.pop()
        if isinstance(value, Tensor):
            yield value
        elif id(value) not in seen and not isinstance(value, (str, type, nn.Module)):
            seen.add(id(value))
            if isinstance(value, Mapping):
                found += value.values()
            elif isinstance(value, (list, tuple)):
                found += value
            else:
                found += getattr(value, "__dict__", {}).values()
