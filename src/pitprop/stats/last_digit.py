"""Last digits: is one preferred to its mirror image?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PAIRS = ((1, 9), (2, 8), (3, 7), (4, 6))
"""Digits that are equally far from the nearest round number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How much more often one last digit occurs than another that is as far from a round number."""

    name: str
    """The digit that is preferred, or `1 to 4`, `6 to 9`."""
    other: str
    share: Estimate
    """Share of the values by which it is more frequent, >= 0."""

    @property
    def p_value(self) -> float:
        """Two-sided."""
        return 2 * self.share.p_above(0.0) if self.share.se > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDigits:
    """Last digits of values away from the ends of their range."""

    counts: Ints
    """By digit 0 to 9, shape (10,)."""
    preferences: tuple[Preference, ...]
    """One for each pair, and one for low against high digits."""

    @property
    def n(self) -> int:
        return int(self.counts.sum())


def last_digits(k: Ints, counts: Ints, *, avoid: Ints | None = None) -> LastDigits:
    """Preferences between last digits d and 10 - d.

    Rounding to any base, to nearest, sends as many values to d as to 10 - d, and so does converting units
    (minutes to hundredths of an hour): multiples of any number lie symmetrically about multiples of ten. Each value at
    one digit is compared with the straight line between the values at the other digit on either side of it,
    and the other way round, so that level, slope and curvature cancel. Standard errors take each position of
    the grid as one observation: a value that is simply frequent counts once.

    Parameters
    ----------
    k : positions >= 0, ascending, shape (n,)
    counts : values there, shape (n,)
    avoid : positions (targets) about which values may be piled up; ten steps either side are left out

    Source
    ------
    After Beber and Scacco 2012, Political Analysis 20: 211 (uniform last digits), made robust against rounding.
    """
    c = counts.astype(np.float64)
    away = np.sort(avoid) if avoid is not None else np.empty(0, dtype=np.int64)

    def inside(x: Ints) -> Bools:
        out = (x >= max(int(k[0]) + 10, 20)) & (x <= int(k[-1]) - 10)
        for a in away.tolist():
            out &= np.abs(x - a) > 10
        return out

    digit = np.mod(k, 10)
    central = inside(k)
    found = np.bincount(digit[central], weights=c[central], minlength=10).astype(np.int64)
    n = max(float(found.sum()), 1.0)
    extra = beyond_poisson(k, c)
    sums, variances, lumps = [], [], []
    for d, e in PAIRS:
        total = variance = first = second = 0.0
        for own, other, sign in ((d, e, 0.5), (e, d, -0.5)):
            here = digit == own
            y = k[here]
            ahead = (other - own) % 10
            weight = inside(y) + inside(y + ahead) * (1 - ahead / 10) + inside(y - (10 - ahead)) * (ahead / 10)
            total += sign * float((weight * c[here]).sum())
            squares = (weight / 2) ** 2
            variance += float((squares * c[here]).sum()) + max(float((squares * extra[here]).sum()), 0.0)
            size = squares * c[here] ** 2
            first, second = first + float(size.sum()), second + float((size**2).sum())
        sums.append(total)
        variances.append(variance)
        lumps.append(first**2 / second if second > 0 else 1.0)
    named = [(str(d), str(e)) for d, e in PAIRS] + [("1 to 4", "6 to 9")]
    totals = zip([*sums, sum(sums)], [*variances, sum(variances)], [*lumps, sum(lumps)], strict=True)
    preferences = tuple(
        Preference(
            name=a if s >= 0 else b,
            other=b if s >= 0 else a,
            share=Estimate(value=abs(s) / n, se=v**0.5 / n, df=max(lump - 1, 1.0)),
        )
        for (a, b), (s, v, lump) in zip(named, totals, strict=True)
    )
    return LastDigits(counts=found, preferences=preferences)


def beyond_poisson(k: Ints, c: Floats) -> Floats:
    """Variance of each position's count beyond Poisson, where values come in lumps.

    c (c - 1) less c times what the same digit has ten and twenty steps away (a cubic through four of them):
    without lumps its sum is zero on average.

    Parameters
    ----------
    k, c : positions, ascending, and how many values are there, shape (n,)
    """

    def at(x: Ints) -> Floats:
        i = np.minimum(np.searchsorted(k, x), len(k) - 1)
        return np.where(k[i] == x, c[i], 0.0)

    around = (4 * (at(k - 10) + at(k + 10)) - at(k - 20) - at(k + 20)) / 6
    out: Floats = c * (c - 1) - c * around
    return out
