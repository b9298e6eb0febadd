"""Versions: what a number was reported to be, each time it was reported."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Floats, Ints
from pitprop.digest.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Versions:
    """One entry for each entity, period and day of loading, in that order; all arrays have shape (n,)."""

    entities: tuple[str, ...]
    """Labels, sorted; one empty label where no entity is declared."""
    periods: NDArray[np.datetime64]
    """First day of each period, ascending, datetime64[D]."""
    granularity: str
    entity: Ints
    """Index into `entities`."""
    period: Ints
    """Index into `periods`."""
    loaded: NDArray[np.datetime64]
    """Day of loading, datetime64[D]."""
    n: Ints
    """Rows of that load."""
    value: Floats
    """The metric as it stood after that load, in its unit."""
    target: Floats
    """Target of the entity and period, in the metric's unit; NaN where there is none."""
    rows: Rows = field(default_factory=Rows)

    @property
    def start(self) -> NDArray[np.datetime64]:
        """First day of each entry's period, shape (n,)."""
        out: NDArray[np.datetime64] = self.periods[self.period]
        return out
