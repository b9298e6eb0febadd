"""Strata: who counted in the number, by risk group, and who was taken out of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Ints, Measure
from pitprop.digest.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Sums by risk group, entity, period and whether the rows were excluded; cells that have rows, in that order.

    The risk group is the declared `case_mix`, or the entity itself where none is declared. Rows are excluded where
    the declared `exclusion` is true of them; the number itself is made of the others.
    """

    strata: tuple[str, ...]
    """Labels of the risk groups, sorted."""
    entities: tuple[str, ...]
    """Labels, sorted; one empty label where no entity is declared."""
    periods: NDArray[np.datetime64]
    """First day of each period, ascending, datetime64[D]; NaT alone where no time is declared."""
    granularity: str
    stratum: Ints
    """Index into `strata`, shape (cells,)."""
    entity: Ints
    """Index into `entities`, shape (cells,)."""
    period: Ints
    """Index into `periods`, shape (cells,)."""
    excluded: NDArray[np.bool_]
    """Whether the cell holds the rows that were taken out, shape (cells,)."""
    exempt: NDArray[np.bool_]
    """Whether no row of the cell is under the target (it is NULL there), shape (cells,)."""
    metric: Measure
    """The metric's sums over the rows of each cell."""
    distribution: Distribution
    """Values of the rows that count, by regime of the first target: what bounds are taken from."""
    mixed: bool
    """Whether a `case_mix` is declared."""
    rows: Rows = field(default_factory=Rows)

    @property
    def start(self) -> NDArray[np.datetime64]:
        """First day of each cell's period, shape (cells,)."""
        out: NDArray[np.datetime64] = self.periods[self.period]
        return out
