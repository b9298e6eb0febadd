"""Capacity: the most that any way of sharing the work among the same people could yield.

A linear programme over how often each task is run and how much of each person's time it gets. It is the fluid bound:
work is infinitely divisible, nobody waits for anybody, nothing is lost to switching or fatigue, times are their means.
What it does hold to: everybody's time and speed, training and breaks, the tools and their repairs, automatic tasks,
what lies in the buffers at the beginning, and that a buffer can hold no more than its limit at the end. In a short
shift with times that vary more than exponential ones the mean output may exceed it by a fraction of a unit; in the
long run never.

Source: Andradottir, Ayhan and Down (2003), Operations Research 51:952, for the allocation programme.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.simulate.work.network import ENDLESS, Arrays, Network, network
from pitprop.simulate.work.people import able, crewed
from pitprop.simulate.work.results import Capacity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FULL = 1 - 1e-6
"""Share of the time from which on somebody counts as fully used."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Programme:
    """The linear programme: maximise `gain` @ z subject to `rows` @ z <= `most`, z >= 0.

    z is the runs of each of A tasks, then the time of each of P pairs of a slot and a task that it may do.
    """

    gain: Floats
    """(A + P,)"""
    rows: Floats
    """(M, A + P): buffers above nothing, buffers below their limits, tasks, slots, tools."""
    most: Floats
    """(M,)"""
    slot: Ints
    task: Ints
    """(P,) of each pair."""
    available: Floats
    """(S,) time of each slot."""
    held: Floats
    """(P, U) tools held per time of each pair."""
    tools: Floats
    """(U,) time of all of each tool together."""
    stretch: Floats
    """(P,) time, repairs included, per time of work."""
    dislike: Floats
    """(P,) place of the task in the slot's list: of equally good shares those are told that are nearer to the roles."""


def capacity(work: Work) -> Capacity | None:
    """The bound for one way of working; None where nothing bounds it.

    People count with every task that they are able to do: those of their roles, and those for which the file names a
    speed of theirs.
    """
    crew = able(work)
    net = network(crewed(work, crew)) if crew else network(work)
    plan = programme(net)
    found = best(plan)
    if found is None:
        return None
    output, z = found
    hours = z[len(net.tasks) :] * plan.stretch
    shares = {
        net.slots[s]: {
            net.tasks[a]: float(time / net.horizon)
            for time, a in zip(hours[plan.slot == s], plan.task[plan.slot == s], strict=True)
            if time > 1e-9 * net.horizon
        }
        for s in range(net.heads)
    }
    return Capacity(
        output=output * work.size / work.shift.count, shares=shares, limited_by=_limits(net, plan, output, z)
    )


def programme(net: Network) -> Programme:
    """The linear programme of a network, over the whole of its time."""
    a = net.arrays
    tasks, buffers = len(net.tasks), len(net.buffers)
    slot, task = (index.astype(np.int64) for index in np.nonzero(a.speed > 0))
    pairs = len(slot)
    puts, takes = _flows(a, tasks, buffers)
    uses = _by_task(a.tool_at, a.tool, a.tool_count, tasks, len(net.tools))
    lost = np.where(a.fails, a.repair_mean / np.where(a.fails, a.life_mean, 1.0), 0.0)[: len(net.tools)]
    stretch = 1 + (uses @ lost)[task]
    speed = a.speed[slot, task] / _practised(a, net.horizon, slot, task)
    lossy = np.zeros(buffers, bool)
    for loser in np.flatnonzero(a.loses):
        lossy |= puts[loser] > 0
    bounded = np.flatnonzero((a.limit < ENDLESS) & ~lossy)
    net_put = (puts - takes).T
    available = _available(a, net)
    done = np.zeros((tasks, pairs))
    done[task, np.arange(pairs)] = -speed
    busy = np.zeros((len(net.slots), pairs))
    busy[slot, np.arange(pairs)] = stretch
    held = uses[task] * stretch[:, None]
    tools = a.tools[: len(net.tools)] * net.horizon
    rows = np.vstack(
        [
            np.hstack([-net_put, np.zeros((buffers, pairs))]),
            np.hstack([net_put[bounded], np.zeros((len(bounded), pairs))]),
            np.hstack([np.diag(a.mean), done]),
            np.hstack([np.zeros((len(net.slots), tasks)), busy]),
            np.hstack([np.zeros((len(net.tools), tasks)), held.T]),
        ]
    )
    most = np.concatenate([a.start, (a.limit - a.start)[bounded], np.zeros(tasks), available, tools]).astype(float)
    return Programme(
        gain=np.concatenate([puts[:, a.output], np.zeros(pairs)]),
        rows=rows,
        most=most,
        slot=slot,
        task=task,
        available=available,
        held=held,
        tools=tools.astype(float),
        stretch=stretch,
        dislike=np.where(slot < net.heads, a.rank[slot, task], 0).astype(float),
    )


def best(plan: Programme) -> tuple[float, Floats] | None:
    """The most units that can reach the output, and with how little time; None where nothing bounds them."""
    most = _least(plan, -plan.gain)
    if most is None:
        return None
    output = float(plan.gain @ most)
    # of all the best, the one that takes the least time and keeps nearest to the roles
    least = _least(plan, _on_pairs(plan, plan.stretch * (1 + 1e-3 * plan.dislike)), output)
    return output, most if least is None else least


def _least(plan: Programme, cost: Floats, output: float | None = None) -> Floats | None:
    """Where a cost is least, of all that is possible, or of all that yields a given output."""
    from scipy.optimize import linprog

    rows = plan.rows if output is None else np.vstack([plan.rows, -plan.gain])
    most = plan.most if output is None else np.append(plan.most, -output)
    found = linprog(cost, A_ub=rows, b_ub=most, method="highs")
    return np.asarray(found.x, dtype=float) if found.status == 0 else None


def _on_pairs(plan: Programme, values: Floats) -> Floats:
    return np.concatenate([np.zeros(len(plan.gain) - len(plan.slot)), values])


def _limits(net: Network, plan: Programme, output: float, z: Floats) -> tuple[str, ...]:
    """What is fully used in every assignment that yields as much: people, automatic tasks and tools."""
    names = []
    for name, use, whole in _resources(net, plan):
        cost = _on_pairs(plan, use)
        if whole > 0 and cost @ z >= FULL * whole:
            least = _least(plan, cost, output)
            if least is not None and cost @ least >= FULL * whole:
                names.append(name)
    return tuple(names)


def _resources(net: Network, plan: Programme) -> Iterator[tuple[str, Floats, float]]:
    """(name, use per time of each pair, how much there is) of everything that can run short."""
    for s in range(net.heads):
        yield net.slots[s], plan.stretch * (plan.slot == s), float(plan.available[s])
    for a, name in enumerate(net.tasks):
        runs = (plan.task == a) & (plan.slot >= net.heads)
        if runs.any():
            yield name, plan.stretch * runs, float(plan.available[plan.slot[runs]].sum())
    for u, name in enumerate(net.tools):
        yield name, plan.held[:, u], float(plan.tools[u])


def _by_task(at: Ints, index: Ints, count: Ints, tasks: int, columns: int) -> Floats:
    table = np.zeros((tasks, columns))
    np.add.at(table, (np.repeat(np.arange(tasks), np.diff(at)), index), count)
    return table


def _flows(a: Arrays, tasks: int, buffers: int) -> tuple[Floats, Floats]:
    """(puts, takes) per run of each task, on average over its ways, shape (A, B) each."""
    takes = _by_task(a.in_at, a.in_buffer, a.in_count, tasks, buffers)
    ways = len(a.way_up_to)
    by_way = _by_task(a.out_at, a.out_buffer, a.out_count, ways, buffers)
    owner = np.repeat(np.arange(tasks), np.diff(a.way_at))
    share = np.diff(np.minimum(a.way_up_to, 1.0), prepend=0.0)
    first = a.way_at[:-1]
    share[first] = np.minimum(a.way_up_to[first], 1.0)
    puts = np.zeros((tasks, buffers))
    np.add.at(puts, owner, by_way * share[:, None])
    return puts, takes


def _available(a: Arrays, net: Network) -> Floats:
    """Time of each slot, shape (S,): the whole of it less the union of the times away."""
    out = np.full(len(net.slots), net.horizon)
    for s in range(len(net.slots)):
        until = 0.0
        for w in range(a.away_at[s], a.away_at[s + 1]):
            begins = max(float(a.away_from[w]), until)
            ends = min(float(a.away_from[w] + a.away_for[w]), net.horizon)
            if ends > begins:
                out[s] -= ends - begins
                until = ends
    return out


def _practised(a: Arrays, horizon: float, slot: Ints, task: Ints) -> Floats:
    """Time of a run over its time without experience, shape (P,), averaged over as many as the whole time allows.

    Later runs are shorter, so that fewer of them take longer on average: the bound stays one.
    """
    out = np.ones(len(slot))
    for pair, (s, k) in enumerate(zip(slot, task, strict=True)):
        if a.learning[k] and a.mean[k]:
            runs = int(min(horizon * a.speed[s, k] / (a.mean[k] * a.floor[k]), 1e6)) + 1
            each = np.maximum(a.floor[k], (a.experience[s, k] + np.arange(1, runs + 1)) ** a.learning[k])
            fit = int(np.searchsorted(np.cumsum(each), horizon * a.speed[s, k] / a.mean[k], side="right"))
            out[pair] = each[: max(fit, 1)].mean()
    return out
