"""Piecewise slopes: does a line go on beyond a point, or does it bend there?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.binary_size import binary_size
from pitprop.stats.jackknifed import Ratio, jackknifed
from pitprop.stats.numbered import numbered
from pitprop.stats.swept import swept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEGLIGIBLE = 1e-6
"""Share of a column below which what units and periods leave of it is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """Slopes of y on x below and above a knot, within units and periods, and how they compare."""

    below: float
    """Unit of y per unit of x."""
    above: float
    se_below: float
    se_above: float
    plain: Ratio
    """above / below."""
    repeated: Ratio
    """The same, less what the noise in x does to it: divided by the ratio of the slopes of x measured again on x."""
    memory: float
    """t of the slope of the second readings on x below the knot."""
    units: int
    effective: float
    """Units that carry as much of what is known above the knot, were they all alike."""


def bend(y: Floats, x: Floats, again: Floats, *, knot: float, unit: Ints, period: Ints) -> Bend | None:
    """Does the slope of y on x above the knot differ from that below it?

    y = unit + period + b x + d (x - knot)+ + error, by least squares; slopes b below and b + d above.

    Noise in x flattens slopes, and where more of x is noise above the knot than below it, it bends a straight
    line. With x = truth + noise, and `again` a second reading of the truth with noise of its own, the
    flattening of both regressions is the same at every value of x: E(y | x) = b E(truth | x), E(again | x) =
    c E(truth | x). The ratio of the slopes of y divided by that of the slopes of `again` is therefore 1 for a
    straight line, whatever the laws of truth and noise.

    Parameters
    ----------
    y, x, again
        Finite, shape (n,); any unit.
    knot
        In the unit of x.
    unit, period
        Labels, shape (n,).

    Returns
    -------
    None where one of the slopes cannot be told apart from units and periods, or there are fewer than three units.

    Source
    ------
    Frisch and Waugh 1933 (effects removed first); Bell and McCaffrey 2002, Survey Methodology 28:169 (leaving out one
    cluster at a time, CR3); Carter, Schnepel and Steigerwald 2017, REStat 99:698 (effective clusters as degrees of
    freedom); Fieller 1954 (ratios). Second readings against errors in variables: Fuller 1987, Measurement Error Models,
    section 1.4.
    """
    scale = float(x.std())
    label, index = numbered(unit)
    if scale <= 0 or len(label) < 3:
        return None
    centred = (x - knot) / scale
    y_size, z_size = binary_size(y), binary_size(again)
    y, again = y / y_size, again / z_size
    columns = np.column_stack([centred, np.maximum(centred, 0.0), y - y.mean(), again - again.mean()])
    size = np.linalg.norm(columns - columns.mean(axis=0), axis=0)
    left = swept(columns, unit=index, period=period).residual
    if np.any(np.linalg.norm(left, axis=0)[:2] <= NEGLIGIBLE * size[:2]):
        return None
    sums = _sums(left, index, len(label))
    whole = sums.sum(axis=0)
    known = whole[1] ** 2 <= (1 - 1e-9) * whole[0] * whole[2]
    rest = whole - sums
    known_without = rest[:, 1] ** 2 <= (1 - 1e-9) * rest[:, 0] * rest[:, 2]
    if not known or not known_without.all():
        return None
    slopes, without = _slopes(whole[None])[0], _slopes(rest)
    spread = np.sqrt((len(label) - 1) / len(label) * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    share = _reach(left, index, len(label))
    effective = float(share.sum() ** 2 / (share**2).sum())
    df = max(effective - 1, 1.0)
    b, above, _, _ = slopes / scale * y_size
    return Bend(
        below=float(b),
        above=float(above),
        se_below=float(spread[0] / scale * y_size),
        se_above=float(spread[1] / scale * y_size),
        plain=jackknifed(slopes[1], slopes[0], without[:, 1], without[:, 0], df=df),
        repeated=jackknifed(
            slopes[1] * slopes[2],
            slopes[0] * slopes[3],
            without[:, 1] * without[:, 2],
            without[:, 0] * without[:, 3],
            df=df,
        ),
        memory=float(slopes[2] / spread[2]) if spread[2] > 0 else 0.0,
        units=len(label),
        effective=effective,
    )


def _sums(left: Floats, index: Ints, units: int) -> Floats:
    """Of each unit: xx, xk, kk, xy, ky, xz, kz; shape (units, 7)."""
    x, k, y, z = left.T
    products = (x * x, x * k, k * k, x * y, k * y, x * z, k * z)
    return np.column_stack([np.bincount(index, weights=p, minlength=units) for p in products])


def _slopes(s: Floats) -> Floats:
    """Of y below and above, of z below and above; shape (..., 4)."""
    xx, xk, kk, xy, ky, xz, kz = s.T
    size = xx * kk - xk**2
    out = []
    for one, two in ((xy, ky), (xz, kz)):
        b = (kk * one - xk * two) / size
        out += [b, b + (xx * two - xk * one) / size]
    return np.column_stack(out)


def _reach(left: Floats, index: Ints, units: int) -> Floats:
    """Each unit's share in what is known of the bend."""
    x, k = left[:, 0], left[:, 1]
    own = k - x * float(x @ k) / float(x @ x)
    return np.bincount(index, weights=own**2, minlength=units).astype(np.float64)
