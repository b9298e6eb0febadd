"""Companions: a metric's outcome, guardrails, competing work and peers, brought to the cells of its panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pitprop.define.metric import Metric, Register
from pitprop.digest.cells import Cells
from pitprop.digest.panel import Ints, Measure, Panel
from pitprop.digest.scorecard import Peer, Scorecard
from pitprop.errors import PitpropError

_NUMBER = (
    *("source", "type", "agg", "expr", "numerator", "denominator", "filter", "exclusion", "revisions"),
    *("entity", "agg_time_dimension", "time_granularity", "improvement_direction"),
)
"""What a number is made of, beside its targets."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


def with_companions(panel: Panel, metric: Metric, register: Register, of: Callable[[Metric], Cells]) -> Panel:
    """The panel with `others`, their `directions` and `missing` filled in.

    Parameters
    ----------
    panel : Panel
        Of `metric`, without companions.
    of : callable
        The cells of another metric of the register.
    """
    declared = dict.fromkeys((*(g.metric for g in metric.guardrails), *metric.competing), 0)
    if metric.outcome is not None:
        declared.pop(metric.outcome.metric, None)
        declared = {metric.outcome.metric: metric.outcome.lag, **declared}
    others: dict[str, Measure] = {}
    missing: dict[str, str] = {}
    for name, lag in declared.items():
        found = _companion(panel, metric, name, lag, register, of)
        if isinstance(found, str):
            missing[name] = found
        else:
            others[name] = found
    directions = {name: register.metric(name).improvement_direction for name in others}
    return replace(panel, others=others, directions=directions, missing=missing)


def with_peers(panel: Panel, metric: Metric, register: Register, of: Callable[[Metric], Cells]) -> Scorecard:
    """The panel with every other metric by which the same entities are judged in the same periods.

    The same number held to another target is no peer: it is one number, and says nothing twice.

    Parameters
    ----------
    panel : Panel
        Of `metric`, with its companions.
    of : callable
        The cells of another metric of the register.
    """
    own = metric.outcome.metric if metric.outcome is not None else None
    others, directions, earlier = dict(panel.others), dict(panel.directions), 0
    peers: list[Peer] = []
    for other in register.metrics:
        if other.name == metric.name:
            earlier = len(peers)
        apart = other.status != "active" or other.entity != metric.entity or other.name in (metric.name, own)
        if apart or metric.entity is None or _one_number(metric, other):
            continue
        found = _companion(panel, metric, other.name, 0, register, of)
        if isinstance(found, str):
            continue
        others[other.name] = found
        directions[other.name] = other.improvement_direction
        peers.append(Peer(name=other.name, label=other.title, cost_per_year=other.cost_per_year()))
    return Scorecard(panel=replace(panel, others=others, directions=directions), peers=tuple(peers), earlier=earlier)


def _one_number(metric: Metric, other: Metric) -> bool:
    """Whether two metrics are the same number held to different targets."""
    return metric.targets != other.targets and all(getattr(metric, f) == getattr(other, f) for f in _NUMBER)


def shifted(periods: np.ndarray, granularity: str, by: int) -> np.ndarray:
    """First days of the periods that come `by` periods later, datetime64[D]."""
    if granularity in _MONTHS:
        months = periods.astype("datetime64[M]") + np.timedelta64(by * _MONTHS[granularity], "M")
        return np.asarray(months.astype("datetime64[D]"))
    return np.asarray(periods + np.timedelta64(by * _DAYS[granularity], "D"))


def _companion(
    panel: Panel, metric: Metric, name: str, lag: int, register: Register, of: Callable[[Metric], Cells]
) -> Measure | str:
    """The other metric in each cell, or why it cannot be had."""
    try:
        other = register.metric(name)
    except KeyError:
        return f"`{name}` is not a metric of this register"
    reason = unjoinable(metric, other, lag)
    if reason:
        return reason
    try:
        theirs = of(other).panel
    except PitpropError as error:
        return str(error)
    index = _aligned(panel, theirs, lag)
    if len(index) and not bool(np.any(index >= 0)):
        return (
            f"`{name}` and `{metric.name}` have no cell in common: "
            + ("entities or periods" if metric.entity is not None else "periods")
            + " differ"
            + (f" (with a lag of {lag})" if lag else "")
        )
    return theirs.metric.take(index)


def unjoinable(metric: Metric, other: Metric, lag: int) -> str:
    """Why two metrics cannot be joined; empty where they can."""
    one, two = f"`{metric.name}`", f"`{other.name}`"
    timed = metric.agg_time_dimension is not None
    if timed != (other.agg_time_dimension is not None):
        without = two if timed else one
        return f"{without} has no `agg_time_dimension`, so {one} and {two} cannot be joined by period"
    if timed and metric.time_granularity != other.time_granularity:
        return (
            f"{one} is by {metric.time_granularity} and {two} by {other.time_granularity}; "
            "give both the same `time_granularity`"
        )
    if lag and not timed:
        return f"{one} has no `agg_time_dimension`, so {two} cannot be taken {lag} periods later"
    if (metric.entity is None) != (other.entity is None):
        without = one if metric.entity is None else two
        return f"{without} has no `entity`, so {one} and {two} cannot be joined by entity"
    return ""


def _aligned(panel: Panel, other: Panel, lag: int) -> Ints:
    """For each cell of the panel the other's cell of the same entity, `lag` periods later; -1 for none."""
    place = {label: i for i, label in enumerate(other.entities)}
    entity = np.array([place.get(e, -1) for e in panel.entities], dtype=np.int64)[panel.entity]
    if bool(np.all(np.isnat(panel.periods))):
        period = np.where(np.isnat(other.periods).any(), 0, -1) * np.ones(len(panel.period), dtype=np.int64)
    else:
        wanted = shifted(panel.periods, panel.granularity, lag)
        found = np.searchsorted(other.periods, wanted)
        hit = (
            (found < len(other.periods)) & (other.periods[np.minimum(found, len(other.periods) - 1)] == wanted)
            if len(other.periods)
            else np.zeros(len(wanted), dtype=np.bool_)
        )
        period = np.where(hit, found, -1)[panel.period]
    width = max(len(other.periods), 1)
    cells = other.entity * width + other.period
    table = np.full(max(len(other.entities), 1) * width, -1, dtype=np.int64)
    table[cells] = np.arange(len(cells))
    return np.where((entity >= 0) & (period >= 0), table[np.maximum(entity, 0) * width + np.maximum(period, 0)], -1)
