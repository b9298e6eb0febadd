"""Clustered regression: slopes within units, with errors that may hang together within a cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.fixed_effects import RELATIVE_RANK, orthonormal, within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL_LEVERAGE = 0.05
"""Largest leverage of a cluster (sum over its rows) up to which its adjustment is taken as a series."""
TERMS = 13
"""Terms of that series: what is left out is below 1e-16."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredRegression:
    """Coefficients of the columns of interest, and what any linear contrast of them needs.

    k columns of interest, G clusters, q basis vectors of all regressors beyond the group means.
    """

    coefficients: Floats
    """Unit of y per unit of the column, shape (k,)."""
    influence: Floats
    """Each cluster's adjusted contribution to the coefficients' errors, shape (k, G); the covariance of two
    regressions over the same rows and clusters is `one.influence @ other.influence.T`."""
    residuals: Floats
    """In the order of the rows given, shape (n,)."""
    columns: Floats
    """What is left of the columns of interest once everything else is removed, shape (n, k)."""
    weights: Floats
    """Weight of each row in each coefficient, shape (n, k): coefficients = weights' y."""
    parameters: int
    """Parameters estimated, fixed effects included."""
    spread: Floats
    """a_g'a_g of the adjusted weights, shape (G, k, k)."""
    pull: Floats
    """Projection of the adjusted weights on the regressors, shape (G, q, k)."""

    @property
    def covariance(self) -> Floats:
        """CR2 covariance of the coefficients, shape (k, k)."""
        out: Floats = self.influence @ self.influence.T
        return out

    def contrast(self, weights: Floats | list[float] | tuple[float, ...]) -> Estimate:
        """A linear combination of the coefficients with Bell-McCaffrey degrees of freedom.

        Source: Bell & McCaffrey (2002), eq. 6 to 8; Pustejovsky & Tipton (2018), eq. 9 and 11, with the
        identity as working covariance: df = (tr M)^2 / tr(M M), M_gh = a_g'(I - H)_gh a_h.
        """
        c = np.asarray(weights, dtype=np.float64)
        value = float(c @ self.coefficients)
        se = float(np.linalg.norm(c @ self.influence))
        own = np.einsum("gij,i,j->g", self.spread, c, c)
        pull = self.pull @ c
        shared = np.einsum("gq,gq->g", pull, pull)
        trace = float((own - shared).sum())
        square = float((own**2).sum() - 2 * (own * shared).sum() + (np.square(pull.T @ pull)).sum())
        df = trace**2 / square if square > 0 else 1.0
        return Estimate(value=value, se=se, df=max(df, 1.0))


def clustered_regression(
    *,
    y: Floats,
    columns: Floats,
    clusters: Ints,
    groups: Ints | None = None,
    periods: Ints | None = None,
    nuisance: Floats | None = None,
) -> ClusteredRegression | None:
    """How y moves with the columns within groups and periods, with cluster-robust (CR2) errors.

    Parameters
    ----------
    y
        Shape (n,), any unit.
    columns
        Columns of interest, shape (n, k).
    clusters
        Cluster of each row, integers, shape (n,): errors may be correlated at will within one.
    groups
        Fixed effects nested in the clusters, integers, shape (n,); the clusters themselves where omitted.
    periods
        Crossed fixed effects, integers, shape (n,).
    nuisance
        Further columns, shape (n, q), whose coefficients are of no interest.

    Returns
    -------
    The regression, or None where a column cannot be told apart from the fixed effects or from the other
    columns, where there are fewer than two clusters, or where no residual degree of freedom is left.

    Raises
    ------
    ValueError
        Where a group reaches into more than one cluster.

    Source
    ------
    CR2: Bell & McCaffrey (2002); with absorbed fixed effects: Pustejovsky & Tipton (2018), theorem 2 (group
    effects nested in clusters drop out of the adjustment; period effects are kept in it).
    """
    if groups is None:
        groups = clusters
    elif _astray(groups, clusters):
        raise ValueError("each group of a clustered regression lies in one cluster")
    kept = within(columns=np.column_stack([y, columns]), groups=groups, periods=periods, nuisance=nuisance)
    left, x = kept.columns[:, 0], kept.columns[:, 1:]
    size = np.linalg.norm(x, axis=0)
    reference = np.linalg.norm(columns - columns.mean(axis=0), axis=0)
    if np.any(size <= RELATIVE_RANK * reference) or np.any(size == 0):
        return None
    q = orthonormal(x)
    if q.shape[1] < x.shape[1] or np.linalg.cond(x / size) > 1e6:
        return None
    unit = x / size
    weights = (np.linalg.solve(unit.T @ unit, unit.T)).T / size
    coefficients = weights.T @ left
    residuals = left - x @ coefficients
    parameters = kept.rank + x.shape[1]
    order = np.argsort(clusters, kind="stable")
    edges = np.flatnonzero(np.diff(clusters[order])) + 1
    first, last = np.append(0, edges), np.append(edges, len(order))
    if len(first) < 2 or len(y) <= parameters:
        return None
    full = np.hstack([kept.basis, q])
    k = x.shape[1]
    influence = np.empty((len(first), k))
    spread, pull = np.empty((len(first), k, k)), np.empty((len(first), full.shape[1], k))
    size_of = last - first
    for rows in np.unique(size_of):  # clusters of the same size at once
        these = np.flatnonzero(size_of == rows)
        index = order[first[these][:, None] + np.arange(rows)]
        basis = full[index]
        a = _adjusted(basis, weights[index])
        turned = a.transpose(0, 2, 1)
        influence[these] = (turned @ residuals[index][:, :, None])[:, :, 0]
        spread[these] = turned @ a
        pull[these] = basis.transpose(0, 2, 1) @ a
    return ClusteredRegression(
        coefficients=coefficients,
        influence=influence.T,
        residuals=residuals,
        columns=x,
        weights=weights,
        parameters=parameters,
        spread=spread,
        pull=pull,
    )


def _astray(groups: Ints, clusters: Ints) -> bool:
    """Whether a group reaches into more than one cluster."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return bool(np.any(clusters[first][inverse] != clusters))


def _adjusted(basis: Floats, weights: Floats) -> Floats:
    """(I - H_gg)^(-1/2) times the weights of each cluster; directions that are fitted exactly drop out.

    With H = B B' and B'B = V diag(s) V' it is w + B V diag(f) V' B' w, f = 1 / (r (1 + r)), r = sqrt(1 - s); where
    H is small, its binomial series in H.

    Parameters
    ----------
    basis, weights
        Rows of each cluster, shape (clusters, rows, q) and (clusters, rows, k).
    """
    turned = basis.transpose(0, 2, 1)
    gram = turned @ basis
    part = turned @ weights
    if float(np.trace(gram, axis1=1, axis2=2).max(initial=0.0)) <= SMALL_LEVERAGE:
        factor, term, total = 1.0, part, np.zeros_like(part)
        for i in range(1, TERMS):
            factor *= (2 * i - 1) / (2 * i)
            total += factor * term
            term = gram @ term
        series: Floats = weights + basis @ total
        return series
    s, v = np.linalg.eigh(gram)
    left = 1.0 - np.clip(s, 0.0, 1.0)
    some = left > 1e-8
    root = np.sqrt(np.where(some, left, 1.0))
    f = np.where(some, 1 / (root * (1 + root)), -1.0)
    out: Floats = weights + basis @ (v @ (f[:, :, None] * (v.transpose(0, 2, 1) @ part)))
    return out
