"""What replications of one arm came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Waits(IntEnum):
    """What a worker does who is not at work; columns of `Totals.times` after those of the tasks."""

    BLOCKED = 0
    """Holds finished work for which there is no room."""
    STARVED = 1
    """Free, and no task of theirs has what it takes."""
    TOOL = 2
    """Free (or holding a unit), and a task of theirs lacks only a tool."""
    ROOM = 3
    """Free, and a task of theirs lacks only room for what it would put down (blocking before service)."""
    SWITCHING = 4
    """On the way from one task to another."""
    REPAIR = 5
    """At work, and the tool is being repaired."""
    AWAY = 6
    """In training, in a break, or not on shift."""


class Ending(IntEnum):
    """How a replication ended."""

    HORIZON = 0
    """Its time was over."""
    DRY = 1
    """Nothing was left to do, and nobody held anything."""
    DEADLOCK = 2
    """Nothing could go on, and somebody held something."""
    ENDLESS = 3
    """So much happened in no time at all that it would never end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the counted time (after warm-up, until the horizon) of each of R replications.

    Slots are the workers, then the runs of automatic tasks; S slots, A tasks, B buffers, U tools, N bins.
    """

    span: float
    """Counted time, in the scenario's time unit."""
    output: NDArray[np.int64]
    """(R,) units that reached the output buffer."""
    binned: NDArray[np.int64]
    """(R, N) the same by equal parts of the counted time."""
    done: NDArray[np.int64]
    """(R, A) runs of each task that ended, their units put down or lost."""
    lost: NDArray[np.int64]
    """(R, A) units that found no room and left."""
    times: NDArray[np.float64]
    """(R, S, A + len(Waits)) time of each slot at each task (without switching and repair) and in each wait; rows add
    up to `span`."""
    area: NDArray[np.float64]
    """(R, B) integral of each buffer's level over time."""
    start: NDArray[np.int64]
    """(R, B) level at the beginning of the counted time."""
    put: NDArray[np.int64]
    """(R, B) units put into each buffer in the counted time; start + put - taken = end."""
    taken: NDArray[np.int64]
    """(R, B) units taken out of it."""
    end: NDArray[np.int64]
    """(R, B) level at the end."""
    peak: NDArray[np.int64]
    """(R, B) highest level."""
    in_use: NDArray[np.float64]
    """(R, U) integral of the number of each tool in use (held while blocked counts)."""
    age: NDArray[np.float64]
    """(R,) summed age of the units that reached the output: since the first task on them began (an arrival: ended)."""
    ending: NDArray[np.int8]
    """(R,) an `Ending`."""
    ended: NDArray[np.float64]
    """(R,) when the last thing happened, or the horizon."""
