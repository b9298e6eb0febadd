"""Do averages vary less than the rows they are made of allow? Residual variation over its sampling noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.dispersion import FEWEST_COMMON, Dispersion
from pitprop.stats.numbered import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SWEEPS = 60
HEAVIEST = 10.0
"""No unit weighs more than so many times the median one."""


def steadiness(*, value: Floats, noise: Floats, unit: Ints, period: Ints, window: Ints) -> Dispersion | None:
    """Variation of averages about what units and periods explain, over what sampling alone gives.

    Within each window y_it = a_i + b_t + error is fitted by least squares (b_t only where the window has three units or
    more); each unit weighs by one over its mean noise, w_i. With residuals e and the diagonal m of the projection
    on them,

        index = sum(w e^2) / sum(m w v),    E[numerator] = sum(m w v) for independent errors of variance v,

    whatever the noises v are, and however their rows are distributed: v is estimated without bias by s^2/n, and both
    sums are linear in the squares. Trends within the window, seasons of one's own and rows that are alike within a cell
    only add to the numerator. Rows that are a fixed mix of unlike ones do not: they take from it (stratified sampling).

    The degrees of freedom are Satterthwaite's, (sum a)^2 / sum(a^2) for parts a = w v in place of each cell's one; the
    noise being estimated from few rows makes a uneven, and so takes from them.

    Parameters
    ----------
    value : averages, shape (n,)
    noise : estimated sampling variance of each, unit^2, >= 0, shape (n,)
    unit, period, window : integers, shape (n,); one window for each period

    Returns
    -------
    None where no degree of freedom is left, or there is no noise.

    Source
    ------
    Expectation of a quadratic form: Searle 1971, Linear Models; degrees of freedom: Satterthwaite 1946,
    Biometrics Bulletin 2: 110.
    """
    keep = _usable(noise, unit, window)
    if not keep.any():
        return None
    value, noise = value[keep], noise[keep]
    unit, period, window = unit[keep], period[keep], window[keep]
    who, column, block = numbered(unit)[1], numbered(period)[1], numbered(window)[1]
    row = numbered(who * (int(block.max()) + 1) + block)[1]
    own = 1 / _mean(noise, who)
    w = np.minimum(own, HEAVIEST * float(np.median(own)))[who]
    units_in = np.bincount(block, weights=1 / np.bincount(row)[row])
    common = (np.round(units_in) >= FEWEST_COMMON)[block]
    residual = _residual(value, w, row, column, common)
    m, df = _left(w, row, column, block, common)
    part, due = w * residual**2, m * w * noise
    if df < 1 or due.sum() <= 0:
        return None
    index = float(part.sum() / due.sum())
    even = df * float(due.sum()) ** 2 / (float(m.sum()) * float((due * w * noise).sum()))
    score = np.bincount(who, weights=part - index * due)
    units = len(score)
    unit_se = (float((score**2).sum()) * units / (units - 1)) ** 0.5 / float(due.sum()) if units > 1 else 0.0
    return Dispersion(statistic=index * even, df=even, units=units, unit_se=unit_se)


def nearness(*, value: Floats, target: Floats, noise: Floats, unit: Ints) -> Dispersion | None:
    """Squared distance of averages from a target over their sampling noise: below 1, closer than sampling permits.

    Units weigh as for `steadiness`; nothing is fitted, so that sum(w v) is the least that can be expected, of
    averages whose true level is the target.

    Parameters
    ----------
    value, target, noise, unit : shape (n,); target and value in the same unit

    Returns
    -------
    None where no cell has noise.
    """
    keep = _mean(noise, unit)[unit] > 0 if len(unit) else np.zeros(0, dtype=bool)
    if not keep.any():
        return None
    value, target, noise, who = value[keep], target[keep], noise[keep], numbered(unit[keep])[1]
    own = 1 / _mean(noise, who)
    w = np.minimum(own, HEAVIEST * float(np.median(own)))[who]
    due = w * noise
    index = float((w * (value - target) ** 2).sum() / due.sum())
    even = float(due.sum()) ** 2 / float((due**2).sum())
    return Dispersion(statistic=index * even, df=even, units=len(own), unit_se=0.0)


def _usable(noise: Floats, unit: Ints, window: Ints) -> NDArray[np.bool_]:
    """Cells of units with noise that are not alone in their unit's window."""
    if len(noise) == 0:
        return np.zeros(0, dtype=bool)
    who, row = numbered(unit)[1], numbered(unit * (int(window.max()) + 1) + window)[1]
    several = np.bincount(row)[row] > 1
    noisy = np.bincount(who, weights=np.where(several, noise, 0.0))[who] > 0
    return several & noisy


def _residual(value: Floats, w: Floats, row: Ints, column: Ints, common: NDArray[np.bool_]) -> Floats:
    """Value less row and column effects, by alternating weighted means (w is the same throughout a row)."""
    weight = np.where(common, w, 0.0)
    total = np.maximum(np.bincount(column, weights=weight), 1e-300)
    out = value - _mean(value, row)[row]
    scale = float(np.sqrt((w * out**2).mean()))
    for _ in range(SWEEPS):
        effect = np.bincount(column, weights=weight * out) / total
        out = out - np.where(common, effect[column], 0.0)
        level = _mean(out, row)
        out = out - level[row]
        if float(np.sqrt((w * level[row] ** 2).mean())) <= 1e-9 * scale:
            break
    return out


def _left(w: Floats, row: Ints, column: Ints, block: Ints, common: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Share of each cell's variance that the fit leaves in its residual (exact without gaps; with gaps scaled to the
    degrees of freedom of each window), and their sum."""
    within_row = 1 - 1 / np.bincount(row)[row]
    m = within_row * np.where(common, 1 - w / np.bincount(column, weights=w)[column], 1.0)
    one_each = 1 / np.bincount(row)[row] + np.where(common, 1 / np.bincount(column)[column], 0.0)
    shared = np.bincount(block, weights=common) > 0
    df = np.round(np.bincount(block, weights=1 - one_each) + shared)
    sums = np.bincount(block, weights=m)
    scale = np.divide(np.maximum(df, 0), sums, out=np.zeros_like(sums), where=sums > 1e-9)
    return m * scale[block], float(np.maximum(df, 0).sum())


def _mean(values: Floats, group: Ints) -> Floats:
    """Mean of each group; 0 for a number that does not occur."""
    out: Floats = np.bincount(group, weights=values) / np.maximum(np.bincount(group), 1)
    return out
