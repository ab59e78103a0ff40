"""Why an agent drifts: length, interference, self-conditioning."""

import math
from typing import get_args

import numpy as np
import pytest

from harness.drift import Cause, Causes, Measure, causes, failures, matched_drift
from harness.drift.success import UNKNOWN
from harness.keyed import generator
from harness.records import End
from harness.stats import difference
from tests.harness.tables import Ends, Tables, ended

W: End = "won"
L: End = "lost"
PARTS: tuple[Cause, ...] = ("length", "interference", "self-conditioning")


def blocks_of(
    *places: tuple[End | None, ...], blocks: int = 8
) -> dict[tuple[str, int, int], tuple[End | None, ...]]:
    """Blocks of one session each that go alike: fresh, chained, padded, expert from position 2."""
    first: tuple[End | None, ...] = (W,) * len(places[0])
    return {
        (str(b), 0, position): place
        for b in range(blocks)
        for position, place in enumerate((first, *places), start=1)
    }


def split(tables: Tables, measure: Measure = "success", **given: bool) -> Causes:
    found = causes(tables.results, measure, failed=failures(tables.tasks), **given)
    assert found is not None
    return found


def values(found: Causes) -> dict[str, float]:
    return {cause: part.value for cause, part in found.parts.items()}


def drawn() -> Tables:
    """Everything at random: ends, errors, rules that bind and are broken."""
    draws = generator("causes")
    ends = np.array([W, L, "capped"])
    places = [(str(b), o, p) for b in range(5) for o in range(2) for p in range(1, 4)]
    tables = ended({place: tuple(draws.choice(ends, 4)) for place in places})
    n = len(tables.turns)
    opportunity = draws.random(n) < 0.7
    columns = {
        "error": draws.random(n) < 0.4,
        "regret": draws.normal(size=n),
        "progress": draws.random(n),
        "opportunity": opportunity,
        "violation": opportunity & (draws.random(n) < 0.3),
    }
    return tables._replace(turns=tables.turns.assign(**columns))


# The sum.


def test_drift_is_length_and_interference_and_self_conditioning() -> None:
    tables = ended(blocks_of((W, L, W, W), (W, L, L, L), (W, L, W, L), (W, L, L, W)))
    found = split(tables)
    assert values(found) == {"length": 0.5, "interference": 0.0, "self-conditioning": 0.5}
    assert found.total == 1.0
    assert found.pairs == 8 * 4


@pytest.mark.parametrize("measure", get_args(Measure))
def test_the_parts_add_up_to_matched_drift_in_every_measure(measure: Measure) -> None:
    tables = drawn()
    found = split(tables, measure)
    assert tuple(found.parts) == PARTS
    drift = matched_drift(tables.results, measure).estimate.value
    assert found.total == pytest.approx(drift)
    assert sum(values(found).values()) == pytest.approx(drift)


def test_what_lacks_one_of_the_arms_is_left_out_of_all_parts() -> None:
    ends = blocks_of((W, L, W, L), (W, W, L, W)) | {("0", 0, 3): (W, W, L, None)}
    found = split(ended(ends), finished=False)
    assert found.pairs == 15
    assert values(found) == {"length": 7 / 16, "interference": 1 / 8, "self-conditioning": 0}
    assert found.total == (1 + 7 * 0.5) / 8


def test_in_a_pool_a_block_that_one_arm_does_not_know_is_left_out_and_counted() -> None:
    """Adherence: in block 0 no rule ever bound in the padded arm."""
    results = ended(blocks_of((W, W, W, W), blocks=3)).results
    results[["kept", "opportunities"]] = [1, 2]
    results.loc[results["arm"] == "chained", "kept"] = 0
    none = (results["block"] == "0") & (results["arm"] == "padded")
    results.loc[none, ["kept", "opportunities"]] = 0
    results["adherence"] = results["kept"] / results["opportunities"]
    found = causes(results, "adherence")
    assert found is not None
    assert values(found) == {"length": 0.0, "interference": 0.0, "self-conditioning": 0.5}
    assert found.total == 0.5
    for part in found.parts.values():
        assert part.units == 2
        assert part.note.endswith("blocks left out, unknown in one of the arms: 1")


# The test of each part.


def test_each_part_has_the_sign_flip_over_blocks() -> None:
    found, results = split(drawn(), "error_rate"), drawn().results
    aged = results[results["position"] >= 2]
    loss = aged.pivot_table(index="block", columns="arm", values="error_rate", aggfunc="mean")
    expected = difference(loss["expert"] - loss["padded"], "interference", "error_rate")
    assert found.parts["interference"][:5] == pytest.approx(expected[:5])


def test_what_is_above_zero_after_holm_is_named() -> None:
    """Length in all blocks; interference in six of eight, p = .031 of three tests."""
    ends = blocks_of((W, L, L, L), (W, L, W, L), (W, W, W, W))
    spared: Ends = {(str(b), 0, 3): (W, W, W, W) for b in (0, 1)}
    found = split(ended({**ends, **spared}))
    assert [round(part.p, 3) for part in found.parts.values()] == [0.008, 0.031, 1.0]
    assert found.named == ["length"]
    assert found.unnamed == ""


def test_what_makes_it_better_is_not_named() -> None:
    found = split(ended(blocks_of((W, W, L, L))))
    assert values(found) == {"length": 1.0, "interference": 0.0, "self-conditioning": -1.0}
    assert found.parts["self-conditioning"].p == 2 / 2**8
    assert found.named == ["length"]


def test_too_few_blocks_name_nothing_and_say_so() -> None:
    found = split(ended(blocks_of((W, L, L, L), blocks=4)))
    assert found.named == []
    assert "descriptive: the smallest p of 4 blocks is .125" in found.parts["length"].note


# When no cause is named.


@pytest.mark.parametrize(("times", "gap"), [(0.8, 0.2), (1.3, 0.3)])
@pytest.mark.parametrize("arm", ["padded", "expert"])
def test_histories_that_are_longer_or_shorter_name_no_cause(
    arm: str, times: float, gap: float
) -> None:
    results = ended(blocks_of((W, L, L, L), (W, L, L, L))).results
    off = (results["arm"] == arm) & (results["position"] >= 2)
    results["context_tokens"] = results["context_tokens"].astype(float)
    results.loc[off, "context_tokens"] = 100 + times * 10 * results.loc[off, "age"]
    found = causes(results)
    assert found is not None
    assert found.gap == pytest.approx(gap)
    assert found.named == []
    assert found.unnamed.startswith(
        f"no cause is named: the arms' histories differ by {gap:.0%} in length"
    )
    assert found.parts["length"].value == 1.0  # the sum still holds


def test_longer_and_shorter_histories_do_not_make_up_for_each_other() -> None:
    results = ended(blocks_of((W, L, L, L), (W, L, L, L))).results
    padded = (results["arm"] == "padded") & (results["position"] >= 2)
    results.loc[padded & (results["position"] == 2), "context_tokens"] += 20
    results.loc[padded & (results["position"] == 3), "context_tokens"] -= 20
    found = causes(results)
    assert found is not None
    assert found.gap > 0.5
    assert found.named == []


def test_a_small_gap_is_recorded_and_keeps_the_names() -> None:
    results = ended(blocks_of((W, L, L, L), (W, L, L, L))).results
    results.loc[(results["arm"] == "expert") & (results["position"] == 3), "context_tokens"] += 1
    found = causes(results)
    assert found is not None
    assert found.gap == pytest.approx(1 / 60)  # of 20 + 40 tokens of history
    assert found.named == ["length"]


def test_lengths_that_nobody_counted_name_no_cause() -> None:
    results = ended(blocks_of((W, L, L, L))).results.assign(context_tokens=0)
    found = causes(results)
    assert found is not None
    assert math.isnan(found.gap)
    assert found.named == []
    assert found.unnamed == "no cause is named: the lengths of the histories are unknown"


def test_an_agent_that_sees_no_history_has_no_cause_by_construction() -> None:
    found = split(ended(blocks_of((W, L, W, L))), sees_history=False)
    assert values(found) == dict.fromkeys(PARTS, 0.0)
    assert found.total == 0.0
    assert found.named == []
    assert found.unnamed == "zero by construction: it sees no history"
    assert all(math.isnan(part.p) for part in found.parts.values())  # said, not tested


def test_what_cannot_fall_has_no_causes() -> None:
    found = split(ended(dict.fromkeys(blocks_of((W, W, W, W)), (L, L, L, L))))
    assert all(math.isnan(value) for value in (*values(found).values(), found.total))
    assert found.unnamed == "not assessable: fresh success 0.00 is below 0.25"


@pytest.mark.parametrize("measure", ["regret", "progress", "adherence"])
def test_a_measure_that_nobody_knows_is_unknown_not_zero(measure: Measure) -> None:
    nothing = {measure: np.nan, "kept": 0.0, "opportunities": 0.0}
    found = causes(drawn().results.assign(**nothing), measure)
    assert found is not None
    assert math.isnan(found.total)
    assert all(part.note.startswith(UNKNOWN) for part in found.parts.values())
    assert found.named == []


# Which arms were played.


def test_without_the_expert_arm_what_is_not_length_is_content() -> None:
    found = split(ended(blocks_of((W, L, L), (W, L, W))))
    assert values(found) == {"length": 0.5, "content": 0.5}
    assert found.named == ["length", "content"]


@pytest.mark.parametrize("arms", [["chained", "fresh"], ["chained", "fresh", "expert"], []])
def test_without_the_padded_arm_nothing_can_be_told(arms: list[str]) -> None:
    results = ended(blocks_of((W, L, L, L))).results
    assert causes(results[results["arm"].isin(arms)]) is None


def test_before_position_two_there_is_no_pair_yet() -> None:
    results = ended(blocks_of((W, L, L, L))).results
    found = causes(results[results["position"] == 1], finished=False)
    assert found is not None
    assert {part.note for part in found.parts.values()} == {"no pair yet"}
    assert (found.pairs, found.named, found.unnamed) == (0, [], "")


# Failures.


def test_a_failure_in_any_arm_takes_the_pair_from_all_parts_and_is_shown_at_its_worst() -> None:
    ends = blocks_of((W, L, L, L), (W, W, W, W)) | {("0", 0, 3): (W, W, "failed", W)}
    found = split(ended(ends))
    assert found.pairs == 15
    assert values(found) == {"length": 4.5 / 8, "interference": 0, "self-conditioning": 0}
    assert {cause: worst.value for cause, worst in found.worst.items()} == {
        "length": (1 + 7 * 0.5) / 8,
        "interference": 0.5 / 8,
        "self-conditioning": 0.5 / 8,
    }


def test_without_failures_there_is_no_second_answer() -> None:
    assert split(ended(blocks_of((W, L, L, L)))).worst == {}
