"""Columns: what a table's columns hold, for a first register."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pitprop.define.column import ColumnProfile
from pitprop.digest.embedded import Embedded, open_file
from pitprop.digest.engine import Kind, Schema
from pitprop.digest.rowset import ISO, finite
from pitprop.digest.survey import FINEST, decimals

EXAMPLES = 5
_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.SINGLE)
_TIMES = (Kind.DATE, Kind.TIMESTAMP, Kind.ZONED)


def columns(path: str | Path, table: str | None = None) -> tuple[ColumnProfile, ...]:
    """What each column of a file's table holds, in the table's order.

    Parameters
    ----------
    path : str or Path
        A csv, csv.gz, parquet, xlsx or DuckDB file.
    table : str, optional
        Table of a DuckDB file, or worksheet of a workbook; the only or first one where it is left out.

    Raises
    ------
    SourceError
        If the file is not there, is not of its format, or has no such table.
    """
    file = Path(path)
    engine = open_file(file.name, folder=file.parent, table=table, allow_outside=True)
    try:
        return tuple(_profile(engine, name, kind) for name, kind in engine.columns.items())
    finally:
        engine.close()


def _profile(engine: Embedded, name: str, kind: Kind) -> ColumnProfile:
    """One query for the sums, one for a few values."""
    column = '"' + name.replace('"', '""') + '"'
    written = f"CAST({column} AS VARCHAR)"
    value = f"CAST({written} AS DOUBLE)" if kind is Kind.SINGLE else f"CAST({column} AS DOUBLE)"
    if kind in _NUMBERS:
        value = f"CASE WHEN {finite(value)} THEN {value} END"
        bounds = (f"MIN({value})", f"MAX({value})", f"COALESCE(MAX({decimals(value)}), 0)", "0")
    else:
        dates = f"SUM(CASE WHEN REGEXP_MATCHES(TRIM({written}), '{ISO}') THEN 1 ELSE 0 END)"
        bounds = ("NULL", "NULL", "0", dates if kind is Kind.TEXT else "0")
    low, high, places, dates = bounds
    sql = (
        f"SELECT CAST(COUNT(*) AS BIGINT) AS n, CAST(COUNT({column}) AS BIGINT) AS there, "
        f"CAST(COUNT(DISTINCT {column}) AS BIGINT) AS kinds, CAST({low} AS DOUBLE) AS low, "
        f"CAST({high} AS DOUBLE) AS high, CAST({places} AS BIGINT) AS places, "
        f"CAST(COALESCE({dates}, 0) AS BIGINT) AS dates, "
        f"CAST(MIN({column}) AS VARCHAR) AS first, CAST(MAX({column}) AS VARCHAR) AS last FROM {engine.table}"
    )
    schema: Schema = {
        **dict.fromkeys(("n", "there", "kinds", "places", "dates"), "integer"),
        **dict.fromkeys(("low", "high"), "number"),
        **dict.fromkeys(("first", "last"), "text"),
    }
    found = {key: values[0] for key, values in engine.ask(sql, schema).items()}
    shown = engine.ask(
        f"SELECT DISTINCT v FROM (SELECT {written} AS v FROM {engine.table} WHERE {column} IS NOT NULL) AS s "
        f"ORDER BY v LIMIT {EXAMPLES}",
        {"v": "text"},
    )["v"]
    there = int(found["there"])
    numeric = kind in _NUMBERS
    low_, high_ = (found["low"], found["high"]) if numeric else (found["first"], found["last"])
    empty = there == 0 or (numeric and low_ != low_)
    return ColumnProfile(
        name=name,
        kind=_word(kind, textual_dates=there > 0 and int(found["dates"]) == there),
        rows=int(found["n"]),
        nulls=int(found["n"]) - there,
        distinct=int(found["kinds"]),
        minimum=None if empty else _bound(low_),
        maximum=None if empty else _bound(high_),
        examples=tuple(str(v) for v in shown),
        decimals=int(found["places"]) if numeric and not empty and int(found["places"]) <= FINEST else None,
    )


def _word(kind: Kind, *, textual_dates: bool) -> Literal["integer", "number", "boolean", "time", "text"]:
    if kind is Kind.INTEGER:
        return "integer"
    if kind in _NUMBERS:
        return "number"
    if kind is Kind.BOOLEAN:
        return "boolean"
    return "time" if kind in _TIMES or textual_dates else "text"


def _bound(value: object) -> float | str:
    return float(value) if isinstance(value, float) else str(value)
