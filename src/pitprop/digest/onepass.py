"""One pass: the answers to the queries about all metrics of a table, from one compiled pass over its rows.

Worth its start from millions of rows on. What comes out are answers to the queries of survey.py, cells.py, tally.py and
calendar.py, which whoever asks them gets instead of the engine's; a query that is not answered here goes to the
engine. So there is one way from answers to grains, and nothing further on knows of this file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from pitprop.digest import batches
from pitprop.digest.answers import Learn, tell
from pitprop.digest.columnar import Columns
from pitprop.digest.ground import Ground
from pitprop.digest.rowset import Rowset
from pitprop.digest.secondpass import Again, tell_fine
from pitprop.digest.sums import Feed, Sums, join, on_grid, shift, sums

MOST = 4
"""Threads at most: each holds sums of its own."""
FILTERED, REASONS_HERE = 1, 6
"""Of the counts, that of rows that do not pass the filter; how many counts are of rows (rows.py)."""
ADDING = ("sum", "average", "count", "share", None)

Read = Callable[[int], list[Iterator[Any]]]
"""The batches of a table, for so many threads."""
Known = Mapping[str, tuple[int, int]]
"""Lowest and highest value of a column of whole numbers or days."""


def able(rows: Rowset) -> bool:
    """Whether a metric can be summed here."""
    metric = rows.metric
    return metric.exclusion is None and metric.revisions is None and metric.agg in ADDING and len(rows.target_sql) <= 1


def run(
    jobs: Sequence[tuple[Rowset, Columns]],
    read: Read,
    learn: Learn,
    valued: Container[str],
    again: Again | None = None,
    *,
    known: Known | None = None,
    total: int | None = None,
) -> None:
    """Sum the rows of a table for several metrics and learn the answers.

    Parameters
    ----------
    jobs : sequence of (Rowset, Columns)
        Metrics, and which columns of the batches they rest on.
    learn : callable
        Is told each query and what gives its answer.
    valued : container of str
        Names of the metrics of which values are counted one by one.
    again : callable, optional
        Counts the values of a metric on a grid; used where they lie on no decimal one, and only if they are asked for.
    known : mapping, optional
        Entities and days whose range is known beforehand.
    total : int, optional
        Rows of the table, where those that do not pass the metrics' filter are not in the batches.

    Raises
    ------
    TooLargeError
        If there are too many cells to be held in memory.
    """
    readers = read(min(os.cpu_count() or 1, MOST))
    passes = [Pass(jobs, valued, known or {}) for _ in readers]
    with ThreadPoolExecutor(len(passes)) as pool:
        list(pool.map(Pass.take, passes, readers))
    first, *others = passes
    for other in others:
        first.join(other)
    for done in first.sums:
        if total is not None:
            done.counts[FILTERED] = total - done.counts[:REASONS_HERE].sum()
        surveyed = tell(done, first.ground(done), learn)
        if again is not None:
            tell_fine(done, surveyed, learn, again)


def counted(rows: Rowset, columns: Columns, read: Read, grid: Sequence[float]) -> Sums:
    """One more pass, which only counts the values of a metric on a grid (see kernel.absorb)."""
    readers = read(min(os.cpu_count() or 1, MOST))
    passes = [Pass([(rows, columns)], {rows.metric.name}, {}, summed=False) for _ in readers]
    for done in passes:
        on_grid(done.sums[0], grid)
    with ThreadPoolExecutor(len(passes)) as pool:
        list(pool.map(Pass.take, passes, readers))
    first, *others = passes
    for other in others:
        join(first.sums[0], other.sums[0])
    return first.sums[0]


class Pass:
    """One thread's share."""

    def __init__(
        self, jobs: Sequence[tuple[Rowset, Columns]], valued: Container[str], known: Known, *, summed: bool = True
    ) -> None:
        self.grounds: dict[tuple[str | None, str | None, str], Ground] = {}
        self.sums = [sums(rows, columns, valued=rows.metric.name in valued) for rows, columns in jobs]
        for one in self.sums:
            c, name = one.columns, one.rows.metric.name
            key = _key(one)
            if key not in self.grounds:
                self.grounds[key] = Ground(granularity=key[2], entities=c.e is not None, timed=c.d is not None)
            ground = self.grounds[key]
            ground.cells[name] = np.zeros((1, (3 + (3 if c.w else 0) + (2 if c.t else 0)) if summed else 0))
            ground.by_day[name] = np.zeros((0, (6 if c.t else 3) if c.d and summed else 0))
        for (e, d, _), ground in self.grounds.items():
            if d in known:
                ground.reach_days(*known[str(d)])
            if e in known and ground.close(*known[str(e)]):
                ground.reach_entities(*known[str(e)])

    def ground(self, one: Sums) -> Ground:
        return self.grounds[_key(one)]

    def take(self, read: Iterator[Any]) -> None:
        """Add all batches."""
        for batch in read:
            names = {name: i for i, name in enumerate(batch.schema.names)}
            for start in range(0, batch.num_rows, batches.PIECE):
                piece = batch.slice(start, batches.PIECE)
                self._piece({name: piece.column(i) for name, i in names.items()}, piece.num_rows)

    def _piece(self, column: Mapping[str | None, Any], n: int) -> None:
        placed = {key: ground.place(column.get(key[0]), column.get(key[1]), n) for key, ground in self.grounds.items()}
        every = batches.Numbers(np.ones(n), np.empty(0, np.uint8), 0)
        numbers: dict[str | None, batches.Numbers] = {None: batches.NONE}
        for one in self.sums:
            c = one.columns
            for name in (c.x, c.w, c.t):
                if name not in numbers:
                    numbers[name] = batches.numbers(column[name])
            x = numbers[c.x] if c.x else batches.present(column[c.present]) if c.present else every
            f = batches.flags(column[c.f]) if c.f else np.empty(0, np.uint8)
            place, day = placed[_key(one)]
            Feed(one, self.ground(one), x, numbers[c.w], numbers[c.t], f, place, day).all()

    def join(self, other: Pass) -> None:
        """Add what another thread has summed."""
        for mine, theirs in zip(self.sums, other.sums, strict=True):
            if not mine.settled:  # then it is empty
                mine.pivot, mine.settled = theirs.pivot, theirs.settled
            shift(other.ground(theirs), theirs, theirs.pivot - mine.pivot)
            join(mine, theirs)
        for key, ground in self.grounds.items():
            ground.join(other.grounds[key])


def _key(one: Sums) -> tuple[str | None, str | None, str]:
    return one.columns.e, one.columns.d, str(one.rows.metric.time_granularity)
