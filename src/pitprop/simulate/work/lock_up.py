"""Lock-ups: who waits for whom where nothing can go on."""

from __future__ import annotations

import numpy as np

from pitprop.define.work import Task, Work
from pitprop.simulate.work.network import network
from pitprop.simulate.work.results import Records
from pitprop.simulate.work.totals import Waits


def lock_up(work: Work, records: Records) -> str:
    """Who waits for what at the end of a recorded run in which nothing goes on any more, as a sentence."""
    levels = {name: int(level[-1]) for name, (_, level) in records.levels.items() if len(level)}
    held = _held(records)
    told = [f"{records.slots[slot]} {_holds(work, records.tasks[task], levels)}" for slot, task in held.items()]
    last = {slot: Waits(kind) for slot, kind, _, _ in records.waits}
    told += [
        f"{records.slots[slot]} {_waits(work, slot, last[slot], levels)}"
        for slot in sorted(last)
        if slot not in held and last[slot] in (Waits.STARVED, Waits.TOOL, Waits.ROOM)
    ]
    return "; ".join(told) + "." if told else ""


def _held(records: Records) -> dict[int, int]:
    """Slot -> task of which it holds what was done."""
    stuck = np.flatnonzero((records.finish < records.horizon) & (records.leave >= records.horizon))
    return {int(records.worker[run]): int(records.task[run]) for run in stuck}


def _holds(work: Work, name: str, levels: dict[str, int]) -> str:
    full = _full(work, work.tasks[name], levels)
    if not full:
        return f"has done {name} and cannot go on with it"
    emptied = [other for other, task in work.tasks.items() if any(to in task.takes for to in full)]
    by = f", which only {' and '.join(emptied)} would empty" if emptied else ", which nothing empties"
    return f"holds what {name} made: no room in {' and '.join(full)}{by}"


def _full(work: Work, task: Task, levels: dict[str, int]) -> list[str]:
    wanted = {to: count for way in task.ways for to, count in way.to.items()}
    return [to for to, count in wanted.items() if levels.get(to, 0) + count > work.buffers[to].limit]


def _waits(work: Work, slot: int, kind: Waits, levels: dict[str, int]) -> str:
    net = network(work)
    mine = [work.tasks[net.tasks[a]] for a in np.flatnonzero(net.arrays.speed[slot] > 0)]
    if kind == Waits.TOOL:
        tools = dict.fromkeys(name for task in mine for name in task.tools)
        return f"waits for {' or '.join(tools)}"
    if kind == Waits.ROOM:
        rooms = dict.fromkeys(name for task in mine for name in _full(work, task, levels))
        return f"waits for room in {' or '.join(rooms)}"
    empty = dict.fromkeys(name for task in mine for name, count in task.takes.items() if levels.get(name, 0) < count)
    return f"waits for something in {' or '.join(empty)}" if empty else "has nothing to do"
