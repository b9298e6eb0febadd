"""Gain: the ratio of two arms' headlines, taken apart into the factors in which they differ.

Every combination of factors is simulated on the same random numbers. A factor's part is its Shapley value of the
logarithm of the mean headline: what it multiplies the headline by, averaged over all orders in which the factors could
have been introduced. The parts multiply to the whole ratio exactly. `alone` and `last` are the ends of that range of
orders, and say how much a part hangs on the others.

Source: Shapley (1953), Contributions to the Theory of Games II, 307; for the logarithm and the exact identity,
Shorrocks (2013), Journal of Economic Inequality 11:99. Intervals: the parts are linear in the logarithms of paired
means, so that the delta method gives each replication's influence on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work, WorkScenario
from pitprop.errors import PitpropError
from pitprop.simulate.work.intervals import over_replications
from pitprop.simulate.work.network import network
from pitprop.simulate.work.results import Estimate, FactorShare, Gain
from pitprop.simulate.work.switches import Switch, Way, way
from pitprop.simulate.work.trials import Trials, credited_heads

Floats = NDArray[np.float64]

MOST = 10
"""Factors that are taken apart: 1,024 combinations."""


class GainError(PitpropError):
    """A gain that cannot be taken apart; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """A ratio taken apart; arrays are in the order of the factors, shape (n,)."""

    ratio: Estimate
    times: tuple[Estimate, ...]
    """What each factor multiplies by."""
    share: tuple[Estimate, ...]
    """Of the logarithm of the ratio."""
    alone: Floats
    last: Floats


def gain(scenario: WorkScenario, start: str, end: str, *, trials: Trials, replications: int) -> Gain:
    """The headline of one arm over another's, by factor.

    Headlines are compared where both arms have a norm, outputs per shift where not.

    Raises
    ------
    GainError
        There are more than 10 factors, or some combination of them yields nothing.
    AssemblyError
        Some combination is no way of working; the message names it.
    """
    first, final = scenario.arm(start), scenario.arm(end)
    path = way(scenario, first, final)
    n = len(path.switches)
    if n > MOST:
        raise GainError(f"{start} and {end} differ in {n} things, at most {MOST} are taken apart; join some as factors")
    by_headline = first.work.norm is not None and final.work.norm is not None
    works = _combinations(path)
    parts = taken_apart(np.vstack([_headlines(on, w, trials, replications, by_headline) for on, w in works]))
    output = trials.output(final.work, replications)
    return Gain(
        start=start,
        end=end,
        ratio=parts.ratio,
        headline=by_headline,
        factors=tuple(
            FactorShare(
                name=switch.name,
                label=switch.label,
                times=parts.times[i],
                share=parts.share[i],
                alone=float(parts.alone[i]),
                last=float(parts.last[i]),
            )
            for i, switch in enumerate(path.switches)
        ),
        per_head=float(output.mean()) / max(network(final.work).heads, 1),
        combinations=1 << n,
        notes=_stopped(works, trials, replications),
    )


def taken_apart(values: Floats) -> Parts:
    """The ratio of the last to the first of all combinations of n factors, by factor.

    Parameters
    ----------
    values
        Headline of every combination in every replication, all positive in the mean, shape (2^n, R); factor i is on
        in row c where bit i of c is 1.
    """
    combinations = len(values)
    n = combinations.bit_length() - 1
    means = values.mean(axis=1)
    logs = np.log(means)
    # each replication's influence on the logarithms of the means
    pulls = values / means[:, None] - 1
    weights = shapley_weights(n)
    whole = logs[-1] - logs[0]
    parts, part_pulls = weights @ logs, weights @ pulls
    whole_pull = pulls[-1] - pulls[0]
    one = 1 << np.arange(n)
    share = parts / whole if whole else np.full(n, math.nan)
    share_pulls = (part_pulls - share[:, None] * whole_pull) / whole if whole else np.full_like(part_pulls, math.nan)
    return Parts(
        ratio=_times(float(whole), whole_pull),
        times=tuple(_times(float(p), pull) for p, pull in zip(parts, part_pulls, strict=True)),
        share=tuple(over_replications(s + pull) for s, pull in zip(share, share_pulls, strict=True)),
        alone=np.exp(logs[one] - logs[0]),
        last=np.exp(logs[-1] - logs[combinations - 1 - one]),
    )


def shapley_weights(n: int) -> Floats:
    """Weights of the values of all combinations in each factor's Shapley value, shape (n, 2^n).

    A combination of s factors counts (s - 1)! (n - s)! / n! for those in it and -s! (n - s - 1)! / n! for the others
    (Shapley 1953, equation 13).
    """
    rows = np.arange(1 << n)
    on = (rows[None, :] >> np.arange(n)[:, None]) & 1 == 1
    size = on.sum(axis=0)
    inside = np.array([factorial(max(s - 1, 0)) * factorial(n - s) / factorial(n) for s in range(n + 1)])
    outside = np.array([factorial(s) * factorial(max(n - s - 1, 0)) / factorial(n) for s in range(n + 1)])
    out: Floats = np.where(on, inside[size], -outside[size])
    return out


def _combinations(path: Way) -> list[tuple[tuple[Switch, ...], Work]]:
    """What is on in every combination, and the work that it makes; switch i is on where bit i of the place is 1."""
    found = []
    for combination in range(1 << len(path.switches)):
        on = tuple(switch for i, switch in enumerate(path.switches) if combination >> i & 1)
        found.append((on, path.work(on)))
    return found


def _headlines(on: tuple[Switch, ...], work: Work, trials: Trials, replications: int, by_headline: bool) -> Floats:
    output = trials.output(work, replications)
    if not output.mean() > 0:
        stopped = " (the work comes to a stand)" if len(trials.stopped(work, replications)) else ""
        raise GainError(f"nothing comes out with {_listed(on)}{stopped}, and to nothing there is no ratio")
    if by_headline and work.norm is None:
        raise GainError(f"there is no norm with {_listed(on)}, and so no headline")
    return output / (credited_heads(work) * (work.norm or 1.0)) if by_headline else output


def _stopped(works: list[tuple[tuple[Switch, ...], Work]], trials: Trials, replications: int) -> tuple[str, ...]:
    """What to say of combinations in which the work comes to a stand: how many they are, and the worst."""
    counts = [len(trials.stopped(work, replications)) for _, work in works]
    if not any(counts):
        return ()
    worst = int(np.argmax(counts))
    many = f"In {np.count_nonzero(counts)} of the {len(works)} combinations of changes the work comes to a stand"
    return (f"{many}, with {_listed(works[worst][0])} in {counts[worst]} of {replications} replications.",)


def _times(log: float, pulls: Floats) -> Estimate:
    around = over_replications(pulls)
    return Estimate(mean=math.exp(log), low=math.exp(log + around.low), high=math.exp(log + around.high))


def _listed(on: tuple[Switch, ...]) -> str:
    """The changes that are on, as words."""
    return " and ".join(f"the change {switch.label}" for switch in on) if on else "none of the changes"
