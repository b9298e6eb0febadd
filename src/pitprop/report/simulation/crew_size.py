"""Output against the number of people, in all and per head."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pitprop.report.picture import (
    BAND,
    DASHES,
    LINES,
    Frame,
    Key,
    Layer,
    Picture,
    Rows,
    finished,
    layer,
    path,
    points,
)
from pitprop.report.plain import shortened
from pitprop.report.simulation.amounts import interval, mean
from pitprop.report.simulation.work_answer import arm_called, by_label
from pitprop.simulate.work.results import CrewCurve, Estimate, WorkStudy

MOST_CURVES = 4
"""More arms than that are not all drawn."""


def crew_size(study: WorkStudy, *, per_head: bool = False) -> Picture | None:
    """The curves drawn; None where there is none of two sizes or more."""
    curves = [curve for curve in study.curves if len(curve.sizes) > 1][:MOST_CURVES]
    values = [(curve, curve.per_head if per_head else curve.output) for curve in curves]
    ends = [end for _, held in values for value in held for end in (value.mean, value.high) if math.isfinite(end)]
    if not ends:
        return None
    sizes = sorted({size for curve in curves for size in curve.sizes})
    frame = Frame(x=(sizes[0] - 0.3, sizes[-1] + 0.3), y=(0.0, max(*ends, 0.0) * 1.1 or 1.0), head=0, tall=170.0)
    frame = frame.labelled([(float(size), str(size)) for size in sizes])
    layers: list[Layer] = []
    for place, (curve, held) in enumerate(values):
        layers += _curve(curve, held, frame, place)
    keys = [
        Key(swatch=f"line{place}", means=arm_called(study, curve.arm, by_label))
        for place, (curve, _) in enumerate(values)
    ]
    keys.append(Key(swatch="band", means="95 % interval, where it is wide enough to be seen"))
    if len(curves) < len(study.curves):
        keys.append(Key(swatch="", means=f"{len(curves)} of {len(study.curves)} arms are drawn"))
    unit = shortened(study.unit, 20)
    columns, rows = ("People", "arm", f"{unit} a shift", "95 % interval", "per head"), _rows(study)
    what = "Output per head" if per_head else "Output"
    y_is = f"{unit} a shift per head" if per_head else f"{unit} a shift"
    return finished(f"{what} with other numbers of people", "People", y_is, frame, layers, (), keys, columns, rows)


def _curve(curve: CrewCurve, held: Sequence[Estimate], frame: Frame, place: int) -> list[Layer]:
    pairs = [(size, value) for size, value in zip(curve.sizes, held, strict=True) if math.isfinite(value.mean)]
    band: Rows = [
        {"x": size, "y": value.low, "y2": value.high}
        for size, value in pairs
        if math.isfinite(value.low) and math.isfinite(value.high)
    ]
    line: Rows = [{"x": size, "y": value.mean, "s": 0} for size, value in pairs]
    layers = [layer({"type": "area", "color": BAND}, band, frame, "x", "y", "y2")] if len(band) > 1 else []
    layers.append(path(line, frame, LINES[place], width=1.8, dash=DASHES[place]))
    layers.append(points(line, frame, LINES[place], across=5))
    return layers


def _rows(study: WorkStudy) -> list[tuple[str, ...]]:
    return [
        (str(size), arm_called(study, curve.arm, by_label), mean(output), interval(output) or "–", mean(per_head))
        for curve in study.curves
        for size, output, per_head in zip(curve.sizes, curve.output, curve.per_head, strict=True)
    ]
