"""Averages against the noise of their rows: exact where nothing is missing, right on average where rows are odd."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import chi2

from pitprop.stats.steadiness import nearness, steadiness


def cells(units: int, periods: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)


def test_of_one_unit_with_known_noise_it_is_the_chi_square_of_its_deviations() -> None:
    """sum (x - mean)^2 / noise on n - 1 degrees of freedom; tolerance 1e-9."""
    value = np.random.default_rng(1).normal(5, 2, 30)
    zero = np.zeros(30, dtype=np.int64)
    found = steadiness(value=value, noise=np.full(30, 4.0), unit=zero, period=np.arange(30), window=zero)
    assert found is not None
    assert (found.statistic, found.df) == pytest.approx((((value - value.mean()) ** 2).sum() / 4, 29), rel=1e-9)
    assert found.p_low == pytest.approx(chi2.cdf(found.statistic, 29), rel=1e-9)


def test_residuals_are_those_of_weighted_least_squares_with_gaps_too() -> None:
    """statsmodels WLS with unit and period effects, tolerance 1e-8; degrees of freedom within 2 %."""
    rng = np.random.default_rng(2)
    unit, period = cells(9, 6)
    own = np.exp(rng.normal(0, 0.5, 9))
    for there in (np.ones(54, dtype=bool), rng.random(54) < 0.8):
        u, t = unit[there], period[there]
        y, noise = rng.normal(10 + u, 1 + 0.1 * t), own[u]
        found = steadiness(value=y, noise=noise, unit=u, period=t, window=np.zeros(len(u), dtype=np.int64))
        design = np.column_stack([np.eye(9)[u], np.eye(6)[t][:, 1:]])
        fitted = sm.WLS(y, design, weights=1 / noise).fit()
        assert found is not None
        assert found.df == pytest.approx(fitted.df_resid, rel=0.02)
        assert found.index == pytest.approx((fitted.resid**2 / noise).sum() / fitted.df_resid, rel=1e-8)


@pytest.mark.parametrize("rows", ["normal", "lognormal"])
@pytest.mark.parametrize(("units", "n", "missing"), [(40, 30, 0.0), (20, 8, 0.15)])
def test_independent_rows_have_an_index_of_one_and_do_not_look_steadier(
    rows: str, units: int, n: int, missing: float
) -> None:
    """300 draws, months of unequal spread; mean from 1 to 1.05 within 4 standard errors, at most 5 % below."""
    rng = np.random.default_rng(3)
    unit, period = cells(units, 12)
    index, low = [], 0
    for _ in range(300):
        there = rng.random(len(unit)) >= missing
        drawn = rng.standard_normal((len(unit), n))
        drawn = drawn if rows == "normal" else np.exp(drawn) - np.exp(0.5)
        drawn *= np.exp(rng.normal(0, 0.5, units)[unit] + 0.3 * (period % 2))[:, None]
        found = steadiness(
            value=(drawn.mean(axis=1) + 10 * rng.normal(0, 1, units)[unit] + rng.normal(0, 1, 12)[period])[there],
            noise=(drawn.var(axis=1, ddof=1) / n)[there],
            unit=unit[there],
            period=period[there],
            window=period[there] // 6,
        )
        assert found is not None
        index.append(found.index)
        low += found.interval()[1] < 1
    error = 4 * float(np.std(index)) / 300**0.5
    assert 1 - error < np.mean(index) < 1.05 + error
    assert low <= 15


def test_a_fixed_mix_of_unlike_rows_is_steadier_than_its_rows() -> None:
    """Two strata four apart, half of the rows each: variance 1 within, 1 + 4 in all; index 1/5 but for n/(n-1)."""
    rng = np.random.default_rng(4)
    unit, period = cells(100, 12)
    drawn = rng.standard_normal((1200, 20)) + np.repeat([-2.0, 2.0], 10)
    found = steadiness(
        value=drawn.mean(axis=1), noise=drawn.var(axis=1, ddof=1) / 20, unit=unit, period=period, window=period // 6
    )
    assert found is not None
    assert found.index == pytest.approx(1 / (1 + 4 * 20 / 19), abs=4 * 0.2 * (2 / 990) ** 0.5)


def test_distance_from_a_target_is_one_where_it_is_just_kept_and_less_where_it_is_written_to() -> None:
    rng = np.random.default_rng(5)
    unit, _ = cells(50, 12)
    own = np.exp(rng.normal(0, 0.5, 50))[unit]
    error = rng.standard_normal(600) * own**0.5
    target = np.full(600, 7.0)
    kept = nearness(value=target + error, target=target, noise=own, unit=unit)
    written = nearness(value=target + 0.5 * error, target=target, noise=own, unit=unit)
    assert kept is not None
    assert written is not None
    assert kept.index == pytest.approx((error**2 / own).mean(), rel=1e-9)
    assert written.index == pytest.approx(kept.index / 4, rel=1e-9)
    assert written.p_low < 1e-9 < 0.01 < kept.p_low


def test_without_noise_or_neighbours_there_is_no_answer() -> None:
    unit, period = cells(4, 6)
    window = np.zeros(24, dtype=np.int64)
    value = np.arange(24.0)
    assert steadiness(value=value, noise=np.zeros(24), unit=unit, period=period, window=window) is None
    assert steadiness(value=value, noise=np.ones(24), unit=unit, period=period, window=period) is None
    nothing = np.zeros(0, dtype=np.int64)
    empty = np.zeros(0)
    assert steadiness(value=empty, noise=empty, unit=nothing, period=nothing, window=nothing) is None
    assert nearness(value=value, target=value, noise=np.zeros(24), unit=unit) is None
    assert nearness(value=empty, target=empty, noise=empty, unit=nothing) is None
