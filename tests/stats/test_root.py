"""Roots, against SciPy's Brent and functions whose root is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from pitprop.stats.root import root

SIMPLE = [
    (lambda x: x**3 - 2 * x - 5, 2.0, 3.0),
    (lambda x: 1 - 1 / x**2, 0.5, 51.0),
    (lambda x: math.exp(x) - 2 - 0.01 / x**2 + 2e-6 / x**3, 0.1, 2.0),
    (lambda x: math.tanh(50 * (x - 0.3)), -1.0, 1.0),
]
"""Functions with a simple root, one of them steep."""


@pytest.mark.parametrize(("f", "low", "high"), SIMPLE)
def test_a_simple_root_is_brents_to_the_tolerance(f, low, high):
    assert root(f, low, high, tolerance=1e-13) == pytest.approx(brentq(f, low, high, xtol=1e-14), abs=1e-12)


def test_a_multiple_root_is_found_where_brent_gives_up():
    assert root(lambda x: (x - 3) ** 3, 0.0, 5.0, tolerance=1e-12) == pytest.approx(3.0, abs=1e-9)
    assert root(lambda x: 6 * (x - 2) ** 5, 0.0, 5.0, tolerance=1e-12) == pytest.approx(2.0, abs=1e-9)


def test_ends_may_be_given_either_way_and_may_be_the_root():
    assert root(lambda x: x - 1, 3.0, 0.0, tolerance=1e-12) == pytest.approx(1.0, abs=1e-12)
    assert root(lambda x: x - 1, 1.0, 3.0, tolerance=1e-12) == 1.0
    assert root(lambda x: x - 3, 1.0, 3.0, tolerance=1e-12) == 3.0


def test_without_a_change_of_sign_there_is_no_root():
    with pytest.raises(ValueError, match=r"same sign at 1\.0 and 2\.0"):
        root(lambda x: x, 1.0, 2.0, tolerance=1e-12)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.integers(1, 7))
def test_a_known_root_is_found_in_few_steps(at: float, below: float, above: float, power: int):
    steps = 0

    def f(x: float) -> float:
        nonlocal steps
        steps += 1
        return math.copysign(abs((x - at) / (below + above)) ** power, x - at)

    found = root(f, at - below, at + above, tolerance=1e-9 * (below + above))
    assert abs(found - at) <= 2e-9 * (below + above) + 1e-9 * abs(at)
    assert steps <= 120
