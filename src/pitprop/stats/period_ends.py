"""Period ends: how much more is done in the last days of a reporting period than in its middle?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.clustered_regression import ClusteredRegression, clustered_regression
from pitprop.stats.estimate import Estimate
from pitprop.stats.ratio_interval import RatioInterval, ratio_interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAYS_A_WEEK = 7


def storming_index(*, share: float, last: float, length: float) -> float:
    """Rate in the last part of a period over the rate in the rest: 1 where work is even.

    Parameters
    ----------
    share
        Share of the period's output in its last part, from 0 to 1.
    last, length
        Length of that part and of the whole period, in the same unit.

    Returns
    -------
    rho = (S/k) / ((1 - S)/(K - k)); infinite where everything is done in the last part.

    Source
    ------
    Liebman & Mahoney (2017), American Economic Review 107:3510: 8.7 % of a year's spending in its last week.
    """
    rest = (1 - share) / (length - last)
    return share / last / rest if rest > 0 else float("inf")


def in_average_days(*, values: Floats, period: Ints) -> Floats:
    """Each day's value in units of an average day of its period, with the course of the levels taken out.

    Parameters
    ----------
    values
        One for each day, days of a period side by side and complete, shape (n,); a period's sum is not 0.
    period
        Number of the period, from 0 without gaps, ascending, shape (n,).

    Returns
    -------
    Shape (n,); the mean within each period is 1. What a level that rises (or falls) from period to period
    does within them is removed as a straight line, whose slope is half the log ratio of the neighbours' means.
    """
    days = np.bincount(period).astype(np.float64)
    mean = np.bincount(period, weights=values) / days
    relative = values / mean[period]
    if len(days) < 3:
        return relative
    growth = np.clip(np.gradient(np.log(np.abs(mean))), -1.0, 1.0)
    start = np.concatenate([[0], np.cumsum(days)[:-1]])
    place = (np.arange(len(values)) - start[period] + 0.5) / days[period] - 0.5
    out: Floats = relative - growth[period] * place
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodEnds:
    """Excess of a period's last and first days over its middle, as a share of what is usual in the middle."""

    last: Estimate
    first: Estimate
    payback: RatioInterval
    """Share of the excess at the end that the next start lacks, -first/last: 1 pure timing, 0 none of it."""
    change: Estimate | None
    """By how much `last` is greater under the target than without it; None where one side is missing."""
    before: Estimate | None
    """`last` in the periods without the target."""


def usual(*, y: Floats, weekday: Ints | None, middle: Bools) -> Floats:
    """What is usual on each day's weekday in the middle of periods, in the unit of y, shape (n,).

    Parameters
    ----------
    y
        Shape (n,).
    weekday
        0 to 6, shape (n,); None where weekdays are not told apart.
    middle
        Which days lie in the middle of their period, shape (n,); at least one does.
    """
    if weekday is None:
        return np.full(len(y), y[middle].mean())
    count = np.bincount(weekday[middle], minlength=DAYS_A_WEEK)
    sums = np.bincount(weekday[middle], weights=y[middle], minlength=DAYS_A_WEEK)
    out: Floats = np.where(count > 0, sums / np.maximum(count, 1), y[middle].mean())[weekday]
    return out


def period_ends(
    *,
    y: Floats,
    period: Ints,
    position: Ints,
    length: Ints,
    weekday: Ints | None,
    window: Ints,
    under: Bools,
    rate: Floats,
) -> PeriodEnds | None:
    """How much more is done in the last (and the first) days of a period than in its middle.

    Parameters
    ----------
    y
        Days' values in average days, shape (n,).
    period, position, length
        Number of the period, the day in it from 0, and its days, shape (n,).
    weekday
        0 to 6, shape (n,), whose effects are removed; None where position and weekday are the same.
    window
        How many days count as the last, and as the first, of the period, shape (n,).
    under
        Whether the period lies under the target, shape (n,).
    rate
        What is usual on that weekday (`usual`), shape (n,): the excess is a share of it.

    Returns
    -------
    The excess, or None where it cannot be told apart from the weekdays.

    Source
    ------
    Position effects: Oyer (1998), Quarterly Journal of Economics 113:149. Clusters are the periods (CR2, Bell
    & McCaffrey 2002), so that days may hang together at will within one. The interval of the payback is
    Fieller's.
    """
    end, begin = position >= length - window, position < window
    sides = [under] if under.all() else [under, ~under]
    columns = np.column_stack([rate * (part & side) for side in sides for part in (end, begin)])
    nuisance = None if weekday is None else np.eye(DAYS_A_WEEK)[weekday][:, 1:]
    fit = clustered_regression(y=y, columns=columns, clusters=period, nuisance=nuisance)
    if fit is None:
        return None
    rest = [0.0] * (columns.shape[1] - 2)
    last, first = fit.contrast([1.0, 0.0, *rest]), fit.contrast([0.0, 1.0, *rest])
    two = len(sides) == 2
    return PeriodEnds(
        last=last,
        first=first,
        payback=_payback(fit, last, first),
        change=fit.contrast([1.0, 0.0, -1.0, 0.0]) if two else None,
        before=fit.contrast([0.0, 0.0, 1.0, 0.0]) if two else None,
    )


def _payback(fit: ClusteredRegression, last: Estimate, first: Estimate) -> RatioInterval:
    return ratio_interval(
        numerator=-first.value,
        denominator=last.value,
        variance_numerator=first.se**2,
        variance_denominator=last.se**2,
        covariance=-float(fit.influence[0] @ fit.influence[1]),
        quantile=min(last.quantile(), 1e6),
    )
