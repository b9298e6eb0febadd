"""Owner: does anyone answer for the number?

Why it matters
--------------
Definitions drift, targets outlive their reasons, side effects go unseen. Someone has to be there who can say
what the number means and who can stop it.

Looks for
---------
A missing `owner`.

Assumes
-------
That the owner knows of it.

Blind to
--------
Owners who have left, and owners who are judged by the number that they define.

Source
------
Bird et al. 2005, "Performance indicators: good, bad, and ugly", JRSS A 168:1: responsibility for an indicator
is assigned and independent scrutiny is possible.
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared


def run(metric: Metric, brief: Brief) -> Finding:
    """Whether `owner` is declared."""
    if metric.owner is not None:
        return Finding(state=State.CLEAR, says=f"{metric.owner.name} owns it.")
    return Finding(
        state=State.SUSPECT,
        says="Nobody is declared who answers for this number.",
        needed="Declare `owner`: a name and an email address.",
    )


def _with(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared()
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _without(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(owner=None)
    return metric, Brief(metric=metric, smallest_effect=0.0)


CHECK = Check(
    code="PP503",
    title="Is it declared who answers for it?",
    run=run,
    smallest_effect=0.0,
    effect_is="",
    source="Bird et al. 2005, JRSS A 168:1",
    clear=(_with,),
    suspect=(_without,),
)
