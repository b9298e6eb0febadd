"""Ground: the cells and days on which metrics of the same entity and time are summed, numbered as they turn up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest import batches, kernel
from pitprop.digest.calendar import first_days

WIDEST = 1 << 22
"""Whole numbers as entities are their own codes where they span at most so many."""
HEAVIEST = 256 * 2**20
"""Bytes of sums that a thread may hold."""
FIRST, LAST = -719162, 2932531
"""The days that are read: years 1 to 9998, in days since 1970 (rowset.py)."""

Ints = NDArray[np.int64]
Sums = NDArray[np.float64]


class TooLargeError(Exception):
    """More cells than are worth holding in memory."""


@dataclass(slots=True)
class Ground:
    """Numbers for entities, periods and days; the arrays of sums that rest on them grow with them.

    A cell's number is period * width + entity.
    """

    granularity: str
    entities: bool
    """Whether there are entities."""
    timed: bool
    """Whether there are days."""
    base: int = 0
    """The entity with code 0, where entities are whole numbers that lie close together."""
    width: int = 1
    known: Any = None
    """Entities by code (a pyarrow array) where they are not."""
    day: int = 0
    """Number 0 of the days, in days since 1970."""
    days: int = 0
    number: int = 0
    """Number 0 of the periods."""
    periods: int = 1
    period: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """Period of each day."""
    cells: dict[str, Sums] = field(default_factory=dict)
    """By metric, shape (periods * width, columns)."""
    by_day: dict[str, Sums] = field(default_factory=dict)
    """By metric, shape (days, columns)."""
    sized: bool = False

    def place(self, entity: Any, day: Any, n: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Cell and day number of each row (negative cells: none), after making room for them."""
        when = batches.days(day) if day is not None else np.zeros(0, np.int32)
        place, index = np.empty(n, np.int32), np.zeros(n, np.int32)

        def located(who: NDArray[Any], base: int, raw: bool) -> bool:
            return kernel.locate(who, base, raw, when, FIRST, LAST, self.day, self.period, self.width, place, index)

        if self.sized and self.known is None and entity.null_count == 0:
            values, _ = batches.whole(entity)
            if located(values if values.dtype.str in ("<i4", "<i8") else values.astype(np.int64), self.base, True):
                return place, index
        who = self.codes(entity) if entity is not None else np.zeros(0, np.int32)
        if len(when):
            there = when[(when >= FIRST) & (when <= LAST)] if when.min() < FIRST or when.max() > LAST else when
            if len(there):
                self.reach_days(int(there.min()), int(there.max()))
        if not located(who, 0, False):
            raise TooLargeError
        return place, index

    def codes(self, entity: Any) -> NDArray[np.int32]:
        """Codes of entities, -1 for none."""
        import pyarrow as pa

        if pa.types.is_integer(entity.type) and not pa.types.is_uint64(entity.type) and self.known is None:
            values, there = batches.whole(entity)
            kept = values if there is None else values[there]
            if not len(kept):
                return np.full(len(values), -1, np.int32)
            low, high = int(kept.min()), int(kept.max())
            if self.close(low, high):
                self.reach_entities(low, high)
                out = np.subtract(values, self.base, dtype=np.int64).astype(np.int32)
                return out if there is None else np.where(there, out, -1).astype(np.int32)
            self.known = pa.array(range(self.base, self.base + self.width) if self.sized else [], entity.type)
            self.base = 0
        return self._coded(entity)

    def close(self, low: int, high: int) -> bool:
        if self.sized:
            low, high = min(low, self.base), max(high, self.base + self.width - 1)
        return high - low < WIDEST and (high - low + 1) * self.periods * 72 < HEAVIEST

    def _coded(self, entity: Any) -> NDArray[np.int32]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not pa.types.is_dictionary(entity.type):
            entity = entity.dictionary_encode()
        words = entity.dictionary
        if pa.types.is_large_string(words.type):
            words = words.cast(pa.string())
        if self.known is None:
            self.known = words.slice(0, 0)
        found = pc.index_in(words, value_set=self.known)
        if found.null_count:
            new = words.filter(pc.is_null(found)).drop_null().unique()
            self.known = pa.concat_arrays([self.known, new])
            self.reach_entities(0, max(len(self.known) - 1, 0))
            found = pc.index_in(words, value_set=self.known)
        table = batches.numbers(found.fill_null(-1)).values.astype(np.int32)
        index = entity.indices
        values, there = batches.whole(index)
        if not len(table):
            return np.full(len(values), -1, np.int32)
        if there is None:
            return np.asarray(table[values], dtype=np.int32)
        return np.where(there, table[np.where(there, values, 0)], -1).astype(np.int32)

    def reach_entities(self, low: int, high: int) -> None:
        """Make room for codes (or entities that are their own) from low to high."""
        if not self.sized:
            self._resize(base=low, width=high - low + 1, number=self.number, periods=self.periods)
            self.sized = True
        elif low < self.base or high >= self.base + self.width:
            spare = self.width // 2
            low = min(low, self.base) - (spare if low < self.base and self.known is None else 0)
            high = max(high, self.base + self.width - 1) + (spare if high >= self.base + self.width else 0)
            self._resize(base=low, width=high - low + 1, number=self.number, periods=self.periods)

    def reach_days(self, low: int, high: int) -> None:
        """Make room for days from low to high."""
        if self.days and low >= self.day and high < self.day + self.days:
            return
        if self.days:
            spare = min(self.days, 400)
            low = max(min(low, self.day - (spare if low < self.day else 0)), FIRST)
            low = min(low, self.day)
            last = self.day + self.days - 1
            high = max(min(max(high, last + (spare if high > last else 0)), LAST), last)
        period = numbers_of(np.arange(low, high + 1), self.granularity)
        number, last_number = int(period[0]), int(period[-1])
        for name, old in self.by_day.items():
            new = np.zeros((high - low + 1, old.shape[1]))
            new[self.day - low : self.day - low + self.days] = old[: self.days]
            self.by_day[name] = new
        fresh = self.days == 0
        self.day, self.days, self.period = low, high - low + 1, (period - number).astype(np.int32)
        if fresh:
            self.number = number
        self._resize(base=self.base, width=self.width, number=number, periods=last_number - number + 1)

    def _resize(self, *, base: int, width: int, number: int, periods: int) -> None:
        columns = sum(sums.shape[1] for sums in self.cells.values())
        if periods * width * columns * 8 > HEAVIEST or periods * width >= 2**31:
            raise TooLargeError
        for name, old in self.cells.items():
            new = np.zeros((periods, width, old.shape[1]))
            p, e = self.number - number, (self.base - base if self.sized else 0)
            shape = (self.periods, self.width, old.shape[1])
            new[p : p + self.periods, e : e + self.width] = old.reshape(shape)
            self.cells[name] = new.reshape(periods * width, old.shape[1])
        self.base, self.width, self.number, self.periods = base, width, number, periods

    def join(self, other: Ground) -> None:
        """Add what another thread has summed, about the same pivots."""
        if other.days:
            self.reach_days(other.day, other.day + other.days - 1)
        who = self._theirs(other)
        if len(who):
            at = (np.arange(other.periods) + (other.number - self.number))[:, None] if other.days else np.zeros((1, 1))
            for name, sums in self.cells.items():
                theirs = other.cells[name].reshape(other.periods, other.width, sums.shape[1])[:, : len(who)]
                mine = sums.reshape(self.periods, self.width, sums.shape[1])
                mine[at.astype(np.int64), who[None, :]] += theirs
        for name, sums in self.by_day.items():
            first = other.day - self.day
            sums[first : first + other.days] += other.by_day[name][: other.days]

    def _theirs(self, other: Ground) -> Ints:
        """My codes of the other's entities."""
        import pyarrow as pa

        if not self.entities:
            return np.zeros(1, np.int64)
        if not other.sized:
            return np.zeros(0, np.int64)
        if other.known is None:
            last = other.base + other.width - 1
            if self.known is None and self.close(other.base, last):
                self.reach_entities(other.base, last)
                return np.arange(other.base, last + 1) - self.base
            words = pa.array(range(other.base, last + 1))  # of an array: that would import pandas
            if self.known is not None:
                words = words.cast(self.known.type)
        else:
            words = other.known
        return self.codes(words).astype(np.int64)

    def labels(self) -> NDArray[np.object_]:
        """Entities by code, as text."""
        if not self.entities:
            return np.array([""], dtype=object)
        found = range(self.base, self.base + self.width) if self.known is None else self.known.to_pylist()
        out = np.empty(self.width, dtype=object)
        text = [str(v) for v in found]
        out[: len(text)] = text
        return out

    def starts(self) -> NDArray[np.datetime64]:
        """First day of each period."""
        if not self.timed:
            return np.array(["NaT"], dtype="datetime64[D]")
        _, first = np.unique(self.period, return_index=True)
        found = np.full(self.periods, np.datetime64("NaT", "D"))
        seen = (self.day + first).astype("datetime64[D]")
        found[self.period[first]] = seen if self.granularity == "day" else first_days(seen, self.granularity)
        return found


def numbers_of(days: Ints, granularity: str) -> Ints:
    """Number of the period of each day (days since 1970); periods that follow each other have numbers that do."""
    if granularity == "day":
        return days
    if granularity == "week":  # 1970 began on a Thursday
        return (days + 3) // 7
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // {"month": 1, "quarter": 3, "year": 12}[granularity], dtype=np.int64)
