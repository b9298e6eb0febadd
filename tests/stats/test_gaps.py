"""Gaps against hand counts, Wilson's interval and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from pitprop.stats.gaps import beside_gaps, gaps
from pitprop.stats.proportion_difference import score_interval


def found(there, position=None):
    there = np.asarray(there, dtype=bool)
    unit, period = np.nonzero(there)
    position = np.zeros(there.shape[1], dtype=np.int64) if position is None else position
    return gaps(unit=unit, period=period, position=position, units=len(there))


def test_only_what_lies_between_the_first_and_the_last_value_of_a_unit_is_due():
    out = found([[0, 1, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]])
    assert (out.expected, out.missing) == (2 + 4, 1)
    assert np.argwhere(out.beside).tolist() == [[0, 2], [0, 4]]


def test_a_day_of_the_week_on_which_a_unit_never_has_values_is_not_due():
    there = np.tile(np.r_[np.ones(6), 0], 5)[None, :].repeat(3, axis=0)
    there[1, 6::7] = 1  # one unit works on Sundays
    out = found(there, np.arange(35) % 7)
    assert out.missing == 0
    assert out.planned == 2 * 4  # the fifth Sunday lies after their last value


def test_the_interval_of_independent_gaps_is_wilsons_up_to_the_quantile():
    rng = np.random.default_rng(5)
    out = found(np.c_[np.ones(3000), rng.random((3000, 2000 // 100)) > 0.1, np.ones(3000)])
    low, high = score_interval(hits=out.missing, n=out.expected)
    # 19 degrees of freedom (periods) in place of the normal law; the design effect is 1 but for chance
    assert out.interval[0] == pytest.approx(low, abs=0.003)
    assert out.interval[1] == pytest.approx(high, abs=0.003)
    assert out.effective == pytest.approx(out.expected, rel=0.35)


def test_units_that_lose_much_or_nothing_widen_the_interval():
    rng = np.random.default_rng(5)
    inner = np.where(np.arange(40)[:, None] < 4, rng.random((40, 20)) > 0.9, True)
    out = found(np.c_[np.ones(40), inner, np.ones(40)])
    low, high = score_interval(hits=out.missing, n=out.expected)
    assert out.interval[1] - out.interval[0] > 3 * (high - low)
    assert out.interval[0] <= out.share <= out.interval[1]


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 9))
def test_due_missing_and_there_add_up_whatever_the_table(seed, units, periods):
    there = np.random.default_rng(seed).random((units, periods)) < 0.6
    out = found(there)
    inner = sum(max(int(np.ptp(np.flatnonzero(r))) - 1, 0) for r in there if r.any())
    assert out.expected == inner
    assert out.missing + int((out.due & out.there).sum()) == out.expected
    assert 0.0 <= out.interval[0] <= out.share + 1e-12
    assert out.share <= out.interval[1] + 1e-12


def test_the_difference_beside_gaps_is_the_regression_within_units_with_clustered_errors():
    rng = np.random.default_rng(1)
    unit, time = np.repeat(np.arange(12), 20), np.tile(np.arange(20), 12)
    beside = rng.random(240) < 0.2
    value = 5 * rng.standard_normal(12)[unit] + rng.standard_normal(240) - 0.7 * beside
    out = beside_gaps(value=value, unit=unit, time=time, beside=beside)
    own = np.eye(12)[unit]
    courses = np.hstack([own, own * time[:, None]])
    left = value - courses @ np.linalg.lstsq(courses, value, rcond=None)[0]
    spread = np.array([(left[unit == u] @ left[unit == u] / 18) ** 0.5 for u in range(12)])
    fit = sm.OLS(np.clip(left / spread[unit], -2, 2), np.column_stack([beside, courses]).astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False}
    )
    assert out.value == pytest.approx(fit.params[0], rel=1e-9)
    assert out.se == pytest.approx(fit.bse[0] * (12 / 11) ** 0.5, rel=1e-9)


def test_a_few_values_beside_gaps_say_nothing():
    unit, time = np.repeat(np.arange(4), 20), np.tile(np.arange(20), 4)
    value = np.random.default_rng(0).standard_normal(80)
    assert beside_gaps(value=value, unit=unit, time=time, beside=np.arange(80) < 9) is None
    assert beside_gaps(value=np.ones(80), unit=unit, time=time, beside=np.arange(80) % 3 == 0) is None
