"""Were values moved over the target?

Why it matters
    Where much hangs on reaching a number, near misses turn into hits: by an extra push, by stopping the clock,
    by rounding, by re-coding. The number then says how hard people tried to pass the line, not how well the
    work was done. Gaming of a target indicts the target first, not the metric.

Looks for
    Missing values just below the target and a surplus just above it, against a smooth curve fitted to the
    values further away, over several window widths at once. The effect is the share of near misses moved over
    the target. Several targets are pooled. Where there are values from before the target, or exempt from it,
    the bunching there is taken off. Values with few different steps are tested exactly, and a number that is
    its target rounded (stars for a rating) is tested for being rounded up more often than down.

Assumes
    Without the target, counts would be smooth on the scale of the window, apart from round numbers (learned from
    other round numbers of equal roundness), from the arithmetic of ratios of small counts (taken into the
    curve) and from lumps (which widen the interval). The same test at placebo targets elsewhere scales the
    interval, so that a curve that does not fit raises no alarm.

Blind to
    Values moved from so far away that no smooth curve bridges the gap, a target at the end of the scale, moves
    that jump over the window, and who moved them. Real extra effort by those just short of the target looks
    the same: bunching shows that the target steers, not how.

Source
    Saez 2010; Chetty et al. 2011; Kleven 2016 (excess mass, difference in bunching); Frandsen 2017 (few
    support points).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from pitprop.define.metric import Target
from pitprop.digest.distribution import Distribution
from pitprop.examine.check import Brief, Check
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.edges import Edges, edges_of
from pitprop.examine.figure import Histogram
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.specimen import declared
from pitprop.stats.bunching import HALF, Bins, Bunching, Moved, bin_width, make_bins, scan_bunching
from pitprop.stats.discrete_bunching import exact_share, normal_curvature, rounding_share

LEVEL = 0.95
FEWEST_STEPS = 12
MOST_STEPS = 2.0**50
"""Steps in a standard deviation beyond which a target cannot be placed among the values."""
FEWEST_COMPARED = 200
"""Values without the target that a difference in bunching needs."""
OTHER_DEGREES = (3, 5)
"""The finding must not hang on the degree of the curve (4)."""
WORDS = {"gte": "at least", "gt": "more than", "lte": "at most", "lt": "less than"}


def run(distributions: tuple[Distribution, ...], brief: Brief) -> Finding:
    answers = [_rounded_copy(d, t, brief) for d, t in zip(distributions, brief.metric.targets, strict=True)]
    asked = [a for a in answers if a is not None]
    if not asked:
        groups = edges_of(distributions, brief.metric.targets)
        asked = [_answer(group, brief) for group in groups]
    decided = [a for a in asked if a.interval is not None]
    if not decided:
        return asked[0]
    return _strongest(decided)


def _strongest(answers: Sequence[Finding]) -> Finding:
    """The answer with the largest lower bound; with several, its p-value pays for the choice."""
    best = max(answers, key=lambda a: a.interval[0] if a.interval else -1.0)
    if len(answers) == 1 or best.p_value is None:
        return best
    return replace(best, p_value=min(1.0, best.p_value * len(answers)))


# ---- the three ways to answer -----------------------------------------------------------------------------


def _rounded_copy(d: Distribution, target: Target, brief: Brief) -> Finding | None:
    """Where the metric is its target column rounded to the declared resolution: was it rounded up too often?"""
    resolution = brief.metric.resolution
    n = int(d.under.sum())
    if not d.relative or resolution is None or n < 20:
        return None
    tolerance = 1e-6 * float(d.step)
    inside = np.abs(d.values) <= resolution + tolerance
    if not inside[d.under > 0].all():
        return None
    sign = -1 if target.op in ("lte", "lt") else 1
    up = int(d.under[sign * d.k > 0].sum())
    down = int(d.under[sign * d.k < 0].sum())
    even = n - up - down
    if up + down < 10:
        return None
    result = rounding_share(up, down, LEVEL)
    state = _state(result.interval, brief.smallest_effect)
    left = tuple(float(v) for v in d.values)
    width = float(d.step)
    return Finding(
        state=state,
        says=(
            f"Of {n:,} values, {up:,} were rounded up, {down:,} down and {even:,} needed no rounding; to the "
            f"nearest {resolution:g} about as many go down as up. "
            + (
                "Pattern consistent with rounding in the metric's own favour."
                if state is State.SUSPECT
                else "Consistent with rounding to the nearest."
                if state is State.CLEAR
                else "The data do not tell."
            )
        ),
        effect=result.share,
        effect_is="share of values that belonged down but were rounded up",
        interval=result.interval,
        beyond=brief.smallest_effect,
        p_value=result.p_value,
        n=n,
        grade="C",
        innocent=("a published rule that always rounds up",),
        ruled_out=("rounding to the nearest step (as many down as up)",),
        needed="" if state is not State.INCONCLUSIVE else "about 400 rounded values",
        figure=Histogram(
            title="Reported value less the value before rounding",
            x_is=f"difference{_in_unit(brief)}",
            left=left,
            width=width,
            observed=tuple(float(c) for c in d.under),
            target=0.0,
            target_is="no difference",
        ),
        data={"up": up, "down": down, "even": even, "method": "direction of rounding"},
    )


def _answer(group: Edges, brief: Brief) -> Finding:
    n = int(group.under.sum())
    name = _targets_in_words(group, brief)
    if n == 0:
        return _unasked(f"No value falls under the target {name} while it is in force.", "values under the target")
    if n < 30:
        return _unasked(f"{n} values under the target {name} are too few to see bunching.", "200 values or more")
    held = group.k[group.under > 0]
    if all(e <= held[0] or e > held[-1] for e in group.at):
        return _unasked(
            f"The target {name} lies outside or at the end of the data ({_range(group, held, brief)}), so there "
            "are no near misses to compare.",
            "a target within the range of the values",
        )
    if _robust_sd(group.k, group.under) > MOST_STEPS:
        return _unasked(f"Beside the spread of the values the target {name} is too small to be placed.", "")
    if not group.inexact and len(held) < FEWEST_STEPS:
        return _exact(group, brief, n)
    return _scanned(group, brief, n)


def _exact(group: Edges, brief: Brief, n: int) -> Finding:
    edge = group.at[0]
    counts = {int(k): int(c) for k, c in zip(group.k, group.under, strict=True)}
    below, at, above = (counts.get(edge + i, 0) for i in (-1, 0, 1))
    if below + at + above < 20:
        return _unasked("Fewer than 20 values lie at the target and its neighbours.", "more values near the target")
    mean = float((group.k * group.under).sum() / n)
    sd = float(np.sqrt((group.under * (group.k - mean) ** 2).sum() / n))
    held = group.k[group.under > 0]
    if edge - 1 <= held[0] or edge + 1 > held[-1]:
        return _unasked("The target lies at the end of a scale with few steps, where no neighbours tell.", "")
    curvature = min(1.0, max(0.02, normal_curvature(1.0, sd, edge - mean)))
    result = exact_share(below, at, above, curvature, LEVEL)
    state = _state(result.interval, brief.smallest_effect)
    return Finding(
        state=state,
        says=(
            f"At the target {_targets_in_words(group, brief)} stand {at:,} values, between {below:,} one step below "
            f"and {above:,} one step above. "
            + {
                State.SUSPECT: "Pattern consistent with values moved onto the target.",
                State.CLEAR: "No bunching that matters.",
                State.INCONCLUSIVE: "The data do not tell whether that is too many.",
            }[state]
        ),
        effect=result.share,
        effect_is=CHECK.effect_is,
        interval=result.interval,
        beyond=brief.smallest_effect,
        p_value=result.p_value,
        n=result.n,
        grade="D",
        innocent=(
            "effort that stops once the target is reached",
            "a step of the scale that is popular of itself",
        ),
        ruled_out=(f"a smooth distribution over the three steps (relative curvature up to {curvature:.2f})",),
        needed="" if state is not State.INCONCLUSIVE else f"about {8 * result.n:,} values near the target",
        figure=_plain_histogram(group, brief),
        data={
            "below": below,
            "at": at,
            "above": above,
            "curvature": curvature,
            "method": "exact (Frandsen 2017)",
        },
    )


def _scanned(group: Edges, brief: Brief, n: int) -> Finding:
    bins, cuts = _binned(group)
    result = scan_bunching(bins, cuts, level=LEVEL)
    name = _targets_in_words(group, brief)
    if result is None:
        return _unasked(
            f"There are too few values near the target {name}, or they are too lumpy, for a smooth curve.",
            "more values within a standard deviation of the target",
        )
    compared = _compared(group, bins, cuts, result)
    share, interval, p, against = _effect(result, compared)
    state = _state(interval, brief.smallest_effect)
    widest = max(result.windows, key=lambda m: m.window)
    if state is State.CLEAR and widest.interval(LEVEL, len(result.windows))[1] >= brief.smallest_effect:
        state = State.INCONCLUSIVE
    fragile = state is State.SUSPECT and not _robust(bins, cuts, result)
    if fragile:
        state = State.INCONCLUSIVE
    best = result.best
    width = best.window * bins.width * float(group.step)
    unit = _unit(brief)
    near = round(best.below)
    moved = f"about {share:.0%} ({interval[0]:.0%} to {interval[1]:.0%}) of the {near:,} near misses"
    says = {
        State.SUSPECT: f"Within {width:g}{unit} of the target {name}, {moved} seem to have been moved over it"
        f"{against}. Pattern consistent with pushing near misses over the line.",
        State.CLEAR: f"No bunching that matters at the target {name}.",
        State.INCONCLUSIVE: f"The data do not tell whether values were moved over the target {name}: {moved} "
        f"within {width:g}{unit}, which may be chance.",
    }[state]
    if fragile:
        says = f"Values seem to pile up at the target {name} ({moved}), but that hangs on the curve one assumes."
    half = (interval[1] - interval[0]) / 2
    needed = ""
    if state is State.INCONCLUSIVE:
        factor = max(1.5, (1.4 * half / max(abs(share - brief.smallest_effect), brief.smallest_effect)) ** 2)
        needed = f"about {_round_up(n * factor):,} values for a clear answer at this size of effect"
    return Finding(
        state=state,
        says=says,
        effect=share,
        effect_is=CHECK.effect_is,
        interval=interval,
        beyond=brief.smallest_effect,
        p_value=p,
        n=n,
        grade=_grade(brief, result, compared is not None, n),
        innocent=(
            "real extra effort by those who were just short of the target",
            "choices that follow the target openly (designs, prices, routes)",
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        ),
        ruled_out=_ruled_out(group, result, compared),
        needed=needed,
        figure=_figure(group, bins, result, brief),
        data=_data(group, bins, result, compared, share, brief),
    )


def _binned(group: Edges) -> tuple[Bins, list[int]]:
    sd = _robust_sd(group.k, group.under)
    first = group.at[0]
    near = int(group.under[(group.k >= first - sd) & (group.k <= first + sd)].sum())
    width = bin_width(sd, near)
    if len(group.at) > 1:
        gaps = np.diff(group.at)
        common = int(np.gcd.reduce(gaps))
        divisors = [w for w in range(1, common + 1) if common % w == 0]
        wanted = min(width, max(1, int(gaps.min()) // 20))
        width = min(divisors, key=lambda w: abs(np.log(w / wanted)))
    span = max(abs(group.at[-1] - first) // width, 1)
    reach = span + 4 * HALF
    bins = make_bins(group.k, group.under, edge=first, width=width, reach=reach, opportunity=group.opportunity)
    return bins, [bins.index(edge) for edge in group.at]


def _robust_sd(k: NDArray[np.int64], counts: NDArray[np.int64]) -> float:
    order = np.cumsum(counts) / counts.sum()
    spread = float(k[np.searchsorted(order, 0.75)] - k[np.searchsorted(order, 0.25)]) / 1.349
    if spread > 0:
        return spread
    mean = float((k * counts).sum() / counts.sum())
    return max(1.0, float(np.sqrt((counts * (k - mean) ** 2).sum() / counts.sum())))


def _robust(bins: Bins, cuts: Sequence[int], result: Bunching) -> bool:
    """Whether the moved mass stays clearly positive under curves of other degrees."""
    for degree in OTHER_DEGREES:
        other = scan_bunching(bins, cuts, degree=degree, windows=(result.best.window,), bases=result.bases)
        if other is None or other.best.z < 1.645:
            return False
    return True


def _compared(group: Edges, bins: Bins, cuts: Sequence[int], result: Bunching) -> tuple[Moved, str] | None:
    """Bunching among values without the target, in the same window of the same bins."""
    for counts, whose in (
        (group.without, "at times without the target"),
        (group.exempt, "where the target does not apply"),
    ):
        inside = make_bins(
            group.k,
            counts,
            edge=bins.first + bins.width * cuts[0],
            width=bins.width,
            reach=cuts[0],
            opportunity=group.opportunity,
        )
        if inside.counts.sum() < FEWEST_COMPARED:
            continue
        other = scan_bunching(inside, cuts, windows=(result.best.window,), bases=result.bases, level=LEVEL)
        if other is not None:
            return other.best, whose
    return None


def _effect(result: Bunching, compared: tuple[Moved, str] | None) -> tuple[float, tuple[float, float], float, str]:
    best, count = result.best, len(result.windows)
    if compared is None:
        low, high = best.interval(LEVEL, count)
        return min(best.share, 1.0), (min(low, 1.0), min(high, 1.0)), result.p_value, ""
    other, whose = compared
    share = best.share - other.share
    se = float(np.hypot(best.se / best.below, other.se / other.below))
    df = min(best.df, other.df)
    half = float(stdtrit(df, 1 - (1 - LEVEL) / (2 * count))) * se
    p = min(1.0, count * float(stdtr(df, -share / se)))
    interval = (min(share - half, 1.0), min(share + half, 1.0))
    return min(share, 1.0), interval, p, f", beyond the {other.share:.0%} {whose}"


def _state(interval: tuple[float, float], beyond: float) -> State:
    if interval[0] > beyond:
        return State.SUSPECT
    return State.CLEAR if interval[1] < beyond else State.INCONCLUSIVE


def _grade(brief: Brief, result: Bunching, compared: bool, n: int) -> Grade:
    ladder: tuple[Grade, ...] = ("A", "B", "C", "D")
    start = 1 if compared else 2 if result.placebos >= 5 else 3
    worse = (n < 200) + bool(brief.metric.alternatives)
    return ladder[min(3, start + worse)]


# ---- words and pictures -----------------------------------------------------------------------------------


def _unit(brief: Brief) -> str:
    return f" {brief.metric.unit}" if brief.metric.unit else ""


def _in_unit(brief: Brief) -> str:
    return f" ({brief.metric.unit})" if brief.metric.unit else ""


def _targets_in_words(group: Edges, brief: Brief) -> str:
    words = WORDS[group.targets[0].op]
    if group.relative:
        return f"({words} `{group.targets[0].value}`)"
    values = [f"{float(t.value):g}" for t in group.targets]
    if len(values) > 3:
        return f"({words} {values[0]} to {values[-1]}{_unit(brief)}, {len(values)} targets together)"
    return f"({words} {', '.join(values)}{_unit(brief)})"


def _range(group: Edges, held: NDArray[np.int64], brief: Brief) -> str:
    ends = sorted((group.value(float(held[0]) + 0.5), group.value(float(held[-1]) + 0.5)))
    return f"{ends[0]:g} to {ends[1]:g}{_unit(brief)}"


def _round_up(n: float) -> int:
    size = 10 ** max(0, floor(np.log10(max(n, 1.0))) - 1)
    return int(ceil(n / size) * size)


def _unasked(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=CHECK.effect_is)


def _ruled_out(group: Edges, result: Bunching, compared: tuple[Moved, str] | None) -> tuple[str, ...]:
    out = ["a smooth distribution of this shape"]
    if result.bases:
        round_ones = ", ".join(f"{float(b * group.step):g}" for b in result.bases)
        out.append(f"a preference for round numbers (multiples of {round_ones})")
    if group.opportunity is not None:
        out.append("the arithmetic of ratios of small counts")
    if result.placebos >= 5:
        out.append(f"a curve that fits badly ({result.placebos} placebo targets)")
    if compared is not None:
        out.append(f"a pile that was there anyway ({compared[1]})")
    return tuple(out)


def _figure(group: Edges, bins: Bins, result: Bunching, brief: Brief) -> Histogram:
    if len(group.at) > 1:
        return _pooled_figure(group, bins, result, brief)
    first, count = result.expected_first, len(result.expected)
    cut = bins.index(group.at[0])
    observed = bins.counts[first : first + count]
    left = [group.value(float(bins.first + bins.width * (first + i))) for i in range(count)]
    width = bins.width * float(group.step)
    if group.mirrored:
        left = [v - width for v in left]
    edges = [group.value(float(bins.first + bins.width * (cut + i * result.best.window))) for i in (-1, 0, 1)]
    order = np.argsort(left)
    return Histogram(
        title=f"Values around the target {_targets_in_words(group, brief)}",
        x_is=f"value less its target{_in_unit(brief)}" if group.relative else f"{brief.metric.title}{_in_unit(brief)}",
        left=tuple(left[i] for i in order),
        width=width,
        observed=tuple(float(observed[i]) for i in order),
        expected=tuple(float(result.expected[i]) for i in order),
        target=edges[1],
        shaded=(min(edges), max(edges)),
    )


def _pooled_figure(group: Edges, bins: Bins, result: Bunching, brief: Brief) -> Histogram:
    """All targets laid over one another: values by their distance from the target they are closest to."""
    cuts = [bins.index(edge) for edge in group.at]
    reach = min(HALF, min(b - a for a, b in pairwise(sorted(cuts))) // 2)
    stop = result.expected_first + len(result.expected)
    shown = [c for c in cuts if c - reach >= result.expected_first and c + reach <= stop]
    offsets = range(-reach, reach)
    observed = [sum(bins.counts[c + o] for c in shown) for o in offsets]
    expected = [sum(result.expected[c + o - result.expected_first] for c in shown) for o in offsets]
    width = bins.width * float(group.step)
    left = [o * width for o in offsets]
    if group.mirrored:
        left, observed, expected = [-(v + width) for v in left][::-1], observed[::-1], expected[::-1]
    return Histogram(
        title=f"Values around {len(shown)} targets laid over one another",
        x_is=f"value less the nearest target{_in_unit(brief)}",
        left=tuple(left),
        width=width,
        observed=tuple(float(v) for v in observed),
        expected=tuple(float(v) for v in expected),
        target=0.0,
        shaded=(-result.best.window * width, result.best.window * width),
    )


def _plain_histogram(group: Edges, brief: Brief) -> Histogram:
    step = float(group.step)
    left = [group.value(float(k)) - (step if group.mirrored else 0.0) for k in group.k]
    order = np.argsort(left)
    return Histogram(
        title=f"Values around the target {_targets_in_words(group, brief)}",
        x_is=f"{brief.metric.title}{_in_unit(brief)}",
        left=tuple(left[i] for i in order),
        width=step,
        observed=tuple(float(group.under[i]) for i in order),
        target=group.value(float(group.at[0])),
    )


def _data(
    group: Edges,
    bins: Bins,
    result: Bunching,
    compared: tuple[Moved, str] | None,
    share: float,
    brief: Brief,
) -> dict[str, Any]:
    total = float(group.under.sum())
    meets = float(group.under[group.k >= group.at[0]].sum())
    moved = max(0.0, share) * result.best.below
    return {
        "method": "excess mass, window scan",
        "targets": [str(t.value) for t in group.targets],
        "bin_width": bins.width * float(group.step),
        "moved": result.best.moved,
        "near_misses_expected": result.best.below,
        "windows": [
            {
                "width": m.window * bins.width * float(group.step),
                "share": m.share,
                "interval": list(m.interval(LEVEL, len(result.windows))),
                "z": m.z,
            }
            for m in result.windows
        ],
        "jump_log_ratio": result.jump,
        "jump_se": result.jump_se if np.isfinite(result.jump_se) else None,
        "dispersion": result.dispersion,
        "round_bases": [float(b * group.step) for b in result.bases],
        "placebos": result.placebos,
        "placebo_spread": result.placebo_spread,
        "placebo_rank": result.placebo_rank,
        "without_target_share": None if compared is None else compared[0].share,
        "share_meeting_reported": meets / total if len(group.at) == 1 else None,
        "share_meeting_corrected": (meets - moved) / total if len(group.at) == 1 else None,
        "detectable_share": ((2.0 + 0.84) * result.best.se / result.best.below + brief.smallest_effect),
    }


# ---- specimens --------------------------------------------------------------------------------------------


def _brief(target: float, op: str = "gte", **changes: Any) -> Brief:
    targets = changes.pop("targets", (Target.model_validate({"op": op, "value": target, "on": "row"}),))
    return Brief(
        metric=declared(targets=targets, **changes),
        smallest_effect=CHECK.smallest_effect,
        today=date(2026, 1, 1),
    )


def _push(
    values: NDArray[np.float64], target: float, reach: float, share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Move `share` of the values within `reach` below the target to just above it."""
    near = (values < target) & (values >= target - reach) & (rng.random(len(values)) < share)
    out = values.copy()
    out[near] = target + rng.random(int(near.sum())) * reach / 2
    return out


def normal_values(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Normal, the target half a standard deviation above the mean."""
    return (tally(rng.normal(60, 10, 4000), "0.01"),), _brief(65.0)


def lognormal_values(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Skewed durations, the target at most 90."""
    return (tally(rng.lognormal(4.2, 0.5, 4000), "0.1"),), _brief(90.0, "lte")


def poisson_counts(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Integer counts."""
    return (tally(rng.poisson(40, 4000).astype(np.float64), "1"),), _brief(42.0)


def round_target(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Three in ten values are rounded to tens, and the target is a round number."""
    values = np.floor(rng.gamma(4, 20, 4000))
    rounded = rng.random(len(values)) < 0.3
    values[rounded] = np.floor(values[rounded] / 10 + 0.5) * 10
    return (tally(values, "1"),), _brief(80.0)


def honest_improvement(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Everybody gets better after the target."""
    before, after = rng.normal(58, 10, 4000), rng.normal(63, 9, 4000)
    return (tally(after, "0.1", without=before),), _brief(65.0)


def honest_rounding_of_ratings(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Stars are the rating rounded to the nearest half."""
    rating = np.floor(np.clip(rng.normal(3.6, 0.6, 300), 1, 4.9) * 10 + 0.5) / 10
    stars = np.floor(rating * 2 + 0.5) / 2
    return (_relative(stars - rating),), _stars_brief()


def pushed_over(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Four in ten of the near misses are moved over the target."""
    values = _push(rng.normal(60, 10, 6000), 65.0, 2.0, 0.4, rng)
    return (tally(values, "0.01"),), _brief(65.0)


def clock_stopped_in_time(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Half of those who would have been five minutes late are recorded as in time."""
    minutes = np.floor(rng.lognormal(5.2, 0.4, 6000))
    late = (minutes > 240) & (minutes <= 250) & (rng.random(len(minutes)) < 0.5)
    minutes[late] = 240 - np.floor(rng.random(int(late.sum())) * 5)
    return (tally(minutes, "1"),), _brief(240.0, "lte")


def pushed_since_the_target(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Near misses are moved after the target, none before."""
    before, after = rng.normal(60, 10, 6000), rng.normal(60, 10, 6000)
    return (tally(_push(after, 65.0, 2.0, 0.5, rng), "0.1", without=before),), _brief(65.0)


def stars_rounded_up(rng: np.random.Generator) -> tuple[tuple[Distribution, ...], Brief]:
    """Stars are the rating rounded up."""
    rating = np.floor(np.clip(rng.normal(3.6, 0.6, 150), 1, 4.9) * 10 + 0.5) / 10
    stars = np.ceil(rating * 2 - 1e-9) / 2
    return (_relative(stars - rating),), _stars_brief()


def _relative(differences: NDArray[np.float64]) -> Distribution:
    return replace(tally(differences, "0.1"), relative=True)


def _stars_brief() -> Brief:
    target = Target(op="gte", value="rating", on="row")
    return _brief(0.0, targets=(target,), resolution=0.5, unit="stars")


CHECK = Check(
    code="PP101",
    title="Were values moved over the target?",
    run=run,
    smallest_effect=0.02,
    effect_is="share of near misses moved over the target",
    source="Saez 2010; Chetty et al. 2011; Kleven 2016; Frandsen 2017",
    needs=("targets",),
    clear=(
        normal_values,
        lognormal_values,
        poisson_counts,
        round_target,
        honest_improvement,
        honest_rounding_of_ratings,
    ),
    suspect=(pushed_over, clock_stopped_in_time, pushed_since_the_target, stars_rounded_up),
)
