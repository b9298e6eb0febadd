"""Are too many percentages whole numbers? Ratios of counts against the arithmetic of their denominators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from pitprop.stats.estimate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerShare:
    """Cells whose percentage is a multiple of `base`, beyond what division alone gives."""

    base: int
    """In per cent: 1 or 5."""
    estimate: Estimate
    """Share of the cells that were moved to such a percentage."""
    observed: int
    expected: float
    """Cells there if only the arithmetic of the denominators were at work."""
    cells: int
    """Cells that were looked at."""
    informative: float
    """Sum over cells of 1 - p: so many cells would be free to show an excess."""
    clusters: float
    """Effective number of clusters behind the standard error."""
    null_se: float
    """Standard error of the share where nothing was moved."""

    @property
    def p_value(self) -> float:
        """One-sided, for the null of no excess."""
        se = max(self.null_se, self.estimate.se)
        return float(stdtr(self.estimate.df, -self.estimate.value / se)) if se > 0 else 1.0


def whole_percentages(k: Ints, n: Ints, base: int = 1) -> tuple[Ints, Bools, Floats, Bools]:
    """Which percentages are multiples of `base`, and how probable that is for each.

    A percentage 100 k/n counts as a multiple where it lies within 0.05 points of one, or where k is the whole number
    next to one (denominators below 1,000 cannot come nearer). Given the multiple that it is nearest to, every
    numerator with the same nearest multiple is as probable as another: p = (numerators that count) / (numerators
    there are). A pile at whole percentages leaves no trace in that; a draw from Binomial(n, k/n), as in the
    source, follows the pile where the binomial spread is below half a point.

    Parameters
    ----------
    k, n : numerator and denominator, 0 <= k <= n, 0 < n <= 10^12, shape (cells,)
    base : in per cent

    Returns
    -------
    (nearest, hit, p, there) : shape (cells,)
        Nearest multiple of the base (0, 1, 2 ...), whether it counts, with what probability by division alone, and
        whether the cell can be used: not nearest to 0 % or 100 %, and not midway between two multiples.

    Source
    ------
    Kobak, Shpilkin and Pshenichnikov 2016, Annals of Applied Statistics 10(1): 54-73 (the statistic).
    """
    period = base * n
    nearest = (200 * k + period) // np.maximum(2 * period, 1)
    centre = nearest * period  # of 100 k
    far = np.abs(100 * k - centre)
    there = (n > 0) & (nearest >= 1) & (nearest * base < 100) & (2 * far != period)
    reach = np.maximum(n, 1000)
    hit = 20 * far <= reach
    first, last = (2 * centre - period) // 200 + 1, -((-2 * centre - period) // 200) - 1
    chosen = (20 * centre + reach) // 2000 + ((reach - 20 * centre) // 2000) + 1
    p = np.minimum(chosen / np.maximum(last - first + 1, 1), 1.0)
    return nearest, hit & there, np.where(there, p, 0.0), there


def integer_share(*, k: Ints, n: Ints, unit: Ints, base: int = 1, avoid: Floats | None = None) -> IntegerShare | None:
    """Share of cells moved to whole percentages: h = sum(hit - p) / sum(1 - p).

    The standard error is clustered twice, by unit and by the multiple itself, and the larger is taken: a unit that
    keeps one percentage, or one percentage that many keep (a cap, a target), is one observation.

    Parameters
    ----------
    k, n : shape (cells,), as for `whole_percentages`
    unit : whose cell it is, integers from 0, shape (cells,)
    base : in per cent
    avoid : percentage at which something else draws values (a target), NaN for none, shape (cells,)

    Returns
    -------
    None where the percentages spread over less than one base (the excess could not be told from their shape), or
    no cell is free to show an excess.
    """
    nearest, hit, p, there = whole_percentages(k, n, base)
    if avoid is not None:
        there &= ~(np.abs(nearest * base - np.nan_to_num(avoid, nan=-1e9)) <= base / 2 + 1e-9)
    if there.sum() < 3 or _spread(100 * k[there] / n[there]) < base:
        return None
    nearest, hit, p, unit = nearest[there], hit[there], p[there], unit[there]
    informative = float((1 - p).sum())
    if informative <= 1e-9:
        return None
    value = float((hit - p).sum()) / informative
    score = (hit - p) - value * (1 - p)
    chance = p * (1 - p)
    floor = float(chance.sum())
    variance, null, clusters = floor, floor, float(len(p))
    for group in (unit, nearest):
        count = _effective(np.bincount(group, weights=chance).astype(np.float64))
        factor = count / max(count - 1, 0.1)
        variance = max(variance, factor * float((np.bincount(group, weights=score) ** 2).sum()))
        null = max(null, floor * factor)
        clusters = min(clusters, count)
    return IntegerShare(
        base=base,
        estimate=Estimate(value=value, se=variance**0.5 / informative, df=max(clusters - 1, 1.0)),
        observed=int(hit.sum()),
        expected=float(p.sum()),
        cells=len(p),
        informative=informative,
        clusters=clusters,
        null_se=null**0.5 / informative,
    )


def _effective(weights: Floats) -> float:
    """Number of equal clusters that are worth these unequal ones (Kish 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def _spread(values: Floats) -> float:
    """The smaller of the standard deviation and the interquartile range in units of a normal's."""
    low, high = np.quantile(values, [0.25, 0.75])
    return min(float(values.std()), float(high - low) / 1.349)
