"""Do counts vary less than chance makes them?

Why it matters
    Things that happen one by one, each for itself (complaints, breakdowns, cases solved), never come in equal numbers
    each month: chance alone makes counts of 100 vary by 10. A count that varies less was not left to chance. Either
    the work is rationed to a fixed number, which is innocent and should be said; or what is over the plan is kept
    back for the next month and what is missing is filled in; or the number is written down and not counted.

Looks for
    The variation of counts (or of how many of how many) within each entity over windows of six periods, as a multiple
    of what chance alone gives: Fisher's index of dispersion. The trend of each entity from window to window, and
    what moves all entities together within one (season, holidays), are taken out at no cost to the test. The effect
    is the share of chance's variation that is missing. Where there is a time without the target, or entities
    exempt from it, counts must also vary less under the target than without it.

Assumes
    That the number counts separate events. `agg: count`, `agg: share` and ratios of two counts do, and so do sums of
    rows that are 0 or 1. Other sums of whole numbers may be anything (tonnes vary as little as the machine lets
    them): they are judged only where they varied at least as counts do without the target. The same holds for
    ratios of such sums, unless they vary as counts do anyway.

Blind to
    Smoothing of a number that varies for other reasons as well (trends within half a year, clusters, seasons of
    one's own): what is left may still be more than chance. A few smooth entities among many that are not. Numbers
    that are no counts.

Source
    Fisher 1925, Statistical Methods for Research Workers, sections 16 and 19; Fisher 1936, Annals of Science 1: 115
    (Mendel's results); windows after Kobak 2022, Significance 19(2): 10-13.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pitprop.define.metric import Metric
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import panel_specimen
from pitprop.examine.parts import parts
from pitprop.examine.regimes import regimes
from pitprop.examine.specimen import declared
from pitprop.stats.dispersion import Dispersion, dispersion

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINDOW = 6
"""Periods."""
FEWEST_DF = 15.0
EXEMPT = "entities exempt from it"
FEWEST_MEAN = 5.0
"""Rows in a cell, where cells without rows are not in the data."""
RATIONED = frozenset(
    ["rationed", "rationing", "capacity", "capacity_limit", "schedule", "scheduled", "moving_average", "smoothed"]
)
"""Declared alternatives under which a count is steady by its nature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of the cells that have one; all arrays have shape (cells,)."""

    k: Floats
    of: Floats | None
    """How many there were of which k were counted; None for a bare count."""
    there: Bools
    fewest: float = 0.0
    """Mean count below which a window is left out: a period without rows has no cell, so zeros are missing."""
    known: bool
    """Whether these are known to be counts of separate events; otherwise they are merely whole."""


def run(panel: Panel, brief: Brief) -> Finding:
    if bool(np.isnat(panel.periods).any()):
        return _not_applicable("There is no time in the data.", "declare `agg_time_dimension`")
    counts = _counts(panel.metric, brief.metric)
    if counts is None:
        return _not_applicable(
            "Asked only of counts, of shares, and of sums and ratios of whole numbers: what is not counted has no "
            "least variation.",
            "declare what is counted as `agg: count` or `agg: share`",
        )
    now, without, exempt = regimes(panel, brief.metric.targets)
    under = _index(panel, counts, now)
    other = _index(panel, counts, exempt)
    compared = EXEMPT
    if other is None or other.df < 2 * FEWEST_DF:
        other, compared = _index(panel, counts, without), "the time before it"
    if other is not None and other.df < 2 * FEWEST_DF:
        other = None
    if under is None or under.df < FEWEST_DF:
        return _not_applicable(
            "Too few cells with counts above zero to tell how much they vary.",
            "two entities or more over a year, with events in most periods",
        )
    if under.statistic < 1e-9 * under.df:
        return _not_applicable("The counts do not vary at all: a fixed number, not a count.", "what was counted")
    uneven = counts.of is not None and under.interval()[0] > 1 - brief.smallest_effect
    if not counts.known and not uneven and (other is None or other.index < 1 - brief.smallest_effect):
        return _not_applicable(
            "Whole numbers that may be amounts: without a time in which they varied as counts do there is no saying "
            "how little is too little.",
            "one row for each event with `agg: count`; or `since` on the target, with half a year before it",
        )
    mean = [
        float(counts.k[side & counts.there].mean())
        for side in (now, exempt if compared == EXEMPT else without)
        if other
    ]
    growth = max(mean[0] / mean[1], mean[1] / mean[0]) if other and min(mean) > 0 else 1.0
    return _finding(under, other, compared, growth, counts, brief)


def _finding(
    under: Dispersion, other: Dispersion | None, compared: str, growth: float, counts: Counts, brief: Brief
) -> Finding:
    beyond = brief.smallest_effect
    low, high = (1 - bound for bound in reversed(under.interval()))
    ratio = None if other is None else _ratio(under, other, 1.0 if counts.known else growth)
    lost = ratio is None or ratio[1] < (1.0 if counts.known else 1 - beyond)
    excused = sorted(RATIONED & set(brief.metric.alternatives))
    state = State.CLEAR if high < beyond else State.INCONCLUSIVE
    if low > beyond and lost and not excused:
        state = State.SUSPECT
    seen = f"Counts vary {under.index:.3g} times as much as chance alone makes them (95 % interval "
    seen += f"{1 - high:.3g} to {1 - low:.3g})"
    beside = f", and {other.index:.3g} times in {compared}" if other is not None else ""
    return Finding(
        state=state,
        says=_says(state, f"{seen}{beside}.", low > beyond, excused),
        effect=1 - under.index,
        effect_is=CHECK.effect_is,
        interval=(low, high),
        beyond=beyond,
        p_value=under.p_low,
        n=round(under.df),
        grade=_grade(under, other, compared, counts, brief),
        innocent=(
            "work that is rationed or scheduled to a fixed number (declare it under `alternatives`)",
            "a moving average or an estimate in place of the month's own count",
            "cases that are of a fixed mix, some of which always succeed and others never",
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        ),
        ruled_out=(
            "a trend or season that was taken out too generously (degrees of freedom are counted)",
            *((f"steady work as such: in {compared} the same number varied more",) if other and lost else ()),
        ),
        needed=_needed(state, low > beyond, excused, under, beyond),
        figure=_figure(under, other, compared),
        data={
            "index": under.index,
            "df": under.df,
            "index_without": None if other is None else other.index,
            "ratio_interval": None if ratio is None else list(ratio),
            "windows": under.windows,
            "quiet_windows": under.quiet,
            "known_counts": counts.known,
        },
    )


def _says(state: State, seen: str, smooth: bool, excused: list[str]) -> str:
    if state is State.SUSPECT:
        return (
            f"{seen} Pattern consistent with numbers that are rationed, carried over from good months to bad ones, or "
            "written down without counting."
        )
    if state is State.CLEAR:
        return f"{seen} They are as uneven as counts have to be."
    if smooth and excused:
        return f"{seen} That is what the declared {' and '.join(excused)} would do."
    if smooth:
        return f"{seen} They are as steady without the target: pattern consistent with work that is scheduled."
    return f"{seen} That does not tell whether they are smoother than chance allows."


def _needed(state: State, smooth: bool, excused: list[str], under: Dispersion, beyond: float) -> str:
    if state is not State.INCONCLUSIVE:
        return ""
    if smooth:
        return "the demand before it was rationed" if excused else "how many are let in or scheduled, and by whom"
    gap = max(abs(1 - under.index - beyond), beyond / 4)
    cells = max(2 * (1.96 * max(under.index, 0.1) / gap) ** 2, 1.3 * under.df)
    return f"about {int(np.ceil(cells / 50) * 50):,} cells"


def _grade(under: Dispersion, other: Dispersion | None, compared: str, counts: Counts, brief: Brief) -> Grade:
    """B against exempt entities, C against the time before; D for chance alone, which scheduled work may beat, and for
    whole numbers that may be amounts."""
    if RATIONED & set(brief.metric.alternatives) or under.df < 200 or under.units < 3 or not counts.known:
        return "D"
    return "D" if other is None else "B" if compared == EXEMPT else "C"


def _counts(measure: Measure, metric: Metric) -> Counts | None:
    """What is counted in each cell, the rarer side where it is so many of so many; None where nothing is."""
    rows = measure.n.astype(np.float64)
    x = measure.x + rows * measure.pivot
    xx = measure.xx + 2 * measure.pivot * measure.x + rows * measure.pivot**2
    marks = bool(np.all(np.abs(xx - x) <= 1e-6 * (1 + np.abs(x))))
    if measure.agg in ("share", "ratio"):
        found = parts(measure)
        if found is None:
            return None
        k, n, there = found
        if 2 * int(k.sum()) > int(n.sum()):
            k = np.where(there, n - k, 0)
        bare = metric.numerator is not None and metric.numerator.agg == "count"
        return Counts(
            k=k.astype(np.float64), of=n.astype(np.float64), there=there, known=measure.agg == "share" or bare or marks
        )
    if measure.agg not in ("count", "count_distinct", "sum"):
        return None
    if measure.agg == "sum" and marks:
        k = np.where(2 * x.sum() > rows.sum(), rows - x, x)
        return Counts(k=np.maximum(np.round(k), 0), of=rows, there=measure.n > 0, known=True)
    value = measure.value
    there = np.isfinite(value)
    whole = np.abs(value[there] - np.round(value[there])) <= 1e-6
    if not there.any() or not bool(whole.all()) or bool((value[there] < -1e-6).any()):
        return None
    k = np.where(there, np.round(np.nan_to_num(value)), 0.0)
    rows_only = measure.agg != "sum"
    return Counts(k=np.abs(k), of=None, there=there, known=rows_only, fewest=FEWEST_MEAN if rows_only else 0.0)


def _index(panel: Panel, counts: Counts, regime: Bools) -> Dispersion | None:
    use = regime & counts.there
    if not use.any():
        return None
    period = panel.period[use] - panel.period[use].min()
    return dispersion(
        k=counts.k[use],
        unit=panel.entity[use],
        period=period,
        window=period // WINDOW,
        of=None if counts.of is None else counts.of[use],
        fewest=counts.fewest,
    )


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
        title="How much counts vary",
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


CHECK = Check(
    code="PP106",
    title="Do counts vary less than chance makes them?",
    run=run,
    smallest_effect=0.25,
    effect_is="share of the variation by chance that is missing",
    source="Fisher 1925, Statistical Methods for Research Workers, section 16; Kobak 2022, Significance 19(2): 10-13",
    clear=(counts_by_chance, rare_events, seasonal_and_clustered, rationed_clinic, whole_tonnes, steady_schedule),
    suspect=(smoothed_since_the_target, written_down, sums_smoothed_since_the_target),
)
