"""Falsification: how much of a metric is false when it is paid, and what the cheapest way to a target consists of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite, positive


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Falsification:
    """A metric that can be falsified, under pay; arrays of the shape of the arguments."""

    weight: Floats
    """Pay per unit of the metric."""
    effort: Floats
    """True effort, in units of the metric."""
    inflation: Floats
    """Metric less truth."""
    surplus: Floats
    """Value less the cost of effort and of falsifying."""


def falsification(*, difficulty: ArrayLike, weight: ArrayLike | None = None) -> Falsification:
    """How hard may a metric be paid that can also be falsified, and how false does it get?

    Effort a costs a^2/2 and is worth a; falsifying x costs k x^2/2 and is worth nothing; the metric is a + x.
    a = b, x = b/k; S(b) = b - b^2 (1 + k)/(2 k); best b* = k/(1 + k), S* = k/(2 (1 + k)).

    Parameters
    ----------
    difficulty
        k > 0: cost of falsifying in relation to that of true effort; infinity where it cannot be done.
    weight
        b; the best one if left out.

    Source
    ------
    The linear optimum with one activity of value 0; costly falsification as in Lacker and Weinberg (1989), Journal of
    Political Economy 97:1345.
    """
    k = positive("difficulty", difficulty, endless=True)
    b = 1 / (1 + 1 / k) if weight is None else finite("weight", weight)
    b, k = np.broadcast_arrays(b, k)
    return Falsification(weight=b, effort=b, inflation=b / k, surplus=b - b**2 * (1 + 1 / k) / 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The cheapest way to raise a metric."""

    effort: Floats
    """(K,) units of each activity."""
    share: Floats
    """(K,) of the rise that comes from each."""
    cost: float
    price: float
    """Cost of one more unit of the metric."""


def split(*, rise: float, gain: ArrayLike, cost: ArrayLike) -> Split:
    """Improve the work, distort the work, distort the data: in which parts is a metric raised at the least cost?

    a_k = D (g_k/c_k) / sum_j g_j^2/c_j, so that the rise splits as g_k^2/c_k; cost D^2 / (2 sum_j g_j^2/c_j). With
    equal gains, the parts are as 1/c_k: whatever is made harder to falsify is made up for by the rest.

    Parameters
    ----------
    rise
        D, in units of the metric.
    gain
        g (K,) of the metric per unit of each activity, not all zero.
    cost
        c (K,) > 0, each activity costing c_k a_k^2/2.

    Raises
    ------
    ValueError
        Where shapes differ, a cost is not above 0, or no activity moves the metric.

    Source
    ------
    The three ways are Joiner's, as in Wheeler (1993), Understanding Variation; the split is derived here.
    """
    d, g, c = float(finite("rise", rise)), finite("gain", gain), positive("cost", cost)
    if g.ndim != 1 or g.shape != c.shape:
        raise ValueError(f"cost: one for each of the gains {g.shape} is needed, not {c.shape}")
    power = float((g**2 / c).sum())
    if not power:
        raise ValueError("gain: no activity moves the metric")
    price = d / power
    return Split(effort=price * g / c, share=g**2 / c / power, cost=d * price / 2, price=price)
