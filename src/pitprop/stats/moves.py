"""Moves: where a series really shifted, and whether another shifted with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from pitprop.stats.numbered import numbered
from pitprop.stats.process_chart import LIMIT_FACTOR, RANGE_FACTOR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WINDOW = 3
"""Periods on each side whose medians are compared: a single mistyped or extreme value is no move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """At what share of moves another series moved the same way."""

    share: float
    """Ties count half."""
    interval: tuple[float, float]
    n: int
    """Moves."""
    effective: float
    """Independent moves that would tell as much."""
    df: float

    def p_at_least(self, share: float) -> float:
        """One-sided p-value of "the share is at least this": small where it is clearly less."""
        if not 0 < share < 1:
            return 1.0
        z = (self.share - share) / (share * (1 - share) / self.effective) ** 0.5
        return float(stdtr(self.df, z))


def shifts(table: Floats) -> Floats:
    """Median of this and the next two periods less the median of the three before, shape (units, periods).

    Parameters
    ----------
    table
        Shape (units, periods); NaN where there is no value. A shift is NaN where one of its six values is.
    """
    out = np.full(table.shape, np.nan)
    if table.shape[1] < 2 * WINDOW:
        return out
    one, two, three = table[:, :-2], table[:, 1:-1], table[:, 2:]
    median = np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three))
    out[:, WINDOW : table.shape[1] - WINDOW + 1] = median[:, WINDOW:] - median[:, :-WINDOW]
    return out


def moves(table: Floats) -> tuple[Floats, Bools]:
    """Shifts of each unit's series, and which of them lie beyond its routine variation and are the largest around.

    Routine variation is that of a process behaviour chart: 2.66 times the mean moving range, moving ranges of 3.267
    times their mean or more left out once.

    Parameters
    ----------
    table
        Shape (units, periods); NaN where there is no value.

    Returns
    -------
    Shifts and marks, both of shape (units, periods); marks of a unit are at least three periods apart.

    Source
    ------
    Wheeler 1993, Understanding Variation; Nelson 1982, Journal of Quality Technology 14:172 (screened ranges).
    """
    shift = shifts(table)
    ranges = np.abs(np.diff(table, axis=1))
    mean = _mean(ranges)
    screened = _mean(np.where(ranges < RANGE_FACTOR * mean[:, None], ranges, np.nan))
    limit = LIMIT_FACTOR * np.where(screened > 0, screened, mean)
    size = np.where(np.isfinite(shift), np.abs(shift), -1.0)
    largest = (size > limit[:, None]) & (limit > 0)[:, None]
    for by in range(1, WINDOW):
        largest[:, by:] &= size[:, by:] > size[:, :-by]
        largest[:, :-by] &= size[:, :-by] >= size[:, by:]
    return shift, largest


def agreement(same: Floats, unit: Ints, period: Ints) -> Agreement | None:
    """At what share of moves does another series move the same way? None with fewer than two.

    Moves of the same unit, and those in the same period, may hang together: the variance is the larger of the two
    clustered ones, never below that of independent moves; the interval is Wilson's at the effective number of moves.

    Parameters
    ----------
    same
        1 where it moved the same way, 0 where the other way, 0.5 where not at all; shape (n,).
    unit, period
        Whose move, and when, shape (n,).

    Source
    ------
    Wilson 1927, JASA 22:209; at an effective size: Korn and Graubard 1998, Survey Methodology 24:193. Effective
    clusters as degrees of freedom: Carter, Schnepel and Steigerwald 2017, REStat 99:698.
    """
    n = len(same)
    if n < 2:
        return None
    share = float(same.mean())
    variance, clusters = share * (1 - share) / n, np.inf
    for label in (unit, period):
        index = numbered(label)[1]
        count = np.bincount(index).astype(np.float64)
        clusters = min(clusters, n**2 / float((count**2).sum()))
        if len(count) > 1:
            off = np.bincount(index, weights=same - share)
            variance = max(variance, float(off @ off) / n**2 * len(count) / (len(count) - 1))
    df = max(clusters - 1, 1.0)
    effective = max(min(share * (1 - share) / variance, float(n)), 1.0) if variance > 0 else float(n)
    t = float(stdtrit(df, 0.975))
    middle = (share + t**2 / (2 * effective)) / (1 + t**2 / effective)
    half = t / (1 + t**2 / effective) * (share * (1 - share) / effective + t**2 / (4 * effective**2)) ** 0.5
    return Agreement(share=share, interval=(middle - half, middle + half), n=n, effective=effective, df=df)


def expected_agreement(size: Floats, reliability: float) -> float:
    """How often a series would move the same way, were all of its signal the move and the rest noise.

    Parameters
    ----------
    size
        Sizes of the moves, in standard deviations of shifts, shape (n,).
    reliability
        Share of the series' variance that is signal, in [0, 1].
    """
    if reliability >= 1:
        return 1.0
    return float(ndtr(np.abs(size) * (max(reliability, 0.0) / (1 - reliability)) ** 0.5).mean())


def _mean(values: Floats) -> Floats:
    """Row means of what is there; 0 where nothing is."""
    there = np.isfinite(values)
    out: Floats = np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return out
