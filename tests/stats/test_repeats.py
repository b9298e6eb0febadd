"""Copies: counted where they were put, and bounded where they are coincidence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from pitprop.stats.repeats import Copied, carried, copied, grim, identify

UNITS, PERIODS = 40, 24
UNIT, PERIOD = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)


def test_values_that_differ_by_rounding_errors_only_are_one() -> None:
    names = identify(np.array([0.1 + 0.2, 5.0, 0.3, -1.0, 1e9, 1e9 + 1e-6]))
    assert names.tolist() == [1, 2, 1, 0, 3, 3]


def test_values_carried_over_are_counted() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(100, 10, (UNITS, PERIODS))
    again = rng.random(values.shape) < 0.1
    again[:, 0] = False
    for t in range(1, PERIODS):
        values[:, t] = np.where(again[:, t], values[:, t - 1], values[:, t])
    found = carried(values=values.ravel(), unit=UNIT, period=PERIOD)
    assert found is not None
    assert (found.observed, found.cells) == (int(again.sum()), UNITS * (PERIODS - 1))
    low, high = found.share.interval()
    assert low < 0.1 < high
    assert found.p_value < 1e-6


@pytest.mark.parametrize("memory", [0.0, 0.6, 1.0])
def test_whole_numbers_with_a_memory_are_not_taken_for_carried_over(memory: float) -> None:
    """300 draws, noise of two steps: at most 6 % of the 95 % intervals lie above zero."""
    rng = np.random.default_rng(2)
    above = 0
    for _ in range(300):
        level = np.zeros((UNITS, PERIODS))
        noise = rng.normal(0, 2, level.shape)
        for t in range(PERIODS):
            level[:, t] = memory * level[:, t - 1] + noise[:, t] if t else noise[:, t]
        found = carried(values=np.round(100 + level).ravel(), unit=UNIT, period=PERIOD)
        above += found is not None and found.share.interval()[0] > 0
    assert above <= 18


def test_levels_that_are_rarely_changed_are_left_out() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(100, 10, (UNITS, PERIODS))
    values[:10] = 50 + np.cumsum(rng.random((10, PERIODS)) < 0.15, axis=1)
    found = carried(values=values.ravel(), unit=UNIT, period=PERIOD)
    assert found is not None
    assert (found.constant_units, found.observed) == (10, 0)


def test_a_sequence_copied_from_another_unit_is_found_with_its_length() -> None:
    values = np.random.default_rng(4).normal(100, 10, (UNITS, PERIODS))
    values[7, 10:18] = values[3, 2:10]
    found = copied(values=values.ravel(), unit=UNIT, period=PERIOD)
    assert found is not None
    assert (found.sequences, found.longest, found.copied, found.length) == (1, 8, 8.0, 3)
    assert found.share == 8 / 960
    assert found.p_value < 0.01


def test_plans_calendars_constants_and_zeros_are_no_copies() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(100, 10, (UNITS, PERIODS))
    values[:3] = 10.0 * np.arange(PERIODS) + 40  # a plan by equal steps
    values[3:7] = values[3]  # a tariff
    values[7:9] = 55.5
    values[9:11] = 0.0
    values[11:13] = np.tile([20.5, 30.25], PERIODS // 2)  # two values in turn
    found = copied(values=values.ravel(), unit=UNIT, period=PERIOD)
    assert found is not None
    assert (found.sequences, found.copied) == (0, 0.0)


def test_counts_need_longer_sequences_and_coincidences_stay_below_the_bound() -> None:
    """Poisson counts of 30: in 300 draws hardly any sequence of the chosen length occurs twice."""
    rng = np.random.default_rng(6)
    seen = bound = 0.0
    for _ in range(300):
        found = copied(values=rng.poisson(30, UNITS * PERIODS).astype(float), unit=UNIT, period=PERIOD)
        assert found is not None
        assert found.length > 3
        seen += found.sequences
        bound += found.by_chance
    assert bound < 3
    assert seen <= poisson.ppf(0.999, bound)


def test_values_of_which_most_are_alike_are_too_coarse_to_say() -> None:
    values = 1.0 + np.random.default_rng(7).poisson(0.5, UNITS * PERIODS)
    assert copied(values=values, unit=UNIT, period=PERIOD) is None


def test_the_interval_takes_off_what_chance_may_give() -> None:
    some = Copied(length=4, by_chance=1.0, sequences=5, longest=6, copied=30.0, cells=1000)
    most = poisson.ppf(0.975, 1.0)
    assert some.interval() == pytest.approx(((30 - 4 * most) / 1000, 0.03))
    assert some.p_value == pytest.approx(poisson.sf(4, 1.0), rel=1e-9)
    rare = Copied(length=4, by_chance=1e-4, sequences=1, longest=9, copied=9.0, cells=1000)
    assert rare.interval() == (0.009, 0.009)


def test_means_that_whole_numbers_cannot_have() -> None:
    """The example of Brown and Heathers 2017: 5.19 cannot be the mean of 28 whole numbers, 5.18 and 5.21 can."""
    assert not grim(5.19, 28, 2)
    assert grim(5.18, 28, 2)
    assert grim(5.21, 28, 2)
    assert grim(3.5, 2, 1)
    assert all(grim(round(s / 17, 2), 17, 2) for s in range(200))
    assert sum(grim(m / 100, 20, 2) for m in range(100)) == 20


def test_repeats_by_chance_among_many_units_are_not_taken_for_levels_that_stood_still() -> None:
    """A thousand units with memory, values to one place: what agrees by chance is no excess."""
    rng = np.random.default_rng(40)
    values = np.cumsum(rng.normal(0, 20, (1000, 24)), axis=1) + rng.normal(700, 120, (1000, 1))
    unit, period = np.repeat(np.arange(1000), 24), np.tile(np.arange(24), 1000)
    found = carried(values=np.round(values, 1).ravel(), unit=unit, period=period)
    assert found is not None
    assert found.observed > 10
    assert abs(found.share.value) < 0.002
    still = np.cumsum((rng.random((1000, 24)) < 0.9) * rng.normal(0, 20, (1000, 24)), axis=1) + 700
    assert carried(values=np.round(still, 1).ravel(), unit=unit, period=period) is None
