"""Robust pay: what share of the output to pay where nobody knows all that the agent could do instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, not_negative, share


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustShare:
    """The linear contract with the best guarantee."""

    share: float
    """Of the output, paid to the agent."""
    guarantee: float
    """Output less pay, at the worst action that the agent could prefer."""
    action: int
    """Index of the known action on which it rests; -1 where none is worth its cost."""


def robust_share(*, output: ArrayLike, cost: ArrayLike) -> RobustShare:
    """Which share of the output guarantees most, whatever else the agent may be able to do?

    With share alpha an agent who knows an action of mean output e at cost c takes no other that brings him less than
    alpha e - c, so that output is at least e - c/alpha: guarantee (1 - alpha)(e - c/alpha). Its best is at
    alpha = sqrt(c/e), with (sqrt e - sqrt c)^2; of several known actions, the one with the largest. No contract of any
    other shape guarantees more.

    Parameters
    ----------
    output, cost
        e and c (A,) of the known actions, >= 0, in one unit of money. Output is never below 0, nor is pay.

    Raises
    ------
    ValueError
        Where the arrays are empty, differ in shape, or hold numbers that are negative or not finite.

    Source
    ------
    Carroll (2015), American Economic Review 105:536, theorem on the optimality of linear contracts.
    """
    e, c = np.atleast_1d(not_negative("output", output)), np.atleast_1d(not_negative("cost", cost))
    if not e.size:
        raise ValueError("output: at least one known action is needed")
    if e.ndim != 1 or e.shape != c.shape:
        raise ValueError(f"cost: one for each of the outputs {e.shape} is needed, not {c.shape}")
    worth = np.where(e > c, (np.sqrt(e) - np.sqrt(c)) ** 2, 0.0)
    best = int(np.argmax(worth))
    if not worth[best]:
        return RobustShare(share=0.0, guarantee=0.0, action=-1)
    return RobustShare(share=float(np.sqrt(c[best] / e[best])), guarantee=float(worth[best]), action=best)


def guaranteed(*, share_paid: ArrayLike, output: ArrayLike, cost: ArrayLike) -> Floats:
    """What does each share of the output guarantee, whatever else the agent may be able to do?

    (1 - alpha)/alpha max_i(alpha e_i - c_i), at least 0: the curve of which `robust_share` is the top.

    Parameters
    ----------
    share_paid
        alpha, above 0 and up to 1, of any shape.
    output, cost
        As in `robust_share`.

    Source
    ------
    Carroll (2015), American Economic Review 105:536.
    """
    alpha = share("share paid", share_paid, zero=False)
    e, c = np.atleast_1d(not_negative("output", output)), np.atleast_1d(not_negative("cost", cost))
    agent = (alpha[..., None] * e - c).max(axis=-1)
    return np.asarray((1 - alpha) / alpha * np.maximum(agent, 0.0))
