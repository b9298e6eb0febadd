"""A picture: a plotting area with its scales, the layers drawn in it, a key and a data table.

Every scale, margin and position is computed here, so nothing depends on the fonts of the machine that draws.
Text of unknown origin is a value of a data field that is named here; no expression holds any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pitprop.report.plain import plain, shortened
from pitprop.report.vega import svg

WIDTH = 480
"""Width of every picture in its own units; the page scales it."""
HEIGHT = 200
LINE = 18
"""Height that a line of text needs on the narrowest screen, in the picture's units."""
CHARACTER = 8.6
"""Width that a character needs there."""

INK = "#1c2733"
MUTED = "#5a6470"
GRID = "#e3e6ea"
BAR = "#9dbad4"
BAR_STRONG = "#47749f"
SHADE = "#f3e6c8"
BAND = "#d9e4ee"
FLAG = "#b3261e"
WHISKER = "#8b939c"
PAPER = "#ffffff"
LINES = ("#1f4e79", "#b4530f", "#6b6f76", "#6a4c93")
DASHES: tuple[list[int], ...] = ([], [7, 3], [2, 3], [8, 3, 2, 3])

Rows = list[dict[str, Any]]
Layer = dict[str, Any]
"""One layer of a Vega-Lite specification."""
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One entry of a picture's key."""

    swatch: str
    """bar, strong, step, shade, band, rule, level, flag, interval, emphasis, or line0 ... line3."""
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawn figure with what is needed to read it, and its numbers."""

    title: str
    x_is: str
    y_is: str
    svg: str
    key: tuple[Key, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The data table; the first cell of each row heads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text at a place of the plotting area, in the picture's units; `y` is the line it stands on."""

    text: str
    x: float
    y: float
    align: Align = "center"
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The plotting area and its scales."""

    x: tuple[float, float]
    y: tuple[float, float]
    head: int
    """Lines of text above the area."""
    tall: float = HEIGHT
    left: float = 52
    dated: bool = False
    rows: bool = False
    """Whether the vertical axis counts rows, and so is not drawn."""
    names: tuple[tuple[float, str], ...] = ()
    """Labels of the horizontal axis where it is neither numbers nor dates."""

    @property
    def wide(self) -> float:
        return WIDTH - self.left - 18

    def height_of(self, value: float) -> float:
        return self.tall * (self.y[1] - value) / (self.y[1] - self.y[0])

    def labelled(self, labels: Sequence[tuple[float, str]]) -> Frame:
        """With as many labels below as there is room for."""
        longest = min(14, max((len(label) for _, label in labels), default=1))
        room = max(1, int(self.wide / (longest * CHARACTER + 10)))
        every = max(1, math.ceil(len(labels) / room))
        names = tuple((place, shortened(label, 14)) for place, label in labels[::every])
        return replace(self, names=names)

    def encoding(self, *channels: str) -> dict[str, Any]:
        """Vega-Lite's encoding of those channels, with axes and fixed scales."""
        known: dict[str, dict[str, Any]] = {
            "x": {"field": "x", "axis": self._x_axis(), **self._scale(self.x, self.dated)},
            "x2": {"field": "x2"},
            "y": {"field": "y", "axis": self._y_axis(), **self._scale(self.y, False)},
            "y2": {"field": "y2"},
            "detail": {"field": "s", "type": "nominal"},
        }
        return {channel: known[channel] for channel in channels}

    def _x_axis(self) -> dict[str, Any] | None:
        if self.names:
            return None
        ticks = max(2, int(self.wide / (64 if self.rows else 80)))
        axis: dict[str, Any] = {"grid": self.rows, "tickCount": ticks, "labelOverlap": True, "title": None}
        return axis | (_calendar(self.x) if self.dated else {"format": _format(self.x)})

    def _y_axis(self) -> dict[str, Any] | None:
        if self.rows:
            return None
        axis = {"grid": True, "tickCount": 4, "title": None, "domain": False, "ticks": False}
        return axis | {"format": _format(self.y)}

    @staticmethod
    def _scale(ends: tuple[float, float], dated: bool) -> dict[str, Any]:
        scale: dict[str, Any] = {"domain": list(ends), "nice": False}
        if dated:
            return {"type": "temporal", "scale": scale | {"type": "utc"}}
        return {"type": "quantitative", "scale": scale | {"zero": False}}


def _format(ends: tuple[float, float]) -> str:
    size, span = max(abs(end) for end in ends), abs(ends[1] - ends[0])
    if size >= 10_000 and span >= size / 20:
        return "~s"
    if size < 1e-3:
        return ".1~e"
    decimals = 0 if span >= 5 else min(6, 1 - math.floor(math.log10(span / 4)))
    return f",.{decimals}~f"


def _calendar(ends: tuple[float, float]) -> dict[str, Any]:
    days = (ends[1] - ends[0]) / 86_400_000
    if days > 900:
        step = next((s for s in (1, 2, 5, 10, 20, 50) if days / 365.25 / s <= 6), 100)
        return {"tickCount": {"interval": "year", "step": step}, "format": "%Y"}
    if days > 75:
        step = next((s for s in (1, 2, 3, 4, 6) if days / 30.4 / s <= 5), 12)
        return {"tickCount": {"interval": "month", "step": step}, "format": "%b %Y"}
    step = next((s for s in (1, 2, 7) if days / s <= 6), 14)
    return {"tickCount": {"interval": "day", "step": step}, "format": "%-d %b"}


def layer(mark: dict[str, Any], rows: Rows, frame: Frame, *channels: str) -> Layer:
    """Marks of one kind with their data."""
    return {"mark": mark, "data": {"values": rows}, "encoding": frame.encoding(*channels)}


def rects(rows: Rows, frame: Frame, colour: str, *, gap: bool = False) -> Layer:
    mark: dict[str, Any] = {"type": "rect", "color": colour}
    if gap:
        mark |= {"stroke": PAPER, "strokeWidth": 0.8}
    return layer(mark, rows, frame, "x", "x2", "y", "y2")


def path(rows: Rows, frame: Frame, colour: str, *, width: float, dash: Iterable[int] = ()) -> Layer:
    mark: dict[str, Any] = {"type": "line", "color": colour, "strokeWidth": width}
    if dash:
        mark["strokeDash"] = list(dash)
    drawn = layer(mark, rows, frame, "x", "y", "detail")
    drawn["encoding"]["order"] = {"value": 0}
    return drawn


def points(rows: Rows, frame: Frame, colour: str, *, across: float, shape: str = "circle") -> Layer:
    """Points of about that diameter."""
    size = (round(across * 5) / 5) ** 2
    mark = {"type": "point", "shape": shape, "filled": True, "opacity": 1, "color": colour, "size": size}
    return layer(mark, rows, frame, "x", "y")


def vertical(at: Sequence[float], frame: Frame, colour: str, *, width: float, dash: Iterable[int] = ()) -> Layer:
    mark: dict[str, Any] = {"type": "rule", "color": colour, "strokeWidth": width}
    if dash:
        mark["strokeDash"] = list(dash)
    return layer(mark, [{"x": x} for x in at], frame, "x")


def horizontal(at: Sequence[float], frame: Frame) -> Layer:
    """Dashed lines across the area."""
    mark = {"type": "rule", "color": MUTED, "strokeWidth": 1.2, "strokeDash": [6, 4]}
    return layer(mark, [{"y": y} for y in at], frame, "y")


def _written(labels: Sequence[Label]) -> list[Layer]:
    """One layer for the labels of each kind: many layers are slow to draw."""
    kinds: dict[tuple[str, bool], Rows] = {}
    for label in labels:
        row = {"t": label.text, "px": round(label.x, 2), "py": round(label.y, 2)}
        kinds.setdefault((label.align, label.bold), []).append(row)
    return [
        {
            "mark": {
                "type": "text",
                "align": align,
                "baseline": "alphabetic",
                "color": INK,
                "fontWeight": "bold" if bold else "normal",
            },
            "data": {"values": rows},
            "encoding": {
                "text": {"field": "t", "type": "nominal"},
                "x": {"field": "px", "type": "quantitative", "scale": None, "axis": None},
                "y": {"field": "py", "type": "quantitative", "scale": None, "axis": None},
            },
        }
        for (align, bold), rows in kinds.items()
    ]


def label_above(x: float, label: str, frame: Frame, *, line: int = 0) -> Label:
    """A label above the area at `x`, kept within the picture's width."""
    at = frame.wide * (x - frame.x[0]) / (frame.x[1] - frame.x[0])
    shown = shortened(label, int(frame.wide / CHARACTER))
    long = len(shown) * CHARACTER
    align: Align = "center"
    if at < long / 2 and at + long <= frame.wide:
        align = "left"
    elif at > frame.wide - long / 2 and at >= long:
        align = "right"
    else:
        at = min(max(at, long / 2), frame.wide - long / 2)
    return Label(text=shown, x=at, y=-8 - line * LINE, align=align)


def finished(
    title: str,
    x_is: str,
    y_is: str,
    frame: Frame,
    layers: Sequence[Layer],
    labels: Sequence[Label],
    key: Sequence[Key],
    columns: Sequence[str],
    rows: Sequence[tuple[str, ...]],
) -> Picture:
    below = [
        Label(text=name, x=frame.wide * (place - frame.x[0]) / (frame.x[1] - frame.x[0]), y=frame.tall + 20)
        for place, name in frame.names
    ]
    spec: dict[str, Any] = {
        "width": frame.wide,
        "height": frame.tall,
        "autosize": "none",
        "padding": {"left": frame.left, "right": 18, "top": 10 + frame.head * LINE, "bottom": 28},
        "background": None,
        "layer": [*layers, *_written([*labels, *below])],
        "config": {
            "aria": False,
            "view": {"stroke": None},
            "axis": {
                "labelColor": MUTED,
                "gridColor": GRID,
                "domainColor": MUTED,
                "tickColor": MUTED,
                "labelFontSize": 12,
                "labelPadding": 5,
                "tickSize": 4,
            },
        },
    }
    return Picture(
        title=plain(title),
        x_is=plain(x_is),
        y_is=plain(y_is),
        svg=svg(spec, plain(title)),
        key=tuple(key),
        columns=tuple(columns),
        rows=tuple(rows),
    )


def padded(low: float, high: float, share: float) -> tuple[float, float]:
    room = (high - low) * share or abs(high) * 0.05 or 1.0
    return low - room, high + room
