"""Revision: are near misses revised until the target is reached?

Why it matters
--------------
Late entries and corrections are a part of honest work. They are not honest if a number is looked through again
only where it has missed the target, and only until it has reached it. Then what is corrected is the result,
and the errors that would have counted the other way stay in.

Looks for
---------
Numbers that missed the target when first reported, by no more than revisions reach, and reached it in the end.
Some always do: late entries raise all numbers, and corrections go both ways. What is to be expected is taken
from the numbers that lay as near *above* the target when first reported: with which share of their revisions
would the near misses have got over the target? What the size of a revision has to do with the level in general
is taken out. The effect is the share of the near misses that was revised over the target beyond that. Suspect: its
95% interval lies wholly above a tenth by default. Clear: wholly below. Beside it stands the mirror, the numbers
that were revised from a hit to a miss.

The first report is the value as it stood at the end of the reporting period, or the first one after it; the
last one is what counts in the end.

Assumes
-------
That numbers a little above the target are like those a little below it but for the target. Errors may be
correlated at will within a unit and within a period.

Blind to
--------
Revisions that leave no version behind. Numbers that are held back until they are good enough to be reported.
Upward revisions of everything, near the target or not. It cannot tell an invented entry from a true one that
was looked for only because the target had been missed: both bend the number the same way.

Source
------
Comparison of crossings at the target with crossings at a displaced target, as placebo thresholds in Imbens and
Lemieux 2008, Journal of Econometrics 142:615; Burgstahler and Dichev 1997, Journal of Accounting and Economics 24:99
(results just over a benchmark); Cameron, Gelbach and Miller 2011, JBES 29:238 (errors).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest.versions import Versions
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Histogram
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.versions_specimen import versions_specimen
from pitprop.stats.revised_over import RevisedOver, revised_over

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "share of the near misses revised over the target, beyond what their revisions would bring about"
FEWEST_NEAR = 20
"""First reports within reach of the target, on each side."""
BINS = 20
MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reports:
    """First and last report of each unit and period under the target; all arrays have shape (n,)."""

    first: Floats
    """Distance to the target, at least 0 where it is reached; in the unit of `scale`."""
    last: Floats
    unit: Ints
    time: Ints
    in_time: Bools
    """Whether the last report came before the number was due."""
    relative: bool
    """Whether distances are shares of the target, or in the metric's unit."""


def run(versions: Versions, brief: Brief) -> Finding:
    """Whether near misses are revised over the target more than their neighbours' revisions explain."""
    reports = _reports(versions, brief)
    n = len(reports.first)
    if n == 0:
        return _not_applicable("No unit and period under the target has a first report.", "a target and its reports")
    changed = np.abs(reports.last - reports.first) > 1e-9 * np.abs(reports.first).max()
    if not changed.any():
        return _not_applicable(
            f"None of the {n:,} numbers under the target changed after it was first reported.",
            "earlier versions, where numbers are written over",
        )
    try:
        found = revised_over(first=reports.first, last=reports.last, unit=reports.unit, time=reports.time)
    except ValueError:
        return _thin(0, 0, n)
    if min(found.misses, found.compared) < FEWEST_NEAR:
        return _thin(found.misses, found.compared, n)
    return _finding(found, reports, versions, brief)


def _finding(found: RevisedOver, reports: _Reports, versions: Versions, brief: Brief) -> Finding:
    beyond = brief.smallest_effect
    low, high = found.excess.interval()
    state = State.SUSPECT if low > beyond else State.CLEAR if high < beyond else State.INCONCLUSIVE
    unit = "% of the target" if reports.relative else f" {brief.metric.unit}".rstrip()
    reach = f"{found.reach * 100 if reports.relative else found.reach:.3g}{unit}"
    seen = (
        f"Of {found.misses:,} numbers that first missed the target by {reach} or less, {found.share:.0%} were "
        f"revised until they reached it; {found.expected:.0%} were to be expected from the revisions of those "
        "just above it"
    )
    says = {
        State.SUSPECT: f"{seen}. Pattern consistent with near misses being corrected until the target is reached.",
        State.CLEAR: f"{seen}: no more than honest revisions bring about.",
        State.INCONCLUSIVE: f"The data do not tell whether near misses are revised over the target. {seen}.",
    }[state]
    crossed = (reports.first < 0) & (reports.last >= -1e-9 * found.reach)
    return Finding(
        state=state,
        says=says,
        effect=found.excess.value,
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=beyond,
        p_value=found.excess.p_above(0.0),
        n=found.misses + found.compared,
        grade=_grade(found, reports, brief),
        innocent=(
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
            "true entries that were looked for only where the target had been missed",
        ),
        ruled_out=(
            "late entries and corrections that have nothing to do with the target (the numbers just above it)",
            "larger revisions of smaller numbers",
        ),
        needed="" if state is not State.INCONCLUSIVE else _needed(found, beyond),
        figure=_figure(reports, found, unit),
        data={
            "near_misses": found.misses,
            "near_hits": found.compared,
            "reach": found.reach,
            "reach_is": "share of the target" if reports.relative else "metric's unit",
            "revised_over": found.share,
            "expected": found.expected,
            "missed_then_met": found.up,
            "met_then_missed": found.down,
            "missed_then_met_before_due": int((crossed & reports.in_time).sum()),
            "df": found.excess.df,
        },
    )


def _reports(versions: Versions, brief: Brief) -> _Reports:
    metric = brief.metric
    target = metric.targets[0]
    start = versions.start.astype("datetime64[D]")
    keep = np.isfinite(versions.value) & np.isfinite(versions.target) & _in_force(start, target)
    keep &= ~np.isnat(versions.loaded)
    index = np.flatnonzero(keep)
    key = versions.entity[index] * max(len(versions.periods), 1) + versions.period[index]
    day = versions.loaded[index].astype(np.int64)
    if np.any((np.diff(key) < 0) | ((np.diff(key) == 0) & (np.diff(day) < 0))):
        order = np.lexsort((day, key))
        index, key = index[order], key[order]
    opens = np.flatnonzero(np.diff(key, prepend=-1))
    closes = np.append(opens[1:], len(index)) - 1 if len(index) else opens
    end = _end(start[index], versions.granularity)
    early = np.add.reduceat((versions.loaded[index] < end).astype(np.int64), opens) if len(index) else opens
    first = opens + np.maximum(early - 1, 0)
    line = versions.target[index[closes]]
    relative = bool(len(line)) and bool(np.all(line != 0)) and bool(np.ptp(line) > 0)
    scale = np.abs(line) if relative else 1.0
    sign = 1.0 if target.op in ("gte", "gt") else -1.0
    distances = [sign * (versions.value[index[at]] - line) / scale for at in (first, closes)]
    spread = float(np.abs(distances[0]).max(initial=0.0))
    level = float(np.abs(line / scale).max(initial=0.0))
    nudge = 1e-8 * (spread + level) * (1 if target.op in ("gte", "lte") else -1)
    due = metric.revisions.due if metric.revisions is not None else 0
    return _Reports(
        first=distances[0] + nudge,
        last=distances[1] + nudge,
        unit=versions.entity[index[closes]],
        time=versions.period[index[closes]],
        in_time=versions.loaded[index[closes]] < end[closes] + np.timedelta64(due, "D"),
        relative=relative,
    )


def _in_force(start: NDArray[np.datetime64], target: Target) -> Bools:
    held = np.ones(len(start), dtype=bool)
    if target.since is not None:
        held &= start >= np.datetime64(target.since, "D")
    if target.until is not None:
        held &= start < np.datetime64(target.until, "D")
    return held


def _end(start: NDArray[np.datetime64], granularity: str) -> NDArray[np.datetime64]:
    """First day after the period that begins on `start`."""
    if granularity in DAYS:
        return start + np.timedelta64(DAYS[granularity], "D")
    out: NDArray[np.datetime64] = (start.astype("datetime64[M]") + MONTHS[granularity]).astype("datetime64[D]")
    return out


def _grade(found: RevisedOver, reports: _Reports, brief: Brief) -> Grade:
    """C: a displaced target within the same units is the comparison; D where data are thin or excused."""
    thin = found.misses + found.compared < 200 or len(np.unique(reports.unit)) < 20
    return "D" if thin or brief.metric.alternatives else "C"


def _needed(found: RevisedOver, beyond: float) -> str:
    gap = max(abs(found.excess.value - beyond), beyond / 2)
    factor = float(np.clip(((found.excess.quantile() + 0.84) * found.excess.se / gap) ** 2, 1.2, 1000))
    return f"About {int(np.ceil(found.misses * factor)):,} near misses instead of {found.misses:,}."


def _figure(reports: _Reports, found: RevisedOver, unit: str) -> Histogram:
    """Last reports about the target, with the first reports as what there was before the revisions."""
    factor = 100.0 if reports.relative else 1.0
    edges = np.linspace(-2 * found.reach, 2 * found.reach, BINS + 1)
    first, last = (np.histogram(v, edges)[0].astype(np.float64) for v in (reports.first, reports.last))
    return Histogram(
        title="Last reports (bars) and first reports (line) about the target",
        x_is=f"distance to the target, {unit.strip() or 'in its unit'}; above 0 it is reached",
        left=tuple(float(e) for e in factor * edges[:-1]),
        width=float(factor * (edges[1] - edges[0])),
        observed=tuple(float(v) for v in last),
        expected=tuple(float(v) for v in first),
        target=0.0,
        shaded=(-factor * found.reach, 0.0),
    )


def _thin(misses: int, compared: int, n: int) -> Finding:
    return Finding(
        state=State.INCONCLUSIVE,
        says=f"Of {n:,} numbers only {misses:,} first lay just below the target and {compared:,} just above it: "
        "too few to tell revisions over the target from other revisions.",
        effect_is=EFFECT_IS,
        n=misses + compared,
        needed=f"{FEWEST_NEAR} first reports or more on each side of the target, within the reach of revisions.",
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=EFFECT_IS)


def _world(
    rng: np.random.Generator,
    *,
    units: int = 40,
    periods: int = 24,
    over: float = 0.0,
    error: float = 0.03,
    growth: float = 0.0,
    revised: float = 1.0,
    differ: float = 0.05,
    common: float = 0.0,
    mean: float = 101.0,
    rounded: bool = False,
    smallest_effect: float | None = None,
    **declarations: Any,
) -> tuple[Versions, Brief]:
    """Tonnes around 100, in logs, first with an error and then without; units differ in level and in error.

    `over`: share of the near misses (5 %) that are revised to just over the target of 100; `growth`: mean of
    late entries, as a share; `revised`: share that is revised at all; `common`: error of a whole period.
    """
    level = np.log(mean) + differ * rng.standard_normal((units, 1)) + 0.08 * rng.standard_normal((units, periods))
    own = error * np.exp(0.5 * rng.standard_normal((units, 1)))
    miss = own * rng.standard_normal((units, periods)) + common * rng.standard_normal((1, periods))
    late = growth * rng.gamma(1.0, 1.0, (units, periods))
    touched = rng.random((units, periods)) < revised
    first = np.exp(level)
    last = np.exp(level + touched * (miss + late))
    near = (first < 100) & (first > 95) & (last < 100) & (rng.random((units, periods)) < over)
    last[near] = 100 + rng.exponential(0.3, int(near.sum()))
    if rounded:
        first, last = np.round(first), np.round(last)
    effect = CHECK.smallest_effect if smallest_effect is None else smallest_effect
    return versions_specimen(first, last, target=100.0, smallest_effect=effect, **declarations)


def corrections_both_ways(rng: np.random.Generator) -> tuple[Versions, Brief]:
    """Errors of measurement are corrected, wherever the number lies."""
    return _world(rng)


def late_entries(rng: np.random.Generator) -> tuple[Versions, Brief]:
    """All numbers grow by late entries, about 2 %."""
    return _world(rng, growth=0.02, error=0.01)


def whole_tonnes_seldom_revised(rng: np.random.Generator) -> tuple[Versions, Brief]:
    """Whole tonnes, a fifth of them revised, with months in which all first reports were too low."""
    return _world(rng, revised=0.2, common=0.02, rounded=True, since=date(2018, 3, 1))


def target_above_most(rng: np.random.Generator) -> tuple[Versions, Brief]:
    """Most numbers miss a target that was set high."""
    return _world(rng, mean=94.0, growth=0.01)


def near_misses_corrected(rng: np.random.Generator) -> tuple[Versions, Brief]:
    """Half of the near misses are corrected until they reach the target."""
    return _world(rng, over=0.5)


def near_misses_topped_up(rng: np.random.Generator) -> tuple[Versions, Brief]:
    """Three fifths of the near misses find the entries they need, where late entries are usual."""
    return _world(rng, over=0.6, growth=0.02, error=0.01)


CHECK = Check(
    code="PP108",
    title="Are near misses revised until the target is reached?",
    run=run,
    smallest_effect=0.1,
    effect_is=EFFECT_IS,
    source="Burgstahler and Dichev 1997, JAE 24:99; Imbens and Lemieux 2008, J. Econometrics 142:615",
    needs=("targets", "revisions"),
    clear=(corrections_both_ways, late_entries, whole_tonnes_seldom_revised, target_above_most),
    suspect=(near_misses_corrected, near_misses_topped_up),
)
