"""Fixed effects: what is left of a column once units, periods and nuisance columns have had their say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_DENSE = 4_000_000
"""Cells x dummies up to which period effects are kept as columns (and enter the leverages)."""
RELATIVE_RANK = 1e-9
"""A column whose remainder is smaller than this share of itself is explained by the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Columns with group means, period means and nuisance columns removed."""

    columns: Floats
    """What is left of each column, shape (n, k)."""
    basis: Floats
    """Orthonormal basis of the nuisance space beyond the group means, shape (n, q)."""
    rank: int
    """Parameters that were removed: groups, periods and nuisance columns."""


def within(*, columns: Floats, groups: Ints, periods: Ints | None = None, nuisance: Floats | None = None) -> Within:
    """Remove group means, period effects and nuisance columns exactly (Frisch-Waugh-Lovell).

    Parameters
    ----------
    columns
        Shape (n, k), any unit.
    groups
        Group of each row, integers from 0, shape (n,); each group's mean is removed.
    periods
        A second, crossed classification, integers from 0, shape (n,).
    nuisance
        Further columns to remove, shape (n, q).

    Source
    ------
    Frisch & Waugh (1933), Lovell (1963); two-way within transformation: Wansbeek & Kapteyn (1989), eq. 2.6.
    """
    groups = np.unique(groups, return_inverse=True)[1]
    count = np.bincount(groups).astype(np.float64)
    left = _demean(columns, groups, count)
    rank = len(count)
    basis = np.zeros((len(groups), 0))
    parts = []
    if periods is not None:
        periods = np.unique(periods, return_inverse=True)[1]
        p = int(periods.max()) + 1
        if len(groups) * p <= LARGEST_DENSE:
            parts.append(_demean(np.eye(p)[periods], groups, count))
        else:
            left, removed = _sweep(left, groups, count, periods, p)
            rank += removed
            if nuisance is not None:
                nuisance, _ = _sweep(_demean(nuisance, groups, count), groups, count, periods, p)
    if nuisance is not None and nuisance.shape[1]:
        parts.append(_demean(nuisance, groups, count))
    if parts:
        basis = orthonormal(np.hstack(parts))
        left = left - basis @ (basis.T @ left)
        left = left - basis @ (basis.T @ left)
        rank += basis.shape[1]
    return Within(columns=left, basis=basis, rank=rank)


def orthonormal(columns: Floats) -> Floats:
    """Orthonormal basis of the span of some columns, shape (n, rank)."""
    size = np.linalg.norm(columns, axis=0)
    columns = columns[:, size > RELATIVE_RANK * max(1.0, float(size.max(initial=0.0)))]
    if columns.shape[1] == 0:
        return columns
    u, s, _ = np.linalg.svd(columns / np.linalg.norm(columns, axis=0), full_matrices=False)
    return np.ascontiguousarray(u[:, s > RELATIVE_RANK * s[0]])


def _demean(columns: Floats, groups: Ints, count: Floats) -> Floats:
    columns = columns - columns.mean(axis=0)
    means = np.empty((len(count), columns.shape[1]))
    for j in range(columns.shape[1]):
        means[:, j] = np.bincount(groups, weights=columns[:, j], minlength=len(count)) / count
    out: Floats = columns - means[groups]
    return out


def _sweep(columns: Floats, groups: Ints, count: Floats, periods: Ints, p: int) -> tuple[Floats, int]:
    """Project group-demeaned columns off group-demeaned period dummies without forming them."""
    from scipy.sparse import csr_array, diags_array

    cross = csr_array((np.ones(len(groups)), (groups, periods)), shape=(len(count), p))
    gram = np.diag(np.bincount(periods, minlength=p).astype(np.float64))
    gram -= (cross.T @ diags_array(1 / count) @ cross).toarray()
    inverse = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
    for _ in range(2):
        sums = np.column_stack([np.bincount(periods, weights=c, minlength=p) for c in columns.T])
        effect = inverse @ sums
        columns = columns - _demean(effect[periods], groups, count)
    return columns, int(np.linalg.matrix_rank(gram, tol=1e-8, hermitian=True))
