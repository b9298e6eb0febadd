"""Scorecard: the part of a purpose that a set of metrics can see, and what each of them adds to it.

Without risk aversion the share of the first best that any linear pay can reach is the R^2 of a regression of the value
of each effort on what the metrics see of it, weighted by C^-1; the weights are its coefficients. A metric that sees
falsification alone is worth nothing by itself and much beside the one that is falsified.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite
from pitprop.simulate.incentives.theory.linear import as_problem, linear_optimum, solve


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorecard:
    """What a set of metrics is worth to a purpose."""

    share: float
    """Of the first best that the best weights reach."""
    surplus: float
    weights: Floats
    """(L,) pay per unit of each metric."""
    unseen: Floats
    """(K,) value of each effort less what it is paid: without risk, the part of the purpose that no metric sees."""
    worth: Floats
    """(L,) surplus lost without each metric, the others' weights chosen anew: keep it if it costs less."""
    alone: Floats
    """(L,) surplus with each metric alone."""


def scorecard(
    *,
    value: ArrayLike,
    metrics: ArrayLike,
    cost: ArrayLike,
    noise: ArrayLike | None = None,
    risk_aversion: float = 0.0,
) -> Scorecard:
    """How much of the purpose can these metrics serve, and which of them is worth keeping?

    S*/S_FB = R^2 of f on the rows of G in the metric C^-1 (r = 0); with risk, the general linear optimum.

    Parameters
    ----------
    value, metrics, cost, noise, risk_aversion
        As in `linear_optimum`; no noise if left out.

    Raises
    ------
    ValueError
        As in `linear_optimum`.

    Source
    ------
    Derived from the linear optimum; the projection of the purpose on what can be observed is that of Haghtalab,
    Immorlica, Lucier and Wang (2020), IJCAI.
    """
    g = finite("metrics", metrics)
    sigma = np.zeros((len(g), len(g))) if noise is None else np.asarray(noise, dtype=float)

    def best(rows: list[int]) -> float:
        some = linear_optimum(
            value=value, metrics=g[rows], cost=cost, noise=sigma[np.ix_(rows, rows)], risk_aversion=risk_aversion
        )
        return some.surplus

    whole = linear_optimum(value=value, metrics=g, cost=cost, noise=sigma, risk_aversion=risk_aversion)
    every = list(range(len(g)))
    return Scorecard(
        share=whole.share,
        surplus=whole.surplus,
        weights=whole.weights,
        unseen=np.asarray(value, dtype=float) - whole.weights @ g,
        worth=np.array([max(0.0, whole.surplus - best([j for j in every if j != out])) for out in every]),
        alone=np.array([best([j]) for j in every]),
    )


def one_more(
    *,
    value: ArrayLike,
    metrics: ArrayLike,
    candidate: ArrayLike,
    cost: ArrayLike,
    noise: ArrayLike,
    risk_aversion: float = 0.0,
) -> float:
    """What does one more metric add to the surplus? Adopt it if it costs less than that to measure.

    With A = G C^-1 G' + r Sigma and h = G C^-1 f, the new metric last:
    dS = (h_2 - A_21 A_11^-1 h_1)^2 / (2 (A_22 - A_21 A_11^-1 A_12)).

    Parameters
    ----------
    value, metrics, cost, risk_aversion
        As in `linear_optimum`.
    candidate
        (K,) what the new metric sees of each effort.
    noise
        (L + 1, L + 1), the new metric last.

    Source
    ------
    Derived from the linear optimum, by the inverse of a partitioned matrix.
    """
    new = finite("candidate", candidate)
    rows = np.vstack([finite("metrics", metrics).reshape(-1, new.size), new])
    problem = as_problem(value=value, metrics=rows, cost=cost, noise=noise, risk_aversion=risk_aversion)
    if not problem.measured[-1]:
        return 0.0
    old = np.flatnonzero(problem.measured[:-1])
    across = problem.curve[-1, old]
    known = solve(problem.curve[np.ix_(old, old)], across)
    room = float(problem.curve[-1, -1] - across @ known)
    if room <= 1e-12 * problem.curve[-1, -1]:
        return 0.0  # the others say all that it says
    return float(problem.gain[-1] - known @ problem.gain[old]) ** 2 / (2 * room)
