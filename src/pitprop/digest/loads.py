"""Loads: what a metric was reported to be after each load of its rows, from one query."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.cells import GIVEN, Key, judged_target, places, query, sums
from pitprop.digest.companions import shifted
from pitprop.digest.engine import Answer, Engine
from pitprop.digest.panel import Floats, Ints, Measure, Panel
from pitprop.digest.problem import GrainError
from pitprop.digest.rowset import Rowset
from pitprop.digest.survey import Survey
from pitprop.digest.versions import Versions


def versions(rows: Rowset, survey: Survey, engine: Engine) -> Versions:
    """The versions of a metric.

    Raises
    ------
    GrainError
        If no `revisions` are declared, the metric has no time, or later rows cannot be added to its aggregation.
    """
    metric = rows.metric
    if rows.l is None:
        raise GrainError(f"metric `{metric.name}` declares no `revisions`: when its rows were loaded")
    if rows.d is None:
        raise GrainError(f"metric `{metric.name}` has no `agg_time_dimension`; declare the column with each row's day")
    if not rows.snapshot and metric.agg in GIVEN:
        raise GrainError(f"metric `{metric.name}`: a {metric.agg} of rows that come in later cannot be had by adding")
    found = _answer(rows, survey, engine)
    place = places(rows, found)
    order = np.lexsort((found["l"], place.period, place.entity))
    entity, number_of = place.entity[order], place.period[order]
    measure = sums(rows, survey, found, order)
    own = measure.n
    if not rows.snapshot:
        measure = _running(measure, _starts(entity, number_of))
    return Versions(
        entities=place.entities,
        periods=place.periods,
        granularity=metric.time_granularity,
        entity=entity,
        period=number_of,
        loaded=found["l"][order],
        n=own,
        value=measure.value,
        target=_level(rows, found)[order],
        rows=survey.rows,
    )


def with_late(panel: Panel, rows: Rowset, survey: Survey, engine: Engine) -> Panel:
    """The panel with the rows that were loaded after the number was due; as it is without `revisions`."""
    revisions = rows.metric.revisions
    if revisions is None or rows.d is None:
        return panel
    if not len(panel.entity):
        return replace(panel, late=np.zeros(0, dtype=np.int64))
    found = _answer(rows, survey, engine)
    place = places(rows, found)
    due = shifted(place.periods, rows.metric.time_granularity, 1) + np.timedelta64(revisions.due, "D")
    late = found["l"] >= due[place.period]
    if rows.snapshot:  # of a snapshot only the first load tells when the number was there
        first = np.lexsort((found["l"], place.period, place.entity))
        keep = np.zeros(len(late), dtype=np.bool_)
        keep[first[_starts(place.entity[first], place.period[first])]] = True
        late &= keep
    label = {name: i for i, name in enumerate(panel.entities)}
    entity = np.array([label.get(name, -1) for name in place.entities], dtype=np.int64)[place.entity]
    at = np.searchsorted(panel.periods, place.periods)[place.period]
    width = len(panel.periods)
    cells = panel.entity * width + panel.period
    keys = entity * width + at
    here = np.minimum(np.searchsorted(cells, keys), max(len(cells) - 1, 0))
    counted = late & (entity >= 0) & (cells[here] == keys)
    total = np.zeros(len(cells), dtype=np.int64)
    np.add.at(total, here[counted], found["n"][counted])
    return replace(panel, late=np.minimum(total, panel.metric.n))


def _answer(rows: Rowset, survey: Survey, engine: Engine) -> Answer:
    loaded = Key(grouped="l", shown="kl", kind="day")
    return engine.ask(*query(rows, survey, within=rows.loads(), also={"l": loaded}))


def _level(rows: Rowset, found: Answer) -> Floats:
    judged = judged_target(rows.metric)
    n = len(found["n"])
    if judged is None or (rows.metric.agg == "share" and judged.on == "row"):
        return np.full(n, np.nan)
    if judged.fixed is not None:
        return np.full(n, judged.fixed)
    return np.asarray(found[rows.targets[str(judged.value)]], dtype=np.float64)


def _starts(entity: Ints, number_of: Ints) -> NDArray[np.bool_]:
    """Where another entity or period begins."""
    new = np.ones(len(entity), dtype=np.bool_)
    new[1:] = (np.diff(entity) != 0) | (np.diff(number_of) != 0)
    return new


def _running(measure: Measure, new: NDArray[np.bool_]) -> Measure:
    """Sums over each entry and those before it of the same entity and period."""
    first = np.flatnonzero(new)
    group = np.cumsum(new) - 1

    def total(values: Floats) -> Floats:
        whole = np.cumsum(values)
        before = np.concatenate([np.zeros(1), whole])[first]
        return np.asarray(whole - before[group], dtype=np.float64)

    return Measure(
        agg=measure.agg,
        pivot=measure.pivot,
        n=total(measure.n.astype(np.float64)).astype(np.int64),
        x=total(measure.x),
        xx=total(measure.xx),
        w=total(measure.w),
        ww=total(measure.ww),
        xw=total(measure.xw),
    )
