"""Profile: what happens at which position of the reporting period."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Sums by day of the reporting period and by period; profiles over the same granularity add with `+`.

    One entry for each (period, day) that has rows, ascending; all arrays have shape (n,).
    """

    granularity: str
    period: NDArray[np.datetime64]
    """First day of the reporting period, datetime64[D]."""
    day: NDArray[np.int64]
    """Days since the first day of the period, from 0."""
    length: NDArray[np.int64]
    """Days in that period."""
    pivot: float
    n: NDArray[np.int64]
    """Rows."""
    x: NDArray[np.float64]
    """Sum of value - pivot."""
    xx: NDArray[np.float64]
    """Sum of (value - pivot)^2."""
    rows: Rows = Rows()

    def __add__(self, other: Profile) -> Profile:
        if (self.granularity, self.pivot) != (other.granularity, other.pivot):
            raise ValueError("only profiles of the same granularity about the same pivot can be added")
        keys = np.concatenate(
            [self.period.astype(np.int64) * 512 + self.day, other.period.astype(np.int64) * 512 + other.day]
        )
        unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)

        def total(name: str, dtype: type) -> NDArray[np.generic]:
            both = np.concatenate([getattr(self, name), getattr(other, name)])
            out = np.zeros(len(unique), dtype=dtype)
            np.add.at(out, inverse, both)
            return out

        return replace(
            self,
            period=np.concatenate([self.period, other.period])[first],
            day=np.concatenate([self.day, other.day])[first],
            length=np.concatenate([self.length, other.length])[first],
            n=total("n", np.int64),
            x=total("x", np.float64),
            xx=total("xx", np.float64),
            rows=self.rows + other.rows,
        )
