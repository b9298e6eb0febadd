"""Estimate: a number with its standard error and the degrees of freedom behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimated quantity, with t intervals and one-sided tests.

    Source: Student's t with Satterthwaite (1946) degrees of freedom where `df` is not an integer.
    """

    value: float
    se: float
    """Standard error, same unit as `value`, >= 0."""
    df: float
    """Degrees of freedom of `se`, > 0."""

    def quantile(self, level: float = 0.95) -> float:
        """How many standard errors a two-sided interval of that level reaches to each side."""
        return float(stdtrit(self.df, 0.5 + level / 2))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Two-sided interval, (lower, upper), in the unit of `value`."""
        half = self.quantile(level) * self.se
        return self.value - half, self.value + half

    def p_above(self, bound: float = 0.0) -> float:
        """One-sided p-value against "at most `bound`": small where the value is clearly above it."""
        if self.se == 0.0:
            return 0.0 if self.value > bound else 1.0
        return float(stdtr(self.df, (bound - self.value) / self.se))

    def p_below(self, bound: float = 0.0) -> float:
        """One-sided p-value against "at least `bound`": small where the value is clearly below it."""
        return self.times(-1.0).p_above(-bound)

    def times(self, factor: float) -> Estimate:
        """The same estimate in another unit."""
        return Estimate(value=self.value * factor, se=self.se * math.fabs(factor), df=self.df)
