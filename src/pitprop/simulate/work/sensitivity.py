"""Sensitivity: what each assumed value does to the results when it moves within its range, one at a time.

Both ends of every range are simulated on the random numbers of the main run, so that the differences are the value's
doing. Interactions of several values that are off at once are not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pitprop.define.assembly import altered, assembled, number_at
from pitprop.define.work import Assumption, Work, WorkScenario
from pitprop.simulate.work.results import Swing
from pitprop.simulate.work.switches import patch
from pitprop.simulate.work.trials import Trials, credited_heads

Works = dict[str, Work]


def swing(
    scenario: WorkScenario,
    assumption: Assumption,
    *,
    trials: Trials,
    replications: int,
    split: tuple[str, str] | None = None,
) -> Swing:
    """What one assumed value does within its range to the output of every arm, and to the gain.

    Parameters
    ----------
    scenario
        What was read; all of its arms are looked at.
    assumption
        Where the value stands, and its range.
    trials
        Where the simulations happen.
    replications
        How many for each way of working.
    split
        The arms of which the gain is told, first and last.

    Raises
    ------
    AssemblyError
        An end of the range is no way of working; the message says what is wrong.
    """
    now = {arm.name: arm.work for arm in scenario.arms}
    low, high = (_works(scenario, altered(scenario.document, assumption.at, end)) for end in assumption.range)

    def mean(work: Work) -> float:
        return float(trials.output(work, replications).mean())

    def headline(work: Work) -> float:
        return mean(work) / (credited_heads(work) * work.norm) if work.norm else mean(work)

    output = {name: (mean(low[name]), mean(high[name])) for name in now}
    told = {name: (headline(low[name]), headline(high[name])) for name in now if now[name].norm}
    changes = [_change(mean(now[name]), ends) for name, ends in output.items()]
    changes += [_change(headline(now[name]), ends) for name, ends in told.items()]
    ratio = None
    if split is not None:
        base, *ends = (_ratio(works, split, mean) for works in (now, low, high))
        ratio = (ends[0], ends[1])
        changes.append(_change(base, ratio))
    return Swing(
        at=assumption.at,
        value=number_at(scenario.document, assumption.at),
        range=assumption.range,
        why=assumption.why,
        output=output,
        headline=told,
        ratio=ratio,
        matters=max(changes, default=0.0),
    )


def ranked(swings: Sequence[Swing]) -> tuple[Swing, ...]:
    """The one that matters most first; as given where they matter alike."""
    return tuple(sorted(swings, key=lambda one: -one.matters))


def _change(base: float, ends: tuple[float, float]) -> float:
    """Largest relative change; 0 where there is nothing to set it against."""
    return max(abs(end / base - 1) for end in ends) if base > 0 and all(map(math.isfinite, ends)) else 0.0


def _works(scenario: WorkScenario, document: Mapping[str, Any]) -> Works:
    return {arm.name: assembled(document, arm.factors, patch(document, arm)) for arm in scenario.arms}


def _ratio(works: Works, split: tuple[str, str], mean: Callable[[Work], float]) -> float:
    """The gain as `Gain.ratio` has it; nan where the first arm yields nothing."""
    start, end = (works[name] for name in split)
    below, above = mean(start), mean(end)
    if start.norm is not None and end.norm is not None:
        below /= credited_heads(start) * start.norm
        above /= credited_heads(end) * end.norm
    return above / below if below > 0 else math.nan
