"""All secondary measures of an entry."""

import math
from pathlib import Path

import pandas as pd
import pytest

from harness.comparison import Entry, load
from harness.comparison.secondary import DRIFTS, LEVELS, secondary
from harness.drift.success import UNKNOWN
from tests.harness.comparison.edits import Row, change, edit, keep_tasks, the
from tests.harness.tables import write_run

pytestmark = pytest.mark.filterwarnings("error")

SINGLE = [
    "drift slope, odds of error per 100 turns",
    "horizon H50, turns",
    "horizon H80, turns",
    "Weibull shape",
    "half-life, turns",
    "sessions locked",
    "turns locked",
    "error after error (association)",
    "goal drift, as published",
    "stability index, two of its dimensions",
    "aging slope, as published",
    "aging detected, as published",
    "aging half-life, tasks, as published",
    "pass^2",
    "negative control: chained - fresh at position 1",
]


def of(entry: Entry) -> pd.DataFrame:
    return secondary(entry).set_index(["measure", "arm"])


def measured(run: Path) -> pd.DataFrame:
    (entry,) = load(run).entries
    return of(entry)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Entry:
    folder = tmp_path_factory.mktemp("runs")
    (entry,) = load(
        write_run(folder, blocks=8, tasks=8, cap=16, padded_success=0.8, expert_success=0.6)
    ).entries
    return entry


def test_every_measure_has_a_row(ordinary: Entry) -> None:
    rows = of(ordinary).index.tolist()
    arms = ("chained", "fresh", "padded", "expert")
    assert rows[: 4 * len(LEVELS)] == [(m, arm) for m in LEVELS for arm in arms]
    assert rows[4 * len(LEVELS) :][: len(DRIFTS)] == [(f"drift in {m}", "") for m in DRIFTS]
    for cause in ("length", "interference", "self-conditioning"):
        for measure in ("success", "error_rate"):
            assert (f"{cause}, share of drift in {measure}", "") in rows
    assert [name for name, _ in rows if name in SINGLE] == SINGLE
    assert len(set(rows)) == len(rows)


def test_of_an_ordinary_run_everything_is_known_but_what_has_no_rule(ordinary: Entry) -> None:
    """No rule ever binds in the corridor, and no model was changed."""
    table = of(ordinary)
    unknown = table[table["value"].isna()]
    rules = unknown[unknown["note"] == UNKNOWN]
    assert set(rules.index.get_level_values("measure")) == {"adherence", "drift in adherence"}
    others = unknown.drop(rules.index)
    assert others["note"].str.startswith("not measured").all()
    known = table.drop(unknown.index)
    said = known["note"].str.contains("interval not estimable|by construction|reached it")
    assert (known["low"].notna() | said).all()


def test_levels_and_drifts_are_those_of_the_measures_themselves(ordinary: Entry) -> None:
    table = of(ordinary)
    drift = ordinary.matched("error_rate").estimate
    row = the(secondary(ordinary), measure="drift in error_rate")
    assert (row["value"], row["low"], row["high"], row["p"]) == drift[:4]
    assert row["blocks"] == drift.units == 8
    split = ordinary.causes("error_rate")
    assert split is not None
    for cause, part in split.parts.items():
        name = f"{cause}, share of drift in error_rate"
        assert table.loc[(name, ""), "value"] == part.value


def test_what_differs_between_arms_belongs_to_no_arm(ordinary: Entry) -> None:
    table = of(ordinary).reset_index()
    between = table["measure"].str.contains("drift in|share of|control|unmodified")
    assert (table.loc[between, "arm"] == "").all()
    assert (table.loc[~between, "arm"] != "").all()


def test_entries_stand_one_after_the_other(tmp_path: Path) -> None:
    comparison = load(write_run(tmp_path, "a"), write_run(tmp_path, "b"))
    table = comparison.secondary()
    assert table["entry"].unique().tolist() == ["a", "b"]
    assert (table["entry"].value_counts() == len(secondary(comparison.entries[0]))).all()


# Unknown stays unknown.


def test_without_an_expert_what_needs_one_is_unknown_and_never_zero(tmp_path: Path) -> None:
    def blind(row: Row) -> Row:
        return row | {"distance_before": None, "distance_after": None, "expert": None}

    table = measured(edit(write_run(tmp_path), "turns", blind))
    for row in (("regret", "chained"), ("regret", "fresh"), ("drift in regret", "")):
        assert table.loc[row, ["value", "low", "high"]].isna().all()
        assert table.loc[row, "note"] == UNKNOWN
    goal = the(table.reset_index(), measure="goal drift, as published")
    assert math.isnan(goal["value"])
    assert "no distance known in both arms: 24" in goal["note"]
    errors = the(table.reset_index(), measure="error_rate", arm="fresh")
    assert "turns that stall or regress are not among the errors" in errors["note"]


def test_without_progress_that_is_unknown(tmp_path: Path) -> None:
    table = measured(edit(write_run(tmp_path), "turns", lambda row: row | {"progress": None}))
    for measure in ("progress", "progress_last"):
        for arm in ("chained", "fresh"):
            assert table.loc[(measure, arm), "note"] == UNKNOWN
    assert table.loc[("drift in progress", ""), "note"] == UNKNOWN


def test_a_value_that_is_not_there_has_a_note(tmp_path: Path) -> None:
    for run in (write_run(tmp_path), write_run(tmp_path, seed=1, blocks=1, tasks=2, cap=4)):
        table = measured(run)
        assert (table.loc[table["value"].isna(), "note"] != "").all()


def test_an_agent_that_sees_no_history_has_no_drift_in_anything(tmp_path: Path) -> None:
    run = change(write_run(tmp_path, padded_success=0.8), sees_history=False)
    table = measured(run)
    zero = table["note"] == "zero by construction: it sees no history"
    names = table.index[zero].get_level_values("measure")
    assert {f"drift in {m}" for m in DRIFTS} <= set(names)
    assert {"content, share of drift in success", "length, share of drift in success"} <= set(names)
    assert (table.loc[zero, "value"] == 0).all()


def test_arms_that_do_not_match_are_said_where_they_would_be_compared(tmp_path: Path) -> None:
    run = keep_tasks(write_run(tmp_path, padded_success=0.8), slice(-1))
    table = measured(run).reset_index()
    drifts = table[table["measure"].str.startswith("drift in")]
    assert drifts["note"].str.startswith("refused: The padded arm has no play of test0/3/").all()
    assert not table["measure"].str.contains("share of").any()
    assert table.loc[table["measure"] == "success", "value"].notna().all()  # rests on one arm
