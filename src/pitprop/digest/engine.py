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
    """A chunked column as one array, from its buffers: pyarrow's own ways would import pandas (0.4 s) and its compute
    module (30 ms)."""
    import pyarrow as pa

    if kind == "text":
        return np.array(column.to_pylist(), dtype=object)
    if kind == "day":
        least = np.iinfo(np.int32).min
        days = _buffer(_as(column, pa.date32()), least, "i4").astype("i8")
        days[days == least] = np.iinfo(np.int64).min
        return days.view("datetime64[D]")  # the least integer is NaT
    if kind == "integer":
        return _buffer(_as(column, pa.int64()), 0, "i8")
    return _buffer(_as(column, pa.float64()), float("nan"), "f8")


def _as(column: Any, kind: Any) -> Any:
    return column if column.type == kind else column.cast(kind)


def _buffer(column: Any, missing: float, dtype: str) -> NDArray[Any]:
    whole = column.combine_chunks()
    there, data = whole.buffers()
    if not len(whole) or data is None:
        return np.empty(0, dtype=dtype)
    out = np.frombuffer(data, dtype=dtype, count=len(whole), offset=whole.offset * np.dtype(dtype).itemsize).copy()
    if whole.null_count and there is not None:
        bits = np.unpackbits(np.frombuffer(there, dtype=np.uint8), bitorder="little")
        out[bits[whole.offset : whole.offset + len(whole)] == 0] = missing
    return out
