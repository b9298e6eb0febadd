"""Columnar: which columns of Arrow batches a metric rests on, and how to get such batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pitprop.digest.engine import Kind
from pitprop.digest.rowset import Rowset, finite

_COLUMN = r'\("(?P<column>(?:[^"]|"")+)"\)'
_NUMBER = re.compile(rf"CAST\({_COLUMN} AS DOUBLE\)")
_PRESENT = re.compile(rf"CAST\(CASE WHEN {_COLUMN} IS NOT NULL THEN 1 END AS DOUBLE\)")
_BARE = re.compile(_COLUMN)
_DATED = re.compile(rf"CAST\({_COLUMN} AS DATE\)")
_WITHIN = re.compile(r"CASE WHEN (?P<day>.+) >= CAST\('0001-01-01' .* THEN (?P=day) END")
_TARGET = re.compile(r"CASE WHEN .* THEN (?P<value>CAST\(.*\)) END")
EACH = "CAST(1 AS DOUBLE)"
"""What a count of rows sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of a batch, as in Rowset; None where the metric has none."""

    x: str | None
    present: str | None = None
    """Instead of x: the column whose values are counted. Neither: every row counts 1."""
    w: str | None = None
    t: str | None = None
    f: str | None = None
    e: str | None = None
    d: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        found = (self.x, self.present, self.w, self.t, self.f, self.e, self.d)
        return tuple(dict.fromkeys(name for name in found if name is not None))


def plain(rows: Rowset, file: Path) -> Columns | None:
    """The columns of a parquet file on which a metric rests without any arithmetic; None if there is some."""
    if rows.filter is not None or rows.w is not None:
        return None
    numbers = {"x": _named(_NUMBER, rows.x), "present": _named(_PRESENT, rows.x)}
    if rows.x != EACH and not any(numbers.values()):
        return None
    found: dict[str, str | None] = dict(numbers)
    if rows.target_sql:
        inner = _TARGET.fullmatch(rows.target_sql[0])
        value = inner["value"] if inner else ""
        found["t"] = _named(_NUMBER, value)
        if found["t"] is None or rows.target_sql[0] != f"CASE WHEN {finite(value)} THEN {value} END":
            return None
    if rows.e is not None:
        found["e"] = _named(_BARE, rows.e)
    if rows.d is not None:
        within = _WITHIN.fullmatch(rows.d)
        day = within["day"] if within else ""
        found["d"] = _named(_BARE, day) or _named(_DATED, day)
    wanted = [rows.e is not None and found["e"] is None, rows.d is not None and found["d"] is None]
    if any(wanted) or not _readable(file, found):
        return None
    return Columns(x=found.pop("x"), **found)


def _named(pattern: re.Pattern[str], sql: str) -> str | None:
    match = pattern.fullmatch(sql)
    return match["column"].replace('""', '"') if match else None


def _readable(file: Path, found: dict[str, str | None]) -> bool:
    """Whether the columns' types in the file mean to Arrow what they mean to DuckDB."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(file)
    kinds = pa.types

    def text(t: Any) -> bool:
        return bool(kinds.is_string(t) or kinds.is_large_string(t))

    allowed: dict[str, Callable[[Any], bool]] = {
        "x": lambda t: kinds.is_float64(t) or kinds.is_integer(t),
        "t": lambda t: kinds.is_float64(t) or kinds.is_integer(t),
        "present": lambda t: not kinds.is_nested(t),
        "e": lambda t: kinds.is_integer(t) or text(t),
        "d": lambda t: kinds.is_date32(t) or (kinds.is_timestamp(t) and t.tz is None),
    }
    return all(
        name is None or (name in schema.names and allowed[role](schema.field(name).type))
        for role, name in found.items()
    )


def texts(file: Path, jobs: Sequence[Columns]) -> list[str]:
    """The columns that are entities and text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(file)
    names = dict.fromkeys(c.e for c in jobs if c.e is not None)
    return [
        n for n in names if pa.types.is_string(schema.field(n).type) or pa.types.is_large_string(schema.field(n).type)
    ]


def shared_filter(jobs: Sequence[Rowset]) -> str | None:
    """The filter of all metrics, where they have the same one."""
    filters = {rows.filter for rows in jobs}
    return filters.pop() if len(filters) == 1 else None


def streamed(
    jobs: Sequence[Rowset], kinds: Sequence[Kind | None], *, where: str | None = None
) -> tuple[str, list[Columns]]:
    """The query that gives the columns of several metrics of one table, and where each metric finds its own.

    Parameters
    ----------
    kinds : sequence of Kind or None
        Of each metric's entity.
    where : str, optional
        The filter of all of them, which is then left to the engine: rows that do not pass it are not in the batches.
    """
    inner: dict[str, str] = {}
    outer: dict[str, str] = {}
    found = []
    for rows, kind in zip(jobs, kinds, strict=True):
        guarded = rows.filter is not None and where is None
        guard = f"CASE WHEN {rows.filter} THEN {{}} END" if guarded else "{}"

        def name(sql: str | None, guard: str = guard, label: str = "") -> str | None:
            if sql is None:
                return None
            sql = guard.format(sql)
            alias = inner.setdefault(sql, f"c{len(inner)}")
            shown = re.sub(r"\bke\b", alias, label) if label else alias
            return outer.setdefault(shown, f"o{len(outer)}")

        flag = f"CASE WHEN {rows.filter} THEN TRUE ELSE FALSE END" if guarded else None
        found.append(
            Columns(
                x=name(rows.x),
                w=name(rows.w),
                t=name(rows.target_sql[0] if rows.target_sql else None),
                f=name(flag, "{}"),
                e=name(rows.e, label="" if kind is Kind.INTEGER else rows.label),
                d=name(rows.d),
            )
        )
    listed = ", ".join(f"{sql} AS {alias}" for sql, alias in inner.items())
    shown = ", ".join(f"{sql} AS {alias}" for sql, alias in outer.items())
    kept = f" WHERE {where}" if where else ""
    return f"SELECT {shown} FROM (SELECT {listed} FROM {jobs[0].table}{kept}) AS s", found
