"""Rankability: can the entities be put in order by this number, or is the league table a lottery?

Why it matters
--------------
A league table always has a top and a bottom, even where all are equally good. Whoever is praised, shamed or
closed by it is often in that place by chance, and next year's table shows other names. Of seven outcome
indicators on which Dutch hospitals were ranked, three could not carry any ranking at all.

Looks for
---------
The set of ranks that each entity could hold, for all entities together with 90% confidence: two entities are
told apart only if they differ by more than chance does anywhere in the table. The effect is the share of all
pairs of entities that are not told apart, which is also the mean width of the rank sets: 0 is a table in
which every rank is known, 1 one in which none is. Suspect: its 95% interval lies wholly above one half. A
table that leaves more than half of its comparisons open does not put anything in order, and a reader who takes
any two lines of it as ranked will more often be without evidence than with it.

All periods of the data are pooled, with what all entities share in a period taken out: that is the most
favourable table that the data can give, so what cannot be ranked here cannot be ranked in a single period
either (`open_pairs_one_period` says how bad that is). Rankability, the usual share of true differences in
the variance of the table, is reported beside it: it may be near 1 while most ranks are open.

Assumes
-------
The noise of an entity's mean is seen in its variation from period to period (in the rows within it, where
there is one period), and entities are noisy independently of each other. Departures that last are allowed for
as a first-order autoregression where neighbours can tell. Entities whose own noise rests on few values borrow
from the others. The interval of the effect is the wider one, at each end, of two: what would be expected if
the entities truly differed as much or as little as the data allow (non-central F, the shape of their
differences taken from the data), and a jackknife over entities. More than 5,000 entities are told apart
by their separate joint intervals, which is quicker and somewhat more cautious.

Blind to
--------
Why entities differ: patients, seams and districts are not adjusted for. Differences of one row's or one
period's kind only (a table of a single month may be worse than this finding says). Who is on top: where two
entities are told apart, the number is higher, not the work better.

Source
------
Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91:476; Klein, Wright and Wieczorek 2020,
JRSS A 183:519; van Dishoeck et al. 2011, BMJ Quality and Safety 20:869 (rankability); Goldstein and
Spiegelhalter 1996, JRSS A 159:385; Smyth 2004, SAGMB 3:3 (borrowed variances).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.moderated import moderated
from pitprop.stats.numbered import distinct
from pitprop.stats.period_number import period_number
from pitprop.stats.persistence import persistence
from pitprop.stats.ranks import RankSets, separate_intervals, stepdown_ranks, told_apart
from pitprop.stats.root import root
from pitprop.stats.spread import Spread, moment_spread, spread
from pitprop.stats.two_way import two_way

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "share of the pairs of entities that are not told apart (mean width of the rank sets)"
OPEN = 0.5
LEVEL = 0.90
FEWEST_ENTITIES = 3
FEWEST_DF = 8
"""Degrees of freedom of the noise below which nothing is concluded."""
MOST_PAIRED = 5000
"""Entities up to which all pairs are compared."""
SHOWN = 40
"""Rows of the picture."""
LISTED = 500
"""Entities listed in the data."""
THINNED = 150
"""Entities from which the expected share of open pairs is reckoned."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Estimates of the entities, the best first by sign; shapes (a,)."""

    entity: Ints
    """Index into the panel's entities."""
    estimate: Floats
    """In the metric's unit."""
    se: Floats
    df: Floats
    """Degrees of freedom of each se."""
    single_se: Floats
    """Standard error of one period's value."""
    rows: Ints
    """Rows that each rests on."""
    periods: int
    found: Spread
    lag1: float


def run(panel: Panel, brief: Brief) -> Finding:
    """How many of the entities can be put in order?"""
    value = panel.metric.value
    there = np.isfinite(value)
    entities = len(distinct(panel.entity[there]))
    if entities < FEWEST_ENTITIES:
        return _cannot(
            f"There {'is 1 entity' if entities == 1 else f'are {entities} entities'} with values: "
            f"a table needs at least {FEWEST_ENTITIES}.",
            "Declare `entity`: who is judged." if brief.metric.entity is None else "More entities.",
            brief,
        )
    table = _table(panel, value, there)
    if isinstance(table, str):
        return _cannot(table, "At least two reporting periods of the same entities.", brief)
    sign = -1.0 if brief.metric.improvement_direction == "decrease" else 1.0
    ranks = _ranks(table, sign, brief)
    return _judged(panel, brief, table, ranks, sign)


def _table(panel: Panel, value: Floats, there: Bools) -> _Table | str:
    level = float(np.max(np.abs(value[there])))
    if float(np.ptp(value[there])) <= 1e-12 * level:
        return "The value is the same for all entities: there is nothing to rank."
    if len(distinct(panel.period[there])) > 1:
        return _over_periods(panel, value, there, level)
    return _over_rows(panel, value, there, level)


def _over_periods(panel: Panel, value: Floats, there: Bools, level: float) -> _Table | str:
    fit = two_way(value[there], panel.entity[there], panel.period[there])
    if len(fit.unit) < FEWEST_ENTITIES or fit.df < 1 or int(np.sum(fit.count > 1)) < 2:
        return "Hardly any entity has values in more than one period: how sure a place is cannot be seen."
    if float(np.max(np.abs(fit.residual))) <= 1e-9 * level or float(fit.scatter.sum()) == 0:
        return "Entities differ by the same amounts in every period: nothing shows how sure a place is."
    day = panel.start[there][fit.used]
    lasting = persistence(fit.residual, fit.index, period_number(day, panel.granularity))
    freedom = fit.freedom * lasting.worth
    own = np.divide(fit.scatter, fit.freedom, out=np.zeros(len(freedom)), where=fit.freedom > 0)
    cells = np.flatnonzero(there)[fit.used]
    return _assembled(
        entity=fit.unit,
        estimate=fit.level,
        own=own,
        freedom=freedom,
        multiplier=fit.multiplier * lasting.cautious.inflation(fit.count),
        single=1 / (1 - lasting.alike(fit.count)),
        rows=np.bincount(fit.index, weights=panel.metric.n[cells]).astype(np.int64),
        periods=fit.periods,
        lag1=lasting.lag1,
    )


def _over_rows(panel: Panel, value: Floats, there: Bools, level: float) -> _Table | str:
    measure = panel.metric
    exposure = measure.w if measure.agg == "ratio" else measure.n.astype(np.float64)
    cells = np.flatnonzero(there & (exposure > 0))
    rows, exposure = measure.n[cells], exposure[cells]
    own = measure.noise[cells] * exposure
    known = np.isfinite(own)
    if len(cells) < FEWEST_ENTITIES or not known.any():
        return f"There is one period only, and the sampling noise of a {measure.agg} within an entity is not known."
    freedom = np.where(known, rows - 1.0, 0.0)
    own = np.where(known, own, 0.0)
    if float(own @ freedom) <= 1e-24 * level**2 * float(freedom.sum()):
        return "The rows of each entity are all alike: nothing shows how sure a place is."
    return _assembled(
        entity=panel.entity[cells],
        estimate=value[cells],
        own=own,
        freedom=freedom,
        multiplier=1 / exposure,
        single=1 / exposure,
        rows=rows,
        periods=1,
        lag1=0.0,
    )


def _assembled(
    *,
    entity: Ints,
    estimate: Floats,
    own: Floats,
    freedom: Floats,
    multiplier: Floats,
    single: Floats,
    rows: Ints,
    periods: int,
    lag1: float,
) -> _Table:
    noise = moderated(own, freedom)
    return _Table(
        entity=entity,
        estimate=estimate,
        se=np.sqrt(noise.variance * multiplier),
        df=noise.df,
        single_se=np.sqrt(noise.variance * single),
        rows=rows,
        periods=periods,
        found=spread(estimate, noise.variance * multiplier, own / noise.variance * freedom, freedom),
        lag1=lag1,
    )


def _ranks(table: _Table, sign: float, brief: Brief) -> RankSets:
    if len(table.entity) > MOST_PAIRED:
        return separate_intervals(sign * table.estimate, table.se, level=LEVEL, df=table.df)
    return stepdown_ranks(sign * table.estimate, table.se, rng=brief.rng, level=LEVEL, df=table.df)


def _judged(panel: Panel, brief: Brief, table: _Table, ranks: RankSets, sign: float) -> Finding:
    beyond = brief.smallest_effect
    expected = _Expected.of(table, ranks)
    effect = ranks.open_pairs
    low, high = table.found.interval
    scale = table.found.noise
    own = _jackknife(ranks)
    interval = (
        min(max(0.0, effect - own.reach), expected.open(high * scale)),
        max(min(1.0, effect + own.reach), expected.open(low * scale)),
    )
    if table.found.df[1] < FEWEST_DF:
        state = State.INCONCLUSIVE
    elif interval[0] > beyond:
        state = State.SUSPECT
    else:
        state = State.CLEAR if interval[1] < beyond else State.INCONCLUSIVE
    says = _says(panel, table, effect, interval)
    needed = "" if state is not State.INCONCLUSIVE else "More periods of the same entities."
    if "ranking" in brief.metric.not_for:
        state, needed = State.NOT_APPLICABLE, ""
        says = f"It is declared not to be used for ranking. {says}"
    single = expected.at(table.single_se).open(table.found.between)
    return Finding(
        state=state,
        says=says,
        effect=effect,
        effect_is=EFFECT_IS,
        interval=interval,
        beyond=beyond,
        p_value=max(_p_at_most(table.found, expected, beyond), own.p_at_most(effect, beyond)),
        n=int(table.rows.sum()),
        grade="C",
        innocent=("entities really changed from period to period",) if table.periods > 1 else (),
        ruled_out=("season, trend and shocks that all entities share",) if table.periods > 1 else (),
        needed=needed,
        figure=_figure(panel, brief, table, ranks, sign),
        data=_data(panel, brief, table, ranks, sign, max(single, effect)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Expected:
    """Share of pairs left open if the entities truly differed by more or less than they seem to."""

    shape: Floats
    """The entities' differences, scaled to variance 1 (as `Spread` counts it), shape (a,)."""
    se: Floats
    scale: Floats
    """As `RankSets` compares by, times its critical value."""
    separate: bool
    chosen: Ints

    @classmethod
    def of(cls, table: _Table, ranks: RankSets) -> _Expected:
        weight = (table.se.min() / table.se) ** 2
        middle = np.average(table.estimate, weights=1 / (table.se**2 + table.found.between))
        shape = (table.estimate - middle) / np.sqrt(table.se**2 + table.found.between)
        total = weight.sum()
        spared = weight @ (shape - weight @ shape / total) ** 2 / (total - weight @ weight / total)
        order = np.lexsort((table.se, shape))
        chosen = order[np.unique(np.linspace(0, len(order) - 1, THINNED).astype(int))]
        return cls(
            shape=shape[chosen] / spared**0.5,
            se=table.se[chosen],
            scale=ranks.critical * ranks.scale[chosen],
            separate=ranks.separate,
            chosen=chosen,
        )

    def at(self, se: Floats) -> _Expected:
        """The same with other standard errors, shape (all entities,)."""
        return replace(self, se=se[self.chosen], scale=self.scale * se[self.chosen] / self.se)

    def open(self, between: float) -> float:
        """Expected share of open pairs, where the variance of true differences is `between`."""
        i, k = np.triu_indices(len(self.shape), 1)
        s = np.sqrt(self.se[i] ** 2 + self.se[k] ** 2)
        gap = between**0.5 * (self.shape[i] - self.shape[k]) / s
        reach = self.scale[i] + self.scale[k] if self.separate else np.hypot(self.scale[i], self.scale[k])
        return float(np.mean(ndtr(reach / s - gap) - ndtr(-reach / s - gap)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Jackknife:
    """How much the share of open pairs would differ with other entities."""

    se: float
    entities: int

    @property
    def reach(self) -> float:
        """Half the width of a 95% interval."""
        return float(stdtrit(self.entities - 1, 0.975)) * self.se

    def p_at_most(self, effect: float, beyond: float) -> float:
        """One-sided p-value of "no more than this share of the pairs stays open"."""
        if self.se == 0:
            return 1.0 if effect <= beyond else 0.0
        return float(stdtr(self.entities - 1, (beyond - effect) / self.se))


def _jackknife(ranks: RankSets) -> _Jackknife:
    a = len(ranks.lower)
    own = (ranks.upper - ranks.lower) / (a - 1)
    return _Jackknife(se=2 * float(own.std(ddof=1)) * (a - 1) / (a - 2) / a**0.5, entities=a)


def _p_at_most(found: Spread, expected: _Expected, beyond: float) -> float:
    """One-sided p-value of "no more than this share of the pairs stays open"."""
    unit = float(np.median(expected.se**2))
    low, high = -20.0, 20.0
    if expected.open(unit * np.exp(low)) <= beyond or expected.open(unit * np.exp(high)) >= beyond:
        return 1.0
    at = root(lambda t: expected.open(unit * np.exp(t)) - beyond, low, high, tolerance=1e-10)
    return found.p_at_least(unit * float(np.exp(at)) / found.noise)


def _says(panel: Panel, table: _Table, effect: float, interval: tuple[float, float]) -> str:
    a = len(table.entity)
    width = 1 + effect * (a - 1)
    window = f"{table.periods} {panel.granularity}s together" if table.periods > 1 else "one period"
    return (
        f"Over {window}, {_percent(effect)} of the pairs of {a} entities are not told apart "
        f"(95% interval {_percent(interval[0])} to {_percent(interval[1])}): with 90% confidence for the whole "
        f"table, an entity could hold any of {width:.0f} places on average."
    )


def _places(ranks: RankSets, table: _Table, sign: float) -> Ints:
    """Entities in the order of the table, best first; ties by their sets."""
    return np.lexsort((ranks.upper, ranks.lower, -sign * table.estimate))


def _figure(panel: Panel, brief: Brief, table: _Table, ranks: RankSets, sign: float) -> Intervals | None:
    order = _places(ranks, table, sign)
    place = np.empty(len(order))
    place[order] = np.arange(1, len(order) + 1)
    open_ = order[table.rows[order] >= brief.minimum_group]
    if len(open_) == 0:
        return None
    chosen = open_[np.unique(np.linspace(0, len(open_) - 1, SHOWN).astype(int))]
    hidden = len(order) - len(open_)
    title = "Ranks that each entity could hold (90% for all together)"
    if len(chosen) < len(order):
        title += f", {len(chosen)} of {len(order)} entities shown"
    if hidden:
        title += f"; {hidden} resting on fewer than {brief.minimum_group} rows are counted but not shown"
    return Intervals(
        title=title,
        x_is="rank (1 is best)" if brief.metric.improvement_direction != "neutral" else "rank (1 is highest)",
        rows=tuple(
            Interval(
                label=panel.entities[table.entity[i]],
                estimate=float(place[i]),
                lower=float(ranks.lower[i]),
                upper=float(ranks.upper[i]),
            )
            for i in chosen
        ),
    )


def _data(panel: Panel, brief: Brief, table: _Table, ranks: RankSets, sign: float, single: float) -> dict[str, Any]:
    other = separate_intervals(sign * table.estimate, table.se, level=LEVEL, df=table.df)
    moments = moment_spread(table.estimate, table.se)
    order = [i for i in _places(ranks, table, sign) if table.rows[i] >= brief.minimum_group]
    return {
        "open_pairs": ranks.open_pairs,
        "open_pairs_separate_intervals": other.open_pairs,
        "open_pairs_one_period": single,
        "open_pairs_one_by_one": _one_by_one(table),
        "mean_places": float(np.mean(ranks.upper - ranks.lower)) + 1,
        "known_ranks": int(np.sum(ranks.upper == ranks.lower)),
        "rankability": moments.rankability,
        "sd_between": moments.tau2**0.5,
        "entities": len(table.entity),
        "periods": table.periods,
        "lag1_departures": table.lag1,
        "method": "stepdown" if len(table.entity) <= MOST_PAIRED else "separate intervals",
        "not_shown": int(np.sum(table.rows < brief.minimum_group)),
        "ranks": [
            {
                "entity": panel.entities[table.entity[i]],
                "estimate": float(table.estimate[i]),
                "se": float(table.se[i]),
                "lower": int(ranks.lower[i]),
                "upper": int(ranks.upper[i]),
                "lower_separate": int(other.lower[i]),
                "upper_separate": int(other.upper[i]),
            }
            for i in order[:LISTED]
        ],
    }


def _one_by_one(table: _Table) -> float | None:
    """Share of open pairs if each pair were the only one compared, at 95%."""
    if len(table.entity) > MOST_PAIRED:
        return None
    critical = float(stdtrit(min(float(np.median(table.df)), 1e9), 0.975))
    above, below = told_apart(table.estimate, table.se, critical)
    return 1 - float(np.mean(above + below)) / (len(table.entity) - 1)


def _cannot(says: str, needed: str, brief: Brief) -> Finding:
    return Finding(
        state=State.NOT_APPLICABLE,
        says=says,
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        needed=needed,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


# ---- data whose truth is known -------------------------------------------------------------------------


def _specimen(values: Floats, **more: Any) -> tuple[Panel, Brief]:
    return panel_specimen(metric=values, others={}, since=0, smallest_effect=OPEN, **more)


def _far_apart(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Entities that lie evenly apart, with little noise."""
    return _specimen(100 + 2.0 * np.arange(30)[:, None] + rng.standard_normal((30, 12)))


def _sizes(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Lognormal totals of entities of very different size."""
    return _specimen(np.exp(rng.normal(0, 1.5, (40, 1)) + 0.15 * rng.standard_normal((40, 24))))


def _busy(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Poisson counts about means from 100 to 3,000."""
    return _specimen(rng.poisson(np.geomspace(100, 3000, 30)[:, None], (30, 12)).astype(np.float64))


def _lasting(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Departures that last, a season, and levels far apart."""
    season = 3 * np.sin(2 * np.pi * np.arange(36) / 12)
    return _specimen(2.5 * np.arange(30)[:, None] + season + autoregressive(rng, 30, 36, 0.6))


def _improving(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All improve at rates of their own, from levels far apart."""
    rate = 0.2 + 0.03 * rng.standard_normal((30, 1))
    return _specimen(2.0 * np.arange(30)[:, None] + rate * np.arange(12) + rng.standard_normal((30, 12)))


def _all_alike(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """No true difference at all."""
    return _specimen(100 + rng.standard_normal((40, 12)))


def _close(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """True differences as large as the noise of one month, over a year."""
    return _specimen(100 + rng.standard_normal((50, 1)) + rng.standard_normal((50, 12)))


def _rare_events(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Small counts about means that differ by a fifth."""
    return _specimen(rng.poisson(4 * np.exp(0.2 * rng.standard_normal((40, 1))), (40, 12)).astype(np.float64))


def _one_period(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """One period's averages, whose rows show that they are noisy."""
    return _specimen(100 + rng.standard_normal((60, 1)) * 1.5, noise=1.0)


CHECK = Check(
    code="PP302",
    title="Can the entities be put in order by this number?",
    run=run,
    smallest_effect=OPEN,
    effect_is=EFFECT_IS,
    source="Mogstad, Romano, Shaikh and Wilhelm 2024, REStud 91:476; Klein, Wright and Wieczorek 2020, JRSS A 183:519",
    clear=(_far_apart, _sizes, _busy, _lasting, _improving),
    suspect=(_all_alike, _close, _rare_events, _one_period),
)
