"""Metrics per decision: do more numbers come to the table than a decision can use?

Why it matters
--------------
Each number asks for attention at the moment of deciding. Beyond a handful they are no longer weighed: people pick the
ones that suit them, and who is judged by many numbers is judged by whichever is looked at.

Looks for
---------
Active metrics with a declared decision, divided by the number of different decisions declared (case and spaces do not
count). The effect is that mean; the decision with the most numbers is named.

Assumes
-------
That the same words mean the same decision. The number beyond which it matters (7) is a choice of this project, not a
law of nature: set `policy.effects.per_decision` to yours.

Blind to
--------
Whether the numbers for a decision say different things (`redundancy` asks that); decisions that nobody declared.

Source
------
Hubbard 2014, How to Measure Anything, 3rd edition, chapter 7 (few variables of a decision are worth measuring).
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from pitprop.define.metric import Metric, Register, Source
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared

EFFECT_IS = "active metrics for each declared decision"


def run(register: Register, brief: Brief) -> Finding:
    """Mean number of active metrics for each declared decision."""
    told = [m for m in register.metrics if m.status == "active" and m.decision.strip()]
    if not told:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="No metric declares a decision that it informs.",
            effect_is=EFFECT_IS,
            needed="Declare `decision` with each metric.",
        )
    counts = Counter(" ".join(m.decision.lower().split()) for m in told)
    mean = len(told) / len(counts)
    most, number_of = counts.most_common(1)[0]
    name = next(m.decision.strip() for m in told if " ".join(m.decision.lower().split()) == most)
    suspect = mean > brief.smallest_effect
    silent = sum(m.status == "active" for m in register.metrics) - len(told)
    without = f" {silent} more inform no declared decision." if silent else ""
    return Finding(
        state=State.SUSPECT if suspect else State.CLEAR,
        says=f"{len(told)} metrics inform {len(counts)} decisions, {mean:.1f} each; most ({number_of}) go to "
        f"“{name}”.{without}",
        effect=mean,
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        n=len(told),
        needed="Ask which of them ever changed the decision, and drop the others." if suspect else "",
        data={"decisions": len(counts), "metrics": len(told), "most": number_of, "without_decision": silent},
    )


def _register(*metrics: Metric) -> tuple[Register, Brief]:
    register = Register(version=1, sources={"shifts": Source(path="shifts.csv")}, metrics=metrics)
    return register, Brief(metric=metrics[0], smallest_effect=CHECK.smallest_effect)


def _a_handful(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(*(declared(name=f"number_{i}", decision=f"decision {i // 4}") for i in range(12)))


def _a_wall(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(*(declared(name=f"number_{i}", decision=f"Decision {i % 2} ") for i in range(30)))


CHECK = Check(
    code="PP513",
    title="Do more numbers come to the table than a decision can use?",
    run=run,
    smallest_effect=7.0,
    effect_is=EFFECT_IS,
    source="Hubbard 2014, How to Measure Anything, 3rd edition, chapter 7; the bound of 7 is this project's choice",
    clear=(_a_handful,),
    suspect=(_a_wall,),
)
