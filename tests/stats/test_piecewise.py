"""Slopes below and above a knot, against statsmodels and in worlds with a known bend."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from pitprop.stats.piecewise import bend


def panel(seed: int, *, above: float = 1.0, noise: float = 0.0, units: int = 200, periods: int = 20):
    """y = unit + 2 x below 1, 2 `above` x beyond; x and a second reading of it with tailed noise."""
    rng = np.random.default_rng(seed)
    unit, period = np.divmod(np.arange(units * periods), periods)
    true = rng.standard_normal(len(unit))
    y = rng.standard_normal(units)[unit] + np.sin(period)
    y = y + 2 * np.minimum(true, 1) + 2 * above * np.maximum(true - 1, 0)
    x = true + noise * rng.standard_t(3, len(unit))
    again = true + 0.7 * rng.standard_normal(len(unit))
    return y + rng.standard_normal(len(unit)), x, again, unit, period


def test_slopes_are_those_of_statsmodels_with_dummies():
    y, x, again, unit, period = panel(1, above=0.4, units=15)
    found = bend(y, x, again, knot=0.8, unit=unit, period=period)
    dummies = np.column_stack([unit[:, None] == np.arange(15), period[:, None] == np.arange(1, 20)]).astype(float)
    fit = sm.OLS(y, np.column_stack([x, np.maximum(x - 0.8, 0), dummies])).fit()
    assert found.below == pytest.approx(fit.params[0], rel=1e-9)
    assert found.above == pytest.approx(fit.params[0] + fit.params[1], rel=1e-9)


def test_errors_are_those_of_a_jackknife_by_unit():
    """Against statsmodels' CR errors: within a few per cent with 200 units."""
    y, x, again, unit, period = panel(2, above=0.4)
    found = bend(y, x, again, knot=1.0, unit=unit, period=period)
    dummies = np.column_stack([unit[:, None] == np.arange(200), period[:, None] == np.arange(1, 20)]).astype(float)
    columns = np.column_stack([x, np.maximum(x - 1.0, 0), dummies])
    fit = sm.OLS(y, columns).fit(cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False})
    assert found.se_below == pytest.approx(fit.bse[0], rel=0.03)
    v = fit.cov_params()[:2, :2]
    assert found.se_above == pytest.approx(v.sum() ** 0.5, rel=0.03)


def test_a_straight_line_has_a_ratio_of_one_and_a_bent_one_that_of_its_slopes():
    straight, bent = (bend(*panel(3, above=a)[:3], knot=1.0, **labels(panel(3))) for a in (1.0, 0.25))
    assert straight.plain.value == pytest.approx(1.0, abs=0.1)
    assert bent.plain.value == pytest.approx(0.25, abs=0.1)


def test_noise_with_tails_bends_a_straight_line_and_a_second_reading_straightens_it():
    ratios = []
    for seed in range(8):
        y, x, again, unit, period = panel(seed, noise=0.8, units=400)
        found = bend(y, x, again, knot=float(np.quantile(x, 0.9)), unit=unit, period=period)
        ratios.append((found.plain.value, found.repeated.value))
    plain, repeated = np.mean(ratios, axis=0)
    assert plain < 0.45
    assert repeated == pytest.approx(1.0, abs=0.1)


def labels(made):
    return {"unit": made[3], "period": made[4]}


def test_units_of_measurement_and_order_of_rows_change_nothing():
    y, x, again, unit, period = panel(5, above=0.5, units=30)
    one = bend(y, x, again, knot=1.0, unit=unit, period=period)
    order = np.random.default_rng(0).permutation(len(y))
    two = bend(
        y[order] * 1000, x[order] * 1000 + 7e3, again[order] * 3, knot=8e3, unit=99 - unit[order], period=period[order]
    )
    assert two.plain.value == pytest.approx(one.plain.value, rel=1e-9)
    assert two.repeated.interval == pytest.approx(one.repeated.interval, rel=1e-8)
    assert two.below == pytest.approx(one.below, rel=1e-9)


def test_nothing_above_the_knot_gives_no_answer():
    y, x, again, unit, period = panel(6, units=20)
    assert bend(y, x, again, knot=1e3, unit=unit, period=period) is None
