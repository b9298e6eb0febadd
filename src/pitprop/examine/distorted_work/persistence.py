"""Persistence: do gains last, or are they gone in the next period?

Why it matters
--------------
A class that has learnt more knows more next year; a class whose answer sheets were mended does not. What is
put on for one period (borrowed from the next one, drilled for the day, written in) is gone when the next is
counted. But every good result is partly luck, and luck does not repeat either: that those who were praised do
worse afterwards shows nothing by itself.

Looks for
---------
The share of a large gain (the largest tenth of all changes from one period to the next) that is lost again in
the period after it. Regression to the mean takes back gains and makes up losses in the same proportion, so the
share of large losses that is made up again is taken off. What is left would be due to noise that has a long
tail on one side: that is there without the target as well, and is taken off too. The effect is

    (gains lost - losses made up) under the target - (gains lost - losses made up) without it.

Suspect: its 95% interval lies wholly above a tenth by default. Clear: wholly below. Without the target are the
periods before the target and the units that are under none. A value pushed up for one period is a gain that is lost
and, one period later, a loss that is not made up.

Assumes
-------
That periods have effects common to all units with the target, and to all without it, which are removed; that
each unit's changes are counted in units of their own size. Errors may be correlated at will within a unit.

Blind to
--------
Gains that are kept up by the same means in every period, and gains of all units at once, which cannot be told
from the times. It sees best what is put on now and then, in about an eighth of the periods: from a quarter on
it comes to look like noise that goes both ways. Honest efforts for one period (a campaign, a large order) that
came with the target look the same: what they brought did not last either. It judges the number, and no unit.

Source
------
Jacob and Levitt 2003, Quarterly Journal of Economics 118:843 (large gains that are lost the year after), and
Brookings-Wharton Papers on Urban Affairs 2003:185 (gains that vanish when measured again); regression to the mean:
Galton 1886; errors: Liang and Zeger 1986, Biometrika 73:13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric
from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.estimate import Estimate
from pitprop.stats.gain import ExtraReversal, expected_repeat, extra_reversal, rise_and_fall
from pitprop.stats.numbered import distinct

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "share of large gains lost again beyond that of losses made up, under the target beyond without it"
FEWEST_UNITS = 8
FEWEST_CHANGES = 40
"""Pairs of successive changes under the target, and without it."""
TENTH = 1.2815515655446004
"""Standard deviations above the mean from which on the largest tenth of a normal distribution lies."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Changes:
    """Pairs of successive changes of a unit; all arrays have shape (n,)."""

    gain: Floats
    """In units of the root mean square change of the unit, the good direction upwards."""
    later: Floats
    unit: Ints
    time: Ints
    """Period in which the gain was made."""
    under: Bools
    before: bool
    """Whether some without the target are of units that are under it at other times."""
    exempt: bool
    """Whether some are of units under no target, at the same time."""
    share_missing: float


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether gains under the target vanish beyond what chance takes back."""
    changes = _changes(panel, brief.metric)
    if isinstance(changes, str):
        return _not_applicable(changes, "Three successive periods or more of several units.")
    sides = (changes.under, ~changes.under)
    if not sides[1].any():
        return _not_applicable(
            "All values lie under the target: how much of a gain chance takes back is not known.",
            "Declare `since` on the target, with data from before it, or units under no target (NULL).",
        )
    few = [int(s.sum()) for s in sides]
    units = [len(distinct(changes.unit[s])) for s in sides]
    if min(few) < FEWEST_CHANGES or min(units) < FEWEST_UNITS:
        return _not_applicable(
            f"There are {few[0]} pairs of successive changes of {units[0]} units under the target and {few[1]} of "
            f"{units[1]} units without it: too few to tell lost gains from chance.",
            f"{FEWEST_CHANGES} pairs of {FEWEST_UNITS} units or more on each side.",
        )
    found = extra_reversal(gain=changes.gain, later=changes.later, unit=changes.unit, under=changes.under)
    if found is None:
        return _not_applicable("There are no gains, or no losses, to compare.", "")
    return _finding(found, changes, brief)


def _finding(found: ExtraReversal, changes: _Changes, brief: Brief) -> Finding:
    beyond = brief.smallest_effect
    low, high = found.extra.interval()
    state = State.SUSPECT if low > beyond else State.CLEAR if high < beyond else State.INCONCLUSIVE
    under, without = found.under, found.without
    seen = (
        f"Under the target {under.gains_lost.value:.0%} of a large gain are lost in the next period and "
        f"{under.losses_recovered.value:.0%} of a large loss made up; without it {without.gains_lost.value:.0%} and "
        f"{without.losses_recovered.value:.0%}. Gains lost in excess: {found.extra.value:.0%} "
        f"({low:.0%} to {high:.0%})"
    )
    says = {
        State.SUSPECT: f"{seen}. Pattern consistent with gains that are put on for a period.",
        State.CLEAR: f"Gains last as they did without the target. {seen}.",
        State.INCONCLUSIVE: f"The data do not tell whether gains last. {seen}.",
    }[state]
    sides = (("the same units without the target", changes.before), ("units under no target", changes.exempt))
    compared = [name for name, there in sides if there]
    return Finding(
        state=state,
        says=says,
        effect=found.extra.value,
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=beyond,
        p_value=found.extra.p_above(0.0),
        n=len(changes.gain),
        grade=_grade(changes, brief),
        innocent=(
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
            "honest efforts for one period (campaigns, large orders) that came with the target",
            *(() if changes.exempt else ("something else that changed at the same time",)),
        ),
        ruled_out=(
            "regression to the mean (losses are made up by it in the same proportion)",
            "noise with a long tail on one side (it was there without the target)",
            "periods that were good or bad for all",
        ),
        needed="" if state is not State.INCONCLUSIVE else _needed(found.extra, beyond, len(changes.gain)),
        figure=_figure(found),
        data={
            "under": _told(found.under.gains_lost, found.under.losses_recovered, found.under.n),
            "without": _told(found.without.gains_lost, found.without.losses_recovered, found.without.n),
            "compared_with": compared,
            "df": found.extra.df,
            "lost_by_chance_if_normal": _chance(changes),
            "rise_and_fall": _scores(changes),
        },
    )


def _changes(panel: Panel, metric: Metric) -> _Changes | str:
    """Pairs of successive changes within units, each wholly under the target or wholly without it."""
    if len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return "There is no time in the data."
    target = metric.targets[0]
    value = panel.metric.value
    there = np.isfinite(value)
    if not there.any():
        return "No unit has a value."
    sign = {"increase": 1.0, "decrease": -1.0}.get(
        metric.improvement_direction, 1.0 if target.op in ("gte", "gt") else -1.0
    )
    time = _number(panel.periods, panel.granularity)
    shape = (len(panel.entities), int(time.max()) + 1)
    level, held = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    free = panel.exempt | (~np.isfinite(panel.target) if np.isfinite(panel.target).any() else panel.exempt)
    start = panel.start.astype("datetime64[D]")
    early = np.zeros(len(start), dtype=bool) if target.since is None else start < np.datetime64(target.since, "D")
    after = np.zeros(len(start), dtype=bool)
    if target.until is not None:
        after = start >= np.datetime64(target.until, "D")
    under = ~free & ~early & ~after
    level[panel.entity, time[panel.period]] = sign * np.where(there, value, np.nan)
    held[panel.entity, time[panel.period]] = under
    subject: Bools = np.any(held, axis=1)
    level -= np.where(subject[:, None], _common(level[subject]), _common(level[~subject]))
    step = np.diff(level, axis=1)
    known = np.isfinite(step)
    size = np.sqrt((np.where(known, step, 0.0) ** 2).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    return _pairs(step, size, held, subject, there, panel)


def _pairs(step: Floats, size: Floats, held: Bools, subject: Bools, there: Bools, panel: Panel) -> _Changes | str:
    shape = held.shape
    scale = float(np.abs(panel.metric.value[there]).max())
    usable = np.isfinite(size) & (size > 1e-9 * scale)
    gain, later = step[:, :-1], step[:, 1:]
    windows = np.stack([held[:, :-2], held[:, 1:-1], held[:, 2:]]) if shape[1] > 2 else np.zeros((3, shape[0], 0), bool)
    whole = windows.all(axis=0) | (~windows).all(axis=0)
    keep = np.isfinite(gain) & np.isfinite(later) & whole & usable[:, None]
    unit, at = np.nonzero(keep)
    if not len(unit):
        return "No unit has three successive periods whose values vary."
    under = held[unit, at + 1]
    cells = int(there.sum())
    return _Changes(
        gain=gain[unit, at] / size[unit],
        later=later[unit, at] / size[unit],
        unit=unit,
        time=at + 1,
        under=under,
        before=bool((subject[unit] & ~under).any()),
        exempt=bool((~subject[unit]).any()),
        share_missing=1 - cells / (shape[0] * shape[1]),
    )


def _common(level: Floats) -> Floats:
    """Mean of each period over the units that have a value, shape (periods,)."""
    there = np.isfinite(level)
    out: Floats = np.where(there, level, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return out


def _number(periods: NDArray[np.datetime64], granularity: str) -> Ints:
    """Number of each period on the calendar, from 0; gaps count."""
    days = periods.astype("datetime64[D]").astype(np.int64)
    months = periods.astype("datetime64[M]").astype(np.int64)
    by = {"day": days, "week": days // 7, "month": months, "quarter": months // 3, "year": months // 12}
    out: Ints = by[granularity] - by[granularity].min()
    return out


def _scores(changes: _Changes) -> dict[str, Any]:
    """Share of the pairs under the target whose score exceeds the 95th percentile of those without it."""
    score = rise_and_fall(gain=changes.gain, later=changes.later, group=2 * changes.time + changes.under)
    line = float(np.quantile(score[~changes.under], 0.95))
    return {"line": line, "share_above": float((score[changes.under] > line).mean()), "expected": 0.05}


def _chance(changes: _Changes) -> float:
    """Share of the largest tenth of gains that regression to the mean takes back, by what it is without the target."""
    gain, later = changes.gain[~changes.under], changes.later[~changes.under]
    together = float(gain @ later) / float(np.sqrt((gain @ gain) * (later @ later)) or 1.0)
    first, second = expected_repeat(reliability=together, cut=TENTH)
    return -second / first


def _told(lost: Estimate, recovered: Estimate, n: int) -> dict[str, Any]:
    return {
        "gains_lost": {"estimate": lost.value, "interval": list(lost.interval())},
        "losses_recovered": {"estimate": recovered.value, "interval": list(recovered.interval())},
        "n": n,
    }


def _grade(changes: _Changes, brief: Brief) -> Grade:
    """B with time before the target and units without it; C with one of them; one step down where data are thin."""
    units = min(len(distinct(changes.unit[s])) for s in (changes.under, ~changes.under))
    thin = len(changes.gain) < 200 or units < 20 or changes.share_missing > 0.10
    step = (1 if changes.before and changes.exempt else 2) + int(thin) + int(bool(brief.metric.alternatives))
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(step, 3)]


def _needed(extra: Estimate, beyond: float, n: int) -> str:
    gap = max(abs(extra.value - beyond), beyond / 2)
    factor = float(np.clip(((extra.quantile() + 0.84) * extra.se / gap) ** 2, 1.2, 1000))
    return f"About {int(np.ceil(n * factor)):,} pairs of successive changes instead of {n:,}, as many on each side."


def _figure(found: ExtraReversal) -> Intervals:
    rows = []
    for name, side in (("under the target", found.under), ("without it", found.without)):
        for label, e in (("gains lost again", side.gains_lost), ("losses made up again", side.losses_recovered)):
            low, high = e.interval()
            rows.append(
                Interval(
                    label=f"{label}, {name}",
                    estimate=e.value,
                    lower=low,
                    upper=high,
                    emphasis=label.startswith("gains") and side is found.under,
                )
            )
    return Intervals(
        title="What becomes of a change in the next period",
        x_is="share of the change that is reversed",
        rows=tuple(rows),
        reference=0.5,
        reference_is="pure noise",
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=EFFECT_IS)


def _world(
    rng: np.random.Generator,
    *,
    spikes: float = 0.0,
    height: float = 2.0,
    units: int = 40,
    periods: int = 36,
    since: int = 12,
    exempt: int = 0,
    rho: float = 0.0,
    skewed: bool = False,
    improvement: float = 0.0,
    noisier: float = 1.0,
    own_noise: float = 0.0,
    missing: float = 0.0,
) -> tuple[Panel, Brief]:
    """Monthly output of units under a target from month `since` on.

    `spikes`: share of the cells under the target that are pushed up for one period by `height` standard
    deviations of the noise; `improvement`: an honest rise with the target, in the same unit; `noisier`: by what
    the noise is multiplied under the target.
    """
    after = np.arange(periods) >= since
    held = after & (np.arange(units) < units - exempt)[:, None]
    scale = 4.0 * np.exp(own_noise * rng.standard_normal((units, 1)))
    noise = autoregressive(rng, units, periods, rho)
    if skewed:
        noise = (np.exp(0.6 * noise) - np.exp(0.18)) / 0.8
    true = np.cumsum(0.2 * rng.standard_normal((units, periods)), axis=1) + improvement * held
    pushed = height * held * (rng.random((units, periods)) < spikes)
    wave = 2 * np.sin(2 * np.pi * np.arange(periods) / 12) + rng.standard_normal(periods)
    output = 100 + rng.normal(0, 10, (units, 1)) + wave + scale * (true + noise * np.where(held, noisier, 1.0) + pushed)
    output[rng.random((units, periods)) < missing] = np.nan
    return panel_specimen(metric=output, others={}, since=since, exempt=exempt, smallest_effect=CHECK.smallest_effect)


def lasting_improvement(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All rise with the target and stay there."""
    return _world(rng, improvement=2.0)


def long_tails_to_the_right(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Single good months, with the target and without it; units with a scatter of their own."""
    return _world(rng, skewed=True, own_noise=0.5)


def noisier_times(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Half as much noise again under the target, in units that hang together over time; some are under none."""
    return _world(rng, noisier=1.5, rho=0.4, exempt=12)


def put_on_for_a_month(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """In an eighth of the months under the target output is put on for one month, by four standard deviations."""
    return _world(rng, spikes=0.125, height=4.0, since=16)


def put_on_beside_units_without_a_target(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """The same where a third of the units are under no target, and months hang together."""
    return _world(rng, spikes=0.125, height=4.0, exempt=14, rho=0.3)


CHECK = Check(
    code="PP205",
    title="Do gains last beyond the period in which they were made?",
    run=run,
    smallest_effect=0.1,
    effect_is=EFFECT_IS,
    source="Jacob and Levitt 2003, QJE 118:843; Liang and Zeger 1986, Biometrika 73:13",
    needs=("targets", "entity", "agg_time_dimension"),
    clear=(lasting_improvement, long_tails_to_the_right, noisier_times),
    suspect=(put_on_for_a_month, put_on_beside_units_without_a_target),
)
