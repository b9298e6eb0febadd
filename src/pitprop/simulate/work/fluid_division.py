"""A good division of the work before anything is simulated, from the fluid model of `capacity`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Role, Work
from pitprop.simulate.work.capacity import Programme, best, programme
from pitprop.simulate.work.divisions import Division, covers, dealt, own
from pitprop.simulate.work.network import Network, network
from pitprop.simulate.work.people import crewed

Floats = NDArray[np.float64]
Weights = Mapping[tuple[int, str], float]
"""(person, task) -> how much the fluid model wants them together."""

PAIRS, NODES = 40, 200
"""Pairs of person and task up to which the fluid model is divided exactly, and the work that goes into it."""


def fluid_division(work: Work, crew: Mapping[str, Role], tasks: list[str], width: int) -> Division:
    """A good division of the fluid model: the best where the programme is small, else near the flexible optimum."""
    net = network(crewed(work, crew))
    plan = programme(net)
    pairs = np.flatnonzero(plan.slot < net.heads)
    wanted = _programmed(plan, pairs, net, tasks, width) if len(pairs) <= PAIRS else None
    if wanted is None:
        found = best(plan)
        wanted = found[1][len(net.tasks) :][pairs] / plan.available[plan.slot[pairs]] if found else np.zeros(len(pairs))
    weight = {(int(plan.slot[p]), net.tasks[plan.task[p]]): float(w) for p, w in zip(pairs, wanted, strict=True)}
    return _rounded(crew, tasks, width, weight)


def _programmed(plan: Programme, pairs: NDArray[np.int64], net: Network, tasks: list[str], width: int) -> Floats | None:
    """Which pairs of person and task are chosen in the best fluid division, 1 or 0 each; None where none is found."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    count, extra = len(plan.gain), len(pairs)
    # times as shares of what is available, so that all numbers are of one size
    scale = np.concatenate([np.ones(count - len(plan.slot)), plan.available[plan.slot] / plan.stretch])
    each, columns = np.arange(extra), count - len(plan.slot) + pairs
    only_if_chosen = np.zeros((extra, count + extra))
    only_if_chosen[each, columns], only_if_chosen[each, count + each] = 1, -1
    per_head, per_task = np.zeros((net.heads, count + extra)), np.zeros((len(tasks), count + extra))
    per_head[plan.slot[pairs], count + each] = 1
    per_task[[tasks.index(net.tasks[a]) for a in plan.task[pairs]], count + each] = 1
    rows = np.hstack([plan.rows * scale, np.zeros((len(plan.rows), extra))])
    size = np.maximum(np.abs(rows).max(axis=1), 1e-12)
    found = milp(
        np.concatenate([-plan.gain, np.zeros(extra)]),
        integrality=np.concatenate([np.zeros(count), np.ones(extra)]),
        bounds=Bounds(0, np.concatenate([np.full(count, np.inf), np.ones(extra)])),
        constraints=[
            LinearConstraint(rows / size[:, None], -np.inf, plan.most / size),
            LinearConstraint(only_if_chosen, -np.inf, 0),
            LinearConstraint(per_head, 1, width),
            LinearConstraint(per_task, 1, np.inf),
        ],
        options={"node_limit": NODES, "mip_rel_gap": 1e-3},
    )
    return None if found.x is None else np.round(np.asarray(found.x, dtype=float)[count:])


def _rounded(crew: Mapping[str, Role], tasks: list[str], width: int, weight: Weights) -> Division:
    """Everybody's weightiest tasks, and then every task that is left to the person who loses least by it."""
    names = list(crew)
    hands = []
    for i, role in enumerate(crew.values()):
        wanted = sorted(own(role, tasks), key=lambda task: -weight.get((i, task), 0.0))
        hands.append([task for task in wanted[:width] if weight.get((i, task), 0.0) > 0] or wanted[:1])
    for task in tasks:
        if not any(task in hand for hand in hands):
            able_to = [i for i, name in enumerate(names) if task in crew[name].tasks]
            i = min(able_to, key=lambda i: _loss(i, hands, width, weight))
            if len(hands[i]) >= width:
                hands[i].remove(_spare(i, hands, weight))
            hands[i].append(task)
    division = tuple(
        tuple(task for task in own(role, tasks) if task in hand)
        for role, hand in zip(crew.values(), hands, strict=True)
    )
    return division if covers(division, tasks) else dealt(crew, tasks, width)


def _loss(i: int, hands: list[list[str]], width: int, weight: Weights) -> tuple[bool, float]:
    """(somebody's only task goes, weight that goes) where a person takes on another task."""
    if len(hands[i]) < width:
        return False, 0.0
    spare = _spare(i, hands, weight)
    return sum(spare in hand for hand in hands) < 2, weight.get((i, spare), 0.0)


def _spare(i: int, hands: list[list[str]], weight: Weights) -> str:
    """The task that a person can best give up: one that somebody else has too, and of these the least weighty."""
    return min(hands[i], key=lambda task: (sum(task in hand for hand in hands) < 2, weight.get((i, task), 0.0)))
