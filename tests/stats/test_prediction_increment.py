"""The gain of a forecast: closed forms, coverage, and how often it says yes or no wrongly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from pitprop.stats.increment import increment
from pitprop.stats.prediction import Forecasts, forecasts


def errors(u, v, e=None, *, unit=None, time=None, within=True):
    n = len(u)
    return Forecasts(
        total=2 * u,
        u=u,
        v=v.reshape(n, -1),
        e=u if e is None else e,
        unit=np.arange(n) if unit is None else unit,
        time=np.zeros(n, int) if time is None else time,
        slopes=(1.0,) * v.reshape(n, -1).shape[1],
        units=n,
        usable=n,
        left_out=0,
        far=0.0,
        within=within,
        held_out=unit is None or len(np.unique(unit)) >= 10,
        season=False,
    )


def pair(rng, n, r):
    v = rng.standard_normal(n)
    return r * v + np.sqrt(1 - r * r) * rng.standard_normal(n), v


def test_gain_and_shares_are_ratios_of_sums_of_squares():
    rng = np.random.default_rng(1)
    u, v = pair(rng, 500, 0.5)
    e = u - 0.4 * v
    found = increment(errors(u, v, e))
    assert found.gain == pytest.approx(1 - (e @ e) / (u @ u), rel=1e-12)
    assert found.baseline == pytest.approx(0.75, rel=1e-12)
    assert found.full == pytest.approx(1 - (e @ e) / (4 * u @ u), rel=1e-12)
    assert found.correlations[0] == pytest.approx((u @ v) / np.sqrt((u @ u) * (v @ v)), rel=1e-12)


def test_with_two_parts_the_correlations_add_up_to_the_multiple_r_squared():
    rng = np.random.default_rng(2)
    v = rng.standard_normal((400, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    u = v @ np.array([0.3, -0.4]) + rng.standard_normal(400)
    rest = u - v @ np.linalg.lstsq(v, u, rcond=None)[0]
    found = increment(errors(u, v, u - v @ np.array([0.3, -0.4])))
    assert sum(c**2 for c in found.correlations) == pytest.approx(1 - (rest @ rest) / (u @ u), rel=1e-9)


def test_the_error_on_fishers_scale_is_that_of_a_correlation():
    u, v = pair(np.random.default_rng(3), 4000, 0.0)
    assert increment(errors(u, v)).error == pytest.approx(1 / np.sqrt(4000), rel=0.05)


def test_clark_and_west_is_a_t_test_of_the_adjusted_loss_difference():
    rng = np.random.default_rng(4)
    u, v = pair(rng, 300, 0.1)
    e = u - 0.2 * v
    found = increment(errors(u, v, e))
    adjusted = u**2 - (e**2 - (0.2 * v) ** 2)
    t = adjusted.mean() / (adjusted.std(ddof=1) / np.sqrt(300))
    a = (u * v) ** 2
    assert found.p_none == pytest.approx(student.sf(t, a.sum() ** 2 / (a**2).sum() - 1), rel=1e-9)


def test_the_p_value_agrees_with_the_upper_end():
    rng = np.random.default_rng(5)
    for n in (300, 800, 3000):
        found = increment(errors(*pair(rng, n, 0.03)))
        assert (found.interval[1] < 0.02) == (found.p_not_below < 0.025)


def test_fewer_than_five_clusters_give_none():
    u, v = pair(np.random.default_rng(6), 100, 0.5)
    assert increment(errors(u, v, unit=np.arange(100) // 25, within=True)) is None


def test_a_gain_that_matters_is_hardly_ever_called_nothing_nor_nothing_a_gain():
    rng, draws = np.random.default_rng(7), 400
    missed = shown = covered = 0
    for _ in range(draws):
        found = increment(errors(*pair(rng, 600, np.sqrt(0.02))))
        missed += found.interval[1] < 0.02
        covered += found.interval[0] <= 0.02 <= found.interval[1]
        u, v = pair(rng, 600, 0.0)
        shown += increment(errors(u, v, u - 0.05 * v)).interval[0] > 0.02
    assert missed <= 18
    assert shown <= 18
    assert covered >= 372


def test_clusters_that_share_their_errors_widen_the_interval():
    rng = np.random.default_rng(8)
    u, v = pair(rng, 100, 0.2)
    unit = np.repeat(np.arange(100), 9)
    copied = increment(errors(np.repeat(u, 9), np.repeat(v, 9), unit=unit))
    naive = increment(errors(np.repeat(u, 9), np.repeat(v, 9)))
    assert copied.error == pytest.approx(3 * naive.error, rel=0.15)
    assert naive.interval[1] < copied.interval[1] - 0.03


@pytest.mark.parametrize(("units", "periods"), [(40, 24), (6, 60)])
def test_unrelated_series_with_memory_and_season_show_no_value(units, periods):
    rng, shown, spurious = np.random.default_rng(9), 0, 0
    season = np.sin(2 * np.pi * np.arange(periods) / 12)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)

    def walk():
        steps = rng.standard_normal((units, periods))
        for t in range(1, periods):
            steps[:, t] = 0.8 * steps[:, t - 1] + 0.6 * steps[:, t]
        return (steps + season + rng.standard_normal((units, 1))).ravel()

    draws = 100
    for _ in range(draws):
        found = increment(forecasts(walk(), walk(), unit, time, lag=1, cycle=12), lag=1)
        shown += found.interval[0] > 0.02
        spurious += found.p_none < 0.05
    assert shown <= 2
    assert spurious <= 14
