"""Do counts vary less than chance makes them? Fisher's index of dispersion, within windows of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, chdtri, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FEWEST_COMMON = 3
"""Units in a window from which on what moves all of them together is taken out."""
SWEEPS = 30
FEWEST_EXPECTED = 5.0
"""Mean count from which on a single window is compared with chi-square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispersion:
    """Variation of counts as a multiple of what chance alone gives: 1 is chance, 0 is none."""

    statistic: float
    """Sum of (count - expected)^2 / (its variance by chance)."""
    df: float
    units: int
    unit_se: float
    """Standard error of the index from how much units differ; 0 with one unit."""
    windows: int = 0
    """Windows of one unit with a mean of at least five."""
    quiet: int = 0
    """Those of them whose own index is in the lowest 5 % of chance."""

    @property
    def index(self) -> float:
        return self.statistic / self.df if self.df > 0 else float("nan")

    @property
    def p_low(self) -> float:
        """P(chi-square(df) <= statistic): small where counts vary less than chance makes them."""
        return float(chdtr(self.df, self.statistic)) if self.df > 0 else 1.0

    @property
    def log_se(self) -> float:
        """Standard error of log(index)."""
        return max((2 / self.df) ** 0.5, self.unit_se / self.index) if self.index > 0 else float("inf")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of the index: chi-square, or by the differences between units where that is wider."""
        tail = (1 - level) / 2
        low, high = self.statistic / float(chdtri(self.df, tail)), self.statistic / float(chdtri(self.df, 1 - tail))
        if self.units > 1:
            half = float(stdtrit(self.units - 1, 1 - tail)) * self.unit_se
            low, high = min(low, max(self.index - half, 0.0)), max(high, self.index + half)
        return low, high


def index_of_dispersion(counts: Floats) -> Dispersion:
    """Fisher's index of one sample: D = sum (x - mean)^2 / mean on n - 1 degrees of freedom.

    Parameters
    ----------
    counts : shape (n,), n >= 2, not all zero

    Source
    ------
    Fisher 1925, Statistical Methods for Research Workers, section 16; Fisher, Thornton and Mackenzie 1922.
    """
    mean = float(counts.mean())
    return Dispersion(
        statistic=float(((counts - mean) ** 2).sum()) / mean, df=float(len(counts) - 1), units=1, unit_se=0.0
    )


def dispersion(
    *, k: Floats, unit: Ints, period: Ints, window: Ints, of: Floats | None = None, fewest: float = 0.0
) -> Dispersion | None:
    """Index of dispersion of counts about what units and periods explain, within windows of time.

    In each window the expected count is (unit's level) x (period's level), fitted to the margins by iterative
    scaling; with fewer than three units in a window the period's level is left out. For independent Poisson counts
    the statistic has mean df and, given the margins, a variance of at most 2 df; whatever else moves counts (a
    trend within the window, a season of one's own, clusters) only adds to it. So a small index cannot come from
    taking out too much or too little.

    Parameters
    ----------
    k : counts, >= 0, shape (n,)
    unit, period, window : integers from 0, shape (n,)
    of : how many there were of which k were counted (binomial in place of Poisson), shape (n,)
    fewest : windows of a unit with a smaller mean count are left out (where zeros are not in the data, counts of
        less than about five look steadier than they are)

    Returns
    -------
    None where no degree of freedom is left.

    Source
    ------
    Fisher 1925, section 16 (Poisson) and 19 (binomial); windows after Kobak 2022, Significance 19(2): 10-13.
    """
    size = np.ones(len(k)) if of is None else of
    keep = size > 0
    for _ in range(2):  # a unit's window without events, or of one cell, tells nothing; nor does a period without
        before = keep
        row = _number(window, unit, keep)
        cell = np.bincount(row[keep], minlength=len(row))
        total = np.bincount(row[keep], weights=k[keep], minlength=len(row))
        keep = keep & (total > 0)[row] & (cell > 1)[row] & (total >= fewest * cell)[row]
        column = _number(window, period, keep)
        keep = keep & (np.bincount(column[keep], weights=k[keep], minlength=len(column))[column] > 0)
        if bool((keep == before).all()):
            break
    if not keep.any():
        return None
    k, size, unit, period, window = k[keep], size[keep], unit[keep], period[keep], window[keep]
    row, column = _dense(window, unit), _dense(window, period)
    block = _dense(np.zeros_like(window), window)
    rows_of = np.bincount(block, weights=_first(row), minlength=int(block.max()) + 1)
    common = (rows_of >= FEWEST_COMMON)[block]
    expected = _fitted(k, size, row, column, common)
    lost = float(_first(row).sum() + _first(column)[common].sum() - (rows_of >= FEWEST_COMMON).sum())
    df = float(len(k)) - lost
    if df < 1:
        return None
    spread = expected if of is None else expected * np.maximum(1 - expected / size, 1e-3)
    part = (k - expected) ** 2 / spread
    return _summed(part, expected, df, unit, row)


def _summed(part: Floats, expected: Floats, df: float, unit: Ints, row: Ints) -> Dispersion:
    statistic, rate = float(part.sum()), df / len(part)
    who = _dense(np.zeros_like(unit), unit)
    cells = np.bincount(who)
    score = np.bincount(who, weights=part) - statistic / df * rate * cells
    units = len(cells)
    unit_se = (float((score**2).sum()) * units / (units - 1)) ** 0.5 / df if units > 1 else 0.0
    length = np.bincount(row).astype(np.float64)
    large = (np.bincount(row, weights=expected) / length >= FEWEST_EXPECTED) & (length > 2)
    own = np.bincount(row, weights=part)[large]
    return Dispersion(
        statistic=statistic,
        df=df,
        units=units,
        unit_se=unit_se,
        windows=int(large.sum()),
        quiet=int((chdtr(length[large] * rate, own) < 0.05).sum()),
    )


def _fitted(k: Floats, size: Floats, row: Ints, column: Ints, common: Bools) -> Floats:
    """Expected counts: size x row x column, with the margins of `k`; columns only where `common`."""
    b = np.ones(int(column.max()) + 1)
    rows, columns = np.bincount(row, weights=k), np.bincount(column, weights=k)
    shared = np.bincount(column, weights=common) > 0
    for _ in range(SWEEPS):
        a = rows / np.bincount(row, weights=size * b[column])
        fitted = np.bincount(column, weights=size * a[row])
        new = np.where(shared, columns / fitted, 1.0)
        done = float(np.abs(new / b - 1).max()) < 1e-10
        b = new
        if done:
            break
    a = rows / np.bincount(row, weights=size * b[column])
    out: Floats = size * a[row] * b[column]
    return out


def _number(first: Ints, second: Ints, keep: Bools) -> Ints:
    """A number for each pair, the same for the same pair, below the number of cells where kept."""
    out = np.zeros(len(first), dtype=np.int64)
    if keep.any():
        out[keep] = _dense(first[keep], second[keep])
    return out


def _dense(first: Ints, second: Ints) -> Ints:
    """A number for each pair that occurs, from 0 without gaps."""
    code = first * (int(second.max()) + 1) + second
    if int(code.max()) > 8 * len(code) + 1000:
        sparse: Ints = np.unique(code, return_inverse=True)[1].astype(np.int64)
        return sparse
    there = np.zeros(int(code.max()) + 1, dtype=np.int64)
    there[code] = 1
    out: Ints = (np.cumsum(there) - 1)[code]
    return out


def _first(index: Ints) -> Floats:
    """1 for one cell with each number (numbers without gaps), 0 for the others."""
    last = np.zeros(int(index.max()) + 1, dtype=np.int64)
    last[index] = np.arange(len(index))
    out = np.zeros(len(index))
    out[last] = 1.0
    return out
