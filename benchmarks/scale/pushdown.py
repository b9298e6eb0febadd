"""An audit that is pushed down, compared with one plain scan of the same columns by the same engine.

    python -m benchmarks.scale.pushdown --spark 'spark://local[2]' --rows 1e7
    PITPROP_BENCH_URL=postgres://user:password@host/database python -m benchmarks.scale.pushdown --rows 1e6

Prints one line for each engine: the scan, all queries of the audit, their ratio (each the median of the repeats),
how many queries there were, and the dearest of them. The table is made by the script and stays where it was put.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel, Profile

SCAN = "SELECT COUNT(*), SUM(unit), MAX(day), SUM(output), SUM(delivered), SUM(injuries), MAX(seam) FROM {}"
SHARED = {
    "type": "simple",
    "source": "rows",
    "agg": "average",
    "entity": "unit",
    "agg_time_dimension": "day",
    "time_granularity": "month",
}
METRICS: list[dict[str, Any]] = [
    {
        "name": "output",
        "expr": "output",
        "improvement_direction": "increase",
        "targets": [{"op": "gte", "value": 100, "on": "row", "since": "2023-01-01"}],
        "outcome": {"metric": "delivered", "lag": 1},
        "guardrails": [{"metric": "injuries", "margin": "5%"}],
    },
    {"name": "delivered", "expr": "delivered", "improvement_direction": "increase"},
    {"name": "injuries", "expr": "injuries", "improvement_direction": "decrease"},
]


def table(rows: int) -> pa.Table:
    """Two years of 10,000 units: a number to the hundredth with a pile at 100, its outcome, its guardrail."""
    rng = np.random.default_rng(1)
    output = np.round(rng.normal(98, 9, rows), 2)
    moved = (output > 99) & (output < 100) & (rng.random(rows) < 0.3)
    day = np.datetime64("2022-01-01") + np.sort(rng.integers(0, 730, rows)).astype("timedelta64[D]")
    return pa.table(
        {
            "unit": rng.integers(0, 10_000, rows).astype(np.int32),
            "day": pa.array(day.astype("datetime64[D]"), pa.date32()),
            "output": np.where(moved, 100.0, output),
            "delivered": output * 0.9 + rng.standard_normal(rows),
            "injuries": rng.poisson(0.2, rows).astype(np.int32),
            "seam": pa.array(np.array(["north", "south", "deep"], dtype=object)[rng.integers(0, 3, rows)]),
        }
    )


def grains(source: digest.Source, register: Register) -> None:
    """What the battery asks of the first metric."""
    metric = register.metrics[0]
    source.digest(metric, Panel)
    source.digest(metric, Profile)
    for target in (None, *metric.targets):
        source.digest(metric, Distribution, target)


def measure(url: str, name: str, repeats: int, scan: Callable[[], object]) -> dict[str, Any]:
    """Seconds of the scan and of all queries; interleaved, so that a busy machine slows both."""
    register = Register.model_validate(
        {
            "version": 1,
            "sources": {"rows": {"connection": "bench", "table": name}},
            "metrics": [{**SHARED, **m} for m in METRICS],
        }
    )
    scans, audits, each = [], [], {}
    scan()
    for _ in range(repeats):
        scans.append(_timed(scan))
        spent: dict[str, float] = {}
        with _watched(spent), digest.open(register, folder=Path(), environ={"PITPROP_BENCH_URL": url}) as source:
            grains(source, register)
        audits.append(sum(spent.values()))
        for sql, seconds in spent.items():
            each.setdefault(sql, []).append(seconds)
    dearest = sorted(((statistics.median(s), sql) for sql, s in each.items()), reverse=True)
    return {
        "scan": statistics.median(scans),
        "audit": statistics.median(audits),
        "ratio": statistics.median(a / s for a, s in zip(audits, scans, strict=True)),
        "queries": dearest,
    }


class _watched:  # noqa: N801
    """Times every query that is put to a server."""

    def __init__(self, spent: dict[str, float]) -> None:
        self._spent = spent

    def __enter__(self) -> None:
        from pitprop.digest.postgres import PostgresTable
        from pitprop.digest.spark import SparkTable

        self._before = [(kind, kind.ask) for kind in (PostgresTable, SparkTable)]
        for kind, ask in self._before:

            def watched(engine: Any, sql: str, schema: Mapping[str, str], ask: Any = ask) -> Any:
                start = time.perf_counter()
                found = ask(engine, sql, schema)
                self._spent[sql] = time.perf_counter() - start
                return found

            kind.ask = watched  # type: ignore[method-assign]

    def __exit__(self, *error: object) -> None:
        for kind, ask in self._before:
            kind.ask = ask  # type: ignore[method-assign]


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def on_postgres(url: str, rows: int, repeats: int) -> dict[str, Any]:
    import psycopg
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(table(rows), sink, csv.WriteOptions(include_header=False))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS pitprop_bench")
        connection.execute(
            "CREATE TABLE pitprop_bench (unit int, day date, output float8, delivered float8, injuries int, seam text)"
        )
        with connection.cursor().copy("COPY pitprop_bench FROM STDIN (FORMAT csv)") as copy:
            copy.write(sink.getvalue().to_pybytes())
        connection.execute("VACUUM ANALYZE pitprop_bench")
        return measure(
            url, "pitprop_bench", repeats, lambda: connection.execute(SCAN.format("pitprop_bench")).fetchall()
        )


def on_spark(url: str, rows: int, repeats: int) -> dict[str, Any]:
    from pitprop.digest import spark

    start = time.perf_counter()
    backend = spark.connect(url, start="benchmark", variable="PITPROP_BENCH_URL", source="rows")
    print(f"Spark started in {time.perf_counter() - start:.1f} s")
    session = backend.session
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(table(rows), Path(folder) / "rows.parquet", compression="zstd", row_group_size=1_000_000)
        session.read.parquet(folder).createOrReplaceTempView("pitprop_bench")
        found = measure(
            "spark://", "pitprop_bench", repeats, lambda: session.sql(SCAN.format("pitprop_bench")).collect()
        )
    backend.disconnect()
    return found


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--rows", type=float, default=1e6)
    parse.add_argument("--repeats", type=int, default=5)
    parse.add_argument("--spark", help="URL of a Spark connection")
    asked = parse.parse_args()
    rows = int(asked.rows)
    found = {}
    if asked.spark:
        found["Spark"] = on_spark(asked.spark, rows, asked.repeats)
    if url := os.environ.get("PITPROP_BENCH_URL"):
        found["PostgreSQL"] = on_postgres(url, rows, asked.repeats)
    print(f"| engine | rows | scan s | queries of the audit s | ratio | queries |\n|{'---|' * 6}")
    for name, m in found.items():
        print(f"| {name} | {rows:.0e} | {m['scan']:.2f} | {m['audit']:.2f} | {m['ratio']:.1f} | {len(m['queries'])} |")
    for name, m in found.items():
        print(f"\n{name}, in scans:")
        for seconds, sql in m["queries"]:
            print(f"  {seconds / m['scan']:5.2f}  {sql[:110]}")


if __name__ == "__main__":
    main()
