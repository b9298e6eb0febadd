"""Trend: one metric over time, all entities together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.figure import Line, Series


def trend(metric: Metric, panel: Panel) -> Series | None:
    """The metric in each period, over all entities together.

    Sums, counts, averages, shares and ratios are taken over all rows of the period, as if there were one
    entity; minima and maxima are the extremes. A median or a count of distinct values does not add: there is
    a trend only where each period has one entity. The target is a level where it is comparable with what is
    drawn: not for a total over entities that each have the target, nor for a share of rows.

    Returns
    -------
    One line; None without time, or where no period has a value.
    """
    if len(panel.periods) == 0 or bool(np.any(np.isnat(panel.periods))):
        return None
    values = _by_period(panel)
    if values is None or not bool(np.any(np.isfinite(values))):
        return None
    days = tuple(str(day) for day in panel.periods.astype("datetime64[D]"))
    y = tuple(float(v) if np.isfinite(v) else None for v in values)
    return Series(
        title=f"{metric.title} over time",
        y_is=f"{metric.title}, {metric.unit}" if metric.unit else metric.title,
        lines=(Line(name=metric.title, x=days, y=y),),
        events=tuple((str(t.since), "target in force") for t in metric.targets if t.since),
        levels=_levels(metric),
    )


def _by_period(panel: Panel) -> NDArray[np.float64] | None:
    measure, size = panel.metric, len(panel.periods)
    if measure.given is not None:
        return _extremes(panel, measure.given)
    sums: dict[str, Any] = {
        name: np.bincount(panel.period, weights=getattr(measure, name), minlength=size)
        for name in ("x", "xx", "w", "ww", "xw")
    }
    n = np.bincount(panel.period, weights=measure.n, minlength=size).astype(np.int64)
    return Measure(agg=measure.agg, pivot=measure.pivot, n=n, **sums).value


def _extremes(panel: Panel, given: NDArray[np.float64]) -> NDArray[np.float64] | None:
    size, usable = len(panel.periods), np.isfinite(given)
    if panel.metric.agg in ("min", "max"):
        pick, start = (np.minimum, np.inf) if panel.metric.agg == "min" else (np.maximum, -np.inf)
        out = np.full(size, start)
        pick.at(out, panel.period[usable], given[usable])
        return np.where(np.isfinite(out), out, np.nan)
    if bool(np.any(np.bincount(panel.period, minlength=size) > 1)):
        return None
    out = np.full(size, np.nan)
    out[panel.period[usable]] = given[usable]
    return out


def _levels(metric: Metric) -> tuple[tuple[float, str], ...]:
    totals = metric.agg in ("sum", "count") and metric.entity is not None
    return tuple(
        (target.fixed, "target")
        for target in metric.targets
        if target.fixed is not None
        and not (totals and target.on == "entity_period")
        and not (target.on == "row" and metric.agg in ("share", "sum", "count", "count_distinct"))
    )
