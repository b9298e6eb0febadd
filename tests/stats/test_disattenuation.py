"""Likeness beneath noise: Spearman's formula and worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from pitprop.stats.disattenuation import disattenuated, likeness


def world(seed: int, *, r: float, noise: float = 1.0, shared: float = 0.0, units: int = 300, periods: int = 8):
    rng = np.random.default_rng(seed)
    level = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], units)
    e = rng.multivariate_normal([0, 0], [[1, shared], [shared, 1]], (units, periods))
    values = level[:, None, :] + noise * e + np.arange(periods)[None, :, None]
    unit, time = np.divmod(np.arange(units * periods), periods)
    return values[..., 0].ravel(), values[..., 1].ravel(), unit, time


def test_spearmans_formula():
    assert disattenuated(0.42, 0.7, 0.6) == pytest.approx(0.42 / 0.42**0.5)


@pytest.mark.parametrize("shared", [0.0, 0.9, -0.5])
@pytest.mark.parametrize("r", [0.9, 0.3])
def test_true_levels_are_as_alike_as_they_are_whatever_noise_they_share(r, shared):
    x, y, unit, time = world(1, r=r, noise=2.0, shared=shared)
    found = likeness(x, y, unit=unit, time=time)
    low, high = found.level.interval
    assert low < r < high
    assert high - low < 0.45
    assert found.movement.value == pytest.approx(abs(shared), abs=0.06)


def test_reliability_is_that_of_means_of_eight():
    x, y, unit, time = world(2, r=0.5, noise=2.0)
    found = likeness(x, y, unit=unit, time=time)
    assert found.reliability == pytest.approx((2 / 3, 2 / 3), abs=0.07)


def test_numbers_that_go_against_each_other_are_alike_with_a_minus():
    x, y, unit, time = world(3, r=0.8)
    one, two = likeness(x, y, unit=unit, time=time), likeness(x, -1000 * y, unit=unit, time=time)
    assert (one.sign, two.sign) == (1.0, -1.0)
    assert two.level.value == pytest.approx(one.level.value, rel=1e-9)
    assert two.movement.interval == pytest.approx(one.movement.interval, rel=1e-6, abs=1e-9)


def test_units_that_are_truly_alike_have_no_correlation_of_levels():
    rng = np.random.default_rng(4)
    unit, time = np.divmod(np.arange(40 * 6), 6)
    e = rng.standard_normal((240, 2))
    e = e - np.array([np.bincount(unit, weights=c)[unit] / 6 for c in e.T]).T
    assert likeness(e[:, 0], e[:, 1], unit=unit, time=time).level is None


def test_what_never_moves_within_units_has_no_answer():
    x, _, unit, time = world(5, r=0.5, units=20)
    assert likeness(x, unit.astype(float), unit=unit, time=time) is None
    assert likeness(np.ones(160), x, unit=unit, time=time) is None
