"""How tasks and waits are drawn: work as high bars told apart by shade and stripes, waiting as low ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pitprop.report.picture import BAND, FLAG, INK, LINES, MUTED, PAPER, Frame, Key, Layer, rects
from pitprop.report.plain import plain, shortened
from pitprop.report.simulation.time_use import WAITS
from pitprop.simulate.work.results import WorkStudy

GREY = "#c9ced4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A fill, how many stripes run through it, and how high its bar is, as a share of the row's."""

    fill: str
    stripes: int = 0
    tall: float = 1.0


TASKS: tuple[Shade, ...] = (
    Shade(fill=LINES[0]),
    Shade(fill="#9dbad4"),
    Shade(fill=LINES[1], stripes=1),
    Shade(fill="#dcc48a", stripes=1),
    Shade(fill=LINES[3], stripes=2),
    Shade(fill="#7f9c7a", stripes=2),
)
"""In the order of the tasks; neighbours differ in lightness."""
OTHER = Shade(fill=GREY)
"""Tasks beyond those."""
ABSENT: Mapping[str, Shade] = MappingProxyType(
    {
        "blocked": Shade(fill=FLAG, tall=0.5),
        "starved": Shade(fill=GREY, tall=0.22),
        "tool": Shade(fill=MUTED, tall=0.36),
        "room": Shade(fill=MUTED, tall=0.5, stripes=1),
        "switching": Shade(fill=INK, tall=0.14),
        "repair": Shade(fill=INK, tall=0.62, stripes=1),
        "away": Shade(fill=BAND, tall=0.8),
    }
)
"""By wait."""
SWATCHES: Mapping[str, Shade] = MappingProxyType(
    {
        **{f"task{place}": shade for place, shade in enumerate(TASKS)},
        "other": OTHER,
        **ABSENT,
        "rise": Shade(fill="#47749f"),
        "fall": Shade(fill=FLAG, stripes=1),
        "whole": Shade(fill=LINES[0]),
        "low": Shade(fill="#9dbad4"),
        "high": Shade(fill="#47749f"),
    }
)
"""By `Key.swatch`."""


def palette(study: WorkStudy) -> dict[str, str]:
    """Task -> swatch, the same in all of the study's pictures; the tasks done most have swatches of their own."""
    time: dict[str, float] = {}
    for arm in study.arms:
        time |= {task: time.get(task, 0.0) for task in arm.done}
        for worker in arm.workers:
            for task, share in worker.tasks.items():
                time[task] = time.get(task, 0.0) + share.mean
    for recorded in study.records.values():
        time |= {task: time.get(task, 0.0) for task in recorded.tasks}
    most = set(sorted(time, key=lambda task: -time[task])[: len(TASKS)])
    own = [task for task in time if task in most]
    return {task: f"task{own.index(task)}" if task in most else "other" for task in time}


def bars(
    swatch: str, spans: Iterable[tuple[float, float, int]], frame: Frame, *, half: float, gap: bool
) -> list[Layer]:
    """Bars from, to, in a row; `half` of a full bar's height, in rows."""
    shade = SWATCHES[swatch]
    held = list(spans)
    reach = half * shade.tall
    drawn = [{"x": x, "x2": x2, "y": row - reach, "y2": row + reach} for x, x2, row in held]
    if not drawn:
        return []
    layers = [rects(drawn, frame, shade.fill, gap=gap)]
    for place in range(shade.stripes):
        middle = reach * (2 * (place + 1) / (shade.stripes + 1) - 1)
        thin = reach * 0.14
        stripe = [{"x": x, "x2": x2, "y": row + middle - thin, "y2": row + middle + thin} for x, x2, row in held]
        layers.append(rects(stripe, frame, PAPER))
    return layers


def key(tasks: Sequence[str], waits: Sequence[str], swatches: Mapping[str, str]) -> tuple[Key, ...]:
    """What the bars mean: tasks with a swatch of their own, the others together, then waits."""
    shown = [Key(swatch=swatches[t], means=shortened(t, 40)) for t in tasks if swatches.get(t, "other") != "other"]
    others = [plain(task) for task in tasks if swatches.get(task, "other") == "other"]
    if others:
        shown.append(Key(swatch="other", means=shortened(f"other tasks: {', '.join(others)}", 80)))
    return (*shown, *(Key(swatch=wait, means=f"{WAITS[wait].short}: {WAITS[wait].means}") for wait in waits))
