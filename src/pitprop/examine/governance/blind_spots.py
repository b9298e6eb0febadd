"""Blind spots: is anything that the work is for seen by no number?

Why it matters
--------------
What no number sees, nobody is praised or blamed for, and it gives way first when time is short: the props, the
training of the next shift, the new seam. A set of metrics that sees half of what the work is for steers by that half.

Looks for
---------
The declared purposes that no active metric serves, by their declared weights. The effect is the share of all
weights that no metric sees; suspect, by default, as soon as one purpose is not seen. A metric that is under a
target sees its purpose; so does one without.

Assumes
-------
That the declared purposes are all that there are, that their weights say how much each matters, and that a metric
which says that it serves a purpose measures it.

Blind to
--------
Purposes that nobody declared; how well a metric stands for its purpose (the other checks ask that).

Source
------
Holmstrom and Milgrom 1991, Journal of Law, Economics and Organization 7:24 (what is not measured is crowded out);
Feltham and Xie 1994, The Accounting Review 69:429 (congruity of a set of measures with the objective).
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Metric, Purpose, Register, Source
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared

EFFECT_IS = "share of the declared purposes, by weight, that no metric sees"


def run(register: Register, brief: Brief) -> Finding:
    """Share of the declared purposes that no active metric serves."""
    if not register.purposes:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="The register declares no purposes, so it cannot be said which of them no number sees.",
            effect_is=EFFECT_IS,
            needed="Declare `purposes` (what the work is for, with weights), and `serves` with each metric.",
        )
    served = {name for metric in register.metrics if metric.status == "active" for name in metric.serves}
    unseen = [p for p in register.purposes if p.name not in served]
    whole = sum(p.weight for p in register.purposes)
    share = sum(p.weight for p in unseen) / whole
    suspect = share > brief.smallest_effect
    total = len(register.purposes)
    told = f"No number sees {', '.join(p.name for p in unseen)}: {share:.0%} of what the work is declared to be for."
    return Finding(
        state=State.SUSPECT if suspect else State.CLEAR,
        says=told if unseen else f"Each of the {total} declared purposes is seen by a number.",
        effect=share,
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        n=total,
        needed="Measure them, or look at them in another way and say so." if suspect else "",
        data={
            "unseen": [p.name for p in unseen],
            "served_by": {
                p.name: [m.name for m in register.metrics if m.status == "active" and p.name in m.serves]
                for p in register.purposes
            },
        },
    )


PURPOSES = (
    Purpose(name="coal", weight=2),
    Purpose(name="safety", weight=2),
    Purpose(name="training"),
)


def _register(*metrics: Metric) -> tuple[Register, Brief]:
    register = Register(version=1, sources={"shifts": Source(path="shifts.csv")}, metrics=metrics, purposes=PURPOSES)
    return register, Brief(metric=metrics[0], smallest_effect=0.0)


def _all_seen(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(declared(serves=("coal",)), declared(name="props_set", serves=("safety", "training")))


def _safety_unseen(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(declared(serves=("coal", "training")))


CHECK = Check(
    code="PP511",
    title="Is anything that the work is for seen by no number?",
    run=run,
    smallest_effect=0.0,
    effect_is=EFFECT_IS,
    source="Holmstrom and Milgrom 1991, JLEO 7:24; Feltham and Xie 1994, The Accounting Review 69:429",
    clear=(_all_seen,),
    suspect=(_safety_unseen,),
)
