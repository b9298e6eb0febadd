"""Differences between ways of working that were simulated on the same random numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.simulate.work.intervals import over_replications, ratio
from pitprop.simulate.work.results import Difference

Floats = NDArray[np.float64]


def difference(*, arm: str, than: str, output: Floats, other: Floats, heads: int, other_heads: int) -> Difference:
    """One arm less another, replication by replication.

    Parameters
    ----------
    arm, than
        Their names.
    output, other
        Output per shift of the same replications, shape (R,) each.
    heads, other_heads
        How many people work in each.
    """
    return Difference(
        arm=arm,
        than=than,
        output=over_replications(output - other),
        per_head=over_replications(output / max(heads, 1) - other / max(other_heads, 1)),
        ratio=ratio(output, other),
    )
