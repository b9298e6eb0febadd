"""The course of a number in the width of a word, with its target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeGuard

from pitprop.judge.verdict import Verdict
from pitprop.report.plain import plain
from pitprop.report.wording import number

WIDTH, HEIGHT = 120, 30
_EDGE = 4
_TOTALS = frozenset(("sum", "count", "count_distinct"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """Shapes in a box of WIDTH by HEIGHT, and the same in words."""

    path: str
    """The course, as the `d` of an SVG path; a gap where a value is missing."""
    end: tuple[float, float]
    """Where the last value is."""
    target: float | None
    """Height of the target's line."""
    says: str


def sparkline(verdict: Verdict) -> Sparkline | None:
    """The metric's trend; None where there are fewer than two values."""
    if verdict.trend is None or not verdict.trend.lines:
        return None
    line = verdict.trend.lines[0]
    points = [(i, x, y) for i, (x, y) in enumerate(zip(line.x, line.y, strict=True)) if _real(y)]
    if len(points) < 2:
        return None
    values = [y for _, _, y in points if _real(y)]
    target = _target(verdict)
    low, high = (
        min([*values, *([target] if target is not None else [])]),
        max([*values, *([target] if target is not None else [])]),
    )
    span = high - low or 1.0
    last = max(len(line.x) - 1, 1)

    def across(place: int) -> float:
        return round(_EDGE + (WIDTH - 2 * _EDGE) * place / last, 1)

    def down(value: float) -> float:
        return round(_EDGE + (HEIGHT - 2 * _EDGE) * (high - value) / span, 1)

    path, before = "", -2
    for (place, _, _), value in zip(points, values, strict=True):
        path += f"{'L' if place == before + 1 else 'M'}{across(place):g},{down(value):g}"
        before = place
    says = f"From {number(values[0])} in {plain(points[0][1])} to {number(values[-1])} in {plain(points[-1][1])}"
    if target is not None:
        says += f"; target {number(target)}"
    return Sparkline(
        path=path,
        end=(across(points[-1][0]), down(values[-1])),
        target=None if target is None else down(target),
        says=says,
    )


def _real(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _target(verdict: Verdict) -> float | None:
    """A target on the scale of the trend: what the trend says, else the last fixed one, unless the trend adds
    up what the target asks of each."""
    if verdict.trend is not None and verdict.trend.levels:
        value = verdict.trend.levels[0][0]
        return value if math.isfinite(value) else None
    metric = verdict.metric
    if metric.agg in _TOTALS or metric.agg == "share":
        return None
    fixed = [target.fixed for target in metric.targets if target.fixed is not None]
    return fixed[-1] if len(fixed) == 1 else None
