"""Divisions of the work: who gets which tasks, so that every task is somebody's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import ceil

from pitprop.define.work import Role
from pitprop.simulate.work.people import alike

Share = tuple[str, ...]
Division = tuple[Share, ...]
"""Tasks of each person, in the order of the crew."""


def width(crew: Mapping[str, Role], tasks: list[str]) -> int:
    """How many tasks each person has at most."""
    return ceil(len(tasks) / len(crew))


def all_choices(crew: Mapping[str, Role], tasks: list[str]) -> list[list[Share]]:
    """What each person may be given: at most so many of the tasks that they are able to do, in their order."""
    most = width(crew, tasks)
    return [
        [share for size in range(1, most + 1) for share in combinations(own(role, tasks), size)]
        for role in crew.values()
    ]


def own(role: Role, tasks: list[str]) -> list[str]:
    """Those of the tasks that a person is able to do, in their order."""
    return [task for task in role.tasks if task in tasks]


def all_divisions(crew: Mapping[str, Role], choices: list[list[Share]], tasks: list[str]) -> list[Division]:
    """All divisions that leave no task to nobody, those apart that differ only in who of like people does what."""
    order = list(crew)
    kinds = [[order.index(name) for name in names] for names in alike(crew).values()]
    found: dict[Division, None] = {}
    for division in product(*choices):
        if covers(division, tasks):
            arranged = list(division)
            for kind in kinds:
                for place, share in zip(kind, sorted(division[i] for i in kind), strict=True):
                    arranged[place] = share
            found.setdefault(tuple(arranged))
    return list(found)


def covers(division: Division, tasks: list[str]) -> bool:
    """Whether every task is somebody's."""
    return len({task for share in division for task in share}) == len(tasks)


def neighbours(here: Division, choices: list[list[Share]], tasks: list[str]) -> Iterator[Division]:
    """Divisions in which two people exchange what they do, then those in which one does something else."""
    able_to = [set(shares) for shares in choices]
    for i, j in combinations(range(len(here)), 2):
        if here[i] != here[j] and here[j] in able_to[i] and here[i] in able_to[j]:
            swapped = list(here)
            swapped[i], swapped[j] = here[j], here[i]
            yield tuple(swapped)
    for i, shares in enumerate(choices):
        for share in shares:
            changed = (*here[:i], share, *here[i + 1 :])
            if share != here[i] and covers(changed, tasks):
                yield changed


def dealt(crew: Mapping[str, Role], tasks: list[str], most: int) -> Division:
    """Some division, by dealing out the tasks that the fewest can do first."""
    hands: dict[str, list[str]] = {name: [] for name in crew}
    for task in sorted(tasks, key=lambda t: sum(t in role.tasks for role in crew.values())):
        can = [name for name, role in crew.items() if task in role.tasks]
        hands[min(can, key=lambda name: (len(hands[name]) >= most, len(hands[name])))].append(task)
    return tuple(
        tuple(task for task in own(role, tasks) if task in hands[name]) or (own(role, tasks)[0],)
        for name, role in crew.items()
    )
