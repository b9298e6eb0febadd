"""Ratio interval: what range of ratios two correlated estimates allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioInterval:
    """The confidence set of a ratio, which need not be an interval.

    `kind` is `interval`: [lower, upper]; `complement`: everything outside (lower, upper), where the
    denominator may be zero; `line`: every ratio is possible. `lower` and `upper` are None for a line.
    """

    estimate: float | None
    """numerator / denominator; None where the denominator is 0."""
    kind: Literal["interval", "complement", "line"]
    lower: float | None = None
    upper: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether the set is an ordinary interval."""
        return self.kind == "interval"

    def __contains__(self, ratio: float) -> bool:
        if self.lower is None or self.upper is None:
            return True
        inside = self.lower <= ratio <= self.upper
        return inside if self.kind == "interval" else not self.lower < ratio < self.upper


def ratio_interval(
    *,
    numerator: float,
    denominator: float,
    variance_numerator: float,
    variance_denominator: float,
    covariance: float = 0.0,
    quantile: float = 1.959963984540054,
) -> RatioInterval:
    """Which ratios r are compatible with numerator - r * denominator = 0.

    Parameters
    ----------
    numerator, denominator
        Two estimates, in their units.
    variance_numerator, variance_denominator, covariance
        Of the two estimates.
    quantile
        Two-sided quantile of the standardised difference (1.96 for 95 % with known variances).

    Raises
    ------
    ValueError
        Where a number is not finite, or a variance or the quantile is negative.

    Source
    ------
    Fieller (1954), J. R. Stat. Soc. B 16:175, section 3: the set of r with
    (a - r b)^2 <= t^2 (v_a - 2 r c + r^2 v_b).
    """
    given = (numerator, denominator, variance_numerator, variance_denominator, covariance, quantile)
    if not all(map(math.isfinite, given)):
        raise ValueError("a ratio interval needs finite estimates, variances and quantile")
    if min(variance_numerator, variance_denominator, quantile) < 0:
        raise ValueError("variances and quantile of a ratio interval cannot be negative")
    # in units of the two estimates' own sizes, so that no product under- or overflows
    size_a = math.hypot(numerator, math.sqrt(variance_numerator)) or 1.0
    size_b = math.hypot(denominator, math.sqrt(variance_denominator)) or 1.0
    a, b = numerator / size_a, denominator / size_b
    va, vb = variance_numerator / size_a**2, variance_denominator / size_b**2
    c = covariance / size_a / size_b
    scale = size_a / size_b
    estimate = a / b * scale if b != 0 else None
    t2 = quantile**2
    # A r^2 - 2 B r + C <= 0
    A, B, C = b * b - t2 * vb, a * b - t2 * c, a * a - t2 * va
    root = B * B - A * C
    if A > 0:
        half = math.sqrt(max(root, 0.0))
        return RatioInterval(
            estimate=estimate, kind="interval", lower=(B - half) / A * scale, upper=(B + half) / A * scale
        )
    if A == 0 or root <= 0:
        return RatioInterval(estimate=estimate, kind="line")
    half = math.sqrt(root)
    ends = sorted(((B - half) / A * scale, (B + half) / A * scale))
    return RatioInterval(estimate=estimate, kind="complement", lower=ends[0], upper=ends[1])
