"""Jackknifed ratios: how sure is the ratio of two estimates from independent units?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from pitprop.stats.ratio_interval import RatioInterval, ratio_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """numerator / denominator with the covariance of the two, leaving out one unit at a time."""

    numerator: float
    denominator: float
    """At least 0."""
    covariance: tuple[float, float, float]
    """Variance of the numerator, of the denominator, and their covariance."""
    df: float

    @property
    def value(self) -> float:
        """The ratio; infinite or NaN where the denominator is 0."""
        if self.denominator == 0:
            return float("nan") if self.numerator == 0 else float("inf")
        return self.numerator / self.denominator

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% interval; None where it is not bounded."""
        return self.interval_at(0.95)

    def interval_at(self, level: float) -> tuple[float, float] | None:
        """The two-sided interval of that level; None where it is not bounded."""
        made = self._fieller(level)
        return (made.lower, made.upper) if made.bounded and made.lower is not None and made.upper is not None else None

    @property
    def fieller(self) -> RatioInterval:
        """The 95% interval, which need not be bounded."""
        return self._fieller(0.95)

    def _fieller(self, level: float) -> RatioInterval:
        return ratio_interval(
            numerator=self.numerator,
            denominator=self.denominator,
            variance_numerator=self.covariance[0],
            variance_denominator=self.covariance[1],
            covariance=self.covariance[2],
            quantile=float(stdtrit(self.df, 0.5 + level / 2)),
        )

    def p_at_most(self, ratio: float) -> float:
        """One-sided p-value of "the ratio is at most this": small where it is clearly more."""
        return 1.0 - self.p_at_least(ratio)

    def p_at_least(self, ratio: float) -> float:
        """One-sided p-value of "the ratio is at least this": small where it is clearly less."""
        va, vb, c = self.covariance
        variance = va - 2 * ratio * c + ratio**2 * vb
        gap = self.numerator - ratio * self.denominator
        if variance <= 0:
            return 0.0 if gap < 0 else 1.0
        return float(stdtr(self.df, gap / variance**0.5))


def jackknifed(a: float, b: float, a_without: Floats, b_without: Floats, *, df: float) -> Ratio:
    """a / b, turned so that b is not negative.

    Parameters
    ----------
    a, b
        Estimates from all units.
    a_without, b_without
        The same without each unit in turn, shape (units,), at least two.
    df
        Degrees of freedom.

    Source
    ------
    Efron and Stein 1981, Annals of Statistics 9:586 (leaving out one at a time); Fieller 1954, J. R. Stat. Soc. B
    16:175.
    """
    g, turned = len(a_without), 1.0 if b >= 0 else -1.0
    off = turned * np.vstack([a_without, b_without])
    off = off - off.mean(axis=1, keepdims=True)
    v = (g - 1) / g * off @ off.T
    return Ratio(
        numerator=float(turned * a),
        denominator=float(turned * b),
        covariance=(float(v[0, 0]), float(v[1, 1]), float(v[0, 1])),
        df=df,
    )
