import numpy as np
import pytest
import statsmodels.api as sm

from pitprop.stats.serial_regression import LARGEST_EXACT, serial_regression


def series(seed, n=80, rho=0.6):
    rng = np.random.default_rng(seed)
    e = rng.normal(size=n)
    x = rng.normal(size=n)
    for t in range(1, n):
        e[t] += rho * e[t - 1]
        x[t] += rho * x[t - 1]
    return x, 2 * x + e, np.arange(n)


@pytest.mark.parametrize("lags", [0, 4, 11])
def test_unmended_errors_are_those_of_newey_and_west_in_statsmodels(lags):
    x, y, time = series(1)
    columns = np.column_stack([x, time >= 40]).astype(float)
    oracle = sm.OLS(y, sm.add_constant(columns)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    fit = serial_regression(y=y, columns=columns, times=time, lags=lags)
    np.testing.assert_allclose(fit.coefficients, oracle.params[1:], rtol=1e-10)
    np.testing.assert_allclose(fit.covariance, oracle.cov_params()[1:, 1:], rtol=1e-9)


def test_lags_follow_the_published_rule():
    x, y, time = series(2, n=100)
    assert serial_regression(y=y, columns=x[:, None], times=time).lags == 12


def test_two_series_are_independent_of_each_other():
    x, y, time = series(3)
    one = serial_regression(y=y, columns=x[:, None], times=time, lags=5)
    both = serial_regression(
        y=np.r_[y, y],
        columns=np.r_[x, x][:, None],
        times=np.r_[time, time],
        series=np.repeat([0, 1], len(x)),
        lags=5,
    )
    assert both.covariance[0, 0] == pytest.approx(one.covariance[0, 0] / 2, rel=1e-9)


def test_the_variance_of_an_uncorrelated_step_is_on_the_safe_side_by_less_than_a_quarter():
    step = (np.arange(40) >= 20).astype(float)[:, None]
    values = []
    for draw in range(1500):
        y = np.random.default_rng([draw, 4]).normal(size=40)
        fit = serial_regression(y=y, columns=step, times=np.arange(40), lags=0)
        values.append(fit.contrast([1.0]).se ** 2)
    assert 1.0 <= np.mean(values) / (2 / 20) <= 1.25


def test_the_autocorrelation_is_freed_of_the_bias_of_fitting():
    step = (np.arange(40) >= 20).astype(float)[:, None]
    found, naive = [], []
    for draw in range(400):
        _, y, time = series([draw, 7], n=90, rho=0.6)
        x, _, _ = series([draw, 7], n=90, rho=0.6)
        fit = serial_regression(y=(y - 2 * x)[50:], columns=step, times=time[:40])
        found.append(fit.rho)
        naive.append(float(fit.residuals[1:] @ fit.residuals[:-1] / (fit.residuals @ fit.residuals)))
    assert np.mean(naive) < 0.53
    assert np.mean(found) == pytest.approx(0.6, abs=0.04)


@pytest.mark.parametrize(("rho", "n"), [(0.0, 30), (0.6, 48), (0.6, 120)])
def test_a_step_in_an_autocorrelated_series_is_covered_as_stated(rho, n):
    step, hits, draws = (np.arange(n) >= n // 2).astype(float), 0, 600
    for seed in range(draws):
        _, e, time = series([seed, 5], n=n + 50, rho=rho)
        x, _, _ = series([seed, 5], n=n + 50, rho=rho)
        fit = serial_regression(y=(e - 2 * x)[50:], columns=step[:, None], times=time[:n])
        low, high = fit.contrast([1.0]).interval()
        hits += low <= 0 <= high
    assert hits / draws >= 0.92


def test_a_constant_column_or_too_few_rows_give_no_regression():
    x, y, time = series(6)
    assert serial_regression(y=y, columns=np.ones((80, 1)), times=time) is None
    assert serial_regression(y=y[:4], columns=x[:4, None], times=time[:4]) is None


def test_gaps_in_time_weaken_the_weight_of_what_lies_across_them():
    x, y, time = series(8, n=40)
    keep = (time < 15) | (time > 18)
    fit = serial_regression(y=y[keep], columns=x[keep, None], times=time[keep], lags=5)
    apart = np.abs(time[keep][:, None] - time[keep][None, :])
    np.testing.assert_allclose(fit.kernel.toarray(), np.maximum(1 - apart / 6, 0))


def test_two_rows_of_a_series_in_one_period_are_refused():
    x, y, time = series(9, n=20)
    with pytest.raises(ValueError, match="two rows"):
        serial_regression(y=y, columns=x[:, None], times=time // 2)


def test_many_rows_get_the_newey_west_error_and_what_its_kernel_cuts_off():
    x, y, time = series(10, n=LARGEST_EXACT + 500)
    fit = serial_regression(y=y, columns=x[:, None], times=time)
    oracle = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds={"maxlags": fit.lags, "use_correction": False})
    assert fit.covariance[0, 0] ** 0.5 == pytest.approx(oracle.bse[1], rel=1e-9)
    assert 1.0 <= fit.contrast([1.0]).se / oracle.bse[1] <= 1.05
    assert fit.rho == pytest.approx(0.6, abs=0.06)
    assert 20 < fit.contrast([1.0]).df < 100
