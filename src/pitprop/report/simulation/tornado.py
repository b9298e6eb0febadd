"""How far assumed values move what comes out, within their ranges: the widest bar on top."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pitprop.report.picture import INK, Key, Layer, Picture, finished, label_above, padded, vertical
from pitprop.report.plain import plain, shortened
from pitprop.report.simulation.amounts import times
from pitprop.report.simulation.assumptions import most_moved
from pitprop.report.simulation.row_frame import half_bar, row_frame
from pitprop.report.simulation.shades import bars
from pitprop.report.simulation.work_answer import arm_called, by_label
from pitprop.report.wording import number
from pitprop.simulate.work.results import Swing, WorkStudy

MOST_ROWS = 16
"""More assumptions than that are not all drawn; those that move least are left out."""

NOTHING = 1e-6
"""What moves less than this share is not drawn."""

Moves = list[tuple[Swing, tuple[float, float]]]


def gain_moved(study: WorkStudy) -> Picture | None:
    """What the assumptions do to the gain; None where no gain was taken apart."""
    if study.gain is None:
        return None
    moves: Moves = [(s, s.ratio) for s in study.swings if s.ratio]
    start, end = (arm_called(study, name, by_label) for name in (study.gain.start, study.gain.end))
    what = f"gain from {start} to {end}"
    columns = ("Assumed", "is", "from", "gain there", "to", "gain there", "why")
    return _drawn(f"How far assumptions move the {what}", "times", moves, study.gain.ratio.mean, columns)


def output_moved(study: WorkStudy) -> Picture | None:
    """What the assumptions do to the output of the arm that they move most; None where there are none."""
    arm = most_moved(study)
    if arm is None:
        return None
    moves: Moves = [(s, s.output[arm.name]) for s in study.swings if arm.name in s.output]
    unit = shortened(study.unit, 20)
    columns = ("Assumed", "is", "from", f"{unit} there", "to", f"{unit} there", "why")
    title = f"How far assumptions move the output of {by_label(arm)}"
    return _drawn(title, f"{unit} a shift", moves, arm.output.mean, columns)


def _drawn(title: str, x_is: str, moves: Moves, base: float, columns: Sequence[str]) -> Picture | None:
    moving = [move for move in moves if all(map(math.isfinite, move[1])) and _away(move[1], base) > NOTHING]
    shown = sorted(moving, key=lambda move: -_away(move[1], base))[:MOST_ROWS]
    if not shown or not math.isfinite(base):
        return None
    ends = [end for _, pair in shown for end in pair] + [base]
    frame, labels = row_frame([plain(swing.at) for swing, _ in shown], padded(min(ends), max(ends), 0.05), head=1)
    half = half_bar(frame, len(shown))
    layers: list[Layer] = []
    for place, swatch in enumerate(("low", "high")):
        spans = [
            (min(base, pair[place]), max(base, pair[place]), row)
            for row, (_, pair) in enumerate(shown)
            if pair[place] != base
        ]
        layers += bars(swatch, spans, frame, half=half * (1.0 if place == 0 else 0.6), gap=False)
    layers.append(vertical([base], frame, INK, width=1.6))
    labels = [*labels, label_above(base, f"as assumed: {times(base)}", frame)]
    keys = [Key(swatch="low", means="at the low end of the range"), Key(swatch="high", means="at the high end")]
    if len(shown) < len(moves):
        left = f"{len(shown)} of {len(moves)} are drawn; those that move least, or nothing, are in the table"
        keys.append(Key(swatch="", means=left))
    return finished(title, x_is, "", frame, layers, labels, keys, columns, [_row(*move) for move in moves])


def _away(ends: tuple[float, float], base: float) -> float:
    """How far the farther end is from the value as assumed, as a share of it."""
    return max(abs(end - base) for end in ends) / (abs(base) or 1.0)


def _row(swing: Swing, ends: tuple[float, float]) -> tuple[str, ...]:
    low, high = swing.range
    return (
        plain(swing.at),
        number(swing.value),
        number(low),
        number(ends[0], digits=4),
        number(high),
        number(ends[1], digits=4),
        plain(swing.why) or "–",
    )
