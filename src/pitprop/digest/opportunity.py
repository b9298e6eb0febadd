"""Opportunity: where ratios of counts can fall at all, by drawing every numerator again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from pitprop.digest.grid import Grid

CHUNK = 2_000_000
"""Terms that are held in memory at once."""
LEAST = 1e-9
"""Positions with fewer expected cells are left out."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def opportunity(numerator: Ints, denominator: Ints, cells: Ints, grid: Grid) -> tuple[Ints, Floats]:
    """How many cells are expected at each position if chance alone moved every cell about its own ratio.

    Each cell's numerator is drawn from Binomial(denominator, numerator / denominator). What comes out has the
    data's shape and the arithmetic of their denominators, and knows of no target.

    Parameters
    ----------
    numerator, denominator, cells : array of int64, shape (n,)
        Distinct pairs with denominator > 0, and how many cells have them.
    grid : Grid
        Of the ratios.

    Returns
    -------
    (k, expected) : array of int64 and array of float64, same shape
        Positions, ascending, and expected cells there. Their sum is that of `cells`.

    Source
    ------
    Kobak, Shpilkin and Pshenichnikov (2016), Annals of Applied Statistics 10:54, section 3 (parametric
    binomial null for integer percentages); here exact instead of drawn.
    """
    low, high = _support(numerator, denominator)
    terms = high - low + 1
    log_factorial = gammaln(np.arange(int(denominator.max(initial=0)) + 1) + 1.0)
    stops = np.searchsorted(np.cumsum(terms) // CHUNK, np.arange(int(terms.sum()) // CHUNK + 1), side="right")
    parts = []
    for start, stop in zip([0, *stops[:-1]], stops, strict=True):
        if stop > start:
            part = slice(int(start), int(stop))
            parts.append(
                _part(
                    numerator[part],
                    denominator[part],
                    cells[part],
                    low[part],
                    terms[part],
                    log_factorial,
                    grid,
                )
            )
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0)
    k, mass = _summed(np.concatenate([k for k, _ in parts]), np.concatenate([m for _, m in parts]))
    kept = mass > LEAST
    return k[kept], mass[kept]


def _support(numerator: Ints, denominator: Ints) -> tuple[Ints, Ints]:
    """All outcomes within 9 standard deviations and 12: what lies outside has a chance below 1e-15."""
    share = numerator / denominator
    reach = np.ceil(9 * np.sqrt(denominator * share * (1 - share)) + 12).astype(np.int64)
    return np.maximum(numerator - reach, 0), np.minimum(numerator + reach, denominator)


def _part(
    x: Ints, w: Ints, cells: Ints, low: Ints, terms: Ints, log_factorial: Floats, grid: Grid
) -> tuple[Ints, Floats]:
    first = np.cumsum(terms) - terms
    pair = np.repeat(np.arange(len(x)), terms)
    j = np.arange(int(terms.sum())) - first[pair] + low[pair]
    n = w[pair]
    p = x / w
    log = log_factorial[n] - log_factorial[j] - log_factorial[n - j]
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 log 0 is 0
        log += np.where(j > 0, j * np.log(p)[pair], 0.0) + np.where(j < n, (n - j) * np.log1p(-p)[pair], 0.0)
    mass = np.exp(log)
    mass *= (cells / np.add.reduceat(mass, first))[pair]
    edges = Grid(step=grid.step, exact=False)  # a redrawn ratio may lie between the data's grid points: rounded down
    return _summed(edges.k(j / n), mass)


def _summed(k: Ints, mass: Floats) -> tuple[Ints, Floats]:
    """Mass by position, ascending."""
    lowest, highest = int(k.min()), int(k.max())
    if highest - lowest < 4 * CHUNK:
        total = np.bincount(k - lowest, weights=mass)
        there = np.flatnonzero(total > 0)
        return (there + lowest).astype(np.int64), total[there].astype(np.float64)
    positions, inverse = np.unique(k, return_inverse=True)
    return positions, np.bincount(inverse, weights=mass, minlength=len(positions)).astype(np.float64)
