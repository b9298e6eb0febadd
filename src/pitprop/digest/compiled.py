"""Compiled: which metrics of a local table are summed in one pass, and from what."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from pitprop.define.metric import Metric
from pitprop.digest import batches, onepass
from pitprop.digest.columnar import Columns, plain, shared_filter, streamed, texts
from pitprop.digest.engine import Answer, Engine, Local
from pitprop.digest.ground import TooLargeError
from pitprop.digest.rowset import Rowset, rowset
from pitprop.digest.sums import Sums
from pitprop.errors import PitpropError

NO_ENTITY, NO_TIME = 4, 5
"""Of the counts of rows, those without entity and without time (rows.py)."""
FAILURES = (TooLargeError, MemoryError, OSError, ValueError, PitpropError)
"""What may come of data that are not as they should be (Arrow's errors are ValueErrors)."""


class Learning(Engine, Protocol):
    """An engine that can be told answers."""

    @property
    def local(self) -> Local | None: ...

    def learn(self, sql: str, found: Callable[[], Answer | None]) -> None: ...


def learn_all(engine: Learning, metrics: Sequence[Metric], expected: Container[str] | None = None) -> None:
    """Learn what will be asked about these metrics. What cannot be learned is left to the engine's queries.

    Parameters
    ----------
    metrics : sequence of Metric
        All of one table.
    expected : container of str, optional
        Names of those whose values will be asked for one by one; all where it is omitted. Of the others there are
        sums only.
    """
    local = engine.local
    jobs = [rows for metric in metrics if (rows := _rows(metric, engine)) is not None and onepass.able(rows)]
    if local is None or not jobs:
        return
    try:
        valued = {rows.metric.name for rows in jobs if expected is None or rows.metric.name in expected}
        if not _from_parquet(local, jobs, engine, valued):
            _from_stream(local, engine, jobs, valued)
    except FAILURES:
        # whatever is wrong with the data, the query that asks for them says it better (Arrow's errors are ValueErrors)
        return


def _rows(metric: Metric, engine: Engine) -> Rowset | None:
    try:
        return rowset(metric, engine)
    except PitpropError:  # told when the metric is asked for
        return None


def _from_parquet(local: Local, jobs: Sequence[Rowset], engine: Learning, valued: set[str]) -> bool:
    file = local.parquet
    if file is None:
        return False
    columns: list[Columns] = []
    for rows in jobs:
        found = plain(rows, file)
        if found is None:
            return False
        columns.append(found)
    wanted = list(dict.fromkeys(name for c in columns for name in c.names))
    if not wanted:
        return False
    words = texts(file, columns)
    keys = {name for c in columns for name in (c.e, c.d) if name is not None and name not in words}
    known = {name: span for name in keys if (span := batches.ranges(file, name)) is not None}
    onepass.run(
        list(zip(jobs, columns, strict=True)),
        lambda threads: batches.of_parquet(file, wanted, words, threads),
        engine.learn,
        valued,
        lambda sums, grid: _counted(sums, grid, lambda c: (c, lambda n: batches.of_parquet(file, c.names, [], n))),
        known=known,
    )
    return True


def _from_stream(local: Local, engine: Learning, jobs: Sequence[Rowset], valued: set[str]) -> None:
    kinds = [None if rows.e is None else engine.kinds([rows.e])[0] for rows in jobs]
    where = shared_filter(jobs)
    total = local.count() if where is not None else None
    sql, columns = streamed(jobs, kinds, where=where if total is not None else None)
    stream = local.stream(sql)
    onepass.run(
        list(zip(jobs, columns, strict=True)),
        lambda threads: batches.of_stream(stream, threads),
        engine.learn,
        valued,
        lambda sums, grid: _counted(sums, grid, lambda c: _streamed_again(local, sums.rows, c)),
        total=total,
    )


def _counted(
    sums: Sums, grid: Sequence[float], having: Callable[[Columns], tuple[Columns, onepass.Read]]
) -> Sums | None:
    """The metric's values on a grid, from the columns that tell them and whether they count."""
    entity = sums.columns.e if sums.counts[NO_ENTITY] else None
    day = sums.columns.d if sums.counts[NO_TIME] or sums.segments > 1 else None
    try:
        columns, read = having(replace(sums.columns, t=None, e=entity, d=day))
        return onepass.counted(sums.rows, columns, read, grid)
    except FAILURES:
        return None


def _streamed_again(local: Local, rows: Rowset, wanted: Columns) -> tuple[Columns, onepass.Read]:
    less = replace(
        rows,
        target_sql=(),
        e=rows.e if wanted.e is not None else None,
        d=rows.d if wanted.d is not None else None,
    )
    sql, (columns,) = streamed([less], [None], where=rows.filter)
    return columns, partial(batches.of_stream, local.stream(sql))
