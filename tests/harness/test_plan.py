"""How many blocks a difference needs, and about how long they take."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import load
from harness.cache import cache_folder
from harness.cli import main
from harness.drift import drift_by_block
from harness.plan import Plan, plan, text
from harness.records import read_manifest, write_manifest
from harness.stats.power import blocks_needed
from tests.harness.tables import write_run

TREASURE = "treasure_hunter"
"""Four tasks in two orders, at most eight turns each."""


@pytest.fixture(autouse=True)
def nothing_played(own_cache: Path) -> Path:
    return own_cache


def played_here(**speeds: float) -> None:
    (cache_folder("speed") / "turns_per_second.json").write_text(json.dumps(speeds))


def write_pilot(folder: Path, name: str = "lora", blocks: int = 8) -> Path:
    """A run with drift, of four tasks in two orders."""
    run = write_run(folder, name, blocks, fresh_success=0.9, chained_success=0.5)
    shape = {"id": "driftgauge/TextWorldQuest-v0", "brief": "Play.", "tasks": 4, "cap": 9}
    write_manifest(run, read_manifest(run) | {"config": {"environment": shape}})
    return run


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pilot(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def assumed() -> Plan:
    """A plan without runs."""
    return plan(0.1, TREASURE, blocks=20)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def flat(said: str) -> str:
    """Without line breaks."""
    return " ".join(said.split())


def block_drift(run: Path) -> np.ndarray:
    return drift_by_block(load(run).entries[0].results).to_numpy(float)


# Blocks.


def test_without_runs_the_spread_is_that_of_independent_pairs() -> None:
    found = plan(0.1, TREASURE)
    assert found.spread == math.sqrt(2 * 0.5 * 0.5 / (2 * 3))
    assert found.blocks == found.blocks_needed == blocks_needed(0.1, found.spread)
    assert found.spread_source.startswith("assumed for 6 independent pairs a block")
    assert found.detectable == pytest.approx(0.1, rel=0.02)


def test_with_runs_the_spread_is_measured_and_pooled(pilot: Path, tmp_path: Path) -> None:
    runs = [pilot, write_pilot(tmp_path, "npm", 6)]
    drifts = [block_drift(run) for run in runs]
    pooled = math.sqrt((7 * drifts[0].var(ddof=1) + 5 * drifts[1].var(ddof=1)) / 12)
    found = plan(0.1, TREASURE, runs=runs)
    assert found.spread == pytest.approx(pooled)
    assert found.spread_source == "measured on lora (8 blocks), npm (6 blocks)"


def test_runs_without_drift_measure_no_spread_and_are_named(
    pilot: Path, tmp_path: Path, assumed: Plan
) -> None:
    blind = write_pilot(tmp_path, "random")
    write_manifest(blind, read_manifest(blind) | {"sees_history": False})
    found = plan(0.1, TREASURE, runs=[blind, pilot])
    assert found.spread == pytest.approx(block_drift(pilot).std(ddof=1))
    assert found.spread_source.endswith("lora (8 blocks), without drift that spreads: random")
    alone = plan(0.1, TREASURE, runs=[blind])
    assert alone.spread == assumed.spread
    assert alone.spread_source.endswith("in both arms, without drift that spreads: random")


def test_entries_are_compared_with_the_reference_and_corrected(assumed: Plan) -> None:
    four = plan(0.1, TREASURE, entries=4)
    assert (assumed.comparisons, four.comparisons) == (1, 3)
    assert plan(0.1, TREASURE, entries=2).comparisons == 1
    assert four.spread == pytest.approx(math.sqrt(2) * assumed.spread)
    assert four.blocks == blocks_needed(0.1, four.spread, 3)


def test_what_so_many_blocks_show_is_what_needs_so_many(assumed: Plan) -> None:
    assert assumed.blocks == 20 < assumed.blocks_needed
    assert blocks_needed(assumed.detectable * 1.001, assumed.spread) == 20
    assert f"20 blocks show a difference of {assumed.detectable:.2f} or more." in text(assumed)


def test_a_panel_on_which_nothing_can_become_significant_is_refused() -> None:
    with pytest.raises(ValueError, match=r"4: the smallest p .* is \.125, above 0.05.* least 6\."):
        plan(0.1, TREASURE, blocks=4)
    with pytest.raises(ValueError, match=r"6: .*above 0\.05 ÷ 3 comparisons.* least 7\."):
        plan(0.1, TREASURE, blocks=6, entries=4)


# Turns and time.


def test_equal_histories_are_played_once(pilot: Path, assumed: Plan) -> None:
    played = load(pilot).runs[0].tasks["play"].nunique()
    assert plan(0.1, runs=[pilot], blocks=8).plays == played
    assert assumed.plays / 20 == played / 8
    padded = plan(0.1, TREASURE, ["chained", "fresh", "padded"], blocks=20)
    assert padded.plays == assumed.plays + 20 * 2 * 3


def test_runs_show_that_equal_histories_are_played_again(tmp_path: Path) -> None:
    run = write_pilot(tmp_path)
    rows = {name: read(run / f"{name}.jsonl") for name in ("tasks", "turns")}
    of_play = {turn["play"]: turn for turn in rows["turns"]}
    again = [row | {"play": str(i)} for i, row in enumerate(rows["tasks"])]
    turns = [
        of_play[row["play"]] | {"play": str(i), "turn": 1} for i, row in enumerate(rows["tasks"])
    ]
    for name, changed in (("tasks", again), ("turns", turns)):
        (run / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in changed))
    assert plan(0.1, blocks=8, runs=[run]).plays == len(again) == 8 * 2 * 4 * 2


def test_a_play_takes_the_cap_or_what_it_took(pilot: Path, assumed: Plan) -> None:
    assert assumed.turns == assumed.plays * 8 and not assumed.turns_measured
    assert f"at most {assumed.turns:,} turns" in flat(text(assumed))
    measured = plan(0.1, blocks=8, runs=[pilot])
    assert measured.turns == len(load(pilot).runs[0].turns) and measured.turns_measured
    assert f"about {measured.turns} turns" in flat(text(measured))


def test_time_is_unknown_until_something_was_played_here() -> None:
    found = plan(0.1, TREASURE)
    assert found.durations == ()
    assert "unknown: nothing was played and timed here yet" in text(found)


def test_time_is_at_the_speeds_of_this_machine() -> None:
    played_here(lora=4.0, npm=2.0)
    found = plan(0.1, TREASURE, blocks=20)
    assert [(d.entry, d.seconds) for d in found.durations] == [("lora", 400.0), ("npm", 800.0)]
    assert "lora: at most 7 min at 4 turns/s" in text(found)


def test_time_is_at_the_speed_of_the_runs_where_there_are_some(pilot: Path) -> None:
    played_here(other=4.0)
    [duration] = plan(0.1, blocks=8, runs=[pilot]).durations
    assert duration.entry == "lora"
    assert duration.seconds == pytest.approx(load(pilot).runs[0].turns["seconds"].sum())


# What is planned.


def test_the_environment_is_that_of_the_first_run_unless_another_is_named(pilot: Path) -> None:
    assert plan(0.1, runs=[pilot]).environment == "driftgauge/TextWorldQuest-v0"
    assert plan(0.1, "cooking", runs=[pilot]).environment == "cooking"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--difference 0", "above 0 and at most 1, not 0."),
        ("--difference 1.5", "above 0 and at most 1, not 1.5."),
        ("--difference nan", "above 0 and at most 1, not nan."),
        ("--difference .1 --environment treasure", "did you mean 'treasure_hunter'?"),
        ("--difference .1 --environment custom", "is planned from its runs: name one instead."),
        ("--difference .1 --arms chained,frsh", "did you mean 'fresh'?"),
        ("--difference .1 --arms chained", "needs the fresh arm"),
        ("--difference .1 --entries 0", "at least one entry and one block."),
        ("--difference .1 --blocks 0", "at least one entry and one block."),
        ("--difference .1 --blocks 5", "It takes at least 6."),
        ("--difference .1 nowhere", "nowhere is no run folder"),
    ],
)
def test_what_cannot_be_planned_is_a_sentence_and_2(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *words.split()]) == 2
    told = capsys.readouterr()
    assert said in told.err and told.out == "" and "Traceback" not in told.err


def test_sessions_of_one_task_have_no_drift(tmp_path: Path) -> None:
    run = write_pilot(tmp_path)
    config = read_manifest(run)["config"]
    config["environment"]["tasks"] = 1
    write_manifest(run, read_manifest(run) | {"config": config})
    with pytest.raises(ValueError, match="no position ≥ 2"):
        plan(0.1, runs=[run])


def test_the_command_says_it_within_the_terminal_or_as_json(
    pilot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["plan", "--difference", ".1", "--entries", "4", "--arms", "chained,fresh,expert"]
    words += ["--environment", TREASURE, str(pilot)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["difference"], found["comparisons"]) == (0.1, 3)
    assert f"needs {found['blocks_needed']} blocks" in flat(said)
    assert found["durations"][0]["entry"] == "lora"
