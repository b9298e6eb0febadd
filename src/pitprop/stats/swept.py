"""Swept columns: what is left once each unit's and each period's mean have been taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Swept:
    """Columns taken apart into units' levels, period effects and the rest."""

    unit: Ints
    """Labels of the units, ascending, shape (a,)."""
    index: Ints
    """Position of each row's unit in `unit`, shape (n,)."""
    count: Floats
    """Rows of each unit, shape (a,)."""
    level: Floats
    """Mean of each unit, period effects taken out (they average 0 over the rows), shape (a, k)."""
    residual: Floats
    """Shape (n, k)."""
    df: int
    """Degrees of freedom of the residuals, were all units connected by periods."""


def swept(columns: Floats, *, unit: Ints, period: Ints) -> Swept:
    """Each column's regression on unit and period effects, by least squares.

    In time proportional to the rows and the cube of the periods; `fixed_effects.within` also gives the basis that exact
    leverages need.

    Parameters
    ----------
    columns
        Shape (n, k), finite, any unit, n at least 1.
    unit, period
        Labels, shape (n,); at most one row of a unit in a period.

    Source
    ------
    Wansbeek and Kapteyn 1989, Journal of Econometrics 41:341, eq. 2.6 (two-way within transformation, unbalanced).
    """
    label, i = np.unique(unit, return_inverse=True)
    p = np.unique(period, return_inverse=True)[1]
    a, b = len(label), int(p.max()) + 1
    count = np.bincount(i).astype(np.float64)
    centre = columns.mean(axis=0)
    y = columns - centre
    effect = _period_effects(y - _means(y, i, count)[i], i, p, count, b)
    effect = effect - np.bincount(p) @ effect / len(p)
    left = y - effect[p]
    level = _means(left, i, count)
    return Swept(
        unit=label,
        index=i,
        count=count,
        level=level + centre,
        residual=left - level[i],
        df=len(i) - a - b + 1,
    )


def _period_effects(left: Floats, i: Ints, p: Ints, count: Floats, b: int) -> Floats:
    """Period effects from columns less their units' means, shape (b, k)."""
    size = np.bincount(p).astype(np.float64)
    if len(i) == len(count) * b:
        return _means(left, p, size)
    from scipy.sparse import csr_array, diags_array

    there = csr_array((np.ones(len(i)), (i, p)), shape=(len(count), b))
    gram = np.diag(size) - (there.T @ diags_array(1 / count) @ there).toarray()
    out: Floats = np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ (_means(left, p, size) * size[:, None])
    return out


def _means(columns: Floats, group: Ints, count: Floats) -> Floats:
    sums = [np.bincount(group, weights=column, minlength=len(count)) for column in columns.T]
    out: Floats = np.column_stack(sums) / count[:, None]
    return out
