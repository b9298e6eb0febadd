"""Profile: what happens at which position of the reporting period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.rows import Rows

Number = TypeVar("Number", np.int64, np.float64)


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
    placebo: Mapping[str, Profile] = field(default_factory=dict)
    """Daily series of the same people on which no target lies, by what they are: the metric's outcome, guardrails and
    competing work where these have no target of their own, and `exempt`, the metric's own rows that are under no
    target (its other rows alone are then in this profile)."""
    rows: Rows = field(default_factory=Rows)

    def __add__(self, other: Profile) -> Profile:
        if (self.granularity, self.pivot) != (other.granularity, other.pivot):
            raise ValueError("only profiles of the same granularity about the same pivot can be added")
        keys = np.concatenate(
            [self.period.astype(np.int64) * 512 + self.day, other.period.astype(np.int64) * 512 + other.day]
        )
        unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)

        def total(one: NDArray[Number], two: NDArray[Number]) -> NDArray[Number]:
            out = np.zeros(len(unique), dtype=one.dtype)
            np.add.at(out, inverse, np.concatenate([one, two]))
            return out

        return replace(
            self,
            period=np.concatenate([self.period, other.period])[first],
            day=np.concatenate([self.day, other.day])[first],
            length=np.concatenate([self.length, other.length])[first],
            n=total(self.n, other.n),
            x=total(self.x, other.x),
            xx=total(self.xx, other.xx),
            placebo={
                **self.placebo,
                **other.placebo,
                **{name: self.placebo[name] + other.placebo[name] for name in self.placebo if name in other.placebo},
            },
            rows=self.rows + other.rows,
        )
