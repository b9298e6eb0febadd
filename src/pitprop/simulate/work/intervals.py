"""Intervals: how far replications, or batches of one long run, leave a mean open."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from pitprop.simulate.work.results import Estimate

Floats = NDArray[np.float64]
Numbers = NDArray[np.float64] | NDArray[np.int64]

LEVEL = 0.95
BATCHES = (10, 64)
"""Fewest and most batches into which one long run is cut."""
UNRELATED = 1.645
"""Batches count as unrelated while their lag-1 correlation is at most this many of its standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchMeans:
    """What one long run says, cut into batches."""

    estimate: Estimate
    batches: int
    correlation: float
    """Of neighbouring batches."""
    unrelated: bool
    """Whether the batches pass for independent; where not, the run is too short and the interval too narrow."""


def over_replications(values: Numbers) -> Estimate:
    """The mean of independent replications, shape (R,), with its Student t interval.

    With one replication nothing is known of the spread: `low` and `high` are nan.
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean=mean, low=math.nan, high=math.nan)
    half = _quantile(len(values)) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Estimate(mean=mean, low=mean - half, high=mean + half)


def ratio(top: Numbers, bottom: Numbers) -> Estimate:
    """Mean over mean of paired replications, each of shape (R,).

    Source: delta method on the logarithm, log(a/b) with variance of a_r/mean(a) - b_r/mean(b); Law (2015), Simulation
    Modeling and Analysis, section 10.2, for the pairing. nan where the lower mean is 0.
    """
    a, b = float(np.mean(top)), float(np.mean(bottom))
    if not b:
        return Estimate(mean=math.nan, low=math.nan, high=math.nan)
    if not a:
        return Estimate(mean=0.0, low=0.0, high=0.0)
    log = over_replications(np.asarray(top / a - bottom / b, dtype=float))
    return Estimate(mean=a / b, low=a / b * math.exp(log.low), high=a / b * math.exp(log.high))


def batch_means(series: Numbers) -> BatchMeans:
    """The mean of one long run that has settled, shape (N,) of equal parts of its time.

    Batches are doubled in length until neighbours no longer look related, down to 10 of them.

    Source: Fishman (1978), Management Science 24:510; the lag-1 correlation of m independent values has mean -1/m and
    standard error sqrt((m - 2) / (m^2 - 1)) (von Neumann 1941).

    Raises
    ------
    ValueError
        Fewer than 10 parts.
    """
    fewest, most = BATCHES
    if len(series) < fewest:
        raise ValueError(f"a run is cut into {fewest} batches or more, and here are {len(series)} parts")
    per = -(-len(series) // most)
    while True:
        values = _batched(series, per)
        correlation = _lag_one(values)
        m = len(values)
        unrelated = correlation <= -1 / m + UNRELATED * math.sqrt((m - 2) / (m * m - 1))
        if unrelated or len(series) // (2 * per) < fewest:
            estimate = over_replications(values)
            return BatchMeans(estimate=estimate, batches=m, correlation=correlation, unrelated=unrelated)
        per *= 2


def _batched(series: Numbers, per: int) -> Floats:
    kept = len(series) // per * per
    # what is left over is cut off at the beginning, which is the part that has settled least
    out: Floats = np.asarray(series[len(series) - kept :], dtype=float).reshape(-1, per).mean(axis=1)
    return out


def _lag_one(values: Floats) -> float:
    away = values - values.mean()
    square = float(away @ away)
    return float(away[:-1] @ away[1:]) / square if square > 0 else 0.0


def _quantile(n: int) -> float:
    return float(stdtrit(n - 1, 0.5 + LEVEL / 2))
