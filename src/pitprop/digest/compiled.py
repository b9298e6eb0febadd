"""Compiled: which metrics of a local table are summed in one pass, and from what."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Protocol

from pitprop.define.metric import Metric
from pitprop.digest import batches, onepass
from pitprop.digest.columnar import Columns, plain, shared_filter, streamed, texts
from pitprop.digest.engine import Answer, Engine, Local
from pitprop.digest.ground import TooLargeError
from pitprop.digest.rowset import Rowset, rowset
from pitprop.errors import PitpropError


class Learning(Engine, Protocol):
    """An engine that can be told answers."""

    @property
    def local(self) -> Local | None: ...

    def learn(self, sql: str, found: Callable[[], Answer]) -> None: ...


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
    except (TooLargeError, MemoryError, OSError, ValueError, PitpropError):
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
        total=total,
    )
