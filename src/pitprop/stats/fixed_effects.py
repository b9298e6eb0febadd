"""Fixed effects: what is left of a column once units, periods and nuisance columns have had their say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_DENSE = 4_000_000
"""Cells x dummies up to which period effects are kept as columns (and enter the leverages)."""
RELATIVE_RANK = 1e-9
"""A column whose remainder is smaller than this share of itself is explained by the others."""
LOST = 1e-13
"""What a basis made of cross-products may be off by."""
FILLED = 8
"""Groups x periods, in multiples of the rows, up to which they are a table; else what is there is a list."""
WELL_APART = 1e-6
"""Smallest eigenvalue of the normalised cross-products, as a share of the largest, from which they give the basis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Columns with group means, period means and nuisance columns removed."""

    columns: Floats
    """What is left of each column, shape (n, k)."""
    basis: Floats
    """Orthonormal basis of the nuisance space beyond the group means, shape (n, q)."""
    rank: int
    """Parameters that were removed: groups, periods and nuisance columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Removal:
    """What is removed from columns: made once, used for any number of them."""

    groups: Ints
    """Group of each row, from 0 without gaps, shape (n,)."""
    count: Floats
    """Rows of each group."""
    basis: Floats
    """Orthonormal basis of the nuisance space beyond the group means, shape (n, q)."""
    sweep: _Sweep | None
    """Period effects, where these are too many to be columns of the basis."""
    rank: int
    """Parameters that are removed: groups, periods and nuisance columns."""

    def of(self, columns: Floats) -> Floats:
        """What is left of each column, shape (n, k)."""
        left = demeaned(columns, self.groups, self.count)
        if self.sweep is not None:
            left = self.sweep.of(left)
        if self.basis.shape[1]:
            left -= self.basis @ (self.basis.T @ left)
            left -= self.basis @ (self.basis.T @ left)
        return left


def within(*, columns: Floats, groups: Ints, periods: Ints | None = None, nuisance: Floats | None = None) -> Within:
    """Remove group means, period effects and nuisance columns exactly (Frisch-Waugh-Lovell).

    Parameters
    ----------
    columns
        Shape (n, k), any unit.
    groups, periods, nuisance
        As in `removal`.
    """
    made = removal(groups=groups, periods=periods, nuisance=nuisance)
    return Within(columns=made.of(columns), basis=made.basis, rank=made.rank)


def removal(*, groups: Ints, periods: Ints | None = None, nuisance: Floats | None = None) -> Removal:
    """What has to be removed from a column so that groups, periods and nuisance columns have had their say.

    Parameters
    ----------
    groups
        Group of each row, integers, shape (n,); each group's mean is removed.
    periods
        A second, crossed classification, integers, shape (n,).
    nuisance
        Further columns to remove, shape (n, q).

    Source
    ------
    Frisch & Waugh (1933), Lovell (1963); two-way within transformation: Wansbeek & Kapteyn (1989), eq. 2.6.
    """
    groups = numbered(groups)[1]
    count = np.bincount(groups).astype(np.float64)
    sweep = None
    parts = []
    if periods is not None:
        periods = numbered(periods)[1]
        p = int(periods.max()) + 1
        if len(groups) * p <= LARGEST_DENSE:
            parts.append(demeaned(np.eye(p)[periods], groups, count))
        else:
            sweep = _Sweep.over(groups, count, periods, p)
    if nuisance is not None and nuisance.shape[1]:
        left = demeaned(nuisance, groups, count)
        parts.append(left if sweep is None else sweep.of(left))
    basis = orthonormal(np.hstack(parts)) if parts else np.zeros((len(groups), 0))
    rank = len(count) + (0 if sweep is None else sweep.rank) + basis.shape[1]
    return Removal(groups=groups, count=count, basis=basis, sweep=sweep, rank=rank)


def period_gram(groups: Ints, periods: Ints, count: Floats, size: Floats) -> Floats:
    """Cross-products of period dummies less their groups' means, shape (p, p).

    Parameters
    ----------
    groups, periods
        Of each row, from 0 without gaps, shape (n,).
    count, size
        Rows of each group and of each period.

    Source
    ------
    Wansbeek & Kapteyn (1989), eq. 2.5.
    """
    a, p = len(count), len(size)
    if a * p <= FILLED * len(groups) + 64:
        there = np.bincount(groups * p + periods, minlength=a * p).reshape(a, p).astype(np.float64)
        return np.diag(size) - there.T @ (there / count[:, None])
    from scipy.sparse import csr_array, diags_array

    cross = csr_array((np.ones(len(groups)), (groups, periods)), shape=(a, p))
    out: Floats = np.diag(size) - (cross.T @ diags_array(1 / count) @ cross).toarray()
    return out


def orthonormal(columns: Floats) -> Floats:
    """Orthonormal basis of the span of some columns, shape (n, rank).

    From their cross-products where the columns are well apart, a second time where the first has lost digits; else
    from their singular values.
    """
    gram = columns.T @ columns
    size = np.sqrt(np.diag(gram))
    some = size > RELATIVE_RANK * max(1.0, float(size.max(initial=0.0)))
    if not some.all():
        columns, gram, size = columns[:, some], gram[np.ix_(some, some)], size[some]
    if columns.shape[1] == 0:
        return columns
    values, vectors = np.linalg.eigh(gram / (size[:, None] * size[None, :]))
    if values[0] <= WELL_APART * values[-1]:
        u, s, _ = np.linalg.svd(columns / size, full_matrices=False)
        return np.ascontiguousarray(u[:, s > RELATIVE_RANK * s[0]])
    out: Floats = columns @ (vectors[:, ::-1] / np.sqrt(values[::-1]) / size[:, None])
    again = out.T @ out
    if float(np.abs(again - np.eye(len(again))).max()) > LOST:
        values, vectors = np.linalg.eigh(again)
        out = out @ ((vectors / np.sqrt(values)) @ vectors.T)
    return out


def lengths(columns: Floats) -> Floats:
    """Euclidean length of each column, shape (k,)."""
    out: Floats = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    return out


def group_sums(columns: Floats, groups: Ints, size: int) -> Floats:
    """Sums of each column in each group, shape (size, k); groups are numbered from 0 without gaps."""
    step = np.diff(groups)
    if len(groups) and bool((step >= 0).all()):
        sums: Floats = np.add.reduceat(columns, np.append(0, np.flatnonzero(step) + 1), axis=0)
        return sums
    parts = [np.bincount(groups, weights=column, minlength=size) for column in columns.T]
    return np.column_stack(parts) if parts else np.zeros((size, 0))


def demeaned(columns: Floats, groups: Ints, count: Floats) -> Floats:
    """Columns less the means of their groups, shape (n, k)."""
    columns = columns - np.full(len(columns), 1 / max(len(columns), 1)) @ columns
    columns -= (group_sums(columns, groups, len(count)) / count[:, None])[groups]
    return columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sweep:
    """Projection of group-demeaned columns off group-demeaned period dummies, without forming these."""

    groups: Ints
    count: Floats
    periods: Ints
    inverse: Floats
    """Of the dummies' cross-products, shape (p, p)."""
    rank: int

    @classmethod
    def over(cls, groups: Ints, count: Floats, periods: Ints, p: int) -> _Sweep:
        gram = period_gram(groups, periods, count, np.bincount(periods, minlength=p).astype(np.float64))
        return cls(
            groups=groups,
            count=count,
            periods=periods,
            inverse=np.asarray(np.linalg.pinv(gram, rcond=1e-10, hermitian=True), dtype=np.float64),
            rank=int(np.linalg.matrix_rank(gram, tol=1e-8, hermitian=True)),
        )

    def of(self, columns: Floats) -> Floats:
        """What is left of group-demeaned columns."""
        for _ in range(2):
            effect = self.inverse @ group_sums(columns, self.periods, len(self.inverse))
            columns = columns - demeaned(effect[self.periods], self.groups, self.count)
        return columns
