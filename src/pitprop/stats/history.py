"""Where a number has been: its mean level and its variation, with how well each is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.numbered import distinct, numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MANY_UNITS = 10
"""From here on units are the clusters; with fewer, stretches of periods are."""
STRETCHES = 20
FEWEST_CLUSTERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Prior knowledge of the level of one observation, in the number's unit."""

    mean: float
    error: float
    """Standard error of the mean."""
    variance: float
    """Over the observations, noise included."""
    freedom: float
    """Degrees of freedom with which the variance is known, at most one less than there are clusters."""
    noise: tuple[float, float]
    """Variance of the noise in one observation: low and high end of what it can be."""
    noise_known: bool
    """Whether it was measured within the observations; else it lies between none and short-term change."""
    n: int
    units: int
    periods: int
    clusters: int


def history(value: Floats, noise: Floats, unit: Ints, time: Ints) -> History | None:
    """What level did the number have, and how much did it vary, truly and by noise?

    Parameters
    ----------
    value
        One for each observation, NaN where there is none, shape (n,).
    noise
        Sampling variance of each, NaN where it is not known, shape (n,). Where it is known for fewer than
        half of the values, the noise lies between 0 (the number is an exact count of what happened) and the
        variance of short-term change, half the mean squared difference of successive values of a unit.
    unit, time
        Whose and when, shape (n,).

    Returns
    -------
    None with fewer than 5 clusters. Clusters are units, or with fewer than 10 units stretches of periods.

    Source
    ------
    Delete-one-cluster jackknife: Bell and McCaffrey (2002), Survey Methodology 28:169. Degrees of freedom of
    a variance from its standard error, 2 V^2 / se^2: Satterthwaite (1946), Biometrics Bulletin 2:110, eq. 2.
    Successive differences: von Neumann et al. (1941), Annals of Mathematical Statistics 12:153.
    """
    there = np.flatnonzero(np.isfinite(value))
    value, noise, time = value[there], noise[there], time[there]
    _, unit = numbered(unit[there])
    units, label = len(distinct(unit)), unit
    times, place = numbered(time)
    if units < MANY_UNITS:
        label = place * min(STRETCHES, max(len(times) // 3, 1)) // max(len(times), 1)
    clusters = len(distinct(label))
    if clusters < FEWEST_CLUSTERS:
        return None
    shift, size = float(value.mean()), float(np.abs(value).max())
    d = value - shift
    if not np.ptp(value) > 1e-12 * size:
        d = np.zeros(len(value))
    sums = np.column_stack([np.bincount(label, weights=w) for w in (np.ones(len(d)), d, d * d)]).astype(float)
    mean, error = _jackknife(sums, 0)
    variance, spread = _jackknife(sums, 1)
    freedom = 2 * (variance / spread) ** 2 if spread > 0 else float(len(d) - 1)
    known = np.isfinite(noise)
    if 2 * known.sum() >= len(noise):
        span = (float(noise[known].mean()),) * 2
    else:
        span = (0.0, min(_short_term(value, unit, time), variance))
    return History(
        mean=shift + mean,
        error=error,
        variance=variance,
        freedom=float(np.clip(freedom, 1.0, clusters - 1)),
        noise=(span[0], span[1]),
        noise_known=bool(2 * known.sum() >= len(noise)),
        n=len(d),
        units=units,
        periods=len(times),
        clusters=clusters,
    )


def _jackknife(sums: Floats, which: int) -> tuple[float, float]:
    """Mean (0) or variance (1) from the sums of 1, d, d^2 of each cluster, with its standard error."""

    def of(s: Floats) -> Floats:
        mean = s[..., 1] / s[..., 0]
        spread = (s[..., 2] - s[..., 0] * mean**2) / np.maximum(s[..., 0] - 1, 1)
        out: Floats = np.maximum(spread, 0.0) if which else mean
        return out

    g = len(sums)
    left = of(sums.sum(axis=0) - sums)
    off = left - left.mean()
    size = float(np.abs(off).max()) or 1.0
    return float(of(sums.sum(axis=0))), size * float(np.sqrt((g - 1) / g * ((off / size) ** 2).sum()))


def _short_term(value: Floats, unit: Ints, time: Ints) -> float:
    """Half the mean squared difference of successive values of a unit; infinite where there are none."""
    order = np.lexsort((time, unit))
    step = np.diff(value[order])[np.diff(unit[order]) == 0]
    return float((step**2).mean() / 2) if len(step) else float("inf")
