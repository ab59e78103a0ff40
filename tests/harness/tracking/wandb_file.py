"""Reads an offline W&B file back, for tests.

The file is a LevelDB log: a header of 7 bytes (":W&B", magic, version), then blocks of 32 KiB
that hold chunks: CRC-32 (4 bytes), length (2), type (1), data. A record (a protobuf message)
is one whole chunk, or a first one, middle ones and a last one. A chunk never crosses a block's
end; where less than a chunk's header is left of a block, it is padded with zeros.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wandb
from wandb.proto.wandb_internal_pb2 import Record

BLOCK = 32 * 1024
FILE_HEADER = struct.Struct("<4sHB")
CHUNK_HEADER = struct.Struct("<IHB")
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def read_records(path: Path) -> Iterator[Any]:
    """The protobuf records of a `run-*.wandb` file, in order."""
    data = path.read_bytes()
    assert FILE_HEADER.unpack_from(data) == (b":W&B", 0xBEE1, 0)
    offset = FILE_HEADER.size
    parts = b""
    begun = False  # a first chunk can be empty, where a block has room for its header only
    while offset < len(data):
        if BLOCK - offset % BLOCK < CHUNK_HEADER.size:
            offset += BLOCK - offset % BLOCK
            continue
        crc, length, kind = CHUNK_HEADER.unpack_from(data, offset)
        offset += CHUNK_HEADER.size
        chunk = data[offset : offset + length]
        offset += length
        assert crc == zlib.crc32(bytes([kind]) + chunk), f"damaged at byte {offset}"
        assert (kind in (MIDDLE, LAST)) == begun
        begun = kind in (FIRST, MIDDLE)
        parts += chunk
        if kind in (WHOLE, LAST):
            yield Record.FromString(parts)
            parts = b""


class WandbFile:
    """What one offline run holds, as plain Python."""

    def __init__(self, path: Path) -> None:
        self.files = path.parent / "files"
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.step_metrics: dict[str, str] = {}
        """By metric (or pattern), the metric that is its x axis."""
        self.exit_code: int | None = None
        for record in read_records(path):
            match record.WhichOneof("record_type"):
                case "run":
                    self.run = record.run
                    self.config |= _items(record.run.config.update)
                case "history":
                    self.history.append(_items(record.history.item))
                case "summary":
                    self.summary |= _items(record.summary.update)
                case "metric":
                    name = record.metric.name or record.metric.glob_name
                    self.step_metrics[name] = record.metric.step_metric
                case "exit":
                    self.exit_code = record.exit.exit_code

    def curve(self, x: str, y: str) -> dict[Any, Any]:
        """The points of a curve, y by x."""
        return {row[x]: row[y] for row in self.history if x in row and y in row}

    def table(self, key: str) -> list[dict[str, Any]]:
        """The rows of a table that was logged under `key`."""
        path = next(row[f"{key}.path"] for row in self.history if f"{key}.path" in row)
        table = json.loads((self.files / path).read_text())
        return [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]


def offline_runs(folder: Path) -> list[WandbFile]:
    """The offline runs under a run folder, oldest first."""
    wandb.teardown()  # a run's last records are written after its `finish` has returned
    return [WandbFile(path) for path in sorted(folder.glob("wandb/offline-run-*/run-*.wandb"))]


def _items(items: Any) -> dict[str, Any]:
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}
