"""Process behaviour chart (XmR): does any point differ from the others by more than routine variation?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LIMIT_FACTOR = 2.66
"""3 / d2 for moving ranges of two, rounded as Wheeler and the NHS print it."""
RANGE_FACTOR = 3.267
"""D4: a moving range at or above this multiple of their mean is out of the ordinary."""
RUN = 8
"""Points in a row on one side of the centre line that make a signal."""
AUTOCORRELATED = 0.25
"""Lag-1 autocorrelation above which the limits are too narrow to be taken at their word."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProcessChart:
    """Centre line, natural limits and the points that stand out."""

    mean: float
    lower: float
    """Lower natural process limit, mean - 2.66 times the mean moving range."""
    upper: float
    moving_range: float
    """Mean moving range behind the limits."""
    screened: int
    """Moving ranges left out of that mean, being out of the ordinary themselves."""
    outside: Bools
    """Points beyond a limit (rule 1), shape (n,)."""
    run: Bools
    """Points in a run of eight or more on one side of the centre line (rule 2), shape (n,)."""
    lag1: float
    """Lag-1 autocorrelation of the points; 0 where they do not vary."""

    @property
    def signals(self) -> Bools:
        """Points that differ from the others by more than routine variation, shape (n,)."""
        out: Bools = self.outside | self.run
        return out

    @property
    def autocorrelated(self) -> bool:
        """Whether neighbours are so alike that the limits are too narrow."""
        return self.lag1 > AUTOCORRELATED


def process_chart(y: Floats, *, screen: bool = True) -> ProcessChart:
    """Which points of a series stand out from its routine variation?

    Parameters
    ----------
    y
        Values in order of time, finite, shape (n,), n at least 2.
    screen
        Whether moving ranges that are out of the ordinary (3.267 times their mean or more) are left out once
        before the limits are drawn, as the NHS does; not where nothing would vary without them.

    Raises
    ------
    ValueError
        Fewer than two points, or a value that is not finite.

    Source
    ------
    Wheeler (1993), Understanding Variation; NHS England, Making Data Count. Screened ranges: Nelson (1982),
    Journal of Quality Technology 14:172.
    """
    y = np.asarray(y, dtype=np.float64)
    if len(y) < 2 or not np.all(np.isfinite(y)):
        raise ValueError("a process behaviour chart needs two or more finite values")
    centre = float(y[0] + np.mean(y - y[0]))
    ranges = np.abs(np.diff(y))
    ordinary = ranges < RANGE_FACTOR * ranges.mean() if screen else np.ones(len(ranges), bool)
    kept = ranges[ordinary] if ranges[ordinary].any() else ranges
    moving = float(kept.mean())
    rounding = 1e-12 * float(np.max(np.abs(y)))
    deviation = np.where(np.abs(y - centre) <= rounding, 0.0, y - centre)
    reach = LIMIT_FACTOR * moving
    return ProcessChart(
        mean=centre,
        lower=centre - reach,
        upper=centre + reach,
        moving_range=moving,
        screened=len(ranges) - len(kept),
        outside=np.abs(deviation) > reach + rounding,
        run=_runs(np.sign(deviation)),
        lag1=_lag1(deviation),
    )


def _runs(side: Floats) -> Bools:
    """Members of stretches of RUN or more points on the same side; a point on the line ends a stretch."""
    starts = np.flatnonzero(np.r_[True, side[1:] != side[:-1]])
    length = np.diff(np.r_[starts, len(side)])
    return np.repeat((length >= RUN) & (side[starts] != 0), length)


def _lag1(deviation: Floats) -> float:
    total = float(deviation @ deviation)
    return float(deviation[1:] @ deviation[:-1]) / total if total > 0 else 0.0
