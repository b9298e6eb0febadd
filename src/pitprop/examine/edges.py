"""Targets as edges on a grid on which larger is better: what a test for bunching reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest.distribution import Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Targets that are read off one distribution, mirrored where smaller is better.

    Positions at or above an edge meet the target."""

    targets: tuple[Target, ...]
    step: Fraction
    mirrored: bool
    inexact: bool
    k: NDArray[np.int64]
    """Ascending, mirrored where smaller is better."""
    under: NDArray[np.int64]
    without: NDArray[np.int64]
    exempt: NDArray[np.int64]
    opportunity: NDArray[np.float64] | None
    at: tuple[int, ...]
    """Position of the first value that meets each target, ascending."""
    relative: bool

    def value(self, position: float) -> float:
        """The boundary just below a position, in the metric's unit."""
        shifted = position - (0.0 if self.inexact else 0.5)
        return float(self.step) * (-shifted if self.mirrored else shifted)


def edges_of(distributions: Sequence[Distribution], targets: Sequence[Target]) -> list[Edges]:
    """Targets with their distributions (one each), gathered where they share one."""
    together: dict[tuple[object, ...], list[int]] = {}
    for i, (d, t) in enumerate(zip(distributions, targets, strict=True)):
        side = t.op in ("lte", "lt")
        own = i if d.relative else None
        key = (own, side, t.op, t.on, t.since, t.until, d.step, d.exact, len(d.k))
        together.setdefault(key, []).append(i)
    return [_together([(distributions[i], targets[i]) for i in members]) for members in together.values()]


def _together(members: Sequence[tuple[Distribution, Target]]) -> Edges:
    d, first = members[0]
    mirrored = first.op in ("lte", "lt")
    k = d.k if not mirrored else (-d.k if d.exact else -d.k - 1)
    order = np.argsort(k)
    multiple, residue, k = 1, 0, k[order]
    if d.exact and len(k) > 2:
        gaps = int(np.gcd.reduce(np.diff(k)))
        if gaps > 1:
            multiple, residue = gaps, int(k[0] % gaps)
    edges = []
    for _, target in members:
        at = Fraction(0) if d.relative else Fraction(str(target.value)) / d.step
        edge = {
            "gte": ceil(at),
            "gt": floor(at) + 1 if d.exact else ceil(at),
            "lte": -floor(at),
            "lt": 1 - ceil(at) if d.exact else -floor(at),
        }[target.op]
        edges.append(ceil(Fraction(edge - residue, multiple)))
    return Edges(
        targets=tuple(t for _, t in members),
        step=d.step * multiple,
        mirrored=mirrored,
        inexact=not d.exact,
        k=(k - residue) // multiple,
        under=d.under[order],
        without=d.without[order],
        exempt=d.exempt[order],
        opportunity=None if d.opportunity is None else d.opportunity[order],
        at=tuple(sorted(set(edges))),
        relative=d.relative,
    )
