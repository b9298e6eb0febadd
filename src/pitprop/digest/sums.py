"""Sums: what one thread has summed of one metric, and how a batch is added to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.digest import kernel
from pitprop.digest.batches import Numbers
from pitprop.digest.columnar import Columns
from pitprop.digest.counted import Counted
from pitprop.digest.ground import Ground
from pitprop.digest.rowset import Rowset, row_target
from pitprop.digest.survey import Extent, pivot

RULES = {"gte": 1, "gt": 2, "lte": 3, "lt": 4}
SAMPLE = 4096
"""Values from which the first pivot is taken."""
LONGEST = 1 << 16
"""Rows that are taken one by one at most before blocks are tried again."""

EMPTY_TABLE = np.zeros((0, 1), np.int64)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Sums:
    """Counts, bounds and tables of one metric; its cells and days are on the ground."""

    rows: Rowset
    columns: Columns
    breaks: Ints
    """Days since 1970 on which a target of the rows begins or ends, ascending."""
    counts: Ints
    extents: Floats
    values: Counted
    distances: Counted
    pairs: Ints
    grid: Floats
    rule: int
    level: float
    """Of a share: see kernel.absorb."""
    moments: Floats
    """Of a share: rows, x, x^2 of the values, shape (1, 3)."""
    wanted: bool
    """Whether values are counted one by one."""
    pivot: float = 0.0
    settled: bool = False
    """Whether the pivot is."""

    @property
    def segments(self) -> int:
        return len(self.breaks) + 1

    @property
    def centred(self) -> bool:
        """Whether sums are taken about a pivot."""
        return self.rows.w is None and self.rows.metric.agg in ("sum", "average", "share")


def sums(rows: Rowset, columns: Columns, *, valued: bool = True) -> Sums:
    """Nothing yet; whether values are to be counted one by one."""
    metric = rows.metric
    targets = [t for t in metric.targets if t.on == "row"]
    dates = {day for t in targets for day in (t.since, t.until) if day is not None}
    breaks = np.array(sorted(np.datetime64(d, "D").astype(np.int64) for d in dates), np.int64)
    if rows.d is None:
        breaks = breaks[:0]
    segments = len(breaks) + 1
    counts = np.zeros(kernel.N_COUNTS, np.int64)
    counts[kernel.BINS] = kernel.DENSE if valued else kernel.OFF
    counts[kernel.LEVEL_BINS] = kernel.HASHED if columns.t and valued else kernel.OFF
    counts[kernel.PAIRED] = int(columns.w is not None and valued)
    extents = np.array([np.inf, -np.inf] * 3 + [-np.inf])
    judged = row_target(metric) if metric.agg == "share" else None
    return Sums(
        rows=rows,
        columns=columns,
        breaks=breaks,
        counts=counts,
        extents=extents,
        values=Counted(segments * (2 if columns.t else 1)),
        distances=Counted(segments, hashed=True),
        pairs=np.zeros(((kernel.PAIRS + 1) ** 2 if columns.w else 0, segments), np.int64),
        grid=np.zeros(3),
        rule=RULES[judged.op] if judged else 0,
        moments=np.zeros((1, 3)),
        wanted=valued,
        level=0.0 if judged is None else math.nan if judged.fixed is None else judged.fixed,
    )


def on_grid(s: Sums, grid: Sequence[float]) -> None:
    """Count values on this grid instead of a decimal one."""
    s.grid[:] = grid
    s.counts[kernel.DECIMALS] = kernel.OTHERWISE
    s.counts[kernel.BINS] = kernel.HASHED
    s.values = Counted(s.values.segments, hashed=True)


@dataclass(slots=True)
class Feed:
    """A batch on its way into the sums."""

    sums: Sums
    ground: Ground
    x: Numbers
    w: Numbers
    t: Numbers
    f: NDArray[np.uint8]
    place: NDArray[np.int32]
    day: NDArray[np.int32]

    def all(self) -> None:
        """Add all rows."""
        s, n = self.sums, len(self.place)
        if s.centred and not s.settled:
            self._settle()
        simple = s.columns.w is None and s.columns.t is None
        i, span = 0, kernel.BLOCK
        while i < n:
            if not simple:
                i = self._carefully(i, n)
                continue
            why, i = self._blocks(i, n)
            full = why == kernel.ROOM and s.counts[kernel.BINS] == kernel.HASHED
            if full and not s.values.room(0, 0):
                forget(s)
            if why != kernel.DONE:
                i = self._carefully(i, min(i + span, n))
                span = min(span * 2, LONGEST)

    def _settle(self) -> None:
        """The first pivot, amid most of the first values, so that one wild value costs the others no digits."""
        s, x = self.sums, self.x.values
        there = (self.place >= 0) & (np.abs(x) < kernel.LARGEST)
        sample = x[there][:SAMPLE]
        if len(sample):
            extent = Extent(n=len(sample), low=float(sample.min()), high=float(sample.max()), decimals=None)
            middle = float(np.median(sample))
            spread = float(np.median(np.abs(sample - middle))) or float(sample.std())
            s.pivot, s.settled = pivot(extent, middle, spread), True

    def _segment(self) -> Ints:
        s, g = self.sums, self.ground
        if s.segments == 1:
            return np.zeros(0, np.int64)
        return np.searchsorted(s.breaks, np.arange(g.day, g.day + g.days), side="right").astype(np.int64)

    def _blocks(self, begin: int, end: int) -> tuple[int, int]:
        s, name = self.sums, self.sums.rows.metric.name
        return kernel.sweep(
            begin, end, s.pivot, s.rule, s.level, s.grid,
            self.x.values, self.x.bitmap, self.x.offset, self.f, self.place, self.day, self._segment(),
            s.counts, s.extents, self.ground.cells[name], self.ground.by_day[name],
            s.values.keys, s.values.table, s.values.at, s.moments,
        )  # fmt: skip

    def _carefully(self, begin: int, end: int) -> int:
        s, name = self.sums, self.sums.rows.metric.name
        x, w, t, segment = self.x, self.w, self.t, self._segment()
        while begin < end:
            why, begin = kernel.absorb(
                begin, end, s.pivot, s.rule, s.level, s.grid, x.values, x.bitmap, x.offset,
                w.values, w.bitmap, w.offset, t.values, t.bitmap, t.offset, self.f, self.place, self.day, segment,
                s.counts, s.extents, self.ground.cells[name], self.ground.by_day[name],
                s.values.keys, s.values.table, s.values.at,
                s.distances.keys, s.distances.table, s.distances.at, s.pairs, s.moments,
            )  # fmt: skip
            if why != kernel.DONE:
                self._make_way(why, begin)
        return end

    def _make_way(self, why: int, i: int) -> None:
        s = self.sums
        v = self.x.values[i] if s.columns.w is None else self.x.values[i] / self.w.values[i]
        if why == kernel.PLACES:
            finer(s, int(kernel.decimals(v)), int(s.counts[kernel.LEVEL_DECIMALS]))
        elif why == kernel.LEVEL_PLACES:
            finer(s, int(s.counts[kernel.DECIMALS]), int(kernel.decimals(self.t.values[i])))
        elif why == kernel.LEVEL_ROOM:
            if not s.distances.room(0, 1 << 62):
                s.counts[kernel.LEVEL_BINS] = kernel.OFF
        else:
            how, up, down = s.grid
            up = kernel.TEN[min(s.counts[kernel.DECIMALS], 6)] if how == 0 else up
            k = int(kernel.position(v, how, up, down))
            if not s.values.room(k, k):
                forget(s)
            _keep(s)


def finer(s: Sums, places: int, level: int) -> None:
    """More decimals than was thought, in values or targets."""
    most = max(places, level)
    before, both = int(s.counts[kernel.DECIMALS]), int(s.counts[kernel.FINER])
    s.counts[kernel.DECIMALS], s.counts[kernel.LEVEL_DECIMALS], s.counts[kernel.FINER] = places, level, most
    if places > before and not _lift(s.values, before, places):
        forget(s)
    if most > both and not _lift(s.distances, both, most):
        s.distances.clear()
        s.counts[kernel.LEVEL_BINS] = kernel.OFF
    _keep(s)


def forget(s: Sums) -> None:
    """Give up counting values: there is no grid, or there are too many."""
    s.values.clear()
    s.counts[kernel.BINS] = kernel.OFF


def _keep(s: Sums) -> None:
    """Note how the table of values is kept."""
    if s.counts[kernel.BINS] != kernel.OFF:
        s.counts[kernel.BINS] = kernel.HASHED if s.values.hashed else kernel.DENSE


def _lift(counted: Counted, old: int, new: int) -> bool:
    """Whether positions by so many decimals could be made positions by more."""
    if new >= kernel.OTHERWISE:
        return False
    if new - old > 5 and counted.table.any():  # an error of 1e-6 of a step would show
        return False
    counted.lift(10 ** (new - old))
    return True


def shift(ground: Ground, sums: Sums, by: float) -> None:
    """Sums about a pivot that is lower by `by`."""
    if by == 0.0:
        return
    if sums.rule:
        _shift(sums.moments, by)
        return
    name = sums.rows.metric.name
    for table in (ground.cells[name], ground.by_day[name]):
        for n in range(0, 1 if table is ground.cells[name] else table.shape[1], 3):
            _shift(table[:, n : n + 3], by)


def _shift(table: Floats, by: float) -> None:
    n, x, xx = table[:, 0], table[:, 1].copy(), table[:, 2]
    table[:, 2] = xx + 2 * by * x + n * by * by
    table[:, 1] = x + n * by


def join(mine: Sums, theirs: Sums) -> None:
    """Add the other thread's counts, bounds and tables."""
    K = kernel
    places, level = (int(max(mine.counts[i], theirs.counts[i])) for i in (K.DECIMALS, K.LEVEL_DECIMALS))
    finer(mine, places, level)
    finer(theirs, places, level)
    mine.moments += theirs.moments
    mine.counts[:6] += theirs.counts[:6]
    for i in (K.VALUED, K.TARGETED, K.BOTH, K.UNCOUNTED):
        mine.counts[i] += theirs.counts[i]
    mine.counts[K.PAIRED] &= theirs.counts[K.PAIRED]
    mine.pairs += theirs.pairs
    for low in (K.LOW, K.T_LOW, K.D_LOW):
        mine.extents[low] = min(mine.extents[low], theirs.extents[low])
    for high in (K.HIGH, K.T_HIGH, K.D_HIGH, K.W_HIGH):
        mine.extents[high] = max(mine.extents[high], theirs.extents[high])
    for kept, table, other in (
        (K.BINS, mine.values, theirs.values),
        (K.LEVEL_BINS, mine.distances, theirs.distances),
    ):
        if K.OFF in (mine.counts[kept], theirs.counts[kept]):
            mine.counts[kept] = K.OFF
        else:
            table.add(other)
