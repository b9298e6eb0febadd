"""Lines over time as a picture: limits as levels, what happened as upright rules, signals as diamonds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TypeGuard

from pitprop.examine.figure import Line, Series
from pitprop.report.picture import (
    BAND,
    DASHES,
    FLAG,
    LINE,
    LINES,
    MUTED,
    Frame,
    Key,
    Label,
    Layer,
    Picture,
    Rows,
    finished,
    horizontal,
    label_above,
    layer,
    padded,
    path,
    points,
    vertical,
)
from pitprop.report.plain import plain, shortened
from pitprop.report.wording import number


def series(figure: Series) -> Picture | None:
    lines = [line for line in figure.lines if any(_real(y) for y in line.y)]
    if not lines:
        return None
    labels = list(dict.fromkeys(x for line in lines for x in line.x))
    places, dated = _places(labels)
    if dated:
        labels.sort(key=lambda label: places[label])
    levels = [(value, plain(label)) for value, label in figure.levels if math.isfinite(value)]
    values = [y for line in lines for y in (*line.y, *(line.lower or ()), *(line.upper or ())) if _real(y)]
    values += [value for value, _ in levels]
    ends = [places[label] for label in labels]
    events = [(_event(when, places, dated), when, plain(label)) for when, label in figure.events]
    near = padded(min(ends), max(ends), 0.15)
    shown = [(x, label) for x, _, label in events if x is not None and near[0] <= x <= near[1]]
    ends += [x for x, _ in shown]
    frame = Frame(
        x=padded(min(ends), max(ends), 0.02),
        y=_roomy(min(values), max(values), bool(levels)),
        head=len(shown),
        dated=dated,
    )
    if not dated:
        frame = frame.labelled([(places[label], plain(label)) for label in labels])
    layers: list[Layer] = []
    layers += [_band(line, places, frame) for line in lines if line.lower and line.upper]
    if levels:
        layers.append(horizontal([value for value, _ in levels], frame))
    if shown:
        layers.append(vertical([x for x, _ in shown], frame, MUTED, width=1.2, dash=[4, 3]))
    for place, line in enumerate(lines):
        layers += _drawn_line(line, places, frame, place % len(LINES))
    named = [label_above(x, label, frame, line=place) for place, (x, label) in enumerate(shown)]
    named += _level_labels(levels, frame)
    key = [Key(swatch=f"line{place % len(LINES)}", means=plain(line.name)) for place, line in enumerate(lines)]
    if any(line.lower and line.upper for line in lines):
        key.append(Key(swatch="band", means="interval"))
    if any(any(line.flagged or ()) for line in lines):
        key.append(Key(swatch="flag", means="stands out"))
    key += [Key(swatch="level", means=f"{label} {number(value)}") for value, label in levels]
    key += [Key(swatch="event", means=f"{plain(when)}: {label}") for _, when, label in events]
    return finished(figure.title, "", figure.y_is, frame, layers, named, key, *_series_table(lines, labels))


def _real(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _places(labels: Sequence[str]) -> tuple[dict[str, float], bool]:
    """Where each label stands: milliseconds since 1970 if all are dates, else their order."""
    moments = [_moment(label) for label in labels]
    if all(moment is not None for moment in moments):
        return {label: moment for label, moment in zip(labels, moments, strict=True) if moment is not None}, True
    return {label: float(place) for place, label in enumerate(labels)}, False


def _moment(label: str) -> float | None:
    parts = str(label).split("T")[0].split("-")
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        return None
    try:
        day = date(*(int(part) for part in [*parts, "1", "1"][:3]))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000


def _event(when: str, places: dict[str, float], dated: bool) -> float | None:
    return _moment(when) if dated else places.get(when)


def _roomy(low: float, high: float, labelled: bool) -> tuple[float, float]:
    """The ends of the vertical axis, with room for the label of a level at the top."""
    bottom, top = padded(low, high, 0.07)
    return bottom, top + (top - bottom) * 0.06 if labelled else top


def _band(line: Line, places: dict[str, float], frame: Frame) -> Layer:
    rows = [
        {"x": places[x], "y": low, "y2": high}
        for x, low, high in zip(line.x, line.lower or (), line.upper or (), strict=True)
        if _real(low) and _real(high)
    ]
    return layer({"type": "area", "color": BAND}, sorted(rows, key=lambda row: row["x"]), frame, "x", "y", "y2")


def _drawn_line(line: Line, places: dict[str, float], frame: Frame, place: int) -> list[Layer]:
    rows: Rows = []
    stroke = 0
    flags = line.flagged or (False,) * len(line.x)
    for x, y, flagged in zip(line.x, line.y, flags, strict=True):
        if _real(y):
            rows.append({"x": places[x], "y": y, "s": stroke, "flagged": flagged})
        else:
            stroke += 1
    layers = [path(rows, frame, LINES[place], width=1.6, dash=DASHES[place])]
    if len(rows) <= 60:
        dots = [row for row in rows if not row["flagged"]]
        layers.append(points(dots, frame, LINES[place], across=3.2))
    flagged_rows = [row for row in rows if row["flagged"]]
    if flagged_rows:
        layers.append(points(flagged_rows, frame, FLAG, across=8, shape="diamond"))
    return [layer for layer in layers if layer["data"]["values"]]


def _level_labels(levels: list[tuple[float, str]], frame: Frame) -> list[Label]:
    """Labels at the right, each above its line, moved apart where they would touch."""
    heights: list[tuple[float, str]] = []
    floor = math.inf
    for value, label in sorted(levels):
        height = min(frame.height_of(value) - 5, floor - LINE)
        floor = height
        heights.append((height, label))
    return [Label(text=shortened(label, 30), x=frame.wide - 2, y=height, align="right") for height, label in heights]


def _series_table(lines: Sequence[Line], labels: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
    columns, cells = ["When"], []
    for line in lines:
        columns.append(plain(line.name) or "value")
        flags = line.flagged or (False,) * len(line.x)
        shown = {
            x: number(y, digits=4) + (" ◆" if flagged else "")
            for x, y, flagged in zip(line.x, line.y, flags, strict=True)
        }
        cells.append(shown)
        if line.lower and line.upper:
            columns.append(f"interval of {plain(line.name)}")
            cells.append(
                {
                    x: f"{number(low, digits=4)} to {number(high, digits=4)}"
                    for x, low, high in zip(line.x, line.lower, line.upper, strict=True)
                }
            )
    return columns, [(plain(label), *(shown.get(label, "–") for shown in cells)) for label in labels]
