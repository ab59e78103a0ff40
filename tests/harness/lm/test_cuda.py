"""A GPU decides what the processor decides: the same engine, the same parts, the same turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from baselines.lora import LoRA
from baselines.policies import WholeHistory
from harness.lm import LanguageModel, LMAgent
from harness.lm.model import Request
from harness.model_spec import ModelSpec
from harness.task import Panel
from npm_method import NPM
from tests.playing import SPEC, play, preparation

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that CUDA can use")

AGENTS: dict[str, Callable[[], LMAgent]] = {
    "in context": lambda: LMAgent(policy=WholeHistory()),
    "written": lambda: LMAgent(policy=WholeHistory(), act_by="generation"),
    "LoRA": lambda: LMAgent(policy=WholeHistory(), adapter=LoRA(epochs=1)),
    "NPM": lambda: LMAgent(policy=WholeHistory(), intervention=NPM(layers=(0, 1))),
}


@pytest.mark.parametrize("new", [1, 2, 63, 64, 65, 66, 129, 193, 700])
def test_logits_are_those_of_the_processor(new: int, tiny_folder: Path) -> None:
    """However many tokens are new: blocks of 64 once gave a token alone another one's mask."""

    def logits(device: str) -> Tensor:
        model = LanguageModel.load(ModelSpec(name=str(tiny_folder), device=device))
        tokens = np.random.default_rng(new).integers(3, 200, 140 + new)
        slots = [model.slot(), model.slot()]
        model.extend([Request(slots[0], tokens[:140]), Request(slots[1], tokens[70:140])])
        return model.extend([Request(slot, tokens[140:], read=min(new, 3)) for slot in slots]).cpu()

    torch.testing.assert_close(logits("cuda"), logits("cpu"), atol=3e-5, rtol=0)


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("name", AGENTS)
def test_every_part_works_there_and_plays_the_same(
    name: str, tiny_folder: Path, tmp_path: Path
) -> None:
    def commands(device: str) -> list[tuple[str, int, str | None]]:
        agent, folder = AGENTS[name](), tmp_path / device
        folder.mkdir()
        given = preparation(folder, tiny_folder)
        given.model = given.model.model_copy(update={"device": device})
        agent.prepare(given)
        rows = play(agent, Panel.draw(SPEC, seed=0), folder)
        return sorted((row.play, row.turn, row.command) for row in rows.turns)

    assert commands("cuda") == commands("cpu")
