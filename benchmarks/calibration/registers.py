"""Registers: honest organisations with forty numbers each, ruled on like any other."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.calibration import organisation
from benchmarks.calibration.cases import TODAY
from benchmarks.calibration.grains import Grains
from benchmarks.calibration.measure import entries
from benchmarks.calibration.seeds import generator
from benchmarks.calibration.worlds import SIZES, WORLDS
from pitprop.define.metric import Metric, Register, Source, Target
from pitprop.digest.distribution import Distribution
from pitprop.examine.examine import Setting, examine
from pitprop.examine.selection import plan
from pitprop.judge.evidence import Evidence
from pitprop.judge.judge import judge
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling, Verdict

METRICS = 40
DISTORTION = ("distorted_data", "distorted_work")


class LedgerSource:
    """Answers what a source answers, from ledgers by metric name."""

    def __init__(self, grains: dict[str, Grains]) -> None:
        self.grains = grains

    def digest(self, metric: Metric, grain: Any, target: Target | None = None) -> Any:
        made = self.grains[metric.name]
        return made.get(tuple[Distribution, ...])[metric.targets.index(target)] if target else made.get(grain)

    def notes(self, metric: Metric) -> tuple[str, ...]:
        return ()


@dataclass(slots=True, kw_only=True)
class Ruled:
    """What became of honest registers."""

    registers: int = 0
    metrics: int = 0
    discarded: int = 0
    """Registers with at least one discard."""
    distorted: int = 0
    """Metrics of which a suspicion of distortion counted."""
    rulings: Counter[str] = field(default_factory=Counter)
    blamed: Counter[str] = field(default_factory=Counter)
    """Suspicions that counted, by `check: world, size`."""
    draws: list[str] = field(default_factory=list)
    """Where discards were: register and metric."""

    def __add__(self, other: Ruled) -> Ruled:
        return Ruled(
            registers=self.registers + other.registers,
            metrics=self.metrics + other.metrics,
            discarded=self.discarded + other.discarded,
            distorted=self.distorted + other.distorted,
            rulings=self.rulings + other.rulings,
            blamed=self.blamed + other.blamed,
            draws=self.draws + other.draws,
        )


def drawn(i: int) -> tuple[Register, LedgerSource, tuple[str, ...]]:
    """Register i: the first half of its metrics of the usual size, the others small; and where each comes from."""
    rng = generator("honest register", i)
    honest = [w for w in WORLDS if not w.rightly]
    grains, origins = {}, []
    for j in range(METRICS):
        world, size = honest[j % len(honest)], "usual" if j < METRICS // 2 else "small"
        ledger = organisation.draw(np.random.default_rng(rng.integers(2**63)), world, *SIZES[size])
        name = f"{world.name.replace(' ', '_')}_{j}"
        grains[name] = Grains(replace(ledger, metric=ledger.metric.model_copy(update={"name": name})))
        origins.append(f"{world.name}, {size}")
    register = Register(
        version=1,
        sources={"shifts": Source(path="shifts.csv")},
        metrics=tuple(g.ledger.metric for g in grains.values()),
    )
    return register, LedgerSource(grains), tuple(origins)


def ruled(i: int) -> Ruled:
    """The rulings on register i."""
    register, source, origins = drawn(i)
    whole = plan(register, entries())
    found, _ = examine(register, source, replace(whole, portfolio=()), Setting(today=TODAY))  # type: ignore[arg-type]
    policy = Policy.of(register.policy)
    verdicts = judge(found, policy, TODAY)
    out = Ruled(registers=1, metrics=len(verdicts))
    for verdict, origin in zip(verdicts, origins, strict=True):
        out.rulings[verdict.ruling.value] += 1
        counted = _counted(verdict, policy)
        out.distorted += any(family in DISTORTION for _, family in counted)
        out.blamed.update(f"{check}: {origin}" for check, _ in counted)
        if verdict.ruling is Ruling.DISCARD:
            out.draws.append(f"register {i}, {verdict.metric.name}")
    out.discarded = int(bool(out.rulings[Ruling.DISCARD.value]))
    return out


def _counted(verdict: Verdict, policy: Policy) -> list[tuple[str, str]]:
    """(check, family) of the suspicions that count in the ruling; governance aside."""
    evidence = Evidence(metric=verdict.metric, findings=verdict.findings, policy=policy)
    return [(f.check, f.family) for f in evidence.suspects(*DISTORTION, "noise", "worth")]


def measure(registers: int, workers: int) -> Iterator[Ruled]:
    """So many honest registers, one after the other."""
    if workers == 1:
        yield from map(ruled, range(registers))
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(ruled, range(registers))


def total(parts: Iterator[Ruled]) -> Ruled:
    """All of them together."""
    return functools.reduce(lambda a, b: a + b, parts, Ruled())
