"""Bucket brigades: people along a line who hand their work back instead of waiting at buffers.

People stand from the slowest to the fastest, nobody overtakes, and each carries a unit forward until somebody takes
it over. Whoever is last finishes a unit, walks back and takes over the unit of the one before, who takes over in turn;
the first begins a new one. Walking back takes no time. Who catches up with the next goes on at the next one's pace.

With identical units and speeds v_1 < ... < v_n that do not depend on the task, the line yields v_1 + ... + v_n, and
hand-offs settle at x_i = (v_1 + ... + v_i) / (v_1 + ... + v_n) of the way, whatever the beginning.

Source: Bartholdi and Eisenstein (1996), A production line that balances itself, Operations Research 44:21.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pitprop.simulate.work.kernel import AT_HORIZON, BLOCKED, EMPIRICAL, SHORT, Sums, sums
from pitprop.simulate.work.network import Network
from pitprop.simulate.work.pack import pack
from pitprop.simulate.work.results import Records
from pitprop.simulate.work.streams import first_state, variate
from pitprop.simulate.work.totals import Totals


def replicate_brigade(
    net: Network,
    *,
    replications: int,
    seed: int,
    first: int,
    bins: int,
    warm_up: float,
    shared: NDArray[np.float64] | None = None,
) -> Totals:
    """What replications of a bucket brigade come to; parameters as of `replicate`."""
    found = sums(replications, len(net.tasks), len(net.slots), len(net.buffers), len(net.tools), bins)
    _ended(net, seed, first, warm_up, shared, found, np.zeros((0, 6)))
    if (found.ending == SHORT).any():
        raise IndexError("fewer shared times for each task than there are runs")
    return Totals(span=net.horizon - warm_up, **found._asdict())


def record_brigade(net: Network, *, seed: int = 0, replication: int = 0, limit: int = 200_000) -> Records:
    """One replication, stretch by stretch: a run is what one person does of one task on one unit."""
    found = sums(1, len(net.tasks), len(net.slots), len(net.buffers), len(net.tools), 1)
    kept = np.zeros((limit, 6))
    count = _ended(net, seed, replication, 0.0, None, found, kept)
    end = net.horizon if count < limit else float(kept[:, 4].max())
    rows = kept[:count]
    rows = rows[np.lexsort((rows[:, 0], rows[:, 3]))]
    last = rows[(rows[:, 1] == _line(net)[-1]) & (rows[:, 5] > 0)]
    begun = dict(zip(rows[::-1, 2].tolist(), rows[::-1, 3].tolist(), strict=True))
    level = np.arange(len(last) + 1)
    nothing = (np.array([0.0]), np.array([0]))
    return Records(
        slots=net.slots,
        tasks=net.tasks,
        buffers=net.buffers,
        worker=rows[:, 0].astype(np.int64),
        task=rows[:, 1].astype(np.int64),
        unit=rows[:, 2].astype(np.int64),
        start=rows[:, 3],
        work=rows[:, 3],
        finish=rows[:, 4],
        leave=rows[:, 4],
        waits=(),
        levels={
            name: (np.r_[0.0, last[:, 4]], level) if b == net.arrays.output else nothing
            for b, name in enumerate(net.buffers)
        },
        age=np.array([end - begun[unit] for unit, end in zip(last[:, 2].tolist(), last[:, 4].tolist(), strict=True)]),
        horizon=end,
    )


def _line(net: Network) -> NDArray[np.int64]:
    """Tasks from the first to the one that puts into the output."""
    a = net.arrays
    order = [int(np.flatnonzero(np.diff(a.in_at) == 0)[0])]
    while len(order) < len(net.tasks):
        buffer = a.out_buffer[a.out_at[a.way_at[order[-1]]]]
        order.append(int(np.searchsorted(a.in_at, np.flatnonzero(a.in_buffer == buffer)[0], side="right")) - 1)
    return np.array(order, np.int64)


def _ended(
    net: Network,
    seed: int,
    first: int,
    warm_up: float,
    shared: NDArray[np.float64] | None,
    found: Sums,
    kept: NDArray[np.float64],
) -> int:
    """Run all replications of the sums; how many stretches of the last were kept."""
    line = _line(net)
    speed = net.arrays.speed[:, line]
    # time for a whole unit, the slowest first
    people = np.argsort(-(net.arrays.mean[line] / speed).sum(axis=1), kind="stable")
    buffers = np.array([net.arrays.out_buffer[net.arrays.out_at[net.arrays.way_at[a]]] for a in line], np.int64)
    tables = pack(net.arrays)
    return int(
        _walk(
            tables.task,
            tables.values,
            line,
            buffers,
            people,
            speed,
            np.uint64(seed),
            np.uint64(first),
            net.horizon,
            warm_up,
            np.zeros((0, 0)) if shared is None else shared,
            shared is not None,
            found,
            kept,
        )
    )


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[untyped-decorator, unused-ignore]
def _walk(
    task: Any,
    values: Any,
    line: Any,
    buffers: Any,
    people: Any,
    speed: Any,
    seed: Any,
    first: Any,
    horizon: Any,
    warm_up: Any,
    shared: Any,
    use_shared: Any,
    sums: Any,
    kept: Any,
) -> Any:
    """All replications of the sums: person i of `people` works at place `at[i]` of the line, `part[i]` of it done."""
    A = len(line)
    W = len(people)
    N = sums.binned.shape[1]
    span = horizon - warm_up
    at = np.zeros(W, np.int64)
    part = np.zeros(W)
    length = np.zeros(W)
    unit = np.zeros(W, np.int64)
    birth = np.zeros(W)
    begun = np.zeros(W)
    own = np.zeros(W)
    pace = np.zeros(W)
    behind = np.zeros(W, np.bool_)
    state = np.zeros(A, np.uint64)
    drawn = np.zeros(A, np.int64)
    count = 0
    for r in range(sums.output.shape[0]):
        for k in range(A):
            state[k] = first_state(seed, np.uint64(first + r), task[line[k]].times)
            drawn[k] = 0
        ending = AT_HORIZON
        count = 0
        units = W
        for i in range(W):  # the fastest has the first unit
            at[i] = -1
            part[i] = 1.0
            unit[i] = W - 1 - i
            birth[i] = 0.0
        t = 0.0
        counting = warm_up <= 0.0
        output = 0
        age = 0.0
        waited_since = 0.0
        while True:
            # whoever has come to the end of a task goes on to the next, the foremost first; the last hands back
            moved = True
            while moved and ending == AT_HORIZON:
                moved = False
                for i in range(W - 1, -1, -1):
                    if part[i] < 1.0 or (at[i] == A - 1 and i < W - 1):
                        continue
                    moved = True
                    k = at[i]
                    if k >= 0:
                        if count < kept.shape[0]:
                            kept[count, 0] = people[i]
                            kept[count, 1] = line[k]
                            kept[count, 2] = unit[i]
                            kept[count, 3] = begun[i]
                            kept[count, 4] = t
                            kept[count, 5] = 1.0
                            count += 1
                        sums.done[r, line[k]] += 1
                        sums.put[r, buffers[k]] += 1
                        if k < A - 1:
                            sums.taken[r, buffers[k]] += 1
                    if k < A - 1:
                        at[i] = k + 1
                        part[i] = 0.0
                        begun[i] = t
                    else:
                        output += 1
                        age += t - birth[i]
                        sums.area[r, buffers[k]] += (sums.end[r, buffers[k]]) * (t - waited_since)
                        waited_since = t
                        sums.end[r, buffers[k]] += 1
                        if counting:
                            n = int((t - warm_up) / span * N)
                            sums.binned[r, min(n, N - 1)] += 1
                        for j in range(W - 1, 0, -1):
                            h = j - 1
                            if count < kept.shape[0] and begun[h] < t and part[h] > 0.0:
                                kept[count, 0] = people[h]
                                kept[count, 1] = line[at[h]]
                                kept[count, 2] = unit[h]
                                kept[count, 3] = begun[h]
                                kept[count, 4] = t
                                count += 1
                            at[j] = at[h]
                            part[j] = part[h]
                            length[j] = length[h]
                            unit[j] = unit[h]
                            birth[j] = birth[h]
                            begun[j] = t
                        at[0] = 0
                        part[0] = 0.0
                        unit[0] = units
                        units += 1
                        birth[0] = t
                        begun[0] = t
                        i = 0
                    # a new task: how long it lasts, the units in their order
                    k = at[i]
                    a = line[k]
                    if use_shared:
                        if drawn[k] >= shared.shape[1]:
                            ending = SHORT
                            break
                        length[i] = shared[a, drawn[k]]
                    else:
                        x, state[k] = variate(task[a].kind, task[a].one, task[a].two, state[k])
                        if task[a].kind == EMPIRICAL:
                            x = values[task[a].values_at + int(x)]
                        length[i] = x * task[a].mean
                    drawn[k] += 1
                    if length[i] <= 0.0:
                        part[i] = 1.0
                    break
            if ending != AT_HORIZON:
                break
            # pace: own, or that of the next where they have been caught up with; and when anything changes
            wait = horizon - t
            if not counting:
                wait = min(wait, warm_up - t)
            happens = -1
            for i in range(W - 1, -1, -1):
                own[i] = speed[people[i], at[i]] / length[i] if length[i] > 0.0 else np.inf
                pace[i] = own[i]
                near = i < W - 1 and at[i] == at[i + 1]
                behind[i] = near and part[i] >= part[i + 1] and own[i] >= pace[i + 1]
                if behind[i]:
                    pace[i] = pace[i + 1]
                    continue
                until = (1.0 - part[i]) / pace[i]
                if until < wait:
                    wait = until
                    happens = 2 * i
                if near and pace[i] > pace[i + 1]:
                    until = (part[i + 1] - part[i]) / (pace[i] - pace[i + 1])
                    if until < wait:
                        wait = until
                        happens = 2 * i + 1
            for i in range(W):
                share = pace[i] / own[i]
                sums.times[r, people[i], line[at[i]]] += wait * share
                sums.times[r, people[i], A + BLOCKED] += wait * (1.0 - share)
                part[i] = min(1.0, part[i] + pace[i] * wait)
            t += wait
            if happens < 0:
                if counting:
                    break
                counting = True
                t = warm_up
                output = 0
                age = 0.0
                sums.done[r, :] = 0
                sums.put[r, :] = 0
                sums.taken[r, :] = 0
                sums.area[r, :] = 0.0
                sums.times[r, :, :] = 0.0
                sums.start[r, :] = sums.end[r, :]
                waited_since = warm_up
            elif happens % 2 == 0:
                part[happens // 2] = 1.0
            else:
                part[happens // 2] = part[happens // 2 + 1]
            for i in range(W - 2, -1, -1):
                if behind[i]:
                    part[i] = part[i + 1]
        for i in range(W):
            if count < kept.shape[0] and begun[i] < horizon:
                kept[count, 0] = people[i]
                kept[count, 1] = line[at[i]]
                kept[count, 2] = unit[i]
                kept[count, 3] = begun[i]
                kept[count, 4] = horizon
                count += 1
        last = buffers[A - 1]
        sums.area[r, last] += sums.end[r, last] * (horizon - waited_since)
        sums.peak[r, :] = sums.end[r, :]
        sums.output[r] = output
        sums.age[r] = age
        sums.ending[r] = ending
        sums.ended[r] = horizon
    return count
