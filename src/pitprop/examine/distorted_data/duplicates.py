"""Are values copied from another period or another entity?

Why it matters
    Who has no number for this month may send last month's again, or another crew's. A figure such as 4,731.6 does not
    come twice by itself, and four in a row never do.

Looks for
    Two things. Values that repeat the period before, more often than values of other periods agree. And sequences of
    three to twelve periods that occur a second time, in another entity or at another time: so long that chance would
    not repeat one in a hundred audits. The effect is the share of the values (each of one entity in one period) that
    were copied, by the one or the other, whichever shows more. Suspect: the interval of one of them lies wholly above
    2% by default. Clear: both lie below.

Assumes
    That values are fine enough to tell copies from coincidence: what chance repeats is reckoned from how often values
    agree at other times, from the step of the grid and from the noise of each entity, on the safe side. Zeros never
    count; nor do entities where four in ten values repeat the one before (a level that is rarely changed), nor
    sequences that rise by equal steps (a plan) or that three or more entities share in the same periods (a
    calendar, a tariff). Where numbers are made of rows, only those of ten rows or more count: few things may well stay
    as they were.

Blind to
    Copies that were changed a little. Coarse values, of which any sequence may recur. One value taken from another
    entity, now and then. Levels that stand still now and then (a price): where values walk, a repeat counts only if the
    next move makes up for it. The same entity listed twice, a cost that is split evenly, and a report that was late and
    filled in for the time being look exactly like this and are innocent.

Source
    In the spirit of Simonsohn 2013, Psychological Science 24(10): 1875-1888 (results too alike to be chance); the
    bound on what chance repeats is by the authors (inequality of Cauchy and Schwarz).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.repeats import carried, copied, identify

Floats = NDArray[np.float64]

FEWEST_CELLS = 60
LEVEL = 0.975
"""Of each of the two intervals, so that both hold together."""
EXCUSES = frozenset(["carried_forward", "stock", "tariff", "schedule", "interpolated", "plan"])
"""Declared alternatives that explain repeated values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One of the two ways in which copies show."""

    is_: str
    share: float
    interval: tuple[float, float]
    p_value: float
    says: str


def run(panel: Panel, brief: Brief) -> Finding:
    if bool(np.isnat(panel.periods).any()):
        return _not_applicable("There is no time in the data.", "declare `agg_time_dimension`")
    value = panel.metric.value
    rows = panel.metric.n[np.isfinite(value)]
    fewest = brief.minimum_group if len(rows) and np.median(rows) > 1 else 1
    index = np.flatnonzero(np.isfinite(value) & (panel.metric.n >= fewest))
    if len(index) < FEWEST_CELLS:
        of_rows = f" of {fewest} rows or more" if fewest > 1 else ""
        return _not_applicable(
            f"{len(index)} cells{of_rows} are too few to tell copies from coincidence.",
            f"{FEWEST_CELLS} cells{of_rows}",
        )
    place = panel.entity[index] * len(panel.periods) + panel.period[index]
    if not bool((np.diff(place) > 0).all()):
        index = index[np.argsort(place)]
    traces, data = _traces(value[index], panel, index)
    if not traces:
        return _not_applicable(
            "The values are so coarse, or change so rarely, that any sequence may come again by chance.",
            "values as they were measured, before they were rounded or put in classes",
        )
    return _finding(traces, data, len(index), panel, brief)


def _traces(value: Floats, panel: Panel, index: NDArray[np.int64]) -> tuple[list[Trace], dict[str, object]]:
    unit, period, name = panel.entity[index], panel.period[index], identify(value)
    traces: list[Trace] = []
    data: dict[str, object] = {}
    if (one := carried(values=value, unit=unit, period=period, name=name)) is not None:
        traces.append(
            Trace(
                is_="repeats the period before",
                share=one.share.value,
                interval=one.share.interval(LEVEL),
                p_value=one.p_value,
                says=f"{one.observed:,} of {one.cells:,} values are exactly those of the period before, where about "
                f"{one.expected:,.0f} were to be expected",
            )
        )
        data |= {
            "carried": one.observed,
            "carried_expected": one.expected,
            "units_left_out": one.constant_units,
        }
    if (two := copied(values=value, unit=unit, period=period, name=name)) is not None:
        traces.append(
            Trace(
                is_="part of a sequence that occurs twice",
                share=two.share,
                interval=two.interval(LEVEL),
                p_value=two.p_value,
                says=f"{two.sequences:,} sequences of {two.length} or more values in a row (the longest has "
                f"{two.longest}) occur twice, where chance gives {_small(two.by_chance)}"
                if two.sequences
                else f"no sequence of {two.length} values in a row occurs twice",
            )
        )
        data |= {
            "sequences": two.sequences,
            "length": two.length,
            "longest": two.longest,
            "sequences_by_chance": two.by_chance,
        }
    return traces, data


def _finding(traces: list[Trace], data: dict[str, object], n: int, panel: Panel, brief: Brief) -> Finding:
    beyond = brief.smallest_effect
    worst = max(traces, key=lambda t: (t.interval[0], t.share))
    if worst.interval[0] > beyond:
        state = State.SUSPECT
    else:
        worst = max(traces, key=lambda t: (t.interval[1], t.share))
        # one of the two alone cannot clear: where values are coarse, sequences cannot be told from coincidence
        state = State.CLEAR if worst.interval[1] < beyond and len(traces) > 1 else State.INCONCLUSIVE
    low, high = worst.interval
    seen = worst.says[0].upper() + worst.says[1:]
    says = {
        State.SUSPECT: f"{seen}. Pattern consistent with about {worst.share:.0%} of the values being copied.",
        State.CLEAR: f"No copies that matter: {worst.says}.",
        State.INCONCLUSIVE: f"The data do not tell whether values are copied: {worst.says}.",
    }[state]
    needed = ""
    if state is State.INCONCLUSIVE and len(traces) == 1:
        needed = "values fine enough to tell copies from coincidence, of two entities or more"
    elif state is State.INCONCLUSIVE:
        gap = max(abs(beyond - worst.share), beyond / 4)
        needed = f"about {int(np.ceil(n * max(((high - low) / 2 / gap) ** 2, 1.2) / 100) * 100):,} cells"
    return Finding(
        state=state,
        says=says,
        effect=worst.share,
        effect_is=CHECK.effect_is,
        interval=(low, high),
        beyond=beyond,
        p_value=min(1.0, len(traces) * min(t.p_value for t in traces)),
        n=n,
        grade=_grade(n, panel, brief),
        innocent=(
            "the same entity listed under two names, or one amount split evenly",
            "late reports that were filled in with the last one for the time being",
            "a level that really did not change",
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        ),
        ruled_out=("coincidence, with the coarseness of the values", "zeros, constant entities, plans and calendars"),
        needed=needed,
        figure=_figure(traces, beyond, worst),
        data=data,
    )


def _small(expected: float) -> str:
    return "fewer than one in a hundred" if expected < 0.01 else f"{expected:.2g}"


def _grade(n: int, panel: Panel, brief: Brief) -> Grade:
    """C: each entity is compared with itself at other times; D where little is there."""
    sparse = n < 0.9 * len(panel.entities) * len(panel.periods)
    return "D" if n < 200 or len(panel.entities) < 20 or sparse or EXCUSES & set(brief.metric.alternatives) else "C"


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=CHECK.effect_is)


def _figure(traces: list[Trace], beyond: float, worst: Trace) -> Intervals:
    return Intervals(
        title="Copied values",
        x_is="share of the cells",
        rows=tuple(
            Interval(label=t.is_, estimate=t.share, lower=t.interval[0], upper=t.interval[1], emphasis=t is worst)
            for t in traces
        ),
        reference=beyond,
        reference_is="smallest share that matters",
    )


# ---- specimens ------------------------------------------------------------------------------------------


def _panel(values: Floats) -> tuple[Panel, Brief]:
    return panel_specimen(metric=values, others={}, since=12, smallest_effect=CHECK.smallest_effect)


def _outputs(rng: np.random.Generator, units: int = 40, length: int = 24) -> Floats:
    """Tonnes to one place."""
    level = rng.normal(700, 120, (units, 1))
    season = 40 * np.sin(2 * np.pi * np.arange(length) / 12)
    out: Floats = np.round(level + season + autoregressive(rng, units, length, 0.5, 35.0), 1)
    return out


def measured_outputs(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Levels of their own, a season, memory."""
    return _panel(_outputs(rng))


def counts_of_cases(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Counts of about fifty: single values repeat often."""
    return _panel(rng.poisson(50 * np.exp(rng.normal(0, 0.3, (40, 1))) * np.ones((1, 24))).astype(np.float64))


def rounded_with_gaps(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Half of the values honestly rounded to tens, a tenth of the cells missing."""
    values = _outputs(rng)
    values = np.where(rng.random(values.shape) < 0.5, np.round(values, -1), values)
    values[rng.random(values.shape) < 0.1] = np.nan
    return _panel(values)


def slow_levels(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Head counts and prices: a third of the entities change a few times a year, the others move."""
    values = _outputs(rng)
    slow = np.cumsum((rng.random((13, 24)) < 0.2) * rng.integers(-20, 21, (13, 24)), axis=1)
    values[:13] = 500 + slow
    return _panel(values)


def same_calendar(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Ten entities whose number follows one tariff."""
    values = _outputs(rng)
    values[:10] = values[0]
    return _panel(values)


def last_month_again(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """One value in twelve is last month's."""
    values = _outputs(rng)
    again = rng.random(values.shape) < 0.08
    for t in range(1, values.shape[1]):
        values[:, t] = np.where(again[:, t], values[:, t - 1], values[:, t])
    return _panel(values)


def last_year_again(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Six of forty entities send half of last year's months again."""
    values = _outputs(rng)
    values[:6, 15:21] = values[:6, 3:9]
    return _panel(values)


def another_crew(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Counts: three entities send the numbers of three others for a year."""
    values = rng.poisson(50 * np.exp(rng.normal(0, 0.3, (40, 1))) * np.ones((1, 24))).astype(np.float64)
    values[:3, 12:] = values[3:6, 12:]
    return _panel(values)


CHECK = Check(
    code="PP107",
    title="Are values copied from another period or another entity?",
    run=run,
    smallest_effect=0.02,
    effect_is="share of values that were copied",
    source="Simonsohn 2013, Psychological Science 24(10): 1875-1888",
    clear=(measured_outputs, counts_of_cases, rounded_with_gaps, slow_levels, same_calendar),
    suspect=(last_month_again, last_year_again, another_crew),
)
