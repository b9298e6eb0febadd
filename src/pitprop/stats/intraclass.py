"""Intraclass correlation: how much of the variance of ratings is between the things that are rated?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intraclass:
    """One coefficient with its interval; the interval is cut to at most 1."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassTable:
    """The six coefficients of Shrout and Fleiss."""

    one_way: Intraclass
    """ICC(1,1): each thing rated by raters of its own."""
    agreement: Intraclass
    """ICC(2,1): the same raters throughout, who are a sample; their levels count as error."""
    consistency: Intraclass
    """ICC(3,1): the same raters throughout; their levels do not count."""
    one_way_mean: Intraclass
    """ICC(1,k): the same for the mean of all raters."""
    agreement_mean: Intraclass
    consistency_mean: Intraclass


def intraclass(ratings: Floats, *, level: float = 0.95) -> IntraclassTable:
    """How alike are ratings of the same thing, compared with those of different things?

    Parameters
    ----------
    ratings
        Shape (things, raters), finite, at least 2 by 2.
    level
        Of the two-sided intervals.

    Raises
    ------
    ValueError
        Fewer than two rows or columns, a value that is not finite, or no variance within.

    Source
    ------
    Shrout and Fleiss (1979), Psychological Bulletin 86:420, table 4 and eqs. 5 to 9; the interval of
    ICC(2,1) with Satterthwaite's degrees of freedom.
    """
    y = np.asarray(ratings, dtype=np.float64)
    if y.ndim != 2 or min(y.shape) < 2 or not np.all(np.isfinite(y)):
        raise ValueError("ratings have to be a full table of at least 2 things by 2 raters")
    n, k = y.shape
    y = y - y.mean()
    rows, columns = y.mean(axis=1), y.mean(axis=0)
    residual = y - rows[:, None] - columns[None, :]
    df = (n - 1) * (k - 1)
    between = k * float(rows @ rows) / (n - 1)
    judges = n * float(columns @ columns) / (k - 1)
    error = float(np.sum(residual**2)) / df
    within = (judges * (k - 1) + error * df) / (n * (k - 1))
    if error <= 0 or within <= 0:
        raise ValueError("the ratings of a thing do not vary: there is no error to compare with")
    tail = (1 - level) / 2
    shift = (judges - error) / n

    one_way = _from_ratio(between / within, k, (n - 1, n * (k - 1)), tail)
    consistency = _from_ratio(between / error, k, (n - 1, df), tail)
    single = (between - error) / (between + (k - 1) * error + k * shift)
    ratio = judges / error
    spread = n * (1 + (k - 1) * single) - k * single
    freedom = df * (k * single * ratio + spread) ** 2 / ((n - 1) * k**2 * single**2 * ratio**2 + spread**2)
    over = float(fdtri(n - 1, freedom, 1 - tail))
    under = float(fdtri(freedom, n - 1, 1 - tail))
    rest = k * judges + (k * n - k - n) * error
    ends = (
        n * (between - over * error) / (over * rest + n * between),
        n * (under * between - error) / (rest + n * under * between),
    )
    return IntraclassTable(
        one_way=one_way,
        agreement=Intraclass(value=single, interval=ends),
        consistency=consistency,
        one_way_mean=_lengthened(one_way, k),
        agreement_mean=Intraclass(value=(between - error) / (between + shift), interval=_lengthened_ends(ends, k)),
        consistency_mean=_lengthened(consistency, k),
    )


def _from_ratio(ratio: float, k: int, df: tuple[int, int], tail: float) -> Intraclass:
    """(F - 1) / (F + k - 1), at the ratio and at its limits."""
    low = ratio / float(fdtri(df[0], df[1], 1 - tail))
    high = ratio * float(fdtri(df[1], df[0], 1 - tail))
    value, lower, upper = ((f - 1) / (f + k - 1) for f in (ratio, low, high))
    return Intraclass(value=value, interval=(lower, upper))


def _lengthened(single: Intraclass, k: int) -> Intraclass:
    value, _ = _lengthened_ends((single.value, single.value), k)
    return Intraclass(value=value, interval=_lengthened_ends(single.interval, k))


def _lengthened_ends(ends: tuple[float, float], k: int) -> tuple[float, float]:
    low, high = (k * e / (1 + (k - 1) * e) for e in ends)
    return low, high
