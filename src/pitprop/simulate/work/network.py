"""One way of working as arrays: what both engines run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf, log2
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import PER_HOUR, Crew, Time, Work
from pitprop.simulate.work.streams import key, shape

ENDLESS = 1 << 60
"""Limit of a buffer without one."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Bits = NDArray[np.uint64]


class Arrays(NamedTuple):
    """The network for the engines. A tasks, S slots (workers, then runs of automatic tasks), B buffers, U tools.

    Lists of different lengths stand one after the other, with pointers to where each begins.
    """

    mean: Floats
    """(A,) time at speed 1 under the conditions in force."""
    kind: Ints
    one: Floats
    two: Floats
    """(A,) distribution, see `streams.shape`."""
    values_at: Ints
    values: Floats
    """Times of empirical distributions, mean 1."""
    stream: Bits
    way_stream: Bits
    """(A,) keys of each task's times and ways."""
    in_at: Ints
    in_buffer: Ints
    in_count: Ints
    """What a run takes, by task."""
    way_at: Ints
    way_up_to: Floats
    """Ways of each task and their cumulated shares."""
    out_at: Ints
    out_buffer: Ints
    out_count: Ints
    """What a run puts down, by way."""
    before: Bools
    """(A,) room is reserved before the run begins."""
    loses: Bools
    """(A,) what finds no room leaves."""
    arrives: Bools
    """(A,) an automatic task without input: its units are born when they arrive."""
    tool_at: Ints
    tool: Ints
    tool_count: Ints
    """What a run holds, by task."""
    setup: Floats
    learning: Floats
    """(A,) exponent log2(rate) of Wright's curve; 0 without."""
    floor: Floats
    bit: Ints
    """(A,) place in the order in which startable tasks are looked at."""
    task_of_bit: Ints
    ordered: bool
    """Whether that order is the one in which tasks are given out, whoever is free."""
    speed: Floats
    """(S, A); 0 where a slot may not do a task."""
    rank: Ints
    """(S, A) place of the task in the slot's list; large where it has none."""
    preferred: Ints
    """(A, S) slots by who gets a run of the task first; -1 at the end."""
    onward: Ints
    """(S, ways) the task to which a slot that follows its unit goes on; -1 where it puts the unit down."""
    follows: Bools
    experience: Floats
    """(S, A)"""
    fatigue: Floats
    """(S,) growth of times per unit of time since the last rest."""
    away_at: Ints
    away_from: Floats
    away_for: Floats
    away_fixed: Bools
    """When each slot is not there; fixed: until from + for, else for so long once the work in hand is done."""
    limit: Ints
    start: Ints
    """(B,)"""
    tight: Bools
    """(B,) holds less than a task takes at once, so that units pass from hand to hand."""
    aged: Bools
    """(B,) some task takes its units' ages from it."""
    tools: Ints
    """(U,) how many of each."""
    fails: Bools
    life_mean: Floats
    life_kind: Ints
    life_one: Floats
    life_two: Floats
    life_values_at: Ints
    life_values: Floats
    repair_mean: Floats
    repair_kind: Ints
    repair_one: Floats
    repair_two: Floats
    repair_values_at: Ints
    repair_values: Floats
    tool_stream: Bits
    """(U,) keys of each tool's lives and repairs."""
    output: int
    """The buffer whose units are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One way of working, with the names of what its arrays hold."""

    tasks: tuple[str, ...]
    buffers: tuple[str, ...]
    tools: tuple[str, ...]
    slots: tuple[str, ...]
    """Workers by name, then runs of automatic tasks."""
    roles: tuple[str, ...]
    """Of each worker."""
    heads: int
    """How many workers."""
    brigade: bool
    """Whether people hand their work back (see `brigade.py`) instead of having roles."""
    horizon: float
    """From the beginning of the first shift to the end of the last."""
    arrays: Arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    name: str
    role: str
    tasks: tuple[str, ...]
    speed: Mapping[str, float]
    follow: bool = False
    training: float = 0.0
    experience: Mapping[str, float]
    fatigue: float = 0.0
    breaks: tuple[tuple[float, float], ...] = ()
    hours: tuple[float, float] | None = None


def network(work: Work) -> Network:
    """The arrays of one way of working. It is taken to be sound, as `read_scenario` makes sure.

    Examples
    --------
    >>> network(work).slots
    ('hewer', 'propper_1', 'propper_2')
    """
    tasks, buffers, tools = tuple(work.tasks), tuple(work.buffers), tuple(work.tools)
    workers = people(work)
    automatic = [
        _Slot(name=name if task.parallel == 1 else f"{name}_{i + 1}", role="", tasks=(name,), speed={}, experience={})
        for name, task in work.tasks.items()
        if task.automatic
        for i in range(task.parallel)
    ]
    slots = [*workers, *automatic]
    takes, puts, ways, held = _flows(work)
    speed, rank = _skills(slots, tasks)
    bit, task_of_bit, ordered = _order(rank, speed)
    laws = [shape(task.time) for task in work.tasks.values()]
    values_at, values = _values([task.time for task in work.tasks.values()])
    away = _away(slots, work)
    arrays = Arrays(
        mean=np.array([task.time.average * _factor(work, name) for name, task in work.tasks.items()]),
        kind=_ints([law[0] for law in laws]),
        one=np.array([law[1] for law in laws]),
        two=np.array([law[2] for law in laws]),
        values_at=values_at,
        values=values,
        stream=np.array([key(name, "time") for name in tasks], np.uint64),
        way_stream=np.array([key(name, "way") for name in tasks], np.uint64),
        in_at=takes[0],
        in_buffer=takes[1],
        in_count=takes[2],
        way_at=ways[0],
        way_up_to=ways[1],
        out_at=puts[0],
        out_buffer=puts[1],
        out_count=puts[2],
        before=np.array([task.blocking == "before" for task in work.tasks.values()]),
        loses=np.array([task.when_full == "lost" for task in work.tasks.values()]),
        arrives=np.array([task.automatic and not task.takes for task in work.tasks.values()]),
        tool_at=held[0],
        tool=held[1],
        tool_count=held[2],
        setup=np.array([task.setup for task in work.tasks.values()]),
        learning=np.array([log2(task.learning.rate) if task.learning else 0.0 for task in work.tasks.values()]),
        floor=np.array([task.learning.floor if task.learning else 1.0 for task in work.tasks.values()]),
        bit=bit,
        task_of_bit=task_of_bit,
        ordered=ordered,
        speed=speed,
        rank=rank,
        preferred=_preferred(rank, speed),
        onward=_onward(slots, work),
        follows=np.array([slot.follow for slot in slots]),
        experience=np.array([[slot.experience.get(name, 0.0) for name in tasks] for slot in slots]),
        fatigue=np.array([slot.fatigue / PER_HOUR[work.time] for slot in slots]),
        away_at=away[0],
        away_from=away[1],
        away_for=away[2],
        away_fixed=away[3],
        limit=_ints([ENDLESS if b.limit == inf else int(b.limit) for b in work.buffers.values()]),
        start=_ints([b.start for b in work.buffers.values()]),
        tight=_tight(work),
        aged=np.array([any(next(iter(t.takes), None) == name for t in work.tasks.values()) for name in buffers]),
        tools=_ints([tool.count for tool in work.tools.values()] or [0]),
        **_failures(work),
        tool_stream=np.array([key(name, "tool") for name in tools] or [0], np.uint64),
        output=buffers.index(work.output),
    )
    return Network(
        tasks=tasks,
        buffers=buffers,
        tools=tools,
        slots=tuple(slot.name for slot in slots),
        roles=tuple(slot.role for slot in workers),
        heads=len(workers),
        brigade=work.crew is not None and work.crew.rule == "bucket_brigade",
        horizon=(work.shift.count - 1) * work.shift.period + work.shift.length,
        arrays=arrays,
    )


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def people(work: Work) -> list[_Slot]:
    crew = work.crew
    if crew is None:
        return []
    if crew.workers is not None:
        return [_able(name, (worker.role,), work, worker) for name, worker in crew.workers.items()]
    return [_able(name, roles, work, None) for name, roles in _dealt(crew)]


def _dealt(crew: Crew) -> list[tuple[str, tuple[str, ...]]]:
    """(name, roles) of each person of a crew that is a number of people."""
    roles = crew.roles or ()
    size = crew.size or len(roles)
    hands = [
        tuple(dict.fromkeys(roles[i::size] if size < len(roles) else (roles[i % len(roles)],))) for i in range(size)
    ]
    names = ["_".join(hand) if len(hand) <= 2 else "everyman" for hand in hands]
    several = {name for name in names if names.count(name) > 1}
    seen: dict[str, int] = {}
    called = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        called.append(f"{name}_{seen[name]}" if name in several else name)
    return list(zip(called, hands, strict=True))


def _able(name: str, roles: tuple[str, ...], work: Work, worker: Any) -> _Slot:
    """One person: what is said of them, else what their first role says of it."""
    tasks = tuple(dict.fromkeys(task for role in roles for task in work.roles[role].tasks))
    speed: dict[str, float] = {}
    experience: dict[str, float] = {}
    for role in roles:
        said = work.roles[role]
        for task in said.tasks:
            speed.setdefault(task, said.speed.get(task, said.speed.get("all", 1.0)))
            experience.setdefault(task, (said.experience or {}).get(task, 0.0))
    first = work.roles[roles[0]]
    if worker is not None:
        speed = {task: worker.speed.get(task, worker.speed.get("all", speed[task])) for task in tasks}
        experience = {**experience, **(worker.experience or {})}

    def said_of(field: str, otherwise: Any) -> Any:
        own = getattr(worker, field) if worker is not None else None
        of_role = getattr(first, field)
        return own if own is not None else of_role if of_role is not None else otherwise

    return _Slot(
        name=name,
        role=" and ".join(roles),
        tasks=tasks,
        speed=speed,
        follow=said_of("follow", False),
        training=said_of("training", 0.0),
        experience=experience,
        fatigue=said_of("fatigue", 0.0),
        breaks=tuple((pause.at, pause.length) for pause in said_of("breaks", ())),
        hours=said_of("hours", None),
    )


def _factor(work: Work, task: str) -> float:
    """What the conditions in force multiply a task's time by."""
    factor = 1.0
    for condition in work.conditions.values():
        if condition.on:
            factor *= condition.times.get(task, condition.times.get("all", 1.0))
    return factor


def _lists(rows: list[dict[str, int]], names: tuple[str, ...]) -> tuple[Ints, Ints, Ints]:
    ends = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    index = _ints([names.index(name) for row in rows for name in row])
    return ends, index, _ints([count for row in rows for count in row.values()])


def _flows(work: Work) -> tuple[Any, Any, Any, Any]:
    buffers, tools, tasks = tuple(work.buffers), tuple(work.tools), work.tasks.values()
    takes = _lists([task.takes for task in tasks], buffers)
    rows = _ways(work)
    puts = _lists([to for row in rows for _, to in row], buffers)
    way_at = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    up_to = np.concatenate([np.cumsum([share for share, _ in row]) for row in rows])
    up_to[way_at[1:] - 1] = 2.0  # the last way takes what rounding leaves
    held = _lists([task.tools for task in tasks], tools)
    return takes, puts, (way_at, up_to), held


def _ways(work: Work) -> list[list[tuple[float, dict[str, int]]]]:
    return [[(way.share, way.to) for way in task.ways] or [(1.0, {})] for task in work.tasks.values()]


def _skills(slots: list[_Slot], tasks: tuple[str, ...]) -> tuple[Floats, Ints]:
    speed = np.zeros((len(slots), len(tasks)))
    rank = np.full((len(slots), len(tasks)), 1 << 20, np.int64)
    for s, slot in enumerate(slots):
        for place, task in enumerate(slot.tasks):
            speed[s, tasks.index(task)] = slot.speed.get(task, 1.0)
            rank[s, tasks.index(task)] = place
    return speed, rank


def _order(rank: Ints, speed: Floats) -> tuple[Ints, Ints, bool]:
    """In which order startable tasks are looked at, and whether that alone is the rule of dispatch."""
    count = rank.shape[1]
    able = speed > 0
    least = np.where(able, rank, 1 << 20).min(axis=0)
    most = np.where(able, rank, -1).max(axis=0)
    task_of_bit = np.array(sorted(range(count), key=lambda a: (least[a], -a)), np.int64)
    bit = np.empty(count, np.int64)
    bit[task_of_bit] = np.arange(count)
    ordered = all(most[a] <= least[b] for a, b in pairwise(task_of_bit))
    return bit, task_of_bit, bool(ordered)


def _preferred(rank: Ints, speed: Floats) -> Ints:
    slots, tasks = rank.shape
    table = np.full((tasks, slots + 1), -1, np.int64)
    for a in range(tasks):
        able = sorted((s for s in range(slots) if speed[s, a] > 0), key=lambda s: (rank[s, a], -speed[s, a], s))
        table[a, : len(able)] = able
    return table


def _onward(slots: list[_Slot], work: Work) -> Ints:
    """Where a slot that follows its unit goes on to, by way."""
    tasks = tuple(work.tasks)
    firsts = [next(iter(to), None) for row in _ways(work) for _, to in row]
    table = np.full((len(slots), len(firsts)), -1, np.int64)
    for s, slot in enumerate(slots):
        if not slot.follow:
            continue
        for w, buffer in enumerate(firsts):
            for a, name in enumerate(tasks):
                if buffer is not None and buffer in work.tasks[name].takes and name in slot.tasks:
                    table[s, w] = a
                    break
    return table


def _tight(work: Work) -> Bools:
    most = dict.fromkeys(work.buffers, 0)
    for task in work.tasks.values():
        for name, count in task.takes.items():
            most[name] = max(most[name], count)
    return np.array([buffer.limit < most[name] for name, buffer in work.buffers.items()])


def _values(times: list[Time]) -> tuple[Ints, Floats]:
    """Values of the empirical ones among the times, scaled to mean 1."""
    rows = [[v / t.average for v in t.values] if t.values and t.average else [] for t in times]
    at = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    return at, np.array([v for row in rows for v in row] or [1.0])


def _away(slots: list[_Slot], work: Work) -> tuple[Ints, Floats, Floats, Bools]:
    """When each slot is not there: (pointers, from, for how long, until a fixed time)."""
    shift = work.shift
    rows = [_absences(slot, shift.length, shift.period, shift.count) if slot.role else [] for slot in slots]
    at = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    flat = [window for row in rows for window in row]
    return (
        at,
        np.array([w[0] for w in flat] or [0.0]),
        np.array([w[1] for w in flat] or [0.0]),
        np.array([w[2] for w in flat] or [False]),
    )


def _absences(slot: _Slot, length: float, period: float, count: int) -> list[tuple[float, float, bool]]:
    windows: list[tuple[float, float, bool]] = []
    for shift in range(count):
        begins = shift * period
        opens, closes = slot.hours or (0.0, length)
        if shift == 0 and slot.training:
            opens = max(opens, 0.0) + slot.training
        if opens > 0:
            windows.append((begins, opens, True))
        for at, lasts in slot.breaks:
            windows.append((begins + at, lasts, False))
        off = (begins + period + (0.0 if shift + 1 < count else length)) - (begins + closes)
        if closes < length or (period > length and shift + 1 < count):
            windows.append((begins + closes, off, True))
    return sorted(windows)


def _failures(work: Work) -> dict[str, Any]:
    failing = [tool.fails for tool in work.tools.values()] or [None]
    never = Time(mean=0.0)
    told: dict[str, Any] = {"fails": np.array([f is not None for f in failing])}
    for what, times in (
        ("life", [f.after if f else never for f in failing]),
        ("repair", [f.repair if f else never for f in failing]),
    ):
        laws = [shape(time) for time in times]
        told[f"{what}_mean"] = np.array([time.average for time in times])
        told[f"{what}_kind"] = _ints([law[0] for law in laws])
        told[f"{what}_one"] = np.array([law[1] for law in laws])
        told[f"{what}_two"] = np.array([law[2] for law in laws])
        told[f"{what}_values_at"], told[f"{what}_values"] = _values(times)
    return told
