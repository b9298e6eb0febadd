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
_MOST_TARGETS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """Shapes in a box of WIDTH by HEIGHT, and the same in words."""

    path: str
    """The course, as the `d` of an SVG path; a gap where a value is missing."""
    end: tuple[float, float]
    """Where the last value is."""
    targets: tuple[float, ...]
    """Heights of the targets' lines."""
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
    targets = _targets(verdict)
    low, high = min(*values, *targets), max(*values, *targets)
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
    if targets:
        says += f"; target {' and '.join(number(target) for target in targets)}"
    return Sparkline(
        path=path,
        end=(across(points[-1][0]), down(values[-1])),
        targets=tuple(down(target) for target in targets),
        says=says,
    )


def _real(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _targets(verdict: Verdict) -> tuple[float, ...]:
    """The trend's levels, unless there are so many that they would hide it."""
    levels = verdict.trend.levels if verdict.trend is not None else ()
    values = tuple(dict.fromkeys(value for value, _ in levels if math.isfinite(value)))
    return values if len(values) <= _MOST_TARGETS else ()
