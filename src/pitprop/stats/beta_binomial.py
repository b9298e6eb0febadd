"""Beta-binomial: how much do units' true shares differ, seen through binomial noise?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, expit, logit

Floats = NDArray[np.float64]

MOST = 1e6
"""Largest a + b: true shares that differ by less than a tenth of a percentage point count as equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaBinomial:
    """True shares of units as a beta distribution."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def between(self) -> float:
        """Variance of the true shares, ab / ((a + b)^2 (a + b + 1))."""
        total = self.a + self.b
        return self.a * self.b / (total**2 * (total + 1))

    def signal_share(self, trials: Floats) -> Floats:
        """Reliability of a unit's share by the number of its trials, n / (n + a + b)."""
        n = np.asarray(trials, dtype=np.float64)
        out: Floats = n / (n + self.a + self.b)
        return out


def beta_binomial(successes: Floats, trials: Floats) -> BetaBinomial:
    """Fit by maximum likelihood; a + b is kept between 1e-3 and 1e6 (the latter: shares do not differ).

    Parameters
    ----------
    successes, trials
        Of each unit, shape (n,); trials positive, 0 <= successes <= trials, neither all 0 nor all trials.

    Raises
    ------
    ValueError
        Counts out of range, or no variation at all.

    Source
    ------
    Adams (2009), RAND TR-653, chapter 3; R = s_b^2 / (s_b^2 + p (1 - p) / n) averages to n / (n + a + b).
    """
    from scipy.optimize import minimize

    y, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if np.any(n <= 0) or np.any(y < 0) or np.any(y > n) or y.sum() in (0.0, n.sum()):
        raise ValueError("successes lie between 0 and trials, and are neither none nor all")

    def loss(theta: Floats) -> tuple[float, Floats]:
        mean, total = float(expit(theta[0])), float(np.exp(theta[1]))
        a, b = mean * total, (1 - mean) * total
        by_a = np.sum(digamma(y + a) - digamma(a) - digamma(n + total) + digamma(total))
        by_b = np.sum(digamma(n - y + b) - digamma(b) - digamma(n + total) + digamma(total))
        slope = np.array([mean * (1 - mean) * total * (by_a - by_b), a * by_a + b * by_b])
        return -float(np.sum(betaln(y + a, n - y + b) - betaln(a, b))), -slope

    bounds = ((-20.0, 20.0), (np.log(1e-3), np.log(MOST)))
    first = float(logit(y.sum() / n.sum()))
    fits = [
        minimize(loss, (first, np.log(total)), jac=True, bounds=bounds, method="L-BFGS-B")
        for total in (3.0, 100.0, 3000.0)
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    mean, total = float(expit(best.x[0])), float(np.exp(best.x[1]))
    return BetaBinomial(a=mean * total, b=(1 - mean) * total)
