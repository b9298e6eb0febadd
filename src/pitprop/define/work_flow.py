"""Whether work flows: every task can start, every unit gets somewhere, and nothing happens without end in no time."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pitprop.define.place import Path
from pitprop.define.shape import Misfit
from pitprop.define.work import Task, Way, Work

_ROUNDS = 64
"""How often a loop is gone round, twice, to see whether chance leads out of it."""


def misflows(work: Work) -> Iterator[Misfit]:
    """Tasks that never start or lead nowhere, an output that nothing reaches, stock that never moves, endless loops."""
    runs = _run_ever(work)
    if waiting := list(_never_started(work, runs)):
        yield from waiting
        return
    if not any(work.output in way.to for name in runs for way in ways(work.tasks[name])):
        yield Misfit(path=("output",), says=f"is `{work.output}`, into which no task that can ever start puts anything")
        return
    yield from _round_for_ever(work, runs)
    yield from _stuck_stock(work)
    for name in _endless(work):
        yield Misfit(path=("tasks", name, "time"), says="is 0 and nothing holds it up: it would go on without end")


def ways(task: Task) -> tuple[Way, ...]:
    """The ways in which a task ends, without those that chance never chooses."""
    return tuple(way for way in task.ways if way.share > 0) or (Way(),)


def _run_ever(work: Work) -> set[str]:
    """Tasks that can start at least once, if all goes well: limits are not looked at."""
    found: set[str] = set()
    filled: set[str] = set()

    def supplied(buffer: str, count: int) -> bool:
        return buffer in filled or work.buffers[buffer].start >= count

    while True:
        more = {
            name
            for name, task in work.tasks.items()
            if name not in found and all(supplied(b, n) for b, n in task.takes.items())
        }
        if not more:
            return found
        found |= more
        filled |= {buffer for name in more for way in ways(work.tasks[name]) for buffer in way.to}


def _never_started(work: Work, runs: set[str]) -> Iterator[Misfit]:
    filled = {buffer for task in work.tasks.values() for way in ways(task) for buffer in way.to}
    for name, task in work.tasks.items():
        for buffer, count in task.takes.items():
            start = work.buffers[buffer].start
            path: Path = ("tasks", name, "from", buffer)
            if buffer not in filled and start < count:
                has = f"has only {start} at the start" if start else "is empty at the start"
                yield Misfit(
                    path=path, says=f"takes {count} from `{buffer}`, which {has} and into which no task puts any"
                )
            elif name not in runs and not _filled_by(work, buffer, runs) and start < count:
                says = f"takes from `{buffer}`, into which only tasks put that wait for this one or never start"
                yield Misfit(path=path, says=says)


def _filled_by(work: Work, buffer: str, names: set[str]) -> bool:
    return any(buffer in way.to for name in names for way in ways(work.tasks[name]))


def _round_for_ever(work: Work, runs: set[str]) -> Iterator[Misfit]:
    """Tasks whose units go round and never come out, by the output, as scrap, as debt, or as work that is done."""
    taken = {buffer for task in work.tasks.values() for buffer in task.takes}
    ends = {work.output, *(buffer for buffer in work.buffers if buffer not in taken)}
    leads: set[str] = set()
    while True:
        onward = {buffer for name in leads for buffer in work.tasks[name].takes}
        more = {
            name
            for name, task in work.tasks.items()
            if name not in leads and any(not way.to or (ends | onward) & set(way.to) for way in ways(task))
        }
        if not more:
            break
        leads |= more
    for name in work.tasks:
        if name in runs and name not in leads:
            says = "puts its units where they only come back to it; no way leads out"
            yield Misfit(path=("tasks", name, "to"), says=says)


def _stuck_stock(work: Work) -> Iterator[Misfit]:
    taken = {buffer for task in work.tasks.values() for buffer in task.takes}
    for name, buffer in work.buffers.items():
        if buffer.start and name not in taken:
            says = f"is {buffer.start}, and no task takes from this buffer: they would lie there to the end"
            yield Misfit(path=("buffers", name, "start"), says=says)


def _endless(work: Work) -> list[str]:
    """Tasks without duration that could follow each other without end."""
    quick = {name for name, task in work.tasks.items() if task.time.average == 0 and not task.setup}
    while True:
        fed = {buffer for name in quick for way in ways(work.tasks[name]) for buffer in way.to}
        drained = {buffer for name in quick for buffer in work.tasks[name].takes}
        held_up = {
            name
            for name in quick
            if not fed.issuperset(work.tasks[name].takes)
            or any(_fills(work, name, buffer, drained) for way in ways(work.tasks[name]) for buffer in way.to)
        }
        if not held_up:
            break
        quick -= held_up
    sources = [name for name in quick if not work.tasks[name].takes]
    return sources or _without_exit(work, quick)


def _fills(work: Work, name: str, buffer: str, drained: set[str]) -> bool:
    return work.buffers[buffer].limit < inf and buffer not in drained and work.tasks[name].when_full == "wait"


def _without_exit(work: Work, quick: set[str]) -> list[str]:
    """Of loops without duration, those that chance does not lead out of: runs caused by runs do not die out."""
    causes = {name: _caused(work, name, quick) for name in quick}
    runs = before = dict.fromkeys(quick, 1.0)
    for step in range(2 * _ROUNDS):
        following = dict.fromkeys(quick, 0.0)
        for name, caused in causes.items():
            for other, count in caused.items():
                following[other] += min(runs[name] * count, 1e9)
        runs = following
        before = runs if step + 1 == _ROUNDS else before
    return [name for name in work.tasks if name in quick and runs[name] > before[name] * (1 - 1e-6) > 0]


def _caused(work: Work, name: str, quick: set[str]) -> dict[str, float]:
    """How many runs of others one run of a task supplies, on average."""
    caused: dict[str, float] = {}
    for way in ways(work.tasks[name]):
        for other in quick:
            for buffer in work.tasks[other].takes.keys() & way.to.keys():
                share = way.share * way.to[buffer] / work.tasks[other].takes[buffer]
                caused[other] = caused.get(other, 0.0) + share
    return caused
