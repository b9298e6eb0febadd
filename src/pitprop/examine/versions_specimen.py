"""Versions specimen: numbers as first and as last reported, for data whose truth is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Revisions, Target
from pitprop.digest.rows import Rows
from pitprop.digest.versions import Versions
from pitprop.examine.check import Brief
from pitprop.examine.specimen import declared

Floats = NDArray[np.float64]


def versions_specimen(
    first: Floats,
    last: Floats,
    *,
    target: Floats | float,
    smallest_effect: float,
    since: date | None = None,
    rows: int = 20,
    **declarations: Any,
) -> tuple[Versions, Brief]:
    """A monthly number that is reported on the third day of the next month, and again ten days later.

    Parameters
    ----------
    first, last
        What was reported first and last, shape (units, periods); NaN in `first` where there is nothing.
    target
        Of each unit and period, or one for all.
    smallest_effect
        As declared.
    since
        The target's first day; always in force where omitted.
    rows
        Behind each version.
    **declarations
        Further fields of the metric.
    """
    units, length = np.asarray(first).shape
    values = np.stack([first, last], axis=-1).astype(np.float64)
    there = np.isfinite(values).all(axis=-1).repeat(2)
    periods = (np.datetime64("2018-01", "M") + np.arange(length)).astype("datetime64[D]")
    after = (periods.astype("datetime64[M]") + 1).astype("datetime64[D]")
    loaded = after[:, None] + np.array([3, 13], dtype="timedelta64[D]")
    level = np.broadcast_to(np.asarray(target, dtype=np.float64), (units, length))
    n = np.full(int(there.sum()), rows, dtype=np.int64)
    versions = Versions(
        entities=tuple(f"unit {i:04d}" for i in range(units)),
        periods=periods,
        granularity="month",
        entity=np.repeat(np.arange(units), 2 * length)[there],
        period=np.tile(np.repeat(np.arange(length), 2), units)[there],
        loaded=np.tile(loaded.ravel(), units)[there],
        n=n,
        value=values.ravel()[there],
        target=level.ravel().repeat(2)[there],
        rows=Rows(kept=int(n.sum())),
    )
    fields: dict[str, Any] = {
        "targets": (Target(op="gte", value="quota", since=since, stakes="bonus"),),
        "revisions": Revisions(loaded="loaded_on", mode="snapshot", due=15),
        **declarations,
    }
    return versions, Brief(metric=declared(**fields), smallest_effect=smallest_effect)
