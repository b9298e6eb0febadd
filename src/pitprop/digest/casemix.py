"""Case mix: a metric's rows by risk group, entity and period, those taken out of it among them, from one query."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pitprop.digest.cells import Key, judged_target, places, query, sums
from pitprop.digest.distribution import Distribution
from pitprop.digest.engine import Engine
from pitprop.digest.rowset import Rowset
from pitprop.digest.strata import Strata
from pitprop.digest.survey import Survey


def strata(rows: Rowset, survey: Survey, engine: Engine, distribution: Callable[[], Distribution]) -> Strata:
    """The strata of a metric.

    Parameters
    ----------
    distribution : callable
        The distribution of the rows that count, by regime of the first target.
    """
    also = {}
    if rows.g is not None:
        also["g"] = Key(grouped="g", shown=rows.group_label, kind="text")
    if rows.z is not None:
        also["z"] = Key(grouped="z", shown="kz", kind="integer")
    found = engine.ask(*query(rows, survey, within=rows.counted(), also=also))
    place = places(rows, found)
    n = len(found["n"])
    labels, stratum = np.array(place.entities, dtype=object), place.entity
    if rows.g is not None:
        text = np.array(["(none)" if g is None else str(g) for g in found["g"]], dtype=object)
        labels, inverse = np.unique(text, return_inverse=True)
        stratum = inverse.astype(np.int64)
    out = found["z"].astype(np.bool_) if rows.z is not None else np.zeros(n, dtype=np.bool_)
    order = np.lexsort((out, place.period, place.entity, stratum))
    judged = judged_target(rows.metric)
    exempt = np.zeros(n, dtype=np.bool_)
    if judged is not None and judged.fixed is None:
        exempt = np.isnan(found[rows.targets[str(judged.value)]])
    return Strata(
        strata=tuple(str(g) for g in labels),
        entities=place.entities,
        periods=place.periods,
        granularity=rows.metric.time_granularity,
        stratum=stratum[order],
        entity=place.entity[order],
        period=place.period[order],
        excluded=out[order],
        exempt=exempt[order],
        metric=sums(rows, survey, found, order),
        distribution=distribution(),
        mixed=rows.g is not None,
        rows=survey.rows,
    )
