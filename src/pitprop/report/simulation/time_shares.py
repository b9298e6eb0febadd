"""Where everybody's time went: a bar for each worker, work first, then waiting."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pitprop.report.picture import Key, Layer, Picture, finished
from pitprop.report.simulation.amounts import percent
from pitprop.report.simulation.row_frame import half_bar, row_frame
from pitprop.report.simulation.shades import bars, key
from pitprop.report.simulation.time_use import WAITS, task_names, uses, wait_names
from pitprop.simulate.work.results import ArmResult

MOST_ROWS = 24
"""More people than that are drawn role by role."""


def time_shares(arm: ArmResult, *, swatches: Mapping[str, str]) -> Picture | None:
    """The bars drawn; None where nobody works."""
    told = uses(arm, most=MOST_ROWS)
    used = told[:MOST_ROWS]
    if not used:
        return None
    tasks, waits = task_names(arm), wait_names(used)
    frame, labels = row_frame([use.name for use in used], (0.0, 100.0))
    half = half_bar(frame, len(used))
    by: dict[str, list[tuple[float, float, int]]] = {}
    for row, use in enumerate(used):
        at = 0.0
        parts = [(swatches.get(task, "other"), use.tasks.get(task, 0.0)) for task in tasks]
        parts += [(wait, use.waits.get(wait, 0.0)) for wait in waits]
        for swatch, share in parts:
            if math.isfinite(share) and share > 0:
                by.setdefault(swatch, []).append((at, min(at + 100 * share, 100.0), row))
                at += 100 * share
    layers: list[Layer] = []
    for swatch, spans in sorted(by.items()):
        layers += bars(swatch, spans, frame, half=half, gap=True)
    keys = key(tasks, waits, swatches)
    if len(used) < len(arm.workers):
        keys = (*keys, Key(swatch="", means="averages over the people of each role"))
    if len(used) < len(told):
        keys = (*keys, Key(swatch="", means=f"{len(used)} of {len(told)} roles are drawn"))
    rows = [
        (
            use.name,
            *("–" if task not in use.tasks else percent(use.tasks[task]) for task in tasks),
            *(percent(use.waits.get(wait, 0.0)) for wait in waits),
        )
        for use in told
    ]
    columns = ("Who", *tasks, *(WAITS[wait].short for wait in waits))
    return finished("Where the time went", "Per cent of the time", "", frame, layers, labels, keys, columns, rows)
