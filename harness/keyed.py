"""Randomness that depends on a key and on nothing else.

Every random draw of an experiment is a function of what it is for, such as
``("order", panel seed, block)`` or ``("act", panel seed, task, turn, token index)``. So batch
size, slot, worker and the order of events never change a result, and two arms that meet the
same task draw the same numbers.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np

Key = tuple[str | int, ...]


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def generator(*key: str | int) -> np.random.Generator:
    """A generator of its own for `key`: equal keys give equal draws, on every machine."""
    seed = int.from_bytes(hashlib.sha256(json.dumps(key).encode()).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=seed))


def gumbel(key: Key, size: int) -> np.ndarray:
    """Standard Gumbel noise, shape (size,): argmax(log p + noise) is a draw from p."""
    return generator(*key).gumbel(size=size)
