from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.examine.distorted_data.revision import _world, run
from pitprop.examine.figure import Histogram
from pitprop.examine.finding import State
from pitprop.examine.versions_specimen import versions_specimen


def seed(n):
    return np.random.default_rng(n)


def told(finding):
    return (finding.effect, *finding.interval, finding.p_value)


def test_the_finding_holds_the_numbers_that_it_tells():
    finding = run(*_world(seed(1), over=0.5))
    assert finding.state is State.SUSPECT
    assert finding.effect == pytest.approx(finding.data["revised_over"] - finding.data["expected"], abs=1e-12)
    assert f"Of {finding.data['near_misses']} numbers" in finding.says
    assert finding.data["missed_then_met"] > 2 * finding.data["met_then_missed"]
    assert finding.data["missed_then_met_before_due"] == finding.data["missed_then_met"]
    assert isinstance(finding.figure, Histogram)
    assert finding.grade == "C"


def test_an_alternative_that_the_owner_declares_takes_a_grade():
    finding = run(*_world(seed(1), over=0.5, alternatives=("late_invoices",)))
    assert finding.grade == "D"
    assert "declared by the owner: late_invoices" in finding.innocent


def test_late_entries_and_corrections_are_no_suspicion():
    states = [run(*_world(seed(s), growth=0.03, error=0.02)).state for s in range(20)]
    assert State.SUSPECT not in states


def test_the_unit_the_order_the_names_and_the_side_do_not_matter():
    versions, brief = _world(seed(2), over=0.3)
    first = run(versions, brief)
    thousand = replace(versions, value=1000 * versions.value, target=1000 * versions.target)
    order = seed(3).permutation(len(versions.value))
    shuffled = replace(
        versions, **{n: getattr(versions, n)[order] for n in ("entity", "period", "loaded", "n", "value", "target")}
    )
    mirrored = replace(versions, value=-versions.value, target=-versions.target)
    falling = brief.metric.model_copy(
        update={"improvement_direction": "decrease", "targets": (Target(op="lte", value="quota", stakes="bonus"),)}
    )
    renamed = replace(versions, entities=tuple(f"z{e}" for e in versions.entities))
    for other, as_declared in (
        (thousand, brief),
        (shuffled, brief),
        (renamed, brief),
        (mirrored, replace(brief, metric=falling)),
    ):
        again = run(other, as_declared)
        assert again.state is first.state
        assert told(again) == pytest.approx(told(first), abs=1e-9)


def test_reaching_the_target_exactly_counts_for_at_least_and_not_for_above():
    rng = seed(4)
    first = 100.0 + rng.integers(-4, 5, (40, 24))
    last = np.where((first == 99) & (rng.random(first.shape) < 0.8), 100.0, first + (rng.random(first.shape) < 0.1))
    least = run(*versions_specimen(first, last, target=100.0, smallest_effect=0.1))
    above = run(
        *versions_specimen(first, last, target=100.0, smallest_effect=0.1, targets=(Target(op="gt", value="quota"),))
    )
    assert least.data["missed_then_met"] == np.sum((first < 100) & (last >= 100))
    assert above.data["missed_then_met"] == np.sum((first <= 100) & (last > 100))
    assert least.state is State.SUSPECT
    assert above.state is not State.SUSPECT


def test_the_first_report_is_what_stood_at_the_end_of_the_period():
    """Values that grew within the month are no revisions; 99 on the last day and 101 afterwards is one."""
    versions, brief = _world(seed(5), units=12, periods=12)
    count = len(versions.value) // 2
    within = versions.start.astype("datetime64[M]").astype("datetime64[D]") + np.timedelta64(10, "D")
    early = replace(versions, loaded=np.where(np.arange(2 * count) % 2 == 0, within, versions.loaded))
    assert run(early, brief).data.get("missed_then_met") == run(versions, brief).data.get("missed_then_met")
    done = replace(versions, loaded=within + (np.arange(2 * count) % 2).astype("timedelta64[D]"))
    finding = run(done, brief)
    assert finding.state is State.NOT_APPLICABLE
    assert "None of the 144 numbers" in finding.says


def test_only_what_lies_under_the_target_is_looked_at():
    versions, brief = _world(seed(6), over=0.5, since=date(2019, 1, 1))
    whole = run(*_world(seed(6), over=0.5))
    half = run(versions, brief)
    assert half.data["near_misses"] < 0.7 * whole.data["near_misses"]


def test_thin_and_unchanged_data_are_no_answer_and_no_exception():
    same = np.full((10, 12), 99.0)
    assert run(*versions_specimen(same, same, target=100.0, smallest_effect=0.1)).state is State.NOT_APPLICABLE
    nothing = np.full((10, 12), np.nan)
    assert run(*versions_specimen(nothing, nothing, target=100.0, smallest_effect=0.1)).state is State.NOT_APPLICABLE
    assert run(*versions_specimen(same, same, target=np.nan, smallest_effect=0.1)).state is State.NOT_APPLICABLE
    few = run(*_world(seed(7), units=4, periods=6))
    assert few.state is State.INCONCLUSIVE
    assert few.effect is None
    assert "20 first reports" in few.needed
    moved = run(*versions_specimen(same, same + 2, target=100.0, smallest_effect=0.1))
    assert moved.state is State.INCONCLUSIVE
    assert moved.effect is None
