"""Panel: who did what in which period, as sums that add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.rows import Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGEST = 1e100
"""Larger than that in size is no number that was measured; rows of that size count as not finite."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """One metric's sums in each cell of a panel; all arrays have shape (cells,).

    For a ratio x is the numerator's and w the denominator's value of a row. Otherwise x is the value (for
    `share`: 1 where the row meets the target, else 0; for `count`: 1) and w is 1. Sums are taken about
    `pivot`, so that variances survive large offsets; a ratio's pivot is 0.
    """

    agg: str
    """sum, average, count, share, ratio; or min, max, median, count_distinct, which do not add."""
    pivot: float
    n: Ints
    """Rows."""
    x: Floats
    """Sum of x - pivot."""
    xx: Floats
    """Sum of (x - pivot)^2."""
    w: Floats
    """Sum of w."""
    ww: Floats
    """Sum of w^2."""
    xw: Floats
    """Sum of (x - pivot) w."""
    given: Floats | None = None
    """The engine's own answer for an aggregation that does not add (min, max, median, count_distinct)."""

    @property
    def value(self) -> Floats:
        """The metric in each cell, in its unit; NaN where the cell has no rows or no denominator, or lies beyond 1e100
        as no row's value may."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if self.given is not None:
                out = self.given
            elif self.agg == "ratio":
                out = self.x / self.w
            elif self.agg in ("average", "share"):
                out = self.pivot + self.x / self.n
            elif self.agg == "sum":
                out = self.x + self.n * self.pivot
            else:
                out = self.n.astype(np.float64)
        return np.where((self.n > 0) & (np.abs(out) <= LARGEST), out, np.nan)

    @property
    def noise(self) -> Floats:
        """Sampling variance of `value` from the rows within the cell, unit^2; NaN where it is not known.

        Averages: s^2/n. Shares and ratios of counts (row by row a part of its denominator): the residual
        variance of x - R w over w (Cochran 1977, eq. 6.13). Sums, counts, min, max, median: NaN.
        """
        n = self.n.astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if self.agg in ("average", "share"):
                out = np.maximum(self.xx - self.x**2 / n, 0.0) / (n - 1) / n
            elif self.agg == "ratio":
                r = self.x / self.w
                rss = np.maximum(self.xx - 2 * r * self.xw + r**2 * self.ww, 0.0)
                out = rss * n / (n - 1) / self.w**2
            else:
                out = np.full(len(n), np.nan)
        return np.where(n > 1, out, np.nan)

    def take(self, index: Ints) -> Measure:
        """The cells at `index`; -1 gives an empty cell."""
        hit = index >= 0

        def pick(a: NDArray[np.generic]) -> NDArray[np.generic]:
            return np.where(hit, a[np.where(hit, index, 0)], 0) if len(a) else np.zeros(len(index), a.dtype)

        return Measure(
            agg=self.agg,
            pivot=self.pivot,
            n=pick(self.n).astype(np.int64),
            **{f: pick(getattr(self, f)).astype(np.float64) for f in ("x", "xx", "w", "ww", "xw")},
            given=None if self.given is None else pick(self.given).astype(np.float64),
        )

    def __add__(self, other: Measure) -> Measure:
        if self.given is not None or other.given is not None:
            raise ValueError(f"{self.agg} does not add: it has to be taken over all rows at once")
        if (self.agg, self.pivot) != (other.agg, other.pivot):
            raise ValueError("only sums of the same aggregation about the same pivot can be added")
        parts = {f: getattr(self, f) + getattr(other, f) for f in ("n", "x", "xx", "w", "ww", "xw")}
        return Measure(agg=self.agg, pivot=self.pivot, **parts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """Cells of entity x period that have rows, in order of (entity, period).

    `metric` is the audited metric. `others` holds its outcome (already shifted by the declared lag: the
    value `lag` periods later), its guardrails and the work that competes with it, by metric name, aligned
    with the cells.
    """

    entities: tuple[str, ...]
    """Labels, sorted; one empty label where no entity is declared."""
    periods: NDArray[np.datetime64]
    """First day of each period, ascending, datetime64[D], shape (p,); NaT alone where no time is declared."""
    granularity: str
    entity: Ints
    """Index into `entities`, shape (cells,)."""
    period: Ints
    """Index into `periods`, shape (cells,)."""
    metric: Measure
    exempt: NDArray[np.bool_]
    """Whether the target is NULL on all rows of the cell (never where it is a number), shape (cells,)."""
    target: Floats
    """Mean of the (first) target over the cell's rows, in the metric's unit; NaN where there is none."""
    late: Ints | None = None
    """Rows of the cell that were loaded after the number was due, shape (cells,); None without `revisions`."""
    others: Mapping[str, Measure] = field(default_factory=dict)
    directions: Mapping[str, str] = field(default_factory=dict)
    """Improvement direction of each metric in `others`, as the register declares it, by metric name."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Why a declared outcome or guardrail could not be had, by metric name, in words."""
    rows: Rows = field(default_factory=Rows)

    @property
    def start(self) -> NDArray[np.datetime64]:
        """First day of each cell's period, shape (cells,)."""
        out: NDArray[np.datetime64] = self.periods[self.period]
        return out

    def __add__(self, other: Panel) -> Panel:
        from pitprop.digest.merge import merge  # the merging is longer than the type

        return merge(self, other)
