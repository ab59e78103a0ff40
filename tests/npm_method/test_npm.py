"""NPM learns from experience and steers each slot by its own vectors while its task lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import log_softmax

from baselines.lora import LoRA
from baselines.policies import WholeHistory
from harness.agent import Agent, Episode, Exchange, View
from harness.lm import LMAgent, Steering
from harness.lm.model import Request
from harness.task import Panel
from npm_method import NPM
from npm_method.memory import Memory, WrongModel
from tests.playing import BRIEF, SPEC, Rows, play, preparation, prepared

LAYERS = (0, 2)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One for the module: the same is learned once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("DRIFTGAUGE_CACHE", str(folder))
        yield folder


def agent(folder: Path, model: Path, **options: Any) -> LMAgent:
    """Without a bound of the divergence by default, so that it always steers."""
    npm = NPM(**({"layers": LAYERS, "kl_bound": 1e9, "neighbours": 2} | options))
    return prepared(LMAgent(policy=WholeHistory(), intervention=npm), folder, model)


def view(slot: int, hall: int, *exchanges: Exchange, history: tuple[Episode, ...] = ()) -> View:
    episode = Episode(f"Go to the east end of hall {hall}.", f"You are in hall {hall}.", exchanges)
    return View(slot, BRIEF, history, episode, ("east", "look", "west"), ("act", 0, hall, 1))


def harmless(candidates: Sequence[Steering]) -> list[float]:
    return [0.0] * len(candidates)


@pytest.fixture
def npm(tmp_path: Path, tiny_folder: Path) -> NPM:
    """Prepared, asked by itself."""
    intervention = agent(tmp_path, tiny_folder).intervention
    assert isinstance(intervention, NPM)
    return intervention


def vectors(steering: Steering | None) -> torch.Tensor:
    assert steering is not None
    assert steering.layers == LAYERS
    return steering.vectors


@pytest.fixture(scope="module")
def steered(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[LMAgent, Rows]:
    folder = tmp_path_factory.mktemp("steered")
    made = agent(folder, tiny_folder)
    return made, play(made, Panel.draw(SPEC, seed=0), folder)


def test_every_turn_has_its_receipt(steered: tuple[LMAgent, Rows]) -> None:
    """Steered are the last prompt token and what was decoded; the largest dose was within."""
    _, rows = steered
    assert len(rows.turns) > 20
    for row in rows.turns:
        assert row.steered_tokens == 1 + row.generated_tokens
        # 0.4 of the mean norm in experience; the norms here lie around it.
        assert 0.2 < row.dose < 0.8


def test_nothing_that_was_steered_stays_in_a_slot(steered: tuple[LMAgent, Rows]) -> None:
    played, _ = steered
    assert len(played._slots) == 3
    for slot in played._slots.values():
        assert slot.steering is not None
        assert len(slot) > 50
        fresh = played.model.slot()
        played.model.extend([Request(fresh, slot.tokens)])
        for kept, again in zip(slot.layers, fresh.layers, strict=True):
            for found, expected in ((kept.keys, again.keys), (kept.values, again.values)):
                assert found is not None
                assert expected is not None
                torch.testing.assert_close(
                    found[:, : len(slot)], expected[:, : len(slot)], atol=3e-5, rtol=0
                )


def test_one_slot_or_three_play_the_same(
    steered: tuple[LMAgent, Rows], tiny_folder: Path, tmp_path: Path
) -> None:
    _, rows = steered
    alone = play(agent(tmp_path, tiny_folder), Panel.draw(SPEC, seed=0), tmp_path, slots=1)

    def decisions(rows: Rows) -> dict[tuple[str, int], tuple[str | None, int]]:
        return {(row.play, row.turn): (row.command, row.steered_tokens) for row in rows.turns}

    assert decisions(alone) == decisions(rows)


def test_steering_changes_what_is_done(
    steered: tuple[LMAgent, Rows], tiny_folder: Path, tmp_path: Path
) -> None:
    _, rows = steered
    plain = prepared(LMAgent(policy=WholeHistory()), tmp_path, tiny_folder)
    unsteered = play(plain, Panel.draw(SPEC, seed=0), tmp_path)
    first = {row.task: row.margin for row in unsteered.turns if (row.age, row.turn) == (0, 1)}
    for row in rows.turns:
        if (row.age, row.turn) == (0, 1):
            assert row.margin != pytest.approx(first[row.task], abs=1e-3)


def test_a_dose_that_never_fits_leaves_the_agent_unsteered(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """And says so: no token was steered, and what is done is what is done without."""
    bound = play(
        agent(tmp_path / "a", tiny_folder, kl_bound=1e-12), Panel.draw(SPEC, 0), tmp_path / "b"
    )
    plain = prepared(LMAgent(policy=WholeHistory()), tmp_path / "c", tiny_folder)
    without = play(plain, Panel.draw(SPEC, 0), tmp_path / "d")
    assert {(row.steered_tokens, row.dose) for row in bound.turns} == {(0, 0.0)}
    done = [{(row.play, row.turn): row.command for row in r.turns} for r in (bound, without)]
    assert done[0] == done[1]


def test_the_hybrid_steers_the_adapted_model(tiny_folder: Path, tmp_path: Path) -> None:
    made = LMAgent(
        policy=WholeHistory(),
        adapter=LoRA(rank=1, epochs=1, learning_rate=1e-3),
        intervention=NPM(layers=LAYERS, kl_bound=1e9),
    )
    rows = play(prepared(made, tmp_path / "a", tiny_folder), Panel.draw(SPEC, 0), tmp_path / "b")
    assert all(row.steered_tokens > 0 for row in rows.turns)
    assert made.adapter_name is not None
    assert {slot.adapter for slot in made._slots.values()} == {made.adapter_name}
    assert isinstance(made.intervention, NPM)
    assert made.intervention._memory.fingerprint == f"{made.fingerprint}+{made.adapter_name}"


def test_steering_holds_for_the_task_and_is_remade_for_the_next(npm: NPM) -> None:
    asked: list[int] = []

    def divergence(candidates: Sequence[Steering]) -> list[float]:
        asked.append(len(candidates))
        return harmless(candidates)

    look = Exchange("look", "Nothing.")
    first = npm.steer(view(0, 1), divergence)
    assert npm.steer(view(0, 1, look), divergence) is first
    assert npm.steer(view(0, 1, look, look), divergence) is first
    assert len(asked) == 1
    past = (view(0, 1, look, look).episode,)
    second = npm.steer(view(0, 2, history=past), divergence)
    assert second is not first
    assert npm.steer(view(0, 2, look, history=past), divergence) is second
    assert len(asked) == 2
    npm.steer(view(0, 2), divergence)  # the same task begins once more, in another arm
    assert len(asked) == 3


def test_a_task_that_is_resumed_has_the_vectors_that_it_began_with(
    npm: NPM, tiny_folder: Path, tmp_path: Path
) -> None:
    look = Exchange("look", "Nothing.")
    past = (view(0, 1, look).episode,)
    begun = npm.steer(view(0, 2, history=past), harmless)
    again = agent(tmp_path / "again", tiny_folder).intervention
    assert again is not None
    resumed = again.steer(view(5, 2, look, look, history=past), harmless)
    assert torch.equal(vectors(begun), vectors(resumed))
    # The same task with another past is another one, though its text is equal.
    bounds: list[int] = []
    again.steer(view(5, 2, look), lambda candidates: bounds.append(1) or harmless(candidates))
    assert bounds == [1]


def test_slots_are_steered_by_their_own_tasks(npm: NPM) -> None:
    npm.neighbours = 1
    steerings = [npm.steer(view(slot, hall), harmless) for slot, hall in enumerate(range(12))]
    assert len({tuple(vectors(s).flatten().tolist()) for s in steerings}) > 1
    look = Exchange("look", "Nothing.")
    for slot, steering in enumerate(steerings):
        assert npm.steer(view(slot, slot, look), harmless) is steering


def test_the_dose_is_the_largest_that_the_bound_allows(npm: NPM) -> None:
    """Of eight, evenly spaced up to `max_dose`, relative to the mean norm of the states."""
    doses = []
    for allowed in range(9):
        npm.kl_bound = allowed + 0.5
        steering = npm.steer(view(0, 1), lambda candidates: [*map(float, range(1, 9))])
        doses.append(0.0 if steering is None else vectors(steering).norm(dim=-1))
    assert doses[0] == 0.0
    largest = doses[8]
    for allowed in range(1, 9):
        torch.testing.assert_close(doses[allowed], largest * allowed / 8)


def test_the_divergence_is_that_of_the_first_token(tiny_folder: Path, tmp_path: Path) -> None:
    """Measured where the task's first answer begins, however far the task has come."""
    made = agent(tmp_path, tiny_folder)
    steering = Steering(
        (1,), torch.randn(1, made.model.width, generator=torch.Generator().manual_seed(0))
    )
    tokens = made.prompt(view(0, 3)).tokens
    logits = []
    for candidate in (None, steering, steering.scaled(0.3)):
        slot = made.model.slot()
        slot.steering = candidate
        logits.append(log_softmax(made.model.extend([Request(slot, tokens, 1)])[0], dim=-1))
    expected = [float((logits[0].exp() * (logits[0] - other)).sum()) for other in logits[1:]]
    look = Exchange("look", "Nothing.")
    for now in (view(0, 3), view(0, 3, look, look)):
        measure = made._divergence(now, [])
        found = measure([steering, steering.scaled(0.3)])
        assert found == pytest.approx(expected, abs=1e-5)
        assert measure([steering.scaled(0.0)]) == pytest.approx([0.0], abs=1e-6)
        made.act([replace(now, admissible=("east",))])


@pytest.mark.parametrize("contrast", ["inter", "intra"])
def test_the_memory_holds_the_contrasts_that_were_asked_for(
    contrast: str, tiny_folder: Path, tmp_path: Path
) -> None:
    made = agent(tmp_path, tiny_folder, contrast=contrast)
    assert isinstance(made.intervention, NPM)
    memory = made.intervention._memory
    both = agent(tmp_path / "both", tiny_folder).intervention
    assert isinstance(both, NPM)
    assert 0 < len(memory.differences) < len(both._memory.differences)
    assert memory.layers == LAYERS
    assert memory.differences.shape[1:] == (2, made.model.width)
    assert all(task.startswith("training0/") for task in memory.tasks)


def test_a_memory_is_made_once(tiny_folder: Path, tmp_path: Path, cache: Path) -> None:
    ready = preparation(tmp_path, tiny_folder)
    LMAgent(policy=WholeHistory(), intervention=NPM(layers=LAYERS)).prepare(ready)
    made = set((cache / "artefacts").iterdir())
    again = preparation(tmp_path / "again", tiny_folder)
    LMAgent(policy=WholeHistory(), intervention=NPM(layers=LAYERS)).prepare(again)
    assert set((cache / "artefacts").iterdir()) == made
    assert {row.seconds for row in again.records.costs if row.artefact} == {0}
    [folder] = [f for f in made if (f / "memory.json").exists() and is_of(f, again)]
    with pytest.raises(WrongModel):
        Memory.load(folder, "another model")


def is_of(folder: Path, ready: Any) -> bool:
    names = {row.artefact for row in ready.records.costs if row.step == "procedural memory"}
    return folder.name in names


def test_layers_that_the_model_has_not_are_refused(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the model has layers 0 to 2, got \[1, 3\]"):
        agent(tmp_path, tiny_folder, layers=(1, 3))


class Perfect:
    """Stands for an agent that has nothing left to learn."""

    def __init__(self, base: LMAgent, expert: Agent) -> None:
        self.model, self.adapter_name, self.agent = base.model, None, expert
        self.prompt = base.prompt

    def made_of(self) -> dict[str, Any]:
        return {"perfect": True}


def test_an_agent_that_always_wins_leaves_nothing_to_contrast_and_is_not_steered(
    tiny_folder: Path, tmp_path: Path
) -> None:
    ready = preparation(tmp_path, tiny_folder, SPEC.model_copy(update={"cap": 9}))
    base = prepared(LMAgent(policy=WholeHistory()), tmp_path / "base", tiny_folder)
    npm = NPM(layers=LAYERS)
    npm.learn(ready, Perfect(base, ready.expert))
    begun = View(0, "brief", (), Episode("goal", "opening"), ("go east",), key=())
    assert npm.steer(begun, lambda candidates: [0.0 for _ in candidates]) is None
