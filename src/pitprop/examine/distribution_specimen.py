"""Distributions drawn for specimens."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.distribution import Distribution
from pitprop.digest.rows import Rows


def tally(values: NDArray[np.float64], step: str, *, without: NDArray[np.float64] | None = None) -> Distribution:
    """The distribution of values rounded to the grid `step`; `without` are those before the target."""
    spacing = Fraction(step)

    def positions(v: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.floor(v / float(spacing) + 0.5).astype(np.int64)

    now = positions(values)
    then = positions(without) if without is not None else np.empty(0, dtype=np.int64)
    k = np.unique(np.concatenate([now, then]))
    zeros = np.zeros(len(k), dtype=np.int64)
    under, before = zeros.copy(), zeros.copy()
    np.add.at(under, np.searchsorted(k, now), 1)
    np.add.at(before, np.searchsorted(k, then), 1)
    return Distribution(
        step=spacing,
        k=k,
        under=under,
        without=before,
        exempt=zeros,
        exact=True,
        rows=Rows(kept=len(now) + len(then)),
    )
