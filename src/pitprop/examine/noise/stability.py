"""Stability: does the number seem to have been defined or measured differently from some day on?

Why it matters
--------------
A number can be made better in an afternoon by counting otherwise: who is in the denominator, what is an injury, when
the clock starts. Whoever then compares years compares two different numbers. Often nobody means harm, and nobody
writes it down either.

Looks for
---------
A lasting jump of all entities together, from one period to the next, at a date that nobody declared. Every entity's
values are taken in units of their own short-term variation (from one period to the next), what all entities share in
each period is worked out, and a jump is looked for beside the trend, slow drift (waves longer than about sixteen
periods), the time of year, and a step and a bend at every date that the register declares: `events`, and the first
and last days of targets. The effect is the size of the largest jump. Its 95% bounds hold for all dates that were
searched together, and a jump must also show once extreme values are cut. Suspect: wholly above one short-term standard
deviation of an entity. Clear: wholly below.

Beside it stands what else changed on that day: rows for each entity and period, and the variation of each entity. A
change of definition often moves these too; better work seldom does.

Assumes
-------
That real change comes gradually, or is declared. A departure of one period carries over in part to the next (a
first-order autoregression; how much is taken one standard error too high). Dates nearer than 15% to either end are
not searched. With fewer than five entities a jump is shown and is never a suspicion.

Blind to
--------
A change of definition on the day on which a target came into force: it cannot be told from the target's effect. One
that grows slowly. One that moves some entities up and others down. Whether the jump is a new definition or a real
event that nobody declared (a new machine, a merger): that is what has to be asked, and then declared under `events`.

Source
------
Andrews 1993, Econometrica 61:821 (break at an unknown date); Hansen 1997, Journal of Business and Economic Statistics
15:60 (p-values); Bevan and Hood 2006, Public Administration 84:517 (definitions changed under targets).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Event, Metric
from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.level_break import LevelBreak, level_break
from pitprop.stats.numbered import distinct
from pitprop.stats.period_number import period_number
from pitprop.stats.season import PERIODS_A_YEAR, season
from pitprop.stats.two_way import two_way

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "largest undeclared jump of the number, in standard deviations of an entity's short-term variation"
FEWEST_PERIODS = 16
FEWEST_ENTITIES = 5
"""Entities that have to jump together: a single one's jumps are too often its own."""
FEWEST_VALUES = 8
"""Values of an entity from which its short-term variation is known."""
DRIFT = 8
"""Periods for each slow wave that counts as drift."""
NEAR = 2
"""Periods around a declared date in which a jump is put down to it."""
ALPHA = 0.05
"""The jump must also show at this level once extreme values are damped."""
BESIDE = 6
"""Periods on each side of a jump in which it is looked what else changed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Course:
    """What all entities share in each period, in units of their short-term variation."""

    level: Floats
    start: NDArray[np.datetime64]
    number: Ints
    """Of the period on the calendar."""
    entities: int
    values: int
    spread: Floats
    """Short-term standard deviation of each entity used, in the metric's unit."""


def run(panel: Panel, brief: Brief) -> Finding:
    """Is there a jump that nobody declared?"""
    if len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return _cannot("There is no time in the data.", "Declare `agg_time_dimension`.")
    course = _course(panel)
    if course is None:
        return _cannot(
            f"No entity has {FEWEST_VALUES} values that vary: what is usual for it is not known.",
            f"At least {FEWEST_PERIODS} reporting periods of the same entities.",
        )
    if len(course.level) < FEWEST_PERIODS:
        return _cannot(
            f"Only {len(course.level)} periods have values: too few to tell a jump from what is usual.",
            f"At least {FEWEST_PERIODS} reporting periods.",
        )
    known = _declared(brief.metric)
    found = level_break(
        course.level,
        course.number,
        nuisance=_nuisance(course, known, panel.granularity),
        allowed=_allowed(course, known, panel.granularity),
        rng=brief.rng,
    )
    if found is None:
        return _cannot(
            f"{len(course.level)} periods are too few to tell a jump from trend, season and the {len(known)} declared "
            "dates.",
            "More reporting periods.",
        )
    return _judged(panel, brief, course, found, known)


def _course(panel: Panel) -> _Course | None:
    value = panel.metric.value
    cell = np.flatnonzero(np.isfinite(value))
    cell = cell[np.lexsort((panel.period[cell], panel.entity[cell]))]
    y, entity, period = value[cell], panel.entity[cell], panel.period[cell]
    size = len(panel.entities)
    count = np.bincount(entity, minlength=size).astype(np.float64)
    mean = np.divide(np.bincount(entity, weights=y, minlength=size), count, out=np.zeros(size), where=count > 0)
    off = y - mean[entity]
    same = entity[1:] == entity[:-1]
    steps = np.bincount(entity[1:][same], weights=np.diff(y)[same] ** 2, minlength=size)
    total = np.bincount(entity, weights=off**2, minlength=size)
    # of the differences; at least three tenths of the whole, so that a number that seldom moves does not count for all
    short = np.sqrt(np.maximum(steps / np.maximum(count - 1, 1) / 2, 0.09 * total / np.maximum(count - 1, 1)))
    level = np.zeros(size)
    np.maximum.at(level, entity, np.abs(y))
    use = (count >= FEWEST_VALUES) & (short > 1e-9 * level)
    keep = use[entity]
    if not keep.any():
        return None
    z, e, p = (off / np.where(short > 0, short, 1.0)[entity])[keep], entity[keep], period[keep]
    if len(distinct(e)) == 1:
        shared, place = z, p
    else:
        fit = two_way(z, e, p)
        shared, place = z[fit.used] - fit.residual - fit.level[fit.index], p[fit.used]
    held = np.bincount(place, minlength=len(panel.periods))
    there = np.flatnonzero(held >= max(1.0, float(np.median(held[held > 0])) / 4))
    mean_shared = np.bincount(place, weights=shared, minlength=len(panel.periods))[there] / held[there]
    return _Course(
        level=mean_shared - mean_shared.mean(),
        start=panel.periods[there],
        number=period_number(panel.periods[there], panel.granularity),
        entities=len(distinct(e)),
        values=len(z),
        spread=short[use],
    )


def _declared(metric: Metric) -> tuple[tuple[date, str], ...]:
    """Dates at which a change is no surprise, with what it is."""
    out = [(e.date, e.note or f"{e.kind} changed") for e in metric.events]
    for target in metric.targets:
        out += [(target.since, "target in force")] if target.since else []
        out += [(target.until, "target no longer in force")] if target.until else []
    return tuple(sorted(set(out)))


def _nuisance(course: _Course, known: Sequence[tuple[date, str]], granularity: str) -> Floats:
    """Trend, drift, season, and a step and a bend at every declared date, shape (periods, q)."""
    n = len(course.level)
    at = (course.number - course.number[0]) / max(float(course.number[-1] - course.number[0]), 1.0)
    waves = int(np.clip(n // DRIFT - 1, 1, 4))
    parts = [at, *(np.cos(np.pi * j * at) for j in range(1, waves + 1))]
    years = n / PERIODS_A_YEAR[granularity]
    if years >= 1:
        parts += list(season(start=course.start, granularity=granularity, years=years if years >= 3 else 1.5).T)
    for day in sorted({d for d, _ in known}):
        after = course.start >= np.datetime64(day, "D")
        if not 0 < after.sum() < n:
            continue
        parts += [after.astype(np.float64), after * (at - at[after.argmax()])]
        if course.start[after.argmax()] != np.datetime64(day, "D"):  # the period in which it falls is half and half
            parts.append((np.arange(n) == after.argmax() - 1).astype(np.float64))
    return np.column_stack(parts)


def _allowed(course: _Course, known: Sequence[tuple[date, str]], granularity: str) -> Bools:
    """Where a jump would not be put down to a declared date, shape (periods,)."""
    out = np.ones(len(course.number), dtype=bool)
    for day, _ in known:
        at = int(period_number(np.array([day], dtype="datetime64[D]"), granularity)[0])
        out &= np.abs(course.number - at) > NEAR
    return out


def _judged(
    panel: Panel, brief: Brief, course: _Course, found: LevelBreak, known: Sequence[tuple[date, str]]
) -> Finding:
    low, high = found.bounds
    bound = brief.smallest_effect
    state = State.CLEAR if high < bound else State.INCONCLUSIVE
    if low > bound and found.p_damped < ALPHA and course.entities >= FEWEST_ENTITIES:
        state = State.SUSPECT
    day = course.start[found.index]
    beside = _beside(panel, found.index, course)
    return Finding(
        state=state,
        says=_says(state, found, bound, str(day), beside, panel.granularity),
        effect=abs(found.jump),
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=bound,
        p_value=found.p_value,
        n=course.values,
        grade=_grade(course),
        innocent=("the work itself changed on that day (a new machine, a merger) and nobody declared it",)
        if state is not State.CLEAR
        else (),
        ruled_out=(
            "a trend, slow drift and the time of year",
            *(f"what is declared: {label} ({when})" for when, label in known),
        ),
        needed=_needed(found, bound, course, panel.granularity) if state is State.INCONCLUSIVE else "",
        figure=_figure(course, found, known, state, panel, brief),
        data={
            "jump": found.jump,
            "se": found.se,
            "first_period_after": str(day),
            "largest_t": float(np.abs(found.t).max()),
            "critical_t": found.critical,
            "autocorrelation_allowed_for": found.rho,
            "searched": [str(course.start[found.candidates[0]]), str(course.start[found.candidates[-1]])],
            "entities": course.entities,
            "periods": len(course.level),
            "short_term_sd": float(np.median(course.spread)),
            "declared": [when.isoformat() for when, _ in known],
            **beside,
        },
    )


def _says(state: State, found: LevelBreak, bound: float, day: str, beside: dict[str, float | None], period: str) -> str:
    low, high = found.bounds
    span = f"95% bounds over all dates {low:.2f} to {high:.2f}; what matters: {bound:g}"
    if state is State.CLEAR:
        return (
            f"No {period} stands out as the first of a differently measured number: the largest jump is "
            f"{abs(found.jump):.2f} standard deviations of an entity's short-term variation ({span})."
        )
    way = "up" if found.jump > 0 else "down"
    says = (
        f"the number of all entities together jumps {way} by {abs(found.jump):.2f} standard deviations of an entity's "
        f"short-term variation at {day} ({span})"
    )
    if state is State.INCONCLUSIVE:
        return f"The likeliest jump: {says}. The data cannot tell whether it matters."
    also = [
        f"{name} changed by {ratio - 1:+.0%}"
        for name, ratio in (("rows per entity", beside["rows_ratio"]), ("variation", beside["variation_ratio"]))
        if ratio is not None and not 0.8 < ratio < 1.25
    ]
    more = f" At the same time {' and '.join(also)}." if also else ""
    return f"The number seems to have been defined or measured differently from {day} on: {says}.{more}"


def _beside(panel: Panel, index: int, course: _Course) -> dict[str, float | None]:
    """What else changed at the jump: medians over entities of the ratio after to before, and how many went along."""
    value = panel.metric.value
    position = np.searchsorted(course.number, period_number(panel.start, panel.granularity))
    near = np.isfinite(value) & (position >= index - BESIDE) & (position < index + BESIDE)
    after = position >= index
    size = len(panel.entities)

    def mean(v: Floats, mine: Bools) -> Floats:
        n = np.bincount(panel.entity[mine], minlength=size)
        total = np.bincount(panel.entity[mine], weights=v[mine], minlength=size)
        out: Floats = np.divide(total, n, out=np.full(size, np.nan), where=n > 0)
        return out

    rows = panel.metric.n.astype(np.float64)
    levels = [mean(value, near & side) for side in (~after, after)]
    spreads = []
    for side, level in zip((~after, after), levels, strict=True):
        spreads.append(mean((value - level[panel.entity]) ** 2, near & side))
    out: dict[str, float | None] = {"rows_ratio": None, "variation_ratio": None, "share_of_entities_going_up": None}
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = mean(rows, near & after) / mean(rows, near & ~after)
        scatter = np.nansum(spreads[1]) / np.nansum(spreads[0])
    if np.isfinite(ratios).any():
        out["rows_ratio"] = float(np.nanmedian(ratios))
    if np.isfinite(scatter):
        out["variation_ratio"] = float(scatter**0.5)
    moved = levels[1] - levels[0]
    moved = moved[np.isfinite(moved)]
    if len(moved) > 1:
        out["share_of_entities_going_up"] = float(np.mean(moved > 0))
    return out


def _grade(course: _Course) -> Grade:
    """C where many entities jump together; D for a few, whose jump may be one entity's own."""
    return "C" if course.entities >= 20 and course.values >= 200 else "D"


def _needed(found: LevelBreak, bound: float, course: _Course, period: str) -> str:
    distance = max(abs(bound - abs(found.jump)), 0.1 * bound)
    factor = (found.critical * found.se / distance) ** 2
    return (
        f"About {int(np.ceil(max(factor, 1.2) * course.entities))} entities instead of {course.entities}, or more "
        f"{period}s; best of all, `events` in the register that say what changed and when."
    )


def _figure(
    course: _Course,
    found: LevelBreak,
    known: Sequence[tuple[date, str]],
    state: State,
    panel: Panel,
    brief: Brief,
) -> Series | None:
    rows = int(panel.metric.n.sum())
    if course.entities == 1 and panel.entities != ("",) and rows < brief.minimum_group:
        return None
    days = tuple(str(d) for d in course.start)
    events = [(when.isoformat(), label) for when, label in known]
    if state is not State.CLEAR:
        events.append((days[found.index], "likeliest jump"))
    return Series(
        title=f"{brief.metric.title}: what all entities share",
        y_is="standard deviations of an entity's short-term variation",
        lines=(Line(name="all entities together", x=days, y=tuple(float(v) for v in course.level)),),
        events=tuple(events),
    )


def _cannot(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


# ---- data whose truth is known -------------------------------------------------------------------------


def _panel(values: Floats, *, since: int | None = None, event: int | None = None) -> tuple[Panel, Brief]:
    panel, brief = panel_specimen(metric=values, others={}, since=since or 0, smallest_effect=1.0)
    changes: dict[str, Any] = {}
    if event is not None:
        changes["events"] = (Event(date=panel.periods[event].item(), kind="definition", note="a new form"),)
    return panel, replace(brief, metric=brief.metric.model_copy(update=changes))


def _world(
    rng: np.random.Generator,
    *,
    units: int = 40,
    periods: int = 36,
    jump: float = 0.0,
    at: int = 18,
    rho: float = 0.0,
    wave: float = 0.0,
    trend: float = 0.0,
    common: float = 0.0,
    since: int | None = None,
    event: int | None = None,
) -> tuple[Panel, Brief]:
    """Units with their own levels; all jump by `jump` standard deviations of an entity's noise from `at` on."""
    t = np.arange(periods)
    values = 100 + 5 * rng.standard_normal((units, 1)) + autoregressive(rng, units, periods, rho)
    values = values + common * autoregressive(rng, 1, periods, rho) + wave * np.sin(2 * np.pi * t / 12) + trend * t
    return _panel(values + jump * (t >= at), since=since, event=event)


def _steady(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng)


def _seasonal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, rho=0.6, wave=2.0, common=0.5, trend=0.05)


def _improved(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """The target helped, at once and ever more."""
    return _world(rng, jump=2.0, at=20, since=20, rho=0.3)


def _told(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A new definition that the register declares."""
    return _world(rng, jump=3.0, at=14, event=14, since=24)


def _skewed(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Lognormal values of very unequal size, some missing."""
    values = np.exp(2 * rng.standard_normal((40, 1)) + 0.5 * autoregressive(rng, 40, 36, 0.4))
    return _panel(np.where(rng.random((40, 36)) < 0.15, np.nan, values))


def _rare(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _panel(rng.poisson(1.0, (30, 24)).astype(np.float64))


def _learnt(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All improve fast at first, then slowly."""
    t = np.arange(36)
    return _panel(100 + 3 * (1 - np.exp(-t / 8)) + 5 * rng.standard_normal((40, 1)) + rng.standard_normal((40, 36)))


def _redefined(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, jump=2.5, rho=0.3, wave=1.0)


def _redefined_quietly(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """In two years, beside a season, a trend and a target at another time."""
    return _world(rng, jump=-3.0, at=8, periods=24, trend=0.05, since=16)


def _redefined_counts(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A quarter of the cases no longer counts."""
    mean = np.where(np.arange(36) >= 15, 75.0, 100.0) * np.exp(0.3 * rng.standard_normal((40, 1)))
    return _panel(rng.poisson(mean).astype(np.float64))


CHECK = Check(
    code="PP304",
    title="Does the number seem to have been defined or measured differently from some day on?",
    run=run,
    smallest_effect=1.0,
    effect_is=EFFECT_IS,
    source="Andrews 1993, Econometrica 61:821; Hansen 1997, JBES 15:60; Bevan and Hood 2006",
    clear=(_steady, _seasonal, _improved, _told, _skewed, _rare, _learnt),
    suspect=(_redefined, _redefined_quietly, _redefined_counts),
)
