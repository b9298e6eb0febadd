"""Engine: whatever answers a query about one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Answer = Mapping[str, NDArray[Any]]
"""Columns of a result: int64, float64 (NULL: NaN), object (text, NULL: None) or datetime64[D] (NULL: NaT)."""

Schema = Mapping[str, str]
"""Name -> `integer`, `number`, `text` or `day`: what a query's columns are."""


class Kind(Enum):
    """What a column or an expression holds, as far as a query has to know."""

    INTEGER = "whole numbers"
    NUMBER = "numbers"
    SINGLE = "numbers of single precision"
    BOOLEAN = "true or false"
    DATE = "dates"
    TIMESTAMP = "times"
    ZONED = "times with a time zone"
    TEXT = "text"
    OTHER = "neither numbers, times nor text"


class Engine(Protocol):
    """One table of one engine. Queries are written in DuckDB's dialect."""

    where: str
    """The table in words, for messages: `file data/shifts.parquet`. Never an address or a secret."""
    table: str
    """The table as it stands after FROM."""
    columns: Mapping[str, Kind]
    """The table's columns in their order."""
    notes: Sequence[str]
    """What was assumed in reading the table, in sentences."""

    def kinds(self, expressions: Sequence[str]) -> tuple[Kind, ...]:
        """What each expression over the table holds."""
        ...

    def ask(self, sql: str, schema: Schema) -> Answer:
        """The result of a query, which has the columns of `schema`."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Local(Engine, Protocol):
    """An engine in this process, which can hand over its rows."""

    parquet: Path | None
    """The file, where the table is one in parquet."""

    def size(self) -> int:
        """About how many rows the table has."""
        ...

    def count(self) -> int | None:
        """How many rows the table has; None where all would have to be read for it."""
        ...

    def stream(self, sql: str) -> Any:
        """The result of a query as a pyarrow.RecordBatchReader."""
        ...


def answer(table: Any, schema: Schema) -> Answer:
    """The columns of a pyarrow table as arrays of fixed types."""
    return {name: _array(table.column(name), kind) for name, kind in schema.items()}


def _array(column: Any, kind: str) -> NDArray[Any]:
    """A chunked column as one array, from its buffer: pyarrow's own way would import pandas (0.4 s)."""
    import pyarrow as pa

    if kind == "text":
        return np.array(column.to_pylist(), dtype=object)
    if kind == "day":
        days = _buffer(column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()), np.iinfo(np.int64).min, "i8")
        return days.view("datetime64[D]")  # the least integer is NaT
    if kind == "integer":
        return _buffer(column.cast(pa.int64()), 0, "i8")
    return _buffer(column.cast(pa.float64()), float("nan"), "f8")


def _buffer(column: Any, missing: float, dtype: str) -> NDArray[Any]:
    whole = column.fill_null(missing).combine_chunks() if column.null_count else column.combine_chunks()
    data = whole.buffers()[1]
    if not len(whole) or data is None:
        return np.empty(0, dtype=dtype)
    size = np.dtype(dtype).itemsize
    return np.frombuffer(data, dtype=dtype, count=len(whole), offset=whole.offset * size).copy()
