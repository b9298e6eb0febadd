"""Survey: a first look at a metric's rows, from which the grid and the pivot of its sums follow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.rows import Rows
from pitprop.digest.rowset import Rowset

REASONS = 8
"""Fields of Rows: what can become of a row."""
FINEST = 6
"""Decimals up to which values are looked for on a decimal grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where numbers lie; `n` of them."""

    n: int
    low: float
    high: float
    decimals: int | None
    """Fewest decimals with which every value is written (to 1e-6 of the last); None: more than six."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What became of the rows, and where their values lie."""

    rows: Rows
    value: Extent
    pivot: float
    """Near the mean, with few bits: sums are taken about it."""
    counts: bool
    """For ratios: whether every row's numerator and denominator are counts, the one a part of the other."""
    denominator: float
    """For ratios: the largest denominator of a row."""
    targets: Mapping[str, Extent] = field(default_factory=dict)
    """The values of each target that is an expression, by what is declared."""
    distances: Mapping[str, Extent] = field(default_factory=dict)
    """Value minus target, where both are there, by what is declared; `decimals` is of no use here."""


def survey(rows: Rowset, engine: Engine) -> Survey:
    """One query about all rows of a metric."""
    sql, schema = query(rows)
    return read(rows, engine.ask(sql, schema))


def query(rows: Rowset) -> tuple[str, Schema]:
    """The survey's query and the columns of its result."""
    columns: dict[str, tuple[str, str]] = {"total": ("CAST(COUNT(*) AS BIGINT)", "integer")}
    possible = rows.reasons()
    for i in range(REASONS):
        counted = f"COUNT(CASE WHEN s = {i} THEN 1 END)" if i in possible else "0"
        columns[f"s{i}"] = (f"CAST({counted} AS BIGINT)", "integer")
    values = {"v": rows.v}
    columns |= _extent("v")
    columns["mean"] = ("CAST(AVG(v) AS DOUBLE)", "number")
    columns["sd"] = ("CAST(STDDEV_SAMP(v) AS DOUBLE)", "number")
    if rows.w is not None:
        counts = "x >= 0 AND w >= x AND x = FLOOR(x) AND w = FLOOR(w)"
        values |= {"uncounted": f"CASE WHEN {counts} THEN 0 ELSE 1 END", "denominator": "w"}
        columns["uncounted"] = ("CAST(COALESCE(SUM(uncounted), 0) AS BIGINT)", "integer")
        columns["denominator"] = ("CAST(MAX(denominator) AS DOUBLE)", "number")
    for name in rows.targets.values():
        values |= {name: name, f"{name}d": f"{rows.v} - {name}"}
        columns |= _extent(name) | _extent(f"{name}d", places=False)
    listed = ", ".join(f"{sql} AS {name}" for name, (sql, _) in columns.items())
    kept = ", ".join(f"CASE WHEN s = 0 THEN {sql} END AS {name}" for name, sql in values.items())
    within = f"(SELECT s, {kept} FROM {rows.marked()}) AS v"
    return f"SELECT {listed} FROM {within}", {name: kind for name, (_, kind) in columns.items()}


def read(rows: Rowset, found: Answer) -> Survey:
    """The survey in the query's result (one row)."""
    value = _read_extent("v", found)
    counted = rows.metric.agg in ("count", "count_distinct", "share") or rows.w is not None
    return Survey(
        rows=Rows(
            kept=int(found["s0"][0]),
            filtered=int(found["s1"][0]),
            null=int(found["s2"][0]),
            not_finite=int(found["s3"][0]),
            no_entity=int(found["s4"][0]),
            no_time=int(found["s5"][0]),
            excluded=int(found["s6"][0]),
            superseded=int(found["s7"][0]),
        ),
        value=value,
        pivot=0.0 if counted else pivot(value, float(found["mean"][0]), float(found["sd"][0])),
        counts=rows.w is not None and int(found["s0"][0]) > 0 and int(found["uncounted"][0]) == 0,
        denominator=float(found["denominator"][0]) if rows.w is not None else math.nan,
        targets={sql: _read_extent(name, found) for sql, name in rows.targets.items()},
        distances={sql: _read_extent(f"{name}d", found) for sql, name in rows.targets.items()},
    )


def pivot(value: Extent, mean: float, sd: float) -> float:
    """A number with few bits near the mean: the same however the engine's sums are rounded.

    The mean is cut to a power of two below the standard deviation, at a place where no short decimal lies.
    """
    if value.n == 0 or not math.isfinite(mean):
        return 0.0
    if value.low == value.high or not sd > 0:
        return value.low
    unit = 2.0 ** math.floor(math.log2(sd * 1.0637))
    return math.floor(mean / unit + 0.4682) * unit


def decimals(v: str) -> str:
    """Number of decimals of a value, FINEST + 1 where it has more; NULL for NULL."""
    cases = [f"WHEN {v} IS NULL THEN NULL", f"WHEN ABS({v}) >= 4503599627370496 THEN 0"]  # 2^52: no room for fractions
    for d in range(FINEST + 1):
        scaled = v if d == 0 else f"({v}) * 1e{d}"
        near = f"ABS({scaled} - FLOOR({scaled} + 0.5)) <= 1e-6 + 1e-15 * ABS({scaled})"
        cases.append(f"WHEN {near} THEN {d}" if d == 0 else f"WHEN ABS({v}) < 1e{12 - d} AND {near} THEN {d}")
    return f"CASE {' '.join(cases)} ELSE {FINEST + 1} END"


def _extent(name: str, *, places: bool = True) -> dict[str, tuple[str, str]]:
    columns = {
        f"{name}n": (f"CAST(COUNT({name}) AS BIGINT)", "integer"),
        f"{name}low": (f"CAST(MIN({name}) AS DOUBLE)", "number"),
        f"{name}high": (f"CAST(MAX({name}) AS DOUBLE)", "number"),
    }
    if places:
        columns[f"{name}dec"] = (f"CAST(COALESCE(MAX({decimals(name)}), 0) AS BIGINT)", "integer")
    return columns


def _read_extent(name: str, found: Answer) -> Extent:
    places = int(found[f"{name}dec"][0]) if f"{name}dec" in found else FINEST + 1
    return Extent(
        n=int(found[f"{name}n"][0]),
        low=float(found[f"{name}low"][0]),
        high=float(found[f"{name}high"][0]),
        decimals=None if places > FINEST else places,
    )
