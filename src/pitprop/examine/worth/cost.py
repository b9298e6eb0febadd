"""Cost: is what the number tells worth what it costs to measure?

Why it matters
--------------
Every number that is collected takes hours from the work itself, and attention from everybody who has to
look at it. It pays that back only through decisions that come out better than they would have without it.

Looks for
---------
The net value of the number a year: decisions a year, times what one observation of it is worth to a
decision, times the probability that the decision uses it; less hours, other cost, and the loss from the
gaming that it invites. What an observation is worth follows from the declared benefit per unit and break-
even level, and from where the number has been: one that was always far from break-even changes no
decision, and one that hardly varies, or is mostly noise, tells little. Everything declared as a range is
drawn evenly from it; the history's mean and variation are drawn with their errors. Clear: the 95%
interval lies above 0. Suspect: it lies below 0. Else the finding names the input that it would be worth
most to know better.

Without a declared decision, the number of decisions a year, or what they are worth, there is no answer:
what is not declared is never held against the number here. One unit alone decides nothing.

Assumes
-------
That decisions are between acting and not acting, each on one unit in one period; that the gain of acting
is proportional to the level above break-even, and about normal over units and periods; that the future is
like the past. Where the noise of one observation is not known (totals, counts), that it lies between none
and the short-term change of the number.

Blind to
--------
Uses that nobody declared: trust, coordination, law. What happens to behaviour because the number is
watched, unless it is declared as a gaming loss. Decisions with more than two actions.

Source
------
Raiffa and Schlaifer 1961, Applied Statistical Decision Theory, section 5.6 (EVSI = s_p G(|m| / s_p));
Strong, Oakley and Brennan 2014, Medical Decision Making 34:311, eq. 4 (partial value); Hubbard 2014, How
to Measure Anything, chapter 7.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from pitprop.define.metric import PERIODS_PER_YEAR, Cost, Information, Metric
from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, State
from pitprop.examine.panel_specimen import panel_specimen
from pitprop.examine.specimen import declared
from pitprop.stats.history import History, history
from pitprop.stats.net_value import SPANS, Inputs, NetValue, net_value
from pitprop.stats.numbered import distinct
from pitprop.stats.period_number import period_number

EFFECT_IS = "net value of measuring it a year, in the declared currency"
FEWEST_CELLS = 8
FEWEST_PERIODS = 3
IN_WORDS = {
    "benefit_per_unit": "the benefit per unit",
    "used": "how often a decision really uses it",
    "hours_per_period": "the hours that it takes",
    "hourly_rate": "what an hour costs",
    "amount": "its other cost",
    "gaming_loss": "the loss from gaming",
    "noise": "how much of the number is noise",
    "level": "how far the number usually is from break-even",
    "variation": "how much the number truly varies",
}


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether the metric is worth its declared cost."""
    metric = brief.metric
    cost, information = metric.cost, metric.information
    if cost is None:
        return _not_applicable(metric, "No cost is declared.", "Declare `cost`: what measuring it takes.")
    if not metric.decision.strip() or metric.decisions_per_year == 0:
        return _not_applicable(
            metric,
            f"{_costs(metric)}. A number that changes no decision has no information value, and none is declared.",
            "Declare `decision` and `decisions_per_year`, or stop measuring it.",
        )
    if information is None or metric.decisions_per_year is None:
        what = [
            *(["`decisions_per_year`"] if metric.decisions_per_year is None else []),
            *(["`information.benefit_per_unit` and `information.break_even`"] if information is None else []),
        ]
        return _not_applicable(
            metric,
            f"{_costs(metric)}. What its decision gains by it is not declared, so whether that is worth it is open.",
            f"Declare {' and '.join(what)}: how often it is decided, from which level on acting pays, and "
            "how much each unit above that level is worth.",
        )
    past = _history(panel)
    if isinstance(past, str):
        return _not_applicable(
            metric, f"{_costs(metric)}. What it is worth cannot be told: {past}.", "A longer history."
        )
    return _finding(metric, cost, information, past, brief)


def _history(panel: Panel) -> History | str:
    value, noise = panel.metric.value, panel.metric.noise
    there = np.isfinite(value)
    if not len(panel.periods) or np.isnat(panel.periods).any():
        return "without time there is no history"
    if there.sum() < FEWEST_CELLS or len(distinct(panel.period[there])) < FEWEST_PERIODS:
        return f"there are fewer than {FEWEST_CELLS} values or {FEWEST_PERIODS} periods"
    past = history(value, noise, panel.entity, period_number(panel.start, panel.granularity))
    if past is None:
        return "the history is too short to tell how well its mean is known"
    return past if past.variance > 0 else "the number has never varied"


def _finding(metric: Metric, cost: Cost, information: Information, past: History, brief: Brief) -> Finding:
    assert metric.decisions_per_year is not None
    inputs = Inputs(
        history=past,
        break_even=information.break_even,
        benefit_per_unit=information.benefit_per_unit,
        decisions_per_year=metric.decisions_per_year,
        used=information.used,
        periods_per_year=PERIODS_PER_YEAR[metric.time_granularity],
        hours_per_period=cost.hours_per_period,
        hourly_rate=cost.hourly_rate,
        amount=cost.amount,
        gaming_loss=information.gaming_loss,
    )
    found = net_value(inputs, rng=brief.rng)
    low, high = found.interval
    edge = 0.0 - brief.smallest_effect  # no minus zero
    state = State.CLEAR if low > 0 else State.SUSPECT if high < edge else State.INCONCLUSIVE
    open_ = state is State.INCONCLUSIVE
    needed = _needed(found) if open_ else ""
    if past.units < 2 and not open_:
        state, needed = State.INCONCLUSIVE, "The same number for several units: one alone decides nothing."
    return Finding(
        state=state,
        says=_says(metric, cost.currency, found),
        effect=found.net,
        effect_is=f"net value of measuring it a year, {cost.currency}",
        interval=found.interval,
        beyond=edge,
        n=past.n,
        grade="C",
        innocent=("uses that are not declared",) if state is State.SUSPECT else (),
        needed=needed,
        figure=_figure(metric, cost.currency, found),
        data=_data(metric, inputs, found, cost.currency),
    )


def _says(metric: Metric, currency: str, found: NetValue) -> str:
    low, high = found.interval
    scale = max(found.gross, found.spent)
    gross, spent, net, low_, high_ = (
        _money(a, currency, scale) for a in (found.gross, found.spent, found.net, low, high)
    )
    verdict = (
        "it is worth what it costs"
        if low > 0
        else "it costs more than it is worth"
        if high < 0
        else "whether it is worth what it costs is open"
    )
    return (
        f"{metric.title} is worth about {gross} a year to its decision and costs about {spent}: net {net} "
        f"(95% interval {low_} to {high_}), {verdict}."
    )


def _costs(metric: Metric) -> str:
    span = metric.cost_per_year()
    if span is None or metric.cost is None:
        return "No cost is declared"
    low, high = (_money(end, metric.cost.currency) for end in span)
    return f"It costs {low if low == high else f'{low} to {high}'} a year"


def _needed(found: NetValue) -> str:
    name = found.decisive
    if name is None:
        return "The value and the cost are too near each other to tell apart."
    return f"Find out {IN_WORDS[name]}: among all inputs, knowing that better would decide most."


def _figure(metric: Metric, currency: str, found: NetValue) -> Intervals:
    def row(label: str, value: float, around: tuple[float, float], emphasis: bool = False) -> Interval:
        return Interval(label=label, estimate=value, lower=around[0], upper=around[1], emphasis=emphasis)

    return Intervals(
        title=f"What {metric.title} is worth and what it costs",
        x_is=f"{currency} a year (95% interval)",
        rows=(
            row("worth to its decision", found.gross, found.gross_interval),
            row("cost", found.spent, found.spent_interval),
            row("net value", found.net, found.interval, True),
        ),
        reference=0.0,
        reference_is="worth as much as it costs",
    )


def _data(metric: Metric, inputs: Inputs, found: NetValue, currency: str) -> dict[str, Any]:
    past = inputs.history
    cost, information = metric.cost, metric.information
    given = (cost.model_fields_set if cost else set()) | (information.model_fields_set if information else set())
    spans: dict[str, Any] = {
        name: {
            "range": list(getattr(inputs, name)),
            "from": "declared" if name in given else "not declared, default",
        }
        for name in SPANS
    }
    sign = -1 if metric.improvement_direction == "decrease" else 1
    spans |= {
        "decisions_per_year": {"value": inputs.decisions_per_year, "from": "declared"},
        "break_even": {"value": inputs.break_even, "from": "declared"},
        "level": {"value": past.mean, "standard_error": past.error, "from": "estimated from the history"},
        "variation": {
            "variance": past.variance,
            "degrees_of_freedom": past.freedom,
            "from": "estimated from the history",
        },
        "noise": {
            "range": list(past.noise),
            "from": "measured within units and periods"
            if past.noise_known
            else "not known: between none and the short-term change",
        },
    }
    span = metric.cost_per_year()
    return {
        "currency": currency,
        "cost_per_year": list(span) if span is not None else None,
        "inputs": spans,
        "distance_from_break_even": past.mean - inputs.break_even,
        "distance_in_the_good_direction": sign * (past.mean - inputs.break_even),
        "evsi_per_decision": found.evsi,
        "evpi_per_decision": found.evpi,
        "worth_per_year": found.gross,
        "influence": {name: {"evppi": e, "share": s} for name, (e, s) in found.influence.items()},
        "most_influential": found.decisive,
        "units": past.units,
        "periods": past.periods,
        "cells": past.n,
    }


def _not_applicable(metric: Metric, says: str, needed: str) -> Finding:
    span = metric.cost_per_year()
    data: Mapping[str, Any] = (
        {"cost_per_year": list(span), "currency": metric.cost.currency}
        if span is not None and metric.cost is not None
        else {}
    )
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed, data=data)


def _money(amount: float, currency: str, scale: float | None = None) -> str:
    """To three significant digits of `scale`, or of the amount itself."""
    size = abs(amount if scale is None else scale)
    digits = max(2 - math.floor(math.log10(size)), -12) if size > 0 else 0
    return f"{currency} {round(amount, digits) + 0.0:,.{max(digits, 0)}f}"


def _world(
    rng: np.random.Generator,
    *,
    level: float,
    hours: tuple[float, float],
    benefit: tuple[float, float] = (150.0, 250.0),
    noise: float | None = 0.3,
    **changes: Any,
) -> tuple[Panel, Brief]:
    """Tonnes of thirty crews over three years, `level` above break-even, sd 1 between crews and 1 within."""
    units, periods = 30, 36
    values = 7 + level + rng.standard_normal((units, 1)) + rng.standard_normal((units, periods))
    if noise is not None:
        values = values + np.sqrt(noise) * rng.standard_normal((units, periods))
    panel, _ = panel_specimen(
        metric=values, others={}, since=periods // 2, smallest_effect=CHECK.smallest_effect, noise=noise
    )
    metric = declared(
        decisions_per_year=144.0,
        cost=Cost(hours_per_period=hours, hourly_rate=(25.0, 35.0), currency="EUR"),
        information=Information(benefit_per_unit=benefit, break_even=7.0, used=(0.3, 0.6)),
        **changes,
    )
    return panel, Brief(metric=metric, smallest_effect=CHECK.smallest_effect)


def _worth_it(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, level=0.5, hours=(1.0, 3.0))


def _about_even(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, level=0.5, hours=(4.0, 10.0))


def _undeclared(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Very dear, but no decision is declared: that is for another finding."""
    return _world(rng, level=8.0, hours=(100.0, 200.0), decision="")


def _never_decides(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Always so far from break-even that no decision ever turns on it."""
    return _world(rng, level=8.0, hours=(2.0, 4.0))


def _too_dear(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, level=0.5, hours=(40.0, 80.0), noise=None)


CHECK = Check(
    code="PP402",
    title="Is it worth what it costs?",
    run=run,
    smallest_effect=0.0,
    effect_is=EFFECT_IS,
    source="Raiffa and Schlaifer 1961, Applied Statistical Decision Theory, section 5.6; Strong, Oakley and "
    "Brennan 2014, Medical Decision Making 34:311",
    needs=("cost",),
    clear=(_worth_it, _about_even, _undeclared),
    suspect=(_never_decides, _too_dear),
)
