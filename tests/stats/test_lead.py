import numpy as np
import pytest
import statsmodels.api as sm

from pitprop.stats.lead import MANY_CLUSTERS, cluster_slopes, lead_given_back, target_setting


def panel(seed, units=50, periods=9):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), periods)
    x = rng.standard_normal((len(unit), 2)) + 0.3 * unit[:, None] / units
    z = rng.standard_normal((len(unit), 3))
    own = rng.standard_normal(units)[unit]
    y = 0.5 * x[:, 0] - 0.2 * x[:, 1] + z @ [1.0, 0.0, 0.3] + own + rng.standard_normal(len(unit)) * (1 + np.abs(own))
    return y, x, z, unit


@pytest.mark.parametrize("units", [MANY_CLUSTERS - 5, MANY_CLUSTERS + 30])
def test_slopes_are_those_of_a_regression_with_a_dummy_for_each_unit(units):
    """Oracle: statsmodels OLS, tolerance 1e-9; with many clusters also its clustered errors, tolerance 1e-9."""
    y, x, z, unit = panel(1, units)
    one, two, both = cluster_slopes(
        y=y, columns=x, clusters=unit, contrasts=((1.0, 0.0), (0.0, 1.0), (1.0, -1.0)), nuisance=z
    )
    full = np.column_stack([x, z, np.eye(units)[unit]])
    fitted = sm.OLS(y, full).fit(cov_type="cluster", cov_kwds={"groups": unit})
    assert (one.value, two.value) == pytest.approx(tuple(fitted.params[:2]), abs=1e-9)
    assert both.value == pytest.approx(fitted.params[0] - fitted.params[1], abs=1e-9)
    if units > MANY_CLUSTERS:
        # unit effects lie within the clusters and do not count as parameters in the factor
        factor = ((len(y) - full.shape[1]) / (len(y) - 5)) ** 0.5
        assert (one.se, two.se) == pytest.approx(tuple(fitted.bse[:2] * factor), rel=1e-9)


def test_columns_that_cannot_be_told_apart_have_no_slopes():
    y, x, z, unit = panel(2)
    twice = np.column_stack([x[:, 0], 2 * x[:, 0]])
    assert cluster_slopes(y=y, columns=twice, clusters=unit, contrasts=((1.0, 0.0),), nuisance=z) is None
    constant = np.column_stack([x[:, 0], unit.astype(float)])
    assert cluster_slopes(y=y, columns=constant, clusters=unit, contrasts=((1.0, 0.0),), nuisance=z) is None
    few = unit < 3
    assert cluster_slopes(y=y[few], columns=x[few], clusters=unit[few], contrasts=((1.0, 0.0),), nuisance=None) is None


def test_the_share_of_a_lead_that_is_given_back_is_found_exactly_where_nothing_else_happens():
    """No noise: 0.4 of each lead, beside levels of units, effects of periods and a slope of its own at each place."""
    rng = np.random.default_rng(3)
    unit, time = np.repeat(np.arange(40), 12), np.tile(np.arange(12), 40)
    lead = 0.1 * rng.standard_normal(len(unit))
    position = time % 6
    output = 1 + 0.1 * unit + 0.2 * np.sin(time) + 0.3 * position * lead - 0.4 * np.maximum(lead, 0)
    found = lead_given_back(output=output, lead=lead, unit=unit, time=time, position=position)
    assert found.given_back.value == pytest.approx(0.4, abs=1e-9)
    assert found.ahead == pytest.approx((lead > 0).mean())


def test_memory_regression_to_the_mean_and_unit_effects_leave_no_kink():
    """AR(1) of 0.7 and 2 years of each unit: mean over 300 draws within 3 of its standard errors."""
    rng = np.random.default_rng(4)
    values = []
    for _ in range(300):
        e = rng.standard_normal((30, 24))
        for t in range(1, 24):
            e[:, t] = 0.7 * e[:, t - 1] + 0.51**0.5 * e[:, t]
        a = 1 + 0.1 * e.reshape(30, 2, 12) + 0.05 * rng.standard_normal((30, 1, 1))
        before = np.cumsum(a - 1, axis=2) - (a - 1)
        u, y, m = np.nonzero(np.broadcast_to(np.arange(12) >= 6, a.shape))
        lead = (before / (12 - np.arange(12)))[u, y, m]
        found = lead_given_back(output=a[u, y, m], lead=lead, unit=u, time=12 * y + m, position=m)
        values.append(found.given_back.value)
    assert abs(np.mean(values)) < 3 * np.std(values) / 300**0.5


def test_nobody_ahead_is_no_number():
    unit = np.repeat(np.arange(10), 6)
    time = np.tile(np.arange(6), 10)
    same = {"output": np.arange(60.0), "unit": unit, "time": time, "position": time}
    assert lead_given_back(lead=-np.ones(60), **same) is None


def test_a_ratchet_is_found_exactly_where_targets_follow_results_by_rule():
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(20), 10)
    deviation, level = rng.standard_normal((2, 200))
    growth = 0.6 * np.maximum(deviation, 0) + 0.1 * np.minimum(deviation, 0) - 0.2 * level + unit
    found = target_setting(growth=growth, deviation=deviation, level=level, unit=unit)
    assert found.above.value == pytest.approx(0.6, abs=1e-9)
    assert found.below.value == pytest.approx(0.1, abs=1e-9)
    assert found.asymmetry.value == pytest.approx(0.5, abs=1e-9)


def test_targets_that_scatter_by_themselves_are_no_ratchet():
    """Targets drawn anew each period: high ones are missed and followed by lower ones, which the level takes up."""
    rng = np.random.default_rng(6)
    values = []
    for _ in range(200):
        target, output = rng.standard_normal((2, 40, 25))
        found = target_setting(
            growth=np.diff(target, axis=1).ravel(),
            deviation=(output - target)[:, :-1].ravel(),
            level=target[:, :-1].ravel(),
            unit=np.repeat(np.arange(40), 24),
        )
        values.append(found.above.value)
    assert abs(np.mean(values)) < 0.02
