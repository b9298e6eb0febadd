"""Regimes: which cells of a panel lie under the target, at a time without it, or are exempt from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest.panel import Panel

Bools = NDArray[np.bool_]

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def regimes(panel: Panel, targets: Sequence[Target]) -> tuple[Bools, Bools, Bools]:
    """Cells under the target, before it, and exempt from it while it is in force; each of shape (cells,).

    The first target with a first day later than the first cell's counts; where there is none, all cells that are
    not exempt are under the target. Periods that straddle its first or last day are in none of the three. Where
    every cell is exempt, all are taken as under it: there is nothing to compare.
    """
    start = panel.start.astype("datetime64[D]")
    if panel.granularity in MONTHS:
        end = (start.astype("datetime64[M]") + MONTHS[panel.granularity]).astype("datetime64[D]")
    else:
        end = start + np.timedelta64(7 if panel.granularity == "week" else 1, "D")
    nowhere = np.zeros(len(start), dtype=bool)
    dated = [t for t in targets if t.since is not None and bool(np.any(start < np.datetime64(t.since, "D")))]
    target = dated[0] if dated else next(iter(targets), None)
    before, force = nowhere, ~nowhere
    if dated and dated[0].since is not None:
        since = np.datetime64(dated[0].since, "D")
        before, force = end <= since, start >= since
    if target is not None and target.until is not None:
        force = force & (end <= np.datetime64(target.until, "D"))
    exempt = panel.exempt & force
    if not (force & ~exempt).any():
        return force | before, nowhere, nowhere
    return force & ~exempt, before, exempt
