"""Counted: how often each position of a grid occurs in each segment of time, in a table that grows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pitprop.digest import kernel

DENSE = 1 << 21
"""Positions from the lowest to the highest up to which a table has one line for each."""
FULLEST = 1 << 24
"""Lines of a hashed table up to which it grows; more positions are not counted here."""

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Counted:
    """A table of counts, as the kernel wants it."""

    segments: int
    hashed: bool = False
    keys: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    table: Ints = field(default_factory=lambda: np.zeros((0, 1), np.int64))
    at: Ints = field(default_factory=lambda: np.zeros(2, np.int64))
    """First position of a dense table; lines in use of a hashed one."""

    def __post_init__(self) -> None:
        self.table = np.zeros((0, self.segments), np.int64)
        if self.hashed:
            self.fill(np.zeros(0, np.int64), self.table)

    def sparse(self) -> tuple[Ints, Ints]:
        """Positions that occur, and their counts, shape (n, segments)."""
        there = self.table.any(axis=1)
        k = self.keys if self.hashed else self.at[0] + np.arange(len(self.table))
        return k[there], self.table[there]

    def fill(self, k: Ints, counts: Ints) -> None:
        """Put these counts in the place of what is there."""
        if not self.hashed:
            self.at[0] = k.min() if len(k) else 0
            self.table = np.zeros((int(k.max() - k.min()) + 1 if len(k) else 0, self.segments), np.int64)
            self.table[k - self.at[0]] = counts
            return
        size = 1 << 12
        while size < 4 * len(k):
            size *= 2
        self.keys = np.full(size, kernel.EMPTY, np.int64)
        self.table = np.zeros((size, self.segments), np.int64)
        kernel.refill(k, counts, self.keys, self.table)
        self.at[:] = 0, len(k)

    def room(self, low: int, high: int) -> bool:
        """Make room for positions from low to high; whether that can be."""
        if not self.hashed and len(self.table):
            low, high = min(low, int(self.at[0])), max(high, int(self.at[0]) + len(self.table) - 1)
        if not self.hashed and high - low < DENSE:
            spare = min((high - low + 1) // 2 + 64, (DENSE - (high - low)) // 2)
            first, wide = low - spare, high - low + 1 + 2 * spare
            table = np.zeros((wide, self.segments), np.int64)
            if len(self.table):
                table[self.at[0] - first : self.at[0] - first + len(self.table)] = self.table
            self.table, self.at[0] = table, first
            return True
        k, counts = self.sparse()
        if len(self.keys) >= FULLEST:
            return False
        self.hashed = True
        size = max(len(k), 1 << 12)
        self.fill(k, counts)
        while len(self.keys) < 4 * size:
            self.keys = np.full(len(self.keys) * 2, kernel.EMPTY, np.int64)
            self.table = np.zeros((len(self.keys), self.segments), np.int64)
        kernel.refill(k, counts, self.keys, self.table)
        return True

    def lift(self, factor: int) -> None:
        """Positions on a grid so many times finer."""
        k, counts = self.sparse()
        if not len(k):
            return
        k = k * factor
        self.hashed = self.hashed or int(k.max() - k.min()) >= DENSE
        self.fill(k, counts)

    def add(self, other: Counted) -> None:
        """Add another table's counts, of the same grid."""
        (k, mine), (j, theirs) = self.sparse(), other.sparse()
        k, counts = total(np.concatenate([k, j]), np.concatenate([mine, theirs]))
        self.hashed = self.hashed or other.hashed or (len(k) > 0 and int(k[-1] - k[0]) >= DENSE)
        self.fill(k, counts)

    def clear(self) -> None:
        """Let go of the table."""
        self.table, self.keys = np.zeros((0, self.segments), np.int64), np.zeros(0, np.int64)
        self.hashed, self.at = False, np.zeros(2, np.int64)


def total(k: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Counts summed by position, ascending."""
    positions, index = np.unique(k, return_inverse=True)
    out = np.zeros((len(positions), counts.shape[1]), np.int64)
    np.add.at(out, index, counts)
    return positions, out
