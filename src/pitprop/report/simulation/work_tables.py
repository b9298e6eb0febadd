"""The tables of a work study's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pitprop.report.plain import plain, shortened
from pitprop.report.simulation.amounts import TIMES, interval, mean, percent, share_of, signed, times
from pitprop.report.simulation.arm_words import bound
from pitprop.report.simulation.assumptions import MATTERS, moved
from pitprop.report.simulation.work_answer import by_label, factor_name, title
from pitprop.report.wording import number
from pitprop.simulate.work.results import ArmResult, Gain, WorkStudy

MOST_LINES = 40
"""More lines than that are left to JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a cell, and below it in small print."""

    text: str
    small: str = ""
    to: str = ""
    """The id that it leads to."""


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first cells head their rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: frozenset[int] = frozenset()
    """Columns that hold words, not numbers."""


def arms_table(study: WorkStudy, anchors: Mapping[str, str]) -> Table:
    """The arms side by side."""
    headline = any(arm.headline for arm in study.arms)
    against = {d.arm: d for d in study.differences}
    possible = any(arm.capacity for arm in study.arms)
    unit = shortened(study.unit, 20)
    columns = ["Arm", f"{unit} a shift", "People", "Per head", "An hour"]
    columns += ["×\u00a0norm"] if headline else []
    columns += ["More than the first", "Times the first"] if against else []
    columns += ["Of the best possible"] if possible else []
    rows = []
    for arm in study.arms:
        row = [Cell(text=title(arm), small=plain(arm.name) if arm.name != title(arm) else "", to=anchors[arm.name])]
        row += [Cell(text=mean(arm.output), small=interval(arm.output)), Cell(text=str(arm.heads))]
        row += [Cell(text=mean(arm.per_head)), Cell(text=mean(arm.per_hour))]
        row += [Cell(text=mean(arm.headline) if arm.headline else "")] if headline else []
        if against:
            less = against.get(arm.name)
            row += [
                Cell(text=signed(less.output) if less else "", small=interval(less.output) if less else ""),
                Cell(text=mean(less.ratio) if less else "", small=interval(less.ratio) if less else ""),
            ]
        if possible:
            reached = arm.output.mean / arm.capacity.output if arm.capacity and bound(arm) else None
            row += [Cell(text="" if reached is None else percent(reached))]
        rows.append(tuple(row))
    several = " Differences are between shifts with the same random numbers." if against else ""
    caption = f"One row for each arm; small print is the 95 % interval.{several}"
    return Table(caption=caption, columns=tuple(columns), rows=tuple(rows))


def gain_table(gain: Gain) -> Table:
    rows = [
        (
            Cell(text=factor_name(f)),
            Cell(text=f"×{mean(f.times)}", small=interval(f.times)),
            Cell(text=share_of(f.share)),
            Cell(text=f"×{times(f.alone)}"),
            Cell(text=f"×{times(f.last)}"),
        )
        for f in gain.factors
    ]
    rows.append(
        (
            Cell(text="All together"),
            Cell(text=f"×{mean(gain.ratio)}", small=interval(gain.ratio)),
            Cell(text="100 %"),
            Cell(text=""),
            Cell(text=""),
        )
    )
    return Table(
        caption="What each factor multiplies the gain by. They multiply to the whole exactly.",
        columns=("Factor", "Times", "Share of the gain", "Where it changes first", "Where it changes last"),
        rows=tuple(rows),
    )


def swings_table(study: WorkStudy) -> Table:
    """The assumed values, the one that moves most first."""
    gain = any(swing.ratio for swing in study.swings)
    columns = ["Assumed value", "Is", "May be", "Moves most", "Between"]
    rows = []
    for swing in study.swings[:MOST_LINES]:
        move = moved(study, swing)
        row = [Cell(text=plain(swing.at), small=plain(swing.why)), Cell(text=number(swing.value))]
        row += [Cell(text=f"{number(swing.range[0])} to {number(swing.range[1])}")]
        row += [Cell(text=f"{move.what} of {by_label(move.arm)}" if move else "")]
        row += [Cell(text=" to ".join(number(end, digits=4) for end in move.ends) if move else "")]
        row += [Cell(text=" to ".join(times(end) for end in swing.ratio) if swing.ratio else "")] if gain else []
        row += [Cell(text="no" if swing.matters < MATTERS else "yes")]
        rows.append(tuple(row))
    left = len(study.swings) - len(rows)
    caption = (
        f"What comes out at the two ends of each range. A value matters if it moves anything by {percent(MATTERS)}."
    )
    return Table(
        caption=caption + (f" {left} more are in JSON." if left > 0 else ""),
        columns=(*columns, *(["The gain"] if gain else []), "Matters"),
        rows=tuple(rows),
        words=frozenset({3}),
    )


def one_more_table(arm: ArmResult) -> Table | None:
    """What one more of each thing would yield."""
    tried = arm.bottleneck.one_more if arm.bottleneck else ()
    rows = tuple(
        (Cell(text=plain(m.of)), Cell(text=signed(m.gain), small=interval(m.gain))) for m in tried[:MOST_LINES]
    )
    columns = ("One more", f"{shortened(arm.unit, 20)} a shift")
    return Table(caption="What one more of each would add.", columns=columns, rows=rows) if rows else None


def buffers_table(arm: ArmResult) -> Table | None:
    rows = tuple(
        (
            Cell(text=plain(b.name), small="what is left is work put off" if b.debt else ""),
            Cell(text="none" if b.limit == float("inf") else number(b.limit)),
            Cell(text=mean(b.level), small=interval(b.level)),
            Cell(text=mean(b.peak)),
            Cell(text=mean(b.wait) if b.wait else ""),
            Cell(text=mean(b.left), small=interval(b.left)),
        )
        for b in arm.buffers[:MOST_LINES]
    )
    columns = (
        "Buffer",
        "Limit",
        "Average level",
        "Highest",
        f"Wait, {TIMES.get(arm.time, plain(arm.time))}",
        "Left at the end",
    )
    return Table(caption="How full the buffers were, in units.", columns=columns, rows=rows) if rows else None


def tools_table(arm: ArmResult) -> Table | None:
    rows = tuple(
        (Cell(text=plain(t.name)), Cell(text=str(t.count)), Cell(text=share_of(t.use)), Cell(text=share_of(t.repair)))
        for t in arm.tools[:MOST_LINES]
    )
    columns = ("Tool", "How many", "Held", "In repair")
    return Table(caption="Share of the time that tools are held.", columns=columns, rows=rows) if rows else None


def capacity_table(arm: ArmResult) -> Table | None:
    """Who would spend how much on what, where the work is shared in the best way."""
    if not arm.capacity:
        return None
    shares = arm.capacity.shares
    tasks = tuple(dict.fromkeys(task for held in shares.values() for task, share in held.items() if share > 0))[:12]
    rows = tuple(
        (Cell(text=plain(who)), *(Cell(text=percent(held[task]) if held.get(task) else "") for task in tasks))
        for who, held in list(shares.items())[:MOST_LINES]
    )
    if not rows or not tasks:
        return None
    most = f"{number(arm.capacity.output, digits=4)} {plain(arm.unit)}"
    caption = f"One way of sharing the work that could yield {most} a shift in the long run."
    return Table(caption=caption, columns=("Who", *(shortened(task, 16) for task in tasks)), rows=rows)
