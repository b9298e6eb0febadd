"""Purpose: does anyone say what the work is for?

Why it matters
--------------
A number stands for something. Where nobody wrote down what, the number itself becomes the aim: tonnes instead
of coal that keeps coming. Without a purpose no one can say that the number has come apart from it.

Looks for
---------
An empty `purpose`.

Assumes
-------
That a declared purpose is meant. It is not judged.

Blind to
--------
A purpose that only repeats the number ("raise tonnes per shift").

Source
------
Bird et al. 2005, "Performance indicators: good, bad, and ugly", JRSS A 168:1 (report of the Royal Statistical
Society's working party): what is to be achieved comes before how it is measured.
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared


def run(metric: Metric, brief: Brief) -> Finding:
    """Whether `purpose` is declared."""
    if metric.purpose.strip():
        return Finding(state=State.CLEAR, says=f"Its purpose is declared: {metric.purpose.strip()}.")
    return Finding(
        state=State.SUSPECT,
        says="Nobody has declared what the work behind this number is for.",
        needed="Declare `purpose`: what the work is for, which this number stands for.",
    )


def _with(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared()
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _without(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(purpose=str(rng.choice(["", " "])))
    return metric, Brief(metric=metric, smallest_effect=0.0)


CHECK = Check(
    code="PP501",
    title="Is it declared what the work is for?",
    run=run,
    smallest_effect=0.0,
    effect_is="",
    source="Bird et al. 2005, JRSS A 168:1",
    clear=(_with,),
    suspect=(_without,),
)
