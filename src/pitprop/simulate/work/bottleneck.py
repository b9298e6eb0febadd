"""Bottleneck: what holds the output down, shown by what one more of everything would yield.

One more of each kind of worker (alone, and with the tools that they need), of each tool, one more place in each buffer
with a limit, and one more run at once of each automatic task that takes from a buffer: each simulated on the random
numbers of the main run and set against it replication by replication. Being busy is not the evidence: who is always at
work need not be what is short.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from pitprop.define.work import Work
from pitprop.simulate.work.intervals import over_replications
from pitprop.simulate.work.network import Network, network
from pitprop.simulate.work.people import alike, crewed, people
from pitprop.simulate.work.results import Bottleneck, Estimate, OneMore
from pitprop.simulate.work.totals import Totals, Waits
from pitprop.simulate.work.trials import Trials

Floats = NDArray[np.float64]
Said = TypeVar("Said", bound=BaseModel)

STANDS_OUT = 0.01
"""Least added output, as a share of the output, at which something is called the bottleneck."""
NEARLY = 0.9
"""Share of the gain of two things together at which one of them alone will do."""
SLOTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    kind: str
    name: str
    work: Work
    """With one more of it."""
    busy: float
    """Share of the time that what there is of it is in use."""
    tools: tuple[str, ...] = ()
    """Of which there is also one more."""

    @property
    def called(self) -> str:
        """Its name, with the tools that come with it."""
        return f"{self.name} with {' and '.join(self.tools)}" if self.tools else self.name


def bottleneck(work: Work, *, trials: Trials, replications: int) -> Bottleneck:
    """What holds the output of one way of working down."""
    totals = trials.totals(work, replications)
    output = trials.output(work, replications)
    tried = _candidates(work, totals)
    gains = [over_replications(trials.output(one.work, replications) - output) for one in tried]
    order = sorted(_needed(tried, gains), key=lambda i: (-gains[i].mean, i))
    more = tuple(OneMore(of=_of(tried[i]), kind=tried[i].kind, gain=gains[i]) for i in order)
    least = STANDS_OUT * float(output.mean())
    first = next((i for i in order[:1] if gains[i].mean > least and not gains[i].low <= 0), None)
    rest = more if first is None else more[1:]
    says = _nothing(work, rest) if first is None else _says(tried[first], more[0].gain, rest, work)
    return Bottleneck(name="" if first is None else more[0].of, says=says, one_more=more)


def _candidates(work: Work, totals: Totals) -> list[_Candidate]:
    net = network(work)
    room = len(net.slots) < SLOTS
    found = [*_workers(work, net, totals), *_automatic(work, net, totals)] if room else []
    return [*found, *_tools(work, net, totals), *_places(work, net, totals)]


def _needed(tried: list[_Candidate], gains: list[Estimate]) -> list[int]:
    """Which candidates to tell: somebody with tools only where neither alone would do nearly as well."""
    found = []
    for i, one in enumerate(tried):
        rivals = [
            gains[j].mean
            for j, other in enumerate(tried)
            if not other.tools
            and ((other.kind, other.name) == (one.kind, one.name) or (other.kind == "tool" and other.name in one.tools))
        ]
        if not one.tools or gains[i].mean * NEARLY > max(rivals):
            found.append(i)
    return found


def _workers(work: Work, net: Network, totals: Totals) -> Iterator[_Candidate]:
    crew, at_work = people(work), _at_work(net, totals)
    for first, names in alike(crew).items():
        busy = float(np.mean([at_work[net.slots.index(name)] for name in names]))
        more = crewed(work, {**crew, _new_name(crew, first): crew[first]})
        tools = {tool for task in crew[first].tasks for tool in work.tasks[task].tools}
        yield from _with_tools(_Candidate(kind="worker", name=_kind(names), work=more, busy=busy), tools)


def _automatic(work: Work, net: Network, totals: Totals) -> Iterator[_Candidate]:
    at_work = _at_work(net, totals)
    for name, task in work.tasks.items():
        if task.automatic and task.takes:
            runs = [s for s in range(net.heads, len(net.slots)) if net.arrays.speed[s, net.tasks.index(name)] > 0]
            more = work.model_copy(update={"tasks": {**work.tasks, name: _one_more(task, "parallel")}})
            busy = float(at_work[runs].mean())
            yield from _with_tools(_Candidate(kind="automatic", name=name, work=more, busy=busy), set(task.tools))


def _tools(work: Work, net: Network, totals: Totals) -> Iterator[_Candidate]:
    for name, tool in work.tools.items():
        busy = float(totals.in_use[:, net.tools.index(name)].mean()) / (tool.count * totals.span)
        yield _Candidate(kind="tool", name=name, work=_more_tools(work, {name}), busy=busy)


def _places(work: Work, net: Network, totals: Totals) -> Iterator[_Candidate]:
    for name, buffer in work.buffers.items():
        if np.isfinite(buffer.limit):
            level = float(totals.area[:, net.buffers.index(name)].mean()) / totals.span
            busy = level / buffer.limit if buffer.limit else float("nan")
            more = work.model_copy(update={"buffers": {**work.buffers, name: _one_more(buffer, "limit")}})
            yield _Candidate(kind="buffer", name=name, work=more, busy=busy)


def _with_tools(one: _Candidate, tools: set[str]) -> Iterator[_Candidate]:
    """One more of somebody, and where they need tools also with one more of each of these."""
    yield one
    if tools:
        named = [name for name in one.work.tools if name in tools]
        yield replace(one, work=_more_tools(one.work, tools), tools=tuple(named))


def _more_tools(work: Work, names: set[str]) -> Work:
    more = {name: _one_more(tool, "count") if name in names else tool for name, tool in work.tools.items()}
    return work.model_copy(update={"tools": more})


def _one_more(said: Said, field: str) -> Said:
    return said.model_copy(update={field: getattr(said, field) + 1})


def _at_work(net: Network, totals: Totals) -> Floats:
    """Share of the time that each slot is at work, switching and waiting for repair included, shape (S,)."""
    tasks = len(net.tasks)
    share = totals.times.mean(axis=0) / totals.span
    out: Floats = share[:, :tasks].sum(axis=1) + share[:, tasks + Waits.SWITCHING] + share[:, tasks + Waits.REPAIR]
    return out


def _kind(names: tuple[str, ...]) -> str:
    """What people who differ in nothing but their names are called."""
    stems = {name.rstrip("0123456789").rstrip("_") for name in names}
    return stems.pop() if len(stems) == 1 and len(names) > 1 else names[0]


def _new_name(taken: Collection[str], name: str) -> str:
    new = f"{name}_more"
    while new in taken:
        new += "_more"
    return new


def _of(one: _Candidate) -> str:
    article = {"worker": "worker", "tool": "tool", "buffer": "room in", "automatic": "run of"}[one.kind]
    return f"{article} {one.called}"


def _more_of(one: OneMore) -> str:
    return f"one more place in {one.of.removeprefix('room in ')}" if one.kind == "buffer" else f"one more {one.of}"


def _says(one: _Candidate, gain: Estimate, rest: tuple[OneMore, ...], work: Work) -> str:
    what = {
        "worker": f"One more worker ({one.called})",
        "tool": f"One more {one.name} (tool)",
        "buffer": f"One more place in {one.name}",
        "automatic": f"One more run of {one.called} at once",
    }[one.kind]
    use = {
        "worker": f"{one.name} is at work {one.busy:.0%} of the time",
        "tool": f"{one.name} is in use {one.busy:.0%} of the time",
        "buffer": f"it is {one.busy:.0%} full on average" if np.isfinite(one.busy) else "it holds nothing now",
        "automatic": f"{one.name} is under way {one.busy:.0%} of the time",
    }[one.kind]
    around = f" ({_amount(gain.low)} to {_amount(gain.high)})" if np.isfinite(gain.low) else ""
    text = f"{what} would add {_amount(gain.mean)} {work.unit} per shift{around}; {use}."
    if rest:
        text += f" Of everything else the most is {_amount(max(rest[0].gain.mean, 0.0))}, from {_more_of(rest[0])}."
    return text


def _nothing(work: Work, more: tuple[OneMore, ...]) -> str:
    sources = [name for name, task in work.tasks.items() if task.automatic and not task.takes]
    follows = f" The output follows what {' and '.join(sources)} brings in." if sources else ""
    if not more:
        return f"There is nothing of which one more could be had.{follows}"
    most = _amount(max(more[0].gain.mean, 0.0))
    text = f"Nothing stands out: one more of anything adds at most {most} {work.unit} per shift"
    return f"{text} ({_more_of(more[0])}).{follows}"


def _amount(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
