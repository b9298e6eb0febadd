"""Before and after: which cells of a panel lie before a target and which under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest.panel import Panel
from pitprop.stats.numbered import distinct, numbered
from pitprop.stats.season import PERIODS_A_YEAR

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_PERIODS = 4
"""Reporting periods needed on each side of the target."""
FEWEST_COMPARED = 3
"""Units needed under the target, and without it, for a comparison between units."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeforeAfter:
    """Cells that can be compared, in order of (unit, period); all arrays have shape (cells,).

    Left out: cells without a value; periods that straddle the target's first or last day; units that are
    not there both before and after; cells under no target of units that are under it at other times.
    """

    since: date
    cell: Ints
    """Index of each cell in the panel."""
    unit: Ints
    """Unit of each cell, integers from 0 without gaps."""
    time: Ints
    """Periods since the panel's first, by the calendar (gaps count)."""
    after: Bools
    under: Bools
    """Whether the cell's unit is one that came under the target."""
    start: NDArray[np.datetime64]
    """First day of each cell's period."""
    granularity: str
    left_out: float
    """Share of the cells with values on either side that could not be compared."""

    @property
    def compared(self) -> bool:
        """Whether there are units that never came under the target."""
        return not bool(self.under.all())

    @property
    def units(self) -> int:
        return int(self.unit.max()) + 1

    @property
    def years(self) -> float:
        """Years of data before the target."""
        return self.periods_before / PERIODS_A_YEAR[self.granularity]

    @property
    def periods_before(self) -> int:
        return len(distinct(self.time[~self.after]))

    @property
    def periods_after(self) -> int:
        return len(distinct(self.time[self.after]))

    def take(self, keep: Bools) -> BeforeAfter:
        """Some of the cells, units counted anew."""
        return BeforeAfter(
            since=self.since,
            cell=self.cell[keep],
            unit=numbered(self.unit[keep])[1],
            time=self.time[keep],
            after=self.after[keep],
            under=self.under[keep],
            start=self.start[keep],
            granularity=self.granularity,
            left_out=self.left_out,
        )


def before_after(
    panel: Panel, targets: Sequence[Target], values: Sequence[Floats], *, lag: int = 0
) -> BeforeAfter | str:
    """The cells before and after the first target whose `since` lies inside the data, or why there are none.

    Parameters
    ----------
    panel
        Cells of unit x period.
    targets
        As declared; the first whose first day leaves enough periods on both sides is used.
    values
        What has to be there in a cell, each of shape (cells,); cells with a NaN in one are left out.
    lag
        Periods by which one of the values looks ahead: a cell whose period lies before the target and whose
        later value lies under it is left out.

    Returns
    -------
    The cells, or a sentence that says what to declare or what is missing.
    """
    if len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return "There is no time in the data: declare `agg_time_dimension`."
    dated = [t for t in targets if t.since is not None]
    if not dated:
        return "No target says since when it is in force: declare `since` on the target."
    usable = np.all([np.isfinite(v) for v in values], axis=0)
    if not usable.any():
        return "No unit has the metric and what it is compared with in the same period."
    reasons = []
    for target in dated:
        split = _split(panel, target, usable, lag)
        if isinstance(split, BeforeAfter):
            return split
        reasons.append(split)
    return reasons[0]


def _split(panel: Panel, target: Target, usable: Bools, lag: int) -> BeforeAfter | str:
    assert target.since is not None
    since = np.datetime64(target.since, "D")
    start = panel.periods.astype("datetime64[D]")
    there = start[distinct(panel.period[usable])]
    first, last = there.min(), _end(there.max()[None], panel.granularity)[0]
    if not first < since < last:
        return (
            f"The target's first day ({target.since}) lies outside the data ({first} to "
            f"{last - np.timedelta64(1, 'D')}): before and after cannot be compared."
        )
    end = _end(start, panel.granularity, 1 + lag)
    later = start >= since
    if target.until is not None:
        later &= end <= np.datetime64(target.until, "D")
    before = usable & (end <= since)[panel.period]
    after = usable & later[panel.period]
    under = np.zeros(len(panel.entities), dtype=bool)
    under[panel.entity[after & ~panel.exempt]] = True
    treated = under[panel.entity]
    after &= ~(treated & panel.exempt)
    sides = before | after
    size = len(panel.entities)
    both = (np.bincount(panel.entity[before], minlength=size) > 0) & (
        np.bincount(panel.entity[after], minlength=size) > 0
    )
    keep = sides & both[panel.entity]
    compared = both & ~under
    if compared.sum() < FEWEST_COMPARED or (both & under).sum() < FEWEST_COMPARED:
        keep &= treated
    periods = [len(distinct(panel.period[keep & side])) for side in (before, after)]
    if min(periods) < FEWEST_PERIODS:
        return (
            f"There are only {periods[0]} complete reporting periods before and {periods[1]} after the "
            f"target's first day ({target.since}) in which the same units have values: at least "
            f"{FEWEST_PERIODS} are needed on each side."
        )
    index = np.flatnonzero(keep)
    index = index[np.lexsort((panel.period[index], panel.entity[index]))]
    period = panel.period[index]
    return BeforeAfter(
        since=target.since,
        cell=index,
        unit=numbered(panel.entity[index])[1],
        time=_ordinal(start, panel.granularity, start[panel.period.min()])[period],
        after=after[index],
        under=treated[index],
        start=start[period],
        granularity=panel.granularity,
        left_out=float(1 - keep.sum() / max(int(sides.sum()), 1)),
    )


def _end(start: NDArray[np.datetime64], granularity: str, periods: int = 1) -> NDArray[np.datetime64]:
    """First day after so many periods that begin on `start`."""
    if granularity in ("day", "week"):
        return start + np.timedelta64(periods * (7 if granularity == "week" else 1), "D")
    months = {"month": 1, "quarter": 3, "year": 12}[granularity] * periods
    out: NDArray[np.datetime64] = (start.astype("datetime64[M]") + months).astype("datetime64[D]")
    return out


def _ordinal(start: NDArray[np.datetime64], granularity: str, origin: np.datetime64) -> Ints:
    if granularity in ("day", "week"):
        days = (start - origin).astype("timedelta64[D]").astype(np.int64)
        return days // (7 if granularity == "week" else 1)
    months = start.astype("datetime64[M]").astype(np.int64) - origin.astype("datetime64[M]").astype(np.int64)
    out: Ints = months // {"month": 1, "quarter": 3, "year": 12}[granularity]
    return out
