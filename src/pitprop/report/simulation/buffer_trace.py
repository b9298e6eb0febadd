"""How full a buffer was in one recorded shift, with its limit."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from pitprop.report.picture import BAR, FLAG, LINES, Frame, Key, Label, Layer, Picture, Rows, finished, path, rects
from pitprop.report.plain import plain
from pitprop.report.simulation.amounts import TIMES
from pitprop.report.wording import number
from pitprop.simulate.work.results import ArmResult, BufferUse, Records

MOST_BUFFERS = 3
"""Of each arm; those of debt first, then the fullest."""
_MOST_STEPS = 500
_BINS = 200
_PARTS = 24
"""Lines of the table."""


def traced(arm: ArmResult, records: Records) -> tuple[BufferUse, ...]:
    """The buffers worth drawing: debt, then what has a limit, then queues; not where things only pile up."""
    known = [b for b in arm.buffers if b.name in records.levels and len(records.levels[b.name][0]) > 1]
    worth = [b for b in known if b.debt or (b.limit > 0 and bool((np.diff(records.levels[b.name][1]) < 0).any()))]

    def rank(buffer: BufferUse) -> tuple[bool, bool, float]:
        limited = math.isfinite(buffer.limit)
        return not buffer.debt, not limited, -(buffer.level.mean / buffer.limit if limited else buffer.level.mean)

    return tuple(sorted(worth, key=rank)[:MOST_BUFFERS])


def buffer_trace(buffer: BufferUse, records: Records, *, time: str) -> Picture | None:
    """The level drawn; None where it never changed."""
    at, level = _lasting(*records.levels[buffer.name])
    if len(at) < 2 or not records.horizon > 0:
        return None
    limit = buffer.limit if math.isfinite(buffer.limit) else None
    top = max(float(level.max()), limit or 0.0, 1.0)
    frame = Frame(x=(0.0, records.horizon), y=(0.0, top * 1.12), head=0, tall=130.0)
    many = len(at) > _MOST_STEPS
    layers: list[Layer] = (
        [_envelope(at, level, frame)] if many else [path(_steps(at, level, frame), frame, LINES[0], width=1.5)]
    )
    labels: list[Label] = []
    means = "least to most in each short while" if many else "units in it"
    keys = [Key(swatch="low" if many else "step", means=means)]
    if limit is not None:
        rule = path([{"x": x, "y": limit, "s": 0} for x in frame.x], frame, FLAG, width=1.6, dash=[6, 4])
        layers.append(rule)
        labels.append(
            Label(text=f"limit {number(limit)}", x=frame.wide - 2, y=frame.height_of(limit) - 5, align="right")
        )
        keys.append(Key(swatch="limit", means=f"limit {number(limit)}"))
    if buffer.debt:
        keys.append(Key(swatch="", means="what is left in it at the end is work put off"))
    name = plain(buffer.name)
    return finished(
        f"How full “{name}” was, in one replication",
        f"Time, {TIMES.get(time, plain(time))}",
        "Units",
        frame,
        layers,
        labels,
        keys,
        ("From", "to", "average", "least", "most"),
        _table(at, level, records.horizon),
    )


def _lasting(at: NDArray[np.float64], level: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Without levels that lasted no time at all."""
    last = np.append(np.diff(at) > 0, True)
    return at[last], level[last]


def _steps(at: NDArray[np.float64], level: NDArray[np.int64], frame: Frame) -> Rows:
    """Corners of the level's steps."""
    rows: Rows = []
    for place in range(len(at)):
        x, y = float(at[place]), int(level[place])
        if rows:
            rows.append({"x": x, "y": rows[-1]["y"], "s": 0})
        rows.append({"x": x, "y": y, "s": 0})
    return [*rows, {"x": frame.x[1], "y": rows[-1]["y"], "s": 0}]


def _envelope(at: NDArray[np.float64], level: NDArray[np.int64], frame: Frame) -> Layer:
    """Bars from the least to the most level in each short while."""
    edges = np.linspace(0.0, frame.x[1], _BINS + 1)
    thin = (frame.y[1] - frame.y[0]) / 130
    drawn: Rows = []
    for left, right in itertools.pairwise(edges):
        low, high, _ = _within(at, level, float(left), float(right))
        drawn.append({"x": float(left), "x2": float(right), "y": low - thin, "y2": high + thin})
    return rects(drawn, frame, BAR)


def _within(at: NDArray[np.float64], level: NDArray[np.int64], start: float, end: float) -> tuple[int, int, float]:
    """Least, most and average level from `start` to `end`."""
    first = max(0, int(np.searchsorted(at, start, side="right")) - 1)
    last = max(first + 1, int(np.searchsorted(at, end, side="left")))
    held = level[first:last]
    cuts = np.clip(np.append(at[first:last], end), start, end)
    return int(held.min()), int(held.max()), float((held * np.diff(cuts)).sum() / (end - start))


def _table(at: NDArray[np.float64], level: NDArray[np.int64], horizon: float) -> list[tuple[str, ...]]:
    edges = np.linspace(0.0, horizon, _PARTS + 1)
    rows: list[tuple[str, ...]] = []
    for left, right in itertools.pairwise(edges):
        low, high, average = _within(at, level, float(left), float(right))
        rows.append((number(float(left)), number(float(right)), number(average), str(low), str(high)))
    return rows
