"""Rows: what ten thousand units did on 730 days, as parquet, in order of day or shuffled."""

from __future__ import annotations

from pathlib import Path

GROUP = 1_000_000
"""Rows of a row group."""
UNITS = 10_000
DAYS = 730


def write(file: Path, rows: int, *, shuffled: bool) -> None:
    """A metric to the hundredth with a pile at its target of 100, an outcome that comes loose from it in 2025,
    incidents, a second number to the tenth, and a group."""
    import duckdb

    part = file.with_suffix(".part")
    day = f"(hash(i * 7 + 3) % {DAYS})::INT" if shuffled else f"((i * {DAYS}) // {rows})::INT"
    normal = "sqrt(-2 * ln(u1 + 1e-300))"
    with duckdb.connect() as connection:
        connection.execute(
            "SET preserve_insertion_order = false; SET memory_limit = '8GB'; SET enable_progress_bar = false"
        )
        connection.execute(
            f"""COPY (
            WITH a AS (SELECT (hash(i) % {UNITS})::INT AS unit, DATE '2024-01-01' + {day} AS day,
                              random() AS u1, random() AS u2, random() AS u3, random() AS u4 FROM range({rows}) t(i)),
                 b AS (SELECT unit, day, u3, u4, {normal} * sin(2 * pi() * u2) AS z,
                              95 + 12 * {normal} * cos(2 * pi() * u2) + (unit % 97) / 10.0 AS m FROM a)
            SELECT unit, day,
                   round(CASE WHEN m BETWEEN 96 AND 100 AND u3 < 0.3 THEN 100 + u4 ELSE m END, 2)::DOUBLE AS metric,
                   (0.5 * m + 10 * z - CASE WHEN day >= DATE '2025-01-01' THEN 3 ELSE 0 END)::DOUBLE AS outcome,
                   (CASE WHEN u4 < 0.02 THEN 1 ELSE 0 END)::INT AS guardrail,
                   round(m / 3 + z, 1)::DOUBLE AS second,
                   ['north', 'south', 'east', 'west', 'pit5', 'pit6', 'pit7', 'pit8'][1 + unit % 8] AS grp
            FROM b) TO '{part}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP})"""
        )
    part.rename(file)


def small(file: Path) -> None:
    """A hundred thousand rows in a csv file."""
    import duckdb

    parquet = file.with_suffix(".parquet")
    write(parquet, 100_000, shuffled=False)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM '{parquet}') TO '{file}' (HEADER)")


def register(file: str, *, filtered: bool = False) -> str:
    """A register over such a file; with a filter that holds for every row, its columns are no longer read plainly."""
    shared = "type: simple, source: rows, entity: unit, agg_time_dimension: day, time_granularity: month"
    shared += ", filter: guardrail >= 0" if filtered else ""
    target = "targets: [{op: gte, value: 100, on: row, since: 2025-01-01, stakes: bonus}]"
    more = "outcome: {metric: result}, guardrails: [{metric: incidents, margin: 5%}]"
    return f"""version: 1
sources: {{rows: {{path: {file}}}}}
metrics:
  - {{name: output, {shared}, agg: average, expr: metric, improvement_direction: increase, {target}, {more}}}
  - {{name: result, {shared}, agg: average, expr: outcome, improvement_direction: increase}}
  - {{name: incidents, {shared}, agg: average, expr: guardrail, improvement_direction: decrease}}
"""


FURTHER = """  - {name: second, type: simple, source: rows, entity: unit, agg_time_dimension: day,
     time_granularity: month, agg: average, expr: second, improvement_direction: increase, outcome: {metric: result},
     targets: [{op: gte, value: 33, on: row, since: 2025-01-01, stakes: bonus}],
     guardrails: [{metric: incidents, margin: 5%}]}
"""
"""One more metric over the same table."""
FIFTH = """  - {name: all_rows, type: simple, source: rows, entity: unit, agg_time_dimension: day,
     time_granularity: month, agg: count, improvement_direction: increase}
"""
