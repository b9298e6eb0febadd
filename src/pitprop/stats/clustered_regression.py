"""Clustered regression: slopes within units, with errors that may hang together within a cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.fixed_effects import RELATIVE_RANK, Removal, group_sums, lengths, orthonormal, removal
from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL_LEVERAGE = 0.05
"""Largest leverage of a cluster (sum over its rows) up to which its adjustment is taken as a series."""
LEFT_OUT = 1e-17
"""What the terms that are left out of that series come to, at most, as a share of a weight."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredDesign:
    """Everything in a clustered regression that does not depend on y: made once for any number of them."""

    removed: Removal
    columns: Floats
    """What is left of the columns of interest, shape (n, k)."""
    weights: Floats
    """Shape (n, k)."""
    adjusted: Floats
    """Weights adjusted for the leverage of their cluster (CR2), shape (n, k)."""
    clusters: Ints
    """Cluster of each row, from 0 without gaps, shape (n,)."""
    parameters: int
    spread: Floats
    pull: Floats

    def fit(self, y: Floats) -> ClusteredRegression:
        """The regression of y, shape (n,), on the columns."""
        left = self.removed.of(y[:, None])[:, 0]
        coefficients = self.weights.T @ left
        residuals = left - self.columns @ coefficients
        return ClusteredRegression(
            coefficients=coefficients,
            influence=group_sums(self.adjusted * residuals[:, None], self.clusters, len(self.spread)).T,
            residuals=residuals,
            columns=self.columns,
            weights=self.weights,
            parameters=self.parameters,
            spread=self.spread,
            pull=self.pull,
        )


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
    columns, clusters, groups, periods, nuisance
        As in `clustered_design`.

    Returns
    -------
    The regression, or None where `clustered_design` has none.
    """
    design = clustered_design(columns=columns, clusters=clusters, groups=groups, periods=periods, nuisance=nuisance)
    return None if design is None else design.fit(y)


def clustered_design(
    *,
    columns: Floats,
    clusters: Ints,
    groups: Ints | None = None,
    periods: Ints | None = None,
    nuisance: Floats | None = None,
) -> ClusteredDesign | None:
    """The regressors of a regression within groups and periods, and what cluster-robust (CR2) errors need of them.

    Parameters
    ----------
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
    The design, or None where a column cannot be told apart from the fixed effects or from the other
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
    clusters = numbered(clusters)[1]
    if groups is None:
        groups = clusters
    elif _astray(groups, clusters):
        raise ValueError("each group of a clustered regression lies in one cluster")
    removed = removal(groups=groups, periods=periods, nuisance=nuisance)
    x = removed.of(columns)
    size = lengths(x)
    if np.any(size <= RELATIVE_RANK * lengths(columns - columns.mean(axis=0))) or np.any(size == 0):
        return None
    unit = x / size
    gram = unit.T @ unit
    if is_singular(gram) or (q := orthonormal(x)).shape[1] < x.shape[1]:
        return None
    weights = unit @ (np.linalg.inv(gram) / size)
    parameters = removed.rank + x.shape[1]
    count = np.bincount(clusters)
    if len(count) < 2 or len(columns) <= parameters:
        return None
    adjusted, spread, pull = _leverages(np.hstack([removed.basis, q]), weights, clusters, count)
    return ClusteredDesign(
        removed=removed,
        columns=x,
        weights=weights,
        adjusted=adjusted,
        clusters=clusters,
        parameters=parameters,
        spread=spread,
        pull=pull,
    )


def is_singular(gram: Floats) -> bool:
    """Whether columns of length 1 with these cross-products are nearly dependent: a condition number beyond 1e6."""
    values = np.linalg.eigvalsh(gram)
    return bool(values[0] <= 1e-12 * values[-1])


def _leverages(basis: Floats, weights: Floats, clusters: Ints, count: Ints) -> tuple[Floats, Floats, Floats]:
    """Adjusted weights (n, k), their cross-products (G, k, k) and their projections on the basis (G, q, k)."""
    order = np.argsort(clusters, kind="stable")
    first = np.cumsum(count) - count
    k, q = weights.shape[1], basis.shape[1]
    adjusted = np.empty_like(weights)
    spread, pull = np.empty((len(count), k, k)), np.empty((len(count), q, k))
    for rows in np.flatnonzero(np.bincount(count)):  # clusters of the same size at once
        these = np.flatnonzero(count == rows)
        index = order[first[these][:, None] + np.arange(rows)]
        here = basis[index]
        a = _adjusted(here, weights[index])
        adjusted[index] = a
        spread[these] = a.transpose(0, 2, 1) @ a
        pull[these] = here.transpose(0, 2, 1) @ a
    return adjusted, spread, pull


def _astray(groups: Ints, clusters: Ints) -> bool:
    """Whether a group reaches into more than one cluster."""
    number = numbered(groups)[1]
    one = np.empty(int(number.max(initial=-1)) + 1, dtype=clusters.dtype)
    one[number] = clusters
    return bool(np.any(one[number] != clusters))


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
    largest = float(np.trace(gram, axis1=1, axis2=2).max(initial=0.0))
    if largest <= SMALL_LEVERAGE:
        factor, term, total = 1.0, part, np.zeros_like(part)
        for i in range(1, 1 + int(np.ceil(np.log(LEFT_OUT) / np.log(max(largest, LEFT_OUT))))):
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
