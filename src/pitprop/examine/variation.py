"""Variation: what chance alone would make of the numbers in a panel, and how much of it there is.

Counts have the variance of Poisson or binomial counts; averages and amounts that of the rows they are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.parts import LARGEST, parts
from pitprop.stats.binary_size import binary_size
from pitprop.stats.dispersion import Dispersion, dispersion
from pitprop.stats.numbered import numbered
from pitprop.stats.steadiness import nearness, steadiness

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINDOW = 6
"""Periods within which trends are not followed any more."""
FEWEST_MEAN = 5.0
"""Rows in a cell, where cells without rows are not in the data."""
FEWEST_ROWS = 5
"""Rows of a cell from which on their spread says how exact its average is."""
SAME = 1e-11
"""Variance of the rows, as a share of their mean square, below which they are all the same number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """Counts of the cells that have one; all arrays have shape (cells,)."""

    k: Floats
    of: Floats | None
    """How many there were of which k were counted; None for a bare count."""
    there: Bools
    fewest: float = 0.0
    """Mean count below which a window is left out: a period without rows has no cell, so zeros are missing."""
    known: bool
    """Whether these are known to be counts of separate events; otherwise they are merely whole."""
    are: str = "Counts"
    chance: str = "chance alone makes them"

    @property
    def bounded(self) -> bool:
        """Whether more than chance gives is proof enough that they were left to it."""
        return self.of is not None

    def index(self, panel: Panel, cells: Bools) -> Dispersion | None:
        """Their variation over that of chance; None where nothing can be said."""
        use = cells & self.there
        if not use.any():
            return None
        period = panel.period[use] - panel.period[use].min()
        return dispersion(
            k=self.k[use],
            unit=panel.entity[use],
            period=period,
            window=period // WINDOW,
            of=None if self.of is None else self.of[use],
            fewest=self.fewest,
        )

    def growth(self, panel: Panel, now: Bools, other: Bools) -> float:
        """How many times the mean has changed, either way: what an amount's spread may have failed to follow."""
        means = [float(self.k[side & self.there].mean()) if (side & self.there).any() else 0.0 for side in (now, other)]
        return max(means[0] / means[1], means[1] / means[0]) if min(means) > 0 else 1.0

    def noise(self, panel: Panel) -> Floats:
        """Variance by chance of cells whose true level is the target; NaN where there is none."""
        target = panel.target
        if self.of is None:
            return np.where(self.there & (target > 0), target, np.nan)
        inside = self.there & (target > 0) & (target < 1)
        return np.where(inside, target * (1 - target) / np.maximum(self.of, 1), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Averages:
    """Averages, ratios and amounts that are made of rows; all arrays have shape (cells,)."""

    value: Floats
    sampling: Floats
    """Sampling variance of `value`, unit^2."""
    spread: Floats
    """Variance of the rows."""
    there: Bools
    are: str
    size: float = 1.0
    """Values are divided by it where their squares are taken."""
    chance: str = "the differences between their rows make them"
    known: bool = False
    """A fixed mix of unlike rows is steadier than its rows are, so that chance alone proves nothing."""
    bounded: bool = True

    def index(self, panel: Panel, cells: Bools) -> Dispersion | None:
        """Their variation over that of sampling; None where nothing can be said."""
        use = cells & self.there
        if not use.any():
            return None
        period = panel.period[use] - panel.period[use].min()
        return steadiness(
            value=self.value[use] / self.size,
            noise=self.sampling[use] / self.size / self.size,
            unit=panel.entity[use],
            period=period,
            window=period // WINDOW,
        )

    def growth(self, panel: Panel, now: Bools, other: Bools) -> float:
        """How many times the variance of the rows has risen, at least 1: unlike rows make it rise, not averages."""
        mean, there = [], []
        for side in (now & self.there, other & self.there):
            cells = np.bincount(panel.entity[side], minlength=len(panel.entities))
            sums = np.bincount(panel.entity[side], weights=self.spread[side], minlength=len(panel.entities))
            mean.append(sums / np.maximum(cells, 1))
            there.append(sums > 0)
        both = there[0] & there[1]
        return max(float(np.exp(np.log(mean[0][both] / mean[1][both]).mean())), 1.0) if both.any() else 1.0

    def noise(self, panel: Panel) -> Floats:
        """Sampling variance of each cell; NaN where there is no target to be near to."""
        return np.where(self.there & np.isfinite(panel.target), self.sampling, np.nan)


def variation(measure: Measure, metric: Metric) -> Counts | Averages | None:
    """What varies by chance in this measure; None where that is not known."""
    with np.errstate(over="ignore", invalid="ignore"):  # cells beyond floats are left out
        found = _counts(measure, metric)
        return found if found is not None else _averages(measure)


def near_target(panel: Panel, varies: Counts | Averages, metric: Metric, cells: Bools) -> dict[str, Any]:
    """How close these cells are to their target, over what chance permits; empty without a target for cells."""
    if not metric.targets or metric.targets[0].on != "entity_period":
        return {}
    noise, value = varies.noise(panel), panel.metric.value
    use = cells & np.isfinite(noise) & np.isfinite(value) & np.isfinite(panel.target)
    if not use.any():
        return {}
    unit = numbered(panel.entity[use])[1]
    size = max(binary_size(value[use]), binary_size(panel.target[use]))
    found = nearness(
        value=value[use] / size, target=panel.target[use] / size, noise=noise[use] / size / size, unit=unit
    )
    if found is None or not np.isfinite(found.index):
        return {}
    return {"distance": found.index, "cells": int(use.sum()), "closer_by_chance": found.p_low}


def _counts(measure: Measure, metric: Metric) -> Counts | None:
    """What is counted in each cell, the rarer side where it is so many of so many; None where nothing is."""
    rows = measure.n.astype(np.float64)
    x = measure.x + rows * measure.pivot
    xx = measure.xx + 2 * measure.pivot * measure.x + rows * measure.pivot**2
    marks = bool(np.all(np.abs(xx - x) <= 1e-6 * (1 + np.abs(x))))
    if measure.agg in ("share", "ratio"):
        found = parts(measure)
        if found is None:
            return None
        k, n, there = found
        if not k.any():
            return None
        if 2 * int(k.sum()) > int(n.sum()):
            k = np.where(there, n - k, 0)
        bare = metric.numerator is not None and metric.numerator.agg == "count"
        return Counts(
            k=k.astype(np.float64), of=n.astype(np.float64), there=there, known=measure.agg == "share" or bare or marks
        )
    if measure.agg not in ("count", "count_distinct", "sum"):
        return None
    if measure.agg == "sum" and marks and float(x.max(initial=0.0)) >= 1:
        k = np.where(2 * x.sum() > rows.sum(), rows - x, x)
        return Counts(k=np.maximum(np.round(k), 0), of=rows, there=measure.n > 0, known=True)
    value = measure.value
    there = np.isfinite(value)
    whole = np.abs(value[there] - np.round(value[there])) <= 1e-6
    if not there.any() or not bool(whole.all()) or bool((value[there] < -1e-6).any()):
        return None
    if not 1 <= float(value[there].max()) <= LARGEST:
        return None
    k = np.where(there, np.round(np.nan_to_num(value)), 0.0)
    rows_only = measure.agg != "sum"
    return Counts(k=np.abs(k), of=None, there=there, known=rows_only, fewest=FEWEST_MEAN if rows_only else 0.0)


def _averages(measure: Measure) -> Averages | None:
    """Averages, ratios and sums of cells with rows enough; None where hardly any has."""
    if measure.agg not in ("average", "ratio", "sum"):
        return None
    rows = measure.n.astype(np.float64)
    safe = np.maximum(rows, 1)
    if measure.agg == "sum":
        spread = np.maximum(measure.xx - measure.x**2 / safe, 0) / np.maximum(rows - 1, 1)
        sampling = rows * spread
    else:
        sampling = measure.noise
        spread = sampling * rows
    value = measure.value
    there = (measure.n >= FEWEST_ROWS) & np.isfinite(value) & np.isfinite(sampling)
    if not there.any() or 2 * there.sum() < (measure.n > 0).sum():
        return None
    # what rounding leaves of equal rows is no spread
    level = value if measure.agg == "ratio" else measure.x / safe
    even = spread <= SAME * (np.nan_to_num(level) ** 2 + spread)
    spread, sampling = np.where(even, 0.0, spread), np.where(even, 0.0, sampling)
    are = {"average": "Averages", "ratio": "Ratios", "sum": "Sums"}[measure.agg]
    size = binary_size(value[there])
    return Averages(value=value, sampling=sampling, spread=spread, there=there, are=are, size=size)
