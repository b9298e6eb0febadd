"""Neighbours: a second reading of a quantity, from the periods before and after."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def neighbours(value: Floats, unit: Ints, time: Ints) -> Floats:
    """Mean of the same unit's values one period before and one after; NaN where there is neither, shape (n,).

    Parameters
    ----------
    value
        NaN where there is none, shape (n,).
    unit, time
        Whose, and the number of the period on the calendar (gaps count), shape (n,). At most one value of a unit in
        a period.
    """
    order = np.lexsort((time, unit))
    v, u, t = value[order], unit[order], time[order]
    near = (u[1:] == u[:-1]) & (t[1:] == t[:-1] + 1)
    known = np.isfinite(v)
    total, count = np.zeros(len(v)), np.zeros(len(v))
    filled = np.where(known, v, 0.0)
    before, after = near & known[:-1], near & known[1:]
    total[1:] += np.where(before, filled[:-1], 0.0)
    count[1:] += before
    total[:-1] += np.where(after, filled[1:], 0.0)
    count[:-1] += after
    out = np.empty(len(v))
    out[order] = np.divide(total, count, out=np.full(len(v), np.nan), where=count > 0)
    return out
