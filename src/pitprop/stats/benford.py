"""Leading digits: how far they are from Benford's law, beyond what the number of values explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Which = Literal["first", "second", "first_two"]

CUT_OFFS: dict[Which, tuple[float, float, float]] = {
    "first": (0.006, 0.012, 0.015),
    "second": (0.008, 0.010, 0.012),
    "first_two": (0.0012, 0.0018, 0.0022),
}
"""Deviation up to which conformity is called close, acceptable and marginal: Nigrini 2012, table 7.1."""

_POWERS = 10 ** np.arange(19, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    """Leading digits against Benford's law."""

    which: Which
    n: int
    observed: Floats
    """Share of each digit (1 to 9, 0 to 9, or 10 to 99)."""
    expected: Floats
    mad: float
    """Mean absolute deviation of the shares."""
    chance: float
    """What it is on average if the law holds: the published cut-offs leave this out."""
    se: float
    """Standard error of `mad`."""

    @property
    def excess(self) -> float:
        """Deviation beyond what the number of values explains."""
        return self.mad - self.chance

    @property
    def level(self) -> str:
        """What the published cut-offs call the excess: close, acceptable, marginal or none. Of few values the
        deviation itself misses them by chance alone."""
        names = ("close", "acceptable", "marginal", "none")
        return names[int(np.searchsorted(CUT_OFFS[self.which], self.excess))]

    def interval(self, z: float = 1.959963984540054) -> tuple[float, float]:
        """Interval of `excess`, normal."""
        return self.excess - z * self.se, self.excess + z * self.se

    @property
    def chi_square(self) -> float:
        return float(self.n * ((self.observed - self.expected) ** 2 / self.expected).sum())

    @property
    def p_value(self) -> float:
        """Pearson's chi-square."""
        return float(chdtrc(len(self.expected) - 1, self.chi_square))


def probabilities(which: Which) -> Floats:
    """Benford's law: P(first two digits = d) = log10(1 + 1/d), and what follows for the first and the second.

    Source
    ------
    Newcomb 1881; Benford 1938; Hill 1995, Statistical Science 10: 354.
    """
    pairs = np.log10(1 + 1 / np.arange(10, 100))
    if which == "first_two":
        return pairs
    table = pairs.reshape(9, 10)
    out: Floats = table.sum(axis=1 if which == "first" else 0)
    return out


def leading(k: Ints, which: Which) -> tuple[Ints, NDArray[np.bool_]]:
    """Leading digits of whole numbers by integer arithmetic, and which of them have such digits.

    Logarithms give wrong digits at powers of ten and at 10^n - 1; whole numbers do not. The sign is left out.

    Parameters
    ----------
    k : shape (n,), values in steps of the grid (a factor of ten changes nothing)
    """
    size = np.abs(k)
    digits = np.searchsorted(_POWERS, size, side="right")  # how many
    has = digits >= (1 if which == "first" else 2)
    keep = 1 if which == "first" else 2
    head = size // _POWERS[np.maximum(digits - keep, 0)]
    return (head % 10 if which == "second" else head), has


def expected_mad(p: Floats, n: int) -> float:
    """Mean absolute deviation of n values' shares from p on average, where p holds: the mean over digits of
    sqrt(2 p (1 - p)/(pi n)), the normal approximation of the binomial's mean deviation."""
    return float(np.sqrt(2 * p * (1 - p) / (np.pi * n)).mean())


def conformity(k: Ints, counts: Ints, which: Which) -> Conformity | None:
    """Leading digits of values k with these counts; None where no value has such digits.

    Source
    ------
    Nigrini 2012, Benford's Law, chapter 7 (MAD); the excess over its mean under the law is by the authors.
    """
    digit, has = leading(k, which)
    has &= counts > 0
    n = int(counts[has].sum())
    if n == 0:
        return None
    p = probabilities(which)
    first = {"first": 1, "second": 0, "first_two": 10}[which]
    share = np.bincount(digit[has] - first, weights=counts[has], minlength=len(p)) / n
    gap = share - p
    sign = np.sign(gap)
    # variance of sum(sign x share) of a multinomial; at least that of absolute normal deviations under the law
    moving = (share * sign**2).sum() - (share * sign).sum() ** 2
    folded = (p * (1 - p)).sum() * (1 - 2 / np.pi)
    return Conformity(
        which=which,
        n=n,
        observed=share,
        expected=p,
        mad=float(np.abs(gap).mean()),
        chance=expected_mad(p, n),
        se=float(np.sqrt(max(moving, folded) / n)) / len(p),
    )
