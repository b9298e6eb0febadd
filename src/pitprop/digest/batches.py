"""Batches: rows of a table as Arrow columns, a few hundred thousand at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 18
"""Rows that are decoded and summed at once."""
NEVER = np.iinfo(np.int32).min
"""A day that is none."""

Batch = Any
"""A pyarrow.RecordBatch."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers, and where it has none."""

    values: NDArray[np.float64]
    bitmap: NDArray[np.uint8]
    """Arrow's validity bits; empty where all values are there."""
    offset: int
    """Of the first bit."""


NONE = Numbers(np.empty(0), np.empty(0, np.uint8), 0)


def of_parquet(file: Path, columns: Sequence[str], texts: Sequence[str], readers: int) -> list[Iterator[Batch]]:
    """The columns of a parquet file, for so many threads; row groups go to whoever is free.

    Parameters
    ----------
    texts : sequence of str
        Columns of text, which are read as dictionaries.
    """
    import pyarrow.parquet as pq

    whole = pq.read_metadata(file)
    groups = iter(range(whole.num_row_groups))
    lock = threading.Lock()

    def read() -> Iterator[Batch]:
        with pq.ParquetFile(file, metadata=whole, read_dictionary=list(texts), memory_map=False) as parquet:
            while True:
                with lock:
                    group = next(groups, None)
                if group is None:
                    return
                yield from parquet.iter_batches(PIECE, row_groups=[group], columns=list(columns), use_threads=False)

    return [read() for _ in range(readers)]


def of_stream(stream: Any, readers: int) -> list[Iterator[Batch]]:
    """The batches of one pyarrow.RecordBatchReader, for so many threads."""
    lock = threading.Lock()

    def read() -> Iterator[Batch]:
        while True:
            with lock:
                try:
                    batch = stream.read_next_batch()
                except StopIteration:
                    return
            yield batch

    return [read() for _ in range(readers)]


def ranges(file: Path, column: str) -> tuple[int, int] | None:
    """Lowest and highest of a column of whole numbers or days, from a parquet file's statistics; None: not told."""
    import pyarrow.parquet as pq

    whole = pq.read_metadata(file)
    names = [whole.schema.column(i).path for i in range(whole.num_columns)]
    place = names.index(column)
    low: list[int] = []
    high: list[int] = []
    for group in range(whole.num_row_groups):
        told = whole.row_group(group).column(place).statistics
        if told is None or not told.has_min_max:
            if told is not None and told.null_count == whole.row_group(group).num_rows:
                continue
            return None
        low.append(_whole(told.min))
        high.append(_whole(told.max))
    return (min(low), max(high)) if low else None


def _whole(value: Any) -> int:
    return int(np.datetime64(value, "D").astype(np.int64)) if hasattr(value, "year") else int(value)


def numbers(array: Any) -> Numbers:
    """A column of floats, whole numbers or truth values as numbers."""
    import pyarrow as pa

    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    bitmap = array.buffers()[0] if array.null_count else None
    bits = np.empty(0, np.uint8) if bitmap is None else np.frombuffer(bitmap, np.uint8)
    return Numbers(_values(array).astype(np.float64, copy=False), bits, array.offset)


def present(array: Any) -> Numbers:
    """1 where a column of any type has a value."""
    bitmap = array.buffers()[0] if array.null_count else None
    if bitmap is None and array.null_count:  # a column of type null
        bitmap = np.zeros(len(array) // 8 + 1, np.uint8)
    bits = np.empty(0, np.uint8) if bitmap is None else np.frombuffer(bitmap, np.uint8)
    return Numbers(np.ones(len(array)), bits, array.offset)


def days(array: Any) -> NDArray[np.int32]:
    """A column of dates or times as days since 1970, NEVER where it has none."""
    import pyarrow as pa

    if pa.types.is_timestamp(array.type):
        per_day = {"s": 86400, "ms": 86400 * 10**3, "us": 86400 * 10**6, "ns": 86400 * 10**9}[array.type.unit]
        found: NDArray[np.int32] = np.clip(_values(array, np.int64) // per_day, NEVER + 1, -(NEVER + 1)).astype(
            np.int32
        )
    else:
        found = _values(array, np.int32)
    there = _there(array) if array.null_count else True
    return found if there is True else np.asarray(np.where(there, found, NEVER), dtype=np.int32)


def flags(array: Any) -> NDArray[np.uint8]:
    """A column of truth values as 0 and 1."""
    return _bits(array.buffers()[1], array.offset, len(array))


def whole(array: Any) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """A column of whole numbers, and where it has a value (None: everywhere)."""
    return _values(array), _there(array) if array.null_count else None


def _values(array: Any, dtype: Any = None) -> NDArray[Any]:
    kind = np.dtype(dtype or array.type.to_pandas_dtype())
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind, len(array), array.offset * kind.itemsize)


def _there(array: Any) -> NDArray[np.bool_]:
    bitmap = array.buffers()[0]
    if bitmap is None:
        return np.full(len(array), not array.null_count)
    return _bits(bitmap, array.offset, len(array)).astype(np.bool_)


def _bits(buffer: Any, offset: int, n: int) -> NDArray[np.uint8]:
    """The bits from an offset on, as 0 and 1."""
    first, last = offset // 8, (offset + n + 7) // 8
    bits = np.frombuffer(buffer, np.uint8)[first:last]
    return np.unpackbits(bits, bitorder="little")[offset % 8 : offset % 8 + n]
