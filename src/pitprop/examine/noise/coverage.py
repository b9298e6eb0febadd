"""Coverage: how much of what should be in the number is missing, and is it missing where things went badly?

Why it matters
--------------
The easiest way to a good average is to leave out bad months. But most gaps are honest: a form was lost, a system
was down, a unit was closed. The two differ in where the gaps lie. Gaps that chance makes lie anywhere; gaps that
someone chooses lie where the number was going badly.

Looks for
---------
The share of the values due that are not there. Due is one value for each entity in each period between its first and
its last; rows without a usable value (NULL, not finite, without entity or time) count as missing as well. Then
whether the values next to a gap are worse than the same entity's other values, in standard deviations of its own
values, once what all entities share in a period and each entity's own straight course are taken out. Clear: the 95%
interval of the share missing lies below what is accepted (5% by default). Suspect: it lies above, *and* values next
to gaps are clearly worse (95% interval). Much missing, but not where things went badly: inconclusive, since nothing
in the data tells why.

Rows that were loaded after they were due are counted beside it where `revisions` are declared.

Assumes
-------
That an entity with values before and after a period should have one in it. Periods before an entity's first value
and after its last are openings and closures, not gaps; so are times of the year (or days of the week) at which the
entity never has a value. Where rows are so few that a period without any is a matter of luck, that is said, and
there is no suspicion.

Blind to
--------
Gaps chosen by the value of that very period alone, where one period tells nothing about the next. Rows left out
before they reached the table while others of the same period stayed. An entity that stops reporting for good. A
real interruption (strike, flood, failure of a machine) that also makes the periods around it bad.

Source
------
Little and Rubin 2002, Statistical Analysis with Missing Data, section 1.3 (missing at random or not); Wilson 1927,
Journal of the American Statistical Association 22:209; Kish 1965, Survey Sampling (design effect).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.estimate import Estimate
from pitprop.stats.gaps import Gaps, beside_gaps, gaps
from pitprop.stats.period_number import CYCLE, period_number
from pitprop.stats.two_way import two_way

Floats = NDArray[np.float64]

EFFECT_IS = "share of what was due in the number that is missing"
SIGNS = {"increase": 1, "decrease": -1}
FEWEST_DUE = 20
"""Values due below which nothing is concluded."""
ADDITIVE = ("sum", "count", "count_distinct")
REASONS = ("kept", "filtered", "null", "not_finite", "no_entity", "no_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    found: Gaps
    dropped: float
    """Share of the rows without a usable value."""
    beside: Estimate | None
    """Values next to gaps less the others, in own standard deviations, positive: worse; None where not known."""
    beside_n: int
    luck: float
    """Share that would be missing because rows are few."""
    late: float | None

    @property
    def share(self) -> float:
        return 1 - (1 - self.found.share) * (1 - self.dropped)

    @property
    def interval(self) -> tuple[float, float]:
        low, high = self.found.interval
        return 1 - (1 - low) * (1 - self.dropped), 1 - (1 - high) * (1 - self.dropped)

    def p_value(self, accepted: float) -> float | None:
        """That no more is missing than is accepted, or not where things went badly: the larger of the two."""
        if self.beside is None:
            return None
        inside = 1 - (1 - accepted) / (1 - self.dropped) if self.dropped < 1 else 0.0
        if inside <= 0:
            return self.beside.p_above()
        se = (inside * (1 - inside) / max(self.found.effective, 1.0)) ** 0.5
        return max(self.beside.p_above(), Estimate(value=self.found.share, se=se, df=1e6).p_above(inside))


def run(panel: Panel, brief: Brief) -> Finding:
    """How much is missing, and is it missing where things went badly?"""
    if len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return _cannot("There is no time in the data: gaps cannot be seen.", "Declare `agg_time_dimension`.")
    value = panel.metric.value
    there = np.isfinite(value)
    if not there.any():
        return _cannot("No entity has a value in any period.", "Rows with values.")
    number = period_number(panel.periods, panel.granularity)
    position = number % CYCLE[panel.granularity] if CYCLE[panel.granularity] else np.zeros_like(number)
    found = gaps(
        unit=panel.entity[there],
        period=panel.period[there],
        position=position - position.min(),
        units=len(panel.entities),
    )
    if found.expected < FEWEST_DUE:
        return _cannot(
            f"Only {found.expected} values were due between the first and the last of an entity: too few to speak of "
            "gaps.",
            f"At least {FEWEST_DUE} entity-periods between first and last values.",
        )
    return _judged(panel, brief, _reading(panel, brief, found, there))


def _reading(panel: Panel, brief: Brief, found: Gaps, there: NDArray[np.bool_]) -> _Reading:
    rows = panel.rows
    considered = rows.total - rows.filtered
    beside, n = _beside(panel, brief, found, there)
    late = panel.late
    total = int(panel.metric.n.sum())
    return _Reading(
        found=found,
        dropped=rows.dropped / considered if considered > 0 else 0.0,
        beside=beside,
        beside_n=n,
        luck=_luck(panel, found, there),
        late=None if late is None or total == 0 else float(late.sum()) / total,
    )


def _beside(panel: Panel, brief: Brief, found: Gaps, there: NDArray[np.bool_]) -> tuple[Estimate | None, int]:
    sign = SIGNS.get(brief.metric.improvement_direction, 0)
    near = found.beside[panel.entity[there], panel.period[there]]
    if sign == 0 or not near.any():
        return None, int(near.sum())
    value = panel.metric.value[there]
    if float(np.ptp(value)) <= 1e-9 * float(np.abs(value).max()):
        return None, int(near.sum())
    fit = two_way(value, panel.entity[there], panel.period[there])
    out = beside_gaps(
        value=-sign * fit.residual,
        unit=fit.index,
        time=panel.period[there][fit.used],
        beside=near[fit.used],
    )
    return out, int(near.sum())


def _luck(panel: Panel, found: Gaps, there: NDArray[np.bool_]) -> float:
    """Share of due values that would be missing if rows came independently at each entity's usual rate.

    0 where far fewer periods have two rows or more than such a rate would bring: a table with one row for each entity
    and period is not made of rows that come by luck.
    """
    share = found.share
    if share == 0 or share == 1:
        return 0.0
    several = 1 + share * float(np.log(share)) / (1 - share)  # of Poisson counts above 0, those above 1
    if float(np.mean(panel.metric.n[there] > 1)) < several / 3:
        return 0.0
    size = len(panel.entities)
    rows = np.bincount(panel.entity[there], weights=panel.metric.n[there], minlength=size)
    due = found.by_unit + 2.0 * (rows > 0)
    rate = np.divide(rows, due, out=np.zeros(size), where=due > 0)
    return float(found.by_unit @ np.exp(-rate)) / found.expected


def _judged(panel: Panel, brief: Brief, reading: _Reading) -> Finding:
    low, high = reading.interval
    accepted = brief.smallest_effect
    worse = reading.beside is not None and reading.beside.interval()[0] > 0
    chance = reading.luck > reading.found.share / 3 > 0
    much = low > accepted and (not chance or reading.dropped > accepted)
    state = State.INCONCLUSIVE
    if high <= accepted:
        state = State.CLEAR
    elif low > accepted and worse and not chance:
        state = State.SUSPECT
    innocent = ["an interruption (strike, failure, closure) that also made the periods around it bad"] if worse else []
    if panel.metric.agg in ADDITIVE and reading.found.missing:
        innocent.append("nothing happened in that period: a total without rows is zero")
    return Finding(
        state=state,
        says=_says(reading, accepted, state, chance, much),
        effect=reading.share,
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=accepted,
        p_value=reading.p_value(accepted),
        n=reading.found.expected,
        grade=_grade(reading),
        innocent=tuple(innocent),
        ruled_out=("openings and closures", "times at which an entity never has a value"),
        needed=_needed(reading, much, chance) if state is State.INCONCLUSIVE else "",
        figure=_figure(panel, reading.found),
        data={**_data(panel, reading), "rows_unusable": reading.dropped > accepted},
    )


def _says(reading: _Reading, accepted: float, state: State, chance: bool, much: bool) -> str:
    low, high = reading.interval
    found = reading.found
    says = (
        f"{reading.share:.1%} of what was due is missing (95% interval {low:.1%} to {high:.1%}; accepted: "
        f"{accepted:.1%}): {found.missing} of {found.expected} entity-periods between first and last values"
    )
    says += f", and {reading.dropped:.1%} of the rows have no usable value" if reading.dropped > 0 else ""
    late = f" {reading.late:.1%} of the rows were loaded after they were due." if reading.late else ""
    if state is State.CLEAR:
        return f"{says}.{late}"
    if chance and not much:
        return f"{says}. Rows are so few that periods without any are to be expected.{late}"
    if reading.beside is None:
        return f"{says}. Whether it is missing where things went badly cannot be seen.{late}"
    value, (near, far) = reading.beside.value, reading.beside.interval()
    apart = (
        f"Values next to a gap are {abs(value):.2f} standard deviations {'worse' if value > 0 else 'better'} than the "
        f"same entities' others (95% interval of the worsening {near:.2f} to {far:.2f})"
    )
    if state is State.SUSPECT:
        return f"{says}. {apart}: a pattern consistent with bad periods being left out.{late}"
    end = "worse, but hardly more is missing than is accepted" if near > 0 and not much else "no sign of a choice"
    return f"{says}. {apart}: {end}.{late}"


def _needed(reading: _Reading, much: bool, chance: bool) -> str:
    if much:
        return "The reasons for the gaps: ask those who report, or find what is missing in another source."
    if chance:
        return "Longer reporting periods, so that each has rows."
    return f"About {max(2 * reading.found.expected, 200)} entity-periods instead of {reading.found.expected}."


def _grade(reading: _Reading) -> Grade:
    """C for values within entities, one step down where little stands beside gaps."""
    thin = reading.beside is None or reading.beside_n < 50 or reading.beside.df < 10
    return "D" if thin else "C"


def _data(panel: Panel, reading: _Reading) -> dict[str, Any]:
    found, rows = reading.found, panel.rows
    number = period_number(panel.periods, panel.granularity)
    beside = reading.beside
    return {
        "due": found.expected,
        "missing": found.missing,
        "planned": found.planned,
        "entities": len(panel.entities),
        "periods_without_any_row": int(number.max() - number.min() + 1 - len(number)),
        "rows": {
            name: getattr(rows, name) for name in ("kept", "filtered", "null", "not_finite", "no_entity", "no_time")
        },
        "late_share": reading.late,
        "expected_by_luck": reading.luck,
        "beside_gaps": None
        if beside is None
        else {
            "worse_by": beside.value,
            "lower": beside.interval()[0],
            "upper": beside.interval()[1],
            "p_value": beside.p_above(),
            "values": reading.beside_n,
        },
    }


def _figure(panel: Panel, found: Gaps) -> Series:
    due, lost = found.due.sum(axis=0), (found.due & ~found.there).sum(axis=0)
    share = [float(b) / int(a) if a > 0 else None for a, b in zip(due, lost, strict=True)]
    return Series(
        title="Values that were due and are missing",
        y_is="share of entities",
        lines=(Line(name="missing", x=tuple(str(d) for d in panel.periods), y=tuple(share)),),
    )


def _cannot(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


# ---- data whose truth is known -------------------------------------------------------------------------


def _panel(values: Floats, rows: int = 30) -> tuple[Panel, Brief]:
    panel, brief = panel_specimen(metric=values, others={}, since=values.shape[1] // 2, smallest_effect=0.05)
    if rows != 30:
        panel.metric.n[panel.metric.n > 0] = rows
    return panel, brief


def _world(
    rng: np.random.Generator,
    *,
    units: int = 40,
    periods: int = 24,
    lost: float = 0.0,
    chosen: float = 0.0,
    rho: float = 0.5,
    wave: float = 1.0,
    trend: float = 0.0,
) -> tuple[Panel, Brief]:
    """Values in units with their own levels; `lost` miss by chance, of the worst fifth `chosen` are hidden."""
    t = np.arange(periods)
    noise = autoregressive(rng, units, periods, rho)
    values = 100 + 3 * rng.standard_normal((units, 1)) + noise + wave * np.sin(2 * np.pi * t / 12) + trend * t
    gone = rng.random((units, periods)) < lost
    gone |= (noise < np.quantile(noise, 0.2)) & (rng.random((units, periods)) < chosen)
    return _panel(np.where(gone, np.nan, values))


def _complete(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng)


def _lost_by_chance(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A fifth is missing, anywhere."""
    return _world(rng, lost=0.2, trend=0.1)


def _own_rates(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Skewed values; entities differ in how much they lose, and worse ones lose more."""
    level = rng.standard_normal((40, 1))
    values = np.exp(level + 0.4 * autoregressive(rng, 40, 24, 0.6))
    lost = 0.15 * np.exp(-0.7 * level)
    return _panel(np.where(rng.random((40, 24)) < np.minimum(lost, 0.6), np.nan, values))


def _opened_and_closed(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Entities open and close when they like."""
    t = np.arange(24)
    opened, closed = rng.integers(0, 10, (60, 1)), rng.integers(14, 24, (60, 1))
    values = rng.poisson(40, (60, 24)).astype(np.float64)
    return _panel(np.where((t >= opened) & (t <= closed), values, np.nan))


def _hidden(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Of the worst fifth, four in five are not reported; bad spells last."""
    return _world(rng, chosen=0.8, rho=0.6)


def _hidden_among_lost(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, lost=0.05, chosen=0.8, rho=0.7, units=60)


CHECK = Check(
    code="PP305",
    title="Is much of the number missing, and where things went badly?",
    run=run,
    smallest_effect=0.05,
    effect_is=EFFECT_IS,
    source="Little and Rubin 2002, section 1.3; Wilson 1927, JASA 22:209; Kish 1965, Survey Sampling",
    clear=(_complete, _lost_by_chance, _own_rates, _opened_and_closed),
    suspect=(_hidden, _hidden_among_lost),
)
