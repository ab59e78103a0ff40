"""Which runs are one line of a comparison."""

from pathlib import Path

import pytest

from harness.comparison import Entry, load
from harness.drift import ArmsDoNotMatch, drift_by_block
from harness.records import read_manifest
from tests.harness.comparison.edits import change, fail, keep_tasks
from tests.harness.tables import write_run


def entry(*runs: Path) -> Entry:
    (only,) = load(*runs).entries
    return only


def names(*runs: Path) -> list[str]:
    return [one.name for one in load(*runs).entries]


def test_an_entry_has_what_its_run_left(tmp_path: Path) -> None:
    one = entry(write_run(tmp_path, name="lora"))
    assert one.name == "lora"
    assert one.finished
    assert one.sees_history
    assert one.arms == ["chained", "fresh"]
    assert len(one.results) == len(one.tasks)  # nothing failed
    assert len(one.lived) == one.tasks["turns"].sum()
    assert len(one.turns) == len(one.measured)
    assert one.failed == ()
    assert one.caveat == ""
    assert one.probes.empty


# Pooling.


def test_seeds_are_more_blocks_of_one_entry(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, seed=seed, blocks=blocks) for seed, blocks in ((0, 3), (1, 5))]
    both = entry(*runs)
    assert both.name == "lora"
    assert both.tasks["block"].nunique() == 8
    assert both.matched().estimate.units == 8
    apart = [drift_by_block(entry(run).results) for run in runs]
    pooled = drift_by_block(both.results)
    assert sorted(pooled) == sorted([*apart[0], *apart[1]])
    assert len(both.panels) == 2
    assert {block.split("/")[0] for block in pooled.index} == {p[:8] for p in both.panels}


def test_environments_are_more_blocks_of_one_entry(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / id, environment=id, tasks=t) for id, t in (("A-v0", 2), ("B-v0", 4))
    ]
    both = entry(*runs)
    assert both.tasks["block"].nunique() == 8
    assert set(both.tasks["environment"]) == {"A-v0", "B-v0"}


def test_an_entry_is_finished_when_all_of_its_runs_are(tmp_path: Path) -> None:
    both = entry(write_run(tmp_path), write_run(tmp_path, seed=1, finished=False))
    assert not both.finished
    assert both.caveat == "unfinished: 122 of 128 tasks"


def test_a_panel_that_was_played_twice_is_not_pooled(tmp_path: Path) -> None:
    first, again = write_run(tmp_path / "1"), write_run(tmp_path / "2")
    assert names(first, again) == [f"lora {first}", f"lora {again}"]
    # Nor if it is a smaller one of the same seed, whose blocks are among those of the other.
    smaller = write_run(tmp_path / "3", blocks=2)
    assert len(names(first, smaller)) == 2


@pytest.mark.parametrize("seed", [0, 1])
def test_an_environment_in_two_forms_is_not_pooled(tmp_path: Path, seed: int) -> None:
    first = write_run(tmp_path / "1", cap=8)
    other = write_run(tmp_path / "2", cap=6, seed=seed)
    assert len(names(first, other)) == 2


@pytest.mark.parametrize("what", ["config", "model", "name"])
def test_another_agent_is_another_entry(tmp_path: Path, what: str) -> None:
    first, other = write_run(tmp_path), write_run(tmp_path, seed=1)
    config = read_manifest(other)["config"] | {"temperature": 0.5}
    change(other, **{what: {"config": config, "model": "ab12", "name": "lora-2"}[what]})
    assert len(names(first, other)) == 2


def test_how_a_run_was_played_makes_no_other_entry(tmp_path: Path) -> None:
    first, other = write_run(tmp_path), write_run(tmp_path, seed=1)
    config = read_manifest(other)["config"] | {"slots": 4, "workers": 1, "runs": "elsewhere"}
    change(other, config=config)
    assert names(first, other) == ["lora"]


def test_equal_names_get_what_tells_them_apart(tmp_path: Path) -> None:
    first, other = write_run(tmp_path), write_run(tmp_path, seed=1, cap=6)
    assert names(first, other) == ["lora seed 0", "lora seed 1"]
    change(other, seed=0)
    hashes = [read_manifest(run)["config_hash"][:8] for run in (first, other)]
    assert names(first, other) == [f"lora {h}" for h in hashes]
    change(other, config_hash=read_manifest(first)["config_hash"])
    assert names(first, other) == [f"lora {first}", f"lora {other}"]


# What is wrong with an entry is known by name.


def test_arms_that_do_not_match_are_refused(tmp_path: Path) -> None:
    bad = entry(keep_tasks(write_run(tmp_path), slice(-1)))
    with pytest.raises(ArmsDoNotMatch, match="The fresh arm has no play of test0/3/"):
        bad.matched()


def test_causes_of_arms_that_do_not_match_are_refused(tmp_path: Path) -> None:
    four = write_run(tmp_path, padded_success=0.8, expert_success=0.6)
    with pytest.raises(ArmsDoNotMatch, match="The expert arm has no play of test0/3/"):
        entry(keep_tasks(four, slice(-1))).causes()


def test_how_much_a_failure_took_is_known_from_its_own_panel(tmp_path: Path) -> None:
    """Sessions of the one environment are of two tasks, those of the other of four."""
    short = write_run(tmp_path / "A", environment="A-v0", tasks=2, cap=4)
    long = write_run(tmp_path / "B", environment="B-v0", tasks=4, cap=8)
    both = entry(fail(short, "0", 0, 2), long)
    (failure,) = both.failed
    assert (failure.position, failure.last, failure.cap) == (2, 2, 4)
    assert failure.block.endswith("/0")
    assert "pairs missing after a failure: 1" in both.matched().estimate.note
