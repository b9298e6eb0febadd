"""Kernel: a batch of rows summed in one pass, compiled. Imported only where there are many rows.

Every rule is that of the SQL in rowset.py, survey.py, cells.py, tally.py and calendar.py, to the last bit of each
row's arithmetic; tests/digest/test_onepass.py holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from pitprop.digest.grid import FARTHEST

F = TypeVar("F", bound=Callable[..., Any])
Array = Any
"""A numpy array (Numba infers its type)."""
Whole = Any
"""A whole number of 64 bits, whether numpy's or Python's."""

NO_ENTITY, NO_TIME = -1, -2
"""Places of rows that have no cell."""
DONE, PLACES, ROOM, LEVEL_PLACES, LEVEL_ROOM = range(5)
"""Why a batch is left: it is finished; a value (a target's value) has more decimals than was thought, or lies where
its table has no room."""
OFF, DENSE, HASHED = range(3)
"""How a table of counts is kept."""
OTHERWISE = 7
"""Decimals of values that lie on no decimal grid (survey.FINEST + 1)."""
N_COUNTS, N_EXTENTS = 16, 7
VALUED, TARGETED, BOTH, UNCOUNTED, DECIMALS, LEVEL_DECIMALS, FINER, BINS, LEVEL_BINS, PAIRED = range(6, 16)
"""Entries of `counts` after the reasons 0 to 5: rows with a value, with a target, with both, rows of a ratio that are
no counts; decimals so far of values, of targets, of both; how positions of values and of differences are kept; whether
pairs are."""
LOW, HIGH, T_LOW, T_HIGH, D_LOW, D_HIGH, W_HIGH = range(7)
"""Entries of `extents`: bounds of value, target and difference, and the largest denominator."""
PAIRS = 600
"""As in tally.py."""
LARGEST = 1e100
"""As in rowset.py."""


def compiled(function: F, fastmath: Any = False) -> F:
    """The function in machine code, which is kept on disk where there is a place that can be written."""
    try:
        return cast(F, numba.njit(nogil=True, cache=True, fastmath=fastmath)(function))
    except RuntimeError:  # no folder for it
        return cast(F, numba.njit(nogil=True, fastmath=fastmath)(function))


def regrouped(function: F) -> F:
    """The same for sums whose terms may be added in any order."""
    return compiled(function, {"reassoc"})


TEN = np.array([10.0**d for d in range(13)])
EMPTY = np.iinfo(np.int64).min
SPREAD = np.int64(-7046029254386353131)


@compiled
def decimals(v: float) -> Whole:
    """Number of decimals of a value, OTHERWISE where it has more than six; as in survey.py."""
    for d in range(OTHERWISE):
        if on_grid(v, d):
            return d
    return OTHERWISE


@compiled
def on_grid(v: float, d: Whole) -> Any:
    """Whether a value is written with d decimals."""
    scaled = v * TEN[d]
    near = abs(scaled - np.floor(scaled + 0.5)) <= 1e-6 + 1e-15 * abs(scaled)
    return near and (d == 0 or abs(v) < TEN[12 - d])


@compiled
def slot(keys: Array, k: Whole) -> Whole:
    """Where a key stands, or would stand, in a table of a power of two of places."""
    mask = len(keys) - 1
    j = ((k * SPREAD) >> 24) & mask
    while keys[j] != EMPTY and keys[j] != k:
        j = (j + 1) & mask
    return j


@compiled
def valid(bitmap: Array, i: int) -> Any:
    """Whether an Arrow array has a value there."""
    return (bitmap[i >> 3] >> (i & 7)) & 1 == 1


@compiled
def locate(
    entity: Array,
    base: int,
    raw: bool,
    day: Array,
    early: int,
    late: int,
    first: int,
    period: Array,
    width: int,
    place: Array,
    index: Array,
) -> bool:
    """The cell of each row: period * width + entity, and the number of its day counted from `first`.

    Parameters
    ----------
    entity : array of int32 or int64
        Codes, of which -1 is none, or where `raw` whole numbers that are `base` more than codes; empty where the metric
        has no entity.
    day : array of int32
        Days since 1970; empty where the metric has no time. Days before `early` or after `late` are none.
    period : array of int32
        Number of the period of each day from `first` on.
    place, index : array of int32
        Where the result goes.

    Returns
    -------
    bool
        Whether all entities and days lie where they can; otherwise there is no result.
    """
    inside = True
    for i in range(len(place)):
        e = entity[i] - base if len(entity) else 0
        known = 0 <= e < width
        inside &= known or (not raw and e == -1)
        if not known:
            place[i] = NO_ENTITY
        elif len(day) == 0:
            place[i] = e
        elif day[i] < early or day[i] > late:
            place[i] = NO_TIME
        else:
            j = day[i] - first
            if 0 <= j < len(period):
                index[i] = j
                place[i] = period[j] * width + e
            else:
                inside = False
    return inside


@compiled
def absorb(
    begin: int,
    end: int,
    pivot: float,
    rule: int,
    level: float,
    grid: Array,
    x: Array,
    xv: Array,
    xo: int,
    w: Array,
    wv: Array,
    wo: int,
    t: Array,
    tv: Array,
    to: int,
    f: Array,
    place: Array,
    day: Array,
    segment: Array,
    counts: Array,
    extents: Array,
    cells: Array,
    days: Array,
    keys: Array,
    table: Array,
    at: Array,
    lkeys: Array,
    ltable: Array,
    lat: Array,
    pairs: Array,
    moments: Array,
) -> tuple[int, int]:
    """Rows begin to end of a batch, added to what is there.

    Parameters
    ----------
    pivot : float
        Taken from x before it is summed.
    rule, level : int, float
        For a share: 1 gte, 2 gt, 3 lte, 4 lt, and the target (NaN: t). Otherwise rule is 0.
    grid : array of float64, shape (3,)
        How values become positions: 0 by their decimals; 1 by steps of grid[2] / grid[1] downwards; 2 by the first
        twelve bits of their mantissa.
    x, w, t : array of float64
        Value (numerator), denominator, target; w and t are empty where there is none. Each has its bitmap (empty:
        all are there) and the bitmap's offset.
    f : array of uint8
        The filter; empty where there is none.
    place, day : array of int32
        From `locate`.
    segment : array of int64
        By day's number: which stretch of time it is, as targets come and go; empty where there is only one.
    counts, extents : array of int64, of float64
        See the constants.
    cells : array of float64, shape (cells, columns)
        Rows, x, x^2 (and w, w^2, x w) (and rows with a target, target). No columns: not asked for.
    days : array of float64, shape (days, columns)
        Rows, x, x^2; where there is t, likewise for rows without a target. No columns: not asked for.
    keys, table, at : arrays
        Positions of values: table[k - at[0], s] where dense, table[slot(keys, k), s] where hashed (at[1] are in use).
        s is the segment, twice where there is a target: with it and without.
    lkeys, ltable, lat : arrays
        Likewise of differences from the target, by segment.
    pairs : array of int64, shape ((PAIRS + 1)^2, segments)
        By numerator and denominator.
    moments : array of float64, shape (1, 3)
        For a share: rows, x, x^2 of the values themselves.

    Returns
    -------
    (why, i) : int, int
        DONE, or why row i could not be added.
    """
    filtered, ratio, targeted, segmented = len(f) > 0, len(w) > 0, len(t) > 0, len(segment) > 0
    xnull, wnull, tnull = len(xv) > 0, len(wv) > 0, len(tv) > 0
    summed, daily = cells.shape[1] > 0, days.shape[1] > 0
    kept, left, null, infinite, nobody, never = counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]
    valued, withtarget, both, uncounted = counts[VALUED], counts[TARGETED], counts[BOTH], counts[UNCOUNTED]
    places, lplaces, finer = counts[DECIMALS], counts[LEVEL_DECIMALS], counts[FINER]
    bins, lbins, paired = counts[BINS], counts[LEVEL_BINS], counts[PAIRED]
    low, high, tlow, thigh = extents[LOW], extents[HIGH], extents[T_LOW], extents[T_HIGH]
    dlow, dhigh, whigh = extents[D_LOW], extents[D_HIGH], extents[W_HIGH]
    how, up, down = grid[0], grid[1], grid[2]
    scale = TEN[min(places, 6)]
    lscale = TEN[min(finer, 6)]
    tcolumn = 6 if ratio else 3
    wi, ti = 0.0, 0.0
    k: Whole = np.int64(0)
    j: Whole = np.int64(-1)
    lj: Whole = np.int64(-1)
    s: Whole = np.int64(0)
    why = DONE
    i = begin
    while i < end:
        if filtered and f[i] == 0:
            left += 1
            i += 1
            continue
        if (xnull and not valid(xv, xo + i)) or (wnull and not valid(wv, wo + i)):
            null += 1
            i += 1
            continue
        xi = x[i]
        if ratio:
            wi = w[i]
        if not (abs(xi) < LARGEST and abs(wi) < LARGEST):
            infinite += 1
            i += 1
            continue
        c = place[i]
        if c < 0:
            if c == NO_ENTITY:
                nobody += 1
            else:
                never += 1
            i += 1
            continue
        there, v = True, xi
        if ratio:
            there = abs(wi) > 1e-50
            v = xi / wi if there else 0.0
        subject = False
        if targeted and not (tnull and not valid(tv, to + i)):
            ti = t[i]
            subject = abs(ti) < LARGEST
        if segmented:
            s = segment[day[i]]
        # first what may have to wait: nothing is added before all of it is settled
        if there:
            if places < OTHERWISE and not on_grid(v, places) and decimals(v) > places:
                why = PLACES
                break
            if bins != OFF:
                if how == 0.0:
                    q = v * scale
                    if abs(q) > 2.0**53:
                        bins = OFF
                    else:
                        k = np.int64(np.floor(q + 0.5))
                elif how == 1.0:
                    q = min(max(v * up / down, -FARTHEST), FARTHEST)
                    k = np.int64(np.floor(q + min(1e-9 * abs(q), 1e-3) + 1e-9))
                else:
                    k = np.float64(v).view(np.int64) >> 40
            if bins == DENSE:
                j = k - at[0]
                if j < 0 or j >= len(table):
                    why = ROOM
                    break
            elif bins == HASHED:
                j = slot(keys, k)
                if keys[j] == EMPTY:
                    if 2 * at[1] >= len(keys):
                        why = ROOM
                        break
                    keys[j] = k
                    at[1] += 1
        if subject:
            if lplaces < OTHERWISE and not on_grid(ti, lplaces) and decimals(ti) > lplaces:
                why = LEVEL_PLACES
                break
            if there and lbins == HASHED:
                q, tq = v * lscale, ti * lscale
                if abs(q) > 2.0**53 or abs(tq) > 2.0**53:
                    lbins = OFF
                else:
                    k = np.int64(np.floor(q + 0.5) - np.floor(tq + 0.5))
                    lj = slot(lkeys, k)
                    if lkeys[lj] == EMPTY:
                        if 2 * lat[1] >= len(lkeys):
                            why = LEVEL_ROOM
                            break
                        lkeys[lj] = k
                        lat[1] += 1
        # then it is added
        kept += 1
        if there:
            valued += 1
            if v < low:
                low = v
            if v > high:
                high = v
            if bins != OFF:
                table[j, 2 * s + (0 if subject else 1) if targeted else s] += 1
        if subject:
            withtarget += 1
            tlow, thigh = min(tlow, ti), max(thigh, ti)
            if there:
                both += 1
                dlow, dhigh = min(dlow, v - ti), max(dhigh, v - ti)
                if lbins == HASHED:
                    ltable[lj, s] += 1
        if ratio:
            whigh = max(whigh, wi)
            if not (xi >= 0 and wi >= xi and xi == np.floor(xi) and wi == np.floor(wi)):
                uncounted += 1
                paired = 0
            elif wi > PAIRS:
                paired = 0
            elif paired == 1 and there:
                pairs[int(xi) * (PAIRS + 1) + int(wi), s] += 1
        y = xi - pivot
        if rule != 0:
            moments[0, 0] += 1.0
            moments[0, 1] += y
            moments[0, 2] += y * y
            r = ti if level != level else level
            tolerance = 1e-9 * abs(r) + 1e-12
            if rule == 1:
                y = 1.0 if xi >= r - tolerance else 0.0
            elif rule == 2:
                y = 1.0 if xi > r + tolerance else 0.0
            elif rule == 3:
                y = 1.0 if xi <= r + tolerance else 0.0
            else:
                y = 1.0 if xi < r - tolerance else 0.0
            if level != level and not subject:
                y = 0.0
        if summed:
            cells[c, 0] += 1.0
            cells[c, 1] += y
            cells[c, 2] += y * y
            if ratio:
                cells[c, 3] += wi
                cells[c, 4] += wi * wi
                cells[c, 5] += xi * wi
            if subject:
                cells[c, tcolumn] += 1.0
                cells[c, tcolumn + 1] += ti
        if daily:
            d = day[i]
            b = 3 if targeted and not subject else 0
            days[d, b] += 1.0
            days[d, b + 1] += y
            days[d, b + 2] += y * y
        i += 1
    counts[0], counts[1], counts[2], counts[3], counts[4], counts[5] = kept, left, null, infinite, nobody, never
    counts[VALUED], counts[TARGETED], counts[BOTH], counts[UNCOUNTED] = valued, withtarget, both, uncounted
    counts[BINS], counts[LEVEL_BINS], counts[PAIRED] = bins, lbins, paired
    extents[LOW], extents[HIGH], extents[T_LOW], extents[T_HIGH] = low, high, tlow, thigh
    extents[D_LOW], extents[D_HIGH], extents[W_HIGH] = dlow, dhigh, whigh
    return why, i


BLOCK = 1024
"""Rows that are settled together: they stay in the nearest cache."""


@compiled
def position(v: float, how: float, up: float, down: float) -> Whole:
    """The position of a value; `up` is the scale where it goes by decimals."""
    if how == 0.0:
        return np.int64(np.floor(v * up + 0.5))
    if how == 1.0:
        q = min(max(v * up / down, -FARTHEST), FARTHEST)
        return np.int64(np.floor(q + min(1e-9 * abs(q), 1e-3) + 1e-9))
    return np.float64(v).view(np.int64) >> 40


@compiled
def settled(x: Array, place: Array) -> bool:
    """Whether all values are finite and all rows have a cell."""
    odd = 0
    for i in range(len(x)):
        odd |= int(place[i] < 0) | int(not (abs(x[i]) < LARGEST))
    return odd == 0


@compiled
def pick(
    begin: int, end: int, x: Array, xv: Array, xo: int, f: Array, place: Array, day: Array, lost: Array, out: Any
) -> int:
    """Number of rows that count, which are moved to `out` (x, place, day); the others are counted in `lost`."""
    values, places, days = out
    n = 0
    for i in range(begin, end):
        if len(f) > 0 and f[i] == 0:
            lost[1] += 1
        elif len(xv) > 0 and not valid(xv, xo + i):
            lost[2] += 1
        elif not (abs(x[i]) < LARGEST):
            lost[3] += 1
        elif place[i] == NO_ENTITY:
            lost[4] += 1
        elif place[i] == NO_TIME:
            lost[5] += 1
        else:
            values[n], places[n], days[n] = x[i], place[i], day[i]
            n += 1
    return n


@compiled
def all_on_grid(x: Array, d: int) -> bool:
    """Whether all values are written with d decimals; no for some that are (see `decimals`)."""
    scale, most = TEN[d], np.inf if d == 0 else TEN[12 - d]
    off = 0
    for i in range(len(x)):
        q = x[i] * scale
        near = abs(q - np.floor(q + 0.5)) <= 1e-6 + 1e-15 * abs(q)
        off |= int(not near) | int(not (abs(x[i]) < most))
    return off == 0


@compiled
def bounds(x: Array, low: float, high: float) -> tuple[float, float]:
    """The lowest and the highest of the values and of what is given."""
    low2, high2, half = low, high, len(x) // 2
    for i in range(half):  # two at a time, as each waits for the one before it
        low = x[i] if x[i] < low else low
        high = x[i] if x[i] > high else high
        low2 = x[half + i] if x[half + i] < low2 else low2
        high2 = x[half + i] if x[half + i] > high2 else high2
    if len(x) % 2:
        low, high = min(low, x[-1]), max(high, x[-1])
    return min(low, low2), max(high, high2)


@compiled
def tally(x: Array, day: Array, segment: Array, how: float, up: float, down: float, first: int, table: Array) -> None:
    """Values counted in a dense table."""
    if len(segment) == 0:
        for i in range(len(x)):
            table[position(x[i], how, up, down) - first, 0] += 1
    else:
        for i in range(len(x)):
            table[position(x[i], how, up, down) - first, segment[day[i]]] += 1


@compiled
def tally_hashed(
    x: Array, day: Array, segment: Array, how: float, up: float, down: float, keys: Array, table: Array, at: Array
) -> None:
    """Values counted in a hashed table, which has room for them."""
    for i in range(len(x)):
        k = position(x[i], how, up, down)
        j = slot(keys, k)
        if keys[j] == EMPTY:
            keys[j] = k
            at[1] += 1
        table[j, segment[day[i]] if len(segment) > 0 else 0] += 1


@compiled
def scores(x: Array, rule: int, level: float, out: Array) -> None:
    """1 where a value meets the target, else 0."""
    tolerance = 1e-9 * abs(level) + 1e-12
    for i in range(len(x)):
        if rule == 1:
            met = x[i] >= level - tolerance
        elif rule == 2:
            met = x[i] > level + tolerance
        elif rule == 3:
            met = x[i] <= level + tolerance
        else:
            met = x[i] < level - tolerance
        out[i] = 1.0 if met else 0.0


@compiled
def add(x: Array, pivot: float, place: Array, sums: Array) -> None:
    """Rows, values and squares by place."""
    for i in range(len(x)):
        c, y = place[i], x[i] - pivot
        sums[c, 0] += 1.0
        sums[c, 1] += y
        sums[c, 2] += y * y


@compiled
def alike(values: Array) -> bool:
    """Whether all whole numbers are the same."""
    other = 0
    for i in range(len(values)):
        other |= values[i] ^ values[0]
    return other == 0


@regrouped
def add_one(x: Array, pivot: float, place: int, sums: Array) -> None:
    """Rows, values and squares, all in one place."""
    total = square = 0.0
    for i in range(len(x)):
        y = x[i] - pivot
        total += y
        square += y * y
    sums[place, 0] += len(x)
    sums[place, 1] += total
    sums[place, 2] += square


@compiled
def sweep(
    begin: int,
    end: int,
    pivot: float,
    rule: int,
    level: float,
    grid: Array,
    x: Array,
    xv: Array,
    xo: int,
    f: Array,
    place: Array,
    day: Array,
    segment: Array,
    counts: Array,
    extents: Array,
    cells: Array,
    days: Array,
    keys: Array,
    table: Array,
    at: Array,
    moments: Array,
) -> tuple[int, int]:
    """What `absorb` does, for rows without denominator and without a target of their own, in blocks.

    Returns (why, i): DONE, or i is the first row of a block that `absorb` has to take.
    """
    values, score = np.empty(BLOCK), np.empty(BLOCK)
    picked = (values, np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32))
    lost = np.zeros(6, np.int64)
    places, bins, how = counts[DECIMALS], counts[BINS], grid[0]
    up, down = (TEN[min(places, 6)], 1.0) if how == 0.0 else (grid[1], grid[2])
    clean = len(f) == 0 and len(xv) == 0
    i = begin
    while i < end:
        stop = min(i + BLOCK, end)
        X, P, D = x[i:stop], place[i:stop], day[i : min(stop, len(day))]
        lost[:] = 0
        if not (clean and settled(X, P)):
            n = pick(i, stop, x, xv, xo, f, place, day, lost, picked)
            X, P, D = picked[0][:n], picked[1][:n], picked[2][:n]
        if len(X):
            if places < OTHERWISE and not all_on_grid(X, places):
                return PLACES, i
            low, high = bounds(X, extents[LOW], extents[HIGH])
            if bins != OFF and how == 0.0 and max(abs(low), abs(high)) * up > 2.0**53:
                return ROOM, i
            if bins == DENSE:
                first, last = position(low, how, up, down), position(high, how, up, down)
                if first < at[0] or last >= at[0] + len(table):
                    return ROOM, i
                tally(X, D, segment, how, up, down, at[0], table)
            elif bins == HASHED:
                if 2 * (at[1] + len(X)) >= len(keys):
                    return ROOM, i
                tally_hashed(X, D, segment, how, up, down, keys, table, at)
            extents[LOW], extents[HIGH] = low, high
            centre = pivot
            if rule != 0:
                add_one(X, pivot, 0, moments)
                scores(X, rule, level, score)
                X, centre = score[: len(X)], 0.0
            if cells.shape[1] > 0 and alike(P):
                add_one(X, centre, P[0], cells)
            elif cells.shape[1] > 0:
                add(X, centre, P, cells)
            if days.shape[1] > 0 and alike(D):
                add_one(X, centre, D[0], days)
            elif days.shape[1] > 0:
                add(X, centre, D, days)
        lost[0] = len(X)
        counts[VALUED] += len(X)
        for s in range(6):
            counts[s] += lost[s]
        i = stop
    return DONE, end


@compiled
def refill(k: Array, counts: Array, keys: Array, table: Array) -> None:
    """Counts put into an empty hashed table."""
    for i in range(len(k)):
        j = slot(keys, k[i])
        keys[j] = k[i]
        table[j] = counts[i]
