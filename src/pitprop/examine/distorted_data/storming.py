"""Storming: is the number made in the last days of the reporting period?

Why it matters
--------------
Where something is judged at the end of a month or a quarter, its last days are worth more than the others.
Work is then hurried, pulled forward from the next period or only booked early, and the next period starts
with a hole. The Soviet plan had a word for it (shturmovshchina): most of the quota in the last ten days, and
goods to match. Agencies spend 4.9 times as much in the last week of the budget year as in the others, on
projects of lower quality.

Looks for
---------
More in the last tenth of the period (at least three days) than on the same weekdays in its middle, as a share
of what is usual there. The values are daily totals of sums and counts; for everything else the
number of rows a day, which shows when work is recorded. Where the number is to fall, less in the last days.
The storming index is the rate in the last days over the rate in the rest. The payback is the share of the
excess that is missing in the next period's first days: near 1 work was moved, near 0 it was added or made up.

Month ends have rhythms of their own (pay-day, billing, closing the books). So the same is measured in series
of the same people on which no target lies, and in the days before the target, and *each* of the differences
has to lie beyond what matters (95% interval wholly above a tenth by default), as well as the excess itself. With
neither to compare with, an excess is only suspect if the next period starts with a hole, and the strength of the
evidence is the lowest; it is never suspect where the owner declares that something falls due at the end of the
period. Clear: the excess lies below what matters, or the same work shows it without the target as well.

Assumes
-------
That a weekday is worth the same at every place in the period, and that levels change smoothly from period to
period. Days may hang together at will within a period (errors are clustered by period). Days without rows
count as nothing done.

Blind to
--------
Storming that begins before the last tenth and is as strong there; a period that is a day; weeks and years
without something to compare with, because there the position is the weekday or the season. If the series that
serve as a comparison are stormed along with the target, the storming is hidden.

Source
------
Oyer 1998, Quarterly Journal of Economics 113:149 (sales by position in the fiscal year); Liebman and Mahoney
2017, American Economic Review 107:3510 (8.7% of a year's spending in its last week: an index of 4.9); Fieller
1954, JRSS B 16:175 (interval of the payback).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric
from pitprop.digest.profile import Profile
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.profile_specimen import calendar, profile_specimen
from pitprop.stats.estimate import Estimate
from pitprop.stats.period_ends import PeriodEnds, in_average_days, period_ends, storming_index, usual

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "excess of the period's last days over its middle, as a share of what is usual on such days"
FEWEST_PERIODS = 6
FEWEST_DAYS = 3
"""Days in the last tenth, at least."""
CALENDAR = {"payday", "billing_cycle", "billing", "month_end", "closing", "term_dates", "working_days", "deadline"}
"""Declared alternatives that explain a rhythm of the calendar."""
MOSTLY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Days:
    """Every day of the complete periods, side by side; all arrays have shape (n,) unless stated."""

    starts: NDArray[np.datetime64]
    """First day of each period, shape (p,)."""
    period: Ints
    position: Ints
    length: Ints
    value: Floats
    under: Bools

    @property
    def weekday(self) -> Ints | None:
        """0 (Monday) to 6; None where the period is a week, in which weekdays are positions."""
        if int(self.length.max()) == 7:
            return None
        day = self.starts[self.period].astype(np.int64) + self.position
        out: Ints = (day + 3) % 7
        return out

    @property
    def window(self) -> Ints:
        out: Ints = np.maximum(np.minimum(FEWEST_DAYS, self.length // 4), self.length // 10)
        return out

    @property
    def middle(self) -> Bools:
        out: Bools = (self.position >= self.window) & (self.position < self.length - self.window)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    name: str
    """What it is compared with, in words."""
    same_work: bool
    """Whether it is the same work without the target, so that a like rhythm clears the number."""
    difference: Estimate


def run(profile: Profile, brief: Brief) -> Finding:
    """Whether the last days of the period hold more than the calendar explains."""
    if profile.granularity == "day":
        return _not_applicable("The reporting period is a day: it has no last days.", "")
    metric = brief.metric
    days = _days(profile, metric, None)
    if isinstance(days, str):
        return _not_applicable(days, f"{FEWEST_PERIODS} complete reporting periods under the target, day by day")
    y = in_average_days(values=days.value, period=days.period)
    sign = _sign(metric, days)
    if float(y.std()) < 1e-9:
        return _undecided_without_variation(days)
    rate = usual(y=y, weekday=days.weekday, middle=days.middle)
    ends = _ends(sign * y, days, rate)
    if ends is None:
        return _not_applicable("The last days cannot be told apart from the weekdays.", "more reporting periods")
    comparisons = _comparisons(profile, brief, days, y, rate, sign, ends)
    if profile.granularity in ("week", "year") and not comparisons:
        what = "weekday" if profile.granularity == "week" else "season"
        return _not_applicable(
            f"The place in a {profile.granularity} is also the {what}: without a comparison they cannot be told apart.",
            "days before the target (`since`), or an outcome, guardrail or rows without a target as a comparison",
        )
    return _finding(days, y, rate, sign, ends, comparisons, brief)


def _finding(
    days: _Days,
    y: Floats,
    rate: Floats,
    sign: int,
    ends: PeriodEnds,
    comparisons: tuple[_Comparison, ...],
    brief: Brief,
) -> Finding:
    beyond = brief.smallest_effect
    readings = (ends.last, *(c.difference for c in comparisons))
    decides = min(readings, key=lambda e: e.interval()[0])
    low = decides.interval()[0]
    declared = sorted(CALENDAR & {a.lower().replace("-", "_") for a in brief.metric.alternatives})
    explained = next((c for c in comparisons if c.same_work and c.difference.interval()[1] < beyond), None)
    hole = ends.first.interval()[1] < 0
    state, why = State.INCONCLUSIVE, ""
    if ends.last.interval()[1] < beyond:
        state, decides = State.CLEAR, ends.last
    elif explained is not None:
        state, decides = State.CLEAR, explained.difference
        why = f" {explained.name.capitalize()} show the same rhythm, so the target does not account for it."
    elif low > beyond and comparisons:
        state = State.SUSPECT
    elif low > beyond and declared:
        why = f" {', '.join(declared)} (declared) would look the same, and there is nothing to compare with."
    elif low > beyond and not hole:
        why = " Billing or closing the books would look the same, and there is nothing to compare with."
    elif low > beyond:
        state = State.SUSPECT
    index = _index(days, y)
    interval = decides.interval()
    return Finding(
        state=state,
        says=_says(state, days, ends, decides, index, sign, brief) + why,
        effect=decides.value,
        effect_is=EFFECT_IS + ("" if decides is ends.last else ", beyond the comparison"),
        interval=interval,
        beyond=beyond,
        p_value=max(e.p_above(0.0) for e in readings),
        n=len(y),
        grade=_grade(days, comparisons, bool(declared)),
        innocent=_innocent(brief, comparisons),
        ruled_out=(
            *(() if days.length[0] == 7 else ("weekdays and weekends",)),
            "levels that rise or fall from period to period",
            *(f"a rhythm that {c.name} show as well" for c in comparisons if state is State.SUSPECT),
        ),
        needed="" if state is not State.INCONCLUSIVE else _needed(days, decides, beyond, comparisons),
        figure=_figure(days, y - rate + 1),
        data=_data(days, ends, comparisons, index, brief.metric),
    )


def _says(state: State, days: _Days, ends: PeriodEnds, decides: Estimate, index: float, sign: int, brief: Brief) -> str:
    k, low, high = int(days.window[0]), *decides.interval()
    what = f"the last {k} days of the {brief.metric.time_granularity}"
    more = "more" if sign * ends.last.value * np.sign(days.value.sum()) >= 0 else "less"
    seen = (
        f"In {what} {abs(ends.last.value):.0%} {more} is recorded than on the same weekdays in its middle"
        f" ({low:.0%} to {high:.0%}{'' if decides is ends.last else ' beyond the comparison'});"
        f" their rate is {index:.1f} times that of the rest."
    )
    if state is State.CLEAR:
        return f"No storming that matters: {seen[0].lower()}{seen[1:]}"
    if state is State.INCONCLUSIVE:
        return f"The data do not tell whether the number is made at the end of the period. {seen}"
    paid = ends.payback
    back = ""
    if paid.bounded and paid.lower is not None and paid.upper is not None:
        back = f" {paid.estimate:.0%} of it is missing at the next start ({paid.lower:.0%} to {paid.upper:.0%})."
    return f"{seen}{back} Pattern consistent with work being pulled to the end of the period."


def _comparisons(
    profile: Profile, brief: Brief, days: _Days, y: Floats, rate: Floats, sign: int, ends: PeriodEnds
) -> tuple[_Comparison, ...]:
    out = []
    untargeted = _placebo(profile, brief.metric, days)
    if untargeted is not None:
        name, same_work, other = untargeted
        apart = _ends(sign * (y - other), days, rate)
        if apart is not None:
            out.append(_Comparison(name=name, same_work=same_work, difference=apart.last))
    if ends.change is not None:
        out.append(_Comparison(name="the periods before the target", same_work=True, difference=ends.change))
    return tuple(out)


def _placebo(profile: Profile, metric: Metric, days: _Days) -> tuple[str, bool, Floats] | None:
    """What it is in words, whether it is the same work, and its days' values in average days."""
    names = ["exempt"] if "exempt" in profile.placebo else sorted(profile.placebo)
    found = []
    for name in names:
        other = _days(profile.placebo[name], metric, days)
        if not isinstance(other, str):
            found.append((name, in_average_days(values=other.value, period=other.period)))
    if not found:
        return None
    mean: Floats = np.mean([values for _, values in found], axis=0)
    if found[0][0] == "exempt":
        return "the rows under no target", True, mean
    return f"untargeted series of the same people ({', '.join(name for name, _ in found)})", False, mean


def _ends(y: Floats, days: _Days, rate: Floats) -> PeriodEnds | None:
    return period_ends(
        y=y,
        period=days.period,
        position=days.position,
        length=days.length,
        weekday=days.weekday,
        window=days.window,
        under=days.under,
        rate=rate,
    )


def _days(profile: Profile, metric: Metric, like: _Days | None) -> _Days | str:
    """Every day of the complete periods (or of those of `like`), or why there are not enough."""
    value = _values(profile, metric, placebo=like is not None)
    starts, inverse = np.unique(profile.period, return_inverse=True)
    if like is not None:
        keep = np.isin(starts, like.starts)
        if int(keep.sum()) < len(like.starts):
            return "The comparison lacks some of the periods."
    else:
        keep = _usable(profile, starts, inverse, value)
    side = _regimes(starts, profile, inverse, metric) if like is None else np.zeros(len(starts), dtype=np.int64)
    keep &= side >= 0
    if like is None and int((keep & (side == 1)).sum()) < FEWEST_PERIODS:
        return f"There are only {int((keep & (side == 1)).sum())} complete reporting periods under the target."
    if like is None and int((keep & (side == 0)).sum()) < FEWEST_PERIODS:
        keep &= side == 1
    number = np.cumsum(keep) - 1
    length = np.zeros(len(starts), dtype=np.int64)
    length[inverse] = profile.length
    days = length[keep]
    offset = np.concatenate([[0], np.cumsum(days)[:-1]])
    mine = keep[inverse]
    dense = np.zeros(int(days.sum()))
    dense[offset[number[inverse[mine]]] + profile.day[mine]] = value[mine]
    period = np.repeat(np.arange(len(days)), days)
    sums = np.bincount(period, weights=dense)
    if np.any(sums == 0) or np.abs(np.sign(sums).sum()) < len(sums):
        return "The periods' totals are not all of one sign, so that a day's share of them means nothing."
    return _Days(
        starts=starts[keep],
        period=period,
        position=np.arange(len(dense)) - offset[period],
        length=days[period],
        value=dense,
        under=(side[keep] == 1)[period],
    )


def _values(profile: Profile, metric: Metric, *, placebo: bool) -> Floats:
    """Daily totals of what adds up, the number of rows of anything else."""
    rows = profile.n.astype(np.float64)
    total: Floats = profile.x + rows * profile.pivot
    if placebo and not (np.isfinite(total).all() and (np.all(total >= 0) or np.all(total <= 0)) and total.any()):
        return rows
    return total if placebo or (_adds(metric) and metric.agg == "sum") else rows


def _adds(metric: Metric) -> bool:
    return metric.type == "simple" and metric.agg in ("sum", "count")


def _usable(profile: Profile, starts: NDArray[np.datetime64], inverse: Ints, value: Floats) -> Bools:
    """Periods that are covered to both ends and in which about as many days are worked as usual."""
    worked = np.bincount(inverse, weights=value != 0, minlength=len(starts))
    keep: Bools = worked >= max(np.median(worked) / 2, 2) if len(worked) else np.zeros(0, dtype=bool)
    if len(starts):
        first, last = profile.day[inverse == 0], profile.day[inverse == len(starts) - 1]
        length = profile.length[inverse == len(starts) - 1][0]
        slack = max(4, int(length) // 20)
        keep[0] &= first.min() <= slack
        keep[-1] &= last.max() >= length - 1 - slack
    return keep


def _regimes(starts: NDArray[np.datetime64], profile: Profile, inverse: Ints, metric: Metric) -> Ints:
    """1 under the first target, 0 before it, -1 where its first or last day lies within the period or before."""
    target = metric.targets[0]
    side = np.ones(len(starts), dtype=np.int64)
    ends = starts.copy()
    ends[inverse] = profile.period + profile.length.astype("timedelta64[D]")
    if target.since is not None:
        since = np.datetime64(target.since, "D")
        side[starts < since] = -1
        side[ends <= since] = 0
    if target.until is not None:
        side[(ends > np.datetime64(target.until, "D")) & (side == 1)] = -1
    return side


def _sign(metric: Metric, days: _Days) -> int:
    """1 where a good end of the period shows as more of a day's share, -1 where it shows as less."""
    if not _adds(metric):
        return 1
    falling = {"increase": False, "decrease": True}.get(
        metric.improvement_direction, metric.targets[0].op in ("lte", "lt")
    )
    return (-1 if falling else 1) * (1 if days.value.sum() > 0 else -1)


def _index(days: _Days, y: Floats) -> float:
    mine = days.under
    end = mine & (days.position >= days.length - days.window)
    return storming_index(share=float(y[end].sum() / y[mine].sum()), last=float(end.sum()), length=float(mine.sum()))


def _grade(days: _Days, comparisons: tuple[_Comparison, ...], excused: bool) -> Grade:
    periods = len(np.unique(days.period[days.under]))
    step = 3 if not comparisons else 1 if len(comparisons) > 1 or "before" not in comparisons[0].name else 2
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(3, step + int(periods < 20) + int(excused))]


def _innocent(brief: Brief, comparisons: tuple[_Comparison, ...]) -> tuple[str, ...]:
    return (
        *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        *(() if comparisons else ("pay-day, billing or closing the books at the end of the period",)),
        "customers or suppliers who have period ends of their own",
        "holidays that fall on the same days of the period",
    )


def _needed(days: _Days, decides: Estimate, beyond: float, comparisons: tuple[_Comparison, ...]) -> str:
    if decides.interval()[0] > beyond:
        return (
            "A comparison: days before the target (`since`), rows under no target, or an outcome or guardrail "
            "of the same people."
        )
    periods = len(np.unique(days.period[days.under]))
    gap = max(abs(decides.value - beyond), beyond / 4)
    factor = float(np.clip(((decides.quantile() + 0.84) * decides.se / gap) ** 2, 1.2, 100))
    return f"About {int(np.ceil(periods * factor))} reporting periods under the target instead of {periods}."


def _data(
    days: _Days, ends: PeriodEnds, comparisons: tuple[_Comparison, ...], index: float, metric: Metric
) -> dict[str, Any]:
    def told(e: Estimate) -> dict[str, Any]:
        return {"estimate": e.value, "interval": list(e.interval()), "df": e.df}

    return {
        "values": "daily totals" if _adds(metric) else "rows a day",
        "periods": len(np.unique(days.period[days.under])),
        "last_days": int(days.window[0]),
        "storming_index": index if np.isfinite(index) else None,
        "last": told(ends.last),
        "first": told(ends.first),
        "payback": {"estimate": ends.payback.estimate, "kind": ends.payback.kind}
        | {"lower": ends.payback.lower, "upper": ends.payback.upper},
        "before": None if ends.before is None else told(ends.before),
        "comparisons": [{"with": c.name} | told(c.difference) for c in comparisons],
    }


def _figure(days: _Days, y: Floats) -> Series:
    """Mean by day from the start and from the end, weekdays taken out, under the target and before it."""
    reach = int(days.length.min()) // 2
    back = days.position - days.length
    lines = []
    for name, mine in (("under the target", days.under), ("before the target", ~days.under)):
        if not mine.any():
            continue
        means = [y[mine & (days.position == i)].mean() for i in range(reach)]
        means += [y[mine & (back == -i)].mean() for i in range(reach, 0, -1)]
        lines.append(
            Line(
                name=name,
                x=tuple(f"day {i + 1}" for i in range(reach)) + tuple(f"{i} to go" for i in range(reach - 1, -1, -1)),
                y=tuple(float(v) for v in means),
            )
        )
    return Series(
        title="A day's work by its place in the reporting period",
        y_is="average days, weekdays taken out",
        lines=tuple(lines),
        levels=((1.0, "an average day"),),
    )


def _undecided_without_variation(days: _Days) -> Finding:
    return Finding(
        state=State.INCONCLUSIVE,
        says="Every day holds exactly the same, as a total that was spread over the days would.",
        effect_is=EFFECT_IS,
        n=len(days.value),
        needed="Days as they were worked, not a period's total divided among them.",
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=EFFECT_IS)


def _world(
    rng: np.random.Generator,
    *,
    excess: float = 0.0,
    hole: float = 0.0,
    month_end: float = 0.0,
    periods: int = 36,
    rho: float = 0.0,
    noise: float = 0.25,
    closed: bool = True,
    growth: float = 0.0,
    season: float = 0.0,
    since: date | None = None,
    placebo: bool = False,
    granularity: str = "month",
    **declarations: Any,
) -> tuple[Profile, Brief]:
    """Daily tonnes, fewer on Saturdays and none on Sundays.

    `excess`: added to each of a period's last three days under the target (as a share of a day), of which
    `hole` is missing at the next start; `month_end`: added to them always and in every series; `rho`, `noise`:
    of the daily noise, in logarithms; `growth` a period.
    """
    days = calendar(periods, granularity)
    shape = profile_specimen(days, np.ones(len(days)), smallest_effect=0.1, granularity=granularity)[0]
    last, first = shape.day >= shape.length - 3, (shape.day < 3) & (shape.period > shape.period[0])
    under = np.ones(len(days), dtype=bool) if since is None else days >= np.datetime64(since, "D")
    weekday = (days.astype(np.int64) + 3) % 7
    week = np.array([1.0, 1.0, 1.05, 1.0, 0.95, 0.4, 0.0 if closed else 0.3])[weekday]
    t = np.arange(len(days)) / (len(days) / periods)
    level = np.exp(growth * t + season * np.sin(2 * np.pi * np.arange(len(days)) / 365.25))

    def drawn() -> Floats:
        steps = rng.standard_normal(len(days))
        e = steps.copy()
        for i in range(1, len(days)):
            e[i] = rho * e[i - 1] + (1 - rho**2) ** 0.5 * steps[i]
        out: Floats = 1000 * level * week * (1 + month_end * last) * np.exp(noise * e)
        return np.where(out > 0, out, np.nan)

    moved = 1 + excess * (last & under) - excess * hole * (first & under)
    return profile_specimen(
        days,
        drawn() * moved,
        smallest_effect=CHECK.smallest_effect,
        since=since,
        placebo={"coal_delivered": drawn()} if placebo else None,
        granularity=granularity,
        **declarations,
    )


def even_days(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """A working week and nothing else."""
    return _world(rng)


def persistent_days_with_a_season(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """Good and bad stretches, a season, and growth of 2 % a month."""
    return _world(rng, rho=0.7, season=0.3, growth=0.02)


def billing_at_the_end_of_the_month(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """Everything peaks when bills go out, before the target as well."""
    return _world(rng, month_end=0.6, since=date(2019, 7, 1))


def closing_the_books_in_both_series(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """The untargeted series of the same people has the same peak."""
    return _world(rng, month_end=0.6, placebo=True)


def a_quarter(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """Three years by quarters, with a season."""
    return _world(rng, periods=12, granularity="quarter", season=0.3, rho=0.5)


def hurried_since_the_target(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """Two fifths more in the last days since the target, where bills already gave a peak."""
    return _world(rng, excess=0.4, hole=0.5, month_end=0.2, since=date(2019, 7, 1), rho=0.3)


def pulled_forward(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """Half a day more on each of the last days, missing on the next first ones; nothing to compare with."""
    return _world(rng, excess=0.5, hole=1.0, rho=0.3)


def stormed_beside_an_even_series(rng: np.random.Generator) -> tuple[Profile, Brief]:
    """Half a day more, made up or worked, beside an untargeted series that stays even."""
    return _world(rng, excess=0.5, placebo=True, rho=0.3)


CHECK = Check(
    code="PP105",
    title="Is the number made in the last days of the reporting period?",
    run=run,
    smallest_effect=0.1,
    effect_is=EFFECT_IS,
    source="Oyer 1998, QJE 113:149; Liebman and Mahoney 2017, AER 107:3510",
    needs=("targets", "agg_time_dimension"),
    clear=(
        even_days,
        persistent_days_with_a_season,
        billing_at_the_end_of_the_month,
        closing_the_books_in_both_series,
        a_quarter,
    ),
    suspect=(hurried_since_the_target, pulled_forward, stormed_beside_an_even_series),
)
