"""Measuring: a case's draws shown to its checks, and what they said."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import sqrt

import pitprop.examine
from benchmarks.calibration.cases import Case, cases
from pitprop.examine.battery import Entry, entry
from pitprop.examine.check import Check
from pitprop.examine.examine import _undeclared
from pitprop.examine.finding import Finding, State

BATCH = 50
"""Draws of one job; results do not depend on it."""
KEPT = 5
"""Alarms of which the draw is kept, so that they can be looked at again."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one check said of one case."""

    check: str
    data: str
    kind: str
    draws: int = 0
    states: Counter[str] = field(default_factory=Counter)
    alarms: list[int] = field(default_factory=list)
    """The first draws on which it said SUSPECT."""
    crashes: list[str] = field(default_factory=list)
    """The first exceptions, with their draw: a crash is counted with what could not be answered."""
    seconds: float = 0.0

    @property
    def suspect(self) -> float:
        """Share of the draws on which it said SUSPECT."""
        return self.states["suspect"] / max(self.draws, 1)

    @property
    def interval(self) -> tuple[float, float]:
        """95% Monte Carlo interval of that share."""
        return wilson(self.states["suspect"], self.draws)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            check=self.check,
            data=self.data,
            kind=self.kind,
            draws=self.draws + other.draws,
            states=self.states + other.states,
            alarms=sorted([*self.alarms, *other.alarms])[:KEPT],
            crashes=sorted([*self.crashes, *other.crashes])[:KEPT],
            seconds=self.seconds + other.seconds,
        )


def wilson(count: int, n: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z, p = 1.959964, count / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All checks that can be loaded; one that cannot is told on stderr and left out."""
    found = []
    for family in pkgutil.iter_modules(pitprop.examine.__path__):
        if not family.ispkg:
            continue
        folder = importlib.import_module(f"pitprop.examine.{family.name}")
        for module in pkgutil.iter_modules(folder.__path__):
            try:
                loaded = importlib.import_module(f"{folder.__name__}.{module.name}")
                check = getattr(loaded, "CHECK", None)
                if isinstance(check, Check):
                    found.append(entry(check, name=module.name, family=family.name, page=loaded.__doc__ or ""))
            except Exception as error:
                print(f"{family.name}/{module.name} is left out: {type(error).__name__}: {error}", file=sys.stderr)
    return tuple(sorted(found, key=lambda e: (e.check.code, e.name)))


@functools.cache
def _by_name() -> dict[str, Entry]:
    return {e.name: e for e in entries()}


@functools.cache
def _cases() -> dict[str, Case]:
    return {c.name: c for c in cases(entries())}


def matching(data: str) -> list[Case]:
    """The case of this name; where there is none, all with it in their name."""
    found = _cases()
    return [found[data]] if data in found else [c for c in found.values() if data in c.name]


def answer(case: Case, i: int, names: Sequence[str]) -> Iterator[tuple[str, Finding, float]]:
    """(check, finding, seconds) of each check on draw i of a case, as `examine` would ask it."""
    feed = case.draw(case.generator(i))
    for name in names:
        found = _by_name()[name]
        grain, brief = feed(found)
        lacking = [need for need in found.check.needs if not getattr(brief.metric, need)]
        began = time.perf_counter()
        try:
            finding = _undeclared(lacking) if lacking else found.check.run(grain, brief)
        except Exception as error:
            told = f"draw {i}: {type(error).__name__}: {error}"
            finding = Finding(state=State.NOT_APPLICABLE, says="", data={"crashed": told})
        yield name, finding, time.perf_counter() - began


Job = tuple[str, int, int, tuple[str, ...]]
"""(case, first draw, one after the last, checks)."""


def batch(job: Job) -> list[Tally]:
    """Draws start to stop of a case, told by check."""
    data, start, stop, names = job
    case = _cases()[data]
    out = {name: Tally(check=name, data=data, kind=case.kind) for name in names}
    for i in range(start, stop):
        for name, finding, seconds in answer(case, i, names):
            mine = out[name]
            mine.draws += 1
            mine.states[finding.state.value] += 1
            mine.seconds += seconds
            if finding.state is State.SUSPECT and len(mine.alarms) < KEPT:
                mine.alarms.append(i)
            if "crashed" in finding.data and len(mine.crashes) < KEPT:
                mine.crashes.append(str(finding.data["crashed"]))
    return list(out.values())


SETTLED = 0.02
"""Alarms in the first draws up to which a case is settled: of 400 draws at most 8. A check that is really wrong in
6.3% of draws gets away with that once in ten thousand cases."""


def measure(
    draws: int, *, checks: Sequence[str] = (), data: str = "", workers: int = 1, settle: int = 0
) -> Iterator[list[Tally]]:
    """What the checks said, one case after the other; the same whatever the number of workers.

    Parameters
    ----------
    draws : of each honest case; gamed cases take a share of them, at least 100 (or all that is asked for)
    checks : names; none for all
    data : only the case of this name, or else those with it in their name
    settle : stop after so many draws of an honest case where at most SETTLED of them gave an alarm; 0: draw them all
    """
    chosen = []
    for case in matching(data):
        names = tuple(n for n in case.checks if not checks or n in checks)
        if names:
            size = max(round(draws * case.share), min(draws, 100))
            first = min(settle or size, size) if case.kind == "honest" else size
            chosen.append((case.name, names, first, size))
    sizes = {name: size for name, _, _, size in chosen}
    unsettled: dict[str, dict[str, Tally]] = {}
    with _mapped(workers) as mapped:
        for tallies in _drawn([(name, names, 0, first) for name, names, first, _ in chosen], mapped):
            open_ = [t for t in tallies if t.draws < sizes[t.data] and t.suspect > SETTLED]
            unsettled |= {open_[0].data: {t.check: t for t in open_}} if open_ else {}
            yield [t for t in tallies if t not in open_]
        rest = [(name, tuple(unsettled[name]), first, size) for name, _, first, size in chosen if name in unsettled]
        for tallies in _drawn(rest, mapped):
            yield [unsettled[t.data][t.check] + t for t in tallies]


@contextmanager
def _mapped(workers: int) -> Iterator[Callable[[Sequence[Job]], Iterator[list[Tally]]]]:
    if workers == 1:
        yield lambda jobs: map(batch, jobs)
        return
    pool = ProcessPoolExecutor(workers)
    try:
        yield lambda jobs: pool.map(batch, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _drawn(
    wanted: Sequence[tuple[str, tuple[str, ...], int, int]],
    mapped: Callable[[Sequence[Job]], Iterator[list[Tally]]],
) -> Iterator[list[Tally]]:
    """(case, checks, first draw, last) in batches, told case by case."""
    jobs = [
        (name, start, min(start + BATCH, stop), names)
        for name, names, begin, stop in wanted
        for start in range(begin, stop, BATCH)
    ]
    ends = {name: stop for name, _, _, stop in wanted}
    together: dict[str, Tally] = {}
    for job, tallies in zip(jobs, mapped(jobs), strict=True):
        for tally in tallies:
            together[tally.check] = together[tally.check] + tally if tally.check in together else tally
        if job[2] == ends[job[0]]:
            yield list(together.values())
            together = {}
