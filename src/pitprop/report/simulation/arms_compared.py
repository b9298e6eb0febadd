"""The arms side by side: output with its interval, and the most that the same people could yield."""

from __future__ import annotations

import math

from pitprop.report.picture import INK, LINES, WHISKER, Key, Layer, Picture, Rows, finished, layer, points
from pitprop.report.plain import shortened
from pitprop.report.simulation.amounts import interval, mean
from pitprop.report.simulation.row_frame import half_bar, row_frame
from pitprop.report.simulation.work_answer import title
from pitprop.report.wording import number
from pitprop.simulate.work.results import WorkStudy


def arms_compared(study: WorkStudy) -> Picture | None:
    """The rows drawn, in the file's order; None where no arm has an output."""
    arms = [arm for arm in study.arms if math.isfinite(arm.output.mean)]
    if not arms:
        return None
    bounds = [arm.capacity.output if arm.capacity and math.isfinite(arm.capacity.output) else None for arm in arms]
    ends = [end for arm in arms for end in (arm.output.mean, arm.output.high) if math.isfinite(end)]
    top = max([*ends, *(bound for bound in bounds if bound is not None), 0.0]) or 1.0
    frame, labels = row_frame([title(arm) for arm in arms], (0.0, top * 1.06))
    whiskers: Rows = [
        {"x": arm.output.low, "x2": arm.output.high, "y": row}
        for row, arm in enumerate(arms)
        if math.isfinite(arm.output.low) and math.isfinite(arm.output.high)
    ]
    layers: list[Layer] = []
    if whiskers:
        mark = {"type": "rule", "color": WHISKER, "strokeWidth": 3}
        layers.append(layer(mark, whiskers, frame, "x", "x2", "y"))
    layers.append(points([{"x": arm.output.mean, "y": row} for row, arm in enumerate(arms)], frame, INK, across=7))
    keys = [Key(swatch="interval", means="output and its 95 % interval")]
    if any(bound is not None for bound in bounds):
        tall = half_bar(frame, len(arms))
        ticks: Rows = [
            {"x": bound, "y": row - tall, "y2": row + tall} for row, bound in enumerate(bounds) if bound is not None
        ]
        layers.append(layer({"type": "rule", "color": LINES[3], "strokeWidth": 2.2}, ticks, frame, "x", "y", "y2"))
        keys.append(Key(swatch="bound", means="most that the same people could yield, however the work is shared"))
    unit = shortened(study.unit, 20)
    rows = [
        (
            title(arm),
            mean(arm.output),
            interval(arm.output) or "–",
            mean(arm.per_head),
            "–" if bound is None else number(bound, digits=4),
        )
        for arm, bound in zip(arms, bounds, strict=True)
    ]
    columns = ("Arm", f"{unit} a shift", "95 % interval", "per head", "most possible")
    return finished("Output of each arm", f"{unit} a shift", "", frame, layers, labels, keys, columns, rows)
