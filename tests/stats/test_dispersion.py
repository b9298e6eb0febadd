"""Fisher's index of dispersion: published values, independent programs, and its distribution by chance."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import chi2, chi2_contingency

from pitprop.stats.dispersion import Dispersion, dispersion, index_of_dispersion


def test_mendels_results_are_too_good() -> None:
    """Fisher 1936: 41.6056 on 84 degrees of freedom; lower tail 2.873e-5 (four digits)."""
    mendel = Dispersion(statistic=41.6056, df=84, units=1, unit_se=0.0)
    assert mendel.p_low == pytest.approx(2.873e-5, abs=5e-9)
    assert mendel.interval() == pytest.approx((41.6056 / chi2.ppf(0.975, 84), 41.6056 / chi2.ppf(0.025, 84)), rel=1e-9)


def test_deaths_by_horse_kicks_are_as_uneven_as_chance() -> None:
    """Bortkiewicz 1898: 109, 65, 22, 3, 1 corps-years with 0 to 4 deaths; D = 199.3115 on 199, lower tail .5196."""
    found = index_of_dispersion(np.repeat(np.arange(5.0), [109, 65, 22, 3, 1]))
    assert found.statistic == pytest.approx(199.3115, abs=5e-5)
    assert (found.df, found.p_low) == (199, pytest.approx(0.5196, abs=5e-5))


def grid(units: int, periods: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)


def test_a_full_window_is_the_chi_square_of_its_table() -> None:
    counts = np.random.default_rng(1).poisson(8, (7, 6)).astype(float)
    unit, period = grid(7, 6)
    found = dispersion(k=counts.ravel(), unit=unit, period=period, window=np.zeros(42, dtype=np.int64))
    assert found is not None
    expected = chi2_contingency(counts, correction=False)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.df == expected.dof


def test_so_many_of_so_many_in_one_unit_is_the_chi_square_of_two_rows() -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(30, 90, 8)
    k = rng.binomial(n, 0.3)
    found = dispersion(
        k=k.astype(float),
        of=n.astype(float),
        unit=np.zeros(8, dtype=np.int64),
        period=np.arange(8),
        window=np.zeros(8, dtype=np.int64),
    )
    assert found is not None
    assert found.statistic == pytest.approx(chi2_contingency([k, n - k], correction=False).statistic, rel=1e-9)
    assert found.df == 7


def test_with_gaps_it_is_pearsons_statistic_of_a_poisson_regression() -> None:
    """statsmodels GLM with unit and period effects; tolerance 1e-6."""
    rng = np.random.default_rng(3)
    unit, period = grid(12, 6)
    there = rng.random(72) > 0.2
    k, unit, period = rng.poisson(6 + unit[there]).astype(float), unit[there], period[there]
    found = dispersion(k=k, unit=unit, period=period, window=np.zeros(len(k), dtype=np.int64))
    design = np.column_stack([np.eye(12)[unit], np.eye(6)[period][:, 1:]])
    fitted = sm.GLM(k, design, family=sm.families.Poisson()).fit()
    assert found is not None
    assert found.statistic == pytest.approx(fitted.pearson_chi2, rel=1e-6)
    assert found.df == fitted.df_resid


@pytest.mark.parametrize(("units", "mean", "missing"), [(40, 20, 0), (40, 0.7, 0), (12, 8, 0.1), (1, 30, 0)])
def test_chance_alone_has_an_index_of_one(units: int, mean: float, missing: float) -> None:
    """400 draws; mean within 4 standard errors and 1 %, at most 7.5 % below the lowest twentieth."""
    rng = np.random.default_rng(4)
    unit, period = grid(units, 24)
    index, low = [], 0
    for _ in range(400):
        there = rng.random(len(unit)) >= missing
        k = rng.poisson(mean * np.exp(rng.normal(0, 0.5, units))[unit]).astype(float)[there]
        found = dispersion(k=k, unit=unit[there], period=period[there], window=period[there] // 6)
        assert found is not None
        index.append(found.index)
        low += found.p_low < 0.05
    assert np.mean(index) == pytest.approx(1, abs=0.01 + 4 * np.std(index) / 20)
    assert low <= 30


def test_a_common_season_is_taken_out_at_no_cost() -> None:
    rng = np.random.default_rng(5)
    unit, period = grid(40, 24)
    rates = 50 * np.exp(0.5 * np.sin(2 * np.pi * period / 12))
    found = dispersion(k=rng.poisson(rates).astype(float), unit=unit, period=period, window=period // 6)
    assert found is not None
    assert found.index == pytest.approx(1, abs=4 * (2 / found.df) ** 0.5)


def test_what_is_missing_of_the_variance_is_found_back() -> None:
    rng = np.random.default_rng(6)
    unit, period = grid(200, 24)
    k = np.round(400 + 0.5 * (rng.poisson(400, len(unit)) - 400.0))
    found = dispersion(k=k, unit=unit, period=period, window=period // 6)
    assert found is not None
    assert found.index == pytest.approx(0.25, abs=0.02)
    assert found.quiet > 0.5 * found.windows


def test_nothing_to_count_gives_no_answer() -> None:
    zeros = np.zeros(12)
    assert dispersion(k=zeros, unit=np.arange(12) // 6, period=np.arange(12) % 6, window=np.zeros(12, int)) is None
    one = np.ones(1)
    assert dispersion(k=one, unit=np.zeros(1, int), period=np.zeros(1, int), window=np.zeros(1, int)) is None
