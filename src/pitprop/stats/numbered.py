"""Numbered: labels turned into positions without sorting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

WIDEST = 8
"""Times the number of labels up to which their range is counted through; else they are sorted."""


def numbered(label: Ints) -> tuple[Ints, Ints]:
    """The distinct labels, ascending, and the position of each label among them; as `np.unique` with its inverse.

    Parameters
    ----------
    label
        Integers, shape (n,), n at least 1.
    """
    low = int(label.min())
    if int(label.max()) - low > WIDEST * len(label) + 64:
        distinct, index = np.unique(label, return_inverse=True)
        return distinct, index
    there = np.bincount(label - low) > 0
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[label - low]
