"""Second pass: values that lie on no decimal grid, counted only if they are asked for.

The grid of such values follows from their quartiles (grid.fine). These are bracketed by counting the first bits of the
values; where every number within the brackets leads to the same grid, the values are counted on it in one more pass.
Elsewhere the engine finds the quartiles and counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest import kernel, survey, tally
from pitprop.digest.answers import Learn, in_force
from pitprop.digest.engine import Answer
from pitprop.digest.grid import Grid, fine
from pitprop.digest.problem import GrainError
from pitprop.digest.sums import Sums

BITS = (2.0, 1.0, 1.0)
"""The grid of first bits, for the kernel."""
SHIFT = 40
"""Bits that are cut off there: twelve of the mantissa stay."""

Again = Callable[[Sums, Sequence[float]], Sums | None]
"""Counts a metric's values on a grid (see kernel.absorb); None where that cannot be."""


def tell_fine(sums: Sums, first: survey.Survey, learn: Learn, again: Again) -> None:
    """Tell the quartiles, from which the rest follows; nothing where values lie on a decimal grid."""
    rows = sums.rows
    if sums.wanted and rows.w is None and first.value.n and tally.exact_grid(rows, first, None) is None:
        learn(tally.quartiles_query(rows, rows.v)[0], lambda: _quartiles(sums, first, learn, again))


def _quartiles(sums: Sums, first: survey.Survey, learn: Learn, again: Again) -> Answer | None:
    rough = again(sums, BITS)
    if rough is None or rough.counts[kernel.BINS] == kernel.OFF:
        return None
    low, high = brackets(*rough.values.sparse())
    targets = tally.fixed(sums.rows.metric, "row")
    grids = {
        fine(first.value, (a, b), targets, lambda _: 0) for a in (low[0], high[0]) for b in (low[1], high[1]) if b > a
    }
    if len(grids) != 1 or high[0] >= low[1]:
        return None
    (grid,) = grids
    second = again(sums, (1.0, float(grid.step.denominator), float(grid.step.numerator)))
    if second is None or second.counts[kernel.BINS] == kernel.OFF:
        return None
    k, counts = second.values.sparse()
    order = np.argsort(k)
    _tell_counts(sums, first, grid, k[order], counts[order], learn)
    return {"a": np.array([(low[0] + high[0]) / 2]), "b": np.array([(low[1] + high[1]) / 2])}


def brackets(keys: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Numbers between which the quartiles lie: those below, those above.

    Parameters
    ----------
    keys, counts
        Values by their first bits, shape (n,), and how many there are, shape (n, segments).
    """
    one, other = (keys << SHIFT).view(np.float64), (((keys + 1) << SHIFT) - 1).view(np.float64)
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.argsort(low)
    low, high, upto = low[order], high[order], np.cumsum(counts.sum(axis=1)[order])
    place = (upto[-1] - 1) * np.array([0.25, 0.75])
    below = np.searchsorted(upto, np.floor(place), side="right")
    above = np.searchsorted(upto, np.ceil(place), side="right")
    return (float(low[below[0]]), float(low[below[1]])), (float(high[above[0]]), float(high[above[1]]))


def _tell_counts(
    sums: Sums, first: survey.Survey, grid: Grid, k: NDArray[np.int64], counts: NDArray[np.int64], learn: Learn
) -> None:
    rows = sums.rows
    learn(tally.distinct_query(rows, grid, rows.v)[0], lambda: {"n": np.array([len(k)])})
    targets: list[Target | None] = [None, *(t for t in rows.metric.targets if t.on == "row" and t.fixed is not None)]
    for target in targets:
        try:
            sql, _ = tally.query(rows, first, grid, target, paired=False)
        except GrainError:
            continue
        marks = in_force(sums, target)
        every = counts.sum(axis=1)
        found = {
            "k": k,
            "n": every,
            "u": counts[:, marks].sum(axis=1),
            "b": every if target is None else counts[:, ~marks].sum(axis=1),
        }
        learn(sql, partial(dict, found))
