"""Which period on the calendar a day falls in, as a number that counts gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CYCLE = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 0}
"""Periods after which a season returns; 0 for none."""


def period_number(start: NDArray[np.datetime64], granularity: str) -> NDArray[np.int64]:
    """Number of the period since 1970 in which each day falls, any shape; weeks start on Mondays.

    Raises
    ------
    ValueError
        For an unknown granularity.
    """
    if granularity not in CYCLE:
        raise ValueError(f"`{granularity}` is not one of {', '.join(CYCLE)}")
    if granularity in ("day", "week"):
        day = start.astype("datetime64[D]").astype(np.int64)
        return day if granularity == "day" else (day + 3) // 7
    month = start.astype("datetime64[M]").astype(np.int64)
    return month // {"month": 1, "quarter": 3, "year": 12}[granularity]
