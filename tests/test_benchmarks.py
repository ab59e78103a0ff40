"""The benchmark's own logic, on a tiny model: equal work in all loads, and counted right."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers.generation.configuration_utils import ContinuousBatchingConfig

from baselines.policies import WholeHistory
from harness.agent import Episode, Exchange, View
from harness.lm import LanguageModel, LMAgent
from harness.lm.deciding import ActBy
from harness.lm.model import Request
from tests.benchmarks.engine.ceilings import shape_of
from tests.benchmarks.engine.choice import count_steps
from tests.benchmarks.engine.continuous import Continuous
from tests.benchmarks.engine.engine import Adapted, Engine, Lanes, Steered, write_adapter
from tests.benchmarks.engine.in_vivo import timing
from tests.benchmarks.engine.loads import Cached, Load, Naive
from tests.benchmarks.engine.measure import WINDOW, Stage, Window, first_turn
from tests.benchmarks.engine.memory import growth, held
from tests.benchmarks.engine.recording import Session, Turn
from tests.benchmarks.engine.table import paired_cost, summarise
from tests.language_models import tiny_model, tiny_network
from tests.playing import prepared

COMMANDS = ("go north", "go south", "take the key", "look")


@pytest.fixture
def agent(tiny_folder: Path, tmp_path: Path) -> LMAgent:
    return prepared(LMAgent(policy=WholeHistory()), tmp_path / "prepared", tiny_folder)


def view(session: int, turn: int) -> View:
    """What an agent sees that went north all the time."""
    told = tuple(Exchange("go north", f"Room {session} {i}. An exit.") for i in range(turn))
    return View(0, "Play.", (), Episode("Find it.", "You are in a room.", told), COMMANDS, ())


def recorded(agent: LMAgent, sessions: int, turns: int) -> list[Session]:
    """Sessions with what a naive loop decides in them."""
    naive = Naive(tiny_network("llama"), agent, "choice")
    views = [[view(session, turn) for turn in range(turns)] for session in range(sessions)]
    return [[Turn(v, naive.decide([v])[0].text, False) for v in own] for own in views]


@pytest.mark.parametrize("act_by", ["choice", "generation"])
def test_all_loads_decide_alike_and_each_encodes_what_it_says(
    agent: LMAgent, act_by: ActBy
) -> None:
    network = tiny_network("llama")
    lanes = Lanes(agent.model, 1)
    loads = [
        Naive(network, agent, act_by),
        Cached(network, agent, act_by),
        Engine("d1", lanes, 1, agent, act_by),
    ]
    lanes.bring([agent.prompt(view(0, 2)).tokens])
    made = []
    for load in loads:
        load.bring([view(0, 2)])
        for _again in range(2):  # going back forgets what was done
            load.back()
            last = [load.decide([view(0, turn)])[0] for turn in (3, 4)]
        made.append(last)
    naive, cached, engine = made
    assert [m.text for m in naive] == [m.text for m in cached] == [m.text for m in engine]
    assert [m.generated for m in naive] == [m.generated for m in engine]
    assert [m.encoded for m in naive] == [m.prompt for m in naive]
    assert cached[0].encoded == engine[0].encoded
    new = len(agent.prompt(view(0, 3)).tokens) - len(agent.prompt(view(0, 2)).tokens)
    assert engine[0].encoded == new


def test_continuous_batching_writes_what_the_naive_loop_writes(agent: LMAgent) -> None:
    network = tiny_network("llama")
    naive, batched = Naive(network, agent, "generation"), Continuous(network, agent, 2)
    batched.bring([view(0, 1), view(1, 1)])
    batched.back()
    try:
        made = batched.decide([view(0, 2), view(1, 2)])
    finally:
        batched.close()
    assert [m.text for m in made] == [naive.decide([view(i, 2)])[0].text for i in range(2)]


def test_continuous_batching_passes_over_what_a_choice_needs(agent: LMAgent) -> None:
    network = tiny_network("llama")
    asked: list[int] = []

    def allowed(batch: int, ids: Tensor) -> list[int]:
        asked.append(batch)
        return [5]

    network.generate_batch(
        [[5, 6, 7]],
        generation_config=Naive(network, agent, "generation").settings(),
        continuous_batching_config=ContinuousBatchingConfig(num_blocks=2, max_batch_tokens=64),
        warmup=False,
        prefix_allowed_tokens_fn=allowed,
    )
    assert not asked


def test_steered_and_adapted_slots_are_plain_again_for_the_next_load(
    agent: LMAgent, tmp_path: Path
) -> None:
    lanes = Lanes(agent.model, 2)
    views = [view(0, 2), view(1, 2)]
    lanes.bring([agent.prompt(view(i, 1)).tokens for i in range(2)])
    plain = Engine("d2", lanes, 2, agent, "choice")
    plain.back()
    before = plain.decide(views)
    steered, adapted = (
        Steered("e", lanes, 2, agent, "choice"),
        Adapted("f", lanes, 2, agent, "choice", tiny_model()),
    )
    adapter = write_adapter(tiny_network("llama"), tmp_path, 0)
    adapted.adapters = [adapted.model.add_adapter(adapter)]
    adapted.back()
    assert [slot.adapter for slot in lanes.slots] == ["adapter0", None]
    adapted.decide(views)
    steered.back()
    vectors = [slot.steering.vectors for slot in lanes.slots if slot.steering is not None]
    assert len(vectors) == 2 and not torch.equal(*vectors)
    plain.back()
    assert plain.decide(views) == before


def test_a_stage_counts_a_decision_that_differs_from_the_recording(agent: LMAgent) -> None:
    sessions = recorded(agent, sessions=2, turns=4)
    wrong = sessions[1][2]._replace(said="no command")
    sessions[1][2] = wrong
    lanes = Lanes(agent.model, 2)
    loads: list[Load] = [Engine("d2", lanes, 2, agent, "choice")]
    stage = Stage(agent, sessions, lanes, loads, shape_of(tiny_network("llama")))
    [window] = stage.run(depths=1, repeats=1)
    assert (window.turns, window.compared, window.differing) == (2 * WINDOW, 2 * WINDOW, 1)
    assert window.held >= window.needed > 0


@pytest.mark.parametrize(("turns", "share"), [(60, 0.125), (60, 0.99), (3, 0.5), (20, 0.01)])
def test_a_window_lies_within_its_session_and_has_a_turn_before_it(
    turns: int, share: float
) -> None:
    first = first_turn(turns, share)
    assert 1 <= first <= turns - WINDOW


def test_live_bytes_are_those_of_an_engine_without_room() -> None:
    model, network = tiny_model(), tiny_network("llama")
    slot = model.slot()
    model.extend([Request(slot, list(range(40)))])
    shape = shape_of(network)
    assert shape.live_bytes(40) == held(slot.fork().layers)
    assert shape.layers == 3
    assert shape.linear + shape.head <= sum(p.numel() for p in network.parameters())


def test_held_bytes_count_a_shared_storage_once_and_unused_room_too() -> None:
    storage = torch.zeros(100)
    assert held([{"a": storage[:10]}, (storage[50:],)]) == 400


def test_growth_sees_memory_that_was_taken_and_given_back() -> None:
    with growth() as grown:
        torch.zeros(16 << 20).sum()
    assert math.isnan(grown.bytes) or grown.bytes > 48 << 20


def test_a_choice_takes_one_pass_less_than_there_are_forks_on_its_way(
    tiny: LanguageModel,
) -> None:
    found = count_steps(tiny, [[5, 6, 7], [8, 9]], COMMANDS)
    assert found.steps == found.forks - found.choices
    assert found.decoded < found.answered


def window(load: str, repeat: int, seconds: float, depth: int = 0) -> Window:
    return Window(
        load, "choice", 1, depth, repeat, seconds, 10, 100, 50, 5, 0, 0, 120, 100, 0.0, 1.0
    )


def test_ratios_are_taken_within_a_repeat_and_at_equal_depths() -> None:
    windows = [
        *(window("a", repeat, 10.0 * (repeat + 1)) for repeat in range(3)),
        *(window("a", repeat, 1000.0, depth=1) for repeat in range(3)),
        *(window("d4", repeat, 2.0 * (repeat + 1)) for repeat in range(3)),
    ]
    a, d4 = summarise(windows, weight_bytes=7, session_turns=60)
    assert [d4.ratio_to_a, d4.ratio_to_a_min, d4.ratio_to_a_max] == pytest.approx([5.0] * 3)
    assert a.ratio_to_a == 1.0
    assert d4.cache_ratio == 1.2
    assert math.isnan(d4.ratio_to_b)


def test_a_paired_cost_is_the_median_over_windows() -> None:
    plain = [window("d16", repeat, 10.0) for repeat in range(3)]
    steered = [window("e", repeat, seconds) for repeat, seconds in enumerate((10.1, 10.2, 99.0))]
    assert paired_cost("e", "d16", plain + steered) == pytest.approx(0.02)


def test_timing_adds_up_calls_and_puts_the_method_back() -> None:
    class Slow:
        def work(self) -> str:
            return "done"

    with timing(Slow, "work") as clock:
        assert Slow().work() == "done"
    spent = clock.seconds
    assert spent > 0
    Slow().work()
    assert clock.seconds == spent
