"""Season: columns that stand for the time of year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]

PERIODS_A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}


def season(*, start: NDArray[np.datetime64], granularity: str, years: float) -> Floats:
    """Columns for the time of year (and the day of the week), shape (n, q); q = 0 for yearly data.

    Parameters
    ----------
    start
        First day of each period, datetime64[D], shape (n,).
    granularity
        day, week, month, quarter or year.
    years
        Years of data from which the season is to be learnt. From two years on months and quarters get an
        effect each; below that, and for weeks and days, two waves a year (one for quarters).

    Raises
    ------
    ValueError
        For an unknown granularity.
    """
    if granularity not in PERIODS_A_YEAR:
        raise ValueError(f"`{granularity}` is not one of {', '.join(PERIODS_A_YEAR)}")
    if granularity == "year":
        return np.zeros((len(start), 0))
    days, place = numbered(start.astype("datetime64[D]").astype(np.int64))
    return _of_the_year(days.astype("datetime64[D]"), granularity, years)[place]


def _of_the_year(start: NDArray[np.datetime64], granularity: str, years: float) -> Floats:
    month = start.astype("datetime64[M]").astype(np.int64) % 12
    if granularity in ("month", "quarter") and years >= 2:
        position = month // 3 if granularity == "quarter" else month
        width = 4 if granularity == "quarter" else 12
        dummies: Floats = np.eye(width)[position][:, 1:]
        return dummies
    day = (start - start.astype("datetime64[Y]")).astype("timedelta64[D]").astype(np.float64)
    angle = 2 * np.pi * day / 365.25
    waves = range(1, 2 if granularity == "quarter" else 3)
    parts = [f(k * angle) for k in waves for f in (np.cos, np.sin)]
    if granularity == "day":
        weekday = (start.astype("datetime64[D]").astype(np.int64) + 3) % 7
        parts += list(np.eye(7)[weekday][:, 1:].T)
    return np.column_stack(parts)
