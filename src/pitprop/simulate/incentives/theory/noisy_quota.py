"""Noisy quota: how hard somebody tries for a bonus that luck also decides, and where they give up.

The chance of reaching a target is S-shaped in effort, so that there may be two hills: trying, and not trying. The best
response is the higher one, and drops from one to the other at a target that is hardly higher than the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Flags, Floats, finite, positive

STEEPEST = math.exp(-0.5) / math.sqrt(2 * math.pi)
"""Slope of the normal density one standard deviation from the mean, where it is steepest: .24197."""

ONE_HILL = STEEPEST * (1 - 1e-9)
"""c s^2/B from which on there is one hill only; short of the limit by what Lambert's W cannot resolve there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuotaResponse:
    """The best response to each target; arrays of the shape of the arguments."""

    effort: Floats
    """In units of the metric."""
    chance: Floats
    """Of reaching the target."""
    utility: Floats
    """Expected bonus less the cost of effort."""
    gave_up: Flags
    """Whether the hill of not trying is the higher one."""


def quota_response(*, target: ArrayLike, bonus: ArrayLike, cost: ArrayLike, noise: ArrayLike) -> QuotaResponse:
    """How hard is it best to try for a quota?

    max over mu >= 0 of B Phi((mu - q)/s) - c mu^2/2, with the condition c mu = (B/s) phi((mu - q)/s). The slope of the
    left less the right side changes sign at z = (mu - q)/s with -z phi(z) = c s^2/B, that is z^2 = -W(-2 pi
    (c s^2/B)^2) on the two branches of Lambert's W: on either side of the two there is at most one root, found by
    bisection. Whoever has ability theta faces q - theta.

    Parameters
    ----------
    target
        q, in units of the metric, of any sign.
    bonus, cost, noise
        B, c and s, each above 0.

    Raises
    ------
    ValueError
        Where a number is not finite, or not above 0 where it should be.

    Source
    ------
    Derived here; a bonus at a threshold under noise as in Lazear and Rosen (1981), Journal of Political Economy 89:841,
    with a fixed opponent.
    """
    q, B, c, s = np.broadcast_arrays(
        finite("target", target), positive("bonus", bonus), positive("cost", cost), positive("noise", noise)
    )
    low, high = _hills(q, B, c, s)
    up_low, up_high = _utility(low, q, B, c, s), _utility(high, q, B, c, s)
    quits = np.isnan(up_high) | (up_low > up_high)
    effort = np.where(quits, low, high)
    return QuotaResponse(
        effort=effort,
        chance=_chance((effort - q) / s),
        utility=_utility(effort, q, B, c, s),
        gave_up=quits,
    )


def collapse(*, bonus: float, cost: float, noise: float) -> float | None:
    """From which target on is it best to give up? None where effort falls away smoothly, c s^2/B >= .24197.

    The target at which both hills are equally high; with little noise it nears sqrt(2 B/c), where the bonus just pays
    for the effort. Source: derived here.
    """
    from scipy.optimize import brentq

    B, c, s = (float(positive(n, v)) for n, v in (("bonus", bonus), ("cost", cost), ("noise", noise)))
    if c * s**2 / B >= ONE_HILL:
        return None
    # both hills are there between the targets at which one or the other is a mere inflection
    first, last = (float(B / (s * c) * _density(z) - s * z) for z in _inflections(np.array(c * s**2 / B)))

    def lead(q: float) -> float:
        low, high = _hills(*(np.array(x) for x in (q, B, c, s)))
        if np.isnan(low):
            return B
        return -B if np.isnan(high) else float(_utility(high, q, B, c, s) - _utility(low, q, B, c, s))

    width = last - first
    return float(brentq(lead, first - 1e-3 * width, last + 1e-3 * width, xtol=1e-13 * math.sqrt(B / c), rtol=1e-14))


def _hills(q: Floats, B: Floats, c: Floats, s: Floats) -> tuple[Floats, Floats]:
    """Effort at the top of the hill of not trying and of that of trying; nan where there is none."""
    d = np.asarray(c * s**2 / B)
    near, far = _inflections(d)

    def slope(mu: Floats) -> Floats:
        return np.asarray(B / s * _density((mu - q) / s) - c * mu)

    most = np.minimum(B / (c * s * math.sqrt(2 * math.pi)), np.sqrt(2 * B / c))
    valley, crest = q + s * near, np.maximum(q + s * far, 0.0)
    foot = (d < ONE_HILL) & (valley > 0) & (slope(np.maximum(valley, 0.0)) < 0)
    low = _falling(slope, np.zeros_like(q), np.where(foot, valley, 0.0))
    rises = (slope(crest) > 0) | ~foot  # with one hill only, it is this one
    high = _falling(slope, np.where(foot, crest, 0.0), np.maximum(most, crest))
    return np.where(foot, low, np.nan), np.where(rises, high, np.nan)


def _falling(slope: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a slope that falls from above 0 to below changes sign."""
    low, high = low.copy(), high.copy()
    for _ in range(100):
        middle = (low + high) / 2
        up = slope(middle) > 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    return (low + high) / 2


def _inflections(d: Floats) -> tuple[Floats, Floats]:
    """z_1 < -1 < z_2 < 0 with -z phi(z) = d; both -1 where no z has it, or just one."""
    from scipy.special import lambertw

    two = d < ONE_HILL
    inside = -2 * math.pi * np.where(two, d, ONE_HILL / 2) ** 2
    near, far = (-np.sqrt(-np.real(lambertw(inside, branch))) for branch in (-1, 0))
    return np.where(two, near, -1.0), np.where(two, far, -1.0)


def _utility(mu: Floats, q: Floats | float, B: Floats | float, c: Floats | float, s: Floats | float) -> Floats:
    return np.asarray(B * _chance((mu - q) / s) - c * mu**2 / 2)


def _chance(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))
