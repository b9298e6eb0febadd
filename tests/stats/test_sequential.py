"""Evidence that may be looked at again and again: published values, identities, and error rates over many looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from pitprop.stats.sequential import always_valid_p, bayes_factor_bound, e_bh, mixture_boundary, mixture_ratio, p_to_e


def test_e_values_of_the_usual_p_values_are_the_published_ones():
    assert p_to_e([0.05, 0.01, 0.005, 0.001]) == pytest.approx([2.236, 5.0, 7.071, 15.811], abs=5e-4)


@pytest.mark.parametrize("kappa", [0.1, 0.5, 0.9])
def test_an_e_value_is_one_on_average_where_p_is_uniform(kappa):
    mean, _ = quad(lambda p: float(p_to_e(p, kappa=kappa)), 0, 1)
    assert mean == pytest.approx(1.0, abs=1e-6)


def test_odds_at_most_of_the_usual_p_values_are_the_published_ones():
    assert bayes_factor_bound([0.05, 0.01, 0.005, 0.001]) == pytest.approx([2.456, 7.988, 13.887, 53.256], abs=5e-4)
    assert bayes_factor_bound([0.4, 1.0]).tolist() == [1.0, 1.0]
    assert bayes_factor_bound(0.0) == np.inf


def test_the_mixture_ratio_and_its_p_value_are_the_published_ones():
    ratio = mixture_ratio(0.12, 500, variance=1.0, prior=0.01)
    assert float(ratio) == pytest.approx(8.199886, abs=5e-7)
    assert always_valid_p([float(ratio)])[0] == pytest.approx(0.121953, abs=5e-7)
    assert 2 * norm.sf(0.12 * 500**0.5) == pytest.approx(0.007290, abs=5e-7)


def test_the_mixture_ratio_is_the_likelihood_ratio_integrated_over_the_effects():
    d, n, s2, t2 = 0.3, 40, 2.0, 0.05

    def term(effect: float) -> float:
        se = (s2 / n) ** 0.5
        return float(norm.pdf(d, effect, se) / norm.pdf(d, 0, se) * norm.pdf(effect, 0, t2**0.5))

    integrated, _ = quad(term, -3, 3)
    assert float(mixture_ratio(d, n, variance=s2, prior=t2)) == pytest.approx(integrated, rel=1e-7)


def test_the_boundary_of_a_running_sum_is_the_published_one():
    found = mixture_boundary([100, 1000, 10000], rho=100)
    assert found == pytest.approx([36.563949, 96.064019, 327.301862], abs=5e-7)


def test_boundary_and_ratio_are_one_test():
    n, alpha, prior = np.array([10.0, 300.0, 5000.0]), 0.05, 0.02
    edge = mixture_boundary(n, rho=1 / prior, alpha=alpha)
    assert mixture_ratio(edge / n, n, variance=1.0, prior=prior) == pytest.approx([1 / alpha] * 3, rel=1e-9)


def test_two_thousand_looks_keep_the_error_rate_where_the_naive_test_loses_it():
    rng = np.random.default_rng(8)
    n = np.arange(1, 2001)
    runs, ratio_alarms, naive_alarms, left = 600, 0, 0, 0
    for _ in range(runs):
        total = np.cumsum(rng.standard_normal(2000))
        ratio_alarms += bool(np.any(mixture_ratio(total / n, n, variance=1.0, prior=0.01) >= 20))
        naive_alarms += bool(np.any(np.abs(total) / np.sqrt(n) > 1.96))
        left += bool(np.any(np.abs(total) > mixture_boundary(n, rho=100)))
    assert ratio_alarms / runs < 0.05
    assert left == ratio_alarms
    assert naive_alarms / runs > 0.40  # 46.7 % within 2,000 looks, without the first ones


def test_e_bh_rejects_the_most_that_their_sizes_allow():
    assert e_bh([100.0, 13.0, 40.0, 1.0], level=0.1).tolist() == [True, False, True, False]
    assert e_bh([50.0, 14.0, 21.0, 1.0], level=0.1).tolist() == [True, True, True, False]
    assert e_bh([9.0, 0.0], level=0.1).tolist() == [False, False]
    assert e_bh([], level=0.1).tolist() == []


@settings(deadline=None)
@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=25), st.floats(0.01, 0.3))
def test_e_bh_is_benjamini_hochberg_on_one_over_e(p, level):
    from pitprop.stats.multiplicity import benjamini_hochberg

    e = 1 / np.array(p)
    adjusted = benjamini_hochberg(1 / e)
    clear = np.abs(adjusted - level) > 1e-9
    assert (e_bh(e, level=level) == (adjusted <= level))[clear].all()


def test_dependent_nulls_do_not_raise_the_share_of_false_rejections():
    rng = np.random.default_rng(9)
    false = 0.0
    for _ in range(2000):
        shared = rng.standard_normal()
        z = 0.95 * shared + (1 - 0.95**2) ** 0.5 * rng.standard_normal(20)
        false += bool(e_bh(np.exp(2 * z - 2), level=0.2).any())
    assert false / 2000 < 0.2


def test_what_is_no_p_value_or_e_value_is_refused():
    for wrong in (np.nan, -0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            p_to_e([0.5, wrong])
        with pytest.raises(ValueError, match="between 0 and 1"):
            bayes_factor_bound([wrong])
    with pytest.raises(ValueError, match="not negative"):
        e_bh([1.0, np.nan], level=0.1)
    with pytest.raises(ValueError, match="kappa"):
        p_to_e(0.5, kappa=1.0)
