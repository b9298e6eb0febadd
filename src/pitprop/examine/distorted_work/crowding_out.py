"""Crowding out: has unrewarded work fallen back while the rewarded number rose?

Why it matters
--------------
Hours are finite. Where one kind of work is counted and paid, time flows to it from the work that is not: maintenance,
training, talking to the patient, propping the roof. Nothing in the rewarded number shows it, and nobody decided it.

Looks for
---------
The fall of each metric named in `competing`, in its bad direction, from before the target's first day to after it,
within units; with units that never came under the target, relative to theirs. The effect is the fall in standard
deviations of one unit's value about its level. Suspect: the 95% interval of a fall (widened where several are looked
at) lies wholly above what matters (a quarter by default), the fall is clearly more than where its own course before
the target was heading, *and* the rewarded number clearly rose at the same time. Clear: every fall lies below what
matters. The exchange rate says how much of the other work was lost for each unit that the number gained, and the
trade-off between the two within units is shown before and after.

That two kinds of work move against each other within units is no suspicion by itself: whoever does more of one has
less time for the other, target or not. Without a dated target that trade-off is all that is shown.

Assumes
-------
Without comparison units: that nothing else changed at the same time, and that the course before the target was a
straight line with a yearly season. With them: that both groups would have moved alike. Errors may be correlated at
will within a unit, and shocks may be common to all units.

Blind to
--------
Work that nobody counts, and care that leaves no trace in a count. Other work that fell in the same week as the
rewarded number rose for a reason of its own. Work that is shed before the target's first day, in view of it.

Source
------
Holmstrom and Milgrom 1991, Journal of Law, Economics and Organization 7:24 (effort moves to what is rewarded);
Pustejovsky and Tipton 2018, JBES 36:672 (errors); Fieller 1954, JRSS B 16:175 (exchange rate).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Panel
from pitprop.examine.before_after import BeforeAfter, before_after
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.estimate import Estimate
from pitprop.stats.level_change import level_change
from pitprop.stats.numbered import distinct
from pitprop.stats.ratio_interval import ratio_interval
from pitprop.stats.season import season
from pitprop.stats.trade_off import trade_off

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EFFECT_IS = "fall of the unrewarded work since the target, in standard deviations of one unit's value about its level"
SIGNS = {"increase": 1, "decrease": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one competing metric shows; estimates in standard deviations of one unit's value, falls positive."""

    name: str
    state: State
    says: str
    needed: str = ""
    fall: Estimate | None = None
    interval: tuple[float, float] | None = None
    gain: Estimate | None = None
    """Of the rewarded number, in its own standard deviations."""
    heading: Estimate | None = None
    cells: BeforeAfter | None = None
    data: dict[str, Any] = field(default_factory=dict)


def run(panel: Panel, brief: Brief) -> Finding:
    """Has unrewarded work fallen back while the rewarded number rose?"""
    names = brief.metric.competing
    if not names:
        return _nothing("No competing work is declared.", "Declare `competing`: work for the same hours, not rewarded.")
    readings = [_read(panel, brief, name, len(names)) for name in names]
    order = (State.SUSPECT, State.INCONCLUSIVE, State.NOT_APPLICABLE, State.CLEAR)
    decides = min(readings, key=lambda r: (order.index(r.state), 2.0 if r.fall is None else r.fall.p_above()))
    states = [r.state for r in readings]
    if State.SUSPECT in states:
        state = State.SUSPECT
    elif len(set(states)) == 1:
        state = states[0]
    else:
        state = State.INCONCLUSIVE
    known = [_p(r, brief.smallest_effect) for r in readings if r.fall is not None]
    cells = decides.cells
    return Finding(
        state=state,
        says=decides.says,
        effect=None if decides.fall is None else decides.fall.value,
        effect_is=EFFECT_IS,
        interval=decides.interval,
        beyond=brief.smallest_effect,
        p_value=min(1.0, min(known) * len(readings)) if known else None,
        n=0 if cells is None else len(cells.cell),
        grade=None if cells is None or decides.fall is None else _grade(cells),
        innocent=_innocent(cells, state),
        ruled_out=_ruled_out(cells) if state is State.SUSPECT and cells is not None else (),
        needed="" if state in (State.CLEAR, State.SUSPECT) else decides.needed,
        figure=None if cells is None else _figure(panel, decides.name, cells, brief),
        data={
            "decided_by": decides.name,
            "competing": [{"metric": r.name, "state": r.state.value, "says": r.says, **r.data} for r in readings],
        },
    )


def _p(reading: _Reading, bound: float) -> float:
    """That the work did not fall by what matters, or that the number did not rise: the larger of the two."""
    assert reading.fall is not None
    return max(reading.fall.p_above(bound), 0.0 if reading.gain is None else reading.gain.p_above())


def _read(panel: Panel, brief: Brief, name: str, several: int) -> _Reading:
    measure = panel.others.get(name)
    if measure is None:
        why = panel.missing.get(name, "it has no values for these units and periods")
        return _cannot(name, f"The competing work {name} could not be had: {why}.", f"Make {name} available.")
    sign, direction = SIGNS.get(panel.directions.get(name, ""), 0), SIGNS.get(brief.metric.improvement_direction, 0)
    if sign == 0 or direction == 0:
        whose = brief.metric.name if direction == 0 else name
        return _cannot(
            name,
            f"It is not declared which direction of {whose} is good.",
            f"Declare `improvement_direction: increase` or `decrease` on {whose}.",
        )
    bad, good = -sign * measure.value, direction * panel.metric.value
    cells = before_after(panel, brief.metric.targets, (bad, good))
    if isinstance(cells, str):
        slopes = _slopes(panel, bad, good, None)
        return replace(
            _cannot(name, cells, "Declare `since` on a target that came into force within the data."), data=slopes
        )
    y, x = bad[cells.cell], good[cells.cell]
    spread, own = _within(y, cells), _within(x, cells)
    for label, v, scale in ((name, y, spread), (brief.metric.name, x, own)):
        if scale <= 1e-9 * float(np.abs(v).max(initial=0.0)):
            return _Reading(
                name=name,
                state=State.INCONCLUSIVE,
                says=f"{label} never varies, which says nothing about whether one kind of work displaced the other.",
                needed=f"Check whether {label} is really measured.",
                cells=cells,
            )
    fall, gain = _change(y / spread, cells, trend=False), _change(x / own, cells, trend=False)
    if fall is None or gain is None:
        return _Reading(
            name=name,
            state=State.INCONCLUSIVE,
            says=f"There are too few values of {name} to tell a change from the season.",
            needed="More periods before and after the target, or units without the target.",
            cells=cells,
        )
    reading = _rule(name, brief, cells, fall, gain, y / spread, several)
    data = _as_data(reading, spread)
    if fall.interval()[0] > 0:
        both = _change(y / spread + x / own, cells, trend=False)
        together = 0.0 if both is None else (both.se**2 - fall.se**2 - gain.se**2) / 2
        data |= _exchange(fall.times(spread), gain.times(own), together * spread * own)
    return replace(reading, data=data | _slopes(panel, bad, good, cells))


def _rule(
    name: str, brief: Brief, cells: BeforeAfter, fall: Estimate, gain: Estimate, values: Floats, several: int
) -> _Reading:
    bound = brief.smallest_effect
    low, high = fall.interval(1 - 0.05 / several)[0], fall.interval()[1]
    says = (
        f"{name} is {abs(fall.value):.2f} standard deviations of a unit's value "
        f"{'worse' if fall.value >= 0 else 'better'} than before the target"
        f"{' relative to units without it' if cells.compared else ''} (95% interval of the fall {low:.2f} to "
        f"{high:.2f}; what matters: {bound:g})"
    )
    state, heading, needed = State.INCONCLUSIVE, None, ""
    if high < bound:
        state, end = State.CLEAR, "no sign that it was displaced"
    elif low <= bound:
        end, needed = "both more and less than that are possible", _needed(fall, bound, cells)
    elif not cells.compared and cells.years < 1 and cells.granularity != "year":
        end = "but less than a year before the target does not show the time of year"
        needed = "A full year before the target, or units without the target."
    elif gain.interval()[0] <= 0:
        end = "but the rewarded number has not clearly risen, so it was not displaced by it"
        needed = "Nothing here: look for what else made it fall."
    else:
        heading = _change(values, cells, trend=True)
        if heading is None or heading.interval()[0] <= 0:
            end = "but it may have been falling like this before the target"
            needed = "More periods before the target, or units without the target."
        else:
            state = State.SUSPECT
            end = (
                f"and the rewarded number rose by {gain.value:.2f} of its own: a pattern consistent with unrewarded "
                "work making way for it"
            )
    return _Reading(
        name=name,
        state=state,
        says=f"{says}, {end}." if not end.startswith(("both", "no ")) else f"{says}: {end}.",
        needed=needed,
        fall=fall,
        interval=(low, high),
        gain=gain,
        heading=heading,
        cells=cells,
    )


def _within(values: Floats, cells: BeforeAfter) -> float:
    """Standard deviation of a unit's value about its level before or after."""
    side = cells.unit * 2 + cells.after
    n = np.bincount(side).astype(np.float64)
    off = values - values.mean()
    off = off - (np.bincount(side, weights=off) / np.maximum(n, 1))[side]
    return float((off @ off / max(len(values) - int((n > 0).sum()), 1)) ** 0.5)


def _change(values: Floats, cells: BeforeAfter, *, trend: bool) -> Estimate | None:
    columns = season(start=cells.start, granularity=cells.granularity, years=cells.years)
    found = level_change(
        values=values - values.mean(),
        unit=cells.unit,
        time=cells.time,
        after=cells.after,
        treated=cells.under,
        nuisance=columns if cells.years >= 1 else columns[:, :0],
        trend=trend,
    )
    return None if found is None else found.estimate


def _exchange(fall: Estimate, gain: Estimate, covariance: float) -> dict[str, Any]:
    """Units of the other work lost for each unit that the number gained."""
    size = fall.se * gain.se
    rate = ratio_interval(
        numerator=fall.value,
        denominator=gain.value,
        variance_numerator=fall.se**2,
        variance_denominator=gain.se**2,
        covariance=float(np.clip(covariance, -size, size)),
        quantile=Estimate(value=0.0, se=1.0, df=min(fall.df, gain.df)).quantile(),
    )
    return {
        "exchange_rate": {"estimate": rate.estimate, "kind": rate.kind, "lower": rate.lower, "upper": rate.upper},
    }


def _slopes(panel: Panel, bad: Floats, good: Floats, cells: BeforeAfter | None) -> dict[str, Any]:
    """Trade-off within units and periods: other work lost for a unit more of the number, before and after."""
    if cells is None:
        index = np.flatnonzero(np.isfinite(bad) & np.isfinite(good))
        sides = {"trade_off": np.ones(len(index), dtype=bool)}
    else:
        index = cells.cell
        sides = {
            "trade_off_before": ~cells.after & cells.under,
            "trade_off_after": cells.after & cells.under,
        }
    out: dict[str, Any] = {}
    for label, side in sides.items():
        at = index[side]
        found = trade_off(lost=bad[at], gained=good[at], unit=panel.entity[at], period=panel.period[at])
        if found is not None:
            low, high = found.interval()
            out[label] = {"estimate": found.value, "lower": low, "upper": high, "se": found.se}
    if {"trade_off_before", "trade_off_after"} <= set(out):
        one, two = out["trade_off_before"], out["trade_off_after"]
        out["trade_off_steeper_by"] = {
            "estimate": two["estimate"] - one["estimate"],
            "se": float(np.hypot(one["se"], two["se"])),
        }
    return out


def _innocent(cells: BeforeAfter | None, state: State) -> tuple[str, ...]:
    if cells is None or state is State.CLEAR or cells.compared:
        return ()
    return ("something else that changed at the same time (there are no units without the target)",)


def _ruled_out(cells: BeforeAfter) -> tuple[str, ...]:
    out = ["its course before the target, continued", "a trade-off between the two that was there before"]
    if cells.compared:
        out.append("changes that also reached the units without the target")
    elif cells.granularity != "year":
        out.append("the time of year")
    return tuple(out)


def _grade(cells: BeforeAfter) -> Grade:
    """B with comparison units, C within units, D for a single one; one step down where data are thin."""
    steps = 3 if cells.units == 1 else 1 if cells.compared else 2
    steps += int(len(cells.cell) < 200 or cells.units < 20) + int(cells.left_out > 0.10)
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(steps, 3)]


def _needed(fall: Estimate, bound: float, cells: BeforeAfter) -> str:
    distance = max(abs(bound - fall.value), 0.1 * bound)
    factor = ((fall.quantile() + 0.8416) * fall.se / distance) ** 2
    n = len(cells.cell)
    return (
        f"About {int(np.ceil(max(factor, 1.1) * n))} cells of unit and period instead of {n}, as many before the "
        "target as after."
    )


def _as_data(reading: _Reading, spread: float) -> dict[str, Any]:
    assert reading.fall is not None
    assert reading.interval is not None
    assert reading.cells is not None
    cells = reading.cells
    out: dict[str, Any] = {
        "fall": reading.fall.value,
        "interval": list(reading.interval),
        "standard_deviation": spread,
        "number_rose_by": None if reading.gain is None else reading.gain.value,
        "since": cells.since.isoformat(),
        "units": cells.units,
        "units_without_target": len(distinct(cells.unit[~cells.under])),
        "periods_before": cells.periods_before,
        "periods_after": cells.periods_after,
    }
    if reading.heading is not None:
        low, high = reading.heading.interval()
        out["worse_than_heading"] = {"estimate": reading.heading.value, "lower": low, "upper": high}
    return out


def _figure(panel: Panel, name: str, cells: BeforeAfter, brief: Brief) -> Series:
    """Both kinds of work over time, in standard deviations about their means before the target."""
    lines = []
    for label, values in ((name, panel.others[name].value), (brief.metric.title, panel.metric.value)):
        mine = cells.cell[cells.under]
        v = values[mine]
        before = v[~cells.after[cells.under]]
        scale = float(v.std()) or 1.0
        start = cells.start[cells.under]
        days, place = np.unique(start, return_inverse=True)
        mean = np.bincount(place, weights=(v - before.mean()) / scale) / np.bincount(place)
        lines.append(Line(name=label, x=tuple(str(d) for d in days), y=tuple(float(m) for m in mean)))
    return Series(
        title=f"{name} and {brief.metric.title} before and after the target",
        y_is="standard deviations about the mean before the target",
        lines=tuple(lines),
        events=((cells.since.isoformat(), "target in force"),),
    )


def _cannot(name: str, says: str, needed: str) -> _Reading:
    return _Reading(name=name, state=State.NOT_APPLICABLE, says=says, needed=needed)


def _nothing(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


# ---- data whose truth is known -------------------------------------------------------------------------


def _world(
    rng: np.random.Generator,
    *,
    fall: float = 0.0,
    rise: float = 3.0,
    units: int = 30,
    periods: int = 48,
    exempt: int = 0,
    rho: float = 0.0,
    wave: float = 0.0,
    common: float = 0.0,
    trend: float = 0.0,
    against: float = 0.0,
) -> tuple[Panel, Brief]:
    """Output rises by `rise` under the target, maintenance falls by `fall`; `against`: what one takes of the other."""
    since = periods // 2
    t = np.arange(periods)
    after, under = t >= since, (np.arange(units) < units - exempt)[:, None]
    noise = autoregressive(rng, units, periods, rho, 4.0)
    kept = 20 + rng.normal(0, 3, (units, 1)) + autoregressive(rng, units, periods, rho, 2.0) - against * noise
    kept = kept + common * autoregressive(rng, 1, periods, rho) + trend * (t - since) + wave * np.sin(t * np.pi / 6)
    panel, brief = panel_specimen(
        metric=100 + rise * (after & under) + noise,
        others={"maintenance": kept - fall * (after & under)},
        since=since,
        exempt=exempt,
        directions={"maintenance": "increase"},
        smallest_effect=0.25,
    )
    return panel, replace(brief, metric=brief.metric.model_copy(update={"competing": ("maintenance",)}))


def _untouched(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng)


def _seasonal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, rho=0.6, wave=2.0, common=0.7)


def _trading_off_all_along(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Whoever does more of one does less of the other, before as after; the target moves neither."""
    return _world(rng, against=0.5, rise=0.0, rho=0.3)


def _falling_before(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, trend=-0.1, rho=0.3)


def _falling_everywhere(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """It falls by half in all units, also in those without the target."""
    panel, brief = _world(rng, exempt=12)
    for name in ("x", "xw"):
        values = getattr(panel.others["maintenance"], name)
        values -= np.where(panel.period >= 24, 3.0, 0.0)
    return panel, brief


def _displaced(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, fall=2.0, rho=0.3, wave=1.0)


def _displaced_compared(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, fall=3.0, rho=0.3, common=1.0, exempt=12, against=0.2)


CHECK = Check(
    code="PP206",
    title="Has unrewarded work fallen back while the rewarded number rose?",
    run=run,
    smallest_effect=0.25,
    effect_is=EFFECT_IS,
    source="Holmstrom and Milgrom 1991, JLEO 7:24; Pustejovsky and Tipton 2018, JBES 36:672",
    needs=("competing",),
    clear=(_untouched, _seasonal, _trading_off_all_along, _falling_before, _falling_everywhere),
    suspect=(_displaced, _displaced_compared),
)
