"""Roles: who should do what, where everybody keeps to tasks of their own.

A division gives everybody one task, or as few as it takes where there are more tasks than people, so that every task is
somebody's. Where there are few divisions all of them are simulated. Where there are many, the best division of the
fluid model (a mixed-integer programme: see `capacity`) is improved step by step, by what one person does and by what
two exchange, until no step helps. All comparisons are on the same random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Role, Work
from pitprop.simulate.work.capacity import Programme, best, programme
from pitprop.simulate.work.intervals import over_replications
from pitprop.simulate.work.network import Network, network
from pitprop.simulate.work.people import able, alike, crewed, given
from pitprop.simulate.work.results import Roles
from pitprop.simulate.work.trials import Trials

Floats = NDArray[np.float64]
Share = tuple[str, ...]
Division = tuple[Share, ...]
"""Tasks of each person, in the order of the crew."""

ALL_OF_THEM = 200
"""Divisions up to which all are simulated."""
LISTED = 50_000
"""Choices up to which they are listed, to see how many divisions they make."""
STEPS = 400
"""Divisions that a search simulates at most."""
FINALISTS = 6
PAIRS, NODES = 40, 200
"""Pairs of person and task up to which the fluid model is divided exactly, and the work that goes into it."""


def best_roles(
    work: Work, *, trials: Trials, replications: int, screening: int, exact_up_to: int = ALL_OF_THEM, steps: int = STEPS
) -> Roles | None:
    """The best division of the work among its people; None where there is nothing to divide.

    Parameters
    ----------
    work
        One way of working; people count with every task that they are able to do.
    trials
        Where the simulations happen.
    replications
        How many for those that come out on top.
    screening
        How many for every other division.
    exact_up_to
        Divisions up to which all are simulated.
    steps
        Divisions that a search simulates at most.
    """
    crew = able(work)
    tasks = [name for name in work.tasks if any(name in role.tasks for role in crew.values())]
    if len(crew) < 2 or len(tasks) < 2 or (work.crew and work.crew.rule == "bucket_brigade"):
        return None
    choices = _choices(crew, tasks)
    listed = _listed(crew, choices, tasks) if prod(map(len, choices)) <= LISTED else None
    if listed is not None and len(listed) < 2:
        return None
    score = _Score(work, crew, trials, min(screening, replications))
    exact = listed is not None and len(listed) <= exact_up_to
    if exact and listed is not None:
        for division in listed:
            score(division)
    else:
        _search(score, _start(work, crew, tasks, _width(crew, tasks)), choices, tasks, steps)
    top = sorted(score.known, key=lambda division: -score.known[division])[:FINALISTS]
    if not top:
        return None
    outputs = {division: trials.output(score.work(division), replications) for division in top}
    winner = max(top, key=lambda division: float(outputs[division].mean()))
    return Roles(
        tasks=dict(zip(crew, winner, strict=True)),
        output=over_replications(outputs[winner]),
        exact=exact,
        looked_at=len(score.known),
    )


class _Score:
    """Mean output of divisions, each simulated once."""

    def __init__(self, work: Work, crew: Mapping[str, Role], trials: Trials, replications: int) -> None:
        self.base, self.crew, self.trials, self.replications = work, crew, trials, replications
        self.known: dict[Division, float] = {}

    def __call__(self, division: Division) -> float:
        if division not in self.known:
            self.known[division] = float(self.trials.output(self.work(division), self.replications).mean())
        return self.known[division]

    def work(self, division: Division) -> Work:
        return crewed(self.base, {n: given(self.crew[n], d) for n, d in zip(self.crew, division, strict=True)})


def _width(crew: Mapping[str, Role], tasks: list[str]) -> int:
    return ceil(len(tasks) / len(crew))


def _choices(crew: Mapping[str, Role], tasks: list[str]) -> list[list[Share]]:
    """What each person may be given: at most so many of the tasks that they are able to do, in their order."""
    width = _width(crew, tasks)
    return [
        [share for size in range(1, width + 1) for share in combinations(_own(role, tasks), size)]
        for role in crew.values()
    ]


def _own(role: Role, tasks: list[str]) -> list[str]:
    return [task for task in role.tasks if task in tasks]


def _listed(crew: Mapping[str, Role], choices: list[list[Share]], tasks: list[str]) -> list[Division]:
    """All divisions that leave no task to nobody, those apart that differ only in who of like people does what."""
    order = list(crew)
    kinds = [[order.index(name) for name in names] for names in alike(crew).values()]
    found: dict[Division, None] = {}
    for division in product(*choices):
        if _covers(division, tasks):
            arranged = list(division)
            for kind in kinds:
                for place, share in zip(kind, sorted(division[i] for i in kind), strict=True):
                    arranged[place] = share
            found.setdefault(tuple(arranged))
    return list(found)


def _covers(division: Division, tasks: list[str]) -> bool:
    return len({task for share in division for task in share}) == len(tasks)


def _search(score: _Score, start: Division, choices: list[list[Share]], tasks: list[str], steps: int) -> None:
    """Steps to the first better neighbour until there is none; `score` remembers all that were looked at."""
    here = start
    best = score(here)
    moved = True
    while moved and len(score.known) < steps:
        moved = False
        for other in _neighbours(here, choices, tasks):
            if len(score.known) >= steps:
                return
            if score(other) > best:
                here, best, moved = other, score(other), True
                break


def _neighbours(here: Division, choices: list[list[Share]], tasks: list[str]) -> Iterator[Division]:
    able_to = [set(shares) for shares in choices]
    for i, j in combinations(range(len(here)), 2):
        if here[i] != here[j] and here[j] in able_to[i] and here[i] in able_to[j]:
            swapped = list(here)
            swapped[i], swapped[j] = here[j], here[i]
            yield tuple(swapped)
    for i, shares in enumerate(choices):
        for share in shares:
            changed = (*here[:i], share, *here[i + 1 :])
            if share != here[i] and _covers(changed, tasks):
                yield changed


def _start(work: Work, crew: Mapping[str, Role], tasks: list[str], width: int) -> Division:
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


def _rounded(
    crew: Mapping[str, Role], tasks: list[str], width: int, weight: Mapping[tuple[int, str], float]
) -> Division:
    """Everybody's weightiest tasks, and then every task that is left to the person who loses least by it."""
    names = list(crew)
    hands = []
    for i, role in enumerate(crew.values()):
        own = sorted(_own(role, tasks), key=lambda task: -weight.get((i, task), 0.0))
        hands.append([task for task in own[:width] if weight.get((i, task), 0.0) > 0] or own[:1])
    for task in tasks:
        if not any(task in hand for hand in hands):
            able_to = [i for i, name in enumerate(names) if task in crew[name].tasks]
            i = min(able_to, key=lambda i: _loss(i, hands, width, weight))
            if len(hands[i]) >= width:
                hands[i].remove(_spare(i, hands, weight))
            hands[i].append(task)
    division = tuple(
        tuple(task for task in _own(role, tasks) if task in hand)
        for role, hand in zip(crew.values(), hands, strict=True)
    )
    return division if _covers(division, tasks) else _any(crew, tasks, width)


def _loss(i: int, hands: list[list[str]], width: int, weight: Mapping[tuple[int, str], float]) -> tuple[bool, float]:
    """(somebody's only task goes, weight that goes) where a person takes on another task."""
    if len(hands[i]) < width:
        return False, 0.0
    spare = _spare(i, hands, weight)
    return sum(spare in hand for hand in hands) < 2, weight.get((i, spare), 0.0)


def _spare(i: int, hands: list[list[str]], weight: Mapping[tuple[int, str], float]) -> str:
    """The task that a person can best give up: one that somebody else has too, and of these the least weighty."""
    return min(hands[i], key=lambda task: (sum(task in hand for hand in hands) < 2, weight.get((i, task), 0.0)))


def _any(crew: Mapping[str, Role], tasks: list[str], width: int) -> Division:
    """Some division, by dealing out the tasks that the fewest can do first."""
    hands: dict[str, list[str]] = {name: [] for name in crew}
    for task in sorted(tasks, key=lambda t: sum(t in role.tasks for role in crew.values())):
        can = [name for name, role in crew.items() if task in role.tasks]
        hands[min(can, key=lambda name: (len(hands[name]) >= width, len(hands[name])))].append(task)
    return tuple(
        tuple(task for task in _own(role, tasks) if task in hands[name]) or (_own(role, tasks)[0],)
        for name, role in crew.items()
    )
