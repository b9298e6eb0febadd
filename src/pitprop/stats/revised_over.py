"""Revised over a line: are near misses revised over it more often than the same revisions would bring about?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REACH = 0.99
"""Quantile of the sizes of revisions that counts as within reach, but no more than"""
NARROW = 0.3
"""of the interquartile range of the first reports, so that both sides of the line are alike."""
FEWEST_CLUSTERS = 6
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedOver:
    """Near misses that were revised over the line."""

    excess: Estimate
    """Share of the near misses that was revised over the line, less what was to be expected."""
    share: float
    """Share that was revised over it."""
    expected: float
    """Share that the revisions of numbers just above would have brought over it."""
    reach: float
    """How far below (and above) the line counts as near, in the unit of the distances."""
    misses: int
    """Near misses."""
    compared: int
    """Numbers as near above the line, whose revisions are the standard."""
    up: int
    """All that were revised from a miss to a hit."""
    down: int
    """All that were revised from a hit to a miss."""


def revised_over(*, first: Floats, last: Floats, unit: Ints, time: Ints, reach: float | None = None) -> RevisedOver:
    """Share of the near misses revised over a line beyond what revisions just above the line would give.

    Each near miss at distance d below the line is compared with the numbers that lay as near above it: with
    which share of their revisions would it have got over? What the size of a revision has to do with the level
    in general (growth in proportion, regression to the mean) is taken out to first order: the slope of the
    revisions on the level outside the near misses, times how dense the revisions are at d (within half a reach).

    Parameters
    ----------
    first, last
        First and last reported value less the line, at least 0 where the line is reached, shape (n,).
    unit, time
        Whose and when, integers, shape (n,). Errors may be correlated at will within a unit and within a time.
    reach
        How near is near; by default what 99 % of the revisions that were made do not exceed, or
        three tenths of the interquartile range of `first` where that is less.

    Raises
    ------
    ValueError
        Where nothing was revised, or nothing lies near the line on one of its sides.

    Source
    ------
    Two-sample comparison at a displaced line, with the infinitely small jackknife for its variance (Efron 1982,
    The Jackknife, the Bootstrap and Other Resampling Plans: sums of influences by cluster); two-way clusters:
    Cameron, Gelbach & Miller (2011), JBES 29:238.
    """
    revision = last - first
    size = float(np.abs(first).max(initial=0.0))
    made = np.abs(revision)[np.abs(revision) > TOLERANCE * size]
    if len(made) == 0:
        raise ValueError("nothing was revised")
    h = min(float(np.quantile(made, REACH)), NARROW * _middle_half(first)) if reach is None else reach
    slack = TOLERANCE * h
    below = (first < 0) & (first >= -h - slack)
    above = (first >= 0) & (first <= h + slack)
    m, n = int(below.sum()), int(above.sum())
    if not m or not n:
        raise ValueError("nothing lies near the line on one of its sides")
    slope = _slope(first[~below], revision[~below])
    standard = np.sort(revision[above])
    asked = -first[below]
    shift = slope * (first[below] - first[above].mean())
    density = (_share(standard, asked - h / 2, slack) - _share(standard, asked + h / 2, slack)) / h
    expected = np.clip(_share(standard, asked, slack) + shift * density, 0.0, 1.0)
    over = (last[below] >= -slack).astype(np.float64)
    reached = np.searchsorted(np.sort(asked), revision[above] + slack, side="right") / m
    excess = float((over - expected).mean())
    influence = np.zeros(len(first))
    influence[below] = (over - expected - excess) / m
    influence[above] = -(reached - reached.mean()) / n
    near = below | above
    return RevisedOver(
        excess=_estimate(excess, influence[near], unit[near], time[near], floor=1.0 / min(m, n)),
        share=float(over.mean()),
        expected=float(expected.mean()),
        reach=h,
        misses=m,
        compared=n,
        up=int(((first < 0) & (last >= -slack)).sum()),
        down=int(((first >= 0) & (last < -slack)).sum()),
    )


def _middle_half(values: Floats) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) or float(values.std())


def _share(ordered: Floats, asked: Floats, slack: float) -> Floats:
    """Share of the ordered revisions that are at least as large as is asked."""
    out: Floats = 1 - np.searchsorted(ordered, asked - slack) / len(ordered)
    return out


def _slope(level: Floats, revision: Floats) -> float:
    """Least squares slope of revisions on levels, kept above -1 (a revision does not turn the order round)."""
    centred = level - level.mean()
    square = float(centred @ centred)
    return max(float(centred @ revision) / square, -0.95) if square > 0 else 0.0


def _estimate(value: float, influence: Floats, unit: Ints, time: Ints, floor: float) -> Estimate:
    sides = [side for side in (_clustered(influence, unit), _clustered(influence, time)) if side is not None]
    alone = float(influence @ influence)
    if not sides:
        return Estimate(value=value, se=max(alone**0.5, floor), df=1.0)
    both = sides[0][0] + sides[1][0] - alone if len(sides) == 2 else 0.0
    variance, df = max(sides)
    variance = max(variance, both)
    return Estimate(value=value, se=max(variance**0.5, floor), df=df)


def _clustered(influence: Floats, cluster: Ints) -> tuple[float, float] | None:
    """Variance and degrees of freedom (effective clusters less one), or None where there are too few."""
    number = numbered(cluster)[1]
    size = np.bincount(number).astype(np.float64)
    effective = float((size**2).sum() ** 2 / (size**4).sum())
    if effective < FEWEST_CLUSTERS:
        return None
    sums = np.bincount(number, weights=influence)
    return float(sums @ sums) * len(size) / (len(size) - 1), effective - 1
