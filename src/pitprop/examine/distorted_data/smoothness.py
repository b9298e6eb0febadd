"""Do numbers vary less than chance makes them?

Why it matters
    Things that happen one by one, each for itself (complaints, breakdowns, cases solved), never come in equal numbers
    each month: chance alone makes counts of 100 vary by 10. An average of thirty cases varies too, by what makes the
    cases differ. A number that varies less was not left to chance. Either the work is rationed to a fixed number,
    which is innocent and should be said; or what is over the plan is kept back for the next month and what is
    missing is filled in; or the number is written down and not counted.

Looks for
    The variation of counts (or of how many of how many) within each entity over windows of six periods, as a multiple
    of what chance alone gives: Fisher's index of dispersion. For averages, ratios and sums of rows it is a multiple of
    what the differences between their own rows give. The trend of each entity from window to window, and
    what moves all entities together within one (season, holidays), are taken out at no cost to the test. The effect
    is the share of chance's variation that is missing. Suspect: its 95% interval lies wholly above a quarter by
    default, and where there is a time without the target, or entities exempt from it, numbers also vary less under
    the target than without it. Clear: wholly below. How close they come to the target itself, over what chance
    permits, is told beside (1 is as close as chance comes to a target that is just kept).

Assumes
    That the number counts separate events. `agg: count`, `agg: share` and ratios of two counts do, and so do sums of
    rows that are 0 or 1. Other sums of whole numbers may be anything (tonnes vary as little as the machine lets
    them), and averages are steadier than their rows where these are a fixed mix of unlike ones (the same crews, the
    same weekdays every month): both are judged only where they varied at least as chance makes them without the
    target, and must then vary much less under it. The same holds for ratios of such sums, unless they vary as counts
    do anyway. Averages need cells of five rows or more.

Blind to
    Smoothing of a number that varies for other reasons as well (trends within half a year, clusters, seasons of
    one's own): what is left may still be more than chance. A few smooth entities among many that are not. Averages
    that were always smooth, or that became so together with rows that differ more. Numbers that are neither counted
    nor made of rows.

Source
    Fisher 1925, Statistical Methods for Research Workers, sections 16 and 19; Fisher 1936, Annals of Science 1: 115
    (Mendel's results); windows after Kobak 2022, Significance 19(2): 10-13; averages by the expectation of their
    squared residuals (Searle 1971, Linear Models).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pitprop.digest.panel import Measure, Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.examine.regimes import regimes
from pitprop.examine.specimen import declared
from pitprop.examine.variation import Averages, Counts, near_target, variation
from pitprop.stats.dispersion import Dispersion

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_DF = 15.0
EXEMPT = "entities exempt from it"
RATIONED = frozenset(
    ["rationed", "rationing", "capacity", "capacity_limit", "schedule", "scheduled", "moving_average", "smoothed"]
)
"""Declared alternatives under which a count is steady by its nature."""


def run(panel: Panel, brief: Brief) -> Finding:
    if bool(np.isnat(panel.periods).any()):
        return _not_applicable("There is no time in the data.", "declare `agg_time_dimension`")
    varies = variation(panel.metric, brief.metric)
    if varies is None:
        return _not_applicable(
            "Asked only of counts, shares, averages, and sums and ratios that are whole or made of five rows or more: "
            "of other numbers nobody knows how much they have to vary.",
            "declare what is counted as `agg: count` or `agg: share`",
        )
    now, without, exempt = regimes(panel, brief.metric.targets)
    under = varies.index(panel, now)
    other, compared = _other(panel, varies, without, exempt)
    if under is None or under.df < FEWEST_DF:
        return _not_applicable(
            "Too few cells that vary by chance to tell how much they vary.",
            "two entities or more over a year, with events in most periods",
        )
    if under.statistic < 1e-9 * under.df:
        return _not_applicable(f"The {varies.are.lower()} do not vary at all: a fixed number.", "what was counted")
    uneven = varies.bounded and under.interval()[0] > 1 - brief.smallest_effect
    if not varies.known and not uneven and (other is None or other.index < 1 - brief.smallest_effect):
        return _unproven(varies)
    near = near_target(panel, varies, brief.metric, now)
    # exempt entities differ in level and spread from those under the target: growth is looked for over time alone
    side = without if isinstance(varies, Averages) or compared != EXEMPT else exempt
    growth = varies.growth(panel, now, side) if other is not None and not varies.known else 1.0
    return _finding(under, other, compared, growth, varies, near, brief)


def _other(panel: Panel, varies: Counts | Averages, without: Bools, exempt: Bools) -> tuple[Dispersion | None, str]:
    """Variation without the target, and where: in exempt entities, or else in the time before; None where too little
    is there."""
    for cells, name in ((exempt, EXEMPT), (without, "the time before it")):
        found = varies.index(panel, cells)
        if found is not None and found.df >= 2 * FEWEST_DF:
            return found, name
    return None, ""


def _unproven(varies: Counts | Averages) -> Finding:
    if isinstance(varies, Averages):
        return _not_applicable(
            f"{varies.are} of a fixed mix of unlike rows vary less than their rows do: without a time in which they "
            "varied as such there is no saying how little is too little.",
            "`since` on the target, with half a year before it",
        )
    return _not_applicable(
        "Whole numbers that may be amounts: without a time in which they varied as counts do there is no saying "
        "how little is too little.",
        "one row for each event with `agg: count`; or `since` on the target, with half a year before it",
    )


def _finding(
    under: Dispersion,
    other: Dispersion | None,
    compared: str,
    growth: float,
    varies: Counts | Averages,
    near: dict[str, Any],
    brief: Brief,
) -> Finding:
    beyond = brief.smallest_effect
    low, high = (1 - bound for bound in reversed(under.interval()))
    ratio = None if other is None else _ratio(under, other, growth)
    lost = ratio is None or ratio[1] < (1.0 if varies.known else 1 - beyond)
    excused = sorted(RATIONED & set(brief.metric.alternatives))
    state = State.CLEAR if high < beyond else State.INCONCLUSIVE
    if low > beyond and lost and not excused and (varies.known or ratio is not None):
        state = State.SUSPECT
    steady = _steady(ratio, growth, excused, varies) if low > beyond else ""
    seen = f"{varies.are} vary {under.index:.3g} times as much as {varies.chance} (95 % interval "
    seen += f"{1 - high:.3g} to {1 - low:.3g})"
    beside = f", and {other.index:.3g} times in {compared}" if other is not None else ""
    return Finding(
        state=state,
        says=_says(state, f"{seen}{beside}.", steady),
        effect=1 - under.index,
        effect_is=CHECK.effect_is,
        interval=(low, high),
        beyond=beyond,
        p_value=_p_value(under, other, growth, varies),
        n=round(under.df),
        grade=_grade(under, other, compared, varies, brief),
        innocent=(
            "work that is rationed or scheduled to a fixed number (declare it under `alternatives`)",
            "a moving average or an estimate in place of the month's own count",
            "cases that are of a fixed mix, some of which always succeed and others never",
            *(
                ("a mix of rows that was left to chance before and is fixed now",)
                if isinstance(varies, Averages)
                else ()
            ),
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        ),
        ruled_out=(
            "a trend or season that was taken out too generously (degrees of freedom are counted)",
            *((f"steady work as such: in {compared} the same number varied more",) if other and lost else ()),
        ),
        needed=_needed(state, steady, excused, under, beyond),
        figure=_figure(under, other, compared),
        data={
            "index": under.index,
            "df": under.df,
            "index_without": None if other is None else other.index,
            "ratio_interval": None if ratio is None else [float(r) for r in ratio],
            "windows": under.windows if isinstance(varies, Counts) else None,
            "quiet_windows": under.quiet if isinstance(varies, Counts) else None,
            "known_counts": varies.known,
            "near_target": near,
        },
    )


def _steady(ratio: tuple[float, float] | None, growth: float, excused: list[str], varies: Counts | Averages) -> str:
    """Why numbers that vary less than chance makes them are not suspected; empty where nothing speaks for them."""
    if excused:
        return f"That is what the declared {' and '.join(excused)} would do."
    if ratio is None or ratio[1] / growth >= 1:
        return "They are as steady without the target: pattern consistent with work that is scheduled."
    if growth > 1 and ratio[1] >= 1:
        grown = "the rows differ more" if isinstance(varies, Averages) else "the amounts themselves have changed"
        return f"Without the target they vary more, but {grown} since, which explains as much."
    return "Without the target they vary more, but the data do not tell whether by enough to matter."


def _says(state: State, seen: str, steady: str) -> str:
    if state is State.SUSPECT:
        return (
            f"{seen} Pattern consistent with numbers that are rationed, carried over from good months to bad ones, or "
            "written down without counting."
        )
    if state is State.CLEAR:
        return f"{seen} They are as uneven as chance has them."
    return f"{seen} {steady or 'That does not tell whether they are smoother than chance allows.'}"


def _needed(state: State, steady: str, excused: list[str], under: Dispersion, beyond: float) -> str:
    if state is not State.INCONCLUSIVE:
        return ""
    if excused and steady:
        return "the demand before it was rationed"
    if steady and "the data do not tell" not in steady:
        return "how many are let in or scheduled, and by whom"
    gap = max(abs(1 - under.index - beyond), beyond / 4)
    cells = max(2 * (1.96 * max(under.index, 0.1) / gap) ** 2, 1.3 * under.df)
    return f"about {int(np.ceil(cells / 50) * 50):,} cells"


def _p_value(under: Dispersion, other: Dispersion | None, growth: float, varies: Counts | Averages) -> float:
    """Of no loss: by chance alone for counts; else by chance and by what it was without the target, the larger."""
    if varies.known:
        return under.p_low
    if other is None or min(under.index, other.index) <= 0:
        return 1.0
    fall = np.log(growth * under.index / other.index) / (under.log_se**2 + other.log_se**2) ** 0.5
    return max(under.p_low, float(ndtr(fall)))


def _grade(
    under: Dispersion, other: Dispersion | None, compared: str, varies: Counts | Averages, brief: Brief
) -> Grade:
    """B against exempt entities, C against the time before; D for chance alone, which scheduled work may beat, and for
    numbers that may be steady by nature."""
    if RATIONED & set(brief.metric.alternatives) or under.df < 200 or under.units < 3 or not varies.known:
        return "D"
    return "D" if other is None else "B" if compared == EXEMPT else "C"


def _ratio(under: Dispersion, other: Dispersion, growth: float) -> tuple[float, float]:
    """95 % interval of the index under the target over that without it, `growth` times: amounts whose spread stays as
    it was while they grow, or shrinks as they do, have not become smoother."""
    half = float(ndtri(0.975)) * (under.log_se**2 + other.log_se**2) ** 0.5
    ratio = growth * under.index / other.index if other.index > 0 else float("inf")
    return ratio * np.exp(-half), ratio * np.exp(half)


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=CHECK.effect_is)


def _figure(under: Dispersion, other: Dispersion | None, compared: str) -> Intervals:
    shown = [("under the target" if other else "all cells", under)] + ([(compared, other)] if other else [])
    return Intervals(
        title="How much the numbers vary",
        x_is="variation as a multiple of chance",
        rows=tuple(
            Interval(label=name, estimate=d.index, lower=d.interval()[0], upper=d.interval()[1], emphasis=d is under)
            for name, d in shown
        ),
        reference=1.0,
        reference_is="chance alone",
    )


# ---- specimens ------------------------------------------------------------------------------------------

SINCE = 12


def _declared(panel: Panel, brief: Brief, agg: str, measure: Measure, **changes: object) -> tuple[Panel, Brief]:
    metric = declared(agg=agg, targets=brief.metric.targets, **changes)
    return replace(panel, metric=measure), replace(brief, metric=metric)


def _counted(k: Floats, since: int = SINCE, **changes: object) -> tuple[Panel, Brief]:
    """Rows counted, shape (units, periods); a cell without rows is not there."""
    panel, brief = panel_specimen(metric=k, others={}, since=since, smallest_effect=CHECK.smallest_effect)
    flat = k.ravel()
    n = np.nan_to_num(flat).astype(np.int64)
    x = n.astype(np.float64)
    counted = Measure(agg="count", pivot=0.0, n=n, x=x, xx=x, w=x, ww=x, xw=x)
    return _declared(panel, brief, "count", counted, **changes)


def _summed(k: Floats, since: int = SINCE) -> tuple[Panel, Brief]:
    """One row a month that holds the number."""
    panel, brief = panel_specimen(metric=k, others={}, since=since, smallest_effect=CHECK.smallest_effect)
    x, one = k.ravel(), np.ones(k.size)
    summed = Measure(agg="sum", pivot=0.0, n=one.astype(np.int64), x=x, xx=x**2, w=one, ww=one, xw=x)
    return _declared(panel, brief, "sum", summed)


def _rates(rng: np.random.Generator, units: int = 40, length: int = 24, mean: float = 40.0) -> Floats:
    """Expected counts with levels of one's own."""
    return np.repeat(mean * np.exp(rng.normal(0, 0.6, (units, 1))), length, axis=1)


def _averaged(
    means: Floats, rng: np.random.Generator, rows: int = 30, spread: Floats | float = 8.0, skew: float = 0.0
) -> tuple[Panel, Brief]:
    """Averages of rows about these expectations, shape (units, periods); lognormal rows where skewed."""
    drawn = rng.standard_normal((*means.shape, rows))
    if skew:
        drawn = (np.exp(skew * drawn) - np.exp(skew**2 / 2)) / (np.exp(skew**2) * np.expm1(skew**2)) ** 0.5
    return _of_rows(means[..., None] + np.asarray(spread)[..., None] * drawn)


def _of_rows(values: Floats) -> tuple[Panel, Brief]:
    """Averages of rows, shape (units, periods, rows)."""
    mean = values.mean(axis=2)
    panel, brief = panel_specimen(metric=mean, others={}, since=SINCE, smallest_effect=CHECK.smallest_effect)
    n = np.full(mean.size, values.shape[2])
    x = values.sum(axis=2).ravel()
    one = n.astype(np.float64)
    averaged = Measure(agg="average", pivot=0.0, n=n, x=x, xx=(values**2).sum(axis=2).ravel(), w=one, ww=one, xw=x)
    return _declared(panel, brief, "average", averaged)


def _levels(rng: np.random.Generator, units: int = 40, length: int = 24, growth: float = 0.0) -> Floats:
    """Levels of one's own and what all have in common; growth under the target."""
    common = 2 * np.sin(2 * np.pi * np.arange(length) / 12) + growth * (np.arange(length) >= SINCE)
    out: Floats = rng.normal(60, 8, (units, 1)) + common
    return out


def counts_by_chance(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Poisson counts that honestly rise by a fifth under the target."""
    rates = _rates(rng) * np.where(np.arange(24) >= SINCE, 1.2, 1.0)
    return _counted(rng.poisson(rates).astype(np.float64))


def rare_events(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A few a month; months without any are not in the data."""
    return _counted(rng.poisson(_rates(rng, mean=4.0)).astype(np.float64))


def seasonal_and_clustered(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A season, and events that come in clusters."""
    rates = _rates(rng) * np.exp(0.3 * np.sin(2 * np.pi * np.arange(24) / 12)) * rng.gamma(8, 1 / 8, (40, 24))
    return _counted(rng.poisson(rates).astype(np.float64))


def rationed_clinic(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A clinic that lets in nearly the same number each month, declared as rationed."""
    rates = _rates(rng)
    let_in = np.round(rates + 0.2 * np.sqrt(rates) * rng.standard_normal(rates.shape))
    return _counted(let_in, alternatives=("rationed",))


def whole_tonnes(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Tonnes of a steady process, recorded as whole numbers; more of them under the target."""
    rates = 5 * _rates(rng)
    steady = rates * (1 + 0.01 * rng.standard_normal(rates.shape)) * np.where(np.arange(24) >= SINCE, 1.15, 1.0)
    return _summed(np.round(steady))


def steady_schedule(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Scheduled visits, as steady before the target as under it."""
    rates = _rates(rng)
    return _counted(np.round(rates + 0.4 * np.sqrt(rates) * rng.standard_normal(rates.shape)))


def averages_of_skewed_rows(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Averages of thirty lognormal rows, spreads of one's own; they honestly grow under the target."""
    return _averaged(_levels(rng, growth=6.0), rng, spread=8 * np.exp(rng.normal(0, 0.5, (40, 1))), skew=1.0)


def averages_with_memory(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Averages of ten rows whose level moves from month to month and remembers."""
    return _averaged(_levels(rng) + autoregressive(rng, 40, 24, 0.6, 2.0), rng, rows=10)


def averages_of_few_rows(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Averages of five rows."""
    return _averaged(_levels(rng), rng, rows=5)


def averages_of_alike_rows(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Rows that come in clusters, four in each cell, which share half of their variance."""
    shared = np.repeat(rng.normal(0, 5.7, (40, 24, 4)), 5, axis=2)
    return _of_rows(_levels(rng)[..., None] + shared + rng.normal(0, 5.7, (40, 24, 20)))


def fixed_mix(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """The same thirty unlike machines every month: averages a fifth as uneven as rows drawn at random would give."""
    machines = rng.normal(0, 8, (40, 1, 30))
    return _of_rows(_levels(rng, growth=6.0)[..., None] + machines + rng.normal(0, 4, (40, 24, 30)))


def smoothed_since_the_target(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Since the target half of each month's deviation is carried over or filled in."""
    rates = _rates(rng)
    kept = np.where(np.arange(24) >= SINCE, 0.5, 1.0)
    return _counted(np.round(rates + kept * (rng.poisson(rates) - rates)))


def written_down(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Numbers near the plan from the first month on."""
    rates = _rates(rng)
    return _counted(np.round(rates + 0.6 * np.sqrt(rates) * rng.standard_normal(rates.shape)), since=0)


def sums_smoothed_since_the_target(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """One number a month: as uneven as counts before the target, a third of that under it."""
    rates = _rates(rng)
    kept = np.where(np.arange(24) >= SINCE, 0.55, 1.0)
    return _summed(np.round(rates + kept * (rng.poisson(rates) - rates)))


def averages_written_to_the_plan(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Since the target half of the averages' variance is missing: each month's cases are picked to come near the
    plan."""
    level = _levels(rng)
    values = level[..., None] + rng.normal(0, 8, (40, 24, 30))
    away = values.mean(axis=2) - level
    values -= np.where(np.arange(24) >= SINCE, 1 - 0.5**0.5, 0.0)[:, None] * away[..., None]
    return _of_rows(values)


CHECK = Check(
    code="PP106",
    title="Do numbers vary less than chance makes them?",
    run=run,
    smallest_effect=0.25,
    effect_is="share of the variation by chance that is missing",
    source="Fisher 1925, Statistical Methods for Research Workers, section 16; Kobak 2022, Significance 19(2): 10-13",
    clear=(
        counts_by_chance,
        rare_events,
        seasonal_and_clustered,
        rationed_clinic,
        whole_tonnes,
        steady_schedule,
        averages_of_skewed_rows,
        averages_with_memory,
        averages_of_few_rows,
        averages_of_alike_rows,
        fixed_mix,
    ),
    suspect=(
        smoothed_since_the_target,
        written_down,
        sums_smoothed_since_the_target,
        averages_written_to_the_plan,
    ),
)
