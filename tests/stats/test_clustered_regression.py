import numpy as np
import pytest
import statsmodels.api as sm

from pitprop.stats.clustered_regression import clustered_regression
from pitprop.stats.fixed_effects import LARGEST_DENSE, within


def panel(seed, units=9, periods=11, missing=0.2, rho=0.5):
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    noise = rng.normal(size=(units, periods))
    for t in range(1, periods):
        noise[:, t] += rho * noise[:, t - 1]
    x = rng.normal(size=(len(unit), 2)) + unit[:, None] * 0.1
    y = 3 * x[:, 0] - x[:, 1] + unit + np.sin(period) + noise.ravel()
    keep = rng.random(len(unit)) > missing
    return y[keep], x[keep], unit[keep], period[keep]


def with_dummies(x, unit, period):
    return np.column_stack([x, np.eye(unit.max() + 1)[unit], np.eye(period.max() + 1)[period][:, 1:]])


def test_coefficients_and_cr1_errors_are_those_of_statsmodels_with_dummies():
    y, x, unit, period = panel(1)
    oracle = sm.OLS(y, with_dummies(x, unit, period)).fit(cov_type="cluster", cov_kwds={"groups": unit})
    fit = clustered_regression(y=y, columns=x, clusters=unit, periods=period)
    np.testing.assert_allclose(fit.coefficients, oracle.params[:2], rtol=1e-10)
    np.testing.assert_allclose(fit.residuals, oracle.resid, atol=1e-10)
    g, n, k = len(np.unique(unit)), len(y), fit.parameters
    assert k == with_dummies(x, unit, period).shape[1]
    scores = np.array([(fit.weights * fit.residuals[:, None])[unit == u].sum(0) for u in np.unique(unit)])
    cr1 = scores.T @ scores * g / (g - 1) * (n - 1) / (n - k)
    np.testing.assert_allclose(cr1, oracle.cov_params()[:2, :2], rtol=1e-8)


def test_cr2_and_its_degrees_of_freedom_are_those_of_the_full_matrices():
    y, x, unit, period = panel(2)
    full = with_dummies(x, unit, period)
    bread = np.linalg.pinv(full.T @ full)
    hat = full @ bread @ full.T
    left = np.eye(len(y)) - hat
    e = left @ y
    c = np.zeros(full.shape[1])
    c[:2] = 1.0, -0.5
    parts = []
    variance = 0.0
    for u in np.unique(unit):
        mine = np.flatnonzero(unit == u)
        values, vectors = np.linalg.eigh(left[np.ix_(mine, mine)])
        root = vectors @ np.diag(np.where(values > 1e-8, np.clip(values, 1e-12, None) ** -0.5, 0)) @ vectors.T
        a = root @ full[mine] @ bread @ c
        variance += (a @ e[mine]) ** 2
        parts.append(left[:, mine] @ a)
    gram = np.array(parts) @ np.array(parts).T
    estimate = clustered_regression(y=y, columns=x, clusters=unit, periods=period).contrast([1.0, -0.5])
    assert estimate.se == pytest.approx(variance**0.5, rel=1e-9)
    assert estimate.df == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-9)


def test_two_balanced_groups_seen_twice_have_the_error_and_freedom_of_a_t_test_of_changes():
    rng = np.random.default_rng(3)
    y = rng.normal(size=(12, 2))
    group = np.arange(12) % 2 == 1
    x = np.column_stack([np.zeros(12), group]).astype(float)
    fit = clustered_regression(
        y=y.ravel(), columns=x.reshape(-1, 1), clusters=np.repeat(np.arange(12), 2), periods=np.tile([0, 1], 12)
    )
    estimate = fit.contrast([1.0])
    a, b = (np.diff(y[mine])[:, 0] for mine in (~group, group))
    assert estimate.value == pytest.approx(b.mean() - a.mean(), rel=1e-12)
    assert estimate.se == pytest.approx(((a.var(ddof=1) + b.var(ddof=1)) / 6) ** 0.5, rel=1e-12)
    assert estimate.df == pytest.approx(10.0, rel=1e-9)


def test_a_group_in_two_clusters_is_refused():
    y, x, unit, period = panel(9)
    with pytest.raises(ValueError, match="one cluster"):
        clustered_regression(y=y, columns=x, clusters=unit, groups=period)


def test_large_panels_are_swept_to_the_two_way_residual():
    rng = np.random.default_rng(4)
    units, periods = 90, 250
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    assert len(unit) * periods > LARGEST_DENSE
    x = rng.normal(size=(units, periods)) + 1e6
    left = within(columns=x.reshape(-1, 1), groups=unit, periods=period)
    by_hand = x - x.mean(1, keepdims=True) - x.mean(0) + x.mean()
    np.testing.assert_allclose(left.columns.ravel(), by_hand.ravel(), atol=1e-8)
    assert left.rank == units + periods - 1


def test_cross_covariance_of_a_regression_with_itself_is_its_covariance():
    y, x, unit, period = panel(5)
    one = clustered_regression(y=y, columns=x, clusters=unit, periods=period)
    two = clustered_regression(y=2 * y + 1, columns=x, clusters=unit, periods=period)
    np.testing.assert_allclose(one.influence @ two.influence.T, 2 * one.covariance, rtol=1e-9)


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (lambda unit, period: np.ones(len(unit)), "constant"),
        (lambda unit, period: unit * 2.0, "a unit effect"),
        (lambda unit, period: np.cos(period), "a period effect"),
    ],
)
def test_a_column_that_the_fixed_effects_explain_gives_no_regression(column, why):
    y, _, unit, period = panel(6)
    x = column(unit, period)[:, None]
    assert clustered_regression(y=y, columns=x, clusters=unit, periods=period) is None, why


def test_one_cluster_or_no_residual_freedom_gives_no_regression():
    y, x, unit, _ = panel(7)
    assert clustered_regression(y=y, columns=x, clusters=np.zeros_like(unit)) is None
    assert clustered_regression(y=y[:3], columns=x[:3], clusters=np.arange(3)) is None


def test_eight_clusters_with_serial_correlation_keep_the_stated_coverage():
    hits, draws = 0, 600
    for seed in range(draws):
        rng = np.random.default_rng([seed, 8])
        noise = rng.normal(size=(8, 20))
        for t in range(1, 20):
            noise[:, t] += 0.7 * noise[:, t - 1]
        x = (np.arange(20) >= 10) * rng.uniform(0.5, 1.5, (8, 1)) + 0.3 * rng.normal(size=(8, 20))
        unit = np.repeat(np.arange(8), 20)
        fit = clustered_regression(y=(2 * x + noise).ravel(), columns=x.reshape(-1, 1), clusters=unit)
        low, high = fit.contrast([1.0]).interval()
        hits += low <= 2 <= high
    assert 0.93 <= hits / draws <= 0.985
