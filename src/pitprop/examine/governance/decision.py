"""Decision: does the number inform anything that anyone decides?

Why it matters
--------------
Collecting, reporting and discussing a number takes time from the work. What changes no decision has no
information value, whatever it costs; and a number that informs nothing can still be used to blame.

Looks for
---------
An empty `decision`.

Assumes
-------
That the declared decision is really taken and really looks at the number.

Blind to
--------
Decisions that were made before the number came in, and numbers that are cited but not used.

Source
------
Raiffa and Schlaifer 1961, Applied Statistical Decision Theory (the value of information is the gain from the
decisions that it changes); Hubbard 2014, How to Measure Anything.
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared


def run(metric: Metric, brief: Brief) -> Finding:
    """Whether `decision` is declared."""
    if metric.decision.strip():
        return Finding(state=State.CLEAR, says=f"The decision that it informs is declared: {metric.decision.strip()}.")
    return Finding(
        state=State.SUSPECT,
        says="No decision is declared that this number informs.",
        needed="Declare `decision`, and `decisions_per_year`: what is decided by this number, and how often.",
    )


def _with(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared()
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _without(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(decision=str(rng.choice(["", " "])))
    return metric, Brief(metric=metric, smallest_effect=0.0)


CHECK = Check(
    code="PP502",
    title="Is it declared which decision it informs?",
    run=run,
    smallest_effect=0.0,
    effect_is="",
    source="Raiffa and Schlaifer 1961, Applied Statistical Decision Theory",
    clear=(_with,),
    suspect=(_without,),
)
