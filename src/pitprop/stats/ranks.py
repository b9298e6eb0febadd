"""Rank sets: which ranks could each unit hold, all units taken together?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ALL_PAIRED = 40
"""Units up to which all pairs are formed in each draw."""
NEAREST = 16
"""With more units, those with the largest deviations are paired first, the others only if they could win."""
CHUNK = 2_000_000
NORMAL = 1e9
"""Degrees of freedom that stand for infinitely many."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankSets:
    """Lowest and highest rank of each unit, at once for all with the stated confidence; 1 is the largest.

    Shapes (n,).
    """

    lower: Ints
    """Best rank that cannot be ruled out."""
    upper: Ints
    """Worst rank that cannot be ruled out."""
    scale: Floats
    """Standard errors, larger where they rest on fewer degrees of freedom than others."""
    critical: float
    """Two units are told apart if they differ by more than this times the root of the sum of their squared
    `scale`; where separate intervals decide, if they differ by more than the sum of their scales."""
    separate: bool
    """Whether separate intervals decide."""

    @property
    def open_pairs(self) -> float:
        """Share of the pairs of units that are not told apart: the mean width of the sets over n - 1.

        0: every rank is known; 1: none is.
        """
        return float(np.mean(self.upper - self.lower)) / (len(self.lower) - 1)


def separate_intervals(estimate: Floats, se: Floats, *, level: float = 0.90, df: Floats | float = np.inf) -> RankSets:
    """Rank sets from joint confidence intervals of the units: units are told apart where these do not touch.

    Parameters
    ----------
    estimate, se
        Of each unit, shape (n,), n at least 2, se positive.
    level
        Joint confidence.
    df
        Degrees of freedom of each se.

    Source
    ------
    Klein, Wright and Wieczorek (2020), Journal of the Royal Statistical Society A 183:519, theorem 1, with
    independent intervals: 1 - (1 - level^(1/n)) / 2.
    """
    y, s = np.asarray(estimate, dtype=np.float64), np.asarray(se, dtype=np.float64)
    z = stdtrit(np.minimum(df, NORMAL), _each(level, len(y)))
    return ranks_of_intervals(y - z * s, y + z * s)


def ranks_of_intervals(low: Floats, high: Floats) -> RankSets:
    """Rank sets from the ends of joint confidence intervals, shape (n,); ends that just touch tell apart."""
    n = len(low)
    above = n - np.searchsorted(np.sort(low), high, side="left")
    below = np.searchsorted(np.sort(high), low, side="right")
    return RankSets(lower=1 + above, upper=n - below, scale=(high - low) / 2, critical=1.0, separate=True)


def stepdown_ranks(
    estimate: Floats,
    se: Floats,
    *,
    rng: np.random.Generator,
    level: float = 0.90,
    df: Floats | float = np.inf,
    stepdown: bool = True,
    draws: int = 2000,
) -> RankSets:
    """Rank sets from all pairwise comparisons at once, by resampling.

    The largest studentised difference over all ordered pairs is drawn under equality; pairs beyond its
    quantile are told apart; with `stepdown` the quantile is taken anew over the pairs that are left, until
    nothing more is told apart. Standard errors with few degrees of freedom are first enlarged by the ratio of
    their t quantile to that of the best known unit, so that a few ill-known units do not widen all the sets.
    Units are put in an order of their own first: names and order do not matter.

    Parameters
    ----------
    estimate, se
        Of each unit, independent and nearly normal, shape (n,), n at least 2, se positive.
    rng
        For the draws.
    level
        Joint confidence of all sets.
    df
        Degrees of freedom of each se, shape (n,) or one for all.
    stepdown
        Whether to repeat over the pairs that are left.
    draws
        How many; the Monte Carlo error of `critical` is about 0.7 / sqrt(draws).

    Source
    ------
    Mogstad, Romano, Shaikh and Wilhelm (2024), Review of Economic Studies 91:476, algorithm 3.2 (two-sided
    sets, one-sided hypotheses on ordered pairs; Romano and Wolf 2005 for the stepdown).
    """
    freedom = np.broadcast_to(np.asarray(df, dtype=np.float64), np.shape(estimate))
    order = np.lexsort((estimate, freedom, se))
    y = np.asarray(estimate, dtype=np.float64)[order]
    s = np.asarray(se, dtype=np.float64)[order]
    wider = stdtrit(np.minimum(freedom[order], NORMAL), _each(level, len(y)))
    scale = s * wider / wider.min()
    noise, own = _draw(rng, draws, s, scale, freedom[order])
    pairs = _all_differences(noise, own) if len(y) <= ALL_PAIRED else None
    critical, told = float("inf"), -1
    while True:
        largest = (
            _largest_left(pairs, y, scale, critical) if pairs is not None else _largest(noise, own, y, scale, critical)
        )
        critical = min(critical, _quantile(largest, level))
        above, below = told_apart(y, scale, critical)
        if not stepdown or above.sum() in (told, 0):
            break
        told = int(above.sum())
    place = np.argsort(order)
    return RankSets(
        lower=1 + above[place],
        upper=len(y) - below[place],
        scale=scale[place],
        critical=critical,
        separate=False,
    )


def _each(level: float, n: int) -> float:
    """Probability below the upper end of each of n independent intervals that hold jointly."""
    return float(1 - (1 - level ** (1 / n)) / 2)


def _draw(rng: np.random.Generator, draws: int, s: Floats, scale: Floats, df: Floats) -> tuple[Floats, Floats]:
    """Errors of the estimates, and the squared scales that each draw would have reported."""
    noise = rng.standard_normal((draws, len(s))) * s
    finite = np.isfinite(df)
    if not finite.any():
        return noise, scale[None, :] ** 2
    shape = np.where(finite, df, 1.0) / 2
    drawn = rng.standard_gamma(shape, size=(draws, len(s))) / shape
    return noise, scale**2 * np.where(finite, drawn, 1.0)


def _all_differences(noise: Floats, own: Floats) -> Floats:
    """Studentised differences of all pairs in each draw, the earlier less the later, shape (n (n - 1) / 2, draws)."""
    n = noise.shape[1]
    error, square = np.ascontiguousarray(noise.T), np.ascontiguousarray(own.T)
    out = np.empty((n * (n - 1) // 2, len(noise)))
    end = 0
    for i in range(n - 1):  # at most ALL_PAIRED of them, each small enough for the processor's cache
        here = out[end : (end := end + n - 1 - i)]
        np.subtract(error[i], error[i + 1 :], out=here)
        here /= np.sqrt(square[i] + square[i + 1 :])
    return out


def _largest_left(t: Floats, y: Floats, s: Floats, critical: float) -> Floats:
    """In each draw the largest difference over the ordered pairs not yet told apart."""
    one, two = np.triu_indices(len(y), 1)
    reach = critical * np.hypot(s[one], s[two])
    gap = y[one] - y[two]
    forward, backward = gap <= reach, -gap <= reach
    if forward.all() and backward.all():
        largest, smallest = t.max(axis=0), t.min(axis=0)
    else:
        largest = np.max(t, axis=0, where=forward[:, None], initial=-np.inf)
        smallest = np.min(t, axis=0, where=backward[:, None], initial=np.inf)
    out: Floats = np.maximum(largest, -smallest)
    return out


def _largest(noise: Floats, own: Floats, y: Floats, s: Floats, critical: float) -> Floats:
    """The same for many units, without forming all pairs."""
    draws, n = noise.shape
    out = np.empty(draws)
    for part in _chunks(draws, max(NEAREST**2, n)):
        error, square = noise[part], np.broadcast_to(own, noise.shape)[part]
        size = error**2 / square
        index = np.argpartition(-size, NEAREST - 1, axis=1)[:, :NEAREST]
        best = _pairs(
            np.take_along_axis(error, index, axis=1),
            np.take_along_axis(square, index, axis=1),
            y[index],
            s[index],
            critical,
        )
        near = np.take_along_axis(size, index, axis=1)
        beaten = np.maximum(best, 0.0) ** 2
        for d in np.flatnonzero(near.max(axis=1) + near.min(axis=1) > beaten):
            best[d] = max(best[d], _rest(error[d], square[d], size[d], beaten[d], y, s, critical))
        out[part] = best
    return out


def _rest(error: Floats, square: Floats, size: Floats, beaten: float, y: Floats, s: Floats, critical: float) -> float:
    """The largest of one draw over all pairs that could exceed what is found already.

    By Cauchy and Schwarz a pair's squared difference is at most the sum of its two squared deviations: one of
    the two is at least half of it, and the other at least what the largest deviation leaves.
    """
    one = np.flatnonzero(2 * size >= beaten)
    other = np.flatnonzero(size >= beaten - size.max())
    if len(one) == 0:
        return -np.inf
    largest = -np.inf
    for part in _chunks(len(one), len(other)):
        i, k = one[part, None], other[None, :]
        t = (error[i] - error[k]) / np.sqrt(square[i] + square[k])
        gap = (y[i] - y[k]) / np.sqrt(s[i] ** 2 + s[k] ** 2)
        for sign in (1, -1):
            left = (sign * gap <= critical) & (i != k)
            largest = max(largest, float(np.max(sign * t, where=left, initial=-np.inf)))
    return largest


def _pairs(error: Floats, square: Floats, y: Floats, s: Floats, critical: float) -> Floats:
    """Largest studentised difference in each draw over the ordered pairs of these units; shape (draws,)."""
    t = (error[:, :, None] - error[:, None, :]) / np.sqrt(square[:, :, None] + square[:, None, :])
    left = np.broadcast_to(~np.eye(t.shape[1], dtype=bool), t.shape)
    if np.isfinite(critical):
        gap = y[:, :, None] - y[:, None, :]
        left = left & (gap <= critical * np.sqrt(s[:, :, None] ** 2 + s[:, None, :] ** 2))
    out: Floats = np.max(t, axis=(1, 2), where=left, initial=-np.inf)
    return out


def told_apart(y: Floats, s: Floats, critical: float) -> tuple[Ints, Ints]:
    """How many units lie above, and how many below each by more than `critical` standard errors; (n,)."""
    n = len(y)
    above, below = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for part in _chunks(n, n):
        gap = y[None, :] - y[part, None]
        reach = critical * np.sqrt(s[part, None] ** 2 + s[None, :] ** 2)
        above[part] = np.sum(gap > reach, axis=1)
        below[part] = np.sum(-gap > reach, axis=1)
    return above, below


def _quantile(largest: Floats, level: float) -> float:
    """Smallest draw that at least `level` of the draws do not exceed."""
    return float(np.quantile(largest, level, method="higher"))


def _chunks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, CHUNK // width)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
