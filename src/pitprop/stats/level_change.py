"""Level change: by how much units differ after a date, and by how much from where they were heading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.clustered_regression import ClusteredRegression, clustered_regression
from pitprop.stats.estimate import Estimate
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
    unit, time
        Unit of each row, integers from 0, and its period, integers; shape (n,).
    after, treated
        Whether the row lies after the date; whether its unit is one to which something happened then.
    nuisance
        Season columns, shape (n, q); used only where no unit is untreated (else periods have effects).
    trend
        Whether the change is from where the treated were heading before (relative to the others): their
        linear course before the date, continued to the middle of the time after.

    Returns
    -------
    The change, or None where it cannot be told apart from units, periods, season or trend.

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
    first = [1.0] + [0.0] * (x.shape[1] - 1)
    if len(np.unique(unit)) < FEWEST_CLUSTERS:
        series = serial_regression(y=values, columns=x, times=time, series=unit, nuisance=nuisance)
        return None if series is None else LevelChange(estimate=series.contrast(first), fit=series)
    fit = clustered_regression(
        y=values,
        columns=x,
        clusters=unit,
        periods=time if compared else None,
        nuisance=None if compared else nuisance,
    )
    if fit is None:
        return None
    estimate = fit.contrast(first)
    if not compared:
        common = _common(fit, x, time, nuisance)
        if common is None:
            return None
        both = _peculiar(fit, unit, time)
        variance = max(estimate.se**2 + common.se**2 - both, estimate.se**2, common.se**2)
        weight = estimate.se**4 / estimate.df + common.se**4 / common.df
        df = (estimate.se**2 + common.se**2) ** 2 / weight if weight > 0 else estimate.df
        estimate = Estimate(value=estimate.value, se=variance**0.5, df=df)
    return LevelChange(estimate=estimate, fit=fit)


def _common(fit: ClusteredRegression, x: Floats, time: Ints, nuisance: Floats | None) -> Estimate | None:
    """The same change in the series of means over units, with errors that hang together over time."""
    periods, first, inverse = np.unique(time, return_index=True, return_inverse=True)
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
    inverse = np.unique(time, return_inverse=True)[1]
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
    step = np.append(0.0, rho ** np.maximum(np.diff(time), 0))
    behind = np.zeros(len(weights))
    order = np.argsort(place, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(place[order])) + 1)[
        1:
    ]:  # the second of each unit, the third, ...
        behind[rows] = step[rows] * (behind[rows - 1] + weights[rows - 1])
    return float(weights @ (weights + 2.0 * behind))
