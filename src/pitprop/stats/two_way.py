"""Two-way layout: units' levels once what all units share in a period is taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.fixed_effects import period_gram
from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoWay:
    """value = level of the unit + effect of the period + residual, by least squares.

    Only the largest set of units and periods that can be compared with each other is kept.
    """

    used: Bools
    """Which observations are in that set, shape (n,)."""
    unit: Ints
    """Labels of the units in the set, ascending, shape (a,)."""
    index: Ints
    """Each used observation's place in `unit`, shape (used,)."""
    count: Floats
    """Observations of each unit, shape (a,)."""
    level: Floats
    """Level of each unit, period effects (which sum to 0 over the periods) taken out, shape (a,)."""
    multiplier: Floats
    """Sampling variance of each level in multiples of the residual variance; 1 / count, and a little more
    where units are there in different periods; shape (a,)."""
    residual: Floats
    """Shape (used,)."""
    df: int
    """Degrees of freedom of the residual variance."""
    periods: int

    @property
    def scatter(self) -> Floats:
        """Residual sum of squares of each unit, shape (a,)."""
        return np.bincount(self.index, weights=self.residual**2, minlength=len(self.unit)).astype(np.float64)

    @property
    def freedom(self) -> Floats:
        """The degrees of freedom shared out over the units, shape (a,)."""
        own = self.count - 1.0
        out: Floats = own * (self.df / own.sum()) if own.sum() > 0 else own
        return out


def two_way(y: Floats, unit: Ints, period: Ints) -> TwoWay:
    """Units' levels and what is left of each value when unit and period have had their say.

    Parameters
    ----------
    y
        Values, finite, shape (n,), n at least 1.
    unit, period
        Labels, shape (n,); at most one value of a unit in a period.

    Source
    ------
    Searle (1971), Linear Models, section 7.1 (two-way crossed classification without interaction).
    """
    labels, i = numbered(unit)
    p = numbered(period)[1]
    used = _largest_set(i, p)
    y = np.asarray(y, dtype=np.float64)
    if not used.all():
        y, (labels, i), p = y[used], numbered(unit[used]), numbered(period[used])[1]
    a, b = len(labels), int(p.max()) + 1
    count = np.bincount(i, minlength=a).astype(np.float64)
    centre = float(y.mean())
    y = y - centre
    effect, extra = _period_effects(y, i, p, count, b)
    z = y - effect[p]
    level = np.bincount(i, weights=z, minlength=a) / count
    return TwoWay(
        used=used,
        unit=labels,
        index=i,
        count=count,
        level=level + centre,
        multiplier=1 / count + extra,
        residual=z - level[i],
        df=len(y) - a - b + 1,
        periods=b,
    )


def _largest_set(i: Ints, p: Ints) -> Bools:
    """Which values belong to the largest set of units that are linked through periods they share."""
    if np.bincount(p).max() > i.max() or np.bincount(i).max() > p.max():  # one period, or one unit, links all
        return np.ones(len(i), dtype=np.bool_)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    p = p + int(i.max()) + 1
    size = int(p.max()) + 1
    member = connected_components(coo_array((np.ones(len(i)), (i, p)), shape=(size, size)), directed=False)[1]
    of = member[i]
    return np.asarray(of == np.bincount(of).argmax())


def _period_effects(y: Floats, i: Ints, p: Ints, count: Floats, b: int) -> tuple[Floats, Floats]:
    """Period effects, and what estimating them adds to the variance of each unit's mean."""
    a = len(count)
    if len(y) == a * b:
        return np.bincount(p, weights=y, minlength=b) / a, np.zeros(a)
    size = np.bincount(p, minlength=b).astype(np.float64)
    gram = period_gram(i, p, count, size)
    scale = float(np.trace(gram)) / b  # so that the direction of no information is as large as the others
    flat = np.full((b, b), 1 / b)
    inverse = np.linalg.inv(gram + scale * flat) - flat / scale
    mean = np.bincount(i, weights=y, minlength=a) / count
    effect: Floats = inverse @ np.bincount(p, weights=y - mean[i], minlength=b)
    extra = np.empty(a)
    rows = max(1, 4_000_000 // b)
    for start in range(0, a, rows):
        here = (i >= start) & (i < start + rows)
        stop = min(start + rows, a)
        there = np.bincount((i[here] - start) * b + p[here], minlength=(stop - start) * b).reshape(-1, b)
        extra[start:stop] = np.einsum("up,up->u", there, there @ inverse)
    return effect, np.maximum(extra, 0.0) / count**2
