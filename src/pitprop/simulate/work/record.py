"""The recorder: one replication, run by run and level by level, from which pictures and tables are drawn."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.simulate.work.loop import AWAY, NONE, SWITCHING, Run
from pitprop.simulate.work.network import Network, network
from pitprop.simulate.work.plan import Few, Plan
from pitprop.simulate.work.results import Records


class Recorder(Run):
    """A replication of which everything is kept: runs, waits, levels, units and ages."""

    def __init__(
        self, plan: Plan, *, seed: int, replication: int, limit: int, shared: list[list[float]] | None = None
    ) -> None:
        super().__init__(plan, seed=seed, replication=replication, shared=shared)
        self.most, self.units = limit, 0
        self.runs: list[list[Any]] = []
        self.current: list[list[Any]] = [[] for _ in range(plan.slots)]
        self.unit_of = [NONE] * plan.slots
        self.units_in = [deque([NONE] * n) for n in plan.start]
        self.waits: list[tuple[int, int, float, float]] = []
        self.levels: list[tuple[list[float], list[int]]] = [([0.0], [n]) for n in plan.start]
        self.ages: list[float] = []
        self.seen, self.turned = list(self.column), [0.0] * plan.slots

    def advance(self) -> bool:
        """As ever, until there are as many runs as are kept."""
        return len(self.runs) < self.most and super().advance()

    def settle(self) -> None:
        """As ever, and note what has changed."""
        super().settle()
        for s, column in enumerate(self.column):
            if column != self.seen[s]:
                self._waited(s, self.t, column)
        for (times, levels), level in zip(self.levels, self.level, strict=True):
            if level != levels[-1]:
                if times[-1] == self.t:
                    del times[-1], levels[-1]
                times.append(self.t)
                levels.append(level)

    def start(self, s: int, a: int, *, from_hand: bool = False) -> None:
        """As ever, and note the run."""
        super().start(s, a, from_hand=from_hand)
        begun = self.t + self.switching[s]
        self._waited(s, self.t, a)
        if self.switching[s]:
            self.waits.append((s, SWITCHING, self.t, begun))
        self.current[s] = [s, a, self.unit_of[s], self.t, begun, self.until[s], self.plan.horizon]
        self.runs.append(self.current[s])

    def take(self, s: int, a: int, *, from_hand: bool) -> float:
        """As ever, and note the unit: that of the first buffer, else a new one where anybody will see it again."""
        plan = self.plan
        in_hand = plan.puts[self.way[s]][0][0] if from_hand else NONE
        taken = []
        for b, q in plan.takes[a]:
            mine = [self.unit_of[s]] if b == in_hand else [self.units_in[b].popleft() for _ in range(q)]
            taken.append(mine[0])
        followed = any(plan.aged[b] or b == plan.output for b, _ in plan.all_puts[a])
        unit = taken[0] if taken else NONE
        if unit == NONE and (taken or followed):
            unit = self.units
            self.units += 1
        self.unit_of[s] = unit
        return super().take(s, a, from_hand=from_hand)

    def put_into(self, s: int, puts: Few, *, passing: bool = False) -> None:
        """As ever, and note which unit comes where."""
        super().put_into(s, puts, passing=passing)
        for b, q in puts:
            self.units_in[b].extend([self.unit_of[s]] * q)
            if b == self.plan.output:
                self.ages.extend([self.t - self.birth[s]] * q)

    def let_go(self, s: int) -> None:
        """As ever, and note when."""
        super().let_go(s)
        self.current[s][-1] = self.t

    def _absent(self, s: int, goes: float, back: float) -> None:
        super()._absent(s, goes, back)
        if back > goes:
            self._waited(s, goes, self.plan.tasks + AWAY)
            self._waited(s, back, self.column[s])
        else:
            self._waited(s, goes, self.plan.tasks + AWAY)

    def finish(self, s: int) -> None:
        """As ever, and note from when it waits."""
        super().finish(s)
        self._waited(s, self.t, self.column[s])

    def _waited(self, s: int, until: float, column: int) -> None:
        """A slot did what it did until then, and something else after."""
        kind = self.seen[s] - self.plan.tasks
        until = max(until, self.turned[s])
        if kind >= 0 and until > self.turned[s]:
            self.waits.append((s, kind, self.turned[s], until))
        self.seen[s], self.turned[s] = column, until

    def records(self, net: Network) -> Records:
        """All that was noted, cut off at the end."""
        end = self.plan.horizon if len(self.runs) < self.most else self.t
        for s, column in enumerate(self.column):
            self._waited(s, end, column)
        rows = list(zip(*self.runs, strict=True)) or [()] * 7
        whole = [np.array(row, np.int64) for row in rows[:3]]
        times = [np.minimum(np.array(row, float), end) for row in rows[3:]]
        self.waits.sort(key=lambda wait: (wait[2], wait[0]))
        return Records(
            slots=net.slots,
            tasks=net.tasks,
            buffers=net.buffers,
            worker=whole[0],
            task=whole[1],
            unit=whole[2],
            start=times[0],
            work=times[1],
            finish=times[2],
            leave=times[3],
            waits=tuple((s, kind, start, min(until, end)) for s, kind, start, until in self.waits if start < end),
            levels={
                name: (np.array(at), np.array(level, np.int64))
                for name, (at, level) in zip(net.buffers, self.levels, strict=True)
            },
            age=np.array(self.ages),
            horizon=end,
        )


def record(
    work: Work,
    *,
    seed: int = 0,
    replication: int = 0,
    limit: int = 200_000,
    shared: NDArray[np.float64] | None = None,
) -> Records:
    """One replication, run by run and level by level, from its beginning: nothing is left out as warm-up.

    Parameters
    ----------
    limit
        After so many runs the record ends; its horizon then is the time at which it does.
    shared
        As of `replicate`.
    """
    net = network(work)
    if net.brigade:
        from pitprop.simulate.work.brigade import record_brigade

        return record_brigade(net, seed=seed, replication=replication, limit=limit)
    times = None if shared is None else shared.tolist()
    run = Recorder(Plan(net), seed=seed, replication=replication, limit=limit, shared=times)
    run.run()
    return run.records(net)
