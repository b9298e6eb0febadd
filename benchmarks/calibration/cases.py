"""Cases: what is drawn, for which checks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np

from benchmarks.calibration import organisation, values
from benchmarks.calibration.doses import LADDERS, Ladder
from benchmarks.calibration.grains import Grains
from benchmarks.calibration.seeds import generator
from benchmarks.calibration.worlds import SIZES, WORLDS, applies
from pitprop.define.metric import Metric, Register
from pitprop.digest.distribution import Distribution
from pitprop.examine.battery import Entry
from pitprop.examine.check import Brief

TODAY = date(2026, 1, 1)
ROWS = (200, 2000, 20000)
"""Rows of a distribution."""

GAMED = 0.1
"""Draws of gamed data, as a share of those of honest data."""

Kind = Literal["honest", "gamed", "dose"]
Feed = Callable[[Entry], tuple[Any, Brief]]
"""What one check is fed from one draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of data. The same draw is shown to all of its checks."""

    name: str
    """Seeds come from it: draw i of a case is the same whatever else is drawn."""
    kind: Kind
    checks: tuple[str, ...]
    draw: Callable[[np.random.Generator], Feed]
    share: float = 1.0
    """Draws, as a share of those asked for."""

    def generator(self, i: int) -> np.random.Generator:
        """The generator of draw i."""
        return generator(self.name, i)


def cases(entries: Sequence[Entry]) -> Iterator[Case]:
    """Everything that is drawn for these checks."""
    measured = [e for e in entries if e.asks not in (Metric, Register)]
    for entry in measured:
        yield from specimens(entry)
    yield from distributions(measured)
    names = tuple(e.name for e in measured)
    for world in WORLDS if names else ():
        for size in SIZES:
            if applies(world, size):
                yield Case(
                    name=f"{world.name}, {size}",
                    kind="honest",
                    checks=tuple(n for n in names if n not in world.rightly),
                    draw=functools.partial(_world, world, size),
                )
    yield from _ladders(names)


def _ladders(names: tuple[str, ...]) -> Iterator[Case]:
    for ladder in LADDERS:
        checks = tuple(n for n in ladder.checks if n in names)
        for size in ladder.sizes if checks else ():
            for dose in ladder.doses:
                yield Case(
                    name=f"{ladder.name} {dose:g}, {size}",
                    kind="dose",
                    checks=checks,
                    draw=functools.partial(_dosed, ladder, dose, size),
                    share=GAMED,
                )


def specimens(entry: Entry) -> Iterator[Case]:
    """The check's own data."""
    kinds: tuple[tuple[Kind, Any, float], ...] = (
        ("honest", entry.check.clear, 1.0),
        ("gamed", entry.check.suspect, 0.2),
    )
    for kind, found, share in kinds:
        for specimen in found:
            name = f"{entry.name}: {specimen.__name__.strip('_').replace('_', ' ')}"
            yield Case(
                name=name, kind=kind, checks=(entry.name,), draw=functools.partial(_specimen, specimen), share=share
            )


def distributions(entries: Sequence[Entry]) -> Iterator[Case]:
    """Values of rows alone, for the checks that look at nothing else."""
    pooled = tuple(e.name for e in entries if e.asks == tuple[Distribution, ...])
    plain = tuple(e.name for e in entries if e.asks is Distribution)
    for world in values.WORLDS:
        name = world.__name__.replace("_", " ")
        for n in ROWS:
            rounded = world in values.ROUNDED
            checks = (*pooled, *(c for c in plain if not (rounded and c == "heaping")))
            if checks:
                yield Case(
                    name=f"{name}, {n} rows", kind="honest", checks=checks, draw=functools.partial(_values, world, n)
                )
        if pooled or plain:
            checks = (*pooled, *(c for c in plain if c != "heaping"))
            yield Case(
                name=f"{name}, improved, 2000 rows",
                kind="honest",
                checks=checks,
                draw=functools.partial(_improved, world, 2000),
            )


def brief_for(entry: Entry, metric: Metric) -> Brief:
    """What the check is told."""
    return Brief(metric=metric, smallest_effect=entry.check.smallest_effect, today=TODAY)


def _specimen(specimen: Any, rng: np.random.Generator) -> Feed:
    grain, brief = specimen(rng)
    return lambda entry: (grain, brief)


def _world(world: organisation.Organisation, size: str, rng: np.random.Generator) -> Feed:
    grains = Grains(organisation.draw(rng, world, *SIZES[size]))
    return lambda entry: (grains.get(entry.asks), brief_for(entry, grains.ledger.metric))


def _dosed(ladder: Ladder, dose: float, size: str, rng: np.random.Generator) -> Feed:
    units, periods = SIZES[size]
    ledger = organisation.draw(rng, ladder.world, units, ladder.periods or periods)
    grains = Grains(ladder.gamed(rng, ledger, dose))
    return lambda entry: (grains.get(entry.asks), brief_for(entry, grains.ledger.metric))


def _values(world: values.World, n: int, rng: np.random.Generator) -> Feed:
    return _fed(*values.with_target(world, rng, n))


def _improved(world: values.World, n: int, rng: np.random.Generator) -> Feed:
    return _fed(*values.improved(world, rng, n))


def _fed(distribution: Distribution, metric: Metric) -> Feed:
    """The same values for a check of one distribution and for one of a distribution for each target."""

    def feed(entry: Entry) -> tuple[Any, Brief]:
        brief = brief_for(entry, metric)
        if entry.asks is Distribution:
            all_without = replace(
                distribution,
                under=np.zeros_like(distribution.under),
                without=distribution.under + distribution.without,
            )
            return all_without, brief
        return (distribution,), brief

    return feed
