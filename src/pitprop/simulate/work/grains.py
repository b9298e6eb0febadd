"""Recorded runs as the grains that an audit reads: who finished how much in which shift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.rows import Rows
from pitprop.simulate.work.results import Records

Floats = NDArray[np.float64]
FIRST_DAY = np.datetime64("2000-01-01")
"""The day that stands for the first shift; the others follow day by day."""


def worker_panel(work: Work, records: Records, *, task: str | None = None) -> Panel:
    """Worker x shift: how many runs each finished, with the time that a run took as its companion.

    Parameters
    ----------
    work
        What was recorded; its shift says where one ends and the next begins.
    records
        One recorded run.
    task
        Only runs of this task; all by default.

    Returns
    -------
    `metric` counts runs. `others["time_per_run"]` is their average time in the scenario's time unit, without waiting,
    a number of which less is better. A run that ends after its shift belongs to the next.
    """
    finished = records.leave < records.horizon
    people = np.array([name in _people(work, records) for name in records.slots])
    chosen = finished & people[records.worker]
    if task is not None:
        chosen &= records.task == records.tasks.index(task)
    shift = np.minimum(records.finish[chosen] // work.shift.period, work.shift.count - 1).astype(np.int64)
    names = sorted(set(np.array(records.slots)[records.worker[chosen]].tolist()))
    entity = np.array([names.index(records.slots[s]) for s in records.worker[chosen].tolist()], np.int64)
    cells, at = np.unique(entity * work.shift.count + shift, return_inverse=True)
    n = np.bincount(at, minlength=len(cells)).astype(np.int64)
    ones = n.astype(float)
    length = (records.finish - records.work)[chosen]
    pivot = float(length.mean()) if len(length) else 0.0
    away = length - pivot

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(at, weights=values, minlength=len(cells)), float)

    return Panel(
        entities=tuple(names) or ("",),
        periods=FIRST_DAY + np.arange(work.shift.count),
        granularity="day",
        entity=cells // work.shift.count,
        period=cells % work.shift.count,
        metric=Measure(agg="count", pivot=0.0, n=n, x=ones, xx=ones, w=ones, ww=ones, xw=ones),
        exempt=np.zeros(len(cells), bool),
        target=np.full(len(cells), np.nan),
        others={
            "time_per_run": Measure(
                agg="average", pivot=pivot, n=n, x=summed(away), xx=summed(away**2), w=ones, ww=ones, xw=summed(away)
            )
        },
        directions={"time_per_run": "decrease"},
        rows=Rows(kept=int(chosen.sum())),
    )


def _people(work: Work, records: Records) -> set[str]:
    """Slots that are workers; those of automatic tasks stand last."""
    runs = sum(task.parallel for task in work.tasks.values() if task.automatic)
    return set(records.slots[: len(records.slots) - runs])
