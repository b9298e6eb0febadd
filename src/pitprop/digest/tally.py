"""Tally: how often each value occurs, row by row (from one query) or cell by cell (from a panel)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric, Target
from pitprop.digest.cells import Cells
from pitprop.digest.distribution import Distribution
from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.grid import Grid, exact, fine
from pitprop.digest.opportunity import opportunity
from pitprop.digest.problem import GrainError
from pitprop.digest.rows import Rows
from pitprop.digest.rowset import Rowset, number
from pitprop.digest.survey import FINEST, Extent, Survey

PAIRS = 600
"""Ratios row by row are counted by numerator and denominator up to this denominator; above it fractions are
so dense that their arithmetic no longer shows."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def by_row(rows: Rowset, survey: Survey, engine: Engine, target: Target | None) -> Distribution:
    """The distribution of the rows' values.

    Raises
    ------
    GrainError
        If the target has dates and the metric no time.
    """
    relative = target is not None and target.fixed is None
    grid = row_grid(rows, survey, engine, target)
    paired = survey.counts and survey.denominator <= PAIRS and not relative
    sql, schema = query(rows, survey, grid, target, paired=paired)
    return read(grid, engine.ask(sql, schema), survey.rows, relative=relative, paired=paired)


def row_grid(rows: Rowset, survey: Survey, engine: Engine, target: Target | None) -> Grid:
    """The grid of the rows' values: the same for every fixed target of the metric, and for none, but for the side on
    which a value at the edge of two positions is counted where they lie on no grid."""
    found = exact_grid(rows, survey, target)
    if found is not None:
        return found
    op = None if target is None else target.op
    targets: tuple[float, ...] = ()
    if target is not None and target.fixed is None:
        declared = str(target.value)
        value, v = survey.distances[declared], f"({rows.v} - {rows.targets[declared]})"
    else:
        targets = fixed(rows.metric, "row")
        value, v = survey.value, rows.v

    def distinct(grid: Grid) -> int:
        return int(engine.ask(*distinct_query(rows, grid, v))["n"][0])

    q = engine.ask(*quartiles_query(rows, v))
    return fine(value, (float(q["a"][0]), float(q["b"][0])), targets, distinct).towards(op)


def quartiles_query(rows: Rowset, v: str) -> tuple[str, Schema]:
    """First and third quartile of a number."""
    quantiles = ", ".join(
        f"CAST(QUANTILE_CONT({v}, {p}) AS DOUBLE) AS {name}" for name, p in (("a", 0.25), ("b", 0.75))
    )
    return f"SELECT {quantiles} FROM {rows.kept()}", {"a": "number", "b": "number"}


def distinct_query(rows: Rowset, grid: Grid, v: str) -> tuple[str, Schema]:
    """How many positions of a grid occur."""
    return f"SELECT CAST(COUNT(DISTINCT {grid.sql(v)}) AS BIGINT) AS n FROM {rows.kept()}", {"n": "integer"}


def exact_grid(rows: Rowset, survey: Survey, target: Target | None) -> Grid | None:
    """The decimal grid on which all values (and the target's, where it is an expression) lie; None: there is none."""
    if target is not None and target.fixed is None:
        return exact((survey.value, survey.targets[str(target.value)]), ())
    return exact((survey.value,), fixed(rows.metric, "row"))


def query(rows: Rowset, survey: Survey, grid: Grid, target: Target | None, *, paired: bool) -> tuple[str, Schema]:
    """The query and the columns of its result: k (or x and w), rows by regime."""
    under, without = _regimes(rows, target)
    where = f" WHERE {rows.v} IS NOT NULL"
    if paired:
        keys = {"x": ("CAST(x AS BIGINT)", "integer"), "w": ("CAST(w AS BIGINT)", "integer")}
    elif target is not None and target.fixed is None:
        column = rows.targets[str(target.value)]
        extent = survey.targets[str(target.value)]
        if extent.n and extent.low == extent.high:  # one number wherever it is declared: it places the exempt too
            column = number(extent.low)
        else:
            where += f" AND {column} IS NOT NULL"
        keys = {"k": (grid.sql(rows.v, minus=column), "integer")}
    else:
        keys = {"k": (grid.sql(rows.v), "integer")}
    listed = ", ".join(f"{sql} AS {name}" for name, (sql, _) in keys.items())
    regimes = {"n": "TRUE", **({"u": under} if under else {}), **({"b": without} if without else {})}
    marks = "".join(f", CASE WHEN {sql} THEN 1 ELSE 0 END AS {name}" for name, sql in regimes.items())
    sums = ", ".join(f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in regimes)
    by = ", ".join(keys)
    return (
        f"SELECT {by}, {sums} FROM (SELECT {listed}{marks} FROM {rows.kept()}{where}) AS g GROUP BY {by}",
        dict.fromkeys((*keys, *regimes), "integer"),
    )


def _regimes(rows: Rowset, target: Target | None) -> tuple[str | None, str | None]:
    """Conditions for under and without; None: holds for all rows that the other does not name."""
    if target is None:
        return None, "TRUE"
    force = rows.in_force(target)
    subject = None if target.fixed is not None else f"{rows.t(target)} IS NOT NULL"
    under = " AND ".join(c for c in (force, subject) if c) or "TRUE"
    return under, f"NOT {force}" if force else None


def read(grid: Grid, found: Answer, rows: Rows, *, relative: bool, paired: bool) -> Distribution:
    """The distribution in the query's result."""
    n = found["n"]
    under = found.get("u", np.zeros_like(n))
    without = found.get("b", np.zeros_like(n))
    if not paired:
        return _distribution(grid, found["k"], under, without, n - under - without, relative=relative, rows=rows)
    x, w = found["x"], found["w"]
    return _distribution(
        grid,
        grid.k(x / w),
        under,
        without,
        n - under - without,
        relative=False,
        rows=rows,
        chance=opportunity(x, w, n, grid) if len(x) else (np.empty(0, np.int64), np.empty(0)),
    )


def by_cell(cells: Cells, metric: Metric, target: Target) -> Distribution:
    """The distribution of the cells' values, from a panel that is already there.

    Raises
    ------
    GrainError
        If the target has dates and the metric no time.
    """
    panel = cells.panel
    value, level = panel.metric.value, cells.target(target)
    relative = target.fixed is None
    exempt = np.isnan(level)
    in_force = _in_force(cells, metric, target)
    if relative:
        known = level[~exempt]
        single = len(known) > 0 and float(known.min()) == float(known.max())
        level = np.where(exempt, known[0], level) if single else level
    there = np.isfinite(value) & np.isfinite(level)
    value, level = value[there], level[there]
    force, free = in_force[there], exempt[there]
    grid = _cell_grid(metric, value, level if relative else None).towards(target.op)
    k = _positions(grid, value, level) if relative else grid.k(value)
    chance = None
    counted = None if relative else _counts(cells)
    if counted is not None:
        pairs, number_of = np.unique(np.stack([c[there] for c in counted]), axis=1, return_counts=True)
        chance = opportunity(pairs[0], pairs[1], number_of.astype(np.int64), grid)
    marks = (force & ~free, ~force, force & free)
    return _distribution(
        grid, k, *(m.astype(np.int64) for m in marks), relative=relative, rows=panel.rows, chance=chance
    )


def fixed(metric: Metric, on: str) -> tuple[float, ...]:
    """The metric's targets of that kind that are numbers."""
    return tuple(t.fixed for t in metric.targets if t.fixed is not None and t.on == on)


def _in_force(cells: Cells, metric: Metric, target: Target) -> NDArray[np.bool_]:
    start = cells.panel.start
    if target.since is None and target.until is None:
        return np.ones(len(start), dtype=np.bool_)
    if metric.agg_time_dimension is None:
        raise GrainError(
            f"metric `{metric.name}`: a target has `since` or `until`, but the metric has no "
            "`agg_time_dimension`; declare the column that says when"
        )
    since = np.datetime64(target.since or "0001-01-01", "D")
    until = np.datetime64(target.until or "9999-12-31", "D")
    return np.asarray((start >= since) & (start < until))


def _positions(grid: Grid, value: Floats, level: Floats) -> Ints:
    """Positions of distances; exactly those of the rows' query."""
    if grid.exact:
        return np.asarray(grid.k(value) - grid.k(level), dtype=np.int64)
    return grid.k(value - level)


def _cell_grid(metric: Metric, value: Floats, level: Floats | None) -> Grid:
    extents = [_extent(value)] if level is None else [_extent(value), _extent(level)]
    targets = fixed(metric, "entity_period") if level is None else ()
    found = exact(extents, targets)
    if found is not None:
        return found
    distance = value if level is None else value - level
    a, b = np.quantile(distance, [0.25, 0.75])
    return fine(_extent(distance), (float(a), float(b)), targets, lambda grid: len(np.unique(grid.k(distance))))


def _extent(values: Floats) -> Extent:
    """Where values lie, and their decimals, by the same rule as the survey's."""
    if not len(values):
        return Extent(n=0, low=np.nan, high=np.nan, decimals=0)
    largest = float(np.abs(values).max())
    decimals = None
    for d in range(FINEST + 1):
        scaled = values * 10.0**d
        near = np.abs(scaled - np.floor(scaled + 0.5)) <= 1e-6 + 1e-15 * np.abs(scaled)
        if bool(near.all()) and (d == 0 or largest < 10.0 ** (12 - d)):
            decimals = d
            break
    return Extent(n=len(values), low=float(values.min()), high=float(values.max()), decimals=decimals)


def _counts(cells: Cells) -> tuple[Ints, Ints] | None:
    """Numerator and denominator of each cell where the metric is a ratio of counts or a share."""
    measure = cells.panel.metric
    if measure.agg == "share":
        x, w = measure.x, measure.n.astype(np.float64)
    elif measure.agg == "ratio":
        x, w = measure.x, measure.w
    else:
        return None
    counted = (x >= 0) & (w >= x) & (x == np.floor(x)) & (w == np.floor(w)) & (w < 2.0**53)
    if not len(x) or not bool(counted.all()):
        return None
    return x.astype(np.int64), w.astype(np.int64)


def _distribution(
    grid: Grid,
    k: Ints,
    under: Ints,
    without: Ints,
    exempt: Ints,
    *,
    relative: bool,
    rows: Rows,
    chance: tuple[Ints, Floats] | None = None,
) -> Distribution:
    """Counts summed by position, ascending."""
    positions = np.unique(k if chance is None else np.concatenate([k, chance[0]]))
    index = np.searchsorted(positions, k)

    def total(counts: Ints) -> Ints:
        out = np.zeros(len(positions), dtype=np.int64)
        np.add.at(out, index, counts)
        return out

    expected = None
    if chance is not None:
        expected = np.zeros(len(positions))
        expected[np.searchsorted(positions, chance[0])] = chance[1]
    return Distribution(
        step=grid.step,
        k=positions.astype(np.int64),
        under=total(under),
        without=total(without),
        exempt=total(exempt),
        exact=grid.exact,
        relative=relative,
        opportunity=expected,
        rows=rows,
    )
