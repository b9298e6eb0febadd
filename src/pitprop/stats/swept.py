"""Swept columns: what is left once each unit's and each period's mean have been taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.fixed_effects import period_gram
from pitprop.stats.numbered import numbered

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
    Wansbeek and Kapteyn 1989, Journal of Econometrics 41:341 (two-way within transformation, unbalanced).
    """
    label, i = numbered(unit)
    p = numbered(period)[1]
    a, b = len(label), int(p.max()) + 1
    count, size = np.bincount(i).astype(np.float64), np.bincount(p).astype(np.float64)
    y = np.array(columns.T, dtype=np.float64, order="C")
    centre = y.mean(axis=1)
    y -= centre[:, None]
    effect = _period_effects(y - _means(y, i, count)[:, i], i, p, count, size)
    effect -= (effect @ size)[:, None] / len(p)
    y -= effect[:, p]
    level = _means(y, i, count)
    return Swept(
        unit=label,
        index=i,
        count=count,
        level=(level + centre[:, None]).T,
        residual=(y - level[:, i]).T,
        df=len(i) - a - b + 1,
    )


def _period_effects(left: Floats, i: Ints, p: Ints, count: Floats, size: Floats) -> Floats:
    """Period effects from columns less their units' means, (k, n) -> (k, b)."""
    if len(i) == len(count) * len(size):
        return _means(left, p, size)
    gram = period_gram(i, p, count, size)
    out: Floats = (_means(left, p, size) * size) @ np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
    return out


def _means(rows: Floats, group: Ints, count: Floats) -> Floats:
    """Group means of each row, (k, n) -> (k, groups)."""
    out: Floats = np.stack([np.bincount(group, weights=row, minlength=len(count)) for row in rows]) / count
    return out
