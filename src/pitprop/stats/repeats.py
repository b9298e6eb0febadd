"""Are values copied? Repeats of the period before, and sequences that occur twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrc, pdtrik

from pitprop.stats.estimate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DENSITY = 1 / (2 * np.pi**0.5)
"""Chance that two values of a normal with standard deviation 1 agree, per unit of the grid: 1/(2 sqrt(pi))."""
LONGEST = 12
BY_CHANCE = 0.01
"""Expected number of sequences of the chosen length that agree by chance: at most this."""
COARSE = 0.4
"""Units whose values agree with one another so often can show no copies."""
WALKS = 1.1
"""Mean move of two periods over that of one, from which on values are taken to walk (a random walk: 1.41)."""
COARSEST = 0.25
"""Where so many values agree with the one before by chance, there is no telling what was carried over."""
LAGS = (2, 3, 4)
FACTORS = np.random.default_rng(20250101).integers(1, 2**62, LONGEST, dtype=np.int64) | 1
"""Odd multipliers of a hash: its collisions cost time only, every match is looked at value by value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Values that repeat the period before, beyond what values of other periods do."""

    share: Estimate
    """Of the cells that follow another."""
    observed: int
    expected: float
    cells: int
    constant_units: int
    """Units left out because four in ten of their values repeat the one before: a level that is rarely changed."""

    @property
    def p_value(self) -> float:
        return self.share.p_above(0.0) if self.share.se > 0 or self.share.value > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Sequences of values that occur more than once."""

    length: int
    """Periods: the shortest sequence that chance hardly repeats."""
    by_chance: float
    """Upper bound of the expected number of sequences of that length that agree by chance."""
    sequences: int
    """Pairs of stretches of consecutive cells that are equal."""
    longest: int
    """Cells of the longest stretch."""
    copied: float
    """Half of the cells in such stretches: of each pair one may be the original."""
    cells: int

    @property
    def share(self) -> float:
        return self.copied / self.cells

    @property
    def p_value(self) -> float:
        """P(so many sequences or more agree by chance), Poisson."""
        return float(pdtrc(self.sequences - 1, self.by_chance)) if self.sequences > 0 else 1.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """What is left of the share if as many sequences agree by chance as the level allows, and the share."""
        tail = (1 - level) / 2
        most = int(np.ceil(max(float(pdtrik(1 - tail, self.by_chance)), 0.0)))
        while most > 0 and pdtr(most - 1, self.by_chance) >= 1 - tail:
            most -= 1
        return max(self.copied - most * self.length, 0.0) / self.cells, self.share


def identify(values: Floats) -> Ints:
    """A number for each different value, ascending, shape (n,); values that agree to ten digits are one."""
    order = np.argsort(values)
    ascending = values[order]
    step = np.diff(ascending) > 1e-10 * np.maximum(np.abs(ascending[1:]), np.abs(ascending[:-1]))
    out = np.empty(len(values), dtype=np.int64)
    out[order] = np.concatenate([[0], np.cumsum(step)])[: len(values)]
    return out


def carried(*, values: Floats, unit: Ints, period: Ints, name: Ints | None = None, rare: float = 0.4) -> Carried | None:
    """Share of values that were carried over from the period before.

    How often a value equals that of two to four periods before says how often values agree without being carried over:
    rounding and popular values are in it. Where values have a memory, neighbours agree more often than that, in
    proportion to how much closer they are (the ratio of median distances). On a coarse grid moves by one step and by
    two say how many of none there would be (P0 = P1 (P1/P2)^(1/3), normal). The larger of the two expectations is
    taken. Zeros never count.

    Parameters
    ----------
    values : shape (n,), in order of (unit, period)
    unit : integers from 0, shape (n,)
    period : shape (n,)
    name : as `identify` gives, where it is known
    rare : units in which so large a share of the values repeats the one before are left out

    Returns
    -------
    None where fewer than two units are left, values are too coarse, or they walk and stood still more often than by
    chance.

    Source
    ------
    Repeats against expectation; standard errors clustered by unit (Liang and Zeger 1986).
    """
    name = identify(values) if name is None else name
    size = int(unit.max()) + 1 if len(unit) else 0
    same, pairs, far, mean, moves = [], [], [], [], np.empty(0)
    after = np.zeros(max(len(values) - 2, 0), dtype=bool)
    for lag in (1, *LAGS):
        follows = (unit[lag:] == unit[:-lag]) & (period[lag:] - period[:-lag] == lag) & (values[lag:] != 0)
        equal = follows & (name[lag:] == name[:-lag])
        same.append(np.bincount(unit[lag:], weights=equal, minlength=size))
        pairs.append(np.bincount(unit[lag:], weights=follows, minlength=size))
        moved = np.abs(values[lag:] - values[:-lag])[follows & ~equal]
        far.append(float(np.median(moved)) if len(moved) else 0.0)
        mean.append(float(moved.mean()) if len(moved) else 0.0)
        if lag == 1:
            moves, after = moved, follows[1:] & ~equal[1:] & equal[:-1]
    if not size or far[0] <= 0:
        return None
    steady = same[0] >= rare * np.maximum(pairs[0], 1)
    use = (pairs[0] > 0) & ~steady & (sum(pairs[1:]) > 0)
    after = after & use[unit[1:-1]]
    if use.sum() < 2:
        return None
    closer = [max(f / far[0], 1.0) for f in far[1:]]
    by_chance = sum(s[use] * c for s, c in zip(same[1:], closer, strict=True)) / sum(p[use] for p in pairs[1:])
    follow = pairs[0][use]
    by_step = _still(moves, _step(values, name)) / float(pairs[0].sum())
    if by_step * float(follow.sum()) > float((by_chance * follow).sum()):
        by_chance = np.full(len(follow), by_step)
    if float((by_chance * follow).sum()) > COARSEST * float(follow.sum()):
        return None
    excess = same[0][use] - by_chance * follow
    total, units = float(follow.sum()), int(use.sum())
    value = float(excess.sum()) / total
    score = excess - value * follow
    least = float(same[0][use].sum() + (by_chance * follow).sum())  # at least the Poisson error of both counts
    variance = max(float((score**2).sum()) * units / (units - 1), least)
    effective = total**2 / float((follow**2).sum())
    share = Estimate(value=value, se=variance**0.5 / total, df=max(effective - 1, 1.0))
    if share.interval()[0] > 0 and _stood_still(np.abs(np.diff(values))[1:][after], mean[0], mean[1]):
        return None  # repeats by chance stand still as well, and are no excess
    return Carried(
        share=share,
        observed=int(same[0][use].sum()),
        expected=float((by_chance * follow).sum()),
        cells=int(total),
        constant_units=int((steady & (pairs[0] > 0)).sum()),
    )


def _step(values: Floats, name: Ints) -> float:
    """The usual distance between neighbouring values that occur."""
    distinct = np.zeros(int(name.max()) + 1)
    distinct[name] = values
    return float(np.median(np.diff(distinct))) if len(distinct) > 1 else 0.0


def _stood_still(next_moves: Floats, one: float, two: float) -> bool:
    """Whether values walk (two periods take them further than one), and go on after a repeat by one step only.

    A walk that was not reported goes on unseen: after a value that was carried over the next move is one of two
    periods. A level that did not change goes on from where it was. (Mean absolute moves of one period and of two.)
    """
    return two >= WALKS * one and len(next_moves) >= 10 and float(next_moves.mean()) < (one + two) / 2


def _still(moves: Floats, step: float) -> float:
    """How many moves of none there would be, from how many there are of one step and of two."""
    if step <= 0:
        return 0.0
    steps = np.floor(moves / step + 0.5 - 1e-6)  # a hair off the half, which a last bit must not decide
    one, two = (float((steps == j).sum()) / 2 for j in (1, 2))
    return one * min((one / max(two, 0.5)) ** (1 / 3), 2.0) if one > two else one


def copied(*, values: Floats, unit: Ints, period: Ints, name: Ints | None = None) -> Copied | None:
    """Sequences of consecutive values that occur a second time, in another unit or at another time.

    The length is the shortest (3 to 12) at which no more than a hundredth of a sequence agrees by chance. Two windows
    agree by chance with at most the product of sqrt(q_i q_j) (Cauchy and Schwarz), q being the chance that two
    values of the same unit agree, given that they differ from the ones before: the largest of what is seen within
    the unit, within all units together, and what the unit's own noise and the step of the grid give. All windows of
    all units are taken as if they were at the same level at all times, which is on the safe side.

    Sequences without change from one period to the next, with fewer than three different values, with equal steps
    (a plan), or with zeros do not count, nor do those that three or more units have in the same periods (a
    calendar, a tariff).

    Parameters
    ----------
    values : shape (n,), in order of (unit, period)
    unit : integers from 0, shape (n,)
    period : shape (n,)
    name : as `identify` gives, where it is known

    Returns
    -------
    None where values are so coarse, or so few, that even twelve in a row agree by chance, or no window is left.
    """
    if len(values) < 6:
        return None
    name = identify(values) if name is None else name
    q = _agreement(values, name, unit, period)
    runs = _runs(values, name, unit, period)
    for length in range(3, LONGEST + 1):
        start = _windows(runs, length)
        start = start[q[unit[start]] < COARSE]
        if len(start) == 0:
            return None
        expected = 0.5 * float((np.bincount(unit[start], minlength=len(q)) * q ** (length / 2)).sum()) ** 2
        if expected <= BY_CHANCE:
            return _matched(name, unit, period, start, length, expected)
    return None


def _agreement(values: Floats, name: Ints, unit: Ints, period: Ints) -> Floats:
    """Chance that two values of a unit agree, given that each differs from the one before: an upper bound, (units,)."""
    size = int(unit.max()) + 1
    n = np.bincount(unit, minlength=size).astype(np.float64)
    pairs = np.maximum(n * (n - 1), 1)
    equal = _equal_pairs(name, unit, n)
    step = _step(values, name)
    wide = np.maximum(_noise(values, unit, period, size), np.maximum(DENSITY * step, 1e-300))
    by_noise = DENSITY * step / wide
    own = equal / pairs
    fine = own < COARSE
    together = float(equal[fine].sum()) / max(float(pairs[fine].sum()), 1.0)
    seen = np.maximum(own, together)
    q = np.maximum(seen, by_noise)
    # values that repeat the one before are left out of sequences; none is more frequent than sqrt(q)
    out: Floats = np.minimum(q / np.maximum(1 - np.sqrt(q), 1e-9) ** 2, 1.0)
    return out


def _equal_pairs(name: Ints, unit: Ints, n: Floats) -> Floats:
    """Ordered pairs of values of one unit that are equal, (units,); `n` is how many values a unit has."""
    size, width = len(n), int(n.max())
    if size * width <= 4 * len(name) + 1000:  # each unit's few values are sorted by themselves, beside distinct fillers
        table = np.tile(-1 - np.arange(width), (size, 1))
        table[unit, np.arange(len(unit)) - (np.cumsum(n) - n).astype(np.int64)[unit]] = name
        table.sort(axis=1)
        order, who = table.ravel(), np.repeat(np.arange(size), width)
    else:
        by = int(name.max()) + 1
        order = np.sort(unit * by + name)
        who = order // by
    ends = np.flatnonzero(np.concatenate([(order[1:] != order[:-1]) | (who[1:] != who[:-1]), [True]]))
    times = np.diff(np.concatenate([[-1], ends])).astype(np.float64)
    return np.bincount(who[ends], weights=times * (times - 1), minlength=size).astype(np.float64)


def _noise(values: Floats, unit: Ints, period: Ints, size: int) -> Floats:
    """Standard deviation of a unit's values from one period to the next, what all have in common taken out."""
    follows = (unit[1:] == unit[:-1]) & (period[1:] - period[:-1] == 1)
    change, who, when = np.diff(values)[follows], unit[1:][follows], period[1:][follows]
    if len(change) == 0:
        return np.zeros(size)
    units_then = np.bincount(when)
    common = np.bincount(when, weights=change) / np.maximum(units_then, 1)
    change = change - np.where(units_then[when] > 2, common[when], 0.0)
    count = np.bincount(who, minlength=size)
    out: Floats = np.sqrt(np.bincount(who, weights=change**2, minlength=size) / np.maximum(count, 1) / 2)
    return out


def _runs(values: Floats, name: Ints, unit: Ints, period: Ints) -> tuple[Ints, Ints, Ints]:
    """Running counts: of breaks between neighbours, of unequal steps, and of returns to another value than the last
    but one."""
    broken = (unit[1:] != unit[:-1]) | (period[1:] - period[:-1] != 1) | (name[1:] == name[:-1])
    broken |= (values[1:] == 0) | (values[:-1] == 0)
    change = np.diff(values)
    bent = np.abs(np.diff(change)) > 1e-9 * np.abs(values[1:-1])
    counts = (np.concatenate([[0], np.cumsum(flag)]) for flag in (broken, bent, name[2:] != name[:-2]))
    gone, bends, back = counts
    return gone, bends, back


def _windows(runs: tuple[Ints, Ints, Ints], length: int) -> Ints:
    """Where sequences of so many consecutive periods begin that could be copied."""
    gone, bends, back = runs
    last = len(gone) - length + 1
    if last < 1:
        return np.empty(0, dtype=np.int64)
    inner = length - 2
    good = gone[length - 1 :][:last] == gone[:last]
    good &= (bends[inner:][:last] > bends[:last]) & (back[inner:][:last] > back[:last])
    return np.flatnonzero(good)


def _matched(name: Ints, unit: Ints, period: Ints, start: Ints, length: int, expected: float) -> Copied:
    start = start[_twice(name, start, length)]
    key = name[start]
    for i in range(1, length):  # pairs become numbers, one period at a time
        key = np.unique(key * (int(name.max()) + 1) + name[start + i], return_inverse=True)[1].astype(np.int64)
    group, times = key, np.bincount(key)
    at = np.unique(group * (int(period.max()) + 1) + period[start], return_inverse=True)[1]
    together = np.bincount(at)[at]
    copies = start[(times[group] > 1) & (together < 3)]
    inside = np.zeros(len(name) + 1, dtype=np.int64)
    np.add.at(inside, copies, 1)
    np.add.at(inside, copies + length, -1)
    covered = np.cumsum(inside)[:-1] > 0
    begins = covered & ~np.concatenate([[False], covered[:-1] & (unit[1:] == unit[:-1])])
    stretch = np.bincount(np.cumsum(begins)[covered] - 1) if covered.any() else np.zeros(1, dtype=np.int64)
    return Copied(
        length=length,
        by_chance=expected,
        sequences=(int(begins.sum()) + 1) // 2,
        longest=int(stretch.max()),
        copied=float(covered.sum()) / 2,
        cells=len(name),
    )


def _twice(name: Ints, start: Ints, length: int) -> Bools:
    """Windows whose hash occurs more than once: all that are equal to another, and hardly any that are not."""
    code = np.zeros(len(start), dtype=np.int64)
    with np.errstate(over="ignore"):
        for i in range(length):
            code += (name[start + i] + 1) * FACTORS[i]
            code ^= code >> 29
    place = code & ((1 << (4 * len(code)).bit_length()) - 1)
    out: Bools = np.bincount(place)[place] > 1  # only these can be equal to another
    _, index, times = np.unique(code[out], return_inverse=True, return_counts=True)
    out[out] = times[index] > 1
    return out


def grim(mean: float, n: int, decimals: int) -> bool:
    """Whether n whole numbers can have this mean, reported to so many decimals (rounded either way at a half).

    Parameters
    ----------
    mean : as reported
    n : how many numbers were averaged
    decimals : places of the report

    Source
    ------
    Brown and Heathers 2017, Social Psychological and Personality Science 8(4): 363-369.
    """
    half = 0.5 * 10.0**-decimals
    slack = 1e-9 * max(1.0, abs(mean))
    low, high = (mean - half - slack) * n, (mean + half + slack) * n
    return bool(np.floor(high) >= np.ceil(low))
