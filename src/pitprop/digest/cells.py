"""Cells: sums of a metric by entity and period, from one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric, Target
from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.panel import Floats, Ints, Measure, Panel
from pitprop.digest.rowset import Rowset, number, period
from pitprop.digest.survey import Survey
from pitprop.stats.numbered import numbered as counted

GIVEN = {
    "min": "MIN(x)",
    "max": "MAX(x)",
    "median": "QUANTILE_CONT(x, 0.5)",
    "count_distinct": "COUNT(DISTINCT c)",
}
"""Aggregations that do not add: the engine's own answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Something that rows are grouped by."""

    grouped: str
    """Over the columns of a row."""
    shown: str
    """Over the groups' keys, which have a k before their name."""
    kind: str
    """As in a schema."""


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


def query(
    rows: Rowset, survey: Survey, *, within: str | None = None, also: Mapping[str, Key] | None = None
) -> tuple[str, Schema]:
    """The query and the columns of its result.

    Parameters
    ----------
    within : str, optional
        Subquery of the rows that are summed; those that count by default.
    also : mapping of str to Key, optional
        What to group by beside entity and period.
    """
    keys: dict[str, Key] = {}
    if rows.e is not None:
        keys["e"] = Key(grouped="e", shown=rows.label, kind="text")
    if rows.d is not None:
        keys["p"] = Key(grouped=period(rows.metric.time_granularity), shown="kp", kind="day")
    keys |= also or {}
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
    schema = {**{name: key.kind for name, key in keys.items()}, **{name: kind for name, (_, kind) in columns.items()}}
    listed = ", ".join(f"{sql} AS {name}" for name, (sql, _) in columns.items())
    source = within or rows.kept()
    if not keys:
        return f"SELECT {listed} FROM {source} HAVING COUNT(*) > 0", schema
    grouped = ", ".join(f"{key.grouped} AS k{name}" for name, key in keys.items())
    named = ", ".join(f"{key.shown} AS {name}" for name, key in keys.items())
    by = ", ".join(f"k{name}" for name in keys)
    return f"SELECT {named}, {listed} FROM (SELECT kept.*, {grouped} FROM {source}) AS g GROUP BY {by}", schema


def read(rows: Rowset, survey: Survey, found: Answer) -> Cells:
    """The cells in the query's result, in order of entity and period."""
    metric = rows.metric
    n = len(found["n"])
    place = places(rows, found)
    order = np.lexsort((place.period, place.entity))
    measure = sums(rows, survey, found, order)

    def taken(name: str) -> Floats:
        return np.asarray(found[name][order], dtype=np.float64)

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
        entities=place.entities,
        periods=place.periods,
        granularity=metric.time_granularity,
        entity=place.entity[order],
        period=place.period[order],
        metric=measure,
        exempt=exempt,
        target=level,
        rows=survey.rows,
    )
    return Cells(panel=panel, targets=targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which entity and period each line of an answer is about."""

    entities: tuple[str, ...]
    periods: NDArray[np.datetime64]
    entity: Ints
    period: Ints


def places(rows: Rowset, found: Answer) -> Place:
    """Entities and periods of an answer's lines, labels sorted."""
    n = len(found["n"])
    labels = found["e"] if "e" in found else np.full(n, "", dtype=object)
    starts = found["p"] if "p" in found else np.full(n, np.datetime64("NaT", "D"))
    entities, entity = numbered(labels)
    days, number_of = counted(starts.astype("datetime64[D]").astype(np.int64))  # NaT is the least of them
    periods = days.astype("datetime64[D]")
    if rows.metric.entity is None:
        entities = np.array([""], dtype=object)
    if rows.metric.agg_time_dimension is None:
        periods = np.array(["NaT"], dtype="datetime64[D]")
    return Place(
        entities=tuple(str(e) for e in entities),
        periods=periods,
        entity=entity,
        period=number_of,
    )


def numbered(labels: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints]:
    """The different labels, sorted, and the number of each; as np.unique, which compares all texts with each other."""
    different = sorted(set(labels.tolist()))
    number_of = {label: i for i, label in enumerate(different)}
    found = np.fromiter(map(number_of.__getitem__, labels.tolist()), dtype=np.int64, count=len(labels))
    return np.array(different, dtype=object), found


def sums(rows: Rowset, survey: Survey, found: Answer, order: NDArray[np.intp]) -> Measure:
    """The sums of an answer's lines, in this order."""

    def taken(name: str) -> Floats:
        return np.asarray(found[name][order], dtype=np.float64)

    count = found["n"][order]
    x, xx = np.nan_to_num(taken("x")), np.nan_to_num(taken("xx"))
    plain = rows.w is None
    return Measure(
        agg=rows.metric.agg or "ratio",
        pivot=survey.pivot,
        n=count,
        x=x,
        xx=xx,
        w=count.astype(np.float64) if plain else taken("w"),
        ww=count.astype(np.float64) if plain else taken("ww"),
        xw=x.copy() if plain else taken("xw"),
        given=taken("given") if "given" in found else None,
    )


def judged_target(metric: Metric) -> Target | None:
    """The target whose values a panel shows: the first that judges cells, else the first."""
    cell = (t for t in metric.targets if t.on == "entity_period")
    return next(cell, metric.targets[0] if metric.targets else None)


def _sum(x: str) -> str:
    return f"CAST(SUM({x}) AS DOUBLE)"
