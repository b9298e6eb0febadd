"""Calendar: a metric's rows by day, and each day's place in its reporting period, from one query."""

from __future__ import annotations

import numpy as np

from pitprop.digest.companions import shifted
from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.problem import GrainError
from pitprop.digest.profile import Profile
from pitprop.digest.rowset import Rowset, number
from pitprop.digest.survey import Survey


def profile(rows: Rowset, survey: Survey, engine: Engine) -> Profile:
    """The profile of a metric; of a ratio's numerator.

    Raises
    ------
    GrainError
        If the metric has no time, is reported by the day, or its time is a year.
    """
    refuse(rows)
    sql, schema = query(rows, survey)
    return read(rows, survey, engine.ask(sql, schema))


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
    sql = (
        f"SELECT d, CAST(COUNT({rows.score}) AS BIGINT) AS n, CAST(SUM({x}) AS DOUBLE) AS x, "
        f"CAST(SUM({x} * {x}) AS DOUBLE) AS xx FROM {rows.kept()} GROUP BY d"
    )
    return sql, {"d": "day", "n": "integer", "x": "number", "xx": "number"}


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
