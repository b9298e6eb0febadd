"""Last two digits: all pairs counted by hand, shares by chance, and what is put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitprop.stats.last_pair import ADJACENT, REPEATED, last_pair


def tallied(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(values.astype(np.int64), return_counts=True)


@given(first=st.integers(1, 90), hundreds=st.integers(1, 9), times=st.integers(1, 5))
def test_whole_hundreds_of_numbers_have_every_pair_equally_often(first: int, hundreds: int, times: int) -> None:
    """Ten in a hundred are equal, twenty are neighbours, 0 and 9 among them; the same of fives and of tens alone."""
    k = np.arange(100 * first, 100 * (first + hundreds))
    for step in (1, 5, 10):
        found = last_pair(k[::step], np.full(len(k[::step]), times))
        assert found is not None
        assert found.n == times * 100 * hundreds // step
        assert (found.repeated.value, found.adjacent.value) == pytest.approx((REPEATED, ADJACENT), abs=1e-12)


def test_pairs_are_read_from_the_end_of_the_number() -> None:
    found = last_pair(np.array([77, 133, 1390, 2045, 5001, 6148]), np.array([9, 1, 2, 3, 4, 5]))
    assert found is not None
    assert found.n == 15
    assert found.repeated.value == pytest.approx(1 / 15, abs=1e-12)
    assert found.adjacent.value == pytest.approx(9 / 15, abs=1e-12)
    assert last_pair(np.array([7, 99]), np.array([1, 1])) is None


@pytest.mark.parametrize("lump", [1, 10])
def test_intervals_hold_what_chance_gives(lump: int) -> None:
    """At most 7.5 % of 400 draws of 2,000 lie outside, also where each value is there ten times."""
    rng = np.random.default_rng(lump)
    outside = np.zeros(2)
    for _ in range(400):
        found = last_pair(*tallied(np.repeat(rng.lognormal(7, 0.5, 2000 // lump), lump)))
        assert found is not None
        for i, (e, chance) in enumerate(((found.repeated, REPEATED), (found.adjacent, ADJACENT))):
            low, high = e.interval(0.95)
            outside[i] += not low <= chance <= high
    assert outside.max() <= 30


def test_numbers_that_shun_equal_digits_and_like_neighbours_are_told() -> None:
    """A third of the equal pairs moved on by one: 0.1 less a third of it, and as much more neighbours."""
    rng = np.random.default_rng(3)
    values = np.floor(rng.normal(3000, 400, 20_000))
    equal = values % 100 % 11 == 0
    values += equal & (rng.random(len(values)) < 1 / 3) & (values % 100 != 99)
    found = last_pair(*tallied(values))
    assert found is not None
    assert found.repeated.value == pytest.approx(0.1 - 0.03, abs=4 * found.repeated.se)
    assert found.adjacent.value == pytest.approx(0.2 + 0.03, abs=4 * found.adjacent.se)
    assert found.repeated.interval(0.99)[1] < REPEATED
    assert found.adjacent.interval(0.99)[0] > ADJACENT
