"""Scorecard specimen: a metric beside others, from plain tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Cost, Direction
from pitprop.digest.scorecard import Peer, Scorecard
from pitprop.examine.check import Brief
from pitprop.examine.panel_specimen import panel_specimen
from pitprop.examine.specimen import declared

Floats = NDArray[np.float64]


def scorecard_specimen(
    *,
    metric: Floats,
    peers: Mapping[str, Floats],
    costs: Mapping[str, float] | None = None,
    cost: float | None = None,
    earlier: int | None = None,
    outcome: Floats | None = None,
    lag: int = 0,
    direction: Direction = "increase",
    smallest_effect: float,
) -> tuple[Scorecard, Brief]:
    """A monthly scorecard.

    Parameters
    ----------
    metric, outcome
        Shape (units, periods); NaN where there is no cell. The outcome is that of the same period; it is shifted by
        `lag`. peers
        By name, in the register's order, each of the same shape.
    costs, cost
        Of measuring, a month; of the peers by name, and of the metric. Not declared where absent.
    earlier
        How many peers come before the metric in the register; all where None.
    direction, smallest_effect
        As declared.
    """
    others = dict(peers) if outcome is None else {**peers, "coal_delivered": outcome}
    panel, brief = panel_specimen(
        metric=metric,
        others=others,
        since=metric.shape[1] // 2,
        outcome=None if outcome is None else "coal_delivered",
        lag=lag,
        direction=direction,
        directions=dict.fromkeys(others, "increase"),
        smallest_effect=smallest_effect,
    )
    known = costs or {}
    given = tuple(
        Peer(name=n, label=n, cost_per_year=(12 * known[n], 12 * known[n]) if n in known else None) for n in peers
    )
    audited = declared(
        improvement_direction=direction,
        targets=brief.metric.targets,
        outcome=brief.metric.outcome,
        guardrails=(),
        cost=None if cost is None else Cost(amount=cost),
    )
    scorecard = Scorecard(panel=panel, peers=given, earlier=len(given) if earlier is None else earlier)
    return scorecard, Brief(metric=audited, smallest_effect=smallest_effect)
