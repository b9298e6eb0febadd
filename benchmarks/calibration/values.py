"""Honest worlds for the checks that read a distribution: nothing in them was gamed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric, Target
from pitprop.digest.distribution import Distribution
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.specimen import declared

Floats = NDArray[np.float64]
World = Callable[[np.random.Generator, int], tuple[Floats, str, float]]
"""(generator, n) -> values, grid step, target."""


def normal(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    return rng.normal(60, 10, n), "0.01", 65.0


def lognormal(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    return rng.lognormal(4.2, 0.6, n), "0.1", 80.0


def poisson(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    return rng.poisson(100, n).astype(np.float64), "1", 95.0


def small_counts(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    return rng.poisson(20, n).astype(np.float64), "1", 18.0


def honest_rounding(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """Everything is rounded to 0.5, the target lies on the grid."""
    return np.floor(rng.normal(60, 10, n) / 0.5 + 0.5) * 0.5, "0.1", 65.0


def round_target(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """A third of the values are rounded to tens, and the target is a round number."""
    values = np.floor(rng.gamma(4, 20, n))
    rounded = rng.random(n) < 0.3
    values[rounded] = np.floor(values[rounded] / 10 + 0.5) * 10
    return values, "1", 80.0


def rounding_beside_the_target(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """A fifth of the values are rounded to fives, the target lies beside the heap."""
    values = np.floor(rng.normal(60, 10, n))
    rounded = rng.random(n) < 0.2
    values[rounded] = np.floor(values[rounded] / 5 + 0.5) * 5
    return values, "1", 63.0


def near_the_edge(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """Shares crowded near one."""
    return rng.beta(5, 1.2, n), "0.001", 0.9


def season_and_memory(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """One series with memory (AR(1), .6) and a season."""
    noise = rng.normal(0, 1, n)
    level = np.empty(n)
    level[0] = noise[0]
    for t in range(1, n):
        level[t] = 0.6 * level[t - 1] + noise[t]
    return 60 + 6 * level + 5 * np.sin(2 * np.pi * np.arange(n) / 12), "0.01", 65.0


def clusters(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """Units with levels of their own."""
    units = max(8, n // 50)
    return rng.normal(60, 7, units)[rng.integers(0, units, n)] + rng.normal(0, 7, n), "0.01", 65.0


def sticky_units(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """Units that repeat nearly the same value twenty times."""
    units = max(8, n // 20)
    return rng.normal(60, 10, units)[rng.integers(0, units, n)] + rng.normal(0, 0.3, n), "0.01", 63.0


def two_populations(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    return np.where(rng.random(n) < 0.5, rng.normal(50, 6, n), rng.normal(70, 9, n)), "0.01", 60.0


def decades(rng: np.random.Generator, n: int) -> tuple[Floats, str, float]:
    """Sums that span several decades."""
    return rng.lognormal(6.0, 2.0, n), "0.01", 400.0


WORLDS: tuple[World, ...] = (
    normal,
    lognormal,
    poisson,
    small_counts,
    honest_rounding,
    round_target,
    rounding_beside_the_target,
    near_the_edge,
    season_and_memory,
    clusters,
    sticky_units,
    two_populations,
    decades,
)


ROUNDED: dict[World, float] = {round_target: 10.0, rounding_beside_the_target: 5.0}
"""Really rounded by hand, to what: no null for the check that looks for rounding."""


def with_target(world: World, rng: np.random.Generator, n: int) -> tuple[Distribution, Metric]:
    """The world's distribution under its target."""
    values, step, target = world(rng, n)
    return tally(values, step), declared(targets=(Target(op="gte", value=target, on="row"),))


def improved(world: World, rng: np.random.Generator, n: int) -> tuple[Distribution, Metric]:
    """The world before its target, and honestly a fifth of a standard deviation better under it."""
    before, step, target = world(rng, n)
    after, _, _ = world(rng, n)
    spacing = ROUNDED.get(world, float(step))
    gain = np.ceil(0.2 * after.std() / spacing) * spacing
    goal = Target(op="gte", value=target, on="row", since=date(2025, 1, 1))
    return tally(after + gain, step, without=before), declared(targets=(goal,))
