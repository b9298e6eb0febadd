"""Opportunity: where ratios of counts can fall at all, by drawing every numerator again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.grid import Grid

REACH = 1000
"""Grid steps over which a ratio is drawn again, either way. The grid's steps span the middle half of the values
at least so often, so that the draw is much wider than any window in which values are moved over a target."""
CHUNK = 2_000_000
"""Terms that are held in memory at once."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def opportunity(numerator: Ints, denominator: Ints, cells: Ints, grid: Grid) -> tuple[Ints, Floats]:
    """How many cells are expected at each position if only the arithmetic of the ratios were at work.

    Each cell's numerator is drawn with equal chances from the whole numbers that give a ratio within `REACH` grid
    steps of its own. What comes out carries the mix of denominators, so that popular fractions (1/3, 3/10)
    are expected to be popular, and no other feature of the data that is narrower than the reach: a pile at a
    target leaves no trace. A draw from Binomial(n, own ratio) would follow such a pile where n is large.

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
    After Kobak, Shpilkin and Pshenichnikov (2016), Annals of Applied Statistics 10:54 (ratios of counts drawn
    again to keep the artefacts of division), with a uniform draw; see DESIGN.md.
    """
    if len(numerator) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    reach = REACH * float(grid.step)
    # rounded up by a hair, so that a ratio on the rim does not depend on the last bit
    low = np.maximum(np.ceil(numerator - denominator * reach - 1e-6), 0).astype(np.int64)
    high = np.minimum(np.floor(numerator + denominator * reach + 1e-6), denominator).astype(np.int64)
    edges = replace(grid, exact=False)
    # at a whole number or more to a grid step the ratios leave no gaps: the mass is spread evenly
    dense = denominator * float(grid.step) >= 1
    parts = [_listed(denominator[s], cells[s], low[s], high[s], edges) for s in _chunks(~dense, high - low + 1)]
    if dense.any():
        parts.append(_spread(denominator[dense], cells[dense], low[dense], high[dense], edges))
    return _summed(np.concatenate([k for k, _ in parts]), np.concatenate([m for _, m in parts]))


def _chunks(chosen: NDArray[np.bool_], terms: Ints) -> list[Ints]:
    index = np.flatnonzero(chosen)
    if len(index) == 0:
        return []
    return list(np.split(index, np.flatnonzero(np.diff(np.cumsum(terms[index]) // CHUNK)) + 1))


def _listed(w: Ints, cells: Ints, low: Ints, high: Ints, edges: Grid) -> tuple[Ints, Floats]:
    """Every outcome by itself."""
    terms = high - low + 1
    first = np.cumsum(terms) - terms
    pair = np.repeat(np.arange(len(w)), terms)
    j = np.arange(int(terms.sum())) - first[pair] + low[pair]
    return _summed(edges.k(j / w[pair]), (cells / terms)[pair])


def _spread(w: Ints, cells: Ints, low: Ints, high: Ints, edges: Grid) -> tuple[Ints, Floats]:
    """Evenly over the positions between the lowest and the highest outcome."""
    left, right = edges.k(low / w), edges.k(high / w)
    density = cells / (right - left + 1)
    start = int(left.min())
    change = np.zeros(int(right.max()) - start + 2)
    np.add.at(change, left - start, density)
    np.add.at(change, right - start + 1, -density)
    mass = np.cumsum(change)[:-1]
    there = np.flatnonzero(mass > 1e-9)
    return there + start, mass[there]


def _summed(k: Ints, mass: Floats) -> tuple[Ints, Floats]:
    """Mass by position, ascending."""
    positions, inverse = np.unique(k, return_inverse=True)
    return positions.astype(np.int64), np.bincount(inverse, weights=mass, minlength=len(positions)).astype(np.float64)
