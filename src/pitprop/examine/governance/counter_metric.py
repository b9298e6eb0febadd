"""Counter-metric: is it declared what must not suffer?

Why it matters
--------------
Where something hangs on one number, effort moves to it from whatever is not counted. In the mine the props
were not counted. A guardrail is the other number that is looked at together with this one.

Looks for
---------
A target with stakes (bonus, pay, career, penalty, ranking, publicity, budget, regulation) on a metric that
has no `guardrails`. Where nothing hangs on the number the question does not arise.

Assumes
-------
That the declared guardrails are the ones that would suffer.

Blind to
--------
Harm that no declared metric shows.

Source
------
Holmstrom and Milgrom 1991, "Multitask principal-agent analyses", Journal of Law, Economics and Organization
7:24; Kohavi, Tang and Xu 2020, Trustworthy Online Controlled Experiments (guardrail metrics).
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric, Target
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared


def run(metric: Metric, brief: Brief) -> Finding:
    """Whether a metric with stakes has `guardrails`."""
    stakes = sorted({target.stakes for target in metric.targets} - {"none"})
    if not stakes:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="Nothing is declared to hang on this number.",
            needed="Declare `stakes` with its targets if there are any.",
        )
    if metric.guardrails:
        names = ", ".join(guardrail.metric for guardrail in metric.guardrails)
        return Finding(state=State.CLEAR, says=f"What must not suffer is declared: {names}.")
    return Finding(
        state=State.SUSPECT,
        says=f"Something hangs on it ({', '.join(stakes)}), and nothing is declared that must not suffer.",
        needed="Declare `guardrails`: metrics that must not get worse, each with its margin.",
    )


def _with(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared()
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _no_stakes(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(guardrails=(), targets=(Target(op="gte", value=float(rng.integers(1, 9))),))
    return metric, Brief(metric=metric, smallest_effect=0.0)


def _without(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(guardrails=())
    return metric, Brief(metric=metric, smallest_effect=0.0)


CHECK = Check(
    code="PP505",
    title="Is it declared what must not suffer?",
    run=run,
    smallest_effect=0.0,
    effect_is="",
    source="Holmstrom and Milgrom 1991, Journal of Law, Economics and Organization 7:24",
    clear=(_with, _no_stakes),
    suspect=(_without,),
)
