"""Are too many percentages whole numbers?

Why it matters
    A percentage that is counted falls where division puts it: 411 of 573 is 71.7 %. Whoever decides on the
    percentage first and finds the counts afterwards writes 72 %, or 70 %. An excess of whole percentages says that
    numbers were set, not counted; it was first used on polling stations.

Looks for
    Cells (one entity in one period) whose share or ratio of counts lies within 0.05 points of a whole percentage,
    or of a multiple of five, beyond what the arithmetic of their denominators gives. The effect is the share of the
    cells that were moved there. Suspect: its interval lies wholly above 5% by default. Cells before the target, or
    exempt from it, are shown beside those under it where there are enough; the evidence counts for less where they
    hold as many whole percentages.

Assumes
    That percentages are spread smoothly over at least one whole point (five for the multiples of five). What small
    denominators do to percentages (10 of 20 is 50 %) is reckoned with exactly: given the whole percentage that a
    cell is nearest to, every numerator is as probable as another. Cells nearest to 0 %, to 100 % and to the target
    are left out: those have reasons of their own, and the target's is another check's business.

Blind to
    Percentages set to one or two places. Denominators below about 150, where nearly every percentage is next to a
    whole one. One favourite percentage: what many cells have in common at a single place is taken for one
    observation, and so is one entity that always reports the same. Numerators that were worked back from
    percentages that are published without decimals look exactly like this and are innocent.

Source
    Kobak, Shpilkin and Pshenichnikov 2016, Annals of Applied Statistics 10(1): 54-73, with numerators drawn evenly
    around each whole percentage in place of their binomial draw, which follows a pile where denominators are large.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from pitprop.define.metric import Target
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.rows import Rows
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.parts import parts
from pitprop.examine.regimes import regimes
from pitprop.examine.specimen import declared
from pitprop.stats.integer_share import IntegerShare, integer_share

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BASES = (1, 5)
"""Whole percentages, and multiples of five."""
FEWEST_FREE = 60.0
"""Cells that must be free to show an excess (each counts by the probability that it shows none by chance)."""
LEVEL = 1 - 0.05 / len(BASES)
"""Of each interval, so that both hold together."""
EXCUSES = frozenset({"rounding", "rounded", "published_percentages", "estimates"})
"""Declared alternatives that explain whole percentages."""


def run(panel: Panel, brief: Brief) -> Finding:
    counted = parts(panel.metric)
    if counted is None:
        return _not_applicable(
            "Asked only of shares and of ratios of whole numbers (so many of so many).",
            "declare the number as `agg: share`, or as a ratio of two counts",
        )
    _, _, there = counted
    now, before, exempt = (side & there for side in regimes(panel, brief.metric.targets))
    found = [f for base in BASES if (f := _share(panel, counted, now, base)) is not None]
    if not found:
        return _not_applicable(
            "Too few cells can tell a whole percentage from any other: denominators are small, or all percentages "
            "lie together.",
            "100 cells or more with denominators of 200 or more, whose percentages differ by several points",
        )
    beyond = brief.smallest_effect
    bounds = [f.estimate.interval(LEVEL) for f in found]
    worst = int(np.argmax([low for low, _ in bounds]))
    if bounds[worst][0] > beyond:
        state = State.SUSPECT
    else:
        worst = int(np.argmax([high for _, high in bounds]))
        state = State.CLEAR if bounds[worst][1] < beyond else State.INCONCLUSIVE
    sides = {"entities exempt from it": exempt, "the time before it": before}
    others = {name: o for name, side in sides.items() if (o := _share(panel, counted, side, found[worst].base))}
    name, other = next(iter(others.items()), ("", None))
    return _finding(found, bounds, worst, state, Comparison(of=name, share=other), panel, brief)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The same share without the target."""

    of: str
    share: IntegerShare | None

    def less(self, under: IntegerShare) -> bool:
        """Whether it is clearly smaller than under the target."""
        if self.share is None:
            return False
        one, two = under.estimate, self.share.estimate
        half = float(stdtrit(min(one.df, two.df), 0.975)) * (one.se**2 + two.se**2) ** 0.5
        return bool(one.value - two.value > half)


def _share(
    panel: Panel, counted: tuple[Ints, Ints, NDArray[np.bool_]], cells: NDArray[np.bool_], base: int
) -> IntegerShare | None:
    """Of these cells; None where too few are free to show an excess."""
    if not cells.any():
        return None
    k, n, _ = counted
    unit = panel.entity[cells] if len(panel.entities) > 1 else np.arange(int(cells.sum()))
    found = integer_share(k=k[cells], n=n[cells], unit=unit, base=base, avoid=100 * panel.target[cells])
    return found if found is not None and found.informative >= FEWEST_FREE else None


def _finding(
    found: list[IntegerShare],
    bounds: list[tuple[float, float]],
    worst: int,
    state: State,
    without: Comparison,
    panel: Panel,
    brief: Brief,
) -> Finding:
    beyond = brief.smallest_effect
    f, (low, high) = found[worst], bounds[worst]
    kind = "whole percentages" if f.base == 1 else f"multiples of {f.base} %"
    seen = f"{f.observed:,} of {f.cells:,} percentages are {kind}, where division alone gives about {f.expected:,.0f}"
    says = {
        State.SUSPECT: f"{seen}: about {f.estimate.value:.0%} of them seem to have been set to one. Pattern consistent "
        "with percentages that were decided on first and counted afterwards.",
        State.CLEAR: f"No excess of whole percentages that matters: {seen}.",
        State.INCONCLUSIVE: f"The data do not tell whether percentages are set to whole ones: {seen}.",
    }[state]
    less = without.less(f)
    if without.share is not None:
        says += f" In {without.of} it is about {max(without.share.estimate.value, 0):.0%}."
    return Finding(
        state=state,
        says=says,
        effect=f.estimate.value,
        effect_is=CHECK.effect_is,
        interval=(low, high),
        beyond=beyond,
        p_value=min(1.0, len(found) * min(g.p_value for g in found)),
        n=f.cells,
        grade=_grade(f, without, panel, brief),
        innocent=(
            "counts that were worked back from percentages published without decimals",
            "plans that are made in whole percentages and kept exactly",
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
        ),
        ruled_out=(
            "the arithmetic of small denominators",
            "one entity, or one percentage, that is simply frequent",
            *((f"a way of recording that was there without the target ({without.of})",) if less else ()),
        ),
        needed="" if state is not State.INCONCLUSIVE else _needed(f, high - low, beyond),
        figure=_figure(found, bounds, beyond, worst),
        data={
            "bases": [
                {
                    "base": g.base,
                    "observed": g.observed,
                    "expected": g.expected,
                    "cells": g.cells,
                    "moved": g.estimate.value,
                    "interval": list(b),
                }
                for g, b in zip(found, bounds, strict=True)
            ],
            "left_out": int(len(panel.entity) - f.cells),
            "without": None if without.share is None else without.share.estimate.value,
        },
    )


def _needed(f: IntegerShare, width: float, beyond: float) -> str:
    gap = max(abs(beyond - f.estimate.value), beyond / 4)
    cells = f.cells * max((width / 2 / gap) ** 2, 1.2)
    return f"about {int(np.ceil(cells / 100) * 100):,} cells with denominators like these"


def _grade(f: IntegerShare, without: Comparison, panel: Panel, brief: Brief) -> Grade:
    """B where exempt entities show clearly less, C where the time before does or nothing is there to compare with (the
    arithmetic of the denominators is a strong model); D where it is as frequent without the target, or little."""
    excused = EXCUSES & set(brief.metric.alternatives)
    if f.cells < 200 or f.clusters < 20 or len(panel.entities) < 2 or excused:
        return "D"
    if without.share is None:
        return "C"
    return "D" if not without.less(f) else "B" if without.of.startswith("entities") else "C"


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=CHECK.effect_is)


def _figure(found: list[IntegerShare], bounds: list[tuple[float, float]], beyond: float, worst: int) -> Intervals:
    return Intervals(
        title="Percentages set to whole ones",
        x_is="share of cells moved there",
        rows=tuple(
            Interval(
                label="whole percentages" if f.base == 1 else f"multiples of {f.base} %",
                estimate=f.estimate.value,
                lower=low,
                upper=high,
                emphasis=i == worst,
            )
            for i, (f, (low, high)) in enumerate(zip(found, bounds, strict=True))
        ),
        reference=beyond,
        reference_is="smallest share that matters",
    )


# ---- specimens ------------------------------------------------------------------------------------------


def ratio_panel(k: Ints, n: Ints, target: float = 0.95) -> tuple[Panel, Brief]:
    """A monthly panel of k of n, shape (units, periods); n = 0 gives no cell."""
    units, length = k.shape
    cells, x, w = k.size, k.ravel().astype(np.float64), n.ravel().astype(np.float64)
    rows = np.where(w > 0, 12, 0)
    panel = Panel(
        entities=tuple(f"unit {i:05d}" for i in range(units)),
        periods=(np.datetime64("2018-01", "M") + np.arange(length)).astype("datetime64[D]"),
        granularity="month",
        entity=np.repeat(np.arange(units), length),
        period=np.tile(np.arange(length), units),
        metric=Measure(agg="ratio", pivot=0.0, n=rows, x=x, xx=x**2, w=w, ww=w**2, xw=x * w),
        exempt=np.zeros(cells, dtype=bool),
        target=np.full(cells, target),
        rows=Rows(kept=int(rows.sum())),
    )
    metric = declared(
        type="ratio",
        agg=None,
        expr=None,
        numerator={"expr": "on_time"},
        denominator={"expr": "all_cases"},
        unit="",
        targets=(Target(op="gte", value=target),),
    )
    return panel, Brief(metric=metric, smallest_effect=CHECK.smallest_effect, today=date(2026, 1, 1))


def _turnout(rng: np.random.Generator, units: int = 40, length: int = 24) -> tuple[Floats, Ints]:
    """Chances that differ between units and move within them, and denominators from hundreds to thousands."""
    level = rng.normal(0.8, 0.8, (units, 1)) + rng.normal(0, 0.25, (units, length))
    size = rng.lognormal(7, 0.5, (units, 1)) * rng.lognormal(0, 0.1, (units, length))
    return 1 / (1 + np.exp(-level)), np.maximum(size, 1).astype(np.int64)


def _set_to_whole(rng: np.random.Generator, k: Ints, n: Ints, share: float, base: int) -> Ints:
    whole = np.round(np.round(100 * k / n / base) * base * n / 100).astype(np.int64)
    return np.where(rng.random(k.shape) < share, whole, k)


def counted_shares(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Counted, never set."""
    p, n = _turnout(rng)
    return ratio_panel(rng.binomial(n, p), n)


def small_denominators(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Ten to six hundred cases a month: many percentages are whole by division."""
    p, _ = _turnout(rng)
    n = rng.integers(10, 600, p.shape)
    return ratio_panel(rng.binomial(n, p), n)


def steady_units(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Large units, each with its own steady percentage."""
    p = 1 / (1 + np.exp(-np.repeat(rng.normal(0.8, 0.8, (40, 1)), 24, axis=1)))
    n = np.full(p.shape, 100_000)
    return ratio_panel(rng.binomial(n, p), n)


def managed_to_the_target(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A third of the months end at the target of 95 %, which is round."""
    p, n = _turnout(rng)
    p = np.where(rng.random(p.shape) < 0.3, 0.95, p)
    return ratio_panel(rng.binomial(n, p), n)


def set_to_whole_percentages(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """One in eight percentages is a whole one that somebody decided on."""
    p, n = _turnout(rng)
    return ratio_panel(_set_to_whole(rng, rng.binomial(n, p), n, 0.125, 1), n)


def set_to_multiples_of_five(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """One in ten is a multiple of five."""
    p, n = _turnout(rng)
    return ratio_panel(_set_to_whole(rng, rng.binomial(n, p), n, 0.1, 5), n)


CHECK = Check(
    code="PP104",
    title="Are too many percentages whole numbers?",
    run=run,
    smallest_effect=0.05,
    effect_is="share of percentages that were set to whole ones",
    source="Kobak, Shpilkin and Pshenichnikov 2016, Annals of Applied Statistics 10(1): 54-73",
    clear=(counted_shares, small_denominators, steady_units, managed_to_the_target),
    suspect=(set_to_whole_percentages, set_to_multiples_of_five),
)
