"""The plain next-event engine: what the language of work means.

`kernel.py` says the same, compiled; both give the same numbers to the last bit, because they add the same numbers in
the same order. A run of a task goes through `start` (it takes its units and its tools, and the length of the run is
drawn), `finish` (the work is done and held) and `put_down` (its units go into their buffers, its tools and its worker
are free). Between two moments `settle` does everything that can be done at once.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pitprop.simulate.work.network import Network
from pitprop.simulate.work.plan import Few, Plan
from pitprop.simulate.work.streams import Stream
from pitprop.simulate.work.totals import Ending, Waits

FREE, WORKING, HOLDING, CARRYING, ABSENT = range(5)
"""What a slot is doing: nothing, a run, keeping what it made, keeping a unit for its next task, being away."""
BLOCKED, STARVED, NO_TOOL, NO_ROOM, SWITCHING, REPAIR, AWAY = (int(wait) for wait in Waits)
NONE = -1
MANY = 1_000_000
"""More events than this at one moment never end."""


class Sums(NamedTuple):
    """What one replication came to; the fields are those of `Totals`, without its first axis."""

    output: int
    binned: list[int]
    done: list[int]
    lost: list[int]
    times: list[list[float]]
    area: list[float]
    start: list[int]
    put: list[int]
    taken: list[int]
    end: list[int]
    peak: list[int]
    in_use: list[float]
    age: float
    ending: int
    ended: float


class Run:
    """One replication, from the first moment to the horizon.

    Bits stand for sets: of slots in `free`, of tasks in `candidates` (those that may be startable since something
    changed), of single tools in `whole`.
    """

    # fmt: off
    __slots__ = (
        "age", "area", "at_once", "begun", "binned", "bins", "birth", "candidates", "carrying", "chances",
        "changed", "column", "counting", "doing", "done", "drawn", "ending", "events", "experience", "free",
        "held", "holding", "idle", "in_use", "just_freed", "lacks", "left", "left_changed", "level", "life",
        "lives", "lost", "output", "peak", "plan", "previous", "put", "repairing", "repairs", "reserved",
        "rested", "ring", "shared", "since", "span", "switching", "t", "taken", "task", "times", "try_putting",
        "until", "variates", "warm_up", "way", "whole", "window",
    )
    # fmt: on

    def __init__(
        self,
        plan: Plan,
        *,
        seed: int,
        replication: int,
        warm_up: float = 0.0,
        bins: int = 1,
        shared: list[list[float]] | None = None,
    ) -> None:
        self.plan, self.warm_up, self.bins, self.shared = plan, warm_up, bins, shared
        tasks, slots, buffers, tools = plan.tasks, plan.slots, plan.buffers, plan.tools
        self.span = plan.horizon - warm_up
        stream = partial(Stream, seed, replication)
        self.variates = [stream(*law).law(*law[1:]) for law in plan.drawing["time"]]
        self.chances = [stream(*law).uniform for law in plan.drawing["way"]]
        self.drawn = [0] * tasks
        self.level, self.reserved, self.changed = list(plan.start), [0] * buffers, [0.0] * buffers
        self.ring = [deque([0.0] * n if aged else ()) for n, aged in zip(plan.start, plan.aged, strict=True)]
        self.left, self.left_changed = list(plan.count), [0.0] * tools
        self.whole = [(1 << count) - 1 for count in plan.count]
        self.held: list[list[int]] = [[] for _ in range(slots)]
        self._tools(seed, replication)
        self.doing, self.task, self.way, self.previous = [FREE] * slots, [0] * slots, [0] * slots, [NONE] * slots
        self.column, self.since, self.until = [tasks + STARVED] * slots, [0.0] * slots, [0.0] * slots
        self.switching, self.repairing, self.birth = [0.0] * slots, [0.0] * slots, [0.0] * slots
        self.rested, self.idle, self.window = [0.0] * slots, [0.0] * slots, [0] * slots
        self.experience = [list(row) for row in plan.experience]
        self.lacks = [STARVED] * tasks
        self.free, self.candidates = (1 << slots) - 1, (1 << tasks) - 1
        self.holding: list[int] = []
        self.carrying: list[int] = []
        self.events: list[tuple[float, int]] = []
        self.t, self.at_once, self.counting, self.ending = 0.0, 0, warm_up <= 0, Ending.HORIZON
        self.try_putting, self.just_freed = False, plan.has_away
        self._sums()

    def _tools(self, seed: int, replication: int) -> None:
        """A tool's lives and repairs come from one stream, in the order in which they are needed."""
        plan = self.plan
        self.lives: list[Any] = [None] * plan.tools
        self.repairs: list[Any] = [None] * plan.tools
        self.life: list[list[float]] = [[] for _ in range(plan.tools)]
        for u in range(plan.tools):
            if plan.fails[u]:
                life = Stream(seed, replication, *plan.drawing["life"][u])
                self.lives[u], self.repairs[u] = life.variate, life.law(*plan.drawing["repair"][u][1:])
                self.life[u] = [plan.life_mean[u] * life.variate() for _ in range(plan.count[u])]

    def _sums(self) -> None:
        plan = self.plan
        self.output, self.age, self.binned = 0, 0.0, [0] * self.bins
        self.done, self.lost = [0] * plan.tasks, [0] * plan.tasks
        self.times = [[0.0] * (plan.tasks + len(Waits)) for _ in range(plan.slots)]
        self.area, self.in_use = [0.0] * plan.buffers, [0.0] * plan.tools
        self.put, self.taken = [0] * plan.buffers, [0] * plan.buffers
        self.begun, self.peak = list(self.level), list(self.level)

    def run(self) -> None:
        """Everything, until the time is over or nothing goes on."""
        self.settle()
        while self.advance():
            self.settle()
        self.close()

    def settle(self) -> None:
        """Do all that can be done at this moment."""
        while True:
            while self.try_putting:
                self.put_down()
            if self.just_freed:
                self.go_away()
            if self.carrying and self.carry_on():
                continue
            s, a = self.choose()
            if s != NONE:
                self.start(s, a)
            elif not (self.plan.has_loss and self.lose()):
                break
        self.tell_why_free()

    # putting down

    def put_down(self) -> None:
        """Put down what is held wherever there is room for all of it now, who is done first first."""
        self.try_putting, plan, holding, i = False, self.plan, self.holding, 0
        while i < len(holding):
            s = holding[i]
            w = self.way[s]
            puts, before, onward = plan.puts[w], plan.before[self.task[s]], plan.onward[s][w]
            if onward != NONE:
                kept, puts = puts[0], puts[1:]
            if not before and not self.room_for(puts):
                for b, _ in puts:
                    if plan.tight[b]:
                        self.candidates |= plan.takers[b]
                i += 1
                continue
            if onward != NONE and before:
                self.reserved[kept[0]] -= kept[1]
                self.candidates |= plan.makers[kept[0]]
                self.try_putting = True
            self.put_into(s, puts)
            if before:
                for b, q in puts:
                    self.reserved[b] -= q
            del holding[i]
            self.let_go(s)
            if onward != NONE:
                self.doing[s], self.task[s], self.column[s] = CARRYING, onward, plan.tasks + STARVED
                self.carrying.append(s)
            else:
                self.free_up(s)
            self.try_putting = self.try_putting or plan.has_tight

    def room_for(self, puts: Few) -> bool:
        """Whether there is room for all of that."""
        level, reserved, limit = self.level, self.reserved, self.plan.limit
        for b, q in puts:  # noqa: SIM110 (twice as fast as a generator)
            if level[b] + reserved[b] + q > limit[b]:
                return False
        return True

    def put_into(self, s: int, puts: Few, *, passing: bool = False) -> None:
        """What a slot holds is put into buffers; where it is `passing`, somebody takes it at the same moment."""
        plan, t = self.plan, self.t
        for b, q in puts:
            level = self.level[b]
            self.area[b] += level * (t - self.changed[b])
            self.changed[b] = t
            self.level[b] = level = level + q
            self.put[b] += q
            self.candidates |= plan.takers[b]
            if level > self.peak[b] and not (passing and plan.tight[b]):
                self.peak[b] = level
            if b == plan.output:
                self.output += q
                self.age += q * (t - self.birth[s])
                if self.counting:
                    self.binned[min(int((t - self.warm_up) / self.span * self.bins), self.bins - 1)] += q
            if plan.aged[b]:
                self.ring[b].extend([self.birth[s]] * q)

    def let_go(self, s: int) -> None:
        """A run is over: its tools are free, and what its slot did since is booked."""
        a, t = self.task[s], self.t
        if self.plan.holds[a]:
            for (u, q), which in zip(self.plan.holds[a], self.held[s], strict=True):
                self._tool_changes(u, q)
                self.whole[u] |= which
        self.done[a] += 1
        self.times[s][self.column[s]] += t - self.since[s]
        self.since[s] = t

    def _tool_changes(self, u: int, q: int) -> None:
        self.in_use[u] += (self.plan.count[u] - self.left[u]) * (self.t - self.left_changed[u])
        self.left_changed[u] = self.t
        self.left[u] += q
        if q > 0:
            self.candidates |= self.plan.users[u]

    def free_up(self, s: int) -> None:
        """A slot has nothing in hand any more."""
        self.doing[s], self.idle[s], self.column[s] = FREE, self.t, self.plan.tasks + STARVED
        self.free |= 1 << s
        self.candidates |= self.plan.doable[s]
        self.just_freed = self.just_freed or self.plan.has_away

    def lose(self) -> bool:
        """Units that found no room, and for which nobody made any, leave; whether there were any."""
        plan, stay = self.plan, list[int]()
        holding, self.holding = self.holding, stay
        for s in holding:
            a = self.task[s]
            if plan.loses[a]:
                self.lost[a] += sum(q for _, q in plan.puts[self.way[s]])
                self.let_go(s)
                self.free_up(s)
            else:
                stay.append(s)
        return len(stay) < len(holding)

    # who is there

    def go_away(self) -> None:
        """Whoever is free and due to be away goes."""
        self.just_freed = False
        for s in range(self.plan.slots):
            away = self.plan.away[s]
            while self.free >> s & 1 and self.window[s] < len(away) and away[self.window[s]][0] <= self.t:
                goes, back = self._leave(s)
                if back <= goes:
                    continue
                self.rested[s] = self.idle[s] = back
                if back <= self.t:
                    self._absent(s, goes, back)
                else:
                    self._absent(s, goes, goes)
                    self.doing[s], self.column[s] = ABSENT, self.plan.tasks + AWAY
                    self.free &= ~(1 << s)
                    heappush(self.events, (back, s))

    def _leave(self, s: int) -> tuple[float, float]:
        """(From when, until when) of a slot's next absence."""
        due, lasts, fixed = self.plan.away[s][self.window[s]]
        self.window[s] += 1
        goes = max(due, self.idle[s])
        return goes, (due if fixed else goes) + lasts

    def _absent(self, s: int, goes: float, back: float) -> None:
        """Book that a slot was free until it went, and away until then."""
        if goes > self.since[s]:
            self.times[s][self.column[s]] += goes - self.since[s]
            self.since[s] = goes
        if back > self.since[s]:
            self.times[s][self.plan.tasks + AWAY] += back - self.since[s]
            self.since[s] = back

    # who does what

    def carry_on(self) -> bool:
        """The first who carries a unit and has all else that the next task needs starts it; whether one did."""
        for i, s in enumerate(self.carrying):
            a = self.task[s]
            lacking = self.lacking(a, in_hand=self.plan.puts[self.way[s]][0][0])
            if lacking == NONE:
                del self.carrying[i]
                self.start(s, a, from_hand=True)
                return True
            self._turn(s, self.plan.tasks + lacking)
        return False

    def _turn(self, s: int, column: int) -> None:
        """What a slot does from now on, where that is something else."""
        if self.column[s] != column:
            self.times[s][self.column[s]] += self.t - self.since[s]
            self.since[s], self.column[s] = self.t, column

    def choose(self) -> tuple[int, int]:
        """(Slot, task) of the next start, (NONE, NONE) where there is none.

        Among those free and the tasks startable the least rank of the task in the slot's list goes first, then the
        place in the order of tasks; among slots `preferred` tells.
        """
        plan, free, looked = self.plan, self.free, self.candidates
        if not free:
            self.candidates = looked = 0
        best, chosen = MANY * MANY, (NONE, NONE)
        while looked:
            bit = looked & -looked
            looked ^= bit
            a = plan.task_of[bit]
            able = free & plan.able[a]
            if not able:
                self.candidates ^= bit
                continue
            lacking = self.lacking(a)
            if lacking != NONE:
                self.lacks[a] = lacking
                self.candidates ^= bit
                continue
            for s in plan.preferred[a]:
                if able >> s & 1:
                    break
            if plan.ordered:
                return s, a
            if plan.rank[s][a] < best:
                best, chosen = plan.rank[s][a], (s, a)
        return chosen

    def lacking(self, a: int, in_hand: int = NONE) -> int:
        """What keeps a run of a task from starting, NONE where nothing does; a unit of that buffer is in hand."""
        plan = self.plan
        for b, q in plan.takes[a]:
            if (
                self.level[b] < q
                and b != in_hand
                and not (in_hand == NONE and plan.tight[b] and self.donor(b, q) != NONE)
            ):
                return STARVED
        for u, q in plan.holds[a]:
            if self.left[u] < q:
                return NO_TOOL
        if plan.before[a] and not self.room_for(plan.all_puts[a]):
            return NO_ROOM
        return NONE

    def donor(self, b: int, wanted: int) -> int:
        """Who holds what a buffer too small for it lacks, and could pass it from hand to hand; NONE if nobody."""
        plan = self.plan
        for s in self.holding:
            if plan.before[self.task[s]] or plan.onward[s][self.way[s]] != NONE:
                continue
            reaches, fits = False, True
            for d, q in plan.puts[self.way[s]]:
                over = self.level[d] + self.reserved[d] + q
                if d == b:
                    reaches = self.level[b] + q >= wanted
                    over -= wanted
                fits = fits and over <= plan.limit[d]
            if reaches and fits:
                return s
        return NONE

    # starting

    def start(self, s: int, a: int, *, from_hand: bool = False) -> None:
        """A slot begins a run of a task."""
        if self.plan.has_tight and not from_hand:
            self.pass_on(a)
        self.birth[s] = self.take(s, a, from_hand=from_hand)
        x = self.draw(s, a)
        if self.plan.has_learning:
            if self.plan.learning[a] < 0:
                x *= max(self.plan.floor[a], (1.0 + self.experience[s][a]) ** self.plan.learning[a])
            self.experience[s][a] += 1.0
        if self.plan.fatigue[s] > 0:
            x *= 1.0 + self.plan.fatigue[s] * (self.t - self.rested[s])
        change = self.plan.setup[a] if self.previous[s] not in (NONE, a) else 0.0
        self.previous[s] = a
        repair = self.grip(s, a, x) if self.plan.holds[a] else 0.0
        self.times[s][self.column[s]] += self.t - self.since[s]
        self.since[s], self.column[s], self.doing[s], self.task[s] = self.t, a, WORKING, a
        self.switching[s], self.repairing[s] = change, repair
        self.until[s] = self.t + (change + x + repair)
        self.free &= ~(1 << s)
        heappush(self.events, (self.until[s], s))

    def pass_on(self, a: int) -> None:
        """Units for which their buffer is too small pass from the hands of those who hold them."""
        donors = [self.donor(b, q) for b, q in self.plan.takes[a] if self.level[b] < q]
        for s in donors:
            if s != NONE:
                self.put_into(s, self.plan.puts[self.way[s]], passing=True)
                self.let_go(s)
                self.holding.remove(s)
                self.free_up(s)

    def take(self, s: int, a: int, *, from_hand: bool) -> float:
        """Take what a run of a task needs out of its buffers; when the unit was born, which the first of them tells."""
        plan, t, born = self.plan, self.t, self.t
        in_hand = plan.puts[self.way[s]][0][0] if from_hand else NONE
        for place, (b, q) in enumerate(plan.takes[a]):
            if b == in_hand:
                self.put[b] += q
                self.taken[b] += q
                born = self.birth[s] if place == 0 else born
                continue
            level = self.level[b]
            self.area[b] += level * (t - self.changed[b])
            self.changed[b] = t
            self.level[b] = level - q
            self.taken[b] += q
            if plan.makers[b]:
                self.candidates |= plan.makers[b]
                self.try_putting = self.try_putting or bool(self.holding)
            if plan.aged[b]:
                if place == 0:
                    born = self.ring[b][0]
                for _ in range(q):
                    self.ring[b].popleft()
        return born

    def draw(self, s: int, a: int) -> float:
        """Time of the next run of a task at the slot's speed; its way is drawn as well, and room reserved."""
        plan, n = self.plan, self.drawn[a]
        self.drawn[a] = n + 1
        x = self.shared[a][n] if self.shared is not None else self.variates[a]() * plan.mean[a]
        w, end = plan.ways[a]
        if end - w > 1:
            chance = self.chances[a]()
            while plan.up_to[w] < chance:
                w += 1
        self.way[s] = w
        if plan.before[a]:
            for b, q in plan.puts[w]:
                self.reserved[b] += q
        return x / plan.speed[s][a]

    def grip(self, s: int, a: int, x: float) -> float:
        """Take up the tools of a run; how long their repairs last."""
        repair, self.held[s] = 0.0, []
        for u, q in self.plan.holds[a]:
            self._tool_changes(u, -q)
            which = 0
            if self.plan.fails[u]:
                for _ in range(q):
                    which |= self.whole[u] & -self.whole[u]
                    self.whole[u] &= self.whole[u] - 1
                repair += self.repairs_in(u, which, x)
            self.held[s].append(which)
        return repair

    def repairs_in(self, u: int, which: int, x: float) -> float:
        """Time of the repairs of these units of a tool while they are in use for so long."""
        repair, life = 0.0, self.life[u]
        for k in range(which.bit_length()):
            if which >> k & 1:
                life[k] -= x
                while life[k] < 0:
                    repair += self.plan.repair_mean[u] * self.repairs[u]()
                    life[k] += self.plan.life_mean[u] * self.lives[u]()
        return repair

    def tell_why_free(self) -> None:
        """Whoever is free waits for what their tasks lack: room before a tool before units."""
        plan, free = self.plan, self.free
        while free:
            bit = free & -free
            free ^= bit
            s = bit.bit_length() - 1
            why = STARVED
            for a in plan.mine[s]:
                why = max(why, self.lacks[a])
            if self.column[s] != plan.tasks + why:
                self._turn(s, plan.tasks + why)

    # time

    def advance(self) -> bool:
        """Go on to the next event; False where there is none until the horizon."""
        if not self.events:
            self.ending = Ending.DEADLOCK if self.holding or self.carrying else Ending.DRY
            return False
        when, s = self.events[0]
        if when > self.plan.horizon:
            return False
        self.at_once = 1 if when > self.t else self.at_once + 1
        if self.at_once > MANY:
            self.ending = Ending.ENDLESS
            return False
        if not self.counting and when > self.warm_up:
            self.count_from_here()
        heappop(self.events)
        self.t = when
        if self.doing[s] == ABSENT:
            self._turn(s, self.plan.tasks + STARVED)
            self.free_up(s)
        else:
            self.finish(s)
        return True

    def finish(self, s: int) -> None:
        """The work of a run is done, and held until it is put down."""
        a, row, t = self.task[s], self.times[s], self.t
        row[a] += t - self.since[s] - self.switching[s] - self.repairing[s]
        row[self.plan.tasks + SWITCHING] += self.switching[s]
        row[self.plan.tasks + REPAIR] += self.repairing[s]
        self.since[s], self.column[s], self.doing[s] = t, self.plan.tasks + BLOCKED, HOLDING
        self.holding.append(s)
        self.try_putting = True
        if self.plan.arrives[a]:
            self.birth[s] = t
        self.just_freed = self.just_freed or self.plan.has_away

    def count_from_here(self) -> None:
        """The warm-up is over: forget its sums, and what of the runs in hand lies in it."""
        self.counting, at = True, self.warm_up
        self._sums()
        self.changed, self.left_changed = [at] * self.plan.buffers, [at] * self.plan.tools
        for s in range(self.plan.slots):
            if self.doing[s] == WORKING:
                setup, _, repair = self._parts(s, at)
                self.repairing[s] -= repair
                self.switching[s] -= setup
            self.since[s] = max(self.since[s], at)

    def _parts(self, s: int, until: float) -> tuple[float, float, float]:
        """How much of a run until then was setup, work and repair, in this order."""
        gone = until - self.since[s]
        setup = min(gone, self.switching[s])
        work = min(gone - setup, max(0.0, self.until[s] - self.since[s] - self.switching[s] - self.repairing[s]))
        return setup, work, gone - setup - work

    def close(self) -> None:
        """The time is over: book what was going on."""
        plan, horizon = self.plan, self.plan.horizon
        if not self.counting:
            self.count_from_here()
        for s, row in enumerate(self.times):
            while self.doing[s] == FREE and self.window[s] < len(plan.away[s]):
                if plan.away[s][self.window[s]][0] >= horizon:
                    break
                goes, back = self._leave(s)
                back = min(back, horizon)
                if back > goes:
                    self.idle[s] = back
                    self._absent(s, goes, back)
            if self.doing[s] == WORKING:
                setup, work, repair = self._parts(s, horizon)
                row[self.task[s]] += work
                row[plan.tasks + SWITCHING] += setup
                row[plan.tasks + REPAIR] += repair
            else:
                row[self.column[s]] += horizon - self.since[s]
        for b in range(plan.buffers):
            self.area[b] += self.level[b] * (horizon - self.changed[b])
        for u in range(plan.tools):
            self.in_use[u] += (plan.count[u] - self.left[u]) * (horizon - self.left_changed[u])

    def sums(self) -> Sums:
        """What it came to."""
        return Sums(
            output=self.output,
            binned=self.binned,
            done=self.done,
            lost=self.lost,
            times=self.times,
            area=self.area,
            start=self.begun,
            put=self.put,
            taken=self.taken,
            end=self.level,
            peak=self.peak,
            in_use=self.in_use,
            age=self.age,
            ending=int(self.ending),
            ended=self.t if self.ending != Ending.HORIZON else self.plan.horizon,
        )


def simulate_plain(
    net: Network,
    *,
    seed: int,
    replication: int,
    warm_up: float = 0.0,
    bins: int = 1,
    shared: NDArray[np.float64] | None = None,
    plan: Plan | None = None,
) -> Sums:
    """What one replication comes to; the same numbers as the compiled engine gives.

    Parameters
    ----------
    shared
        (A, n) times that the n-th run of each task takes at speed 1, instead of drawn ones.
    plan
        Of the same network, where there are many replications of it.
    """
    times = None if shared is None else shared.tolist()
    run = Run(plan or Plan(net), seed=seed, replication=replication, warm_up=warm_up, bins=bins, shared=times)
    run.run()
    return run.sums()
