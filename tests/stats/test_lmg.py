"""Explained variance shared out, effective rank and inflation: swiss fertility data and closed forms."""

from __future__ import annotations

import csv
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.stats.effective_rank import effective_rank, gaussian_information, inflation
from pitprop.stats.lmg import lmg

SWISS = Path(__file__).parents[1] / "data" / "reference" / "swiss.csv"


@pytest.fixture(scope="module")
def swiss():
    """Correlations of Fertility, Agriculture, Examination, Education, Catholic, Infant.Mortality."""
    with SWISS.open() as file:
        rows = list(csv.reader(file))[1:]
    return np.corrcoef(np.array([[float(v) for v in row[1:]] for row in rows]).T)


def test_swiss_shares_are_those_that_relaimpo_prints(swiss):
    found = lmg(swiss[1:, 1:], swiss[1:, 0])
    assert found.r2 == pytest.approx(0.7067350, abs=5e-8)
    assert found.lmg == pytest.approx([0.0570912, 0.1711730, 0.2601347, 0.1055702, 0.1127659], abs=5e-8)
    assert found.last == pytest.approx([0.0428696, 0.0073874, 0.1619627, 0.0623726, 0.0569453], abs=5e-8)


def test_swiss_inflation_and_effective_rank_are_the_published_ones(swiss):
    assert inflation(swiss[1:, 1:]) == pytest.approx([2.284129, 3.675420, 2.774943, 1.937160, 1.107542], abs=5e-7)
    assert effective_rank(swiss[1:, 1:]) == pytest.approx(3.48995, abs=5e-6)


def test_two_normal_quantities_at_point_six_share_what_the_closed_form_says():
    assert gaussian_information(0.6) == pytest.approx(0.223144, abs=5e-7)
    assert gaussian_information(1.0) == np.inf


def correlations(seed: int, p: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((40, p + 1))
    x[:, 1:] += x[:, :1] * np.linspace(0.1, 0.9, p)
    return np.corrcoef(x.T)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_shares_sum_to_what_all_explain_together(seed, p):
    c = correlations(seed, p)
    found = lmg(c[1:, 1:], c[1:, 0])
    assert found.lmg.sum() == pytest.approx(found.r2, abs=1e-9)
    assert np.all(found.lmg >= -1e-12)


def test_shares_are_mean_gains_over_all_orders():
    c = correlations(3, 4)

    def r2(names):
        k = [n + 1 for n in names]
        return float(c[0, k] @ np.linalg.solve(c[np.ix_(k, k)], c[k, 0])) if k else 0.0

    gains = np.zeros(4)
    for order in permutations(range(4)):
        for place, j in enumerate(order):
            gains[j] += r2(order[: place + 1]) - r2(order[:place])
    assert lmg(c[1:, 1:], c[1:, 0]).lmg == pytest.approx(gains / 24, abs=1e-9)


def test_sampled_orders_come_near_all_of_them_and_sum_exactly():
    c = correlations(5, 14)
    found = lmg(c[1:, 1:], c[1:, 0], rng=np.random.default_rng(1))
    assert found.lmg.sum() == pytest.approx(found.r2, abs=1e-9)
    ten = lmg(c[1:11, 1:11], c[1:11, 0])
    assert np.corrcoef(ten.lmg, found.lmg[:10])[0, 1] > 0.8


def test_exact_duplicates_share_alike_and_add_nothing_last():
    c = np.array([[1.0, 0.6, 0.6], [0.6, 1.0, 1.0], [0.6, 1.0, 1.0]])
    found = lmg(c[1:, 1:], c[1:, 0])
    assert found.lmg == pytest.approx([0.18, 0.18], abs=1e-6)
    assert found.last == pytest.approx([0.0, 0.0], abs=1e-6)
    assert effective_rank(c[1:, 1:]) == pytest.approx(1.0, abs=1e-9)
    assert np.all(np.isinf(inflation(c[1:, 1:])))


def test_uncorrelated_metrics_say_as_many_things_as_there_are():
    assert effective_rank(np.eye(5)) == pytest.approx(5.0)
    assert inflation(np.eye(5)) == pytest.approx(np.ones(5))
