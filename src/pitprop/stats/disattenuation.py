"""Disattenuation: how alike are two quantities beneath the noise in both?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.binary_size import binary_size
from pitprop.stats.jackknifed import Ratio, jackknifed
from pitprop.stats.persistence import Persistence, persistence
from pitprop.stats.swept import Swept, swept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two quantities are, in absolute value, between units and within them."""

    level: Ratio | None
    """Correlation of units' true levels, r / sqrt(Rx Ry); None where true levels do not differ in both."""
    movement: Ratio
    """Correlation of movements within units, noise and all: movements of the same thing can be more alike."""
    sign: float
    """1 or -1: whether the levels (else the movements) go together or against each other."""
    reliability: tuple[float, float]
    """Of units' mean levels, x and y: share of their variance that is true difference."""
    units: int
    n: int


def disattenuated(r: float, rx: float, ry: float) -> float:
    """Correlation beneath the noise, from the observed one and the reliabilities.

    Source
    ------
    Spearman 1904, American Journal of Psychology 15:72.
    """
    return r / float(np.sqrt(rx * ry))


def likeness(x: Floats, y: Floats, *, unit: Ints, time: Ints) -> Likeness | None:
    """How alike are x and y, between units with the noise in their levels removed, and within units?

    Levels are units' means, period effects taken out; their noise is known from the scatter within units, memory
    allowed for, and so is the covariance of the two noises: rows that both share do not make two numbers alike. Then
    r / sqrt(Rx Ry), with r the correlation of levels less that of their noise, is the correlation of true levels.

    Parameters
    ----------
    x, y
        Finite, shape (n,), any unit.
    unit, time
        Labels, and the number of the period on the calendar, shape (n,).

    Returns
    -------
    None with fewer than five units that have two values or more, or where one does not vary within them.

    Source
    ------
    Spearman 1904, American Journal of Psychology 15:72; covariance components by analysis of variance: Searle,
    Casella and McCulloch 1992, Variance Components. Errors by leaving out one unit at a time.
    """
    side = swept(np.column_stack([x / binary_size(x), y / binary_size(y)]), unit=unit, period=time)
    used = np.flatnonzero(side.count >= 2)
    if len(used) < 5 or side.df < 1:
        return None
    u, v = side.residual.T
    own = np.column_stack([np.bincount(side.index, weights=w, minlength=len(side.unit)) for w in (u * u, v * v, u * v)])
    total = own.sum(axis=0)
    if min(total[:2]) <= 1e-18 * float(np.square(side.level).sum()) or min(total[:2]) <= 0:
        return None
    noise = own / (side.df * (side.count - 1) / (side.count - 1).sum() * side.count)[:, None].clip(1e-300)
    noise = (noise * _inflation(side, time))[used]
    level, true, plain = _levels(side.level[used], noise)
    weight = own[used, 0]
    df = max(float(weight.sum() ** 2 / (weight**2).sum()) - 1, 1.0)
    without, way = total - own[used], 1.0 if total[2] >= 0 else -1.0
    movement = jackknifed(
        float(way * total[2]), float(_geometric(total)), way * without[:, 2], _geometric(without), df=df
    )
    sign = true[2] if level is not None else total[2]
    shares = [float(np.clip(true[k] / plain[k], 0.0, 1.0)) if plain[k] > 0 else 0.0 for k in (0, 1)]
    return Likeness(
        level=level,
        movement=movement,
        sign=-1.0 if sign < 0 else 1.0,
        reliability=(shares[0], shares[1]),
        units=len(used),
        n=len(x),
    )


def _inflation(side: Swept, time: Ints) -> Floats:
    """By how much memory makes means noisier than independent scatter: of x, y and their product; shape (units, 3)."""
    one, two = (persistence(r, side.index, time).lag1 for r in side.residual.T)
    return np.column_stack([Persistence(lag1=p).inflation(side.count) for p in (one, two, (one * two) ** 0.5)])


def _levels(level: Floats, noise: Floats) -> tuple[Ratio | None, Floats, Floats]:
    """Correlation of true levels, their variances and covariance, and those with noise."""
    g = len(level)
    level = level - level.mean(axis=0)
    rows = np.column_stack([level, level**2, level.prod(axis=1), noise])
    whole = rows.sum(axis=0)
    (true, plain), (without, _) = _moments(whole[None], g), _moments(whole - rows, g - 1)
    if min(true[0, :2]) <= 0:
        return None, true[0], plain[0]
    side = np.sign(true[0, 2]) or 1.0
    weight = level[:, 0] ** 2
    df = max(float(weight.sum() ** 2 / (weight**2).sum()) - 1, 1.0)
    ratio = jackknifed(side * true[0, 2], _geometric(true)[0], side * without[:, 2], _geometric(without), df=df)
    return (ratio if ratio.interval is not None else None), true[0], plain[0]


def _moments(sums: Floats, g: int) -> tuple[Floats, Floats]:
    """Variances and covariance less those of noise, and with it; shape (..., 3)."""
    x, y, xx, yy, xy = sums.T[:5]
    plain = np.column_stack([xx - x * x / g, yy - y * y / g, xy - x * y / g]) / (g - 1)
    return plain - sums[:, 5:] / g, plain


def _geometric(moments: Floats) -> Floats:
    """Geometric mean of the two variances, the first two columns; 0 where one is not positive."""
    m = np.maximum(moments, 0.0)
    out: Floats = np.sqrt(m[..., 0] * m[..., 1])
    return out
