"""Gain: how much of a rise is lost again in the next period, and how much of that chance explains?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pitprop.stats.estimate import Estimate
from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def expected_repeat(*, reliability: float, cut: float) -> tuple[float, float]:
    """Mean of those selected for a value above `cut`, and their mean when they are measured again.

    Parameters
    ----------
    reliability
        Correlation of two measurements of the same units, from -1 to 1.
    cut
        In standard deviations above the mean, of a normal distribution.

    Returns
    -------
    E[X1 | X1 > c] = phi(c)/(1 - Phi(c)) and E[X2 | X1 > c] = reliability times that, in standard deviations: the
    difference is regression to the mean.

    Source
    ------
    Galton (1886); mean of the truncated normal, Johnson, Kotz & Balakrishnan (1994), Continuous Univariate
    Distributions 1, chapter 13.
    """
    selected = math.exp(-(cut**2) / 2) / math.sqrt(2 * math.pi) / float(ndtr(-cut))
    return selected, reliability * selected


def rise_and_fall(*, gain: Floats, later: Floats, group: Ints) -> Floats:
    """Score of a large gain that is followed by a small one, from 0 to 2, shape (n,).

    Parameters
    ----------
    gain, later
        A gain and the one after it, shape (n,).
    group
        Within which gains are ranked (the period), integers, shape (n,).

    Source
    ------
    Jacob & Levitt (2003), Quarterly Journal of Economics 118:843: rank_t^2 + (1 - rank_{t+1})^2 with
    percentile ranks (mid-ranks of ties are not needed for measured gains).
    """
    out: Floats = _percentile(gain, group) ** 2 + (1 - _percentile(later, group)) ** 2
    return out


def _percentile(values: Floats, group: Ints) -> Floats:
    number = numbered(group)[1]
    size = np.bincount(number, minlength=1)
    order = np.argsort(values, kind="stable")
    order = order[np.argsort(number[order].astype(np.min_scalar_type(len(size))), kind="stable")]
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    rank = np.empty(len(values))
    rank[order] = np.arange(len(values)) - start[number[order]] + 0.5
    out: Floats = rank / size[number]
    return out


LARGEST = 0.1
"""Share of all changes of a regime that count as large gains, and as large losses."""


def _large(changes: Floats, share: float) -> float:
    """The size from which on a change belongs to the largest; above 0."""
    return max(float(np.quantile(changes, 1 - share)), float(np.finfo(np.float64).tiny)) if len(changes) else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What becomes of changes in the next period, in one regime."""

    gains_lost: Estimate
    """Share of the gains that is lost again."""
    losses_recovered: Estimate
    """Share of the losses that is made up again."""
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraReversal:
    """Gains lost beyond losses recovered, under the target beyond what it is without it."""

    extra: Estimate
    under: Reversal
    without: Reversal


def extra_reversal(
    *, gain: Floats, later: Floats, unit: Ints, under: Bools, largest: float = LARGEST
) -> ExtraReversal | None:
    """How much more of a gain than of a loss is reversed, under the target compared with without it?

    Parameters
    ----------
    gain, later
        A unit's change from one period to the next and the change after that, in any unit, shape (n,).
    unit
        Integers, shape (n,): clusters.
    under
        Whether all three periods lie under the target; the others lie without it; shape (n,).
    largest
        Share of a regime's changes that count as large gains, and as large losses.

    Returns
    -------
    (gains lost - losses recovered) under the target less the same without it, or None where a regime has no
    gains or no losses, or one unit alone.

    Notes
    -----
    The shares are -sum(later)/sum(gain) over the largest tenth of gains (and of losses) of the regime. Regression
    to the mean reverses gains and losses alike: the share rises with the noise, whatever the sign. Skewed noise
    does not, but does so with the target and without. A value that is pushed up for one period is a large gain
    that is lost and a large loss that is not made up: both count in the same direction.

    Source
    ------
    Ratios of sums with sums of influences by unit (Liang & Zeger 1986, Biometrika 73:13); the logic of the retest
    is that of Jacob & Levitt (2003), Brookings-Wharton Papers on Urban Affairs 2003:185.
    """
    clusters = numbered(unit)[1]
    count = int(clusters.max(initial=-1)) + 1
    influences, values = [], []
    for side in (under, ~under):
        for sign in (1.0, -1.0):
            mine = side & (sign * gain >= _large(sign * gain[side], largest))
            total = float(gain[mine].sum())
            if count < 2 or total == 0.0:
                return None
            share = -float(later[mine].sum()) / total
            part = np.where(mine, -(later + share * gain) / total, 0.0)
            influences.append(np.bincount(clusters, weights=part, minlength=count))
            values.append(share)
    table = np.stack(influences)
    sides = [np.bincount(clusters[side], minlength=count).astype(np.float64) for side in (under, ~under)]
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    df = min(_effective(s) for s in sides if s.any()) - 1
    each = [
        _estimate(v, row, _effective(sides[i // 2]) - 1) for i, (v, row) in enumerate(zip(values, table, strict=True))
    ]
    return ExtraReversal(
        extra=_estimate(float(signs @ values), signs @ table, df),
        under=Reversal(gains_lost=each[0], losses_recovered=each[1], n=int(under.sum())),
        without=Reversal(gains_lost=each[2], losses_recovered=each[3], n=int((~under).sum())),
    )


def _effective(sizes: Floats) -> float:
    """Clusters of equal size that would be as good as these."""
    square = float((sizes**4).sum())
    return float((sizes**2).sum() ** 2 / square) if square > 0 else 0.0


def _estimate(value: float, influence: Floats, df: float) -> Estimate:
    active = int(np.count_nonzero(influence))
    factor = active / (active - 1) if active > 1 else 1.0
    return Estimate(value=value, se=float(factor * influence @ influence) ** 0.5, df=max(df, 1.0))
