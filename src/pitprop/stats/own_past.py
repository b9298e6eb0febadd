"""What a quantity's own past tells about it: the forecast that anything else has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TABLE = 16
"""Range of the keys, in multiples of the observations, up to which places are looked up in a table."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnPast:
    """For each observation, what was known of the same unit; NaN where nothing was; shape (n,)."""

    last: Floats
    """The last known value."""
    mean: Floats
    """Mean of all values known by then."""
    season: Floats
    """Mean of those in the same season; `mean` where there are none or there is no season."""


def own_past(y: Floats, unit: Ints, time: Ints, *, delay: int = 1, cycle: int = 0) -> OwnPast:
    """What was known of `y` of the same unit `delay` periods before each observation.

    Parameters
    ----------
    y
        Values, NaN where there is none, shape (n,).
    unit, time
        Whose and when: the number of the period on the calendar (gaps count), shape (n,). At most one
        observation of a unit in a period.
    delay
        A value is known once it is at least this many periods old; at least 1.
    cycle
        Periods in a season's cycle; 0 for no season.
    """
    index = np.flatnonzero(np.isfinite(y))
    center = float(y[index].mean()) if len(index) else 0.0
    last, mean = _known(y, unit, time, index, delay, center)
    if cycle < 2:
        return OwnPast(last=last, mean=mean, season=mean)
    _, season = _known(y, unit * cycle + time % cycle, time, index, delay, center)
    return OwnPast(last=last, mean=mean, season=np.where(np.isfinite(season), season, mean))


def _known(y: Floats, group: Ints, time: Ints, index: Ints, delay: int, center: float) -> tuple[Floats, Floats]:
    """Last and mean of the values of the same group at least `delay` periods old."""
    nothing = np.full(len(y), np.nan)
    if not len(index):
        return nothing, nothing.copy()
    start = int(time.min())
    width = int(time.max()) - start + 1
    key = group.astype(np.int64) * width + (time - start)
    order = index[np.argsort(key[index], kind="stable")]
    # One past the last value that is old enough; -1 is the slot before the group's first.
    latest = np.maximum(time - start - delay, -1)
    first, stop = _places(key[order], group * width, group * width + latest)
    known = stop > first
    sums = np.concatenate([[0.0], np.cumsum(y[order] - center)])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = center + (sums[stop] - sums[first]) / (stop - first)
    last = y[order[np.where(known, stop - 1, 0)]]
    return np.where(known, last, np.nan), np.where(known, mean, np.nan)


def _places(ordered: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """How many of the ordered keys lie below `low`, and how many do not exceed `high` (low - 1 or more)."""
    least, most = int(low.min()), max(int(high.max()), int(ordered[-1]))
    if most - least > TABLE * len(low) + 64 or int(ordered[0]) < least:
        return np.searchsorted(ordered, low), np.searchsorted(ordered, high, side="right")
    below = np.append(0, np.cumsum(np.bincount(ordered - least, minlength=most - least + 1)))
    return below[low - least], below[high - least + 1]
