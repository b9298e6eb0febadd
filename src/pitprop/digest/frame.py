"""Frames: a pandas, polars or pyarrow table in memory as Arrow columns."""

from __future__ import annotations

from typing import Any

from pitprop.digest.problem import SourceError


def frame(table: object, *, source: str) -> Any:
    """The frame as a pyarrow table that the embedded engine can read.

    Raises
    ------
    SourceError
        If it is no frame, names two columns alike, or a column holds values of several types.
    """
    import pyarrow as pa

    try:
        arrow = _arrow(table)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError, TypeError) as error:
        raise SourceError(
            f"source `{source}`: the frame cannot be turned into columns of one type each "
            f"({str(error).splitlines()[0][:160]}); convert the column to numbers, dates or text first",
            source=source,
        ) from error
    names = [str(n) for n in arrow.column_names]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise SourceError(f"source `{source}`: the frame has two columns named `{twice}`; rename one", source=source)
    columns = {n: _readable(arrow.column(i)) for i, n in enumerate(names)}
    return pa.table(columns)


def _arrow(table: object) -> Any:
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    module = type(table).__module__.partition(".")[0]
    if module == "pandas" and hasattr(table, "columns"):
        return pa.Table.from_pandas(table)
    if module == "polars" and hasattr(table, "collect"):
        return table.collect().to_arrow()
    if hasattr(table, "to_arrow"):
        return table.to_arrow()
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    raise TypeError(f"a {type(table).__name__} is no pandas, polars or pyarrow table")


def _readable(column: Any) -> Any:
    """Types that the engine lacks, as ones that it has."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_null(kind):
        return column.cast(pa.float64())
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    return column
