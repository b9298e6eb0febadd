"""Notch: a bonus for reaching a line, without noise. Who jumps to it, from how far, and what of the jump is true."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pitprop.simulate.incentives.theory.arguments import finite, not_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Notch:
    """Those whom a line moves; money in the unit of the cost of effort."""

    width: float
    """W, in units of the metric: from this far below somebody just jumps."""
    hole: tuple[float, float]
    """Open interval of the metric in which nobody is left."""
    mass: float
    """Share of all who pile up at the line."""
    moved: float
    """Rise of the mean of the metric by the bonus: per person, of all."""
    falsified: float
    """Of which not true."""
    false_share: float
    """Of every rise of the metric above what is done without pay, the part that is not true: 1/(1 + k)."""


def notch(
    *,
    cdf: Callable[[float], float],
    target: float,
    bonus: float,
    difficulty: float = math.inf,
    piece_rate: float = 0.0,
) -> Notch:
    """Which share of people piles up at a target, and how much of their rise is false?

    Ability theta ~ F yields y at cost (y - theta)^2/2; falsifying x costs k x^2/2; the metric is y + x. A rise T of the
    metric costs least as kappa T^2/2, kappa = k/(1 + k), of which 1/(1 + k) is false. With a piece rate b alone
    T_0 = b/kappa; the bonus B is worth a jump from W = sqrt(2 B/kappa) below the line:
    mass F(q - T_0) - F(q - T_0 - W), hole (q - W, q).

    Parameters
    ----------
    cdf
        F of ability, continuous, in units of the metric.
    target, bonus, piece_rate
        q, B >= 0 and b >= 0.
    difficulty
        k > 0; infinity where nothing can be falsified.

    Raises
    ------
    ValueError
        Where an argument is out of its range, or `cdf` is no distribution function about the target.

    Source
    ------
    Kleven and Waseem (2013), Quarterly Journal of Economics 128:669, for the notch and its hole; the split into true
    and false is derived here.
    """
    from scipy.integrate import quad

    q, rate = float(finite("target", target)), float(not_negative("piece rate", piece_rate))
    k = float(positive("difficulty", difficulty, endless=True))
    kappa = 1 / (1 + 1 / k)
    width = math.sqrt(2 * float(not_negative("bonus", bonus)) / kappa)
    top = q - rate / kappa
    low = top - width
    below, up_to = float(cdf(low)), float(cdf(top))
    if not 0 <= below <= up_to <= 1:
        raise ValueError(f"cdf: no distribution function rises from {below} at {low} to {up_to} at {top}")
    # by parts: the mean of (top - theta) over those who jump
    moved = quad(lambda theta: float(cdf(theta)) - below, low, top, epsabs=1e-12, limit=200)[0] if width else 0.0
    return Notch(
        width=width,
        hole=(q - width, q),
        mass=up_to - below,
        moved=moved,
        falsified=moved / (1 + k),
        false_share=1 / (1 + k),
    )
