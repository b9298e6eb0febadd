"""Numbered: labels turned into positions without sorting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

WIDEST = 8
"""Times the number of labels up to which their range is counted through; else they are sorted."""


def distinct(label: Ints) -> Ints:
    """The distinct labels, ascending, shape (m,); as `np.unique`.

    Parameters
    ----------
    label
        Integers, shape (n,).
    """
    if not _dense(label):
        return np.unique(label)
    low = int(label.min())
    return np.flatnonzero(np.bincount(label - low)) + low


def numbered(label: Ints) -> tuple[Ints, Ints]:
    """The distinct labels, ascending, and the position of each label among them; as `np.unique` with its inverse.

    Parameters
    ----------
    label
        Integers, shape (n,).
    """
    if not _dense(label):
        found, index = np.unique(label, return_inverse=True)
        return found, index
    low = int(label.min())
    there = np.bincount(label - low) > 0
    if there.all():
        return np.arange(low, low + len(there)), label - low
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[label - low]


def _dense(label: Ints) -> bool:
    """Whether the labels' range is narrow enough to count through."""
    return len(label) > 0 and int(label.max()) - int(label.min()) <= WIDEST * len(label) + 64
