"""Calendar: a metric's rows by day, and each day's place in its reporting period, from one query."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pitprop.digest.cells import judged_target
from pitprop.digest.companions import shifted
from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.problem import GrainError
from pitprop.digest.profile import Profile
from pitprop.digest.rowset import Rowset, number
from pitprop.digest.survey import Survey

EXEMPT = "exempt"
"""What the placebo of a metric's own rows without a target is called."""


def profile(rows: Rowset, survey: Survey, engine: Engine) -> Profile:
    """The profile of a metric; of a ratio's numerator. Rows under no target are its placebo.

    Raises
    ------
    GrainError
        If the metric has no time, is reported by the day, or its time is a year.
    """
    refuse(rows)
    found = engine.ask(*query(rows, survey))
    if "free" not in found:
        return read(rows, survey, found)
    free = found["free"] == 1
    main, apart = ({name: values[side] for name, values in found.items()} for side in (~free, free))
    return replace(read(rows, survey, main), placebo={EXEMPT: read(rows, survey, apart)})


def refuse(rows: Rowset) -> None:
    """Raise where a profile makes no sense."""
    metric = rows.metric
    says = ""
    if rows.d is None:
        says = "has no `agg_time_dimension`; declare the column with each row's day"
    elif metric.time_granularity == "day":
        says = "is reported by the day, and a day has no days within it"
    elif not rows.daily:
        says = f"has years as its time (`{metric.agg_time_dimension}`), not days"
    if says:
        raise GrainError(f"metric `{metric.name}` {says}")


def query(rows: Rowset, survey: Survey) -> tuple[str, Schema]:
    """The query and the columns of its result."""
    x = rows.score if survey.pivot == 0 else f"({rows.score} - {number(survey.pivot)})"
    schema: Schema = {"d": "day", "n": "integer", "x": "number", "xx": "number"}
    sums = (
        f"CAST(COUNT({rows.score}) AS BIGINT) AS n, CAST(SUM({x}) AS DOUBLE) AS x, CAST(SUM({x} * {x}) AS DOUBLE) AS xx"
    )
    judged = judged_target(rows.metric)
    if judged is None or judged.fixed is not None:
        return f"SELECT d, {sums} FROM {rows.kept()} GROUP BY d", schema
    free = f"CASE WHEN {rows.targets[str(judged.value)]} IS NULL THEN 1 ELSE 0 END"
    inner = f"(SELECT kept.*, {free} AS free FROM {rows.kept()}) AS g"
    return f"SELECT d, free, {sums} FROM {inner} GROUP BY d, free", {**schema, "free": "integer"}


def read(rows: Rowset, survey: Survey, found: Answer) -> Profile:
    """The profile in the query's result."""
    order = np.argsort(found["d"])
    day = found["d"][order]
    granularity = rows.metric.time_granularity
    start = first_days(day, granularity)
    return Profile(
        granularity=granularity,
        period=start,
        day=(day - start).astype(np.int64),
        length=(shifted(start, granularity, 1) - start).astype(np.int64),
        pivot=survey.pivot,
        n=found["n"][order],
        x=np.nan_to_num(found["x"][order]),
        xx=np.nan_to_num(found["xx"][order]),
        rows=survey.rows,
    )


def first_days(days: np.ndarray, granularity: str) -> np.ndarray:
    """First day of each day's period (weeks begin on Monday), datetime64[D]."""
    if granularity == "year":
        return np.asarray(days.astype("datetime64[Y]").astype("datetime64[D]"))
    months = days.astype("datetime64[M]")
    if granularity == "month":
        return np.asarray(months.astype("datetime64[D]"))
    if granularity == "quarter":
        return np.asarray((months - months.astype(np.int64) % 3).astype("datetime64[D]"))
    numbers = days.astype(np.int64)
    return np.asarray((numbers - (numbers + 3) % 7).astype("datetime64[D]"))
