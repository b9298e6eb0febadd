"""Concentration: do the stakes hang on one number alone?

Why it matters
--------------
Whoever is judged by one number alone has every reason to move all effort there: tonnage counted, propping,
hauling and training did not. A second number with stakes that pulls the other way makes gaming dearer.

Looks for
---------
For each kind of entity that is judged (crews, mines, hospitals): how many active metrics carry stakes. The
effect is the share of the kinds of entities with stakes that are judged by a single number.

Assumes
-------
That metrics with the same `entity` judge the same people, and that stakes weigh alike.

Blind to
--------
Two numbers that are two names of one thing; stakes that nobody declared; how large the stakes are.

Source
------
Holmstrom and Milgrom 1991, "Multitask principal-agent analyses", Journal of Law, Economics and Organization
7:24 (strong incentives on one task draw effort from those that are not measured).
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric, Register, Source
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared

EFFECT_IS = "share of the kinds of entities with stakes that are judged by one number alone"


def run(register: Register, brief: Brief) -> Finding:
    """Share of the kinds of entities with stakes that are judged by a single number."""
    judged: dict[str, list[str]] = {}
    for metric in register.metrics:
        if metric.status == "active" and any(target.stakes != "none" for target in metric.targets):
            judged.setdefault(metric.entity or "", []).append(metric.name)
    if not judged:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="Nothing is declared to hang on any number of this register.",
            needed="Declare `stakes` with the targets that have them.",
        )
    alone = {entity: names[0] for entity, names in judged.items() if len(names) == 1}
    share = len(alone) / len(judged)
    suspect = share > brief.smallest_effect
    told = "; ".join(f"{entity or 'everyone'} by {name}" for entity, name in sorted(alone.items()))
    return Finding(
        state=State.SUSPECT if suspect else State.CLEAR,
        says=f"Judged with stakes by one number alone: {told}." if alone else "Nobody is judged by one number alone.",
        effect=share,
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        n=len(judged),
        needed="Give stakes to a counter-metric too, or take them off the one." if suspect else "",
        data={"alone": {entity or "": name for entity, name in sorted(alone.items())}},
    )


def _register(*metrics: Metric) -> tuple[Register, Brief]:
    register = Register(version=1, sources={"shifts": Source(path="shifts.csv")}, metrics=metrics)
    return register, Brief(metric=metrics[0], smallest_effect=0.0)


def _two_numbers(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(declared(), declared(name="timber_per_shift", expr="timber"))


def _one_number(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(declared(), declared(name="timber_per_shift", expr="timber", targets=()))


CHECK = Check(
    code="PP510",
    title="Do the stakes hang on one number alone?",
    run=run,
    smallest_effect=0.0,
    effect_is=EFFECT_IS,
    source="Holmstrom and Milgrom 1991, Journal of Law, Economics and Organization 7:24",
    clear=(_two_numbers,),
    suspect=(_one_number,),
)
