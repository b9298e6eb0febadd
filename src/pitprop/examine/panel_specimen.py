"""Panel specimen: a panel and its brief from plain tables, for data whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Direction, Guardrail, Outcome, Target
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.rows import Rows
from pitprop.examine.check import Brief
from pitprop.examine.specimen import declared

Floats = NDArray[np.float64]


def measure(values: Floats, *, agg: str = "sum", rows: int = 30, noise: float | None = None) -> Measure:
    """One metric's cells from a table (units, periods); NaN gives a cell without rows.

    `noise` is the sampling variance of each cell's value, known for averages only.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    there = np.isfinite(flat)
    n = np.where(there, rows, 0).astype(np.int64)
    value = np.where(there, flat, 0.0)
    x: Floats = np.asarray(value * n if agg == "average" else value, dtype=np.float64)
    squares = value**2 * n + (noise or 0.0) * n * (n - 1) if agg == "average" else value**2
    return Measure(
        agg=agg,
        pivot=0.0,
        n=n,
        x=x,
        xx=squares,
        w=n.astype(np.float64),
        ww=n.astype(np.float64),
        xw=x,
    )


def panel_specimen(
    *,
    metric: Floats,
    others: Mapping[str, Floats],
    since: int,
    exempt: int = 0,
    outcome: str | None = None,
    lag: int = 0,
    guardrails: Mapping[str, str | float] | None = None,
    directions: Mapping[str, str] | None = None,
    direction: Direction = "increase",
    smallest_effect: float,
    noise: float | None = None,
) -> tuple[Panel, Brief]:
    """A monthly panel whose target came into force with period `since`.

    Parameters
    ----------
    metric
        Shape (units, periods); NaN where there is no cell.
    others
        Outcome and guardrails by name, each of the same shape; the outcome is shifted by `lag` here.
    since
        Index of the first period under the target.
    exempt
        How many of the last units are under no target.
    outcome, lag, guardrails, directions, direction, smallest_effect
        As declared.
    noise
        Sampling variance of the metric within a cell, which is then an average.
    """
    metric = np.asarray(metric, dtype=np.float64)
    units, length = metric.shape
    periods = (np.datetime64("2018-01", "M") + np.arange(length)).astype("datetime64[D]")
    first: date = (np.datetime64("2018-01", "M") + since).astype("datetime64[D]").item()
    shifted = {name: np.asarray(values, dtype=np.float64) for name, values in others.items()}
    if outcome is not None and lag:
        later = np.full_like(metric, np.nan)
        later[:, : length - lag] = shifted[outcome][:, lag:]
        shifted[outcome] = later
    free = np.repeat(np.arange(units) >= units - exempt, length)
    panel = Panel(
        entities=tuple(f"unit {i:04d}" for i in range(units)),
        periods=periods,
        granularity="month",
        entity=np.repeat(np.arange(units), length),
        period=np.tile(np.arange(length), units),
        metric=measure(metric, agg="sum" if noise is None else "average", noise=noise),
        exempt=free,
        target=np.where(free, np.nan, 1.0),
        others={name: measure(values) for name, values in shifted.items()},
        directions=dict(directions or {}),
        rows=Rows(kept=30 * int(np.isfinite(metric).sum())),
    )
    audited = declared(
        improvement_direction=direction,
        targets=(
            Target(
                op="lte" if direction == "decrease" else "gte",
                value="quota" if exempt else 1.0,
                since=first,
            ),
        ),
        outcome=None if outcome is None else Outcome(metric=outcome, lag=lag),
        guardrails=tuple(Guardrail(metric=n, margin=m) for n, m in (guardrails or {}).items()),
    )
    return panel, Brief(metric=audited, smallest_effect=smallest_effect)


def autoregressive(rng: np.random.Generator, units: int, periods: int, rho: float = 0.0, scale: float = 1.0) -> Floats:
    """Stationary AR(1) noise with standard deviation `scale`, shape (units, periods)."""
    steps = rng.standard_normal((units, periods))
    out = np.empty((units, periods))
    out[:, 0] = steps[:, 0]
    for t in range(1, periods):
        out[:, t] = rho * out[:, t - 1] + (1 - rho**2) ** 0.5 * steps[:, t]
    return scale * out
