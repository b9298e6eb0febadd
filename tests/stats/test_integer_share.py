"""Whole percentages: the arithmetic of division by enumeration, and shares found back that were put in."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.stats.integer_share import integer_share, whole_percentages


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 3000), base=st.sampled_from([1, 5, 10]))
def test_the_probability_of_a_whole_percentage_is_that_of_counting_all_numerators(n: int, base: int) -> None:
    """Exact fractions; tolerance 1e-12."""
    k = np.arange(n + 1)
    nearest, hit, p, there = whole_percentages(k, np.full(n + 1, n), base)
    reach = max(Fraction(1, 20), Fraction(50, n))
    for j in range(0, n + 1, max(1, n // 40)):
        percentage = Fraction(100 * j, n)
        near = round(float(percentage) / base)
        if there[j]:
            assert nearest[j] == near
            assert hit[j] == (abs(percentage - base * near) <= reach)
    for r in np.unique(nearest[there]):
        those = there & (nearest == r)
        assert p[those] == pytest.approx(hit[those].mean(), abs=1e-12)


@given(n=st.integers(2, 3000), base=st.sampled_from([1, 5]))
def test_failures_in_place_of_successes_give_the_same(n: int, base: int) -> None:
    k = np.arange(n + 1)
    _, hit, p, there = whole_percentages(k, np.full(n + 1, n), base)
    _, hit_other, p_other, there_other = whole_percentages(n - k, np.full(n + 1, n), base)
    assert (there == there_other).all()
    assert (hit == hit_other).all()
    assert p == pytest.approx(p_other, abs=1e-15)


def test_all_percentages_of_a_hundred_are_whole_and_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    k = rng.integers(5, 95, 500)
    assert integer_share(k=k, n=np.full(500, 100), unit=np.arange(500)) is None


@pytest.mark.parametrize(("share", "base"), [(0.1, 1), (0.3, 1), (0.1, 5)])
def test_the_share_that_was_set_to_whole_percentages_is_found_back(share: float, base: int) -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(800, 6000, 20_000)
    k = rng.binomial(n, rng.uniform(0.2, 0.95, len(n)))
    whole = np.round(np.round(100 * k / n / base) * base * n / 100).astype(np.int64)
    k = np.where(rng.random(len(n)) < share, whole, k)
    found = integer_share(k=k, n=n, unit=np.arange(len(n)), base=base)
    assert found is not None
    assert found.estimate.value == pytest.approx(share, abs=4 * found.estimate.se)
    assert found.estimate.se < 0.02
    assert found.p_value < 1e-6


def test_division_alone_gives_as_many_as_expected() -> None:
    """Binomial counts, denominators 150 to 5,000: 500 draws of 400 cells, mean excess within 4 standard errors."""
    rng = np.random.default_rng(3)
    values, alarms = [], 0
    for _ in range(500):
        n = np.exp(rng.uniform(5, 8.5, 400)).astype(np.int64)
        found = integer_share(k=rng.binomial(n, rng.uniform(0.2, 0.95, 400)), n=n, unit=np.arange(400) // 10)
        assert found is not None
        values.append(found.estimate.value)
        alarms += found.p_value < 0.05
    assert np.mean(values) == pytest.approx(0, abs=4 * np.std(values) / 500**0.5)
    assert alarms <= 45


def test_one_frequent_percentage_is_one_observation() -> None:
    rng = np.random.default_rng(4)
    n = np.full(1000, 5000)
    k = rng.binomial(n, rng.uniform(0.5, 0.9, 1000))
    k[:150] = 4000
    found = integer_share(k=k, n=n, unit=np.arange(1000))
    assert found is not None
    assert found.estimate.value > 0.1
    assert found.estimate.interval()[0] < 0.05
    elsewhere = integer_share(k=k, n=n, unit=np.arange(1000), avoid=np.full(1000, 80.0))
    assert elsewhere is not None
    assert elsewhere.estimate.value < 0.05


def test_percentages_that_lie_together_are_not_judged() -> None:
    n = np.full(300, 100_000)
    k = np.random.default_rng(5).binomial(n, 0.9)
    assert integer_share(k=k, n=n, unit=np.arange(300)) is None
