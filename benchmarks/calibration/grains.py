"""Grains straight from a ledger's rows, as the engines would answer, without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.calibration.ledger import DUE, FIRST, GROUPS, LOADS, Bools, Floats, Ints, Ledger
from pitprop.define.metric import Target
from pitprop.digest.cells import Cells
from pitprop.digest.distribution import Distribution
from pitprop.digest.grid import Grid
from pitprop.digest.opportunity import opportunity
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.profile import Profile
from pitprop.digest.rows import Rows
from pitprop.digest.scorecard import Peer, Scorecard
from pitprop.digest.strata import Strata
from pitprop.digest.tally import by_cell
from pitprop.digest.versions import Versions
from pitprop.examine.panel_specimen import measure


class Grains:
    """The grains of one ledger, each made once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._made: dict[Any, Any] = {}

    def get(self, asks: Any) -> Any:
        """What a check asks for."""
        if asks not in self._made:
            self._made[asks] = MAKERS[asks](self)
        return self._made[asks]

    @property
    def panel(self) -> Panel:
        made: Panel = self.get(Panel)
        return made


def days(ledger: Ledger) -> np.ndarray:
    """First day of each period, datetime64[D], shape (periods,)."""
    return (FIRST + np.arange(ledger.periods)).astype("datetime64[D]")


def scores(ledger: Ledger) -> Floats:
    """What the aggregation sums: of a share, whether the row meets its target."""
    if ledger.metric.agg != "share":
        return ledger.value
    target = next(t for t in ledger.metric.targets if t.on == "row")
    met = ledger.value <= float(target.value) if target.op == "lte" else ledger.value >= float(target.value)
    return met.astype(np.float64)


def sums(ledger: Ledger, cell: Ints, size: int, keep: Bools) -> Measure:
    """Sums of the rows that are kept, by cell; shape (size,)."""
    cell, x = cell[keep], scores(ledger)[keep]
    n = np.bincount(cell, minlength=size)

    def total(values: Floats) -> Floats:
        return np.bincount(cell, weights=values, minlength=size).astype(np.float64)

    w = np.ones(len(x)) if ledger.weight is None else ledger.weight[keep]
    return Measure(
        agg=ledger.metric.agg or "ratio",
        pivot=0.0,
        n=n.astype(np.int64),
        x=total(x),
        xx=total(x * x),
        w=total(w),
        ww=total(w * w),
        xw=total(x * w),
    )


def _panel(grains: Grains) -> Panel:
    return _panel_with(grains, [n for n in grains.ledger.others if n not in grains.ledger.peers])


def _panel_with(grains: Grains, names: list[str]) -> Panel:
    ledger = grains.ledger
    size = ledger.units * ledger.periods
    cell = ledger.unit * ledger.periods + ledger.period
    kept = ~ledger.excluded
    whole = sums(ledger, cell, size, kept)
    there = np.flatnonzero(whole.n > 0)
    late = np.bincount(cell[kept], weights=(np.array(LOADS)[ledger.load[kept]] > DUE), minlength=size)
    unit, period = np.divmod(there, ledger.periods)
    return Panel(
        entities=tuple(f"unit {i:04d}" for i in range(ledger.units)),
        periods=days(ledger),
        granularity="month",
        entity=unit,
        period=period,
        metric=whole.take(there),
        exempt=ledger.exempt[unit],
        target=_target(ledger)[there],
        late=late[there].astype(np.int64),
        others={name: measure(ledger.others[name]).take(there) for name in names},
        directions={name: ledger.directions[name] for name in names},
        rows=Rows(kept=int(kept.sum())),
    )


def _target(ledger: Ledger) -> Floats:
    """The target of each cell, shape (units x periods,); that of a row is not a share's."""
    cells = [t for t in ledger.metric.targets if t.on == "entity_period"]
    target = (cells or list(ledger.metric.targets))[0]
    if target.fixed is None:
        return ledger.quota.ravel()
    level = np.nan if ledger.metric.agg == "share" and target.on == "row" else target.fixed
    return np.where(np.repeat(ledger.exempt, ledger.periods), np.nan, level)


def _distributions(grains: Grains) -> tuple[Distribution, ...]:
    return tuple(_distribution(grains, target) for target in grains.ledger.metric.targets)


def _distribution(grains: Grains, target: Target) -> Distribution:
    if target.on == "row":
        return of_rows(grains.ledger, target)
    cells = Cells(panel=grains.panel, targets={str(target.value): grains.panel.target})
    return by_cell(cells, grains.ledger.metric, target)


def _all_values(grains: Grains) -> Distribution:
    return of_rows(grains.ledger, None)


def of_rows(ledger: Ledger, target: Target | None) -> Distribution:
    """How often each value occurs among the rows that count, by regime of a target that is one number."""
    kept = ~ledger.excluded
    value = ledger.value[kept]
    chance = None
    if ledger.weight is None:
        grid = Grid(step=Fraction(1, 1 if bool(np.all(value == np.floor(value))) else 100), exact=True)
        k = grid.k(value)
    else:
        grid = Grid(step=Fraction(1, 5000), exact=False)
        weight = ledger.weight[kept]
        k = grid.k(value / weight)
        pairs, number = np.unique((value * 1024 + weight).astype(np.int64), return_counts=True)
        chance = opportunity(pairs // 1024, pairs % 1024, number, grid)
    since = np.datetime64(target.since or "0001-01-01" if target else "9999-12-31", "D")
    force = days(ledger)[ledger.period[kept]] >= since
    positions = np.unique(k if chance is None else np.concatenate([k, chance[0]]))
    table = np.bincount(np.searchsorted(positions, k) * 2 + force, minlength=2 * len(positions)).reshape(-1, 2)
    expected = None
    if chance is not None:
        expected = np.zeros(len(positions))
        expected[np.searchsorted(positions, chance[0])] = chance[1]
    return Distribution(
        step=grid.step,
        k=positions,
        under=table[:, 1],
        without=table[:, 0],
        exempt=np.zeros(len(positions), dtype=np.int64),
        exact=grid.exact,
        opportunity=expected,
        rows=Rows(kept=len(k)),
    )


def _profile(grains: Grains) -> Profile:
    ledger = grains.ledger
    calendar = np.arange(days(ledger)[0], (FIRST + ledger.periods).astype("datetime64[D]"))
    kept = ~ledger.excluded & ~ledger.exempt[ledger.unit]
    place = (days(ledger)[ledger.period[kept]] - calendar[0]).astype(np.int64) + ledger.day[kept]
    x = scores(ledger)[kept]
    size = len(calendar)
    placebo = {name: _daily(calendar, n, n.astype(np.float64), n.astype(np.float64)) for name, n in ledger.calm.items()}
    return _daily(
        calendar,
        np.bincount(place, minlength=size),
        np.bincount(place, weights=x, minlength=size).astype(np.float64),
        np.bincount(place, weights=x * x, minlength=size).astype(np.float64),
        placebo,
    )


def _daily(
    calendar: np.ndarray, n: Ints, x: Floats, xx: Floats, placebo: Mapping[str, Profile] | None = None
) -> Profile:
    there = n > 0
    months = calendar.astype("datetime64[M]")
    start = months.astype("datetime64[D]")
    return Profile(
        granularity="month",
        period=start[there],
        day=(calendar - start).astype(np.int64)[there],
        length=((months + 1).astype("datetime64[D]") - start).astype(np.int64)[there],
        pivot=0.0,
        n=n[there].astype(np.int64),
        x=x[there],
        xx=xx[there],
        placebo=placebo or {},
        rows=Rows(kept=int(n.sum())),
    )


def _strata(grains: Grains) -> Strata:
    ledger = grains.ledger
    shape = (len(GROUPS), ledger.units, ledger.periods, 2)
    size = int(np.prod(shape))
    cell = np.ravel_multi_index((ledger.group, ledger.unit, ledger.period, ledger.excluded.astype(np.int64)), shape)
    whole = sums(ledger, cell, size, np.ones(len(cell), dtype=bool))
    there = np.flatnonzero(whole.n > 0)
    group, unit, period, excluded = np.unravel_index(there, shape)
    target = next((t for t in ledger.metric.targets if t.on == "row"), None)
    return Strata(
        strata=GROUPS,
        entities=tuple(f"unit {i:04d}" for i in range(ledger.units)),
        periods=days(ledger),
        granularity="month",
        stratum=group,
        entity=unit,
        period=period,
        excluded=excluded.astype(bool),
        exempt=ledger.exempt[unit],
        metric=whole.take(there),
        distribution=of_rows(ledger, target),
        mixed=True,
        rows=Rows(kept=len(cell)),
    )


def _versions(grains: Grains) -> Versions:
    """The number as it stood after each load: each adds to what was there before."""
    ledger = grains.ledger
    shape = (ledger.units, ledger.periods, len(LOADS))
    size = int(np.prod(shape))
    cell = np.ravel_multi_index((ledger.unit, ledger.period, ledger.load), shape)
    each = sums(ledger, cell, size, ~ledger.excluded)

    def so_far(values: np.ndarray) -> np.ndarray:
        return np.cumsum(values.reshape(shape), axis=2).ravel()

    grown = Measure(
        agg=each.agg,
        pivot=0.0,
        n=so_far(each.n),
        x=so_far(each.x),
        xx=so_far(each.xx),
        w=so_far(each.w),
        ww=so_far(each.ww),
        xw=so_far(each.xw),
    )
    there = np.flatnonzero(each.n > 0)
    unit, period, load = np.unravel_index(there, shape)
    ends = (FIRST + np.arange(ledger.periods) + 1).astype("datetime64[D]")
    return Versions(
        entities=tuple(f"unit {i:04d}" for i in range(ledger.units)),
        periods=days(ledger),
        granularity="month",
        entity=unit,
        period=period,
        loaded=ends[period] + np.array(LOADS)[load],
        n=each.n[there],
        value=grown.value[there],
        target=_target(ledger).reshape(ledger.units, ledger.periods)[unit, period],
        rows=Rows(kept=int(each.n.sum())),
    )


def _scorecard(grains: Grains) -> Scorecard:
    ledger = grains.ledger
    names = list(ledger.others)
    costs = {"punctuality": (500.0, 500.0), "complaints": None}
    peers = tuple(Peer(name=n, label=n.title(), cost_per_year=costs.get(n)) for n in ledger.peers)
    return Scorecard(panel=_panel_with(grains, names), peers=peers, earlier=1)


MAKERS: dict[Any, Any] = {
    Panel: _panel,
    Distribution: _all_values,
    tuple[Distribution, ...]: _distributions,
    Profile: _profile,
    Strata: _strata,
    Versions: _versions,
    Scorecard: _scorecard,
}
