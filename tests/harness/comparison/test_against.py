"""Entries against the reference."""

import math
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import Comparison, load
from harness.comparison.against import COLUMNS
from harness.drift import drift_by_block
from harness.stats import detectable, holm
from tests.harness.comparison.edits import change, fail, keep_tasks, the
from tests.harness.tables import write_run


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two entries that drift, one that does not, one that cannot, and the reference."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder, "in_context", blocks=10, fresh_success=0.9, chained_success=0.9)
    write_run(folder, "a", blocks=10, chained_success=0.1)
    write_run(folder, "b", blocks=10, chained_success=0.6)
    write_run(folder, "floor", blocks=10, fresh_success=0.0, chained_success=0.0)
    return load(folder)


@pytest.fixture(scope="module")
def compared(four: Comparison) -> pd.DataFrame:
    """Beside the declared reference."""
    return four.compare()


def quantity(compared: pd.DataFrame, name: str) -> pd.DataFrame:
    return compared[compared["quantity"] == name].set_index("entry")


def test_every_entry_but_the_reference_is_compared_in_three_quantities(
    compared: pd.DataFrame,
) -> None:
    assert list(compared.columns) == COLUMNS
    assert compared["quantity"].tolist() == ["drift"] * 3 + ["success"] * 3 + ["error_rate"] * 3
    assert compared["entry"].tolist() == ["a", "b", "floor"] * 3
    assert set(compared["reference"]) == {"in_context"}


def test_drift_against_drift_is_the_difference_of_the_endpoints(
    four: Comparison, compared: pd.DataFrame
) -> None:
    """All played the same places, so that the difference of means is the mean difference."""
    drift = four.drift().set_index("entry")["value"]
    for name in ("a", "b"):
        expected = drift[name] - drift["in_context"]
        assert the(compared, quantity="drift", entry=name)["value"] == pytest.approx(expected)
    row = the(compared, quantity="drift", entry="a")
    assert row["value"] > 0.3
    assert (row["blocks"], row["pairs"]) == (10, 10 * 2 * 3)


def test_losses_are_compared_so_that_above_zero_is_worse(
    four: Comparison, compared: pd.DataFrame
) -> None:
    table = four.table()
    base = the(table, entry="in_context")
    success = quantity(compared, "success")["value"]
    errors = quantity(compared, "error_rate")["value"]
    for name in ("a", "b", "floor"):
        own = the(table, entry=name)
        assert success[name] == pytest.approx(base["success_chained"] - own["success_chained"])
        more = own["error_rate_chained"] - base["error_rate_chained"]
        assert errors[name] == pytest.approx(more)


def test_holm_is_over_the_entries_that_are_tested_for_each_quantity_apart(
    compared: pd.DataFrame,
) -> None:
    for name in ("drift", "success", "error_rate"):
        rows = quantity(compared, name)
        expected = holm(rows["p"].tolist())
        assert rows["p_holm"].tolist() == pytest.approx(expected, nan_ok=True)
    drift = quantity(compared, "drift")
    tested = drift.loc[["a", "b"]].sort_values("p")
    assert tested["p_holm"].iloc[0] == pytest.approx(2 * tested["p"].iloc[0])  # of two, not three
    success = quantity(compared, "success").sort_values("p")
    assert success["p_holm"].iloc[0] == pytest.approx(3 * success["p"].iloc[0])


def test_detectable_is_at_the_first_step_of_holm_over_what_is_tested(
    four: Comparison, compared: pd.DataFrame
) -> None:
    of = {entry.name: drift_by_block(entry.results) for entry in four.entries}
    drift = quantity(compared, "drift")
    for name in ("a", "b"):
        expected = detectable(of[name] - of["in_context"], comparisons=2)
        assert drift.loc[name, "detectable"] == pytest.approx(expected)


def test_what_cannot_fall_is_compared_in_success_but_not_in_drift(
    compared: pd.DataFrame,
) -> None:
    drift = the(compared, quantity="drift", entry="floor")
    for column in ("value", "low", "high", "p", "p_holm", "detectable"):
        assert math.isnan(drift[column])
    assert drift["note"] == "floor: not assessable: fresh success 0.00 is below 0.25"
    assert drift["pairs"] == 0
    success = the(compared, quantity="success", entry="floor")
    assert success["value"] > 0.5
    assert success["p_holm"] <= 0.05


def test_beside_a_reference_that_cannot_fall_no_drift_can_be_compared(four: Comparison) -> None:
    drift = quantity(four.compare("floor"), "drift")
    assert drift["p_holm"].isna().all()
    assert drift["note"].str.startswith("floor: not assessable").all()


def test_too_few_blocks_to_show_anything(tmp_path: Path) -> None:
    for name in ("in_context", "a", "b"):
        write_run(tmp_path, name, blocks=4)
    compared = load(tmp_path).compare()
    assert (compared["detectable"] == math.inf).all()
    assert compared["note"].str.startswith("descriptive: the smallest p of 4 blocks").all()


# Which reference.


def test_the_reference_is_the_one_that_was_declared_before_the_runs(
    four: Comparison, compared: pd.DataFrame
) -> None:
    assert four.reference == "in_context"
    pd.testing.assert_frame_equal(four.compare("in_context"), compared)


def test_a_reference_can_be_given_by_hand(four: Comparison) -> None:
    by_hand = four.compare("b")
    assert set(by_hand["reference"]) == {"b"}
    assert by_hand["entry"].tolist() == ["a", "floor", "in_context"] * 3
    there = the(by_hand, quantity="success", entry="a")
    back = the(four.compare("a"), quantity="success", entry="b")
    assert there["value"] == pytest.approx(-back["value"])


def test_a_reference_that_is_not_there_is_a_sentence(four: Comparison) -> None:
    with pytest.raises(ValueError, match=r"'c' is none of the entries \['a', 'b', 'floor', 'in_"):
        four.compare("c")


def test_without_the_declared_reference_there_is_nothing_to_compare(tmp_path: Path) -> None:
    one = load(write_run(tmp_path, "a"), write_run(tmp_path, "b"))
    assert one.reference is None
    assert one.compare().empty
    assert list(one.compare().columns) == COLUMNS
    assert one.table()["against"].isna().all()


def test_runs_that_declare_different_references_have_none(tmp_path: Path) -> None:
    mine = write_run(tmp_path, "in_context")
    other = change(write_run(tmp_path, "a"), reference="a")
    assert load(mine, other).reference is None


def test_the_reference_alone_has_nothing_beside_it(tmp_path: Path) -> None:
    alone = load(write_run(tmp_path, "in_context"))
    assert alone.reference == "in_context"
    assert alone.compare().empty


# What cannot be compared.


def test_without_a_shared_panel_nothing_is_compared_nor_counted(tmp_path: Path) -> None:
    base = write_run(tmp_path, "in_context", blocks=8)
    far = write_run(tmp_path, "far", blocks=8, seed=1)
    near = write_run(tmp_path, "near", blocks=8, chained_success=0.1)
    compared = load(base, far, near).compare()
    lost = compared[compared["entry"] == "far"]
    assert (lost["note"] == "not comparable: it shares no panel with in_context").all()
    assert lost[["value", "p", "p_holm", "detectable"]].isna().all(axis=None)
    kept = compared[compared["entry"] == "near"]
    pd.testing.assert_series_equal(kept["p"], kept["p_holm"], check_names=False)  # one test


def test_of_panels_that_only_one_has_no_block_counts(tmp_path: Path) -> None:
    base = write_run(tmp_path, "in_context", blocks=8)
    near = [write_run(tmp_path, "near", blocks=8, seed=seed) for seed in (0, 1)]
    row = the(load(base, *near).compare(), quantity="drift", entry="near")
    assert (row["blocks"], row["pairs"]) == (8, 8 * 2 * 3)


def test_an_entry_whose_arms_do_not_match_is_compared_in_nothing(tmp_path: Path) -> None:
    base = write_run(tmp_path, "in_context")
    keep_tasks(write_run(tmp_path, "bad"), slice(-1))
    good = write_run(tmp_path, "good")
    compared = load(tmp_path).compare()
    bad = compared[compared["entry"] == "bad"]
    assert bad["note"].str.startswith("bad: refused: The fresh arm has no play of test0/3/").all()
    assert bad[["value", "p_holm", "worst_value"]].isna().all(axis=None)
    assert compared.loc[compared["entry"] == "good", "value"].notna().all()
    refused = load(good, tmp_path / "bad-0", base).compare("bad")
    assert refused["note"].str.startswith("bad: refused").all()


def test_failures_give_the_comparison_twice(tmp_path: Path) -> None:
    write_run(tmp_path, "in_context", blocks=8)
    whole = write_run(tmp_path, "a", blocks=8)
    before = load(tmp_path).compare()
    assert before["worst_value"].isna().all()
    fail(whole, "0", 0, 2)
    after = load(tmp_path).compare()
    assert (after["pairs"] == before["pairs"] - 3).all()
    assert (after["worst_value"] >= before["value"]).all()
    assert (after["worst_low"] <= after["worst_value"]).all()


def test_no_failure_gets_an_entry_out_of_the_comparison(tmp_path: Path) -> None:
    """Two blocks of eight are won fresh, .25: one breaks, and the rest is not assessable."""
    write_run(tmp_path, "in_context", blocks=8, fresh_success=1.0, chained_success=1.0)
    for name, share in (("a", 1.0), ("weak", 0.0)):
        write_run(tmp_path / name, "weak", blocks=8, fresh_success=share, chained_success=0.0)
    run = tmp_path / "weak" / "weak-0"
    for table in ("tasks", "turns"):
        won = (tmp_path / "a" / "weak-0" / f"{table}.jsonl").read_text().splitlines()
        lost = (run / f"{table}.jsonl").read_text().splitlines()
        first = [line for line in won if '"test0/0/' in line or '"test0/1/' in line]
        others = [line for line in lost if '"test0/0/' not in line and '"test0/1/' not in line]
        (run / f"{table}.jsonl").write_text("\n".join((*first, *others)) + "\n")
    base = tmp_path / "in_context-0"
    before = the(load(base, run).compare(), quantity="drift", entry="weak")
    assert before["value"] == 0.25
    for order in (0, 1):
        fail(run, "0", order, 1)
    after = the(load(base, run).compare(), quantity="drift", entry="weak")
    assert math.isnan(after["value"])
    assert after["note"].startswith("weak: not assessable")
    assert after["worst_value"] >= before["value"]
