"""The network once more, in a few tables of records: what the compiled engine reads and writes.

A compiled function with a hundred arrays compiles slowly and runs slowly; records keep together what belongs together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pitprop.simulate.work.network import Arrays

Records = NDArray[np.void]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint64]
Index = NDArray[np.uint32]
"""Unsigned, so that no index needs a look whether it counts from the end."""

_INDEX, _COUNT, _TRUE, _TIME, _BITS = "u4", "i8", "?", "f8", "u8"


def _fields(**groups: str) -> np.dtype[Any]:
    """A record of fields, `kind="name name"`; kinds are those above."""
    kinds = {"index": _INDEX, "count": _COUNT, "true": _TRUE, "time": _TIME, "bits": _BITS}
    return np.dtype([(name, kinds[kind]) for kind, names in groups.items() for name in names.split()], align=True)


TASK = _fields(
    time="mean one two setup learning floor",
    bits="times ways able",
    index="kind values_at in_at in_end way_at way_end tool_at tool_end",
    true="before loses arrives",
)
WAY = _fields(time="up_to", index="out_at out_end")
FLOW = _fields(count="count", index="which")
"""So many of one buffer or tool."""
SLOT = _fields(time="fatigue", bits="doable", index="away_at away_end", true="follows")
AWAY = _fields(time="begins lasts", true="fixed")
BUFFER = _fields(count="limit start", bits="takers makers", true="tight aged")
TOOL = _fields(
    count="owned",
    time="life_mean life_one life_two repair_mean repair_one repair_two",
    bits="stream users",
    index="life_kind life_values_at repair_kind repair_values_at",
    true="fails",
)

AT_WORK = _fields(
    time="since switches repairs until birth rested idle",
    count="previous onward",
    index="doing task way column window leaves",
)
"""State of a slot."""
STOCK = _fields(
    count="level reserved limit put taken peak length", time="area changed", index="head", true="aged tight"
)
"""State of a buffer."""
KIT = _fields(count="left", time="area changed", bits="unheld stream")
"""State of a kind of tool."""
TALLY = _fields(bits="times ways", time="ready", count="drawn done gone")
"""State of a task's streams, and its counts. `ready`: the next time of an exponential one; a logarithm takes long."""


class Tables(NamedTuple):
    """`network.Arrays` as records, and the tables by slot and task."""

    task: Records
    way: Records
    flow: Records
    """What runs take, by task, and then what they put down, by way."""
    need: Records
    """Tools that runs hold, by task."""
    slot: Records
    away: Records
    buffer: Records
    tool: Records
    values: Floats
    """Values of all empirical distributions, scaled to mean 1."""
    task_of_bit: Index
    speed: Floats
    rank: Ints
    preferred: Index
    onward: Ints
    experience: Floats
    output: int
    ordered: bool


def pack(net: Arrays) -> Tables:
    """The tables of a network."""
    inputs = len(net.in_buffer)
    lives, repairs = len(net.values), len(net.values) + len(net.life_values)
    bits = np.uint64(1) << net.bit.astype(np.uint64)
    slots = np.uint64(1) << np.arange(len(net.speed), dtype=np.uint64)
    may = net.speed > 0
    return Tables(
        task=_records(
            TASK,
            len(net.mean),
            mean=net.mean,
            one=net.one,
            two=net.two,
            setup=net.setup,
            learning=net.learning,
            floor=net.floor,
            times=net.stream,
            ways=net.way_stream,
            able=np.array([np.bitwise_or.reduce(slots[column], initial=np.uint64(0)) for column in may.T], np.uint64),
            kind=net.kind,
            values_at=net.values_at[:-1],
            in_at=net.in_at[:-1],
            in_end=net.in_at[1:],
            way_at=net.way_at[:-1],
            way_end=net.way_at[1:],
            tool_at=net.tool_at[:-1],
            tool_end=net.tool_at[1:],
            before=net.before,
            loses=net.loses,
            arrives=net.arrives,
        ),
        way=_records(
            WAY,
            len(net.way_up_to),
            up_to=net.way_up_to,
            out_at=inputs + net.out_at[:-1],
            out_end=inputs + net.out_at[1:],
        ),
        flow=_records(
            FLOW,
            inputs + len(net.out_buffer),
            which=np.concatenate([net.in_buffer, net.out_buffer]),
            count=np.concatenate([net.in_count, net.out_count]),
        ),
        need=_records(FLOW, len(net.tool), which=net.tool, count=net.tool_count),
        slot=_records(
            SLOT,
            len(net.speed),
            fatigue=net.fatigue,
            doable=np.array([np.bitwise_or.reduce(bits[row], initial=np.uint64(0)) for row in may], np.uint64),
            away_at=net.away_at[:-1],
            away_end=net.away_at[1:],
            follows=net.follows,
        ),
        away=_records(AWAY, len(net.away_from), begins=net.away_from, lasts=net.away_for, fixed=net.away_fixed),
        buffer=_records(
            BUFFER,
            len(net.limit),
            limit=net.limit,
            start=net.start,
            tight=net.tight,
            aged=net.aged,
            takers=_gathered(len(net.limit), net.in_buffer, np.repeat(bits, np.diff(net.in_at))),
            makers=_gathered(
                len(net.limit),
                net.out_buffer,
                np.repeat(np.where(net.before, bits, 0), np.diff(net.out_at[net.way_at])),
            ),
        ),
        tool=_records(
            TOOL,
            len(net.tools),
            owned=net.tools,
            life_mean=net.life_mean,
            life_one=net.life_one,
            life_two=net.life_two,
            repair_mean=net.repair_mean,
            repair_one=net.repair_one,
            repair_two=net.repair_two,
            stream=net.tool_stream,
            users=_gathered(len(net.tools), net.tool, np.repeat(bits, np.diff(net.tool_at))),
            life_kind=net.life_kind,
            life_values_at=lives + net.life_values_at[:-1],
            repair_kind=net.repair_kind,
            repair_values_at=repairs + net.repair_values_at[:-1],
            fails=net.fails,
        ),
        values=np.concatenate([net.values, net.life_values, net.repair_values]),
        task_of_bit=net.task_of_bit.astype(np.uint32),
        speed=net.speed,
        rank=net.rank,
        preferred=np.maximum(net.preferred, 0).astype(np.uint32),
        onward=net.onward,
        experience=net.experience.reshape(net.speed.shape),
        output=net.output,
        ordered=net.ordered,
    )


def rich(net: Arrays) -> int | None:
    """1 where the network has what most networks have not, None otherwise.

    That is failing tools, setup, learning, fatigue, absences, units that are carried on, lost, or passed from hand
    to hand.
    """
    extras = (
        net.fails.any(),
        net.setup.any(),
        net.learning.any(),
        net.fatigue.any(),
        net.away_at[-1] > 0,
        net.follows.any(),
        net.loses.any(),
        net.tight.any(),
    )
    return 1 if any(extras) else None


def _records(dtype: np.dtype[Any], size: int, **columns: Any) -> Records:
    table = np.zeros(size, dtype)
    for name, values in columns.items():
        table[name] = values
    return table


def _gathered(size: int, where: Ints, bits: Bits) -> Bits:
    """Bits that stand at each place, together."""
    found = np.zeros(size, np.uint64)
    np.bitwise_or.at(found, where, bits.astype(np.uint64))
    return found
