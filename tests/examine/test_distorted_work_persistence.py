from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.examine.distorted_work.persistence import _world, run
from pitprop.examine.figure import Intervals
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import measure, panel_specimen


def seed(n):
    return np.random.default_rng(n)


def told(finding):
    return (finding.effect, *finding.interval, finding.p_value)


def pushed(s, **changes):
    return _world(seed(s), **{"spikes": 0.125, "height": 5.0, "since": 16, **changes})


def test_the_finding_holds_the_numbers_that_it_tells():
    finding = run(*pushed(1))
    assert finding.state is State.SUSPECT
    parts = [
        finding.data[side][name]["estimate"]
        for side in ("under", "without")
        for name in ("gains_lost", "losses_recovered")
    ]
    assert finding.effect == pytest.approx(parts[0] - parts[1] - parts[2] + parts[3], abs=1e-12)
    assert f"{parts[0]:.0%} of a large gain" in finding.says
    assert finding.data["rise_and_fall"]["share_above"] > finding.data["rise_and_fall"]["expected"]
    assert 0.3 < finding.data["lost_by_chance_if_normal"] < 0.6
    assert isinstance(finding.figure, Intervals)
    assert finding.grade == "C"


def test_time_before_and_units_without_the_target_together_make_a_better_grade():
    finding = run(*pushed(2, units=60, exempt=24))
    assert finding.data["compared_with"] == ["the same units without the target", "units under no target"]
    assert finding.grade == "B"


def test_regression_to_the_mean_alone_is_no_suspicion():
    states = [run(*_world(seed(s), since=16)).state for s in range(25)]
    assert states.count(State.SUSPECT) <= 1


def test_more_noise_under_the_target_is_no_suspicion():
    states = [run(*_world(seed(s), since=16, noisier=2.0)).state for s in range(25)]
    assert states.count(State.SUSPECT) <= 1


def test_the_unit_the_order_the_names_and_the_side_do_not_matter():
    panel, brief = pushed(3)
    first = run(panel, brief)
    value = panel.metric.value.reshape(40, -1)
    order = seed(4).permutation(40)
    mirrored = brief.metric.model_copy(
        update={
            "improvement_direction": "decrease",
            "targets": (Target(op="lte", value=1.0, since=brief.metric.targets[0].since),),
        }
    )
    for other, declared in (
        (replace(panel, metric=measure(1000 * value)), brief),
        (replace(panel, metric=measure(value[order])), brief),
        (replace(panel, entities=tuple(f"z{e}" for e in panel.entities)), brief),
        (replace(panel, metric=measure(-value)), replace(brief, metric=mirrored)),
    ):
        again = run(other, declared)
        assert again.state is first.state
        assert told(again) == pytest.approx(told(first), abs=1e-9)


def test_a_shock_to_all_units_is_no_gain_of_theirs():
    panel, brief = pushed(5)
    shocks = 50 * seed(6).standard_normal(36)
    again = run(replace(panel, metric=measure(panel.metric.value.reshape(40, -1) + shocks)), brief)
    assert told(again) == pytest.approx(told(run(panel, brief)), abs=1e-9)


def test_without_a_time_before_it_says_what_to_declare():
    panel, brief = panel_specimen(metric=seed(7).normal(100, 5, (40, 24)), others={}, since=0, smallest_effect=0.1)
    finding = run(panel, brief)
    assert finding.state is State.NOT_APPLICABLE
    assert "since" in finding.needed


def test_constant_single_and_tiny_data_are_no_answer_and_no_exception():
    for values, since in (
        (np.full((20, 24), 7.0), 12),
        (seed(8).normal(100, 5, (1, 48)), 24),
        (seed(8).normal(100, 5, (20, 4)), 2),
        (seed(8).normal(100, 5, (20, 1)), 0),
        (np.full((20, 24), np.nan), 12),
    ):
        finding = run(*panel_specimen(metric=values, others={}, since=since, smallest_effect=0.1))
        assert finding.state is State.NOT_APPLICABLE
        assert finding.effect is None


def test_units_that_come_and_go_are_counted_where_three_periods_follow_one_another():
    panel, brief = pushed(9)
    value = panel.metric.value.reshape(40, -1).copy()
    value[:, ::3] = np.nan
    assert run(replace(panel, metric=measure(value)), brief).state is State.NOT_APPLICABLE
    value = panel.metric.value.reshape(40, -1).copy()
    value[seed(10).random(value.shape) < 0.15] = np.nan
    finding = run(replace(panel, metric=measure(value)), brief)
    assert finding.effect is not None
    assert finding.grade == "D"
