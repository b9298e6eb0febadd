"""What a number is worth a year, less what it costs, over the ranges in which its inputs are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.history import History
from pitprop.stats.information import partial, perfect, sample

Floats = NDArray[np.float64]
Span = tuple[float, float]
"""Low and high end; the same twice where the value is known."""

SPANS = ("benefit_per_unit", "used", "hours_per_period", "hourly_rate", "amount", "gaming_loss")
"""Inputs that may be known as a range only; the history adds `level`, `variation` and `noise`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the value of a number depends on; each span is drawn evenly over."""

    history: History
    """Of the number on which decisions are taken, each on one observation."""
    break_even: float
    """Level of the number at which acting and not acting come to the same."""
    benefit_per_unit: Span
    """Gain of acting per unit of the number above break-even, per decision."""
    decisions_per_year: float
    used: Span
    """Probability that a decision uses the number."""
    periods_per_year: int
    hours_per_period: Span
    hourly_rate: Span
    amount: Span
    """Other cost per period."""
    gaming_loss: Span
    """A year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetValue:
    """Net value of a number a year, in the unit of money of its inputs.

    Single figures are at the middle of every span and at the history's estimates; intervals hold 95 % of the
    draws.
    """

    net: float
    interval: Span
    evsi: float
    """Value of one observation to one decision."""
    evpi: float
    """Value of knowing without noise to one decision."""
    gross: float
    """Value a year before costs."""
    gross_interval: Span
    spent: float
    """Cost a year, the loss from gaming included."""
    spent_interval: Span
    influence: Mapping[str, tuple[float, float]]
    """For each input that is not known: EVPPI, and share of the variance (first order)."""

    @property
    def decisive(self) -> str | None:
        """The input that it would be worth most to know better; None where all are known."""
        known = self.influence
        return max(known, key=lambda name: known[name]) if known else None


def net_value(inputs: Inputs, *, rng: np.random.Generator, draws: int = 10_000) -> NetValue:
    """How much is a number worth a year, less what it costs?

    Net value = D EVSI P(used) - costs. The prior of the gain of acting is normal with mean
    b (m - break-even) and standard deviation b s, where b is the benefit per unit, m the mean level and s^2
    the variance of the number less that of its noise; the number itself is the one measurement.

    Parameters
    ----------
    inputs
        Spans are drawn evenly and independently; the history's mean has Student's t about it, its variance
        a scaled inverse chi-square with its degrees of freedom.
    rng
        The same state gives the same result.
    draws
        Monte Carlo draws.

    Source
    ------
    Raiffa and Schlaifer (1961), section 5.6; Strong, Oakley and Brennan (2014), eq. 4 (influence); Hubbard
    (2014), How to Measure Anything, chapter 7.
    """
    h = inputs.history
    drawn = {name: _even(_span(inputs, name), rng, draws) for name in SPANS}
    drawn["noise"] = _even(h.noise, rng, draws)
    side = 1.0 if h.mean >= inputs.break_even else -1.0  # a number turned about break-even has the same draws
    drawn["level"] = h.mean + side * h.error * rng.standard_t(h.clusters - 1, draws)
    drawn["variation"] = h.variance * h.freedom / rng.chisquare(h.freedom, draws)
    _, _, gross, spent = _value(inputs, drawn)
    middle = {name: np.array([np.mean(getattr(inputs, name))]) for name in SPANS}
    estimates = {"noise": float(np.mean(h.noise)), "level": h.mean, "variation": h.variance}
    middle |= {name: np.array([estimate]) for name, estimate in estimates.items()}
    evsi, evpi, worth, cost = (float(a[0]) for a in _value(inputs, middle))
    unknown = {name: d for name, d in drawn.items() if float(np.ptp(d)) > 0}
    return NetValue(
        net=worth - cost,
        interval=_middle(gross - spent),
        evsi=evsi,
        evpi=evpi,
        gross=worth,
        gross_interval=_middle(gross),
        spent=cost,
        spent_interval=_middle(spent),
        influence=partial(gross - spent, unknown),
    )


def _value(inputs: Inputs, known: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats, Floats]:
    """EVSI and EVPI of a decision, and what the number is worth and costs a year."""
    benefit = np.abs(known["benefit_per_unit"])
    mean = benefit * (known["level"] - inputs.break_even)
    sd = benefit * np.sqrt(np.maximum(known["variation"] - known["noise"], 0.0))
    evsi = sample(mean=mean, sd=sd, noise=benefit * np.sqrt(known["noise"]))
    gross = inputs.decisions_per_year * evsi * known["used"]
    spent = inputs.periods_per_year * (known["hours_per_period"] * known["hourly_rate"] + known["amount"])
    return evsi, perfect(mean=mean, sd=sd), gross, spent + known["gaming_loss"]


def _span(inputs: Inputs, name: str) -> Span:
    """The span of an input; of a benefit that is nowhere positive, the span of its size, which alone counts."""
    low, high = getattr(inputs, name)
    return (-high, -low) if name == "benefit_per_unit" and high <= 0 else (low, high)


def _middle(draws: Floats) -> Span:
    """The 95 % in the middle of the draws."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def _even(span: Span, rng: np.random.Generator, draws: int) -> Floats:
    """Latin hypercube over the span, so that its ends and middle are met as often as they should."""
    strata = (rng.permutation(draws) + rng.random(draws)) / draws
    return span[0] + (span[1] - span[0]) * strata
