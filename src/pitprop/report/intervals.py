"""Estimates with their intervals as a picture: a dot and a whisker in each row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pitprop.examine.figure import Interval, Intervals
from pitprop.report.picture import (
    FLAG,
    INK,
    LINE,
    LINES,
    WHISKER,
    Frame,
    Key,
    Label,
    Layer,
    Picture,
    Rows,
    finished,
    label_above,
    layer,
    padded,
    points,
    vertical,
)
from pitprop.report.plain import plain, shortened
from pitprop.report.wording import number

_BESIDE, _ABOVE = 24, 42
"""Characters of a row's label that are shown beside its row, or above it; the table has the whole."""
_FEW = 8
"""Rows that are few enough to carry their labels above them, where the labels are long."""


def intervals(figure: Intervals) -> Picture | None:
    """The figure drawn, rows in the order given; None where no row has an estimate."""
    rows = [row for row in figure.rows if math.isfinite(row.estimate)]
    if not rows:
        return None
    above = len(rows) <= _FEW and any(len(plain(row.label)) > _BESIDE for row in rows)
    step = _step(len(rows), above)
    ends = [end for row in rows for end in (row.lower, row.estimate, row.upper) if math.isfinite(end)]
    reference = figure.reference if figure.reference is not None and math.isfinite(figure.reference) else None
    reference_is = plain(figure.reference_is) or "reference"
    ends += [reference] if reference is not None else []
    named = _named(rows, step)
    frame = Frame(
        x=padded(min(ends), max(ends), 0.04),
        y=(len(rows) - 0.4, -0.75 if above else -0.6),
        head=1 if reference is not None else 0,
        tall=max(60.0, step * len(rows)),
        left=16 if above else max(len(shortened(rows[place].label, _BESIDE)) for place in named) * 9.2 + 14,
        rows=True,
    )
    layers: list[Layer] = []
    labels = [_label(rows[place], frame.height_of(place), above) for place in named]
    if reference is not None:
        layers.append(vertical([reference], frame, FLAG, width=1.6))
        labels.append(label_above(reference, reference_is, frame))
    layers += _whiskers(rows, frame, step, emphasis=False) + _whiskers(rows, frame, step, emphasis=True)
    key = [Key(swatch="interval", means="estimate and its interval")]
    if any(row.emphasis for row in rows):
        key.append(Key(swatch="emphasis", means="stands out"))
    if reference is not None:
        key.append(Key(swatch="rule", means=f"{reference_is} {number(reference)}"))
    if len(named) < len(rows):
        key.append(Key(swatch="", means=f"{len(rows)} rows, {len(named)} of them named; all are in the table"))
    columns = ["Name", "Estimate", "Lower", "Upper"]
    table = [
        (plain(row.label), *(number(end, digits=4) for end in (row.estimate, row.lower, row.upper))) for row in rows
    ]
    return finished(figure.title, figure.x_is, "", frame, layers, labels, key, columns, table)


def _whiskers(rows: Sequence[Interval], frame: Frame, step: float, *, emphasis: bool) -> list[Layer]:
    low, high = frame.x
    chosen = [(place, row) for place, row in enumerate(rows) if row.emphasis is emphasis]
    if not chosen:
        return []
    lines: Rows = [{"x": _held(row.lower, low), "x2": _held(row.upper, high), "y": place} for place, row in chosen]
    dots: Rows = [{"x": row.estimate, "y": place} for place, row in chosen]
    weight = min(3.2, step * 0.6) if emphasis else min(1.5, step * 0.2)
    across = min(9.0, max(2.4, step)) if emphasis else min(6.0, max(1.8, step * 0.7))
    mark = {"type": "rule", "color": LINES[0] if emphasis else WHISKER, "strokeWidth": round(weight, 2)}
    return [
        layer(mark, lines, frame, "x", "x2", "y"),
        points(dots, frame, INK, across=across),
    ]


def _step(count: int, above: bool) -> float:
    """Height of a row, in the picture's units."""
    if above:
        return 48.0
    return 22.0 if count <= 24 else 12.0 if count <= 60 else max(2.0, 520 / count)


def _label(row: Interval, height: float, above: bool) -> Label:
    if above:
        return Label(text=shortened(row.label, _ABOVE), x=0, y=height - 8, align="left", bold=row.emphasis)
    return Label(text=shortened(row.label, _BESIDE), x=-8, y=height + 4, align="right", bold=row.emphasis)


def _held(end: float, limit: float) -> float:
    return end if math.isfinite(end) else limit


def _named(rows: Sequence[Interval], step: float) -> list[int]:
    """Which rows have room for their label: what stands out, the ends, then as many as fit."""
    order = sorted(range(len(rows)), key=lambda p: (not rows[p].emphasis, p not in (0, len(rows) - 1), p))
    if step >= LINE:
        return list(range(len(rows)))
    taken: list[int] = []
    for place in order:
        if all(abs(place - other) * step >= LINE for other in taken):
            taken.append(place)
    return sorted(taken)
