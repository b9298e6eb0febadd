"""The same networks in the way of other packages: each function runs one shift and counts services.

Returned is (units out, services that ended). The fastest way that was found of writing each is used: SimPy with one
process for each station, and also, as textbooks have it, with one for each unit. Ciw knows neither a unit of support
that is good for eight others nor people who choose among tasks, so that it runs the line alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from random import expovariate, randrange
from typing import Any

from benchmarks.work.models import (
    CREW_MEANS,
    CREW_SIZE,
    CREW_TOOLS,
    LINE_LIMITS,
    LINE_MEANS,
    PIT_MEANS,
    SHIFT,
    UNPRACTISED,
)

Counts = tuple[int, int]
Process = Generator[Any, Any, Any]
_Flow = tuple[int | None, int | None, int]
LAST = len(LINE_MEANS) - 1
CREW_TAKES: tuple[tuple[tuple[int, int], ...], ...] = ((), ((0, 1),), ((1, 1),), ((2, 1),))
CREW_PUTS: tuple[tuple[tuple[int, int], ...], ...] = (((0, 8),), ((1, 1),), ((2, 1),), ((3, 1),))


def simpy_line() -> Counts:
    import simpy

    env = simpy.Environment()
    stores = [simpy.Store(env, limit) for limit in LINE_LIMITS]
    done = [0] * len(LINE_MEANS)

    def station(k: int, rate: float) -> Process:
        while True:
            if k:
                yield stores[k - 1].get()
            yield env.timeout(expovariate(rate))
            done[k] += 1
            if k < LAST:
                yield stores[k].put(1)

    for k, mean in enumerate(LINE_MEANS):
        env.process(station(k, 1 / mean))
    env.run(until=SHIFT)
    return done[LAST], sum(done)


def simpy_line_by_unit() -> Counts:
    import simpy

    env = simpy.Environment()
    servers = [simpy.Resource(env, 1) for _ in LINE_MEANS]
    places = [simpy.Resource(env, limit) for limit in LINE_LIMITS]
    done = [0] * len(LINE_MEANS)

    def unit() -> Process:
        served = servers[0].request()
        yield served
        for k, mean in enumerate(LINE_MEANS):
            if k:
                place = places[k - 1].request()
                yield place
                servers[k - 1].release(served)
                if k == 1:
                    env.process(unit())
                served = servers[k].request()
                yield served
                places[k - 1].release(place)
            yield env.timeout(expovariate(1 / mean))
            done[k] += 1
        servers[LAST].release(served)

    env.process(unit())
    env.run(until=SHIFT)
    return done[LAST], sum(done)


def simpy_pit() -> Counts:
    import simpy

    env = simpy.Environment()
    safe, face, cart = simpy.Container(env, 8, 8), simpy.Container(env, 5), simpy.Container(env, 3)
    done = [0] * 4

    def worker(k: int, takes: Any, puts: Any, amount: int) -> Process:
        rate = 1 / PIT_MEANS[k]
        while True:
            if takes is not None:
                yield takes.get(1)
            yield env.timeout(expovariate(rate))
            done[k] += 1
            if puts is not None:
                yield puts.put(amount)

    for k, (takes, puts, amount) in enumerate([(None, safe, 8), (safe, face, 1), (face, cart, 1), (cart, None, 1)]):
        env.process(worker(k, takes, puts, amount))
    env.run(until=SHIFT)
    return done[3], sum(done)


class _Crew:
    """Who does what next: the last task that can be begun, by the fastest who is free. `begin` starts a job."""

    def __init__(self, begin: Callable[[int, int, float], object]) -> None:
        self.begin = begin
        self.level, self.promised, self.limit = [8, 0, 0, 0], [0] * 4, [8, 5, 3, 1 << 60]
        self.tools, self.free = [99, *CREW_TOOLS], set(range(CREW_SIZE))
        self.speed = [[1.0 if w % 4 == a else UNPRACTISED for a in range(4)] for w in range(CREW_SIZE)]
        self.rate = [1 / mean for mean in CREW_MEANS]
        self.done = [0] * 4

    def dispatch(self) -> None:
        level, promised, limit, tools, free = self.level, self.promised, self.limit, self.tools, self.free
        for a in (3, 2, 1, 0):
            while (
                free
                and tools[a]
                and all(level[b] >= q for b, q in CREW_TAKES[a])
                and all(level[b] + promised[b] + q <= limit[b] for b, q in CREW_PUTS[a])
            ):
                w = max(free, key=lambda w, a=a: (self.speed[w][a], -w))  # type: ignore[misc]
                for b, q in CREW_TAKES[a]:
                    level[b] -= q
                for b, q in CREW_PUTS[a]:
                    promised[b] += q
                tools[a] -= 1
                free.discard(w)
                self.begin(w, a, expovariate(self.rate[a]) / self.speed[w][a])

    def end(self, w: int, a: int) -> None:
        for b, q in CREW_PUTS[a]:
            self.level[b] += q
            self.promised[b] -= q
        self.tools[a] += 1
        self.free.add(w)
        self.done[a] += 1
        self.dispatch()


def simpy_crew() -> Counts:
    import simpy

    env = simpy.Environment()

    def job(w: int, a: int, lasts: float) -> Process:
        yield env.timeout(lasts)
        people.end(w, a)

    people = _Crew(lambda w, a, lasts: env.process(job(w, a, lasts)))
    people.dispatch()
    env.run(until=SHIFT)
    return people.done[3], sum(people.done)


def ciw_line() -> Counts:
    import ciw

    k = len(LINE_MEANS)
    # closed, with more units than it holds, so that the first station never starves
    net = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([0.0001, float("inf")]), *[None] * (k - 1)],
        batching_distributions=[ciw.dists.Deterministic(16), *[ciw.dists.Deterministic(1)] * (k - 1)],
        service_distributions=[ciw.dists.Exponential(1 / mean) for mean in LINE_MEANS],
        number_of_servers=[1] * k,
        queue_capacities=[float("inf"), *LINE_LIMITS],
        routing=[[float(j == (i + 1) % k) for j in range(k)] for i in range(k)],
    )
    ciw.seed(randrange(1 << 30))
    simulation = ciw.Simulation(net)
    simulation.simulate_until_max_time(SHIFT)
    records = simulation.get_all_records()
    return sum(one.node == k for one in records), len(records)


def _salabim() -> tuple[Any, Any]:
    import salabim

    salabim.yieldless(False)
    # no seed of its own, or every shift would be the same
    return salabim, salabim.Environment(trace=False, random_seed="")


def _salabim_workers(means: tuple[float, ...], rooms: list[tuple[int, int]], flows: list[_Flow]) -> Counts:
    """Workers between buffers; a buffer is a resource whose quantity left over is what lies in it.

    Stores of units would take more than twice as long.

    Parameters
    ----------
    rooms
        (limit, units at the beginning) of each buffer.
    flows
        (buffer taken from, buffer put into, how many) of each worker.
    """
    sim, env = _salabim()
    buffers = [
        sim.Resource(capacity=limit, initial_claimed_quantity=limit - start, anonymous=True, monitor=False)
        for limit, start in rooms
    ]
    done = [0] * len(means)

    class Worker(sim.Component):  # type: ignore[misc, name-defined]
        def setup(self, k: int) -> None:
            self.k = k

        def process(self) -> Process:
            takes, puts, amount = flows[self.k]
            rate = 1 / means[self.k]
            while True:
                if takes is not None:
                    yield self.get((buffers[takes], 1))
                yield self.hold(expovariate(rate))
                done[self.k] += 1
                if puts is not None:
                    yield self.put((buffers[puts], amount))

    for k in range(len(means)):
        Worker(k=k)
    env.run(till=SHIFT)
    return done[-1], sum(done)


def salabim_line() -> Counts:
    flows: list[_Flow] = [(k - 1 if k else None, k if k < LAST else None, 1) for k in range(LAST + 1)]
    return _salabim_workers(LINE_MEANS, [(limit, 0) for limit in LINE_LIMITS], flows)


def salabim_pit() -> Counts:
    return _salabim_workers(PIT_MEANS, [(8, 8), (5, 0), (3, 0)], [(None, 0, 8), (0, 1, 1), (1, 2, 1), (2, None, 1)])


def salabim_crew() -> Counts:
    sim, env = _salabim()

    class Person(sim.Component):  # type: ignore[misc, name-defined]
        def setup(self, w: int) -> None:
            self.w, self.a, self.lasts = w, 0, -1.0

        def process(self) -> Process:
            while True:
                while self.lasts < 0:
                    yield self.passivate()
                lasts, self.lasts = self.lasts, -1.0
                yield self.hold(lasts)
                people.end(self.w, self.a)

    def begin(w: int, a: int, lasts: float) -> None:
        persons[w].a, persons[w].lasts = a, lasts
        if persons[w].ispassive():
            persons[w].activate()

    persons = [Person(w=w) for w in range(CREW_SIZE)]
    people = _Crew(begin)
    people.dispatch()
    env.run(till=SHIFT)
    return people.done[3], sum(people.done)


def by_hand_line() -> Counts:
    """A loop over a heap, for this one line and no other."""
    rate = [1 / mean for mean in LINE_MEANS]
    heap = [(expovariate(rate[0]), 0)]
    level, busy, blocked = [0] * LAST, [True] + [False] * LAST, [False] * (LAST + 1)
    out = done = 0
    while True:
        now, k = heappop(heap)
        if now > SHIFT:
            return out, done
        done += 1
        busy[k], blocked[k] = False, True
        if k == LAST:
            out += 1
            blocked[k] = False
        changed = True
        while changed:
            changed = False
            for k in range(LAST, -1, -1):
                if blocked[k] and level[k] < LINE_LIMITS[k]:
                    level[k] += 1
                    blocked[k], changed = False, True
                if not busy[k] and not blocked[k] and (k == 0 or level[k - 1]):
                    if k:
                        level[k - 1] -= 1
                    heappush(heap, (now + expovariate(rate[k]), k))
                    busy[k], changed = True, True


PEERS: dict[str, dict[str, tuple[Callable[[], Counts], int]]] = {
    "line": {
        "SimPy": (simpy_line, 20),
        "SimPy, a process for each unit": (simpy_line_by_unit, 10),
        "Ciw": (ciw_line, 6),
        "salabim": (salabim_line, 4),
        "loop over a heap, written by hand": (by_hand_line, 60),
    },
    "pit": {"SimPy": (simpy_pit, 20), "salabim": (salabim_pit, 4)},
    "crew": {"SimPy": (simpy_crew, 20), "salabim": (salabim_crew, 10)},
}
"""By network and tool: what runs one shift, and how many shifts make a round."""
