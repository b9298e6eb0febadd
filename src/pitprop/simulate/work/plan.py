"""One way of working as plain lists, made once and read by every replication of the plain engine."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pitprop.simulate.work.network import Arrays, Network

Few = tuple[tuple[int, int], ...]
"""(buffer or tool, how many) of what a run takes, puts down or holds."""


class Plan:
    """A network as plain lists, made once and read by every replication."""

    def __init__(self, net: Network) -> None:
        a = net.arrays
        self.horizon = net.horizon
        self.tasks, self.slots, self.buffers, self.tools = len(a.mean), len(a.speed), len(a.limit), len(a.tools)
        self.takes = _few(a.in_at, a.in_buffer, a.in_count)
        self.puts = _few(a.out_at, a.out_buffer, a.out_count)
        self.holds = _few(a.tool_at, a.tool, a.tool_count)
        self.ways = list(pairwise(a.way_at.tolist()))
        self.all_puts = [tuple(p for w in range(*ways) for p in self.puts[w]) for ways in self.ways]
        self.up_to: list[float] = a.way_up_to.tolist()
        for name in ("mean", "before", "loses", "arrives", "setup", "learning", "floor", "speed", "rank", "onward"):
            setattr(self, name, getattr(a, name).tolist())
        for name in ("experience", "fatigue", "limit", "start", "tight", "aged", "fails", "life_mean", "repair_mean"):
            setattr(self, name, getattr(a, name).tolist())
        self.count: list[int] = a.tools.tolist()
        self.ordered, self.output = bool(a.ordered), int(a.output)
        self.task_of = {1 << bit: task for bit, task in enumerate(a.task_of_bit.tolist())}
        self.preferred = [[s for s in row if s >= 0] for row in a.preferred.tolist()]
        away = list(zip(a.away_from.tolist(), a.away_for.tolist(), a.away_fixed.tolist(), strict=True))
        self.away = [away[low:high] for low, high in pairwise(a.away_at)]
        self.drawing = _drawing(a)
        self.mine = [[task for task in range(self.tasks) if row[task] > 0] for row in self.speed]
        self._changes(a.bit.tolist())
        self.has_away = len(a.away_at) > 0 and a.away_at[-1] > 0
        self.has_loss, self.has_tight = bool(a.loses.any()), bool(a.tight.any())
        self.has_fatigue, self.has_learning = bool((a.fatigue > 0).any()), bool((a.learning < 0).any())
        self.has_setup = bool((a.setup > 0).any())

    mean: list[float]
    before: list[bool]
    loses: list[bool]
    arrives: list[bool]
    setup: list[float]
    learning: list[float]
    floor: list[float]
    speed: list[list[float]]
    rank: list[list[int]]
    onward: list[list[int]]
    experience: list[list[float]]
    fatigue: list[float]
    limit: list[int]
    start: list[int]
    tight: list[bool]
    aged: list[bool]
    fails: list[bool]
    life_mean: list[float]
    repair_mean: list[float]

    def _changes(self, bit: list[int]) -> None:
        """Which tasks may have become startable, as sets of bits, when something changes."""
        self.takers, self.makers, self.users = [0] * self.buffers, [0] * self.buffers, [0] * self.tools
        self.able, self.doable = [0] * self.tasks, [0] * self.slots
        for a in range(self.tasks):
            for b, _ in self.takes[a]:
                self.takers[b] |= 1 << bit[a]
            for b, _ in self.all_puts[a]:
                self.makers[b] |= 1 << bit[a]
            for u, _ in self.holds[a]:
                self.users[u] |= 1 << bit[a]
            for s in range(self.slots):
                if self.speed[s][a] > 0:
                    self.able[a] |= 1 << s
                    self.doable[s] |= 1 << bit[a]


def _few(at: Any, index: Any, count: Any) -> list[Few]:
    pairs = list(zip(index.tolist(), count.tolist(), strict=True))
    return [tuple(pairs[low:high]) for low, high in pairwise(at)]


def _drawing(a: Arrays) -> dict[str, list[tuple[Any, ...]]]:
    """What the streams of times, lives and repairs are made from, after seed and replication."""

    def laws(keys: Any, kind: Any, one: Any, two: Any, at: Any, values: Any) -> list[tuple[Any, ...]]:
        rows = [tuple(values[low:high].tolist()) for low, high in pairwise(at)]
        return list(zip(keys.tolist(), kind.tolist(), one.tolist(), two.tolist(), rows, strict=True))

    return {
        "time": laws(a.stream, a.kind, a.one, a.two, a.values_at, a.values),
        "way": [(key,) for key in a.way_stream.tolist()],
        "life": laws(a.tool_stream, a.life_kind, a.life_one, a.life_two, a.life_values_at, a.life_values),
        "repair": laws(a.tool_stream, a.repair_kind, a.repair_one, a.repair_two, a.repair_values_at, a.repair_values),
    }
