"""Are values rounded more often than the instrument rounds?

Why it matters
    A number that people estimate or round says less than it seems to, and rounding in one's own favour is the
    mildest way of improving a number. Most rounding is the instrument's resolution or an honest estimate:
    the finding indicts the resolution of the data, not a person.

Looks for
    Too many values at multiples of 2, 5, 10, 100 ... of the smallest step, compared with their own
    neighbourhood: the share of values that was rounded to such a multiple, with an interval that is
    simultaneous over all bases tried.

Assumes
    A density that is smooth on the scale of the base (bases up to one standard deviation are tried). Lumps
    that have nothing to do with round numbers widen the interval, by the scatter of the other last digits.
    A declared `resolution` is taken as the instrument's: rounding to it is innocent.

Blind to
    Rounding that everybody does to the same step (then that step is the resolution), values with fewer than
    twelve different steps (a scale), continuous values, and ratios of counts, whose popular fractions are
    arithmetic and not rounding.

Source
    Whipple's index generalised to any base (United Nations 1955, Manual II; Spoorenberg 2007), expectation
    from the local window.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np

from pitprop.digest.distribution import Distribution
from pitprop.examine.check import Brief, Check
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.specimen import declared
from pitprop.stats.heaping import Heap, measure_heaps

FEWEST_STEPS = 12
FEWEST_ROWS = 100


def run(distribution: Distribution, brief: Brief) -> Finding:
    metric = brief.metric
    if metric.type == "ratio":
        return _not_applicable(
            "Not asked of a ratio: popular fractions such as 1/2 are arithmetic, not rounding.",
            "audit the numerator as a metric of its own to test it for round numbers",
        )
    if not distribution.exact:
        return _not_applicable("The values do not lie on a grid of steps, so nothing marks a round number.", "")
    k, counts, step = _instrument(distribution, metric.resolution)
    n = int(counts.sum())
    unit = f" {metric.unit}" if metric.unit else ""
    if n < FEWEST_ROWS:
        return _not_applicable(f"{n} values are too few to see a preference for round numbers.", "100 values or more")
    if len(k) < FEWEST_STEPS:
        return _not_applicable(
            f"There are only {len(k)} different values, {float(step):g}{unit} apart: a scale, not a measurement "
            "that could be rounded.",
            "",
        )
    heaps = measure_heaps(k, counts)
    if not heaps:
        return _not_applicable("The values spread over too few steps to tell round numbers from the shape.", "")
    level = 0.95
    worst = max(heaps, key=lambda h: h.interval(level, len(heaps))[0])
    low, high = worst.interval(level, len(heaps))
    # multiples of two hold half of all values: only very large data could clear them
    highest = max((h.interval(level, len(heaps))[1] for h in heaps if h.base >= 5), default=1.0)
    beyond = brief.smallest_effect
    state = State.SUSPECT if low > beyond else State.CLEAR if highest < beyond else State.INCONCLUSIVE
    base = f"{float(worst.base * step):g}{unit}"
    seen = f"{worst.share:.1%} of the values are multiples of {base}, where {worst.expected:.1%} were to be expected"
    says = {
        State.SUSPECT: f"{seen}: about {worst.rounded:.0%} of them seem to have been rounded. Pattern consistent "
        "with estimates or rounding in place of measurement.",
        State.CLEAR: (
            f"{seen}: a note on data quality (some values are estimates), too small to matter."
            if low > 0
            else "No preference for round numbers that matters."
        ),
        State.INCONCLUSIVE: f"The data do not tell whether values are rounded: {seen}.",
    }[state]
    needed = ""
    if state is State.INCONCLUSIVE:
        half = (high - low) / 2
        factor = (half / max(beyond - worst.rounded, beyond / 4)) ** 2 if worst.rounded < beyond else 4.0
        needed = f"about {int(np.ceil(n * max(factor, 1.2) / 100) * 100):,} values"
    return Finding(
        state=state,
        says=says,
        effect=worst.rounded,
        effect_is=CHECK.effect_is,
        interval=(low, high),
        beyond=beyond,
        p_value=min(1.0, len(heaps) * min(h.p_value for h in heaps)),
        n=n,
        grade=_grade(brief, n),
        innocent=_innocent(brief, worst, step),
        ruled_out=(
            "the shape of the distribution (each multiple is compared with its neighbourhood)",
            *((f"rounding to the declared resolution of {metric.resolution:g}{unit}",) if metric.resolution else ()),
        ),
        needed=needed,
        figure=_figure(heaps, step, unit, beyond, level, worst),
        data={
            "step": float(step),
            "bases": [
                {
                    "base": float(h.base * step),
                    "share": h.share,
                    "expected": h.expected,
                    "rounded": h.rounded,
                    "interval": list(h.interval(level, len(heaps))),
                }
                for h in heaps
            ],
        },
    )


def _instrument(distribution: Distribution, resolution: float | None) -> tuple[np.ndarray, np.ndarray, Fraction]:
    """Positions, counts and step as the instrument reads: on the declared resolution, or the data's own step."""
    k, counts, step = distribution.k, distribution.all, distribution.step
    if len(k) == 0:
        return k, counts, step
    multiple = 1
    if resolution is not None:
        multiple = max(1, round(Fraction(str(resolution)) / step))
    if multiple == 1 and len(k) > 1:
        multiple = int(np.gcd.reduce(np.concatenate([np.diff(k), np.abs(k[k != 0])])))
    if multiple <= 1:
        return k, counts, step
    coarse = np.floor_divide(2 * k + multiple, 2 * multiple)
    position, inverse = np.unique(coarse, return_inverse=True)
    gathered = np.bincount(inverse, weights=counts, minlength=len(position)).astype(np.int64)
    return position, gathered, step * multiple


def _grade(brief: Brief, n: int) -> Grade:
    excused = {"rounding", "rounded", "estimates", "scale"} & set(brief.metric.alternatives)
    return "D" if n < 200 or excused else "C"


def _innocent(brief: Brief, heap: Heap, step: Fraction) -> tuple[str, ...]:
    declared_ones = tuple(f"declared by the owner: {a}" for a in brief.metric.alternatives)
    return (
        "honest estimates by people without a precise instrument",
        f"an instrument that reads in steps of {float(heap.base * step):g} (declare it as `resolution`)",
        *declared_ones,
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=CHECK.effect_is)


def _figure(heaps: tuple[Heap, ...], step: Fraction, unit: str, beyond: float, level: float, worst: Heap) -> Intervals:
    shown = sorted(heaps, key=lambda h: -h.interval(level, len(heaps))[0])[:12]
    rows = tuple(
        Interval(
            label=f"multiples of {float(h.base * step):g}{unit}",
            estimate=h.rounded,
            lower=h.interval(level, len(heaps))[0],
            upper=h.interval(level, len(heaps))[1],
            emphasis=h is worst,
        )
        for h in sorted(shown, key=lambda h: h.base)
    )
    return Intervals(
        title="Share of values rounded to round numbers",
        x_is="share of values rounded",
        rows=rows,
        reference=beyond,
        reference_is="smallest share that matters",
    )


def _brief(**changes: object) -> Brief:
    return Brief(metric=declared(**changes), smallest_effect=CHECK.smallest_effect, today=date(2026, 1, 1))


def measured_weights(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Weights read to the kilogram."""
    return tally(rng.normal(200, 30, 2000), "1"), _brief()


def skewed_waiting_times(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Waiting times in minutes, right-skewed from zero."""
    return tally(np.floor(rng.lognormal(4, 0.8, 2000)), "1"), _brief()


def counts_of_events(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Poisson counts."""
    return tally(rng.poisson(100, 2000).astype(np.float64), "1"), _brief()


def scale_in_halves(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """A balance that reads in 0.5 t, declared."""
    values = np.floor(rng.normal(60, 8, 2000) / 0.5 + 0.5) * 0.5
    values[:40] += 0.1
    return tally(values, "0.1"), _brief(resolution=0.5)


def estimated_tonnes(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """A fifth of the tonnages are estimates, rounded to tens."""
    values = np.floor(rng.normal(200, 30, 3000))
    rounded = rng.random(len(values)) < 0.2
    values[rounded] = np.floor(values[rounded] / 10 + 0.5) * 10
    return tally(values, "1"), _brief()


def minutes_to_the_five(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Four in ten times of arrival are written down to the nearest five minutes."""
    values = np.floor(rng.gamma(4, 10, 3000))
    rounded = rng.random(len(values)) < 0.4
    values[rounded] = np.floor(values[rounded] / 5 + 0.5) * 5
    return tally(values, "1"), _brief()


CHECK = Check(
    code="PP102",
    title="Are values rounded more often than the instrument rounds?",
    run=run,
    smallest_effect=0.05,
    effect_is="share of values rounded to multiples of a round number",
    source="United Nations 1955, Manual II (Whipple); Spoorenberg 2007, Population 62(4)",
    clear=(measured_weights, skewed_waiting_times, counts_of_events, scale_in_halves),
    suspect=(estimated_tonnes, minutes_to_the_five),
)
