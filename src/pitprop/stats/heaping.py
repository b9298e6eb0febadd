"""Are there too many round numbers? Shares at multiples of a base, against their own neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BASES = (
    2,
    3,
    4,
    5,
    6,
    10,
    12,
    15,
    20,
    24,
    25,
    30,
    50,
    60,
    100,
    120,
    200,
    250,
    500,
    1000,
    2000,
    2500,
    5000,
    10000,
)
"""Candidate bases of round numbers, in grid steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Values rounded to multiples of one base."""

    base: int
    """In grid steps."""
    rounded: float
    """Share of values that were rounded to a multiple of the base, beyond what would fall there anyway."""
    se: float
    share: float
    """Observed share at multiples of the base."""
    expected: float
    """Share expected there from the neighbourhood."""
    n: int
    """Values whose neighbourhood is complete."""

    @property
    def p_value(self) -> float:
        """One-sided, normal."""
        return float(ndtr(-self.rounded / self.se)) if self.se > 0 else 1.0

    def interval(self, level: float, bases: int) -> tuple[float, float]:
        """Interval of `rounded`, simultaneous over the bases tried (Bonferroni)."""
        half = float(ndtri(1 - (1 - level) / (2 * bases))) * self.se
        return self.rounded - half, self.rounded + half


def _covered(k: Ints, counts: Floats, base: int, shift: int) -> Floats:
    """Counts that lie in windows of length `base` around the positions = shift (mod base), shape (n,).

    The windows tile a stretch of the support, the longest one of whole windows. Ends of an even window count half,
    so that a linear density has its mean at the centre: what remains is half the count at the two ends of the
    stretch, because inside it two halves meet.
    """
    low, high, reach = int(k[0]), int(k[-1]), base // 2
    first = shift - base * ((shift - low - reach) // base)
    last = shift + base * ((high - reach - shift) // base)
    if last < first:
        return np.zeros(len(k))
    left, right = first - reach, last + reach
    inside = np.where((k >= left) & (k <= right), counts, 0.0)
    if base % 2 == 0:
        inside[(k == left) | (k == right)] *= 0.5
    return inside


def _scatter(k: Ints, counts: Floats, base: int) -> float:
    """Variance of the other residues' shares over the binomial one, robustly; at least 1.

    Each residue is compared with its windows less the multiples of the base that they hold. The median is taken,
    because other bases may have heaps of their own; .4549 is the median of chi-square(1).
    """
    z = []
    residue = np.mod(k, base)
    for shift in np.unique(np.rint(np.linspace(1, base - 1, min(base - 1, 40))).astype(int)):
        inside = _covered(k, counts, base, int(shift))
        others = float(inside[residue != 0].sum())
        if others > 0:
            expected = 1 / (base - 1)
            here = float(inside[residue == shift].sum())
            z.append((here - others * expected) / np.sqrt(others * expected * (1 - expected)))
    return max(1.0, float(np.median(np.square(z))) / 0.4549) if len(z) >= 4 else 1.0


def measure_heap(k: Ints, counts: Ints, base: int) -> Heap | None:
    """Share of values rounded to multiples of `base`, or None where no neighbourhood is complete.

    If a share h is rounded to the nearest multiple, multiples hold h + (1 - h)/base of the values. Standard
    errors are binomial, widened by how much the other residues modulo the base scatter (lumps that have
    nothing to do with round numbers).

    Parameters
    ----------
    k : grid positions, ascending, shape (n,)
    counts : shape (n,)
    """
    if len(k) < 2:
        return None
    weights = counts.astype(np.float64)
    inside = _covered(k, weights, base, 0)
    window = float(inside.sum())
    if window <= 0:
        return None
    share = float(inside[np.mod(k, base) == 0].sum()) / window
    expected = 1 / base
    rounded = (share - expected) / (1 - expected)
    # bases below five have too few other residues; seven is round in nobody's eyes
    dispersion = _scatter(k, weights, base if base >= 5 else 7)
    spread = max(share * (1 - share), expected * (1 - expected))
    se = float(np.sqrt(dispersion * spread / window)) / (1 - expected)
    return Heap(base=base, rounded=rounded, se=se, share=share, expected=expected, n=round(window))


def measure_heaps(k: Ints, counts: Ints, bases: Sequence[int] = BASES) -> tuple[Heap, ...]:
    """Heaps at each base that is small enough against the spread of the values to be told from their shape.

    A base takes part up to one standard deviation of the values (at which the shape of a smooth unimodal
    density aliases into the share at multiples by less than 1e-8) and with at least five values expected.
    """
    total = float(counts.sum())
    if total < 20 or len(k) < 3:
        return ()
    mean = float((k * counts).sum() / total)
    sd = float(np.sqrt((counts * (k - mean) ** 2).sum() / total))
    order = np.cumsum(counts) / total
    spread = float(k[np.searchsorted(order, 0.75)] - k[np.searchsorted(order, 0.25)]) / 1.349
    scale = min(sd, spread) if spread > 0 else sd
    heaps = [measure_heap(k, counts, b) for b in bases if b <= scale]
    return tuple(h for h in heaps if h is not None and h.n * h.expected >= 5)


def whipple(counts: Floats, ages: Ints, low: int = 23, high: int = 62) -> float:
    """Whipple's index (range form): 5 x values at digits 0 and 5 over all, 1 = no heaping, 5 = only heaps.

    Parameters
    ----------
    counts : by single year, shape (n,)
    ages : the years, shape (n,)
    low, high : range, inclusive

    Source
    ------
    United Nations 1955, Manual II; Spoorenberg 2007.
    """
    inside = (ages >= low) & (ages <= high)
    heaped = inside & (ages % 5 == 0)
    return float(5 * counts[heaped].sum() / counts[inside].sum())
