"""Process behaviour charts (XmR) of many units at once: which values stand out among their unit's others?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.process_chart import AUTOCORRELATED, LIMIT_FACTOR, RANGE_FACTOR, RUN

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProcessCharts:
    """Signals of every unit's own chart."""

    charted: Bools
    """Whether the value belongs to a unit with enough values for a chart, shape (n,)."""
    outside: Bools
    """Beyond a natural limit of its unit (rule 1), shape (n,)."""
    run: Bools
    """In a run of eight or more on one side of its unit's mean (rule 2), shape (n,)."""
    units: int
    """Units with a chart."""
    autocorrelated: int
    """Units whose neighbouring values are so alike (lag-1 correlation above 0.25) that the limits are too narrow."""

    @property
    def signals(self) -> Bools:
        out: Bools = self.outside | self.run
        return out


def process_charts(y: Floats, unit: Ints, *, fewest: int = 8) -> ProcessCharts:
    """One chart for each unit, as `process_chart` draws it for one series (moving ranges screened once).

    Parameters
    ----------
    y
        Values, finite, shape (n,), in order of (unit, time).
    unit
        Unit of each value, integers from 0 in ascending order, shape (n,).
    fewest
        Values from which a unit has a chart; at least 2.

    Source
    ------
    Wheeler (1993), Understanding Variation; screened ranges: Nelson (1982), Journal of Quality Technology 14:172.
    """
    size = int(unit[-1]) + 1 if len(unit) else 0
    count = np.bincount(unit, minlength=size)
    charted = count >= max(fewest, 2)

    def total(v: Floats, of: Ints = unit) -> Floats:
        return np.bincount(of, weights=v, minlength=size).astype(np.float64)

    start = np.minimum(np.cumsum(count) - count, max(len(y) - 1, 0))
    first = y[start][unit] if len(y) else y
    centre = first + (total(y - first) / np.maximum(count, 1))[unit]
    same = unit[1:] == unit[:-1]
    ranges, of = np.abs(np.diff(y))[same], unit[1:][same]
    number = np.maximum(np.bincount(of, minlength=size), 1)
    kept = ranges < RANGE_FACTOR * (total(ranges, of) / number)[of]
    screened = total(ranges * kept, of)
    usual = screened / np.maximum(np.bincount(of[kept], minlength=size), 1)
    moving = np.where(screened > 0, usual, total(ranges, of) / number)
    largest = np.zeros(size)
    np.maximum.at(largest, unit, np.abs(y))
    rounding = (1e-12 * largest)[unit]
    deviation = np.where(np.abs(y - centre) <= rounding, 0.0, y - centre)
    lag, square = total((deviation[1:] * deviation[:-1])[same], of), total(deviation**2)
    alike = np.divide(lag, square, out=np.zeros(size), where=square > 0) > AUTOCORRELATED
    return ProcessCharts(
        charted=charted[unit],
        outside=charted[unit] & (np.abs(deviation) > LIMIT_FACTOR * moving[unit] + rounding),
        run=charted[unit] & _runs(np.sign(deviation), unit),
        units=int(charted.sum()),
        autocorrelated=int((alike & charted).sum()),
    )


def _runs(side: Floats, unit: Ints) -> Bools:
    """Members of stretches of RUN or more values of one unit on the same side of its mean."""
    if not len(side):
        return np.zeros(0, dtype=bool)
    starts = np.flatnonzero(np.r_[True, (side[1:] != side[:-1]) | (unit[1:] != unit[:-1])])
    length = np.diff(np.r_[starts, len(side)])
    return np.repeat((length >= RUN) & (side[starts] != 0), length)
