"""Pictures of evidence, as data: what to draw, not how. `report` draws them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts by value, with what was expected without a target, and the target."""

    title: str
    x_is: str
    """What the horizontal axis shows, with unit."""
    left: tuple[float, ...]
    """Left edge of each bin, ascending."""
    width: float
    observed: tuple[float, ...]
    expected: tuple[float, ...] | None = None
    """The counterfactual, one for each bin."""
    target: float | None = None
    target_is: str = "target"
    """What the rule at `target` is, where it is not a target: "no difference"."""
    shaded: tuple[float, float] | None = None
    """Range over which the excess was counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    x: tuple[str, ...]
    """ISO dates, or labels."""
    y: tuple[float | None, ...]
    lower: tuple[float | None, ...] | None = None
    upper: tuple[float | None, ...] | None = None
    flagged: tuple[bool, ...] | None = None
    """Points that stand out (signals of a process behaviour chart)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Lines over time: before and after a target, or a process behaviour chart."""

    title: str
    y_is: str
    lines: tuple[Line, ...]
    events: tuple[tuple[str, str], ...] = ()
    """(ISO date, label) of what happened when, such as the target's first day."""
    levels: tuple[tuple[float, str], ...] = ()
    """Horizontal lines: (value, label), such as the target, centre line, natural limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    label: str
    estimate: float
    lower: float
    upper: float
    emphasis: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Estimates with intervals, one under the other: ranks, slopes before and after."""

    title: str
    x_is: str
    rows: tuple[Interval, ...]
    reference: float | None = None
    reference_is: str = ""


Figure = Histogram | Series | Intervals
