"""Surrogate: did the units that gained most in the number gain most in what it stands for?

Why it matters
--------------
A number may go with success from day to day and still be a bad stand-in for it: what a target changes is not what moves
it on an ordinary day. The test of a stand-in is whether its gains are gains in success.

Looks for
---------
Each unit's gain in the number, and in the declared outcome (`lag` periods later), from before the target's first day to
after it, compared over units, as treatment effects are compared over trials. The effect is the correlation of the two
gains, the noise in both removed: its square is the share of the outcome's gains that the number's gains tell (R2 of the
trials). Clear: the 95% interval lies above the smallest correlation, 0.5 by default (a quarter of the gains). Suspect:
it lies below, and a gain in the number was worth clearly less than half of what an equal movement of it was
worth before the target: where units differ little in what they gained, other causes of success must not count against
the number.

Noise in the first stage makes honest gains look unrelated. It is known from the scatter within units on
either side, with as much memory as that shows, and is subtracted; where nothing of the gains is left, the answer is
open.

Assumes
-------
Units independent of each other; they differ in how much they gained. That what is noise within a unit is noise in its
gain. The declared lag. Units without the target count as well, with the gains they made.

Blind to
--------
Gains that all units have in common. Outcomes whose true gains do not differ between units. A direct harm of the target
that the number does not see but that falls on all units alike (the surrogate paradox; see `guardrail`).

Source
------
Buyse, Molenberghs, Burzykowski, Renard and Geys 2000, Biostatistics 1:49 (two stages, R2 of trials and individuals);
Burzykowski, Molenberghs and Buyse 2005, The Evaluation of Surrogate Endpoints; Bibaut, Chou, Ejdemyr and Kallus 2024,
arXiv 2402.17637 (noise of the first stage); VanderWeele 2013, Biometrics 69:561 (surrogate paradox).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from pitprop.digest.panel import Panel
from pitprop.examine.before_after import BeforeAfter, before_after
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.numbered import distinct
from pitprop.stats.surrogate import Gains, TwoStage, gains, two_stage

Floats = NDArray[np.float64]

EFFECT_IS = "correlation over units of true gains in the outcome with true gains in the number"
FEWEST_UNITS = 10
WORTH = 0.5
"""Share of what a movement of the number used to be worth below which a gain in it is worth too little."""
SIGNS = {"increase": 1.0, "decrease": -1.0}


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether gains in the metric since the target went with gains in its outcome."""
    outcome = brief.metric.outcome
    if outcome is None:
        return _not_applicable("No outcome is declared.", "Declare `outcome`: the metric that is real success.")
    if outcome.metric not in panel.others:
        why = panel.missing.get(outcome.metric, f"`{outcome.metric}` is not among the data.")
        return _not_applicable(f"The outcome could not be had: {why}", f"Make `{outcome.metric}` available.")
    own = SIGNS.get(brief.metric.improvement_direction)
    other = SIGNS.get(panel.directions.get(outcome.metric, "increase"))
    if own is None or other is None:
        return _not_applicable(
            "Which way is better is not declared.", "Declare `improvement_direction` of both metrics."
        )
    x, y = own * panel.metric.value, other * panel.others[outcome.metric].value
    cells = before_after(panel, brief.metric.targets, (x, y), lag=outcome.lag)
    if isinstance(cells, str):
        return _not_applicable(cells, "A target with `since`, and data from before and after it.")
    x, y = x[cells.cell], y[cells.cell]
    if cells.units < FEWEST_UNITS:
        return _not_applicable(
            f"Gains can be compared over {cells.units} units only; at least {FEWEST_UNITS} are needed.",
            "More units with data from before and after the target.",
        )
    if min(np.ptp(x), np.ptp(y)) <= 1e-12 * max(np.abs(x).max(), np.abs(y).max()):
        return _not_applicable("The number or its outcome never varies.", "A number and an outcome that vary.")
    found = gains(x=x, y=y, after=cells.after, unit=cells.unit, time=cells.time)
    if found is None or found.units < FEWEST_UNITS:
        return _not_applicable(
            "Too few units have several values on both sides, or nothing varies within them.",
            f"At least {FEWEST_UNITS} units with several periods before and after the target.",
        )
    published = two_stage(surrogate=x, true=y, treated=cells.after, trial=cells.unit)
    return _finding(brief, cells, found, published)


def _finding(brief: Brief, cells: BeforeAfter, found: Gains, published: TwoStage) -> Finding:
    interval = found.correlation.interval if min(found.variance) > 0 else None
    state = _state(found, interval, brief.smallest_effect)
    assert brief.metric.outcome is not None
    return Finding(
        state=state,
        says=_says(brief, found, interval, state),
        effect=found.correlation.value if interval is not None else None,
        effect_is=EFFECT_IS,
        interval=interval,
        beyond=brief.smallest_effect,
        p_value=_p(found, brief.smallest_effect) if interval is not None else None,
        n=len(cells.cell),
        grade=_grade(cells, found),
        innocent=(
            "another lag than the one declared: the outcome may need longer to follow",
            "something else that changed the outcome of some units and not of others at the same time",
        )
        if state is not State.CLEAR
        else (),
        ruled_out=(
            "noise in the gains, and its memory",
            "what changed for all units at once",
            *(("units that hardly differ in what they gained",) if state is State.SUSPECT else ()),
        )
        if interval is not None
        else (),
        needed=_needed(found, interval, brief.smallest_effect) if state is State.INCONCLUSIVE else "",
        figure=_figure(brief, found, interval),
        data=_data(cells, found, published),
    )


def _state(found: Gains, interval: tuple[float, float] | None, smallest: float) -> State:
    if interval is None:
        return State.INCONCLUSIVE
    if interval[0] > smallest:
        return State.CLEAR
    return State.SUSPECT if interval[1] < smallest and _worthless(found) else State.INCONCLUSIVE


def _worthless(found: Gains) -> bool:
    """Whether a gain was clearly worth less than half of what a movement used to be worth, and that was something."""
    return found.usual > 0 and _p_usual(found) < 0.025 and found.worth.p_at_least(WORTH) < 0.025


def _p_usual(found: Gains) -> float:
    return float(stdtr(found.worth.df, -found.usual_t))


def _p(found: Gains, smallest: float) -> float:
    """Of "the gains go together, or are worth half of what they were, or never were worth anything"."""
    return max(found.correlation.p_at_least(smallest), found.worth.p_at_least(WORTH), _p_usual(found))


def _says(brief: Brief, found: Gains, interval: tuple[float, float] | None, state: State) -> str:
    metric = brief.metric
    assert metric.outcome is not None
    name = metric.outcome.metric
    if interval is None:
        which = metric.title if found.variance[0] <= 0 or found.correlation.interval is None else name
        if found.variance[1] <= 0 < found.variance[0]:
            which = name
        return (
            f"Whether the units that gained most in {metric.title} gained most in {name} is open: "
            f"their gains in {which} hardly "
            "differ beyond noise."
        )
    low, high = max(interval[0], -1), min(interval[1], 1)
    told = f"(correlation {found.correlation.value:.2f}, 95% interval {low:.2f} to {high:.2f})"
    if state is State.SUSPECT:
        return (
            f"The {found.units} units that gained most in {metric.title} since the target did not "
            f"gain accordingly in {name} "
            f"{told}, and a gain was worth {found.worth.value:.0%} of what an equal movement was "
            "worth before: a pattern "
            "consistent with gains in the number that are none in what it stands for."
        )
    if state is State.CLEAR:
        return f"The units that gained most in {metric.title} since the target gained most in {name} {told}."
    return f"Whether the units that gained most in {metric.title} gained most in {name} is open {told}."


def _needed(found: Gains, interval: tuple[float, float] | None, smallest: float) -> str:
    if interval is None:
        return "Units that differ more in what they gained, more of them, or more periods on both sides."
    if interval[1] < smallest:
        return (
            "More units or periods: the gains hardly go together, but what a gain ought to be worth "
            "is not known well enough "
            "to hold that against the number."
        )
    half, distance = (interval[1] - interval[0]) / 2, abs(found.correlation.value - smallest)
    factor = (1.43 * half / distance) ** 2 if distance > 0 else np.inf
    if not factor < 200:
        return "The correlation lies so near the smallest that matters that no feasible number of units would decide."
    return (
        f"About {int(np.ceil(max(factor, 1.05) * found.units))} units instead of {found.units}, if the estimate stays."
    )


def _grade(cells: BeforeAfter, found: Gains) -> Grade:
    """B with units that never came under the target, else C; one step down where data are thin."""
    steps = (1 if cells.compared else 2) + int(found.correlation.df < 10 or cells.left_out > 0.1)
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(steps, 3)]


def _figure(brief: Brief, found: Gains, interval: tuple[float, float] | None) -> Intervals | None:
    if interval is None:
        return None
    assert brief.metric.outcome is not None

    def row(label: str, value: float, ends: tuple[float, float], emphasis: bool = False) -> Interval:
        low, high = (float(np.clip(e, -1, 1)) for e in ends)
        return Interval(label=label, estimate=float(np.clip(value, -1, 1)), lower=low, upper=high, emphasis=emphasis)

    half = 1.96 / max(found.units - 3, 1) ** 0.5
    around = float(np.arctanh(np.clip(found.plain, -0.999999, 0.999999)))
    return Intervals(
        title=f"Gains in {brief.metric.title} and in {brief.metric.outcome.metric} since the target",
        x_is="correlation over units (95% interval)",
        rows=(
            row(
                "gains as they are, with noise",
                found.plain,
                (float(np.tanh(around - half)), float(np.tanh(around + half))),
            ),
            row("true gains", found.correlation.value, interval, True),
        ),
        reference=brief.smallest_effect,
        reference_is="smallest that makes a stand-in",
    )


def _data(cells: BeforeAfter, found: Gains, published: TwoStage) -> dict[str, Any]:
    interval, worth = found.correlation.interval, found.worth.interval
    known = min(found.variance) > 0
    return {
        "since": cells.since.isoformat(),
        "units": found.units,
        "units_without_target": len(distinct(cells.unit[~cells.under])),
        "r2_trial": found.correlation.value**2 if known else None,
        "correlation_interval": None if interval is None or not known else list(interval),
        "correlation_with_noise": found.plain,
        "worth_of_a_gain": found.worth.value if known else None,
        "worth_of_a_gain_interval": None if worth is None or not known else list(worth),
        "usual_slope": found.usual,
        "variance_of_true_gains": list(found.variance),
        "noise_in_gains": list(found.noise),
        "r2_individual": found.individual**2,
        "two_stage_as_published": {
            "r2_trial": published.trial,
            "r2_trial_interval": list(published.trial_interval),
            "r2_individual": published.individual,
            "trials": published.trials,
        },
        "left_out": cells.left_out,
    }


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


def _world(
    rng: np.random.Generator,
    *,
    worth: float = 1.0,
    gained: float = 1.0,
    own: float = 0.4,
    noise: float = 0.5,
    rho: float = 0.3,
    units: int = 60,
    periods: int = 36,
    exempt: int = 0,
) -> tuple[Panel, Brief]:
    """Outcome = own level + work; the number is work with noise, and since the target gains of its own kind, of which
    `worth` is in the work. Units differ in them with standard deviation `gained`, and in honest changes of their
    outcome with `own`. Everything is in standard deviations of the work from period to period."""
    since = periods // 2
    after = np.arange(periods) >= since
    under = np.arange(units)[:, None] < units - exempt
    gain = np.maximum(1.0 + gained * rng.standard_normal((units, 1)), 0.0) * (after & under)
    work = autoregressive(rng, units, periods, rho) + np.sin(2 * np.pi * np.arange(periods) / 12)
    metric = work + gain + noise * rng.standard_normal((units, periods)) + rng.standard_normal((units, 1))
    change = own * rng.standard_normal((units, 1)) * after
    outcome = (
        work + worth * gain + change + autoregressive(rng, units, periods, rho, 0.7) + rng.standard_normal((units, 1))
    )
    return panel_specimen(
        metric=50 + 5 * metric,
        others={"coal_delivered": 200 + 10 * outcome},
        since=since,
        exempt=exempt,
        outcome="coal_delivered",
        directions={"coal_delivered": "increase"},
        smallest_effect=CHECK.smallest_effect,
    )


def _real_gains(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng)


def _noisy(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Real gains, little different from unit to unit, in short and noisy series."""
    return _world(rng, gained=0.3, noise=2.0, periods=16, rho=0.6)


def _other_causes(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All gain about alike; what differs in success has other causes."""
    return _world(rng, gained=0.3, own=1.5)


def _compared(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, exempt=20, rho=0.6)


def _empty_gains(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, worth=0.0, own=0.8, units=120)


def _empty_gains_with_comparison(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, worth=0.0, own=0.8, units=120, exempt=40)


CHECK = Check(
    code="PP404",
    title="Are gains in it gains in what it stands for?",
    run=run,
    smallest_effect=0.5,
    effect_is=EFFECT_IS,
    source="Buyse, Molenberghs, Burzykowski, Renard and Geys 2000, Biostatistics 1:49; Burzykowski, "
    "Molenberghs and Buyse "
    "2005, The Evaluation of Surrogate Endpoints",
    needs=("outcome", "targets"),
    clear=(_real_gains, _noisy, _other_causes, _compared),
    suspect=(_empty_gains, _empty_gains_with_comparison),
)
