"""Sensitivity: does the number move when something real moves?

Why it matters
--------------
A number by which work is steered has to show when the work really gets better or worse. One that stays where it is, or
moves for reasons of its own, calls for praise and alarm at the wrong times, and real trouble passes unseen.

Looks for
---------
Real moves: shifts of the declared outcome beyond its routine variation (limits of a process behaviour chart) that last,
three periods against the three before, in single units, what all units share removed; and the declared `events` of kind
`work` with a direction. The effect is the share of them at which the number moves the same way over the same periods.
One half is chance. Suspect: the whole 95% interval lies below the smallest share, 65% by default, and so it does with
the number taken two periods earlier or later. Clear: it lies wholly above.

A noisy number cannot show a move, and that is a matter for `reliability`: there is a suspicion only where the part
of the number that is no noise (known from its rows, or by its memory from one period to the next) would have shown
four moves in five, had it followed them.

Assumes
-------
That the number and its outcome ought to move within two periods of each other, at the declared lag. Moves are
independent between units and periods, at will within either.

Blind to
--------
Moves that all units share, unless they are declared as events. How far the number moves. Outcomes that are
themselves distorted. A number that follows, but with large lasting movements of its own: it does not show either.

Source
------
Deng and Shi 2016, KDD 22:77 (directionality and sensitivity of metrics); Wheeler 1993, Understanding Variation
(limits); Wilson 1927, JASA 22:209; Korn and Graubard 1998, Survey Methodology 24:193 (effective size).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Event
from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.moves import Agreement, agreement, expected_agreement, moves, shifts
from pitprop.stats.numbered import distinct, numbered
from pitprop.stats.period_number import period_number
from pitprop.stats.persistence import persistence
from pitprop.stats.swept import swept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EFFECT_IS = "share of real moves at which the number moves the same way"
FEWEST_UNITS = 10
FEWEST_MOVES = 10
AROUND = (-2, 2)
"""Periods by which the number may run ahead of its outcome or behind."""
WOULD_SHOW = 0.8
"""Share of moves that the number's signal must have been able to show for its silence to tell anything."""
LARGEST_TABLE = 20_000_000
"""Units times periods; of longer histories the latest part is taken."""
LARGE = 3.0
"""Size of a declared event, in standard deviations of shifts, where no outcome tells it."""
SIGNS = {"increase": 1.0, "decrease": -1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one kind of move shows."""

    moves_are: str
    found: Agreement
    around: tuple[Agreement, ...]
    """With the number taken earlier and later."""
    expected: float
    """Share of the moves that its signal would have shown."""


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether the metric moves with its outcome and with declared events."""
    outcome = brief.metric.outcome
    events = [e for e in brief.metric.events if e.kind == "work" and e.direction is not None]
    if outcome is None and not events:
        return _not_applicable(
            "Neither an outcome nor an event in the work is declared.",
            "Declare `outcome`, or `events` of kind work with a direction.",
        )
    sign = SIGNS.get(brief.metric.improvement_direction)
    if sign is None:
        return _not_applicable("Which way is better is not declared.", "Declare `improvement_direction`.")
    if not len(panel.periods) or np.isnat(panel.periods).any():
        return _not_applicable("Without time nothing moves.", "Declare `agg_time_dimension`.")
    value = sign * panel.metric.value
    there = np.isfinite(value)
    if not there.any() or np.ptp(value[there]) <= 1e-12 * np.abs(value[there]).max():
        return _not_applicable("The number never varies.", "A number that varies.")
    readings = [r for r in (_by_outcome(panel, brief, value), _by_events(panel, value, events)) if r is not None]
    if not readings:
        return _none(panel, brief)
    return _finding(panel, brief, readings)


def _by_outcome(panel: Panel, brief: Brief, value: Floats) -> _Reading | None:
    """At real moves of the outcome; None where it has none, or there are too few units."""
    outcome = brief.metric.outcome
    if outcome is None or outcome.metric not in panel.others:
        return None
    direction = SIGNS.get(panel.directions.get(outcome.metric, "increase"))
    y = panel.others[outcome.metric].value
    both = np.flatnonzero(np.isfinite(value) & np.isfinite(y))
    if direction is None or not len(both) or len(distinct(panel.entity[both])) < FEWEST_UNITS:
        return None
    unit, time = panel.entity[both], period_number(panel.start[both], panel.granularity)
    left = swept(np.column_stack([value[both], direction * y[both]]), unit=unit, period=time).residual
    x, real = (_table(c, unit, time) for c in left.T)
    size, marked = moves(real)
    at = np.nonzero(marked)
    followed = shifts(x)
    found = _agreement(followed, np.sign(size), at)
    if found is None or found.n < FEWEST_MOVES:
        return None
    around = [_agreement(_later(followed, by), np.sign(size), at) for by in AROUND]
    spread = float(np.nanstd(size))
    reliability = _reliability(left[:, 0], panel.metric.noise[both], unit, time)
    return _Reading(
        moves_are=f"lasting moves of {outcome.metric}",
        found=found,
        around=tuple(a for a in around if a is not None),
        expected=expected_agreement(size[at] / spread, reliability),
    )


def _by_events(panel: Panel, value: Floats, events: list[Event]) -> _Reading | None:
    """At declared events in the work, in every unit, beyond the number's usual drift; None where there are none."""
    there = np.flatnonzero(np.isfinite(value))
    unit, time = panel.entity[there], period_number(panel.start[there], panel.granularity)
    start = panel.periods.astype("datetime64[D]")
    column = period_number(start, panel.granularity) - time.min()
    x = _table(value[there], unit, time)
    followed = shifts(x)
    if not np.isfinite(followed).any():
        return None
    followed = followed - np.nanmean(followed)
    way = np.zeros(x.shape)
    for event in events:
        after = column[start >= _midnight(event.date)]
        if len(after) and 0 <= after[0] < x.shape[1]:
            way[:, after[0]] = 1.0 if event.direction == "better" else -1.0
    found = _agreement(followed, way, np.nonzero((way != 0) & np.isfinite(followed)))
    if found is None:
        return None
    index = numbered(unit)[1]
    left = value[there] - (np.bincount(index, weights=value[there]) / np.bincount(index))[index]
    reliability = _reliability(left, panel.metric.noise[there], unit, time)
    return _Reading(
        moves_are="declared events in the work",
        found=found,
        around=(),
        expected=expected_agreement(np.array([LARGE]), reliability),
    )


def _midnight(day: date) -> np.datetime64:
    return np.datetime64(day, "D")


def _table(values: Floats, unit: Ints, time: Ints) -> Floats:
    """Values by unit and period of the calendar; NaN where there is none."""
    labels, row = numbered(unit)
    width = int(time.max() - time.min()) + 1
    out = np.full((len(labels), min(width, max(LARGEST_TABLE // len(labels), 1))), np.nan)
    column = time - time.max() + out.shape[1] - 1
    kept = column >= 0
    out[row[kept], column[kept]] = values[kept]
    return out


def _later(followed: Floats, by: int) -> Floats:
    out = np.full_like(followed, np.nan)
    if by > 0:
        out[:, :-by] = followed[:, by:]
    else:
        out[:, -by:] = followed[:, :by]
    return out


def _agreement(followed: Floats, way: Floats, at: tuple[Ints, ...]) -> Agreement | None:
    same = 0.5 + 0.5 * np.sign(followed[at]) * way[at]
    known = np.isfinite(same)
    return agreement(same[known], at[0][known], at[1][known])


def _reliability(left: Floats, noise: Floats, unit: Ints, time: Ints) -> float:
    """Share of the number's movement that is surely no noise: known from its rows, or by its memory."""
    variance = float(left @ left) / max(len(left), 1)
    if variance <= 0:
        return 0.0
    kept = persistence(left, unit, time)
    known = 1 - float(noise.mean()) / variance if np.isfinite(noise).all() else 0.0
    return float(np.clip(max(kept.lag1 - 1.645 * kept.se, known), 0.0, 1.0))


def _finding(panel: Panel, brief: Brief, readings: list[_Reading]) -> Finding:
    decides = max(readings, key=lambda r: r.found.effective)
    found, smallest = decides.found, brief.smallest_effect
    state = _state(decides, smallest)
    return Finding(
        state=state,
        says=_says(brief, decides, state),
        effect=found.share,
        effect_is=EFFECT_IS,
        interval=found.interval,
        beyond=smallest,
        p_value=_p(decides, smallest),
        n=found.n,
        grade=_grade(decides),
        innocent=(
            "a longer delay between the number and its outcome than the one declared",
            "moves of the outcome that have nothing to do with what the number measures",
            "large lasting movements of the number for good reasons of its own",
        )
        if state is not State.CLEAR
        else (),
        ruled_out=(
            "single extreme or mistyped values: only moves that last three periods count",
            "a delay of up to two periods either way",
            "noise in the number",
        )
        if state is State.SUSPECT
        else (),
        needed=_needed(decides, smallest) if state is State.INCONCLUSIVE else "",
        figure=_figure(brief, readings),
        data={"moves": [_as_data(r) for r in readings], "units": len(distinct(panel.entity))},
    )


def _state(reading: _Reading, smallest: float) -> State:
    if reading.found.interval[0] > smallest:
        return State.CLEAR
    silent = all(a.interval[1] < smallest for a in (reading.found, *reading.around))
    able = reading.expected >= WOULD_SHOW
    return State.SUSPECT if silent and able and reading.found.n >= FEWEST_MOVES else State.INCONCLUSIVE


def _p(reading: _Reading, smallest: float) -> float:
    """Of "it moves the same way at this share at least, now, earlier or later"; open where its signal is too weak."""
    p = max(a.p_at_least(smallest) for a in (reading.found, *reading.around))
    return p if reading.expected >= WOULD_SHOW else max(p, 0.5)


def _says(brief: Brief, reading: _Reading, state: State) -> str:
    title, found = brief.metric.title, reading.found
    low, high = found.interval
    seen = (
        f"At {found.n} {reading.moves_are}, {title} moved the same way in {found.share:.0%} "
        f"(95% interval {max(low, 0):.0%} to {min(high, 1):.0%}); half would be chance"
    )
    if state is State.SUSPECT:
        return (
            f"{seen}, and its signal would have shown {reading.expected:.0%}: a pattern consistent "
            "with a number that does "
            "not react to what it is meant to show."
        )
    if state is State.CLEAR:
        return f"{seen}: it moves when something real moves."
    return f"{seen}. Whether it reacts is open."


def _needed(reading: _Reading, smallest: float) -> str:
    found = reading.found
    if found.interval[1] < smallest and reading.expected < WOULD_SHOW:
        return (
            "A less noisy number: more rows or longer periods. Its signal would have shown only "
            f"{reading.expected:.0%} of the "
            "moves even if it had followed them all."
        )
    distance = abs(found.share - smallest)
    wanted = int(np.ceil(7.85 * found.share * (1 - found.share) / distance**2)) if distance > 0 else 0
    if not found.n < wanted < 200 * found.n:
        wanted = 2 * found.n
    return f"About {wanted} real moves instead of {found.n}: more units, a longer history, or `events` of kind work."


def _grade(reading: _Reading) -> Grade:
    return "C" if reading.around and reading.found.n >= 50 and reading.found.df >= 15 else "D"


def _figure(brief: Brief, readings: list[_Reading]) -> Intervals:
    def row(label: str, found: Agreement, emphasis: bool) -> Interval:
        return Interval(
            label=label,
            estimate=found.share,
            lower=max(found.interval[0], 0.0),
            upper=min(found.interval[1], 1.0),
            emphasis=emphasis,
        )

    rows = []
    for reading in readings:
        rows.append(row(reading.moves_are, reading.found, True))
        for by, found in zip(AROUND, reading.around, strict=False):
            rows.append(row(f"number {abs(by)} periods {'earlier' if by < 0 else 'later'}", found, False))
    return Intervals(
        title=f"How often {brief.metric.title} moves when something real moves",
        x_is="share of moves in the same direction (95% interval)",
        rows=tuple(rows),
        reference=0.5,
        reference_is="chance",
    )


def _as_data(reading: _Reading) -> dict[str, Any]:
    return {
        "moves_are": reading.moves_are,
        "moves": reading.found.n,
        "effective_moves": reading.found.effective,
        "share": reading.found.share,
        "interval": list(reading.found.interval),
        "around": [{"share": a.share, "interval": list(a.interval)} for a in reading.around],
        "signal_would_have_shown": reading.expected,
    }


def _none(panel: Panel, brief: Brief) -> Finding:
    outcome = brief.metric.outcome
    name = outcome.metric if outcome is not None else "the outcome"
    if outcome is not None and outcome.metric not in panel.others:
        why = panel.missing.get(name, f"`{name}` is not among the data.")
        return _not_applicable(f"The outcome could not be had: {why}", f"Make `{name}` available.")
    if len(distinct(panel.entity)) < FEWEST_UNITS:
        return _not_applicable(
            f"With fewer than {FEWEST_UNITS} units, moves of {name} cannot be told from what moves everything at once.",
            "Declare `events` of kind work with a direction: what is known to have changed in the work, and when.",
        )
    return Finding(
        state=State.INCONCLUSIVE,
        says=f"{name} has hardly ever moved beyond its routine variation for three periods, so "
        "nothing real was there to follow.",
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        needed=f"At least {FEWEST_MOVES} lasting moves of {name}, or declared `events` of kind work.",
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


def _world(
    rng: np.random.Generator,
    *,
    follows: float,
    noise: float = 1.0,
    rho: float = 0.0,
    own: float = 1.0,
    units: int = 60,
    periods: int = 48,
    tails: bool = False,
) -> tuple[Panel, Brief]:
    """Outcome with lasting steps of about 4 standard deviations, one a year; the number follows them by `follows`, has
    movements of its own with memory (`own`) and noise."""
    steps = (rng.random((units, periods)) < 1 / 12) * rng.choice([-1.0, 1.0], (units, periods))
    real = 4 * np.cumsum(steps, axis=1)
    draws = rng.standard_t(3, (units, periods)) if tails else rng.standard_normal((units, periods))
    season = np.sin(2 * np.pi * np.arange(periods) / 12)
    metric = (
        follows * real + own * autoregressive(rng, units, periods, 0.7) + noise * rng.standard_normal((units, periods))
    )
    outcome = real + draws + autoregressive(rng, units, periods, rho, 0.5) + season
    return panel_specimen(
        metric=50 + 5 * (metric + season + rng.standard_normal((units, 1))),
        others={"coal_delivered": 200 + 10 * outcome},
        since=periods // 2,
        outcome="coal_delivered",
        directions={"coal_delivered": "increase"},
        smallest_effect=CHECK.smallest_effect,
    )


def _follows(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, follows=0.5)


def _follows_noisily(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, follows=0.3, noise=2.0, rho=0.6)


def _only_noise(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """It cannot show anything, which is not for this check."""
    return _world(rng, follows=0.0, own=0.0)


def _outcome_mistyped(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """The number follows; the outcome has extreme single values that mean nothing."""
    return _world(rng, follows=0.5, tails=True)


def _goes_its_own_way(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, follows=0.0, noise=0.5, units=120)


def _long_memory_of_its_own(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, follows=0.0, noise=0.3, own=2.0, units=100, periods=60, rho=0.6)


CHECK = Check(
    code="PP406",
    title="Does it move when something real moves?",
    run=run,
    smallest_effect=0.65,
    effect_is=EFFECT_IS,
    source="Deng and Shi 2016, KDD 22:77; Wheeler 1993, Understanding Variation; Wilson 1927, JASA 22:209",
    clear=(_follows, _follows_noisily, _only_noise, _outcome_mistyped),
    suspect=(_goes_its_own_way, _long_memory_of_its_own),
)
