"""Were values moved onto a target? Exact tests for values with few support points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc, betaincinv


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactShare:
    """A share of near misses moved, with an exact interval and p-value."""

    share: float
    interval: tuple[float, float]
    p_value: float
    """One-sided: too many at the target."""
    n: int


def clopper_pearson(count: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a binomial proportion (Clopper & Pearson 1934)."""
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - tail))
    return low, high


def binomial_tail(count: int, n: int, p: float) -> float:
    """P(X >= count) for X ~ Binomial(n, p)."""
    return 1.0 if count <= 0 else float(bdtrc(count - 1, n, p))


def frandsen_p(below: int, at: int, above: int, k: float) -> float:
    """Two-sided p-value that a smooth distribution has `at` values at the cell between its neighbours.

    `at` given the three counts is Binomial(n, p) with p in [(1 - k)/(3 - k), (1 + k)/(3 + k)] for any
    distribution whose relative curvature over the three cells is at most k; the p-value is the largest over
    that range. Both tails include the observed count (a widespread program leaves it out of the upper one
    and rejects too often).

    Source
    ------
    Frandsen 2017, Advances in Econometrics 38: 281-315.
    """
    n = below + at + above
    low, high = (1 - k) / (3 - k), (1 + k) / (3 + k)
    grid = np.linspace(low, high, 1 if k == 0 else 201)
    upper = bdtrc(at - 1, n, grid) if at > 0 else np.ones_like(grid)
    lower = bdtr(at, n, grid)
    return float(np.minimum(1.0, 2 * np.minimum(upper, lower)).max())


def normal_curvature(step: float, sd: float, distance: float) -> float:
    """Relative curvature over three cells of a normal density: (step/sd)^2 |z^2 - 1| / 2, at `distance` from
    its mean (all in the same unit)."""
    z = distance / sd
    return float((step / sd) ** 2 * abs(z * z - 1) / 2)


def exact_share(below: int, at: int, above: int, k: float, level: float = 0.95) -> ExactShare:
    """Share of the cell below that was moved to the cell at the target, beyond what curvature k explains.

    If m values belong in each cell and B were moved from below, the expected share of the target's cell is
    (m + B)/(3 m), so B/m = 3 p - 1; curvature explains up to 2k/(3 + k) of it, which is taken off.
    """
    n = below + at + above
    slack = 2 * k / (3 + k)
    low, high = clopper_pearson(at, n, level)
    return ExactShare(
        share=3 * at / n - 1 - slack,
        interval=(3 * low - 1 - slack, 3 * high - 1 - slack),
        p_value=binomial_tail(at, n, (1 + k) / (3 + k)),
        n=n,
    )


def rounding_share(up: int, down: int, level: float = 0.95) -> ExactShare:
    """Share of values that would have been rounded down but were rounded up.

    Rounding to the nearest sends as many up as down; of 2m values, B turned round give up = m + B, so
    B/m = 2 p - 1 with p the share rounded up.
    """
    n = up + down
    low, high = clopper_pearson(up, n, level)
    return ExactShare(
        share=2 * up / n - 1,
        interval=(2 * low - 1, 2 * high - 1),
        p_value=binomial_tail(up, n, 0.5),
        n=n,
    )
