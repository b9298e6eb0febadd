"""Burden: what do all numbers together cost a year, and how much of that informs no decision?

Why it matters
--------------
Each number looks cheap by itself. Together they take people's hours from the work, every week, and nobody adds
them up. What changes no decision is worth nothing, however cheaply it is collected.

Looks for
---------
The declared cost of measuring, a year, over all metrics that are not retired (in the middle of the declared ranges),
and the share of it that goes to metrics with no declared decision. The effect is that share, suspect above a quarter
by default; where several currencies are declared, each is added up by itself and the largest share counts.

Assumes
-------
That costs are declared where there are any, that hours are counted once, and that a declared decision is really made.

Blind to
--------
Costs that nobody declared; the attention of everybody who has to look at the numbers; what a decision gains by the
number (`cost` asks that of each metric).

Source
------
Hubbard 2014, How to Measure Anything, 3rd edition, chapter 7 (what changes no decision has no information value).
"""

from __future__ import annotations

import numpy as np

from pitprop.define.metric import Cost, Metric, Register, Source
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared

EFFECT_IS = "share of the yearly cost of measuring that informs no declared decision"


def run(register: Register, brief: Brief) -> Finding:
    """Share of the declared yearly cost that goes to metrics without a declared decision."""
    live = [m for m in register.metrics if m.status != "retired"]
    sums: dict[str, list[float]] = {}
    for metric in live:
        cost = metric.cost_per_year()
        if cost is not None and metric.cost is not None and cost[1] > 0:
            middle = (cost[0] + cost[1]) / 2
            spent = sums.setdefault(metric.cost.currency, [0.0, 0.0])
            spent[0] += middle
            spent[1] += 0.0 if _decides(metric) else middle
    undeclared = sum(m.cost is None for m in live)
    if not sums:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="No metric declares what measuring it costs.",
            effect_is=EFFECT_IS,
            needed="Declare `cost` with each metric: hours for each period, what an hour costs, other amounts.",
        )
    share = max(idle / whole for whole, idle in sums.values())
    suspect = share > brief.smallest_effect
    told = " and ".join(f"{currency} {whole:,.0f}" for currency, (whole, _) in sorted(sums.items()))
    rest = f" {undeclared} of {len(live)} metrics declare no cost." if undeclared else ""
    idle_for = f" {share:.0%} of it goes to numbers with no declared decision." if share else ""
    return Finding(
        state=State.SUSPECT if suspect else State.CLEAR,
        says=f"Measuring costs {told} a year.{idle_for}{rest}",
        effect=share,
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        n=len(live),
        needed="Name the decisions that these numbers inform, or stop collecting them." if suspect else "",
        data={
            "cost_per_year": {currency: whole for currency, (whole, _) in sums.items()},
            "without_decision": {currency: idle for currency, (_, idle) in sums.items()},
            "metrics": len(live),
            "without_declared_cost": undeclared,
        },
    )


def _decides(metric: Metric) -> bool:
    return bool(metric.decision.strip()) and metric.decisions_per_year != 0


def _register(*metrics: Metric) -> tuple[Register, Brief]:
    register = Register(version=1, sources={"shifts": Source(path="shifts.csv")}, metrics=metrics)
    return register, Brief(metric=metrics[0], smallest_effect=CHECK.smallest_effect)


def _spent_on_decisions(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(
        declared(cost=Cost(amount=(10, 20))), declared(name="timber", decision="", cost=Cost(amount=(1, 1)))
    )


def _spent_on_nothing(rng: np.random.Generator) -> tuple[Register, Brief]:
    return _register(
        declared(cost=Cost(amount=(10, 20))), declared(name="timber", decision="", cost=Cost(amount=(9, 9)))
    )


CHECK = Check(
    code="PP512",
    title="How much of what measuring costs a year informs no decision?",
    run=run,
    smallest_effect=0.25,
    effect_is=EFFECT_IS,
    source="Hubbard 2014, How to Measure Anything, 3rd edition, chapter 7",
    clear=(_spent_on_decisions,),
    suspect=(_spent_on_nothing,),
)
