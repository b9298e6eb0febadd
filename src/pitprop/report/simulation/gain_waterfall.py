"""The gain taken apart: each factor takes the headline on from where the one before left it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from pitprop.report.picture import GRID, MUTED, Frame, Key, Label, Layer, Picture, Rows, finished, layer, vertical
from pitprop.report.simulation.amounts import interval, mean, share_of, times
from pitprop.report.simulation.row_frame import half_bar, row_frame
from pitprop.report.simulation.shades import bars
from pitprop.report.simulation.work_answer import arm_called as called
from pitprop.report.simulation.work_answer import by_label, factor_name
from pitprop.report.wording import number
from pitprop.simulate.work.results import Gain, WorkStudy


def gain_waterfall(study: WorkStudy, gain: Gain) -> Picture | None:
    """The factors drawn on a scale of equal ratios; None where a factor is not a positive number."""
    steps = [factor.times.mean for factor in gain.factors]
    if not steps or not all(math.isfinite(step) and step > 0 for step in (*steps, gain.ratio.mean)):
        return None
    at = [0.0]
    for step in steps:
        at.append(at[-1] + math.log10(step))
    low, high = min(at), max(at)
    room = max(high - low, 0.05)
    names = [*(factor_name(factor) for factor in gain.factors), "all together"]
    frame, labels = row_frame(names, (low - room * 0.04, high + room * 0.2))
    ticks = _ticks(*frame.x)
    frame = replace(frame, names=ticks)
    half = half_bar(frame, len(names))
    layers: list[Layer] = [vertical([place for place, _ in ticks], frame, GRID, width=1.0)]
    layers += _joints(at, frame, half)
    spans = [(min(a, b), max(a, b), row) for row, (a, b) in enumerate(itertools.pairwise(at))]
    layers += bars("rise", [s for s in spans if steps[s[2]] >= 1], frame, half=half, gap=False)
    layers += bars("fall", [s for s in spans if steps[s[2]] < 1], frame, half=half, gap=False)
    layers += bars("whole", [(min(0.0, at[-1]), max(0.0, at[-1]), len(steps))], frame, half=half, gap=False)
    ends = [max(s[1] for s in spans if s[2] == row) for row in range(len(steps))] + [max(0.0, at[-1])]
    told = [f"×{mean(factor.times)}" for factor in gain.factors] + [f"×{mean(gain.ratio)}"]
    wide = frame.wide / (frame.x[1] - frame.x[0])
    labels = labels + [
        Label(
            text=text, x=(end - frame.x[0]) * wide + 6, y=frame.height_of(row) + 4, align="left", bold=row == len(steps)
        )
        for row, (end, text) in enumerate(zip(ends, told, strict=True))
    ]
    keys = [Key(swatch="rise", means="multiplies the gain")]
    if any(step < 1 for step in steps):
        keys.append(Key(swatch="fall", means="makes it smaller"))
    keys.append(Key(swatch="whole", means="all together"))
    what = "headline" if gain.headline else "output"
    start, end = (called(study, name, by_label) for name in (gain.start, gain.end))
    return finished(
        f"From the {what} of {start} to that of {end}",
        f"times the {what} of {start}; equal lengths are equal ratios",
        "",
        frame,
        layers,
        labels,
        keys,
        ("Factor", "times", "95 % interval", "share of the gain", "alone", "last"),
        _rows(gain),
    )


def _ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Round ratios between two logarithms, few enough to be labelled."""
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        decades = range(math.floor(low) - 1, math.ceil(high) + 1)
        places = [math.log10(step) + decade for decade in decades for step in steps]
        within = [place for place in places if low <= place <= high]
        if len(within) <= 7:
            break
    return tuple((place, number(10**place)) for place in within[:9]) or ((0.0, "1"),)


def _joints(at: Sequence[float], frame: Frame, half: float) -> list[Layer]:
    """Thin lines from the end of each bar to the beginning of the next."""
    rows: Rows = [{"x": end, "y": row + half, "y2": row + 1 - half} for row, end in enumerate(at[1:])]
    return [layer({"type": "rule", "color": MUTED, "strokeWidth": 1}, rows, frame, "x", "y", "y2")]


def _rows(gain: Gain) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (
            factor_name(factor),
            mean(factor.times),
            interval(factor.times) or "–",
            share_of(factor.share),
            times(factor.alone),
            times(factor.last),
        )
        for factor in gain.factors
    ]
    return [*rows, ("All together", mean(gain.ratio), interval(gain.ratio) or "–", "100 %", "–", "–")]
