"""Last two digits: how often they repeat or follow each other, against chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.last_digit import beyond_poisson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REPEATED = 0.1
"""P(the last two digits are equal): 00, 11 ... 99."""
ADJACENT = 0.2
"""P(they are neighbours): 01, 10, 12, 21 ... 89, 98, and 09, 90."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPair:
    """Values by their last two digits."""

    n: int
    repeated: Estimate
    """Share of values whose last two digits are equal; people who make numbers up shun them."""
    adjacent: Estimate
    """Share of values whose last two digits are neighbours (0 and 9 are); people who make numbers up like them."""


def last_pair(k: Ints, counts: Ints) -> LastPair | None:
    """Repeated and adjacent last digits of values of three digits or more.

    Where values spread over hundreds of steps all hundred pairs are as probable as one another, and rounding to
    tens or to fives leaves both shares as they are; rounding to 25, 50 or 100 does not.

    Parameters
    ----------
    k : positions >= 0, ascending, shape (n,)
    counts : values there, shape (n,)

    Returns
    -------
    None where no value has three digits.

    Source
    ------
    Beber and Scacco 2012, Political Analysis 20: 211. Values that share a position more often than their neighbourhood
    has it (a frequent value, copies) widen the standard error.
    """
    large = (k >= 100) & (counts > 0)
    n = int(counts[large].sum())
    if n == 0:
        return None
    c = counts.astype(np.float64)
    extra = beyond_poisson(k, c)[large]
    last, before = k[large] % 10, k[large] // 10 % 10
    apart = np.abs(last - before)
    return LastPair(
        n=n,
        repeated=_share(apart == 0, c[large], extra, REPEATED),
        adjacent=_share((apart == 1) | (apart == 9), c[large], extra, ADJACENT),
    )


def _share(hit: Bools, c: Floats, extra: Floats, chance: float) -> Estimate:
    """Share of values that hit; its standard error where chance holds, with lumps."""
    n = float(c.sum())
    square = (hit - chance) ** 2
    variance = n * chance * (1 - chance) + max(float((square * extra).sum()), 0.0)
    lumps = square * c**2
    effective = float(lumps.sum()) ** 2 / float((lumps**2).sum())
    return Estimate(value=float(c[hit].sum()) / n, se=variance**0.5 / n, df=max(effective - 1, 1.0))
