"""Level change: by how much units differ after a date, and by how much from where they were heading."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.clustered_regression import ClusteredDesign, ClusteredRegression, clustered_design
from pitprop.stats.estimate import Estimate
from pitprop.stats.numbered import distinct, numbered
from pitprop.stats.serial_regression import SerialRegression, serial_regression

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FEWEST_CLUSTERS = 5
"""Units from which errors are clustered by unit; below, they are followed over time within each unit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelChange:
    """Change of the mean level after a date, in the unit of the values."""

    estimate: Estimate
    fit: ClusteredRegression | SerialRegression
    """The regression behind it; its first column is the step."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelDesign:
    """Which rows lie before and after: made once for any number of values on the same rows."""

    unit: Ints
    time: Ints
    columns: Floats
    """The step and, with a trend, the courses before and after, shape (n, k)."""
    nuisance: Floats | None
    compared: bool
    """Whether there are untreated units."""
    clustered: ClusteredDesign | None
    few: bool
    """Whether there are too few units to cluster by."""

    def change(self, values: Floats) -> LevelChange | None:
        """The change of these values, shape (n,), or None where it cannot be told apart from the rest."""
        first = [1.0] + [0.0] * (self.columns.shape[1] - 1)
        if self.few:
            series = serial_regression(
                y=values, columns=self.columns, times=self.time, series=self.unit, nuisance=self.nuisance
            )
            return None if series is None else LevelChange(estimate=series.contrast(first), fit=series)
        if self.clustered is None:
            return None
        fit = self.clustered.fit(values)
        estimate = fit.contrast(first)
        if not self.compared:
            common = _common(fit, self.columns, self.time, self.nuisance)
            if common is None:
                return None
            both = _peculiar(fit, self.unit, self.time)
            variance = max(estimate.se**2 + common.se**2 - both, estimate.se**2, common.se**2)
            weight = estimate.se**4 / estimate.df + common.se**4 / common.df
            df = (estimate.se**2 + common.se**2) ** 2 / weight if weight > 0 else estimate.df
            estimate = Estimate(value=estimate.value, se=variance**0.5, df=df)
        return LevelChange(estimate=estimate, fit=fit)


def level_change(
    *,
    values: Floats,
    unit: Ints,
    time: Ints,
    after: Bools,
    treated: Bools,
    nuisance: Floats | None = None,
    trend: bool = False,
) -> LevelChange | None:
    """By how much `treated` units changed, relative to the others where there are any.

    Parameters
    ----------
    values
        Shape (n,), any unit; no NaN.
    unit, time, after, treated, nuisance, trend
        As in `level_design`.

    Returns
    -------
    The change, or None where it cannot be told apart from units, periods, season or trend.
    """
    design = level_design(unit=unit, time=time, after=after, treated=treated, nuisance=nuisance, trend=trend)
    return design.change(values)


def level_design(
    *,
    unit: Ints,
    time: Ints,
    after: Bools,
    treated: Bools,
    nuisance: Floats | None = None,
    trend: bool = False,
) -> LevelDesign:
    """Before and after, for any number of values on the same rows.

    Parameters
    ----------
    unit, time
        Unit of each row, integers from 0, and its period, integers; shape (n,).
    after, treated
        Whether the row lies after the date; whether its unit is one to which something happened then.
    nuisance
        Season columns, shape (n, q); used only where no unit is untreated (else periods have effects).
    trend
        Whether the change is from where the treated were heading before (relative to the others): their
        linear course before the date, continued to the middle of the time after.

    Notes
    -----
    With untreated units: difference in differences, errors clustered by unit. Without them and with at least
    five units shocks common to all units in a period count as well: V = V_unit + V_time - V_both, with V_time
    the Newey-West variance of the mean over units, and V_both that of errors peculiar to a unit in a period
    under AR(1); never below the larger of the first two. With fewer than five units: Newey-West within each.

    Source
    ------
    Two-way: Cameron, Gelbach & Miller (2011), JBES 29:238; Thompson (2011), eq. 6 (common shocks that persist).
    """
    compared = not bool(treated.all())
    columns = [after & treated]
    if trend:
        middle = time[after & treated].mean()
        columns += [treated * (time - middle), (after & treated) * (time - middle)]
    x = np.column_stack(columns).astype(np.float64)
    few = len(distinct(unit)) < FEWEST_CLUSTERS
    clustered = None
    if not few:
        clustered = clustered_design(
            columns=x,
            clusters=unit,
            periods=time if compared else None,
            nuisance=None if compared else nuisance,
        )
    return LevelDesign(
        unit=unit, time=time, columns=x, nuisance=nuisance, compared=compared, clustered=clustered, few=few
    )


def _common(fit: ClusteredRegression, x: Floats, time: Ints, nuisance: Floats | None) -> Estimate | None:
    """The same change in the series of means over units, with errors that hang together over time."""
    periods, inverse = numbered(time)
    first = np.empty(len(periods), dtype=np.int64)
    first[inverse[::-1]] = np.arange(len(time))[::-1]
    mean = np.bincount(inverse, weights=fit.residuals) / np.bincount(inverse)
    series = serial_regression(
        y=mean,
        columns=x[first],
        times=periods,
        nuisance=None if nuisance is None else nuisance[first],
    )
    return None if series is None else series.contrast([1.0] + [0.0] * (x.shape[1] - 1))


def _peculiar(fit: ClusteredRegression, unit: Ints, time: Ints) -> float:
    """Variance of the change from errors peculiar to a unit in a period, AR(1) within units."""
    inverse = numbered(time)[1]
    own = fit.residuals - (np.bincount(inverse, weights=fit.residuals) / np.bincount(inverse))[inverse]
    order = np.lexsort((time, unit))
    e, w = own[order], fit.weights[order, 0]
    u, t = unit[order], time[order]
    next_to = (u[1:] == u[:-1]) & (t[1:] == t[:-1] + 1)
    scale = float(e @ e)
    if scale == 0:
        return 0.0
    rho = float(np.clip((e[1:] * e[:-1])[next_to].sum() / scale, 0.0, 0.95))
    return _correlated(rho, u, t, w) * scale / max(len(e) - fit.parameters, 1)


def _correlated(rho: float, unit: Ints, time: Ints, weights: Floats) -> float:
    """w'R w with R the AR(1) correlation within units, in linear time; rows in order of unit and time."""
    new = np.append(True, np.diff(unit) != 0)
    place = np.arange(len(unit)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    ages = np.append(0, np.maximum(np.diff(time), 0))
    step = (rho ** np.arange(int(ages.max(initial=0)) + 1))[ages]
    behind = np.zeros(len(weights))
    order = np.argsort(place.astype(np.min_scalar_type(int(place.max(initial=0)))), kind="stable")
    ends = np.cumsum(np.bincount(place))
    for start, end in pairwise(ends):  # the second of each unit, the third, ...
        rows = order[start:end]
        behind[rows] = step[rows] * (behind[rows - 1] + weights[rows - 1])
    return float(weights @ (weights + 2.0 * behind))
