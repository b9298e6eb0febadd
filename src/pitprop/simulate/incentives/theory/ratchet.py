"""Ratchet: a target that follows performance punishes it, and what is left of the incentive."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite, not_negative, share, whole


def ratchet(*, bonus: ArrayLike, adjustment: ArrayLike, discount: ArrayLike, peers: ArrayLike = 1) -> Floats:
    """What is a bonus per unit above the target worth to somebody who looks ahead for ever?

    q_{t+1} = q_t + d + lam (ybar_t - q_t), pay b (y_t - q_t), discount factor 1/(1 + r). A unit more now raises the
    target k periods on by (lam/n)(1 - lam)^(k-1), n being those over whom ybar is the mean:
    b (1 - (lam/n)/(r + lam)), which for n = 1 is b r/(r + lam). The drift d does not matter.

    Parameters
    ----------
    bonus
        b, per unit of the metric.
    adjustment
        lam, 0 to 1: part of the gap to performance by which the target moves.
    discount
        r >= 0 per period.
    peers
        n >= 1; 1 for a target that follows one's own performance.

    Returns
    -------
    Marginal pay per unit, of the shape of the arguments; b where the target does not move.

    Source
    ------
    Weitzman (1980), Bell Journal of Economics 11:302, for n = 1; the mean over n peers is derived here.
    """
    b, lam, r, n = np.broadcast_arrays(*_checked(bonus, adjustment, discount, peers))
    lost = np.divide(lam / n, r + lam, out=np.zeros(lam.shape), where=lam > 0)
    return np.asarray(b * (1 - lost))


def ratchet_until(*, bonus: float, adjustment: float, discount: float, periods: int, peers: int = 1) -> Floats:
    """The same with an end: marginal pay in each of T periods, shape (T,).

    b [1 - (lam/n) sum_{k=1}^{T-t} (1 + r)^-k (1 - lam)^(k-1)]: it rises towards the end, when no target is left to be
    spoilt. That is storming before a reset.

    Parameters
    ----------
    bonus, adjustment, discount, peers
        As in `ratchet`.
    periods
        T >= 1.

    Source
    ------
    Weitzman (1980), Bell Journal of Economics 11:302, whose infinite horizon is the limit; the end is derived here.
    """
    b, lam, r, n = (float(x) for x in _checked(bonus, adjustment, discount, peers))
    last = int(whole("periods", periods, least=1))
    each = (1 - lam) ** np.arange(last - 1) / (1 + r) ** np.arange(1, last)
    left = np.concatenate([[0.0], np.cumsum(each)])[::-1]
    return np.asarray(b * (1 - lam / n * left))


def _checked(bonus: ArrayLike, adjustment: ArrayLike, discount: ArrayLike, peers: ArrayLike) -> tuple[Floats, ...]:
    return (
        finite("bonus", bonus),
        share("adjustment", adjustment),
        not_negative("discount", discount),
        whole("peers", peers, least=1),
    )
