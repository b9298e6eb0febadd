"""Who did what when, in one recorded shift: a row for each worker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pitprop.report.picture import Key, Layer, Picture, finished
from pitprop.report.plain import plain
from pitprop.report.simulation.amounts import TIMES
from pitprop.report.simulation.row_frame import half_bar, row_frame
from pitprop.report.simulation.shades import bars, key
from pitprop.report.simulation.time_use import WAITS
from pitprop.report.wording import number
from pitprop.simulate.work.results import Records
from pitprop.simulate.work.totals import Waits

MOST_ROWS = 24
"""More people than that are not all drawn."""
MOST_AUTOMATIC = 12
"""Runs of automatic tasks are drawn where all rows together are no more than that."""
MOST_BARS = 400
"""Where there are more, runs of one task that follow each other at once are drawn as one."""
_MOST_IN_ROW, _MOST_IN_ALL = 130, 1200
"""Bars that there is room for in one row, and in the picture."""
_MOST_TOLD = 120
"""Lines of the table."""
_NICE = (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a worker was at from one time to another."""

    row: int
    what: str
    """A task; a wait where `waiting`."""
    waiting: bool
    start: float
    end: float


def crew_timeline(records: Records, *, heads: int, time: str, swatches: Mapping[str, str]) -> Picture | None:
    """The shift drawn; None where nothing was recorded.

    Parameters
    ----------
    heads
        How many of the slots are people.
    """
    slots = len(records.slots) if len(records.slots) <= MOST_AUTOMATIC else min(heads, len(records.slots))
    rows = min(slots, MOST_ROWS)
    stretches = _stretches(records, rows)
    if not stretches or not records.horizon > 0:
        return None
    merged = len(stretches) > MOST_BARS
    if merged:
        stretches = _merged(stretches, records.horizon / 2000)
    until = _window(stretches, rows, records.horizon)
    shown = [s for s in stretches if s.start < until]
    frame, labels = row_frame(records.slots[:rows], (0.0, until), step=24.0)
    half = half_bar(frame, rows)
    tasks = [task for task in records.tasks if any(not s.waiting and s.what == task for s in shown)]
    waits = [wait for wait in WAITS if any(s.waiting and s.what == wait for s in shown)]
    layers: list[Layer] = []
    for waiting, names in ((False, tasks), (True, waits)):
        by: dict[str, list[tuple[float, float, int]]] = {}
        for s in shown:
            if s.waiting is waiting and s.what in names:
                swatch = s.what if waiting else swatches.get(s.what, "other")
                by.setdefault(swatch, []).append((s.start, min(s.end, until), s.row))
        for swatch, spans in sorted(by.items()):
            layers += bars(swatch, spans, frame, half=half, gap=not waiting and not merged)
    unit = TIMES.get(time, plain(time))
    part = "one shift" if until >= records.horizon else f"the first {number(until)} of {number(records.horizon)} {unit}"
    title = f"Who did what when: {part}, as it went in one replication"
    return finished(
        title,
        f"Time, {unit}",
        "",
        frame,
        layers,
        labels,
        (*key(tasks, waits, swatches), *_cuts(records, rows, slots, merged)),
        ("From", "to", "who", "does"),
        _told(shown, records, until),
    )


def _cuts(records: Records, rows: int, slots: int, merged: bool) -> Sequence[Key]:
    said = []
    if rows < slots:
        said.append(f"{rows} of {slots} people are drawn")
    if slots < len(records.slots):
        said.append("automatic tasks are not drawn")
    if merged:
        said.append("runs that follow each other at once are drawn as one")
    return tuple(Key(swatch="", means=words) for words in said)


def _stretches(records: Records, rows: int) -> list[Stretch]:
    drawn = np.flatnonzero((records.worker < rows) & (records.finish > records.work))
    found = [
        Stretch(
            int(records.worker[i]),
            records.tasks[int(records.task[i])],
            False,
            float(records.work[i]),
            float(records.finish[i]),
        )
        for i in drawn
    ]
    found += [
        Stretch(slot, Waits(wait).name.lower(), True, start, end)
        for slot, wait, start, end in records.waits
        if slot < rows and end > start
    ]
    return sorted(found, key=lambda s: (s.row, s.start, s.end, s.waiting, s.what))


def _merged(stretches: Sequence[Stretch], touching: float) -> list[Stretch]:
    """Neighbours in a row that are of one kind and touch, as one."""
    found: list[Stretch] = []
    for s in stretches:
        before = found[-1] if found else None
        if (
            before
            and (before.row, before.what, before.waiting) == (s.row, s.what, s.waiting)
            and s.start - before.end <= touching
        ):
            found[-1] = Stretch(before.row, before.what, before.waiting, before.start, max(before.end, s.end))
        else:
            found.append(s)
    return found


def _window(stretches: Sequence[Stretch], rows: int, horizon: float) -> float:
    """Until when there is room for the bars: the whole, or a round length of time."""
    most = max(sum(s.row == row for s in stretches) for row in range(rows))
    share = min(_MOST_IN_ROW / most, _MOST_IN_ALL / len(stretches))
    if share >= 1:
        return horizon
    room = horizon * share
    scale = 10.0 ** math.floor(math.log10(room))
    return min(horizon, max(nice for nice in _NICE if nice * scale <= room * (1 + 1e-9)) * scale)


def _told(stretches: Sequence[Stretch], records: Records, until: float) -> list[tuple[str, ...]]:
    in_time = sorted(stretches, key=lambda s: (s.start, s.row))
    lines: list[tuple[str, ...]] = [
        (
            number(s.start, digits=4),
            number(min(s.end, until), digits=4),
            plain(records.slots[s.row]),
            WAITS[s.what].short if s.waiting else plain(s.what),
        )
        for s in in_time[:_MOST_TOLD]
    ]
    if len(in_time) > _MOST_TOLD:
        lines.append(("…", "…", f"{len(in_time) - _MOST_TOLD} more", ""))
    return lines
