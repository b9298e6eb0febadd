"""Distribution: how often each value occurs, on an exact integer grid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distribution:
    """Counts of values on a grid; a lossless summary where the data themselves lie on a grid.

    Three regimes are kept apart: `under` the target (in force, and the row or cell is subject to it),
    `without` it (before `since`, or from `until` on), and `exempt` from it (in force, but the target is
    NULL there: an untreated comparison). Without a target everything is `without`.
    Two distributions over the same grid add with `+`.
    """

    step: Fraction
    """Grid spacing in the metric's unit."""
    k: NDArray[np.int64]
    """Grid positions that occur, ascending, shape (n,). Where `exact`, the value is k * step; otherwise it
    lies in [k * step, (k + 1) * step), or in (k * step, (k + 1) * step] for a target `lte` or `gt`. Counted from
    each row's own target where `relative`."""
    under: NDArray[np.int64]
    """Rows (or cells) under the target, shape (n,)."""
    without: NDArray[np.int64]
    """Rows (or cells) at a time without the target, shape (n,)."""
    exempt: NDArray[np.int64]
    """Rows (or cells) exempt from the target while it is in force, shape (n,)."""
    exact: bool
    """Whether every value lies on the grid (to 1e-6 of a step)."""
    relative: bool = False
    """Whether values are distances from each row's own target (value minus target)."""
    opportunity: NDArray[np.float64] | None = None
    """For ratios of counts: expected number of cells at each position if every cell's numerator were drawn again,
    evenly over a wide range around its own ratio, shape (n,). It carries the arithmetic of small denominators
    (1/2 and 3/10 are popular fractions) and nothing else. None for other values."""
    rows: Rows = field(default_factory=Rows)

    def __post_init__(self) -> None:
        n = len(self.k)
        for name in ("under", "without", "exempt"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries, k has {n}")
        if n > 1 and not bool(np.all(np.diff(self.k) > 0)):
            raise ValueError("k must be strictly ascending")

    @property
    def all(self) -> NDArray[np.int64]:
        """Counts over all regimes, shape (n,)."""
        total: NDArray[np.int64] = self.under + self.without + self.exempt
        return total

    @property
    def values(self) -> NDArray[np.float64]:
        """k * step in the metric's unit, shape (n,)."""
        return self.k.astype(np.float64) * (self.step.numerator / self.step.denominator)

    def __add__(self, other: Distribution) -> Distribution:
        same = (self.step, self.exact, self.relative, self.opportunity is None)
        if same != (other.step, other.exact, other.relative, other.opportunity is None):
            raise ValueError("only distributions over the same grid can be added")
        k = np.union1d(self.k, other.k)

        def spread(d: Distribution, counts: NDArray[np.int64]) -> NDArray[np.int64]:
            out = np.zeros(len(k), dtype=counts.dtype)
            out[np.searchsorted(k, d.k)] = counts
            return out

        opportunity = None
        if self.opportunity is not None and other.opportunity is not None:
            opportunity = np.zeros(len(k))
            opportunity[np.searchsorted(k, self.k)] += self.opportunity
            opportunity[np.searchsorted(k, other.k)] += other.opportunity
        return replace(
            self,
            k=k,
            under=spread(self, self.under) + spread(other, other.under),
            without=spread(self, self.without) + spread(other, other.without),
            exempt=spread(self, self.exempt) + spread(other, other.exempt),
            opportunity=opportunity,
            rows=self.rows + other.rows,
        )
