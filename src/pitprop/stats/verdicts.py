"""Verdicts by chance: how often a target would be met or missed otherwise if only routine variation came out anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.numbered import distinct

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FEWEST_UNITS = 5
"""Units from which they are the clusters; with fewer, stretches of periods are."""
STRETCH = 8
LAPLACE = 1.0
"""Reversed and standing verdicts that are added when a standard error is taken, so that it is never 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceVerdicts:
    """Share of verdicts that routine variation alone would have turned."""

    share: Estimate
    """Between 0 and about 0.5 (a coin toss)."""
    verdicts: int
    clusters: int


def chance_verdicts(
    *, value: Floats, noise: Floats, target: Floats, at_least: bool, strict: bool, unit: Ints, time: Ints, judged: Bools
) -> ChanceVerdicts | None:
    """How often the verdict on a value would be the other one with the noise of a neighbouring period in it.

    Parameters
    ----------
    value
        Values that are held against the target, shape (n,), in order of (unit, time).
    noise
        What is left of each value when unit and period have had their say, same unit, shape (n,).
    target
        What each value is held against, shape (n,).
    at_least, strict
        Whether the target is met from it upwards (else downwards), and whether meeting it exactly does not do.
    unit, time
        Whose and when: number of the period, shape (n,).
    judged
        Which values get a verdict, shape (n,); the others only lend their noise.

    Returns
    -------
    None where fewer than two clusters have verdicts with a neighbour. Clusters are units; with fewer than five of
    them, stretches of eight periods.

    Notes
    -----
    value - noise + (noise of the period before or after, of the same unit) is a second draw from the same state of
    affairs as far as that lasts for a period. Departures that last carry over to it and turn nothing.

    Source
    ------
    Probability of misclassification on a replication: Livingston and Lewis (1995), Journal of Educational
    Measurement 32:179 (decision consistency); for normal values and a target at their mean it is arccos(r) / pi with
    reliability r (Sheppard 1899). Standard error: ratio of cluster totals (Cochran 1977, chapter 6).
    """
    if len(value) < 2:
        return None
    next_to = (unit[1:] == unit[:-1]) & (time[1:] == time[:-1] + 1)
    met = _met(value, target, at_least, strict)
    turned, draws = np.zeros(len(value)), np.zeros(len(value))
    for mine, other in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
        again = _met(value[mine] - noise[mine] + noise[other], target[mine], at_least, strict)
        count = next_to & judged[mine]
        turned[mine] += count & (again != met[mine])
        draws[mine] += count
    used = draws > 0
    if not used.any():
        return None
    share = turned[used] / draws[used]
    cluster = unit[used]
    if len(distinct(cluster)) < FEWEST_UNITS:
        cluster = np.unique(np.stack([cluster, time[used] // STRETCH]), axis=1, return_inverse=True)[1].ravel()
    held = np.bincount(cluster)
    size = held[held > 0].astype(np.float64)
    if len(size) < 2:
        return None
    p, n = float(share.mean()), float(size.sum())
    off = np.bincount(cluster, weights=share)[held > 0] - p * size
    variance = float(off @ off) * len(size) / (len(size) - 1) / n**2
    laplace = (p * n + LAPLACE) / (n + 2 * LAPLACE)
    least = laplace * (1 - laplace) / n / 2
    df = n**2 / float(size @ size) - 1
    se = max(variance, least) ** 0.5
    return ChanceVerdicts(share=Estimate(value=p, se=se, df=max(df, 1.0)), verdicts=int(n), clusters=len(size))


def _met(value: Floats, target: Floats, at_least: bool, strict: bool) -> Bools:
    """Which values meet the target; a difference within rounding counts as none."""
    gap = value - target if at_least else target - value
    reach = 1e-9 * np.maximum(np.abs(value), np.abs(target))
    out: Bools = gap > reach if strict else gap >= -reach
    return out
