"""Outcome: is it declared how real success would show?

Why it matters
--------------
A target moves the number; whether it moves the work can only be seen in something else, usually later: coal
delivered over the year, patients alive after thirty days. Where no such outcome is declared, no data can ever
show that the number has come apart from it.

Looks for
---------
A metric with a target and without an `outcome`. Without a target the question does not arise: real success
itself is such a number.

Assumes
-------
That the declared outcome is closer to the purpose than the metric is.

Blind to
--------
Outcomes that are as easily gamed as the metric.

Source
------
Kerr 1975, "On the folly of rewarding A, while hoping for B", Academy of Management Journal 18:769; Holmstrom
and Milgrom 1991, Journal of Law, Economics and Organization 7:24 (effort goes to what is measured).
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared


def run(metric: Metric, brief: Brief) -> Finding:
    """Whether a metric with a target has an `outcome`."""
    if not metric.targets:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="No target hangs on this number.",
            needed="Declare `targets` if there are any.",
        )
    if metric.outcome is not None:
        return Finding(state=State.CLEAR, says=f"Real success shows in {metric.outcome.metric}.")
    return Finding(
        state=State.SUSPECT,
        says="It has a target, and nothing is declared in which real success would show.",
        needed="Declare `outcome`: the metric, possibly later, in which real success shows.",
    )


def _with(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared()
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _untargeted(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(outcome=None, targets=())
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _without(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(outcome=None)
    return metric, Brief(metric=metric, smallest_effect=0.0)


CHECK = Check(
    code="PP504",
    title="Is it declared how real success would show?",
    run=run,
    smallest_effect=0.0,
    effect_is="",
    source="Holmstrom and Milgrom 1991, Journal of Law, Economics and Organization 7:24",
    clear=(_with, _untargeted),
    suspect=(_without,),
)
