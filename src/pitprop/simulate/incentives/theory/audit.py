"""Audit: how much is falsified where it may be found out, and how hard the metric may then be paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Flags, Floats, not_negative, positive, share


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audit:
    """Falsification under audits; arrays of the shape of the arguments."""

    falsified: Floats
    """Units of the metric that are not true."""
    deterred: Flags
    """Whether nothing is falsified."""
    fine_needed: Floats
    """Least fine per unit that deters at this chance of an audit; infinite without audits."""
    chance_needed: Floats
    """Least chance that deters at this fine; above 1 where no frequency does."""
    best_weight: Floats
    """Pay per unit that serves the purpose best under these audits."""


def audit(*, weight: ArrayLike, chance: ArrayLike, fine: ArrayLike, difficulty: ArrayLike) -> Audit:
    """How much of a metric is falsified under audits, and what would deter it?

    Falsifying x brings b x, costs k x^2/2 and, found out with chance p, F x: x* = max(0, (b - p F)/k). Nothing is
    falsified iff p F >= b. Where effort a costs a^2/2 and is worth a, S(b) = b - b^2/2 - max(0, b - p F)^2/(2 k), whose
    best is b* = (k + min(1, p F))/(1 + k): k/(1 + k) without audits, 1 from p F = 1 on.

    Parameters
    ----------
    weight
        b >= 0, pay per unit.
    chance
        p, 0 to 1, that a unit is looked at.
    fine
        F >= 0 per unit found out, the pay itself included if it is taken back.
    difficulty
        k > 0.

    Source
    ------
    Becker (1968), Journal of Political Economy 76:169, with risk neutrality; the best weight is derived here.
    """
    b, p = not_negative("weight", weight), share("chance", chance)
    F, k = not_negative("fine", fine), positive("difficulty", difficulty)
    b, p, F, k = np.broadcast_arrays(b, p, F, k)
    expected = p * F
    return Audit(
        falsified=np.maximum(0.0, (b - expected) / k),
        deterred=np.asarray(expected >= b),
        fine_needed=_over(b, p),
        chance_needed=_over(b, F),
        best_weight=(k + np.minimum(1.0, expected)) / (1 + k),
    )


def _over(b: Floats, by: Floats) -> Floats:
    """b/by, infinite for a weight above 0 over nothing, and 0 where there is nothing to deter."""
    return np.divide(b, by, out=np.where(b > 0, np.inf, 0.0), where=by > 0)
