from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.digest.profile import Profile
from pitprop.examine.distorted_data.storming import _world, run
from pitprop.examine.figure import Series
from pitprop.examine.finding import State
from pitprop.examine.profile_specimen import calendar, profile_specimen


def seed(n):
    return np.random.default_rng(n)


def take(profile, order):
    arrays = {name: getattr(profile, name)[order] for name in ("period", "day", "length", "n", "x", "xx")}
    return replace(profile, **arrays)


def test_the_finding_holds_the_numbers_that_it_tells():
    finding = run(*_world(seed(1), excess=0.5, hole=1.0))
    assert finding.state is State.SUSPECT
    assert finding.interval[0] > finding.beyond == 0.1
    assert finding.data["values"] == "daily totals"
    assert finding.data["last_days"] == 3
    assert finding.data["storming_index"] == pytest.approx(1.55, abs=0.15)
    assert finding.data["payback"]["estimate"] == pytest.approx(1.0, abs=0.35)
    assert f"{finding.data['last']['estimate']:.0%} more" in finding.says
    assert isinstance(finding.figure, Series)
    assert finding.grade == "D"


def test_what_the_untargeted_series_do_as_well_is_no_suspicion():
    states = [run(*_world(seed(s), month_end=0.8, placebo=True)).state for s in range(10)]
    assert State.SUSPECT not in states
    alone = run(*_world(seed(1), excess=0.5, placebo=True))
    assert alone.state is State.SUSPECT
    assert alone.grade == "B"
    assert any("coal_delivered" in text for text in alone.ruled_out)


def test_a_rhythm_of_the_time_before_clears_the_target():
    states = [run(*_world(seed(s), month_end=0.4, since=date(2019, 7, 1), noise=0.05)).state for s in range(10)]
    assert states.count(State.CLEAR) >= 8
    assert State.SUSPECT not in states


def test_a_declared_pay_day_is_believed_where_nothing_can_be_compared():
    finding = run(*_world(seed(2), excess=0.6, hole=1.0, alternatives=("payday",)))
    assert finding.state is State.INCONCLUSIVE
    assert "payday" in finding.says
    assert finding.needed.startswith("A comparison")


def test_an_excess_without_a_hole_is_not_enough_where_nothing_can_be_compared():
    states = [run(*_world(seed(s), excess=0.6)).state for s in range(20)]
    assert states.count(State.INCONCLUSIVE) >= 18


def test_the_unit_the_order_and_the_side_of_zero_do_not_matter():
    profile, brief = _world(seed(3), excess=0.3, hole=0.5, rho=0.3)
    first = run(profile, brief)
    mirrored = replace(brief, metric=brief.metric.model_copy(update={"improvement_direction": "decrease"}))
    for other, told in (
        (take(profile, seed(4).permutation(len(profile.x))), brief),
        (replace(profile, x=1000 * profile.x, xx=1e6 * profile.xx), brief),
        (replace(profile, x=-profile.x), mirrored),
        (replace(profile, x=profile.x - 7.0 * profile.n, pivot=7.0), brief),
    ):
        again = run(other, told)
        assert again.state is first.state
        assert (again.effect, *again.interval, again.p_value) == pytest.approx(
            (first.effect, *first.interval, first.p_value), abs=1e-9
        )


def test_fewer_complaints_at_the_end_are_what_a_falling_number_would_show():
    profile, brief = _world(seed(5), excess=-0.4, hole=1.0)
    falling = replace(brief, metric=brief.metric.model_copy(update={"improvement_direction": "decrease"}))
    assert run(profile, brief).state is State.CLEAR
    finding = run(profile, falling)
    assert finding.state is State.SUSPECT
    assert "less is recorded" in finding.says


def test_of_averages_it_looks_at_when_work_is_recorded():
    profile, brief = _world(seed(6))
    late = np.where(profile.day >= profile.length - 3, 2, 1)
    late = np.where((profile.day < 3) & (profile.period > profile.period[0]), 0.2, late)
    piled = replace(profile, n=np.round(50 * late * seed(7).uniform(0.8, 1.2, len(late))).astype(np.int64))
    finding = run(piled, replace(brief, metric=brief.metric.model_copy(update={"agg": "average"})))
    assert finding.data["values"] == "rows a day"
    assert finding.state is State.SUSPECT


@pytest.mark.parametrize(("granularity", "word"), [("day", "is a day"), ("week", "weekday"), ("year", "season")])
def test_where_position_and_calendar_are_one_it_does_not_answer(granularity, word):
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2026-01-01"))
    profile, brief = profile_specimen(days, seed(8).gamma(9, 10, len(days)), smallest_effect=0.1, granularity="year")
    if granularity != "year":
        start = days - ((days.astype(np.int64) + 3) % 7 if granularity == "week" else 0)
        length = np.full(len(days), 7 if granularity == "week" else 1)
        profile = replace(
            profile, granularity=granularity, period=start, day=(days - start).astype(np.int64), length=length
        )
    finding = run(profile, brief)
    assert finding.state is State.NOT_APPLICABLE
    assert word in finding.says


def test_a_week_with_an_untargeted_series_is_answered():
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2019-01-07"))
    rng = seed(9)
    friday = 1 + 0.8 * ((days.astype(np.int64) + 3) % 7 == 6)
    made = rng.gamma(50, 2, len(days)) * friday
    profile, brief = profile_specimen(days, made, smallest_effect=0.1, placebo={"visits": rng.gamma(50, 2, len(days))})
    start = days - (days.astype(np.int64) + 3) % 7
    week = {"granularity": "week", "period": start, "day": (days - start).astype(np.int64)}
    week["length"] = np.full(len(days), 7)
    other = replace(profile.placebo["visits"], **week)
    finding = run(replace(profile, placebo={"visits": other}, **week), brief)
    assert finding.state is State.SUSPECT
    assert finding.effect == pytest.approx(0.8, abs=0.1)


def test_thin_constant_and_mixed_data_are_no_answer_and_no_exception():
    days = calendar(24)
    empty = take(profile_specimen(days, np.ones(len(days)), smallest_effect=0.1)[0], np.arange(0))
    brief = _world(seed(1))[1]
    assert isinstance(empty, Profile)
    assert run(empty, brief).state is State.NOT_APPLICABLE
    few = profile_specimen(calendar(4), np.ones(len(calendar(4))), smallest_effect=0.1)
    assert run(*few).state is State.NOT_APPLICABLE
    same = run(*profile_specimen(days, np.ones(len(days)), smallest_effect=0.1))
    assert same.state is State.INCONCLUSIVE
    assert same.effect is None
    signs = np.where(days.astype("datetime64[M]").astype(int) % 2, 1.0, -1.0)
    mixed = run(*profile_specimen(days, signs, smallest_effect=0.1))
    assert mixed.state is State.NOT_APPLICABLE
    assert "one sign" in mixed.says


def test_a_target_that_begins_within_a_month_leaves_that_month_out():
    profile, brief = _world(seed(10), since=date(2019, 7, 15))
    assert brief.metric.targets[0] == Target(op="gte", value=1.0, since=date(2019, 7, 15), stakes="bonus")
    assert run(profile, brief).data["periods"] == 17
