"""Lines of stations, known without simulating: a Markov chain for exponential times, a recursion for given ones.

In both, the first station never lacks supply, the last is never blocked, and finished work stays in its station, which
does nothing meanwhile, until there is room behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

State = tuple[int, ...]
"""For each station but the first: the units that are past the station before and that it has not finished."""


def throughput(rates: Sequence[float], limits: Sequence[int]) -> float:
    """Units per time of a line of exponential stations, from the stationary law of its Markov chain.

    Parameters
    ----------
    rates
        (N,) of service.
    limits
        (N - 1,) places between stations.
    """
    last = len(rates) - 1
    empty = (0,) * last
    index, reached = {empty: 0}, [empty]
    moves: list[tuple[int, int, int]] = []
    for state in reached:
        for station in _at_work(state, limits):
            after = _finished(state, station)
            if after not in index:
                index[after] = len(reached)
                reached.append(after)
            moves.append((index[state], index[after], station))
    source, target, station = np.array(moves).T
    rate = np.asarray(rates, float)[station]
    flow = np.concatenate([rate, -rate])
    chain = coo_array((flow, (np.concatenate([target, source]), np.concatenate([source, source])))).tolil()
    chain[0, :] = 1.0  # in place of one balance, which follows from the others: probabilities add up to 1
    law = spsolve(chain.tocsc(), np.eye(1, len(reached))[0])
    return float((np.atleast_1d(law)[source] * rate)[station == last].sum())


def _at_work(state: State, limits: Sequence[int]) -> list[int]:
    """Stations that have a unit and do not hold a finished one."""
    blocked = [False] * (len(state) + 1)
    for k in range(len(state) - 1, -1, -1):
        # the places, the next station, and this one where the unit there is finished
        blocked[k] = state[k] >= limits[k] + 1 + (not blocked[k + 1])
    return [k for k in range(len(state) + 1) if not blocked[k] and (k == 0 or state[k - 1] > 0)]


def _finished(state: State, station: int) -> State:
    after = list(state)
    if station > 0:
        after[station - 1] -= 1
    if station < len(state):
        after[station] += 1
    return tuple(after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """When each unit is where: (N, J) for N stations and J units."""

    start: NDArray[np.float64]
    finish: NDArray[np.float64]
    leave: NDArray[np.float64]


def passage(times: NDArray[np.float64], limits: Sequence[int]) -> Passage:
    """The times of J units that are all there at the beginning, by the (max, +) recursion.

    A unit starts when it has come and the one before has left; it leaves when it is finished and the unit that takes
    up the last place behind (with no place: the station behind itself) has gone on.

    Parameters
    ----------
    times
        (N, J) of service.
    """
    stations, units = times.shape
    start, finish, leave = (np.zeros((stations, units)) for _ in range(3))
    for j in range(units):
        for k in range(stations):
            start[k, j] = max(leave[k - 1, j] if k else 0.0, leave[k, j - 1] if j else 0.0)
            finish[k, j] = start[k, j] + times[k, j]
            leave[k, j] = finish[k, j]
            if k + 1 < stations:
                room = limits[k]
                gone, before = (start, j - room) if room else (leave, j - 1)
                if before >= 0:
                    leave[k, j] = max(finish[k, j], gone[k + 1, before])
    return Passage(start=start, finish=finish, leave=leave)


def hewn_and_propped(hew: NDArray[np.float64], prop: NDArray[np.float64], room: float, until: float) -> tuple[int, int]:
    """(Tonnes, sets of props) of one hewer and two proppers by a given time.

    The hewer holds a tonne, and waits, until fewer than `room` stand without props that nobody has begun.

    Parameters
    ----------
    hew, prop
        (J,) times of each tonne.
    """
    free = [0.0, 0.0]
    begun: list[float] = []
    left, tonnes, sets = 0.0, 0, 0
    for j, (hewing, propping) in enumerate(zip(hew.tolist(), prop.tolist(), strict=True)):
        done = left + hewing
        room_from = min(free) if room == 0 else begun[j - int(room)] if j >= room else 0.0
        left = max(done, room_from)
        first = free.index(min(free))
        begun.append(max(left, free[first]))
        free[first] = begun[-1] + propping
        tonnes += left <= until
        sets += free[first] <= until
        if left > until:
            break
    return tonnes, sets
