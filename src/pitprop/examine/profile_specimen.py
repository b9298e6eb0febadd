"""Profile specimen: days of reporting periods and their brief from plain series, for data whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest.profile import Profile
from pitprop.digest.rows import Rows
from pitprop.examine.check import Brief
from pitprop.examine.specimen import declared

Floats = NDArray[np.float64]

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def calendar(periods: int, granularity: str = "month", first: str = "2018-01-01") -> NDArray[np.datetime64]:
    """All days of so many reporting periods (month, quarter, year), datetime64[D]."""
    start = np.datetime64(first, "M")
    end = start + MONTHS[granularity] * periods
    days: NDArray[np.datetime64] = np.arange(
        start.astype("datetime64[D]"), end.astype("datetime64[D]"), dtype="datetime64[D]"
    )
    return days


def profile_of(days: NDArray[np.datetime64], values: Floats, *, granularity: str = "month", rows: int = 20) -> Profile:
    """The profile of one value a day; NaN gives a day without rows, the others have `rows` each."""
    there = np.isfinite(values)
    days, values = days[there], np.asarray(values, dtype=np.float64)[there]
    months = MONTHS[granularity]
    month = days.astype("datetime64[M]").astype(np.int64) // months * months
    start = month.astype("datetime64[M]").astype("datetime64[D]")
    end = (month + months).astype("datetime64[M]").astype("datetime64[D]")
    n = np.full(len(days), rows, dtype=np.int64)
    return Profile(
        granularity=granularity,
        period=start,
        day=(days - start).astype(np.int64),
        length=(end - start).astype(np.int64),
        pivot=0.0,
        n=n,
        x=values,
        xx=values**2 / np.maximum(n, 1),
        rows=Rows(kept=int(n.sum())),
    )


def profile_specimen(
    days: NDArray[np.datetime64],
    values: Floats,
    *,
    smallest_effect: float,
    since: date | None = None,
    placebo: Mapping[str, Floats] | None = None,
    granularity: str = "month",
    **declarations: Any,
) -> tuple[Profile, Brief]:
    """A daily total that is judged by the reporting period.

    Parameters
    ----------
    days, values
        Every day and what was done on it, shape (n,); NaN where there are no rows.
    smallest_effect
        As declared.
    since
        The target's first day; always in force where omitted.
    placebo
        Series of the same days on which no target lies, by name.
    granularity
        month, quarter or year.
    **declarations
        Further fields of the metric.
    """
    profile = profile_of(days, values, granularity=granularity)
    series = {name: profile_of(days, v, granularity=granularity) for name, v in (placebo or {}).items()}
    fields: dict[str, Any] = {
        "time_granularity": granularity,
        "targets": (Target(op="gte", value=1.0, since=since, stakes="bonus"),),
        **declarations,
    }
    return replace(profile, placebo=series), Brief(metric=declared(**fields), smallest_effect=smallest_effect)
