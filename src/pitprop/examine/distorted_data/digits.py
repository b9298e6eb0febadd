"""Are last digits chosen rather than measured?

Why it matters
    The last digit of a measured value is chance. Whoever makes a value up has to choose one, and people have habits:
    some love sevens, some shy away from high digits. A habit in the last digit says that part of the values was not
    read off anything.

Looks for
    A last digit that is more frequent than the one equally far from the nearest round number (7 against 3, 9 against
    1), or low digits against high ones. The effect is the share of the values by which it is more frequent. Suspect:
    the interval of one of the five comparisons, widened so that it holds for all five together (95%), lies wholly
    above 3% by default. Clear: all lie below.

    Told beside, for information only: leading digits (first, second, first two) against Benford's law (1 leads most
    often, 9 least) where values span a factor of 300 or more, as the mean deviation of their shares less what so
    many values have by chance, with its interval and what the published cut-offs call it. Honest data need not
    follow the law (anything with a usual size does not), so nobody is suspected for that. And how often the last two
    digits are equal (by chance one in ten) or neighbours (two in ten), where values spread over a hundred steps or
    more and are not rounded: people who make numbers up shun 44 and like 45, but rounding to quarters of a hundred
    moves both shares as well.

Assumes
    That values lie on a grid of exact steps and spread over ten steps or more. Rounding to nearest, to any base, takes
    from both sides of a round number alike, and so does a conversion of units: neither counts. A position of
    the grid counts as one observation however many values lie there, so that values which are simply frequent, or
    one that people copy, do not count either. Values within ten steps of a target are left out. The evidence is the
    shape of the data alone, so its grade is the lowest (D).

Blind to
    Rounding (the check of round numbers looks for it). Habits that treat both sides of a round number alike. Values
    whose last digit is truncated by a conversion: two or more digits that hardly occur are taken for that. Digits
    invented at random by a machine. A love of nines, or of high digits: prices end in 9, so nobody is suspected for
    that.

Source
    Beber and Scacco 2012, Political Analysis 20(2): 211-234 (last digits, equal and neighbouring ones); Nigrini 2012,
    Benford's Law, chapter 7 (leading digits), with the deviation that chance gives taken off.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.distribution import Distribution
from pitprop.examine.check import Brief, Check
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.figure import Histogram
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared
from pitprop.stats.benford import Which, conformity
from pitprop.stats.last_digit import LastDigits, Preference, last_digits
from pitprop.stats.last_pair import ADJACENT, REPEATED, last_pair

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_VALUES = 200
FEWEST_STEPS = 10.0
"""Spread of the values, in steps, from which on their shape leaves no trace in the last digit; ten times that for the
last two."""
ROUNDED = 1.15
"""Times their share that values end in 0 or 5, from which on they are taken to be rounded."""
RARE = 0.25
"""A digit is missing where it is rarer than so much of its tenth."""
CUSTOMARY = frozenset(["9", "6 to 9"])
"""Nobody is suspected for these: prices end in 9."""
DECADES = 2.5
"""Span from the first to the last hundredth of the values from which on leading digits are compared."""


def run(distribution: Distribution, brief: Brief) -> Finding:
    if brief.metric.type == "ratio":
        return _not_applicable("Not asked of a ratio: its last digit is arithmetic.", "")
    if distribution.relative or not distribution.exact:
        return _not_applicable("The values do not lie on a grid of steps, so they have no last digit.", "")
    k, counts, step = _steps(distribution, brief.metric.resolution)
    if len(k) == 0 or counts[k >= 10].sum() < FEWEST_VALUES:
        return _not_applicable(
            f"Fewer than {FEWEST_VALUES} values of two digits or more: too few to see a habit.", "200 values or more"
        )
    if _spread(k, counts) < FEWEST_STEPS:
        return _not_applicable(
            f"The values spread over fewer than {FEWEST_STEPS:g} steps of {float(step):g}: the last digit follows from "
            "their level.",
            "",
        )
    fixed = [t.fixed for t in brief.metric.targets if t.fixed is not None]
    avoid = np.array([round(min(abs(t) / float(step), 2.0**62)) for t in fixed], dtype=np.int64)
    found = last_digits(k, counts, avoid=avoid)
    uneven = found.n - int(found.counts[0] + found.counts[5])
    if uneven < FEWEST_VALUES / 2 or (found.counts[1:] < RARE * found.n / 10).sum() >= 2:
        return _not_applicable(
            "Some last digits hardly occur: the values come in steps of an instrument or of a conversion.",
            "declare the instrument's `resolution`, or audit the values as they were read",
        )
    beside = {"leading_digits": _leading(k, counts), "last_two_digits": _last_two(k, counts)}
    return _finding(found, beside, brief)


def _finding(found: LastDigits, beside: dict[str, Any], brief: Brief) -> Finding:
    beyond, level = brief.smallest_effect, 1 - 0.05 / len(found.preferences)
    bounds = [p.share.interval(level) for p in found.preferences]
    accused = [
        low if p.name not in CUSTOMARY else -np.inf for p, (low, _) in zip(found.preferences, bounds, strict=True)
    ]
    i = int(np.argmax(accused))
    if accused[i] > beyond:
        state = State.SUSPECT
    else:
        i = int(np.argmax([high for _, high in bounds]))
        state = State.CLEAR if bounds[i][1] < beyond else State.INCONCLUSIVE
    worst, (low, high) = found.preferences[i], bounds[i]
    seen = _seen(found, worst)
    says = {
        State.SUSPECT: f"{seen}; measured values would have as many of both. Pattern consistent with last digits that "
        "were chosen.",
        State.CLEAR: f"No habit in the last digits that matters: {seen}.",
        State.INCONCLUSIVE: f"The data do not tell whether last digits are chosen: {seen}."
        + (" That is how prices end, by custom." if low > beyond else ""),
    }[state]
    needed = ""
    if state is State.INCONCLUSIVE and low > beyond:
        needed = "whether these are prices, or the values as they were measured"
    elif state is State.INCONCLUSIVE:
        gap = max(abs(beyond - worst.share.value), beyond / 4)
        factor = max(((high - low) / 2 / gap) ** 2, 1.2)
        needed = f"about {int(np.ceil(found.n * factor / 100) * 100):,} values"
    return Finding(
        state=state,
        says=says,
        effect=worst.share.value,
        effect_is=CHECK.effect_is,
        interval=(low, high),
        beyond=beyond,
        p_value=min(1.0, len(bounds) * min(p.p_value for p in found.preferences)),
        n=found.n,
        grade="D",
        innocent=(
            "a custom, such as prices that end in 8",
            "values that were cut off, not rounded, when units were converted",
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        ),
        ruled_out=(
            "rounding to nearest, and conversion of units",
            "values that are simply frequent, and those next to the target",
            "the shape of the distribution",
        ),
        needed=needed,
        figure=_figure(found, worst),
        data={
            "last_digits": found.counts.tolist(),
            "preferences": [
                {"digit": p.name, "over": p.other, "share": p.share.value, "interval": list(b)}
                for p, b in zip(found.preferences, bounds, strict=True)
            ],
            **beside,
        },
    )


def _seen(found: LastDigits, worst: Preference) -> str:
    def share(name: str) -> float:
        first, last = int(name[0]), int(name[-1])
        return float(found.counts[first : last + 1].sum()) / found.n

    return f"{share(worst.name):.1%} of the values end in {worst.name} and {share(worst.other):.1%} in {worst.other}"


def _steps(distribution: Distribution, resolution: float | None) -> tuple[Ints, Ints, Fraction]:
    """Absolute positions, counts and step: on the declared resolution, or on the coarsest grid that holds them all."""
    k, counts, step = np.abs(distribution.k), distribution.all, distribution.step
    there = counts > 0
    k, counts = k[there], counts[there]
    multiple = 1 if resolution is None else max(1, round(Fraction(str(resolution)) / step))
    if multiple == 1 and len(k) > 1:
        multiple = max(1, int(np.gcd.reduce(k)))
    position, inverse = np.unique((2 * k + multiple) // (2 * multiple), return_inverse=True)
    gathered = np.bincount(inverse, weights=counts, minlength=len(position)).astype(np.int64)
    return position, gathered, step * multiple


def _spread(k: Ints, counts: Ints) -> float:
    """The smaller of the standard deviation and the interquartile range in units of a normal's, in steps."""
    total = float(counts.sum())
    mean = float((k * counts).sum()) / total
    sd = float(np.sqrt((counts * (k - mean) ** 2).sum() / total))
    order = np.cumsum(counts) / total
    quarter, three = k[np.searchsorted(order, [0.25, 0.75])]
    return min(sd, float(three - quarter) / 1.349)


def _leading(k: Ints, counts: Ints) -> dict[str, Any]:
    """Leading digits against Benford's law, for information; empty where values span too little."""
    large = k >= 10
    k, counts = k[large], counts[large]
    order = np.cumsum(counts) / counts.sum()
    low, high = k[np.searchsorted(order, [0.01, 0.99])]
    if np.log10(high / low) < DECADES:
        return {}
    kinds: tuple[Which, ...] = ("first", "second", "first_two")
    found = {which: c for which in kinds if (c := conformity(k, counts, which)) is not None}
    return {
        which: {
            "mad": c.mad,
            "by_chance": c.chance,
            "excess": c.excess,
            "interval": list(c.interval()),
            "conformity": c.level,
            "n": c.n,
        }
        for which, c in found.items()
    }


def _last_two(k: Ints, counts: Ints) -> dict[str, Any]:
    """Equal and neighbouring last digits, for information; empty where values are rounded or spread too little."""
    large = k >= 100
    n = int(counts[large].sum())
    if n < FEWEST_VALUES or _spread(k[large], counts[large]) < 10 * FEWEST_STEPS:
        return {}
    if counts[large & (k % 5 == 0)].sum() > ROUNDED * n / 5 or (found := last_pair(k, counts)) is None:
        return {}
    return {
        name: {"share": e.value, "interval": list(e.interval(0.95)), "by_chance": chance, "n": n}
        for name, e, chance in (
            ("equal", found.repeated, REPEATED),
            ("neighbours", found.adjacent, ADJACENT),
        )
    }


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=CHECK.effect_is)


def _figure(found: LastDigits, worst: Preference) -> Histogram:
    first, last = int(worst.name[0]), int(worst.name[-1])
    return Histogram(
        title="Last digits",
        x_is="last digit",
        left=tuple(float(d) - 0.5 for d in range(10)),
        width=1.0,
        observed=tuple(float(c) for c in found.counts),
        expected=tuple([found.n / 10] * 10),
        shaded=(first - 0.5, last + 0.5),
    )


# ---- specimens ------------------------------------------------------------------------------------------


def _brief(**changes: object) -> Brief:
    return Brief(metric=declared(**changes), smallest_effect=CHECK.smallest_effect, today=date(2026, 1, 1))


def measured_weights(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Weights read to the kilogram."""
    return tally(rng.normal(200, 30, 3000), "1"), _brief()


def skewed_amounts(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Lognormal amounts over three decades, far from Benford's law at neither end."""
    return tally(np.floor(rng.lognormal(6, 1.5, 3000)), "1"), _brief()


def half_rounded_to_tens(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Honest estimates: four in ten to the nearest ten, two to the nearest five."""
    values = rng.normal(200, 30, 3000)
    to = rng.choice([1.0, 5.0, 10.0], 3000, p=[0.4, 0.2, 0.4])
    return tally(np.floor(values / to + 0.5) * to, "1"), _brief()


def thirds_of_an_hour(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Hours to two places, some of them written down in thirds: many end in 3 and in 7."""
    values = rng.gamma(6, 1.0, 3000)
    thirds = rng.random(3000) < 0.4
    return tally(np.where(thirds, np.floor(3 * values + 0.5) / 3, values), "0.01"), _brief()


def same_units_again(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Two hundred units that each report one value fifteen times."""
    return tally(np.repeat(rng.normal(200, 40, 200), 15), "1"), _brief()


def poisson_counts(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Counts of events."""
    return tally(rng.poisson(300, 3000).astype(np.float64), "1"), _brief()


def prices(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """Amounts to the cent, half of them a little below a round one."""
    values = rng.lognormal(3.5, 1.0, 3000)
    return tally(np.where(rng.random(3000) < 0.5, np.ceil(10 * values) / 10 - 0.01, values), "0.01"), _brief(unit="EUR")


def a_love_of_sevens(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """One value in eight is made up, and made-up values end in 7."""
    values = np.floor(rng.normal(200, 30, 3000))
    made_up = rng.random(3000) < 0.125
    return tally(np.where(made_up, np.floor(values / 10) * 10 + 7, values), "1"), _brief()


def shy_of_high_digits(rng: np.random.Generator) -> tuple[Distribution, Brief]:
    """A quarter of the values is made up, with last digits from 1 to 4 twice in three."""
    values = np.floor(rng.lognormal(6, 1, 3000))
    digit = np.where(rng.random(3000) < 2 / 3, rng.integers(1, 5, 3000), rng.integers(0, 10, 3000))
    made_up = rng.random(3000) < 0.25
    return tally(np.where(made_up, np.floor(values / 10) * 10 + digit, values), "1"), _brief()


CHECK = Check(
    code="PP103",
    title="Are last digits chosen rather than measured?",
    run=run,
    smallest_effect=0.03,
    effect_is="share of values by which one last digit outnumbers another as far from a round number",
    source="Beber and Scacco 2012, Political Analysis 20(2): 211-234; Nigrini 2012, Benford's Law, chapter 7",
    clear=(
        measured_weights,
        skewed_amounts,
        half_rounded_to_tens,
        thirds_of_an_hour,
        same_units_again,
        poisson_counts,
        prices,
    ),
    suspect=(a_love_of_sevens, shy_of_high_digits),
)
