"""Ledger: the rows of an organisation whose truth is known, before they become grains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST = np.datetime64("2018-01", "M")
"""First reporting period; all periods are months."""
LOADS = (3, 12, 40)
"""Days after the end of a period on which rows are loaded."""
DUE = 5
"""Days after the end of a period by which its number is due."""
GROUPS = ("light", "medium", "heavy", "severe")
"""Risk groups."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """One entry for each row, in no order; arrays have shape (rows,) unless said otherwise."""

    metric: Metric
    """Everything declared."""
    units: int
    periods: int
    unit: Ints
    period: Ints
    day: Ints
    """Days since the first day of the period, from 0."""
    value: Floats
    """The row's value; the numerator of a ratio."""
    weight: Floats | None
    """The denominator of a ratio; None for all else."""
    group: Ints
    """Index into GROUPS."""
    excluded: Bools
    """Taken out of the number."""
    load: Ints
    """Index into LOADS: when the row was loaded."""
    quota: Floats
    """The target in each cell where it is an expression, shape (units, periods); NaN where there is none."""
    exempt: Bools
    """Units under no target, shape (units,)."""
    work: Floats
    """The truth, which no check sees: the work, more is better, in standard deviations of a row, shape (units,
    periods)."""
    others: Mapping[str, Floats]
    """Outcome (as it shows later, at the cell it belongs to), guardrails, competing work and peers by name, each of
    shape (units, periods)."""
    directions: Mapping[str, str]
    peers: tuple[str, ...] = ()
    calm: Mapping[str, Ints] = field(default_factory=dict)
    """Untargeted work of the same people: rows a day over all periods, shape (days,), by name."""
