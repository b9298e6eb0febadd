"""Performative targets: a target fitted to people who answer to it, fitted again, and where that ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pitprop.simulate.incentives.theory.arguments import Floats, finite, not_negative, positive, whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retraining:
    """A target that is fitted again and again."""

    targets: Floats
    """(steps + 1,) the first one included."""
    stable: float | None
    """Where refitting changes nothing more; None where it never settles."""


def retraining(*, base: float, sensitivity: float, steps: int, start: float = 0.0) -> Retraining:
    """Where does a target go that is set to the mean of people who answer to it?

    Under target th the mean is mu + eps th, and the next target is that mean (squared loss):
    th_k = mu (1 - eps^k)/(1 - eps) + eps^k th_0, which settles at mu/(1 - eps) iff |eps| < 1.

    Parameters
    ----------
    base
        mu, in units of the metric.
    sensitivity
        eps: how far the mean moves per unit of the target.
    steps, start
        How many times it is fitted, >= 0; th_0.

    Raises
    ------
    ValueError
        Where an argument is out of its range, or the targets grow beyond all numbers.

    Source
    ------
    Perdomo, Zrnic, Mendler-Dünner and Hardt (2020), ICML, repeated risk minimisation; the example is worked out here.
    """
    mu, eps, first = (
        float(finite("base", base)),
        float(finite("sensitivity", sensitivity)),
        float(finite("start", start)),
    )
    with np.errstate(over="ignore", invalid="ignore"):
        power = eps ** np.arange(int(whole("steps", steps, least=0)) + 1.0)
        summed = np.concatenate([[0.0], np.cumsum(power[:-1])])  # (1 - eps^k)/(1 - eps), for eps near 1 too
        targets = mu * summed + power * first
    if not np.all(np.isfinite(targets)):
        raise ValueError(f"steps: the targets grow beyond all numbers within {steps} of them; ask for fewer")
    return Retraining(targets=targets, stable=mu / (1 - eps) if abs(eps) < 1 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contraction:
    """Whether refitting in general settles, and how fast."""

    rate: float
    """Distance left after one more fit, at most; below 1 it settles."""
    steps: int | None
    """Fits that are enough to come as near as asked; None where nothing is promised."""


def contraction(
    *, sensitivity: float, smoothness: float, convexity: float, distance: float = 1.0, within: float = 0.01
) -> Contraction:
    """Does repeated refitting settle, and how soon?

    It contracts at eps beta/gamma: settles if eps < gamma/beta, within delta after
    log(distance/delta)/(1 - eps beta/gamma) fits.

    Parameters
    ----------
    sensitivity
        eps >= 0: how far people's data move (Wasserstein distance) per unit of the target.
    smoothness, convexity
        beta and gamma > 0 of the loss.
    distance, within
        From the start to the stable target (at most), and how near is near enough; > 0.

    Source
    ------
    Perdomo, Zrnic, Mendler-Dünner and Hardt (2020), ICML, on repeated risk minimisation
    (loss smooth and strongly convex).
    """
    eps = float(not_negative("sensitivity", sensitivity))
    beta, gamma = float(positive("smoothness", smoothness)), float(positive("convexity", convexity))
    far, near = float(positive("distance", distance)), float(positive("within", within))
    rate = eps * beta / gamma
    steps = max(0, math.ceil(math.log(far / near) / (1 - rate))) if rate < 1 else None
    return Contraction(rate=rate, steps=steps)
