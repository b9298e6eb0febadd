"""Parts: the whole numbers that a share or a ratio is made of, where it is a ratio of counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Measure

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LARGEST = 10**12
"""Counts beyond this are taken for amounts of something, not for things that were counted."""
OUTSIDE = 0.01
"""Share of the cells that may be no count of a part of a whole; above it the number is no such ratio."""


def parts(measure: Measure) -> tuple[Ints, Ints, Bools] | None:
    """How many of how many, in each cell.

    Parameters
    ----------
    measure : of a share, or of a ratio

    Returns
    -------
    (numerator, denominator, there) : shape (cells,)
        `there` marks cells with 0 <= numerator <= denominator, both whole, denominator > 0; the others hold zeros.
        None where the measure is neither a share nor a ratio, or more than a hundredth of its cells are not like that.
    """
    if measure.agg == "share":
        x, w = measure.x + measure.n * measure.pivot, measure.n.astype(np.float64)
    elif measure.agg == "ratio":
        x, w = measure.x, measure.w
    else:
        return None
    with np.errstate(invalid="ignore"):
        k, n = np.round(x), np.round(w)
        whole = (np.abs(x - k) <= 1e-6) & (np.abs(w - n) <= 1e-6)
        there = whole & (measure.n > 0) & (k >= 0) & (n >= k) & (n > 0) & (n <= LARGEST)
    given = (measure.n > 0) & np.isfinite(w) & (w != 0)
    if not there.any() or there.sum() < (1 - OUTSIDE) * given.sum():
        return None
    return np.where(there, k, 0).astype(np.int64), np.where(there, n, 0).astype(np.int64), there
