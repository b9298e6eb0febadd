"""Last digits: nothing is seen in smooth or rounded values, and what was put in is found back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.stats.last_digit import last_digits


def tallied(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(values.astype(np.int64), return_counts=True)


def test_a_linear_density_has_no_preference_at_all() -> None:
    k = np.arange(10, 800)
    found = last_digits(k, 3 * k + 100)
    assert [p.share.value for p in found.preferences] == pytest.approx([0] * 5, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(base=st.integers(2, 90), part=st.floats(0.1, 0.9))
def test_rounding_to_any_base_takes_from_both_sides_alike(base: int, part: float) -> None:
    """Even values from 0 to 9,000 of which a part is rounded: what is left is that of three bases at the ends."""
    k = np.arange(9001)
    rounded = np.floor(k / base + 0.5) * base
    counts = np.bincount(rounded.astype(int), minlength=9100) * round(1000 * part)
    counts[:9001] += round(1000 * (1 - part))
    at = np.flatnonzero(counts)
    found = last_digits(at, counts[at])
    assert max(p.share.value for p in found.preferences) < 3 * base / 9001


def test_converting_minutes_to_hundredths_of_an_hour_is_no_preference() -> None:
    minutes = np.random.default_rng(2).gamma(4, 30, 50_000).round()
    k, counts = tallied((minutes * 100 / 60).round())
    found = last_digits(k, counts)
    assert found.counts[3] > 5 * found.counts[2] > 0 or found.counts[1] == 0
    assert all(p.share.interval(0.99)[0] <= 0 for p in found.preferences)


@pytest.mark.parametrize(("digit", "share"), [(7, 0.1), (1, 0.05), (8, 0.2)])
def test_the_share_of_values_that_were_given_a_digit_is_found_back(digit: int, share: float) -> None:
    rng = np.random.default_rng(digit)
    values = np.floor(rng.normal(2000, 300, 40_000))
    made_up = rng.random(len(values)) < share
    values[made_up] = np.floor(values[made_up] / 10) * 10 + digit
    found = last_digits(*tallied(values))
    top = max(found.preferences[:4], key=lambda p: p.share.value)
    assert (top.name, top.other) == (str(digit), str(10 - digit))
    assert top.share.value == pytest.approx(share, abs=4 * top.share.se)
    assert top.share.se < 0.01


def test_one_value_that_is_simply_frequent_is_one_observation() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([np.floor(rng.normal(200, 30, 2000)), np.full(600, 207.0)])
    found = last_digits(*tallied(values))
    seven = next(p for p in found.preferences if {p.name, p.other} == {"7", "3"})
    assert seven.share.value > 0.1
    assert seven.share.interval(0.99)[0] < 0.03


def test_intervals_cover_nothing_where_nothing_is_and_lumps_widen_them() -> None:
    """At most 6 % of 400 draws have any of five 95 % simultaneous intervals above zero, with lumps of twenty too."""
    rng = np.random.default_rng(6)
    for repeat in (1, 20):
        raised = 0
        for _ in range(400):
            values = np.repeat(np.floor(rng.normal(300, 40, 2000 // repeat)), repeat)
            found = last_digits(*tallied(values))
            raised += any(p.share.interval(0.99)[0] > 0 for p in found.preferences)
        assert raised <= 24, repeat
