"""Gaps: how many of the values that were due are missing, and what stands beside the gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from pitprop.stats.estimate import Estimate
from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LARGEST = 2.0
"""Departures, in standard deviations of their unit, that count for no more: long tails on one side shift t."""
FEWEST_BESIDE = 10
"""Values beside gaps below which nothing is said about them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaps:
    """Values that were due between a unit's first and last, and those of them that are missing."""

    expected: int
    """Values that were due, the first and the last of each unit not counted (they are there by definition)."""
    missing: int
    interval: tuple[float, float]
    """Of the share missing, 95 %, allowing for units and periods that differ in it."""
    effective: float
    """Independent values that the due ones are worth."""
    by_unit: Ints
    """Due in each unit, shape (units,)."""
    due: Bools
    """Shape (units, periods)."""
    there: Bools
    """Shape (units, periods)."""
    planned: int
    """Values left out of `expected` since the unit never has one at that time of the cycle."""

    @property
    def share(self) -> float:
        return self.missing / self.expected if self.expected else 0.0

    @property
    def beside(self) -> Bools:
        """Values next to a gap, shape (units, periods)."""
        gap = self.due & ~self.there
        out = np.zeros_like(gap)
        out[:, :-1] |= gap[:, 1:]
        out[:, 1:] |= gap[:, :-1]
        return out & self.there


def gaps(*, unit: Ints, period: Ints, position: Ints, units: int) -> Gaps:
    """Which values are missing between a unit's first and its last?

    Parameters
    ----------
    unit, period
        Unit of each value that is there, integers below `units`, and its period, an index into `position`;
        shape (n,).
    position
        Place of each period in the cycle (month of the year, day of the week), integers from 0, shape (periods,).
        A unit that never has a value at a place that came round twice or more has none due there.
    units
        How many there are.

    Source
    ------
    Share: Wilson (1927), J. Am. Stat. Assoc. 22:209, with the effective number of values, n over the design
    effect (Kish 1965, Survey Sampling). Variance of a ratio, clustered by unit and by period:
    Cameron, Gelbach & Miller (2011), JBES 29:238.
    """
    there = np.zeros((units, len(position)), dtype=bool)
    there[unit, period] = True
    t = np.arange(len(position))
    first = there.argmax(axis=1)[:, None]
    last = (len(position) - 1 - there[:, ::-1].argmax(axis=1))[:, None]
    used = (np.bincount(unit, minlength=units) > 0)[:, None]
    inside = (t > first) & (t < last) & used
    cycle = np.eye(int(position.max(initial=0)) + 1)[position]
    span = (t >= first) & (t <= last) & used
    never = ((span @ cycle) >= 2) & ((there @ cycle) == 0)
    planned = inside & never[:, position]
    due = inside & ~planned
    missing = due & ~there
    expected, lost = int(due.sum()), int(missing.sum())
    interval, effective = _interval(missing, due)
    return Gaps(
        expected=expected,
        missing=lost,
        interval=interval,
        effective=effective,
        by_unit=due.sum(axis=1),
        due=due,
        there=there,
        planned=int(planned.sum()),
    )


def _interval(missing: Bools, due: Bools) -> tuple[tuple[float, float], float]:
    n = float(due.sum())
    if n == 0:
        return (0.0, 1.0), 0.0
    p = float(missing.sum()) / n
    simple = p * (1 - p) / n
    variance, clusters = simple, np.inf
    parts = []
    for axis in (1, 0):
        off = missing.sum(axis=axis) - p * due.sum(axis=axis)
        many = int((due.sum(axis=axis) > 0).sum())
        if many > 1:
            parts.append(float(off @ off) * many / (many - 1) / n**2)
            clusters = min(clusters, many)
    if parts and simple > 0:
        variance = max(sum(parts) - (len(parts) - 1) * simple, *parts, simple)
    effective = n if simple == 0 else n * simple / variance
    z = float(stdtrit(max(clusters - 1, 1), 0.975)) if np.isfinite(clusters) else 1.959963984540054
    centre = (p + z * z / (2 * effective)) / (1 + z * z / effective)
    half = z / (1 + z * z / effective) * (p * (1 - p) / effective + z * z / (4 * effective**2)) ** 0.5
    return (max(centre - half, 0.0), min(centre + half, 1.0)), effective


def beside_gaps(*, value: Floats, unit: Ints, time: Ints, beside: Bools) -> Estimate | None:
    """By how much values next to a gap differ from the others of the same unit, in the unit's own spread.

    Parameters
    ----------
    value
        What is left of each value when effects of unit and period are removed, any unit, shape (n,).
    unit, time
        Unit of each value, integers from 0, and its period, shape (n,).
    beside
        Whether the value stands next to a gap, shape (n,).

    Returns
    -------
    The difference in standard deviations of a unit's values, each unit's own straight course removed and departures
    beyond two standard deviations cut; None where
    fewer than ten values stand beside gaps, or they are all in a unit or two.

    Source
    ------
    Regression within units, Frisch-Waugh; errors clustered by unit (Liang & Zeger 1986, times G/(G-1));
    degrees of freedom (sum v)^2 / sum v^2 - 1 over the units' shares v of the information (as Satterthwaite 1946).
    """
    count = np.bincount(unit)
    keep = count[unit] >= 5
    if int(beside[keep].sum()) < FEWEST_BESIDE:
        return None
    value, when, near = value[keep], time[keep].astype(np.float64), beside[keep].astype(np.float64)
    unit = numbered(unit[keep])[1]
    left, x = (_straightened(v, unit, when) for v in (value, near))
    size = np.bincount(unit, weights=left**2)
    spread = (size / np.maximum(np.bincount(unit) - 2, 1)) ** 0.5
    usable = (spread > 1e-9 * float(spread.max(initial=0.0)))[unit]
    left = np.clip(np.divide(left, spread[unit], out=np.zeros_like(left), where=usable), -LARGEST, LARGEST)
    x = np.where(usable, x, 0.0)
    information = np.bincount(unit, weights=x * x)
    total = float(information.sum())
    if total <= 0:
        return None
    slope = float(left @ x) / total
    score = np.bincount(unit, weights=x * (left - slope * x))
    shares = float(information @ information)
    df = total**2 / shares - 1
    if df < 2:
        return None
    clusters = int((information > 0).sum())
    return Estimate(value=slope, se=float(score @ score * clusters / (clusters - 1)) ** 0.5 / total, df=df)


def _straightened(v: Floats, unit: Ints, time: Floats) -> Floats:
    """Less each unit's mean and straight course."""
    n = np.bincount(unit).astype(np.float64)

    def centred(a: Floats) -> Floats:
        out: Floats = a - (np.bincount(unit, weights=a) / n)[unit]
        return out

    v, t = centred(v - v.mean()), centred(time)
    square = np.bincount(unit, weights=t * t)
    slope = np.divide(np.bincount(unit, weights=t * v), square, out=np.zeros_like(square), where=square > 0)
    out: Floats = v - slope[unit] * t
    return out
