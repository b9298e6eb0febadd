"""Little's law as a self-check: units in hand and in buffers over time, against the times that the units spend there.

Both sides are added up from a record of one run, the one from levels and services, the other unit by unit. They are
equal by arithmetic, so that a gap beyond rounding is an error of the engine. Checked where each run carries one unit
on: where units are made into batches, split, or go one of several ways out, nobody can follow them and nothing is said.

Source: Little (1961), Operations Research 9:383; for finite time with empty beginning, Little (2011), Operations
Research 59:536.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Task, Work
from pitprop.simulate.work.results import Records

Floats = NDArray[np.float64]


def little_gap(work: Work, records: Records) -> float | None:
    """Relative gap between the two sides on one recorded run; None where units cannot be followed."""
    flow = _flow(work)
    if not _single(work, flow) or not len(records.unit):
        return None
    names = np.array([name in _carriers(work, flow) for name in records.tasks])
    leaves = np.array([_leaves(work, work.tasks[name], flow) for name in records.tasks])
    arrives = np.array([work.tasks[name].automatic and not work.tasks[name].takes for name in records.tasks])
    kept = names[records.task] & (records.unit >= 0)
    task, unit = records.task[kept], records.unit[kept]
    start, leave = records.start[kept], records.leave[kept]
    # an arrival is born when it arrives
    begins = np.where(arrives[task], leave, start)
    inside = sum((_area(*records.levels[name], records.horizon) for name in flow), 0.0)
    inside += float((leave - begins).sum())
    units = int(unit.max()) + 1 if len(unit) else 0
    entry = np.full(units, records.horizon)
    np.minimum.at(entry, unit, begins)
    exit_ = np.full(units, records.horizon)
    gone = leaves[task] & (leave < records.horizon)
    exit_[unit[gone]] = leave[gone]
    spent = float((exit_ - entry)[np.unique(unit)].sum())
    whole = max(inside, spent)
    return abs(inside - spent) / whole if whole > 0 else 0.0


def _flow(work: Work) -> tuple[str, ...]:
    """Buffers on the way to the output: those from which tasks carry units on, in the end, into it."""
    found = {work.output}
    while True:
        more = {
            next(iter(task.takes))
            for task in work.tasks.values()
            if task.takes and any(name in found for way in task.ways for name in way.to)
        } - found
        if not more:
            return tuple(name for name in work.buffers if name in found and name != work.output)
        found |= more


def _carriers(work: Work, flow: tuple[str, ...]) -> tuple[str, ...]:
    """Tasks that bring units towards the output."""
    ends = {*flow, work.output}
    return tuple(name for name, task in work.tasks.items() if any(to in ends for way in task.ways for to in way.to))


def _single(work: Work, flow: tuple[str, ...]) -> bool:
    """Whether every run carries one unit on, and whether where a unit is after it is certain."""
    ends = {*flow, work.output}
    if any(work.buffers[name].start for name in flow):
        return False
    for name in _carriers(work, flow):
        task = work.tasks[name]
        onward = [sum(count for to, count in way.to.items() if to in ends) for way in task.ways]
        taken = {to: count for to, count in task.takes.items() if to in flow}
        first = next(iter(task.takes), None)
        if task.takes and (first not in flow or taken != {first: 1}):
            return False
        mixed = len({any(to in flow for to in way.to) for way in task.ways}) > 1
        if any(count != 1 for count in onward) or mixed or task.when_full == "lost":
            return False
    others = [task for name, task in work.tasks.items() if name not in _carriers(work, flow)]
    return not any(name in flow for task in others for name in task.takes) and not _carried_on(work)


def _carried_on(work: Work) -> bool:
    """Whether somebody keeps a unit in hand between two tasks, where it is in no buffer and no service."""
    people = [*work.roles.values(), *((work.crew.workers or {}).values() if work.crew else ())]
    return any(person.follow for person in people) or bool(work.crew and work.crew.rule == "bucket_brigade")


def _leaves(work: Work, task: Task, flow: tuple[str, ...]) -> bool:
    return not any(name in flow for way in task.ways for name in way.to)


def _area(times: Floats, levels: NDArray[np.int64], horizon: float) -> float:
    return float(np.diff(np.append(times, horizon)) @ levels)
