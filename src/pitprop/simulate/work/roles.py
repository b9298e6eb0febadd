"""Roles: who should do what, where everybody keeps to tasks of their own.

A division gives everybody one task, or as few as it takes where there are more tasks than people, so that every task
is somebody's; the present one is looked at too, unless everybody does everything. Where there are few divisions all
of them are simulated. Where there are many, a good one by the fluid model (a mixed-integer programme where it is
small: see `fluid_division`) is improved step by step, by what one person does and by what two exchange, until no step
helps. All comparisons are on the same random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from pitprop.define.work import Role, Work
from pitprop.simulate.work.divisions import Division, Share, all_choices, all_divisions, neighbours, width
from pitprop.simulate.work.fluid_division import fluid_division
from pitprop.simulate.work.intervals import over_replications
from pitprop.simulate.work.people import able, crewed, given, people
from pitprop.simulate.work.results import Roles
from pitprop.simulate.work.trials import Trials

ALL_OF_THEM = 200
"""Divisions up to which all are simulated."""
LISTED = 50_000
"""Choices up to which they are listed, to see how many divisions they make."""
STEPS = 400
"""Divisions that a search simulates at most."""
FINALISTS = 6


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
    choices = all_choices(crew, tasks)
    listed = all_divisions(crew, choices, tasks) if prod(map(len, choices)) <= LISTED else None
    if listed is not None and len(listed) < 2:
        return None
    score = _Score(work, crew, trials, min(screening, replications))
    exact = listed is not None and len(listed) <= exact_up_to
    if exact and listed is not None:
        for division in listed:
            score(division)
    else:
        _search(score, fluid_division(work, crew, tasks, width(crew, tasks)), choices, tasks, steps)
    present = tuple(role.tasks for role in people(work).values())
    if any(set(mine) != set(tasks) for mine in present):
        score(present)  # what people do now, however many tasks that is
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


def _search(score: _Score, start: Division, choices: list[list[Share]], tasks: list[str], steps: int) -> None:
    """Steps to the first better neighbour until there is none; `score` remembers all that were looked at."""
    here = start
    best = score(here)
    moved = True
    while moved and len(score.known) < steps:
        moved = False
        for other in neighbours(here, choices, tasks):
            if len(score.known) >= steps:
                return
            if score(other) > best:
                here, best, moved = other, score(other), True
                break
