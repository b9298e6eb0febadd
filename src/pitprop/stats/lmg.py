"""LMG: how the explained variance of an outcome is shared out among those that explain it."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ENUMERATED = 12
"""Predictors up to which all subsets are taken; with more, orders are drawn."""
ORDERS = 200
RIDGE = 1e-11
"""Added to unit variances, so that exact duplicates have an answer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares of the outcome's variance; arrays have shape (p,), in the order of the predictors."""

    r2: float
    """Explained by all together."""
    lmg: Floats
    """Mean gain over all orders in which the predictors could enter; they sum to `r2`. Duplicates share what
    either tells, so a small share alone does not make a predictor superfluous."""
    first: Floats
    """Explained by each alone."""
    last: Floats
    """Gained by each when all others are known already."""


def lmg(correlation: Floats, outcome: Floats, *, rng: np.random.Generator | None = None) -> Shares:
    """What does each predictor explain of the outcome: alone, last, and on average over all orders?

    Parameters
    ----------
    correlation
        Of the predictors, shape (p, p).
    outcome
        Correlation of each with the outcome, shape (p,).
    rng
        For more than 12 predictors: 200 orders are drawn instead of all subsets.

    Source
    ------
    Lindeman, Merenda and Gold 1980, p. 119; Groemping 2006, Journal of Statistical Software 17(1):
    LMG_j = sum over S without j of |S|! (p - 1 - |S|)! / p! (R2(S + j) - R2(S)). Sampled orders: Castro, Gomez and
    Tejada 2009, Computers and Operations Research 36:1726.
    """
    p = len(outcome)
    alone = outcome**2
    everything, but_one = _explained(correlation, outcome, np.vstack([np.ones((1, p), bool), ~np.eye(p, dtype=bool)]))
    share = (
        _all_subsets(correlation, outcome)
        if p <= ENUMERATED
        else _some_orders(correlation, outcome, rng or np.random.default_rng(0))
    )
    return Shares(r2=everything, lmg=share, first=alone, last=everything - but_one)


def _all_subsets(correlation: Floats, outcome: Floats) -> Floats:
    p = len(outcome)
    subset = np.arange(2**p)
    member = (subset[:, None] >> np.arange(p)) & 1 == 1
    r2 = _r2(correlation, outcome, member)
    weight = np.array([factorial(k) * factorial(p - 1 - k) / factorial(p) for k in range(p)])
    out = np.empty(p)
    for j in range(p):
        without = subset[~member[:, j]]
        out[j] = weight[member[without].sum(axis=1)] @ (r2[without | (1 << j)] - r2[without])
    return out


def _some_orders(correlation: Floats, outcome: Floats, rng: np.random.Generator) -> Floats:
    p = len(outcome)
    rank = np.argsort(rng.random((ORDERS, p)), axis=1)
    out = np.zeros(p)
    before = np.zeros(ORDERS)
    for k in range(p):
        now = _r2(correlation, outcome, rank <= k)
        entered = (rank == k).argmax(axis=1)
        out += np.bincount(entered, weights=now - before, minlength=p)
        before = now
    return out / ORDERS


def _explained(correlation: Floats, outcome: Floats, member: NDArray[np.bool_]) -> tuple[float, Floats]:
    r2 = _r2(correlation, outcome, member)
    return float(r2[0]), r2[1:]


def _r2(correlation: Floats, outcome: Floats, member: NDArray[np.bool_]) -> Floats:
    """R2 of each set of predictors, member of shape (sets, p); what is out has the identity's row and column."""
    p = len(outcome)
    within = np.where(member[:, :, None] & member[:, None, :], correlation, 0.0)
    within[:, np.arange(p), np.arange(p)] = 1.0 + RIDGE
    known = np.where(member, outcome, 0.0)
    out: Floats = np.einsum("sp,sp->s", known, np.linalg.solve(within, known[:, :, None])[:, :, 0])
    return out
