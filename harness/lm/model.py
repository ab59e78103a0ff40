"""The language model: any Hugging Face decoder, run for many slots at once.

model = LanguageModel.load(ModelSpec(name="smollm2"))
slot = model.slot()
logits = model.extend([Request(slot, slot.missing(prompt))])   # (1, vocabulary)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from harness.lm import embedded, products
from harness.lm.adapter import attach, read_adapter
from harness.lm.attention import ATTENTION
from harness.lm.forward import AllCaptured, Pass, Segment, SteeredRows, layer_hook, running
from harness.lm.prompt import PromptFormat
from harness.lm.slots import LayerCache, Slot
from harness.model_spec import ModelSpec

PASS_TOKENS = 2048
"""Most tokens of one forward pass: bounds the memory of activations."""

disable_progress_bar()  # a run has a progress line of its own


class Request(NamedTuple):
    """Tokens to be encoded behind what a slot holds."""

    slot: Slot
    tokens: Sequence[int] | np.ndarray
    steered: int = 0
    """How many of the last of them are steered by the slot's steering."""
    read: int = 1
    """Behind how many of the last of them the logits are wanted."""


class LanguageModel:
    """A decoder with its tokenizer, packed for slots."""

    def __init__(self, network: Any, tokenizer: Any, window: int | None = None) -> None:
        self.network = network.eval().requires_grad_(False)
        self.network.set_attn_implementation(ATTENTION)
        products.use_in(network)
        self.format = PromptFormat(tokenizer)
        config = network.config.get_text_config()
        self.window: int = window or getattr(config, "max_position_embeddings", None) or 0
        if not self.window:
            raise ValueError(
                f"The architecture {network.config.model_type!r} does not say how long a prompt it "
                "was made for: set model.window."
            )
        self.width: int = int(config.hidden_size)
        self.fingerprint = fingerprint(network)
        self.doses: list[list[float]] = []
        self.blocks = _decoder_layers(network, int(config.num_hidden_layers))
        for index, block in enumerate(self.blocks):
            block.register_forward_hook(layer_hook(index))
        self.check_packing()

    @classmethod
    def load(cls, spec: ModelSpec) -> LanguageModel:
        """Load a model once per process; equal specifications share it."""
        return _load(spec)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = next(self.network.parameters()).device
        return device

    @property
    def precise(self) -> bool:
        """It computes in full precision, so that neither batch nor slot changes a decision."""
        return bool(self.network.dtype == torch.float32)

    def slot(self, adapter: str | None = None) -> Slot:
        """An empty slot."""
        return Slot([LayerCache() for _ in self.blocks], adapter=adapter)

    def add_adapter(self, folder: Path) -> str:
        """Make a trained adapter available; returns the name by which slots ask for it."""
        name = folder.name
        modules = dict(self.network.named_modules())
        for path, factors in read_adapter(folder).items():
            moved = factors._replace(
                down=factors.down.to(self.device), up=factors.up.to(self.device)
            )
            attach(modules[path], name, moved)
        return name

    def extend(self, requests: Sequence[Request]) -> Tensor:
        """Encode new tokens in many slots; returns the logits behind those that are read.

        Returns:
            Shape (tokens read, vocabulary), float32, request by request. `doses` is set to the
            relative doses at each request's steered tokens, the mean over the layers.
        """
        logits = []
        self.doses = [[] for _ in requests]
        for group in _passes(requests):
            batch, rows = self._run(group)
            logits.append(rows)
            self._note_doses(batch, [index for index, _ in group])
        return torch.cat(logits)

    def states(
        self,
        sequences: Sequence[Sequence[int]],
        positions: Sequence[Sequence[int]],
        layers: Sequence[int],
        adapter: str | None = None,
    ) -> list[Tensor]:
        """The residual stream at chosen positions of some token sequences.

        Returns:
            For each sequence shape (positions, layers, width), float32, at the layers' outputs, on
            the CPU wherever the model is: what is learned from them is kept there.
        """
        found: list[Tensor] = []
        for sequence, wanted in zip(sequences, positions, strict=True):
            slot = self.slot(adapter)
            parts = []
            for start in range(0, len(sequence), PASS_TOKENS):
                piece = sequence[start : start + PASS_TOKENS]
                rows = [p - start for p in wanted if start <= p < start + len(piece)]
                batch, _ = self._run([(0, Request(slot, piece))], rows, layers)
                kept = [batch.captured[layer] for layer in layers]
                parts.append(torch.stack([k for k in kept if k is not None], dim=1))
            found.append(torch.cat(parts).float().cpu())
        return found

    @torch.inference_mode()
    def _run(
        self,
        group: Sequence[tuple[int, Request]],
        capture_rows: Sequence[int] = (),
        capture_layers: Sequence[int] = (),
    ) -> tuple[Pass, Tensor]:
        """The pass, and the logits behind the tokens read; none if residuals were wanted."""
        requests = [request for _, request in group]
        lengths = [len(request.tokens) for request in requests]
        ends = np.cumsum(lengths)
        segments = [
            Segment(request.slot, int(end) - length, int(end), request.steered)
            for request, end, length in zip(requests, ends, lengths, strict=True)
        ]
        batch = Pass(
            segments,
            steering=_steered_rows(segments, self.device),
            adapters=_adapter_rows(segments, self.device),
            capture_rows=torch.tensor(capture_rows, dtype=torch.long, device=self.device),
            captured=dict.fromkeys(capture_layers),
        )
        tokens = np.concatenate([np.asarray(request.tokens) for request in requests])
        positions = np.concatenate([np.arange(s.past, s.past + s.new) for s in segments])
        read = [np.arange(e - r.read, e) for r, e in zip(requests, ends, strict=True)]
        logits = torch.empty(0)
        with running(batch), suppress(AllCaptured):
            output = self.network(
                input_ids=torch.from_numpy(tokens)[None].to(self.device),
                position_ids=torch.from_numpy(positions)[None].to(self.device),
                use_cache=False,
                logits_to_keep=torch.from_numpy(np.concatenate(read)).to(self.device),
            )
            logits = output.logits[0].float()
        for segment, request in zip(segments, requests, strict=True):
            segment.slot.tokens = np.concatenate([segment.slot.tokens, request.tokens])
        return batch, logits

    def _note_doses(self, batch: Pass, indices: Sequence[int]) -> None:
        unread = dict(batch.doses)  # by layer; slots may be steered at different layers
        for index, segment in zip(indices, batch.segments, strict=True):
            if segment.steered and segment.slot.steering is not None:
                own = []
                for layer in segment.slot.steering.layers:
                    own.append(unread[layer][: segment.steered])
                    unread[layer] = unread[layer][segment.steered :]
                self.doses[index] += torch.stack(own).mean(dim=0).tolist()

    def check_packing(self) -> None:
        """Compare the packed pass with the model's ordinary one on two short sequences.

        Raises:
            NotImplementedError: they differ, so this architecture cannot be run in slots.
        """
        rng = np.random.default_rng(0)
        vocabulary = int(self.network.config.get_text_config().vocab_size)
        texts = [rng.integers(0, vocabulary, size) for size in (7, 12)]
        slots = [self.slot(), self.slot()]
        self.extend([Request(s, t[:4]) for s, t in zip(slots, texts, strict=True)])
        packed = self.extend([Request(s, t[4:]) for s, t in zip(slots, texts, strict=True)])
        with ordinary_attention(self.network), torch.inference_mode():
            plain = torch.stack(
                [
                    self.network(torch.from_numpy(t)[None].to(self.device)).logits[0, -1].float()
                    for t in texts
                ]
            )
        if not torch.allclose(packed, plain, atol=2e-3 if self.precise else 0.5, rtol=1e-3):
            raise NotImplementedError(
                f"The architecture {self.network.config.model_type!r} gives other logits in the "
                f"packed engine (largest difference {(packed - plain).abs().max():.3g}): its "
                "attention is of a form that the engine does not know."
            )


class ordinary_attention:
    """The network runs as transformers runs it, for comparison."""

    def __init__(self, network: Any) -> None:
        self.network = network

    def __enter__(self) -> None:
        self.network.set_attn_implementation("sdpa")

    def __exit__(self, *error: object) -> None:
        self.network.set_attn_implementation(ATTENTION)


def fingerprint(network: nn.Module) -> str:
    """Digest of a model's parameters: names, shapes and 64 values spread over each."""
    sha = hashlib.sha256()
    for name, parameter in network.named_parameters():
        flat = parameter.detach().flatten()
        sample = flat[torch.arange(64) * (len(flat) - 1) // 63].float().cpu()
        sha.update(json.dumps([name, list(parameter.shape), str(parameter.dtype)]).encode())
        sha.update(sample.numpy().tobytes())
    return sha.hexdigest()


@lru_cache(maxsize=1)
def _load(spec: ModelSpec) -> LanguageModel:
    name: str | Path = embedded.embedded_model() if spec.name == "smollm2" else spec.name
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        network = AutoModelForCausalLM.from_pretrained(name, dtype=getattr(torch, spec.dtype)).to(
            spec.device
        )
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The model {spec.name!r} could not be loaded: it is neither a folder here nor a model "
            "that the Hugging Face hub gave. Expected: smollm2, owner/name, or a path."
        ) from error
    return LanguageModel(network, tokenizer, spec.window)


def _passes(requests: Sequence[Request]) -> Iterator[list[tuple[int, Request]]]:
    """Group requests into passes of at most PASS_TOKENS; a longer request is cut into pieces."""
    group: list[tuple[int, Request]] = []
    size = 0
    for index, request in enumerate(requests):
        for start in range(0, len(request.tokens), PASS_TOKENS):
            piece = request.tokens[start : start + PASS_TOKENS]
            end = start + len(piece)
            # Steered and read are the request's last tokens, wherever it is cut.
            steered, read = (
                max(0, end - max(start, len(request.tokens) - last))
                for last in (request.steered, request.read)
            )
            if group and (size + len(piece) > PASS_TOKENS or start):
                yield group
                group, size = [], 0
            group.append((index, Request(request.slot, piece, steered, read)))
            size += len(piece)
    if group:
        yield group


def _steered_rows(segments: Sequence[Segment], device: torch.device) -> dict[int, SteeredRows]:
    rows: dict[int, list[int]] = {}
    vectors: dict[int, list[Tensor]] = {}
    for segment in segments:
        steering = segment.slot.steering
        if steering is None or not segment.steered:
            continue
        for layer, vector in zip(steering.layers, steering.vectors, strict=True):
            rows.setdefault(layer, []).extend(range(segment.end - segment.steered, segment.end))
            vectors.setdefault(layer, []).append(vector.expand(segment.steered, -1))
    return {
        layer: SteeredRows(
            torch.tensor(rows[layer], device=device), torch.cat(vectors[layer]).to(device)
        )
        for layer in rows
    }


def _adapter_rows(segments: Sequence[Segment], device: torch.device) -> dict[str, slice | Tensor]:
    names = {segment.slot.adapter for segment in segments}
    if len(names) == 1:  # the usual case: no rows to pick
        return {name: slice(None) for name in names if name is not None}
    rows: dict[str, list[int]] = {}
    for segment in segments:
        if segment.slot.adapter is not None:
            rows.setdefault(segment.slot.adapter, []).extend(range(segment.start, segment.end))
    return {name: torch.tensor(index, device=device) for name, index in rows.items()}


def _decoder_layers(network: nn.Module, count: int) -> nn.ModuleList:
    """The list of decoder layers, whatever the architecture calls it."""
    for module in network.modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module
    raise NotImplementedError(f"{type(network).__name__} has no list of {count} decoder layers")
