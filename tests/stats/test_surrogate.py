"""Two stages against statsmodels, and true gains against worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from pitprop.stats.surrogate import TwoStage, gains, two_stage


def trials(seed: int, n: int = 20, size: int = 12):
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(n), rng.integers(4, size, n))
    treated = np.concatenate([np.arange(k) % 2 == 0 for k in np.bincount(trial)])
    effects = rng.multivariate_normal([0, 0, 1, 1], 0.5 * np.eye(4) + 0.5, n)[trial]
    e = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], len(trial))
    z = np.where(treated, 1.0, -1.0)
    return effects[:, 0] + effects[:, 2] * z + e[:, 0], effects[:, 1] + effects[:, 3] * z + e[:, 1], treated, trial


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("model", ["full", "semireduced", "reduced"])
def test_both_stages_are_those_of_statsmodels(model, weighted):
    s, t, treated, trial = trials(1)
    found = two_stage(surrogate=s, true=t, treated=treated, trial=trial, model=model, weighted=weighted)
    own = (trial[:, None] == np.arange(20)).astype(float)
    slopes = own * np.where(treated, 1.0, -1.0)[:, None]
    first = [np.ones((len(s), 1)), slopes] if model == "reduced" else [own, slopes]
    fits = [sm.OLS(y, np.column_stack(first)).fit() for y in (s, t)]
    alpha, beta = (fit.params[-20:] for fit in fits)
    columns = [alpha, fits[0].params[:20]] if model == "full" else [alpha]
    weights = np.bincount(trial) if weighted else np.ones(20)
    second = sm.WLS(beta, sm.add_constant(np.column_stack(columns)), weights=weights).fit()
    assert found.trial == pytest.approx(second.rsquared, rel=1e-9)
    assert found.individual == pytest.approx(np.corrcoef(fits[0].resid, fits[1].resid)[0, 1] ** 2, rel=1e-9)


def test_the_interval_of_the_published_example_follows_from_its_estimate():
    """ARMD, 36 centres, reduced weighted: R2 .6585 (.4695, .8476)."""
    found = TwoStage(trial=0.6585, individual=0.5318, trials=36)
    assert found.trial_interval == pytest.approx((0.4695, 0.8476), abs=1e-4)


def world(seed: int, *, r: float, units: int = 400, periods: int = 16, noise: float = 1.0, memory: float = 0.0):
    """Gains that correlate at `r`, in series with noise that x and y share in part."""
    rng = np.random.default_rng(seed)
    gain = rng.multivariate_normal([1, 1], [[1, r], [r, 1]], units)
    e = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], (units, periods))
    for t in range(1, periods):
        e[:, t] = memory * e[:, t - 1] + (1 - memory**2) ** 0.5 * e[:, t]
    after = np.arange(periods) >= periods // 2
    values = gain[:, None, :] * after[None, :, None] + noise * e + 3 * np.sin(np.arange(periods))[None, :, None]
    unit, time = np.divmod(np.arange(units * periods), periods)
    return {
        "x": values[..., 0].ravel(),
        "y": values[..., 1].ravel(),
        "after": np.tile(after, units),
        "unit": unit,
        "time": time,
    }


@pytest.mark.parametrize(("noise", "memory"), [(0.3, 0.0), (2.0, 0.0), (1.5, 0.4)])
def test_noise_that_both_share_does_not_make_gains_look_related(noise, memory):
    found = gains(**world(2, r=0.3, noise=noise, memory=memory))
    low, high = found.correlation.interval
    assert low < 0.3 < high
    assert found.plain > 0.3


def test_the_noise_in_the_gains_is_that_of_two_means():
    found = gains(**world(3, r=0.5, noise=2.0))
    assert found.noise == pytest.approx((1.0, 1.0), rel=0.15)
    assert found.variance == pytest.approx((1.0, 1.0), rel=0.25)


def test_a_gain_is_worth_what_a_movement_is_worth_where_both_are_the_same():
    made = world(4, r=1.0, noise=0.5)
    made["y"] = 3 * made["x"] + 0.1 * np.random.default_rng(0).standard_normal(len(made["x"]))
    found = gains(**made)
    assert found.usual == pytest.approx(3.0, abs=0.02)
    assert found.worth.value == pytest.approx(1.0, abs=0.02)
    assert found.correlation.value == pytest.approx(1.0, abs=0.01)


def test_order_of_rows_names_and_scale_change_nothing():
    made = world(5, r=0.6, units=30)
    order = np.random.default_rng(1).permutation(len(made["x"]))
    other = {name: values[order] for name, values in made.items()}
    other["x"], other["unit"] = 1000 * other["x"], 7 * (40 - other["unit"])
    one, two = gains(**made), gains(**other)
    assert two.correlation.value == pytest.approx(one.correlation.value, rel=1e-9)
    assert two.worth.interval == pytest.approx(one.worth.interval, rel=1e-8)


def test_four_units_are_too_few():
    assert gains(**world(6, r=0.5, units=4)) is None
