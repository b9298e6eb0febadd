"""Rounds of runs, one after the other, and what a fresh process waits for."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.work.models import MODELS
from benchmarks.work.peers import PEERS
from pitprop.define.work import Work
from pitprop.simulate.work.replicate import Engine, replicate

ONE, ALL, PLAIN = "pitprop, one core", "pitprop, all cores", "pitprop, plain engine"
SHIFTS = {ONE: 1000, ALL: 2000, PLAIN: 20}
"""Shifts in a round; of SimPy and the others, see `peers`. Each takes a fraction of a second."""


@dataclass(frozen=True, slots=True)
class Run:
    """One tool in one round."""

    wall: float
    cpu: float
    shifts: int
    out: float
    """Units out in all shifts."""
    completions: float


@dataclass(slots=True)
class Case:
    """One tool on one network."""

    network: str
    tool: str
    once: Callable[[], tuple[int, float, float]]
    """Runs a round: (shifts, units out, completions)."""
    runs: list[Run] = field(default_factory=list)

    def run(self) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        shifts, out, completions = self.once()
        self.runs.append(Run(time.perf_counter() - wall, time.process_time() - cpu, shifts, out, completions))


def compiled(
    work: Work, shifts: int, threads: int | None = None, engine: Engine = "compiled"
) -> Callable[[], tuple[int, float, float]]:
    """What simulates so many shifts, other ones each time."""
    first = 0

    def once() -> tuple[int, float, float]:
        nonlocal first
        totals = replicate(work, replications=shifts, first=first, threads=threads, engine=engine)
        first += shifts
        return shifts, float(totals.output.sum()), float(totals.done.sum())

    return once


def _peer(shift: Callable[[], tuple[int, int]], shifts: int) -> Callable[[], tuple[int, float, float]]:
    def once() -> tuple[int, float, float]:
        counts = [shift() for _ in range(shifts)]
        return shifts, float(sum(out for out, _ in counts)), float(sum(done for _, done in counts))

    return once


def cases() -> list[Case]:
    """Every tool on every network that it can say."""
    found = []
    for network, make in MODELS.items():
        work = make()
        found += [
            Case(network, ONE, compiled(work, SHIFTS[ONE], 1)),
            Case(network, ALL, compiled(work, SHIFTS[ALL])),
            Case(network, PLAIN, compiled(work, SHIFTS[PLAIN], engine="python")),
        ]
        found += [Case(network, tool, _peer(shift, shifts)) for tool, (shift, shifts) in PEERS[network].items()]
    return found


def interleaved(cases: list[Case], rounds: int) -> None:
    """Runs every case once in each round; what comes first in a process is not counted."""
    for case in cases:
        case.once()
    for number in range(rounds):
        for case in cases if number % 2 else reversed(cases):
            case.run()


def middle(case: Case) -> dict[str, float]:
    """Medians over the rounds."""
    return {
        "shifts_per_second": statistics.median(r.shifts / r.wall for r in case.runs),
        "completions_per_second": statistics.median(r.completions / r.wall for r in case.runs),
        "cpu_ns_per_completion": statistics.median(1e9 * r.cpu / r.completions for r in case.runs),
        "units_per_shift": sum(r.out for r in case.runs) / sum(r.shifts for r in case.runs),
        "rounds": len(case.runs),
    }


def times(one: Case, other: Case) -> tuple[float, float]:
    """How many times as many completions a second (wall, CPU) the first does: medians of ratios within rounds."""
    pairs = list(zip(one.runs, other.runs, strict=True))
    return (
        statistics.median((a.completions / a.wall) / (b.completions / b.wall) for a, b in pairs),
        statistics.median((a.completions / a.cpu) / (b.completions / b.cpu) for a, b in pairs),
    )


def growth(works: dict[int, tuple[Work, int]], rounds: int) -> dict[int, float]:
    """CPU nanoseconds for a completion, least of the rounds, by what is varied; each with its number of shifts."""
    cases = {at: Case("", str(at), compiled(work, shifts, 1)) for at, (work, shifts) in works.items()}
    interleaved(list(cases.values()), rounds)
    return {at: min(1e9 * r.cpu / r.completions for r in case.runs) for at, case in cases.items()}


_FIRST = """
import json, os, time
begun = time.perf_counter()
from benchmarks.work import models
from pitprop.simulate.work.replicate import replicate
work = models.mine("four_roles") if {network!r} == "mine" else models.MODELS[{network!r}]()
ready = time.perf_counter()
replicate(work, replications=2, engine="compiled")
done, used = time.perf_counter(), os.times()
print(json.dumps([done - begun, done - ready, used.user + used.system]))
"""


def starts(network: str, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds until a fresh process has simulated: compiling for the first time, and with what was kept from it."""
    told: dict[str, list[list[float]]] = {"first": [], "kept": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for name in told:
                told[name].append(_fresh(network, cache))
    return {
        name: dict(zip(("wall", "simulating", "cpu"), map(statistics.median, zip(*runs, strict=True)), strict=True))
        for name, runs in told.items()
    }


def _fresh(network: str, cache: str) -> list[float]:
    command = [sys.executable, "-c", _FIRST.format(network=network)]
    environ = {**os.environ, "NUMBA_CACHE_DIR": cache}
    out = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout
    return [float(value) for value in json.loads(out)]
