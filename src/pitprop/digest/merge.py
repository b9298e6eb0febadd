"""Merging two panels of disjoint rows into the panel of all of them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from pitprop.digest.panel import Floats, Ints, Measure, Panel


def merge(one: Panel, other: Panel) -> Panel:
    """The panel of the rows of both; what `+` does.

    The panels are of the same metric and rest on different rows. Sums add. A cell is exempt where it is so
    in both; its target is the mean over the rows of both. Outcome and guardrails add likewise: the result is
    that of one panel over all rows where each cell's companions lie in the same part as the cell.

    Raises
    ------
    ValueError
        If granularity, aggregation, pivots or companions differ, or a cell of an aggregation that does not
        add (median, ...) has rows in both.
    """
    if one.granularity != other.granularity:
        raise ValueError("only panels of the same granularity can be added")
    if set(one.others) != set(other.others):
        raise ValueError("only panels with the same outcome and guardrails can be added")
    labels = np.array([*one.entities, *other.entities], dtype=object)
    entities = tuple(sorted(set(labels.tolist())))
    periods = np.unique(np.concatenate([one.periods, other.periods]))
    place = {label: i for i, label in enumerate(entities)}

    def keys(panel: Panel) -> Ints:
        entity = np.array([place[e] for e in panel.entities], dtype=np.int64)[panel.entity]
        period = _positions(periods, panel.periods)[panel.period]
        return np.asarray(entity * max(len(periods), 1) + period, dtype=np.int64)

    left, right = keys(one), keys(other)
    union = np.union1d(left, right)
    here, there = _index(union, left), _index(union, right)
    n_here, n_there = _counts(one.metric, here), _counts(other.metric, there)
    return Panel(
        entities=entities,
        periods=periods,
        granularity=one.granularity,
        entity=union // max(len(periods), 1),
        period=union % max(len(periods), 1),
        metric=_both(one.metric, other.metric, here, there),
        exempt=_lacking(one.exempt, here) & _lacking(other.exempt, there),
        target=_mean(_picked(one.target, here), _picked(other.target, there), n_here, n_there),
        late=_late(one, other, here, there),
        others={name: _both(one.others[name], other.others[name], here, there) for name in one.others},
        directions={**one.directions, **other.directions},
        missing={**one.missing, **other.missing},
        rows=one.rows + other.rows,
    )


def _positions(periods: np.ndarray, of: np.ndarray) -> Ints:
    """Index of each period among all; NaT, of which there is one, sorts last."""
    found = np.searchsorted(periods, of)
    return np.asarray(np.where(np.isnat(of), len(periods) - 1, found), dtype=np.int64)


def _index(union: Ints, keys: Ints) -> Ints:
    out = np.full(len(union), -1, dtype=np.int64)
    out[np.searchsorted(union, keys)] = np.arange(len(keys))
    return out


def _both(one: Measure, other: Measure, here: Ints, there: Ints) -> Measure:
    a, b = one.take(here), other.take(there)
    if a.given is None and b.given is None:
        return a + b
    if (a.agg, a.pivot) != (b.agg, b.pivot) or bool(np.any((a.n > 0) & (b.n > 0))):
        raise ValueError(f"{one.agg} does not add: it has to be taken over all rows of a cell at once")
    mine = a.n > 0
    sums = [f.name for f in fields(Measure) if f.name not in ("agg", "pivot")]
    parts = {name: np.where(mine, getattr(a, name), getattr(b, name)) for name in sums}
    return Measure(agg=a.agg, pivot=a.pivot, **parts)


def _late(one: Panel, other: Panel, here: Ints, there: Ints) -> Ints | None:
    if one.late is None or other.late is None:
        return None
    sides = ((one.late, here), (other.late, there))
    parts = [np.where(index >= 0, late[np.maximum(index, 0)] if len(late) else 0, 0) for late, index in sides]
    return np.asarray(parts[0] + parts[1], dtype=np.int64)


def _counts(measure: Measure, index: Ints) -> Ints:
    return measure.take(index).n


def _lacking(exempt: np.ndarray, index: Ints) -> np.ndarray:
    """Exempt, or not there."""
    return np.where(index >= 0, exempt[np.maximum(index, 0)] if len(exempt) else True, True)


def _picked(values: Floats, index: Ints) -> Floats:
    if not len(values):
        return np.full(len(index), np.nan)
    return np.where(index >= 0, values[np.maximum(index, 0)], np.nan)


def _mean(a: Floats, b: Floats, n: Ints, m: Ints) -> Floats:
    """Mean of two with weights; the one that is there where the other is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(a == b, a, (a * n + b * m) / (n + m))
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, mean))
