"""Reliability: published tables, closed forms, and independent reckonings."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import betabinom, chi2, ncx2

from pitprop.stats.beta_binomial import beta_binomial
from pitprop.stats.funnel import normal_limits, overdispersion, poisson_limits
from pitprop.stats.intraclass import intraclass
from pitprop.stats.moderated import moderated
from pitprop.stats.persistence import persistence
from pitprop.stats.reliability import (
    expected_repeat,
    periods_needed,
    selected_excess,
    signal_share,
    spearman_brown,
)
from pitprop.stats.spread import spread
from pitprop.stats.two_way import two_way

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


@pytest.mark.parametrize(
    ("name", "value", "interval"),
    [
        ("one_way", 0.165742, (-0.1329, 0.7226)),
        ("agreement", 0.289764, (0.0188, 0.7611)),
        ("consistency", 0.714841, (0.3425, 0.9459)),
        ("one_way_mean", 0.442797, (-0.8844, 0.9124)),
        ("agreement_mean", 0.620051, (0.0711, 0.9272)),
        ("consistency_mean", 0.909316, (0.6757, 0.9859)),
    ],
)
def test_the_six_coefficients_are_those_of_shrout_and_fleiss(name, value, interval):
    found = getattr(intraclass(SHROUT_FLEISS), name)
    assert found.value == pytest.approx(value, abs=5e-7)
    assert found.interval == pytest.approx(interval, abs=5e-5)


def test_ratings_without_error_are_refused():
    with pytest.raises(ValueError, match="do not vary"):
        intraclass(np.array([[1.0, 1.0], [2.0, 2.0]]))


def test_the_mean_of_four_readings_of_reliability_point_four_has_point_727():
    assert spearman_brown(0.4, 4) == pytest.approx(0.727, abs=5e-4)
    assert periods_needed(0.4, spearman_brown(0.4, 4)) == pytest.approx(4)
    assert periods_needed(0.0, 0.7) == inf
    with pytest.raises(ValueError, match="lies in"):
        periods_needed(0.4, 1.0)


def test_regression_to_the_mean_of_the_top_decile():
    top = 1.2815515655446004
    assert selected_excess(top) == pytest.approx(1.7550, abs=5e-5)
    assert expected_repeat(0.4, top) == pytest.approx(0.7020, abs=5e-5)


def test_signal_share_is_that_of_the_variance_of_each_unit():
    assert signal_share(4.0, np.array([4.0, 1.0])).tolist() == [0.5, 0.8]


@pytest.mark.parametrize(
    ("mu", "level", "limits"),
    [
        (15, 0.95, (0.5596924, 1.649348)),
        (15, 0.998, (0.3862650, 2.082907)),
        (20, 0.95, (0.6108260, 1.544419)),
        (30, 0.95, (0.6746958, 1.427562)),
    ],
)
def test_funnel_limits_are_the_published_ones(mu, level, limits):
    low, high = poisson_limits(np.array([float(mu)]), level=level)
    assert (low[0], high[0]) == pytest.approx(limits, abs=1e-6)


def test_overdispersion_is_nil_under_chance_and_found_where_it_is():
    rng = np.random.default_rng(0)
    se = rng.uniform(0.5, 1.5, 4000)
    chance = overdispersion(rng.normal(10, se), se, norm=10)
    more = overdispersion(rng.normal(10, np.sqrt(se**2 + 4)), se, norm=10)
    assert chance.tau2 < 0.05
    # Winsorising at a tenth takes away part of what is there (Spiegelhalter 2005, section 4.1).
    assert 2.0 < more.tau2 < 4.2
    low, high = normal_limits(np.array([1.0]), norm=10, tau2=3.0)
    assert (low[0], high[0]) == pytest.approx((10 - 1.959964 * 2, 10 + 1.959964 * 2), abs=1e-5)


def test_in_a_full_table_the_ratio_is_that_of_the_consistency_coefficient():
    n, k = SHROUT_FLEISS.shape
    i, p = np.indices((n, k))
    fit = two_way(SHROUT_FLEISS.ravel(), i.ravel(), p.ravel())
    found = spread(fit.level, fit.multiplier, fit.scatter, fit.freedom)
    assert found.ratio / (1 + found.ratio) == pytest.approx(0.714841, abs=5e-7)
    assert found.df == (5, 15)
    assert found.f == pytest.approx(11.02724796, abs=1e-7)


def test_the_interval_inverts_the_non_central_f():
    rng = np.random.default_rng(3)
    y = 2 * rng.standard_normal((12, 1)) + rng.standard_normal((12, 9))
    i, p = np.indices(y.shape)
    fit = two_way(y.ravel(), i.ravel(), p.ravel())
    even = fit.freedom * fit.scatter.sum() / fit.freedom.sum()  # equally noisy units: no widening
    found = spread(fit.level, fit.multiplier, even, fit.freedom)
    assert found.inflation == pytest.approx((1.0, 1.0))
    between, noise = found.df

    def at_most(ratio):
        """P(F <= f) with the noise integrated over its own law."""
        centre = ratio * found.size * between
        inner = lambda v: ncx2.cdf(found.f * between * v / noise, between, centre) * chi2.pdf(v, noise)  # noqa: E731
        return quad(inner, 0, 4 * noise, points=[noise / 2, noise, 2 * noise], limit=500, epsabs=1e-12)[0]

    assert [at_most(r) for r in found.interval] == pytest.approx([0.975, 0.025], abs=1e-7)
    assert found.p_at_least(found.interval[1]) == pytest.approx(0.025, abs=1e-8)


def test_a_two_way_layout_with_gaps_is_the_least_squares_fit():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    there = rng.random((9, 6)) < 0.7
    i, p = np.nonzero(there)
    y = rng.normal(0, 1, 9)[i] + rng.normal(0, 2, 6)[p] + rng.normal(0, 1, len(i)) + 1000
    fit = two_way(y, i, p)
    periods = np.vstack([np.eye(5), -np.ones(5)])  # effects that sum to 0
    oracle = sm.OLS(y, np.hstack([np.eye(9)[i], periods[p]])).fit()
    assert fit.df == oracle.df_resid
    assert fit.residual == pytest.approx(oracle.resid, abs=1e-9)
    assert fit.level == pytest.approx(oracle.params[:9], abs=1e-9)
    assert fit.multiplier == pytest.approx(np.diag(oracle.normalized_cov_params)[:9], abs=1e-10)


def test_what_cannot_be_compared_is_left_out_of_a_two_way_layout():
    fit = two_way(np.arange(6.0), np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 5, 5]))
    assert fit.unit.tolist() == [0, 1]
    assert fit.used.tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("share", [0.4, 0.7, 0.9])
@pytest.mark.parametrize("skewed", [False, True])
def test_intervals_of_the_signal_share_cover_the_truth(share, skewed):
    rng = np.random.default_rng(int(100 * share) + skewed)
    missed_low = missed_high = 0
    draws = 400
    for _ in range(draws):
        level = rng.exponential(1, 20) if skewed else rng.standard_normal(20)
        level *= (share / (1 - share) / level.var(ddof=1)) ** 0.5
        y = level[:, None] + rng.standard_normal((20, 8))
        i, p = np.indices(y.shape)
        fit = two_way(y.ravel(), i.ravel(), p.ravel())
        low, high = spread(fit.level, fit.multiplier, fit.scatter, fit.freedom).interval
        missed_low += high / (1 + high) < share
        missed_high += low / (1 + low) > share
    assert missed_low / draws < 0.05
    assert missed_high / draws < 0.05
    assert (missed_low + missed_high) / draws > 0.005


def test_equal_variances_are_pooled_and_unequal_ones_borrow_as_much_as_they_were_drawn_with():
    rng = np.random.default_rng(5)
    alike = moderated(np.array([1.0, 1.1, 0.9, 1.0]), np.full(4, 3.0))
    assert alike.lent == inf
    assert alike.variance == pytest.approx(1.0)
    prior = 6.0
    true = 2.0 * prior / rng.chisquare(prior, 20000)
    drawn = moderated(true * rng.chisquare(4, 20000) / 4, np.full(20000, 4.0))
    assert drawn.lent == pytest.approx(prior, rel=0.06)
    assert drawn.usual == pytest.approx(2.0, rel=0.03)


def test_a_unit_without_a_variance_of_its_own_gets_the_usual_one():
    found = moderated(np.array([1.0, 30.0, 2.0, 0.1, 99.0]), np.array([5.0, 5.0, 5.0, 5.0, 0.0]))
    assert found.variance[4] == pytest.approx(found.usual)
    assert found.df[4] == pytest.approx(found.lent)


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("periods", [5, 12, 40])
def test_persistence_is_recovered_although_each_mean_was_taken_out(phi, periods):
    rng = np.random.default_rng(periods)
    units = 6000 // periods
    y = np.empty((units, periods))
    y[:, 0] = rng.standard_normal(units)
    for t in range(1, periods):
        y[:, t] = phi * y[:, t - 1] + (1 - phi**2) ** 0.5 * rng.standard_normal(units)
    i, p = np.indices(y.shape)
    residual = (y - y.mean(axis=1, keepdims=True)).ravel()
    found = persistence(residual, i.ravel(), p.ravel())
    assert found.lag1 == pytest.approx(phi, abs=4 * found.se + 1e-12)
    assert found.se < 0.1
    # What it is for: the variance of a unit's mean from the variance within it.
    inner = residual @ residual / (units * (periods - 1))
    reckoned = inner / periods * found.inflation(np.array([float(periods)]))[0]
    assert reckoned == pytest.approx(y.mean(axis=1).var(), rel=0.35 if periods == 5 else 0.2)


def test_gaps_are_no_neighbours():
    residual = np.tile([1.0, -1.0, 1.0, -1.0], 20)
    unit = np.repeat(np.arange(20), 4)
    assert persistence(residual, unit, np.tile([0, 2, 4, 6], 20)).lag1 == 0.0


def test_true_shares_are_found_through_binomial_noise():
    rng = np.random.default_rng(6)
    n = rng.integers(20, 400, 3000).astype(float)
    y = rng.binomial(n.astype(int), rng.beta(8, 12, 3000)).astype(float)
    found = beta_binomial(y, n)
    assert found.mean == pytest.approx(0.4, abs=0.005)
    assert found.between == pytest.approx(8 * 12 / (20**2 * 21), rel=0.06)
    assert found.signal_share(np.array([20.0]))[0] == pytest.approx(0.5, abs=0.02)
    best = betabinom.logpmf(y, n, found.a, found.b).sum()
    for a, b in ((1.03, 1.0), (0.97, 1.0), (1.0, 1.03), (1.0, 0.97), (1.03, 1.03), (0.97, 0.97)):
        assert betabinom.logpmf(y, n, a * found.a, b * found.b).sum() < best


def test_shares_that_do_not_differ_have_no_signal():
    n = np.full(200, 50.0)
    y = np.full(200, 20.0)
    assert beta_binomial(y, n).signal_share(n)[0] < 1e-3


def test_the_tail_of_f_is_told_where_scipy_gives_none():
    from scipy.special import ncfdtr

    from pitprop.stats.spread import _below

    far = (32.38947037174153, 3564.0, (11.0, 382.5975704015555), (1.0208676074814864, 1.0))
    assert np.isnan(ncfdtr(11.0 / 1.0208676074814864, 382.5975704015555, 3564.0 / 1.0208676074814864, far[0]))
    assert 0.0 <= _below(*far) < 1e-100  # below 1e-121 by the mixture of Poisson and beta, at many such points
    near = [_below(q * 1e14 / 11, 1e14, (11.0, 400.0), (1.0, 1.0)) for q in (0.5, 0.9, 1.0, 1.1, 2.0)]
    known = [float(ncfdtr(11.0, 400.0, 1e10, q * (1 + 1e10 / 11))) for q in (0.5, 0.9, 1.0, 1.1, 2.0)]
    assert near == pytest.approx(known, rel=1e-4)
    assert _below(0.0, 1e14, (11.0, 400.0), (1.0, 1.0)) == 0.0
