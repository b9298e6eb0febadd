"""Selection: did the number improve because of who is counted, and not because of what was done?

Why it matters
--------------
The surest way to a low death rate is not to operate on the very ill, and the surest way to a high pass rate is not to
enter the weak. Exceptions, exemptions and transfers are needed; but where they follow the risk of failing more closely
since a target came into force, the number grows better while nobody fares better.

Looks for
---------
Two ways in which who is counted can lift the number, each from before the target's first day to after it, within
entities (relative to entities without the target where there are any). *Exclusion*: how much better the rows that
count are than all rows, those taken out included, by their own results and by what their risk group's results before
the target foretold. *Mix*: how much better the number would be expected to be from the risk groups alone, each at its
rate before the target. The effect is the larger gain, in standard deviations of one entity's value about its level.
Suspect: the 95% interval (widened for looking at two) lies above what matters (a quarter by default), and the gain is
also beyond where its course before the target was heading; for the mix, that course must be left by as much as
matters, and the results within groups must have gained clearly less than the mix did. Clear: all lie below.

Beside it stand the identity of Kitagawa (what share of the change is mix, what share is rates within groups), the flag
of Simpson (the whole moves one way, its groups the other), bounds of Lee on the change among rows that would count
either way, and the slope of the share taken out on predicted results before and after.

Assumes
-------
That the risk groups are declared as they were before the target, and that rows taken out are still in the table.
Without a declared `case_mix` every entity is its own group, and the mix is that of all entities together. Errors may
hang together at will within an entity, and shocks may be common to all.

Blind to
--------
Rows that never reach the table (patients not admitted, pupils not entered); selection within a risk group on what is
not recorded, unless the rows taken out are in the table. Risk groups that are recorded more gravely than before
(upcoding). A change of intake that came on the same day for another reason.

Source
------
Kitagawa 1955, JASA 50:1168; Lee 2009, Review of Economic Studies 76:1071; Simpson 1951, JRSS B 13:238; Dranove,
Kessler, McClellan and Satterthwaite 2003, Journal of Political Economy 111:555 (report cards, selection of patients).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Measure, Panel
from pitprop.digest.strata import Strata
from pitprop.examine.before_after import BeforeAfter, before_after
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.strata_specimen import strata_specimen
from pitprop.stats.estimate import Estimate
from pitprop.stats.level_change import level_change
from pitprop.stats.numbered import distinct
from pitprop.stats.season import season
from pitprop.stats.selection import Kitagawa, LeeBounds, kitagawa, lee_bounds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "gain from who is counted, since the target, in standard deviations of one entity's value about its level"
SIGNS = {"increase": 1, "decrease": -1}
MEANS = ("average", "share", "ratio")
WAYS = {
    "exclusion": "the rows taken out",
    "predicted": "the rows taken out, by the results that their risk groups foretell",
    "mix": "the mix of risk groups",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Sums by entity and period, and what is made of them; arrays of shape (entity-periods,)."""

    panel: Panel
    """Of the rows that count."""
    place: Ints
    """Entity-period of each cell of the strata; -1 where no row of it counts."""
    counted: Floats
    """The number."""
    everyone: Floats
    """The number if nobody had been taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way in which selection lifts the number; estimates in standard deviations of an entity's value."""

    name: str
    gain: Estimate
    lower: float
    """Of all ways together, 95%."""
    heading: Estimate | None = None
    suspect: bool = False
    note: str = ""


def run(strata: Strata, brief: Brief) -> Finding:
    """How much of the improvement comes from who is counted?"""
    sign = SIGNS.get(brief.metric.improvement_direction, 0)
    obstacle = _obstacle(strata, sign)
    if obstacle:
        return _cannot(*obstacle)
    table = _table(strata)
    cells = before_after(table.panel, brief.metric.targets, (table.counted, table.everyone))
    if isinstance(cells, str):
        return _cannot(cells, "Declare `since` on a target that came into force within the data.")
    before = _side(strata, table, cells, after=False)
    rates = _rates(strata, before)
    ways, yardstick = _ways(strata, table, cells, rates, sign, brief.smallest_effect)
    if yardstick == 0:
        return _cannot("The number never varies within an entity.", "Check whether it is really measured.")
    if not ways:
        return _cannot(
            "Nobody was taken out, and the mix of risk groups is always the same: nothing can have been selected.",
            "Declare `case_mix` (the risk group of a row) or `exclusion` (rows taken out), if there are any.",
        )
    return _judged(strata, table, cells, rates, ways, yardstick, brief, sign)


def _obstacle(strata: Strata, sign: int) -> tuple[str, str] | None:
    if strata.metric.agg not in MEANS or strata.metric.given is not None:
        says = f"A {strata.metric.agg} has no mix: only averages, shares and ratios have."
        return says, "A metric that is an average, a share or a ratio."
    if sign == 0:
        return "It is not declared which direction is good.", "Declare `improvement_direction`."
    if not strata.mixed and not strata.excluded.any():
        return (
            "There are no risk groups, and no row was taken out.",
            "Declare `case_mix` (the risk group of a row) or `exclusion` (rows taken out of the number).",
        )
    if not bool((_sums(strata.metric)[1][~strata.excluded] > 0).any()):
        return "No row counts: all were taken out, or have nothing in the denominator.", "Rows that count."
    return None


def _table(strata: Strata) -> _Table:
    x, w = _sums(strata.metric)
    periods = len(strata.periods)
    key = strata.entity * periods + strata.period
    counted = ~strata.excluded
    labels = distinct(key[counted & (w > 0)])
    place = np.searchsorted(labels, key)
    place = np.where(labels[np.minimum(place, len(labels) - 1)] == key, place, len(labels))
    size = len(labels) + 1

    def total(v: Floats, mine: Bools) -> Floats:
        return np.bincount(place[mine], weights=v[mine], minlength=size)[:-1].astype(np.float64)

    everyone = np.ones(len(key), dtype=bool)
    held = np.bincount(place, minlength=size)[:-1]
    free = np.bincount(place, weights=strata.exempt, minlength=size)[:-1] == held
    n = total(strata.metric.n.astype(np.float64), counted).astype(np.int64)
    xc, wc = total(x, counted), total(w, counted)
    panel = Panel(
        entities=strata.entities,
        periods=strata.periods,
        granularity=strata.granularity,
        entity=(labels // periods).astype(np.int64),
        period=(labels % periods).astype(np.int64),
        metric=Measure(agg="ratio", pivot=0.0, n=n, x=xc, xx=xc**2, w=wc, ww=wc**2, xw=xc * wc),
        exempt=free,
        target=np.full(len(labels), np.nan),
    )
    return _Table(
        panel=panel,
        place=np.where(place == size - 1, -1, place),
        counted=xc / wc,
        everyone=total(x, everyone) / total(w, everyone),
    )


def _sums(measure: Measure) -> tuple[Floats, Floats]:
    """Numerator and denominator of each cell."""
    if measure.agg == "ratio":
        return measure.x, measure.w
    n = measure.n.astype(np.float64)
    return measure.x + measure.pivot * n, n


def _side(strata: Strata, table: _Table, cells: BeforeAfter, *, after: bool) -> Bools:
    """Which cells of the strata lie on that side, in units under the target, shape (cells,)."""
    mine = np.zeros(len(table.counted) + 1, dtype=bool)
    mine[cells.cell[(cells.after == after) & cells.under]] = True
    out: Bools = mine[table.place]
    return out


def _rates(strata: Strata, before: Bools) -> Floats:
    """Result of each risk group before the target, all rows, shape (groups,); the whole's where it had none."""
    x, w = _sums(strata.metric)
    size = len(strata.strata)
    top = np.bincount(strata.stratum[before], weights=x[before], minlength=size)
    base = np.bincount(strata.stratum[before], weights=w[before], minlength=size)
    whole = float(top.sum() / base.sum())
    out: Floats = np.divide(top, base, out=np.full(size, whole), where=base > 0)
    return out


def _ways(
    strata: Strata, table: _Table, cells: BeforeAfter, rates: Floats, sign: int, bound: float
) -> tuple[list[_Way], float]:
    _, w = _sums(strata.metric)
    size = len(table.counted) + 1

    def expected(mine: Bools) -> Floats:
        """What the risk groups of these rows foretell in each entity-period."""
        place = table.place[mine]
        top = np.bincount(place[place >= 0], weights=(w * rates[strata.stratum])[mine][place >= 0], minlength=size)
        base = np.bincount(place[place >= 0], weights=w[mine][place >= 0], minlength=size)
        return np.divide(top, base, out=np.zeros(size), where=base > 0)[:-1]

    everyone = expected(np.ones(len(w), dtype=bool))
    at = cells.cell
    series = {
        "exclusion": sign * (table.counted - table.everyone)[at],
        "predicted": sign * (expected(~strata.excluded) - everyone)[at],
        "mix": sign * everyone[at],
    }
    own = table.counted[at]
    yardstick = _within(own, cells)
    if yardstick <= 1e-9 * float(np.abs(own).max(initial=0.0)):
        return [], 0.0
    if not strata.mixed:
        series.pop("predicted")
    found = []
    for name, values in series.items():
        whole = name == "mix" and not strata.mixed
        where, v = _together(strata, table, cells, rates, sign) if whole else (cells, values)
        if where is None or float(np.ptp(v)) <= 1e-9 * yardstick:
            continue
        change = _change(v / yardstick, where, trend=False)
        if change is not None:
            found.append((name, where, v / yardstick, change))
    within = sign * (table.everyone - everyone)[at] / yardstick
    return [
        _way(name, where, v, change, within, cells, len(found), bound) for name, where, v, change in found
    ], yardstick


def _way(
    name: str,
    where: BeforeAfter,
    values: Floats,
    gain: Estimate,
    within: Floats,
    cells: BeforeAfter,
    ways: int,
    bound: float,
) -> _Way:
    lower = gain.interval(1 - 0.05 / ways)[0]
    if lower <= bound:
        return _Way(name=name, gain=gain, lower=lower)
    heading = _change(values, where, trend=True)
    if not where.compared and where.years < 1 and where.granularity != "year":
        return _Way(name=name, gain=gain, lower=lower, heading=heading, note="less than a year before the target")
    if heading is None or heading.interval()[0] <= 0 or (name == "mix" and heading.value <= bound):
        return _Way(name=name, gain=gain, lower=lower, heading=heading, note="it was heading there before the target")
    if name == "mix":
        rest = _change(within, cells, trend=False)
        if rest is None or rest.interval()[1] >= lower:
            note = "results within risk groups may have gained as much"
            return _Way(name=name, gain=gain, lower=lower, heading=heading, note=note)
    return _Way(name=name, gain=gain, lower=lower, heading=heading, suspect=True)


def _together(
    strata: Strata, table: _Table, cells: BeforeAfter, rates: Floats, sign: int
) -> tuple[BeforeAfter | None, Floats]:
    """The mix of entities, over the whole: one value for each period, of the units under the target."""
    _, w = _sums(strata.metric)
    mine = np.zeros(len(table.counted) + 1, dtype=bool)
    mine[cells.cell[cells.under]] = True
    use = mine[table.place]
    size = len(strata.periods)
    base = np.bincount(strata.period[use], weights=w[use], minlength=size)
    top = np.bincount(strata.period[use], weights=(w * rates[strata.stratum])[use], minlength=size)
    first = np.unique(cells.time[cells.under], return_index=True)[1]
    keep = np.flatnonzero(cells.under)[first]
    if len(keep) < 8:
        return None, np.zeros(0)
    picked = np.zeros(len(cells.cell), dtype=bool)
    picked[keep] = True
    one = cells.take(picked)
    period = table.panel.period[one.cell]
    series = BeforeAfter(
        since=one.since,
        cell=one.cell[np.argsort(one.time)],
        unit=np.zeros(len(period), dtype=np.int64),
        time=np.sort(one.time),
        after=one.after[np.argsort(one.time)],
        under=np.ones(len(period), dtype=bool),
        start=one.start[np.argsort(one.time)],
        granularity=one.granularity,
        left_out=one.left_out,
    )
    return series, sign * (top[period] / base[period])[np.argsort(one.time)]


def _within(values: Floats, cells: BeforeAfter) -> float:
    """Standard deviation of an entity's value about its level before or after."""
    side = cells.unit * 2 + cells.after
    n = np.bincount(side).astype(np.float64)
    centre = values.mean()
    off = values - centre - (np.bincount(side, weights=values - centre) / np.maximum(n, 1))[side]
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


def _judged(
    strata: Strata,
    table: _Table,
    cells: BeforeAfter,
    rates: Floats,
    ways: list[_Way],
    yardstick: float,
    brief: Brief,
    sign: int,
) -> Finding:
    bound = brief.smallest_effect
    decides = max(ways, key=lambda way: (way.suspect, way.lower))
    uppers = [way.gain.interval()[1] for way in ways]
    state = State.INCONCLUSIVE
    if decides.suspect:
        state = State.SUSPECT
    elif max(uppers) < bound:
        state = State.CLEAR
    parts, bounds, shares = _parts(strata, table, cells), _lee(strata, table, cells), _shares(strata, table, cells)
    innocent = []
    if not cells.compared:
        innocent.append("something else that changed who came on the same day (there are no units without the target)")
    if decides.name == "mix":
        innocent.append("a change of intake that nobody chose")
    return Finding(
        state=state,
        says=_says(state, decides, bound, parts, cells, sign),
        effect=decides.gain.value,
        effect_is=EFFECT_IS,
        interval=(decides.lower, max(uppers) if state is not State.SUSPECT else decides.gain.interval()[1]),
        beyond=bound,
        p_value=min(1.0, min(way.gain.p_above(bound) for way in ways) * len(ways)),
        n=int(strata.metric.n.sum()),
        grade=_grade(cells),
        innocent=tuple(innocent) if state is not State.CLEAR else (),
        ruled_out=_ruled_out(cells, decides) if state is State.SUSPECT else (),
        needed=_needed(decides, bound, cells) if state is State.INCONCLUSIVE else "",
        figure=_figure(ways, bound),
        data={
            "decided_by": decides.name,
            "ways": [_as_data(way) for way in ways],
            "standard_deviation": yardstick,
            "kitagawa": {"change": parts.change, "mix": parts.mix, "rate": parts.rate, "reversed": parts.reversed},
            "lee_bounds": None
            if bounds is None
            else {
                "difference": bounds.difference,
                "lower": bounds.lower,
                "upper": bounds.upper,
                "trimmed": bounds.trimmed,
            },
            **shares,
            **_slopes(strata, table, cells, rates, sign),
            "since": cells.since.isoformat(),
            "units": cells.units,
            "risk_groups": len(strata.strata) if strata.mixed else 0,
        },
    )


def _says(state: State, way: _Way, bound: float, parts: Kitagawa, cells: BeforeAfter, sign: int) -> str:
    low, high = way.gain.interval()
    says = (
        f"Since the target {WAYS[way.name]} {'lift' if way.gain.value >= 0 else 'lower'} the number by "
        f"{abs(way.gain.value):.2f} standard deviations of an entity's value (95% interval {low:.2f} to {high:.2f}; "
        f"what matters: {bound:g})"
    )
    gained = sign * parts.change > 0
    if gained and not parts.reversed:
        says += f"; {_share(parts):.0%} of its improvement is due to the mix of those who count"
    elif gained:
        says += "; the whole improved while its risk groups, weighed, got worse"
    if state is State.SUSPECT:
        return f"{says}: a pattern consistent with the number improving by who is counted."
    if state is State.CLEAR:
        return f"{says}: who is counted does not account for it."
    return f"{says}: {way.note or 'both more and less than that are possible'}."


def _share(parts: Kitagawa) -> float:
    return float(np.clip(parts.mix / parts.change, 0.0, 1.0)) if parts.change else 0.0


def _parts(strata: Strata, table: _Table, cells: BeforeAfter) -> Kitagawa:
    x, w = _sums(strata.metric)
    size = len(strata.strata)
    weights, rates = [], []
    for after in (False, True):
        mine = _side(strata, table, cells, after=after) & ~strata.excluded
        base = np.bincount(strata.stratum[mine], weights=w[mine], minlength=size)
        top = np.bincount(strata.stratum[mine], weights=x[mine], minlength=size)
        weights.append(base.astype(np.float64))
        rates.append(np.divide(top, base, out=np.full(size, np.nan), where=base > 0))
    return kitagawa(weight_before=weights[0], weight_after=weights[1], rate_before=rates[0], rate_after=rates[1])


def _shares(strata: Strata, table: _Table, cells: BeforeAfter) -> dict[str, float]:
    """Share of the rows that was taken out, before and after."""
    n = strata.metric.n.astype(np.float64)
    out = {}
    for name, after in (("excluded_before", False), ("excluded_after", True)):
        mine = _side(strata, table, cells, after=after)
        out[name] = float(n[mine & strata.excluded].sum() / n[mine].sum())
    return out


def _lee(strata: Strata, table: _Table, cells: BeforeAfter) -> LeeBounds | None:
    shares = _shares(strata, table, cells)
    kept = [1 - shares["excluded_before"], 1 - shares["excluded_after"]]
    if strata.metric.agg == "share":
        x, w = _sums(strata.metric)
        sides = [_side(strata, table, cells, after=a) & ~strata.excluded for a in (False, True)]
        value = np.array([0.0, 1.0])
        counts = [np.array([w[s].sum() - x[s].sum(), x[s].sum()]) for s in sides]
    elif strata.metric.agg == "average" and not strata.distribution.relative:
        value = strata.distribution.values
        counts = [strata.distribution.without.astype(np.float64), strata.distribution.under.astype(np.float64)]
    else:
        return None
    if min(c.sum() for c in counts) <= 0 or min(kept) <= 0:
        return None
    return lee_bounds(value=value, before=counts[0], after=counts[1], kept_before=kept[0], kept_after=kept[1])


def _slopes(strata: Strata, table: _Table, cells: BeforeAfter, rates: Floats, sign: int) -> dict[str, Any]:
    """How the share taken out rises with a risk group's predicted result, per unit of it towards the bad."""
    n = strata.metric.n.astype(np.float64)
    out: dict[str, Any] = {}
    for name, after in (("slope_before", False), ("slope_after", True)):
        mine = _side(strata, table, cells, after=after)
        bad = -sign * rates[strata.stratum[mine]]
        weight, gone = n[mine], strata.excluded[mine].astype(np.float64)
        off = bad - float(weight @ bad) / float(weight.sum())
        square = float(weight @ off**2)
        flat = square <= 1e-18 * float(weight.sum()) * max(float(np.abs(bad).max()) ** 2, 1e-300)
        out[name] = None if flat else float(weight * off @ gone) / square
    return out


def _ruled_out(cells: BeforeAfter, way: _Way) -> tuple[str, ...]:
    out = ["its course before the target, continued"]
    if cells.compared:
        out.append("changes that also reached the units without the target")
    if way.name == "mix":
        out.append("results within risk groups that gained as much")
    return tuple(out)


def _grade(cells: BeforeAfter) -> Grade:
    """B with comparison units, C within units, D for a single one; one step down where data are thin."""
    steps = 3 if cells.units == 1 else 1 if cells.compared else 2
    steps += int(len(cells.cell) < 200 or cells.units < 20) + int(cells.left_out > 0.10)
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(steps, 3)]


def _needed(way: _Way, bound: float, cells: BeforeAfter) -> str:
    if way.note:
        return "More periods before the target, or units without the target."
    distance = max(abs(bound - way.gain.value), 0.1 * bound)
    factor = ((way.gain.quantile() + 0.8416) * way.gain.se / distance) ** 2
    n = len(cells.cell)
    return f"About {int(np.ceil(max(factor, 1.1) * n))} cells of unit and period instead of {n}, before and after."


def _figure(ways: list[_Way], bound: float) -> Intervals:
    rows = []
    for way in ways:
        low, high = way.gain.interval()
        rows.append(
            Interval(label=WAYS[way.name], estimate=way.gain.value, lower=low, upper=high, emphasis=way.suspect)
        )
    return Intervals(
        title="Gain of the number from who is counted",
        x_is="standard deviations of an entity's value",
        rows=tuple(rows),
        reference=bound,
        reference_is="what matters",
    )


def _as_data(way: _Way) -> Mapping[str, Any]:
    low, high = way.gain.interval()
    out: dict[str, Any] = {"way": way.name, "gain": way.gain.value, "lower": low, "upper": high, "df": way.gain.df}
    out |= {"simultaneous_lower": way.lower, "suspect": way.suspect, "note": way.note}
    if way.heading is not None:
        out["beyond_heading"] = way.heading.value
    return out


def _cannot(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


# ---- data whose truth is known -------------------------------------------------------------------------


def _world(
    rng: np.random.Generator,
    *,
    units: int = 30,
    periods: int = 36,
    rows: int = 40,
    better: float = 0.0,
    taken: float = 0.05,
    gamed: float = 0.0,
    shift: float = 0.0,
    drift: float = 0.0,
    exempt: int = 0,
    mixed: bool = True,
    skewed: bool = False,
) -> tuple[Strata, Brief]:
    """Results of three risk groups; `taken` are always taken out, of the worst third `gamed` more since then.

    `better`: gain of everyone since the target; `shift`: share of the gravest who are no longer admitted since then;
    `drift`: the same, from the first period on, slowly.
    """
    since, n = periods // 2, units * periods * rows
    entity, period = np.repeat(np.arange(units), periods * rows), np.tile(np.repeat(np.arange(periods), rows), units)
    after = (period >= since) & (entity < units - exempt)
    grave = 0.3 * (1 - shift * after) * (1 - drift * period / periods)
    u = rng.random(n)
    group = np.where(u < grave, 2, np.where(u < grave + 0.4 * (1 - grave), 1, 0))
    noise = rng.exponential(1.0, n) - 1 if skewed else rng.standard_normal(n)
    own = 0.3 * rng.standard_normal(units)
    value = 10 - 1.0 * group + own[entity] + noise + better * after
    bad = value < np.quantile(value, 1 / 3)
    excluded = (rng.random(n) < taken * (1 + group)) | (bad & after & (rng.random(n) < gamed))
    return strata_specimen(
        value=value,
        group=group,
        entity=entity,
        period=period,
        excluded=excluded,
        since=since,
        exempt=np.arange(units) >= units - exempt,
        mixed=mixed,
        smallest_effect=0.25,
    )


def _steady(rng: np.random.Generator) -> tuple[Strata, Brief]:
    return _world(rng)


def _better(rng: np.random.Generator) -> tuple[Strata, Brief]:
    """Everybody fares better, and as many are taken out as before."""
    return _world(rng, better=0.4)


def _drifting(rng: np.random.Generator) -> tuple[Strata, Brief]:
    """The gravest become fewer, slowly, before and after."""
    return _world(rng, drift=0.5)


def _compared(rng: np.random.Generator) -> tuple[Strata, Brief]:
    return _world(rng, better=0.2, exempt=12, skewed=True)


def _without_groups(rng: np.random.Generator) -> tuple[Strata, Brief]:
    return _world(rng, mixed=False, better=0.2)


def _taken_out(rng: np.random.Generator) -> tuple[Strata, Brief]:
    """Since the target a fifth of the worst third is taken out as well."""
    return _world(rng, gamed=0.2)


def _turned_away(rng: np.random.Generator) -> tuple[Strata, Brief]:
    """Since the target half of the gravest are no longer admitted."""
    return _world(rng, shift=0.5)


def _taken_out_compared(rng: np.random.Generator) -> tuple[Strata, Brief]:
    return _world(rng, gamed=0.25, exempt=10, mixed=False)


CHECK = Check(
    code="PP204",
    title="Did the number improve because of who is counted, and not because of what was done?",
    run=run,
    smallest_effect=0.25,
    effect_is=EFFECT_IS,
    source="Kitagawa 1955, JASA 50:1168; Lee 2009, Rev. Econ. Studies 76:1071; Dranove et al. 2003, JPE 111:555",
    needs=("targets",),
    clear=(_steady, _better, _drifting, _compared, _without_groups),
    suspect=(_taken_out, _turned_away, _taken_out_compared),
)
