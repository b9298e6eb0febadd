"""Grid: which integer a value becomes, so that counting is exact and a target is an edge between two bins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.survey import FINEST, Extent

STEPS = 1000
"""The middle half of values that lie on no decimal grid spans at least so many steps (at most 2.5 times)."""
MOST = 200_000
"""At most so many positions occur."""
FARTHEST = 2.0**61
"""Values farther out than so many steps are counted at that position: a fill value of 1e37 is no place on a grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Spacing of a grid, and whether every value lies on it."""

    step: Fraction
    exact: bool
    upper: bool = False
    """Where values lie on no grid: whether a value at the edge of two positions belongs to the lower one, as it has to
    where a target is met at its very value and not above it (`lte`), or only above it (`gt`)."""

    def towards(self, op: str | None) -> Grid:
        """The grid on which a target of this kind is an edge between two positions."""
        return replace(self, upper=not self.exact and op in ("lte", "gt"))

    def k(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Positions of values, same shape."""
        q = np.clip(values * float(self.step.denominator) / float(self.step.numerator), -FARTHEST, FARTHEST)
        if self.exact:
            return np.floor(q + 0.5).astype(np.int64)
        near = np.minimum(1e-9 * np.abs(q), 1e-3) + 1e-9
        if self.upper:
            return (np.ceil(q - near) - 1).astype(np.int64)
        return np.floor(q + near).astype(np.int64)

    def sql(self, value: str, *, minus: str | None = None) -> str:
        """The position of a value (or of its distance from `minus`) in SQL; the same arithmetic as `k`."""
        if self.exact:
            position = f"FLOOR({self._scaled(value)} + 0.5)"
            if minus is not None:
                position = f"{position} - FLOOR({self._scaled(minus)} + 0.5)"
        else:
            q = self._scaled(value if minus is None else f"({value} - {minus})")
            near = f"LEAST(1e-9 * ABS({q}), 1e-3)"
            position = f"-FLOOR({near} + 1e-9 - {q}) - 1" if self.upper else f"FLOOR({q} + {near} + 1e-9)"
        farthest = f"CAST('{FARTHEST!r}' AS DOUBLE)"
        return f"CAST(GREATEST(LEAST({position}, {farthest}), -{farthest}) AS BIGINT)"

    def _scaled(self, value: str) -> str:
        def times(sign: str, factor: int) -> str:
            return "" if factor == 1 else f" {sign} CAST('{float(factor)!r}' AS DOUBLE)"

        return f"({value}{times('*', self.step.denominator)}{times('/', self.step.numerator)})"


def decimal(value: float) -> int | None:
    """Decimals with which a number is written; None where it has more than six."""
    fraction = Fraction(repr(float(value)))
    return next((d for d in range(FINEST + 1) if (fraction * 10**d).denominator == 1), None)


def exact(extents: Iterable[Extent], targets: Iterable[float]) -> Grid | None:
    """The decimal grid on which all values lie, and the targets too where they have six decimals or fewer."""
    extents = tuple(extents)
    found = [e.decimals for e in extents if e.n]
    places = [d for d in found if d is not None]
    if len(places) < len(found):
        return None
    wanted = [d for d in (decimal(t) for t in targets) if d is not None]
    d = max([*places, *wanted], default=0)
    largest = max((max(abs(e.low), abs(e.high)) for e in extents if e.n), default=0.0)
    if largest * 10**d > 2.0**53:
        return None
    return Grid(step=Fraction(1, 10**d), exact=True)


def fine(
    value: Extent,
    quartiles: tuple[float, float],
    targets: Iterable[float],
    distinct: Callable[[Grid], int],
) -> Grid:
    """A decimal grid for values that lie on none: fine enough to lose nothing that matters.

    Parameters
    ----------
    value : Extent
    quartiles : tuple of float
        First and third quartile of the values.
    targets : iterable of float
        Numbers that have to be multiples of the step.
    distinct : callable
        How many positions of a grid occur; asked only where there could be more than `MOST`.
    """
    if not value.n:
        return Grid(step=Fraction(1), exact=False)
    targets = tuple(t for t in targets if t)
    spread = quartiles[1] - quartiles[0]
    if not spread > 0:
        spread = value.high - value.low
    if not spread > 0:
        spread = abs(value.high) or 1.0
    floor = max(abs(value.low), abs(value.high), spread) * 2.0**-50  # below it, doubles are coarser than the step
    grid = Grid(step=_fit(_below(max(spread / STEPS, floor)), targets), exact=False)
    while value.n > MOST and (value.high - value.low) / float(grid.step) > MOST and distinct(grid) > MOST:
        coarser = _coarser(grid.step, targets)
        if coarser <= grid.step:
            break
        grid = Grid(step=coarser, exact=False)
    return grid


def _below(size: float) -> Fraction:
    """The largest of 1, 2, 5 times a power of ten that is at most `size`."""
    power = math.floor(math.log10(size))
    for head in (5, 2, 1):
        step = Fraction(head) * Fraction(10) ** power
        if float(step) <= size * (1 + 1e-12):
            return step
    return Fraction(10) ** (power - 1) * 5


def _coarser(step: Fraction, targets: tuple[float, ...]) -> Fraction:
    """Ten times the step, or what is nearest to it of which the first target is a multiple."""
    wanted = [Fraction(repr(float(t))) for t in targets]
    if all((t / (step * 10)).denominator == 1 for t in wanted):
        return step * 10
    return abs(wanted[0]) / max(1, math.floor(abs(wanted[0]) / (step * 10)))


def _fit(step: Fraction, targets: tuple[float, ...]) -> Fraction:
    """A step of about that size of which the targets are multiples, as far as there is one."""
    wanted = [Fraction(repr(float(t))) for t in targets]
    if not wanted:
        return step
    finer = step
    for _ in range(7):  # down to a hundredth
        if all((t / finer).denominator == 1 for t in wanted):
            return finer
        finer = _below(float(finer) * 0.999)
    first = abs(wanted[0])
    return first / max(1, math.ceil(first / step))
