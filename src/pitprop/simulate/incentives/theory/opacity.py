"""Opacity: not to know which task will be paid makes the risk-averse spread their effort."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite, not_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opacity:
    """The response to pay on one task of several, drawn afterwards."""

    effort: Floats
    """(K,) on each task."""
    expected_pay: float
    certainty_equivalent: float
    """Of the pay, before the cost of effort."""

    @property
    def risk(self) -> float:
        """What the agent would give to know: the price of opacity."""
        return self.expected_pay - self.certainty_equivalent


def opacity(*, weight: float, cost: ArrayLike, risk_aversion: float, odds: ArrayLike | None = None) -> Opacity:
    """How is effort spread over tasks of which one, nobody knows which, will be paid?

    Pay is b a_k with chance p_k; task k costs c_k a_k^2/2; risk aversion r is constant:
    c_k a_k = b p_k exp(-r b a_k) / sum_j p_j exp(-r b a_j). The objective is concave, so that there is one answer:
    a_k = W(r b^2 p_k/(c_k Z))/(r b), W Lambert's function, Z such that sum_k c_k a_k = b. (r = 0: b p_k/c_k.)

    Parameters
    ----------
    weight, cost, risk_aversion
        b > 0, c (K,) > 0, r >= 0.
    odds
        p (K,), in any unit; equal if left out.

    Raises
    ------
    ValueError
        Where an argument is out of its range, or odds and costs are not as many.

    Source
    ------
    After Ederer, Holden and Meyer (2018), RAND Journal of Economics 49:819 (ex ante randomisation); separable costs and
    the solution by Lambert's function are derived here.
    """
    from scipy.optimize import brentq
    from scipy.special import wrightomega

    c = np.atleast_1d(positive("cost", cost))
    p = np.ones(len(c)) if odds is None else positive("odds", odds)
    if p.shape != c.shape:
        raise ValueError(f"odds: one for each of {len(c)} tasks are needed, not {p.shape}")
    b, r, p = float(positive("weight", weight)), float(not_negative("risk aversion", risk_aversion)), p / p.sum()
    if r * b**2 / c.min() < 1e-12:  # what risk there is changes no digit
        return _opacity(b * p / c, b, p, r)
    inside = np.log(r * b**2 * p / c)

    def efforts(log_z: float) -> Floats:
        return np.asarray(wrightomega(inside - log_z), dtype=float) / (r * b)

    root = brentq(lambda z: float(c @ efforts(z)) / b - 1, -r * b**2 / c.min() - 1, 1.0, xtol=1e-14, rtol=1e-14)
    return _opacity(efforts(root), b, p, r)


def opaque_substitutes(*, weight: float, burden: float, risk_aversion: float) -> Opacity:
    """The same for two tasks that draw on one attention, cost (a_1 + lam a_2)^2/2 and equal odds.

    a_1 - a_2 = ln(lam)/(r b) and a_1 + lam a_2 = b/(1 + lam), as long as that leaves a_2 above 0; else a_2 = 0. Known
    pay on both would leave the harder task undone altogether.

    Parameters
    ----------
    weight, risk_aversion
        b > 0 and r >= 0.
    burden
        lam >= 1, of the harder task.

    Source
    ------
    Ederer, Holden and Meyer (2018), RAND Journal of Economics 49:819; in this notation derived here.
    """
    from scipy.optimize import brentq

    b, r = float(positive("weight", weight)), float(not_negative("risk aversion", risk_aversion))
    lam = float(finite("burden", burden))
    if lam < 1:
        raise ValueError(f"burden: that of the harder task is needed, at least 1, not {burden}")
    halves = np.array([0.5, 0.5])
    if lam == 1 and r == 0:  # nothing tells the tasks apart
        return _opacity(np.array([b / 4, b / 4]), b, halves, r)
    gap = math.inf if r == 0 else math.log(lam) / (r * b)
    second = (b / (1 + lam) - gap) / (1 + lam)
    if second > 0:
        return _opacity(np.array([second + gap, second]), b, halves, r)
    first = brentq(lambda a: b / (1 + math.exp(min(r * b * a, 700.0))) - a, 0.0, b, xtol=1e-14, rtol=1e-14)
    return _opacity(np.array([float(first), 0.0]), b, halves, r)


def _opacity(a: Floats, b: float, p: Floats, r: float) -> Opacity:
    mean = b * float(p @ a)
    least = b * float(a.min())
    sure = mean if r * float(np.ptp(b * a)) < 1e-12 else least - math.log(float(p @ np.exp(-r * (b * a - least)))) / r
    return Opacity(effort=a, expected_pay=mean, certainty_equivalent=sure)
