"""Work: one case in a process of its own; prints the seconds of wall and of CPU that it took, without the start.

python -m benchmarks.scale.work scan rows.parquet
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

COLUMNS = "COUNT(*), SUM(unit), MAX(day), SUM(metric), SUM(outcome), SUM(guardrail)"
REPEATS = {"scan": 3, "scan_grp": 3, "scan_second": 3}
"""How often a case runs in its process; the last counts. The others run once."""


def scan(file: str) -> Callable[[], object]:
    """The columns that an audit of one metric with outcome and guardrail reads, and nothing but read."""
    return _duckdb(f"SELECT {COLUMNS} FROM '{file}'")


def scan_grp(file: str) -> Callable[[], object]:
    """With a column of text beside them."""
    return _duckdb(f"SELECT {COLUMNS}, MAX(grp) FROM '{file}'")


def scan_second(file: str) -> Callable[[], object]:
    """With the column of a further metric."""
    return _duckdb(f"SELECT {COLUMNS}, SUM(second) FROM '{file}'")


def polars(file: str) -> Callable[[], object]:
    """The same summaries: by unit and month, by day, and the values before and after the target."""
    import polars as pl

    rows = pl.scan_parquet(file)
    month = pl.col("day").dt.truncate("1mo").alias("month")
    numbers = [pl.col(c) for c in ("metric", "outcome", "guardrail")]
    sums = [pl.len(), *(c.sum().alias(c.meta.output_name()) for c in numbers)]
    sums += [(c * c).sum().alias(c.meta.output_name() + "2") for c in numbers]
    step = (pl.col("metric") * 100 + 0.5).floor().cast(pl.Int64).alias("k")
    after = (pl.col("day") >= pl.date(2025, 1, 1)).alias("after")
    queries = [
        rows.group_by("unit", month).agg(sums),
        rows.group_by("day").agg(sums),
        rows.group_by(step, after).agg(pl.len()),
    ]
    return lambda: pl.collect_all(queries, engine="streaming")


def pandas(file: str) -> Callable[[], object]:
    """The same, in memory."""
    import numpy as np
    import pandas as pd

    def run() -> object:
        rows = pd.read_parquet(file, columns=["unit", "day", "metric", "outcome", "guardrail"])
        day = pd.to_datetime(rows["day"])
        rows["month"] = day.dt.year * 12 + day.dt.month
        rows["k"] = np.floor(rows["metric"] * 100 + 0.5).astype(np.int64)
        rows["after"] = day >= "2025-01-01"
        for name in ("metric", "outcome", "guardrail"):
            rows[name + "2"] = rows[name] * rows[name]
        columns = ["metric", "outcome", "guardrail", "metric2", "outcome2", "guardrail2"]
        return (
            rows.groupby(["unit", "month"])[columns].agg(["sum", "size"]),
            rows.groupby("day")[columns].sum(),
            rows.groupby(["k", "after"]).size(),
        )

    return run


def rddensity(file: str) -> Callable[[], object]:
    """One density test at the target, on the rows themselves; reading them is not counted."""
    import pyarrow.parquet as pq
    from rddensity import rddensity as test

    values = pq.read_table(file, columns=["metric"])["metric"].to_numpy()
    return lambda: test(values, c=100.0)


def _duckdb(sql: str) -> Callable[[], object]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
    return lambda: connection.execute(sql).fetchall()


def main() -> None:
    case, file = sys.argv[1:]
    run = globals()[case](file)
    for _ in range(REPEATS.get(case, 1)):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu}))


if __name__ == "__main__":
    main()
