"""Two-way effects, neighbours, numbering and jackknifed ratios, against dense least squares and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.stats.jackknifed import jackknifed
from pitprop.stats.neighbours import neighbours
from pitprop.stats.numbered import numbered
from pitprop.stats.swept import swept


def cells(seed: int, share: float):
    rng = np.random.default_rng(seed)
    unit, period = np.divmod(np.arange(7 * 9), 9)
    keep = rng.random(63) < share
    y = rng.standard_normal((63, 2)) + unit[:, None] + 3 * np.sin(period)[:, None]
    return y[keep], unit[keep], period[keep]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 0.8, 0.5]))
def test_residuals_are_those_of_dummies_by_dense_least_squares(seed, share):
    y, unit, period = cells(seed, share)
    dummies = np.column_stack([unit[:, None] == np.arange(7), period[:, None] == np.arange(9)]).astype(float)
    expected = y - dummies @ np.linalg.lstsq(dummies, y, rcond=None)[0]
    assert swept(y, unit=unit, period=period).residual == pytest.approx(expected, abs=1e-9)


def test_levels_differ_as_units_do_whatever_periods_they_were_there_in():
    unit, period = np.divmod(np.arange(40), 10)
    keep = (unit > 0) | (period < 5)
    y = (2.0 * unit + 100.0 * period)[keep]
    found = swept(y[:, None], unit=unit[keep], period=period[keep])
    assert np.diff(found.level[:, 0]) == pytest.approx([2.0, 2.0, 2.0])
    assert found.df == keep.sum() - 4 - 10 + 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-50, 10**6), min_size=1, max_size=40))
def test_numbering_is_that_of_unique(labels):
    a = np.array(labels)
    distinct, index = numbered(a)
    expected, inverse = np.unique(a, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert index.tolist() == inverse.tolist()


def test_neighbours_stay_within_the_unit_and_know_gaps():
    unit = np.array([0, 0, 0, 0, 1, 1])
    time = np.array([0, 1, 2, 5, 6, 7])
    value = np.array([1.0, 2.0, 4.0, 8.0, 16.0, np.nan])
    out = neighbours(value, unit, time)
    assert out[:3].tolist() == [2.0, 2.5, 2.0]
    assert np.isnan(out[3])
    assert np.isnan(out[4])
    assert out[5] == 16.0


def test_neighbours_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(0)
    unit, time = np.divmod(np.arange(30), 10)
    value, order = rng.standard_normal(30), rng.permutation(30)
    assert neighbours(value[order], unit[order], time[order]) == pytest.approx(neighbours(value, unit, time)[order])


def test_a_jackknifed_ratio_of_means_has_the_delta_methods_error():
    rng = np.random.default_rng(2)
    x, y = 5 + rng.standard_normal(400), 10 + rng.standard_normal(400)
    without = [(a.sum() - a) / 399 for a in (x, y)]
    ratio = jackknifed(x.mean(), y.mean(), without[0], without[1], df=399)
    error = np.std((x - 0.5 * y) / y.mean()) / 20
    low, high = ratio.interval
    assert ratio.value == pytest.approx(0.5, abs=0.02)
    assert (high - low) / 2 == pytest.approx(1.966 * error, rel=0.02)
    assert ratio.p_at_least(ratio.value) == pytest.approx(0.5)
    assert ratio.p_at_least(high) == pytest.approx(0.025, abs=1e-6)
    assert ratio.p_at_most(low) == pytest.approx(0.025, abs=1e-6)


def test_a_denominator_that_may_be_nothing_gives_no_interval():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal(50), rng.standard_normal(50)
    without = [(a.sum() - a) / 49 for a in (x, y)]
    assert jackknifed(x.mean(), y.mean(), without[0], without[1], df=49).interval is None
