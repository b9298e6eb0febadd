"""A histogram as a picture: observed bars, the counterfactual as a step line, the target as a rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pitprop.examine.figure import Histogram
from pitprop.report.picture import (
    BAR,
    BAR_STRONG,
    FLAG,
    INK,
    SHADE,
    Frame,
    Key,
    Label,
    Layer,
    Picture,
    Rows,
    finished,
    label_above,
    path,
    rects,
    vertical,
)
from pitprop.report.plain import plain
from pitprop.report.wording import number

MOST_BINS = 160
"""More bins than that are joined for the picture."""


def histogram(figure: Histogram) -> Picture | None:
    bins = _bins(figure)
    if not bins or not figure.width > 0:
        return None
    low, high = bins[0].left, bins[-1].right
    target = figure.target if figure.target is not None and math.isfinite(figure.target) else None
    if target is not None:
        low, high = min(low, target - bins[0].wide), max(high, target + bins[0].wide)
    target_is = plain(figure.target_is) or "target"
    window = _within(figure.shaded, low, high)
    top = max(max(b.observed, b.expected or 0.0) for b in bins) * 1.06 or 1.0
    frame = Frame(x=(low, high), y=(0.0, top), head=1 if target is not None else 0)
    layers: list[Layer] = []
    labels: list[Label] = []
    if window:
        layers.append(rects([{"x": window[0], "x2": window[1], "y": 0, "y2": top}], frame, SHADE))
    for strong, colour in ((False, BAR), (True, BAR_STRONG)):
        drawn: Rows = [
            {"x": b.left, "x2": b.right, "y": 0, "y2": b.observed}
            for b in bins
            if b.observed > 0 and _inside(b, window) is strong
        ]
        if drawn:
            layers.append(rects(drawn, frame, colour, gap=len(bins) <= 80))
    expected = _steps(bins)
    if expected:
        layers.append(path(expected, frame, INK, width=1.8))
    if target is not None:
        layers.append(vertical([target], frame, FLAG, width=2.0))
        labels.append(label_above(target, target_is, frame))
    key = [Key(swatch="bar", means="observed")]
    if window:
        key.append(
            Key(
                swatch="strong",
                means=f"counted as excess or missing, {number(window[0])} to {number(window[1])}",
            )
        )
    if expected:
        key.append(Key(swatch="step", means="expected without a target"))
    if target is not None:
        key.append(Key(swatch="rule", means=f"{target_is} {number(target, digits=5)}"))
    columns = ["From", "to below", "Observed"] + (["Expected"] if expected else [])
    rows = [
        (number(b.left, digits=5), number(b.right, digits=5), number(b.observed, digits=4))
        + ((number(b.expected, digits=4),) if expected else ())
        for b in bins
    ]
    return finished(figure.title, figure.x_is, "count", frame, layers, labels, key, columns, rows)


@dataclass(frozen=True, slots=True)
class _Bin:
    left: float
    right: float
    observed: float
    expected: float | None

    @property
    def wide(self) -> float:
        return self.right - self.left


def _bins(figure: Histogram) -> list[_Bin]:
    """The bins, neighbours joined where there are more than can be seen, never across the target."""
    expected: Sequence[float | None] = figure.expected or (None,) * len(figure.left)
    bins = [
        _Bin(left, left + figure.width, max(count, 0.0), None if e is None or not math.isfinite(e) else e)
        for left, count, e in zip(figure.left, figure.observed, expected, strict=True)
        if math.isfinite(left) and math.isfinite(count)
    ]
    many = math.ceil(len(bins) / MOST_BINS)
    if many <= 1:
        return bins
    wide = figure.width * many
    anchor = figure.target if figure.target is not None and math.isfinite(figure.target) else bins[0].left
    joined: dict[int, list[_Bin]] = {}
    for b in bins:
        joined.setdefault(math.floor((b.left - anchor) / wide + 1e-9), []).append(b)
    return [
        _Bin(
            anchor + place * wide,
            anchor + (place + 1) * wide,
            math.fsum(b.observed for b in group),
            None if any(b.expected is None for b in group) else math.fsum(b.expected or 0.0 for b in group),
        )
        for place, group in sorted(joined.items())
    ]


def _within(window: tuple[float, float] | None, low: float, high: float) -> tuple[float, float] | None:
    if window is None or not all(math.isfinite(end) for end in window):
        return None
    start, end = max(min(window), low), min(max(window), high)
    return (start, end) if start < end else None


def _inside(b: _Bin, window: tuple[float, float] | None) -> bool:
    middle = (b.left + b.right) / 2
    return window is not None and window[0] <= middle <= window[1]


def _steps(bins: Sequence[_Bin]) -> Rows:
    """Corners of the expected counts, a new stroke after each gap."""
    rows: Rows = []
    stroke, end = 0, math.nan
    for b in bins:
        if b.expected is None:
            end = math.nan
            continue
        if not math.isclose(b.left, end, rel_tol=1e-9, abs_tol=b.wide * 1e-3):
            stroke += 1
        rows += [{"x": b.left, "y": b.expected, "s": stroke}, {"x": b.right, "y": b.expected, "s": stroke}]
        end = b.right
    return rows
