"""Answers: what a metric's queries would give, from the sums of one pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest import calendar, cells, kernel, survey, tally
from pitprop.digest.counted import total
from pitprop.digest.engine import Answer
from pitprop.digest.grid import Grid
from pitprop.digest.ground import Ground
from pitprop.digest.problem import GrainError
from pitprop.digest.sums import Floats, Ints, Sums, shift
from pitprop.digest.survey import Survey

FAR = 1e3
"""Standard deviations from the mean beyond which a first pivot has cost digits."""

Learn = Callable[[str, Callable[[], Answer | None]], None]
"""Is told a query and what gives its answer (None: the engine has to be asked)."""


def tell(sums: Sums, ground: Ground, learn: Learn) -> Survey:
    """Tell every answer that there is; what is not told has to be asked for."""
    rows = sums.rows
    found = surveyed(sums, ground)
    first = survey.read(rows, found)
    learn(survey.query(rows)[0], lambda: found)
    _tell_values(sums, ground, first, learn)
    mean, sd = float(found["mean"][0]), float(found["sd"][0])
    if sums.centred and first.value.n > 1 and abs(sums.pivot - mean) > FAR * sd:
        return first
    shift(ground, sums, sums.pivot - first.pivot)
    learn(cells.query(rows, first)[0], lambda: celled(sums, ground))
    if rows.d is not None:
        learn(calendar.query(rows, first)[0], lambda: daily(sums, ground))
    return first


def surveyed(sums: Sums, ground: Ground) -> Answer:
    """The survey's answer (survey.query)."""
    K, counts = kernel, sums.counts
    whole = {"total": int(counts[:6].sum()), **{f"s{i}": int(counts[i]) if i < 6 else 0 for i in range(survey.REASONS)}}
    real: dict[str, float] = {"mean": np.nan, "sd": np.nan}

    def extent(name: str, n: int, low: float, high: float) -> None:
        whole[f"{name}n"] = n
        real[f"{name}low"], real[f"{name}high"] = (low, high) if n else (np.nan, np.nan)

    low, high, tlow, thigh, dlow, dhigh, denominator = (float(v) for v in sums.extents)
    extent("v", int(counts[K.VALUED]), low, high)
    whole["vdec"] = int(counts[K.DECIMALS])
    for name in sums.rows.targets.values():
        extent(name, int(counts[K.TARGETED]), tlow, thigh)
        extent(f"{name}d", int(counts[K.BOTH]), dlow, dhigh)
        whole[f"{name}dec"] = int(counts[K.LEVEL_DECIMALS])
    n = int(counts[0])
    if sums.rows.w is not None:
        whole["uncounted"] = int(counts[K.UNCOUNTED])
        real["denominator"] = denominator if n else np.nan
    elif n:
        table = sums.moments if sums.rule else ground.cells[sums.rows.metric.name]
        x, xx = float(table[:, 1].sum()), float(table[:, 2].sum())
        real["mean"] = sums.pivot + x / n
        real["sd"] = float(np.sqrt(max(xx - x * x / n, 0.0) / (n - 1))) if n > 1 else np.nan
    return {
        **{name: np.array([v], np.int64) for name, v in whole.items()},
        **{name: np.array([v], np.float64) for name, v in real.items()},
    }


def celled(sums: Sums, ground: Ground) -> Answer:
    """The sums by entity and period (cells.query)."""
    rows = sums.rows
    table = ground.cells[rows.metric.name]
    there = np.flatnonzero(table[:, 0])
    sub = table[there]
    after = 6 if rows.w is not None else 3
    counted = sub[:, after] if sums.rule and rows.target_sql and np.isnan(sums.level) else sub[:, 0]
    out: dict[str, NDArray[np.generic]] = {
        "e": ground.labels()[there % ground.width],
        "p": ground.starts()[there // ground.width],
        "n": counted.astype(np.int64),
        "x": sub[:, 1],
        "xx": sub[:, 2],
    }
    if rows.w is not None:
        out |= {"w": sub[:, 3], "ww": sub[:, 4], "xw": sub[:, 5]}
    with np.errstate(invalid="ignore"):
        for name in rows.targets.values():
            out[name] = sub[:, after + 1] / sub[:, after]
    return out


def daily(sums: Sums, ground: Ground) -> Answer:
    """The sums by day, and by whether the rows have a target where that is asked for (calendar.query)."""
    rows = sums.rows
    table = ground.by_day[rows.metric.name]
    judged = cells.judged_target(rows.metric)
    apart = judged is not None and judged.fixed is None
    halves = [table] if not rows.target_sql else [table[:, :3], table[:, 3:]]
    if len(halves) == 2 and not apart:
        counted = halves[0][:, 0] if sums.rule and np.isnan(sums.level) else halves[0][:, 0] + halves[1][:, 0]
        both = halves[0] + halves[1]
        return _days(ground, both, counted, 0)
    parts = []
    for free, half in enumerate(halves):
        scored = not (free and sums.rule and np.isnan(sums.level))
        parts.append(_days(ground, half, half[:, 0] if scored else np.zeros(len(half)), free))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _days(ground: Ground, table: Floats, counted: Floats, free: int) -> Answer:
    there = np.flatnonzero(table[:, 0])
    return {
        "d": (ground.day + there).astype("datetime64[D]"),
        "n": counted[there].astype(np.int64),
        "x": table[there, 1],
        "xx": table[there, 2],
        "free": np.full(len(there), free, np.int64),
    }


def _tell_values(sums: Sums, ground: Ground, first: Survey, learn: Learn) -> None:
    rows = sums.rows
    for target in (None, *(t for t in rows.metric.targets if t.on == "row")):
        relative = target is not None and target.fixed is None
        grid = tally.exact_grid(rows, first, target)
        paired = first.counts and first.denominator <= tally.PAIRS and not relative
        if grid is None:
            continue
        try:
            sql, _ = tally.query(rows, first, grid, target, paired=paired)
        except GrainError:
            continue
        get = _pairs if paired else _distances if relative else _values
        found = get(sums, first, grid, target)
        if found is not None:
            learn(sql, found)


def _values(sums: Sums, first: Survey, grid: Grid, target: Target | None) -> Callable[[], Answer] | None:
    K = kernel
    factor = _factor(grid, int(sums.counts[K.DECIMALS]))
    if sums.counts[K.BINS] == K.OFF or factor is None:
        return None

    def found() -> Answer:
        k, counts = sums.values.sparse()
        if sums.rows.target_sql:
            counts = counts[:, 0::2] + counts[:, 1::2]
        return _regimes(sums, target, "k", k * factor, counts)

    return found


def _distances(sums: Sums, first: Survey, grid: Grid, target: Target | None) -> Callable[[], Answer] | None:
    K = kernel
    factor = _factor(grid, int(sums.counts[K.FINER]))
    raised = _factor(grid, int(sums.counts[K.DECIMALS]))
    if K.OFF in (sums.counts[K.LEVEL_BINS], sums.counts[K.BINS]) or factor is None or raised is None:
        return None
    assert target is not None
    extent = first.targets[str(target.value)]
    if extent.n != int(sums.counts[K.TARGETED]):
        return None

    def found() -> Answer:
        k, counts = sums.distances.sparse()
        k, exempt = k * factor, np.zeros_like(counts)
        if extent.n and extent.low == extent.high:  # one number: it places the exempt too
            level = int(grid.k(np.array([extent.low]))[0])
            free, others = sums.values.sparse()
            k = np.concatenate([k, free * raised - level])
            exempt = np.concatenate([exempt, others[:, 1::2]])
            counts = np.concatenate([counts, np.zeros_like(others[:, 1::2])])
        return _regimes(sums, target, "k", k, counts, exempt)

    return found


def _pairs(sums: Sums, first: Survey, grid: Grid, target: Target | None) -> Callable[[], Answer] | None:
    if not sums.counts[kernel.PAIRED]:
        return None

    def found() -> Answer:
        place = np.flatnonzero(sums.pairs.any(axis=1))
        out = _regimes(sums, target, "place", place, sums.pairs[place])
        at = out["place"]
        return {**out, "x": at // (kernel.PAIRS + 1), "w": at % (kernel.PAIRS + 1)}

    return found


def _factor(grid: Grid, places: int) -> int | None:
    """How many times finer the grid is than the one on which positions were counted."""
    step = grid.step.denominator
    if grid.step.numerator != 1 or places > survey.FINEST or step % 10**places:
        return None
    factor = step // 10**places
    return factor if factor <= 10**5 else None  # an error of 1e-6 of a step would show


def _regimes(sums: Sums, target: Target | None, key: str, k: Ints, counts: Ints, exempt: Ints | None = None) -> Answer:
    """Counts by position with all rows (n), those under the target (u) and those at a time without it (b)."""
    marks = in_force(sums, target)
    every = counts if exempt is None else counts + exempt
    table = np.stack(
        [
            every.sum(axis=1),
            counts[:, marks].sum(axis=1),
            every[:, ~marks].sum(axis=1) if target else every.sum(axis=1),
        ],
        axis=1,
    )
    k, table = total(k, table)
    there = table[:, 0] > 0
    n, u, b = table[there].T
    return {key: k[there], "n": n, "u": u, "b": b}


def in_force(sums: Sums, target: Target | None) -> NDArray[np.bool_]:
    """Whether the target is in force in each segment of time."""
    starts = np.concatenate([[np.iinfo(np.int64).min], sums.breaks])
    since = np.iinfo(np.int64).min
    until = np.iinfo(np.int64).max
    if target is not None and target.since is not None:
        since = int(np.datetime64(target.since, "D").astype(np.int64))
    if target is not None and target.until is not None:
        until = int(np.datetime64(target.until, "D").astype(np.int64))
    return np.asarray((starts >= since) & (starts < until))
