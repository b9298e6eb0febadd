"""Cells: sums of a metric by entity and period, from one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pitprop.define.metric import Metric, Target
from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.panel import Floats, Measure, Panel
from pitprop.digest.rowset import Rowset, number
from pitprop.digest.survey import Survey

GIVEN = {
    "min": "MIN(x)",
    "max": "MAX(x)",
    "median": "QUANTILE_CONT(x, 0.5)",
    "count_distinct": "COUNT(DISTINCT c)",
}
"""Aggregations that do not add: the engine's own answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A panel without its companions, and the targets that are expressions."""

    panel: Panel
    targets: Mapping[str, Floats]
    """Mean over the cell's rows that have one, by what is declared; NaN where none has."""

    def target(self, target: Target) -> Floats:
        """The target's value in each cell; NaN where the cell is exempt from it."""
        if target.fixed is not None:
            return np.full(len(self.panel.entity), target.fixed)
        return self.targets[str(target.value)]


def cells(rows: Rowset, survey: Survey, engine: Engine) -> Cells:
    """One query, grouped by entity and period."""
    sql, schema = query(rows, survey)
    return read(rows, survey, engine.ask(sql, schema))


def query(rows: Rowset, survey: Survey) -> tuple[str, Schema]:
    """The query and the columns of its result."""
    keys = {}
    if rows.e is not None:
        keys["e"] = ("e", "text")
    if rows.d is not None:
        keys["p"] = (_period(rows.metric.time_granularity), "day")
    pivot = survey.pivot
    x = rows.score if pivot == 0 else f"({rows.score} - {number(pivot)})"
    columns = {
        "n": (f"CAST(COUNT({rows.score}) AS BIGINT)", "integer"),
        "x": (_sum(x), "number"),
        "xx": (_sum(f"{x} * {x}"), "number"),
    }
    if rows.w is not None:
        columns |= {
            "w": (_sum("w"), "number"),
            "ww": (_sum("w * w"), "number"),
            "xw": (_sum("x * w"), "number"),
        }
    if rows.metric.agg in GIVEN:
        columns["given"] = (f"CAST({GIVEN[rows.metric.agg]} AS DOUBLE)", "number")
    for name in rows.targets.values():
        columns[name] = (f"CAST(AVG({name}) AS DOUBLE)", "number")
    schema = {name: kind for name, (_, kind) in {**keys, **columns}.items()}
    listed = ", ".join(f"{sql} AS {name}" for name, (sql, _) in columns.items())
    if not keys:
        return f"SELECT {listed} FROM {rows.kept()} HAVING COUNT(*) > 0", schema
    grouped = ", ".join(f"{sql} AS k{name}" for name, (sql, _) in keys.items())
    named = ", ".join(f"{rows.label if name == 'e' else 'kp'} AS {name}" for name in keys)
    by = ", ".join(f"k{name}" for name in keys)
    return (
        f"SELECT {named}, {listed} FROM (SELECT kept.*, {grouped} FROM {rows.kept()}) AS g GROUP BY {by}",
        schema,
    )


def read(rows: Rowset, survey: Survey, found: Answer) -> Cells:
    """The cells in the query's result, in order of entity and period."""
    metric = rows.metric
    n = len(found["n"])
    labels = found["e"] if "e" in found else np.full(n, "", dtype=object)
    starts = found["p"] if "p" in found else np.full(n, np.datetime64("NaT", "D"))
    entities, entity = np.unique(labels, return_inverse=True)
    periods, period = np.unique(starts, return_inverse=True)
    order = np.lexsort((period, entity))
    if metric.entity is None:
        entities = np.array([""], dtype=object)
    if metric.agg_time_dimension is None:
        periods = np.array(["NaT"], dtype="datetime64[D]")

    def taken(name: str) -> Floats:
        return np.asarray(found[name][order], dtype=np.float64)

    count = found["n"][order]
    x, xx = np.nan_to_num(taken("x")), np.nan_to_num(taken("xx"))
    plain = rows.w is None
    measure = Measure(
        agg=metric.agg or "ratio",
        pivot=survey.pivot,
        n=count,
        x=x,
        xx=xx,
        w=count.astype(np.float64) if plain else taken("w"),
        ww=count.astype(np.float64) if plain else taken("ww"),
        xw=x.copy() if plain else taken("xw"),
        given=taken("given") if "given" in found else None,
    )
    targets = {sql: taken(name) for sql, name in rows.targets.items()}
    judged = judged_target(metric)
    level = np.full(n, np.nan)
    exempt = np.zeros(n, dtype=np.bool_)
    if judged is not None:
        level = np.full(n, judged.fixed) if judged.fixed is not None else targets[str(judged.value)]
        exempt = np.isnan(level)
        if metric.agg == "share" and judged.on == "row":  # the row's unit is not the share's
            level = np.full(n, np.nan)
    panel = Panel(
        entities=tuple(str(e) for e in entities),
        periods=periods.astype("datetime64[D]"),
        granularity=metric.time_granularity,
        entity=entity.astype(np.int64)[order],
        period=period.astype(np.int64)[order],
        metric=measure,
        exempt=exempt,
        target=level,
        rows=survey.rows,
    )
    return Cells(panel=panel, targets=targets)


def judged_target(metric: Metric) -> Target | None:
    """The target whose values a panel shows: the first that judges cells, else the first."""
    cell = (t for t in metric.targets if t.on == "entity_period")
    return next(cell, metric.targets[0] if metric.targets else None)


def _sum(x: str) -> str:
    return f"CAST(SUM({x}) AS DOUBLE)"


def _period(granularity: str) -> str:
    if granularity == "day":
        return "d"
    return f"CAST(DATE_TRUNC('{granularity}', CAST(d AS TIMESTAMP)) AS DATE)"
