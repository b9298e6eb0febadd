"""Strata specimen: rows with risk groups and exclusions, summed as the source would, for data whose truth is known."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Direction, Target
from pitprop.digest.panel import Measure
from pitprop.digest.rows import Rows
from pitprop.digest.strata import Strata
from pitprop.examine.check import Brief
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.specimen import declared

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def strata_specimen(
    *,
    value: Floats,
    group: Ints,
    entity: Ints,
    period: Ints,
    excluded: Bools,
    since: int,
    exempt: Bools | None = None,
    mixed: bool = True,
    direction: Direction = "increase",
    smallest_effect: float,
    step: str = "0.01",
) -> tuple[Strata, Brief]:
    """Strata of an average over rows, by month, whose target came into force with period `since`.

    Parameters
    ----------
    value
        Of each row, shape (n,).
    group, entity, period
        Risk group, entity and period of each row, integers from 0, shape (n,).
    excluded
        Whether the row was taken out of the number, shape (n,).
    since
        Index of the first period under the target.
    exempt
        Which entities are under no target, shape (entities,); none where omitted.
    mixed
        Whether the risk groups are declared; otherwise each entity is its own.
    direction, smallest_effect
        As declared.
    step
        Grid of the distribution.
    """
    group = group if mixed else entity
    shape = (int(group.max()) + 1, int(entity.max()) + 1, int(period.max()) + 1, 2)
    key = np.ravel_multi_index((group, entity, period, excluded.astype(np.int64)), shape)
    n = np.bincount(key, minlength=int(np.prod(shape)))
    there = np.flatnonzero(n)
    sums: list[Floats] = [
        np.bincount(key, weights=v, minlength=len(n))[there].astype(np.float64) for v in (value, value**2)
    ]
    x, xx = sums
    count = n[there]
    of = np.unravel_index(there, shape)
    free = np.zeros(shape[1], dtype=bool) if exempt is None else exempt
    w = count.astype(np.float64)
    after = (period >= since) & ~free[entity]
    strata = Strata(
        strata=tuple(f"group {i}" for i in range(shape[0]))
        if mixed
        else tuple(f"unit {i:04d}" for i in range(shape[1])),
        entities=tuple(f"unit {i:04d}" for i in range(shape[1])),
        periods=(np.datetime64("2018-01", "M") + np.arange(shape[2])).astype("datetime64[D]"),
        granularity="month",
        stratum=of[0].astype(np.int64),
        entity=of[1].astype(np.int64),
        period=of[2].astype(np.int64),
        excluded=of[3].astype(bool),
        exempt=free[of[1]],
        metric=Measure(agg="average", pivot=0.0, n=count, x=x, xx=xx, w=w, ww=w, xw=x),
        distribution=tally(value[after & ~excluded], step, without=value[~excluded & (period < since) & ~free[entity]]),
        mixed=mixed,
        rows=Rows(kept=len(value)),
    )
    first: date = (np.datetime64("2018-01", "M") + since).astype("datetime64[D]").item()
    metric = declared(
        agg="average",
        improvement_direction=direction,
        targets=(Target(op="gte" if direction == "increase" else "lte", value=1.0, since=first),),
        outcome=None,
        guardrails=(),
        exclusion="excluded",
        case_mix="risk" if mixed else None,
    )
    return strata, Brief(metric=metric, smallest_effect=smallest_effect)
