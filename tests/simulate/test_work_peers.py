"""The engine beside SimPy and Ciw: the same shifts run by run on the same times, and the same averages on any.

The twins are written in the way of their package (stores, containers, a dispatcher of one's own) and know nothing of
the engine; what they share with it is the times.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.simulate.work.record import record
from pitprop.simulate.work.replicate import replicate

simpy = pytest.importorskip("simpy")
ciw = pytest.importorskip("ciw")

SHIFT = 360.0
Runs = list[list[tuple[float, float]]]
"""By station, (start, finish) of each run that was finished within the shift, in order."""
Times = NDArray[np.float64]
Wait = Generator[Any, Any, None]

MEANS, LIMITS = [0.30, 0.28, 0.29, 0.25], [5, 3, 3]


def exponential(mean: float) -> dict[str, Any]:
    return {"distribution": "exponential", "mean": mean}


def line() -> Work:
    """Four stations with little room between them."""
    return Work.model_validate(
        {
            "output": "b4",
            "shift": {"length": SHIFT},
            "buffers": {**{f"b{k + 1}": {"limit": limit} for k, limit in enumerate(LIMITS)}, "b4": {}},
            "tasks": {
                f"s{k}": {"time": exponential(mean), "from": {f"b{k}": 1} if k else {}, "to": f"b{k + 1}"}
                for k, mean in enumerate(MEANS)
            },
            "roles": {f"r{k}": [f"s{k}"] for k in range(4)},
            "crew": {"roles": [f"r{k}" for k in range(4)]},
        }
    )


def pit() -> Work:
    """Hewing stops when eight tonnes stand without props; a set of props is good for eight more."""
    return Work.model_validate(
        {
            "output": "out",
            "shift": {"length": SHIFT},
            "buffers": {"safe": {"limit": 8, "start": 8}, "face": {"limit": 5}, "cart": {"limit": 3}, "out": {}},
            "tasks": {
                "prop": {"time": exponential(1.0), "to": {"safe": 8}},
                "hew": {"time": exponential(0.30), "from": "safe", "to": "face"},
                "load": {"time": exponential(0.28), "from": "face", "to": "cart"},
                "haul": {"time": exponential(0.29), "from": "cart", "to": "out"},
            },
            "roles": {name: [name] for name in ("prop", "hew", "load", "haul")},
            "crew": {"roles": ["prop", "hew", "load", "haul"]},
        }
    )


CREW_MEANS, TOOLS = [2.0, 0.6, 0.56, 0.58], [2, 3, 2]


def crew() -> Work:
    """Eight people of all trades, each best at one, with few tools."""
    names = ["prop", "hew", "load", "haul"]
    puts = [{"safe": 8}, {"face": 1}, {"cart": 1}, {"out": 1}]
    takes = [{}, {"safe": 1}, {"face": 1}, {"cart": 1}]
    return Work.model_validate(
        {
            "output": "out",
            "shift": {"length": SHIFT},
            "buffers": {"safe": {"limit": 8, "start": 8}, "face": {"limit": 5}, "cart": {"limit": 3}, "out": {}},
            "tools": {f"tool{k}": {"count": count} for k, count in enumerate(TOOLS)},
            "tasks": {
                name: {
                    "time": exponential(CREW_MEANS[a]),
                    "from": takes[a],
                    "to": puts[a],
                    "tools": [f"tool{a - 1}"] if a else [],
                    "blocking": "before",
                }
                for a, name in enumerate(names)
            },
            "roles": {f"best_at_{n}": {"tasks": names[::-1], "speed": {"all": 0.6, n: 1}} for n in names},
            "crew": {"workers": {f"w{w}": {"role": f"best_at_{names[w % 4]}"} for w in range(8)}},
        }
    )


def drawn(means: list[float], seed: int) -> Times:
    return np.random.default_rng(seed).exponential(1.0, (len(means), 4000)) * np.array(means)[:, None]


def line_in_simpy(times: list[Callable[[], float]]) -> Runs:
    env = simpy.Environment()
    stores = [simpy.Store(env, limit) for limit in LIMITS]
    runs: Runs = [[] for _ in times]

    def station(k: int) -> Wait:
        while True:
            if k:
                yield stores[k - 1].get()
            start = env.now
            yield env.timeout(times[k]())
            runs[k].append((start, env.now))
            if k < len(stores):
                yield stores[k].put(1)

    for k in range(len(times)):
        env.process(station(k))
    env.run(until=SHIFT)
    return runs


def pit_in_simpy(times: list[Callable[[], float]]) -> Runs:
    env = simpy.Environment()
    safe, face, cart = simpy.Container(env, 8, 8), simpy.Container(env, 5), simpy.Container(env, 3)
    runs: Runs = [[] for _ in times]

    def worker(k: int, takes: Any, puts: Any, amount: int) -> Wait:
        while True:
            if takes is not None:
                yield takes.get(1)
            start = env.now
            yield env.timeout(times[k]())
            runs[k].append((start, env.now))
            if puts is not None:
                yield puts.put(amount)

    for k, (takes, puts, amount) in enumerate([(None, safe, 8), (safe, face, 1), (face, cart, 1), (cart, None, 1)]):
        env.process(worker(k, takes, puts, amount))
    env.run(until=SHIFT)
    return runs


class CrewInSimPy:
    """A dispatcher: the last task that can be begun, by the fastest who is free."""

    takes: tuple[tuple[tuple[int, int], ...], ...] = ((), ((0, 1),), ((1, 1),), ((2, 1),))
    puts: tuple[tuple[tuple[int, int], ...], ...] = (((0, 8),), ((1, 1),), ((2, 1),), ((3, 1),))

    def __init__(self, times: list[Callable[[], float]]) -> None:
        self.env, self.times = simpy.Environment(), times
        self.level, self.promised, self.limit = [8, 0, 0, 0], [0] * 4, [8, 5, 3, 1 << 60]
        self.tools, self.free = [99, *TOOLS], set(range(8))
        self.runs: Runs = [[] for _ in times]
        self.by: list[tuple[int, int, float, float]] = []
        self.dispatch()
        self.env.run(until=SHIFT)

    def speed(self, w: int, a: int) -> float:
        return 1.0 if w % 4 == a else 0.6

    def startable(self, a: int) -> bool:
        return (
            bool(self.free)
            and self.tools[a] > 0
            and all(self.level[b] >= q for b, q in self.takes[a])
            and all(self.level[b] + self.promised[b] + q <= self.limit[b] for b, q in self.puts[a])
        )

    def dispatch(self) -> None:
        for a in (3, 2, 1, 0):
            if self.startable(a):
                w = max(self.free, key=lambda w: (self.speed(w, a), -w))
                for b, q in self.takes[a]:
                    self.level[b] -= q
                for b, q in self.puts[a]:
                    self.promised[b] += q
                self.tools[a] -= 1
                self.free.discard(w)
                self.env.process(self.job(w, a, self.times[a]() / self.speed(w, a)))
                return self.dispatch()
        return None

    def job(self, w: int, a: int, lasts: float) -> Wait:
        start = self.env.now
        yield self.env.timeout(lasts)
        self.runs[a].append((start, self.env.now))
        self.by.append((w, a, start, self.env.now))
        for b, q in self.puts[a]:
            self.level[b] += q
            self.promised[b] -= q
        self.tools[a] += 1
        self.free.add(w)
        self.dispatch()


def given(times: Times) -> list[Callable[[], float]]:
    """What gives the times of each station one by one."""
    return [iter(row.tolist()).__next__ for row in times]


def ours(work: Work, shared: Times) -> Runs:
    records = record(work, shared=shared)
    runs: Runs = []
    for a in range(len(records.tasks)):
        finished = (records.task == a) & (records.finish < SHIFT)
        at = sorted(zip(records.finish[finished].tolist(), records.start[finished].tolist(), strict=True))
        runs.append([(start, finish) for finish, start in at])
    return runs


@pytest.mark.parametrize("seed", range(3))
def test_the_line_runs_as_in_simpy_unit_by_unit(seed: int) -> None:
    shared = drawn(MEANS, seed)
    assert ours(line(), shared) == line_in_simpy(given(shared))


@pytest.mark.parametrize("seed", range(3))
def test_the_pit_runs_as_in_simpy_unit_by_unit(seed: int) -> None:
    shared = drawn([1.0, 0.30, 0.28, 0.29], seed)
    assert ours(pit(), shared) == pit_in_simpy(given(shared))


@pytest.mark.parametrize("seed", range(3))
def test_the_crew_runs_as_in_simpy_run_by_run_and_person_by_person(seed: int) -> None:
    shared = drawn(CREW_MEANS, seed)
    twin, records = CrewInSimPy(given(shared)), record(crew(), shared=shared)
    assert ours(crew(), shared) == twin.runs
    finished = records.finish < SHIFT
    mine = zip(*(getattr(records, name)[finished].tolist() for name in ("finish", "worker", "task")), strict=True)
    assert sorted(mine) == sorted((finish, w, a) for w, a, _, finish in twin.by)


@pytest.mark.parametrize("name", ["line", "pit", "crew"])
def test_the_compiled_engine_finishes_as_many_runs_of_each_task_as_simpy(name: str) -> None:
    work, means, twin = {
        "line": (line(), MEANS, line_in_simpy),
        "pit": (pit(), [1.0, 0.30, 0.28, 0.29], pit_in_simpy),
        "crew": (crew(), CREW_MEANS, lambda times: CrewInSimPy(times).runs),
    }[name]
    shared = drawn(means, 11)
    totals = replicate(work, replications=1, shared=shared, engine="compiled")
    runs = twin(given(shared))
    held = [len(runs[a]) - int(totals.done[0, a]) for a in range(4)]
    assert all(waiting in (0, 1) for waiting in held)  # finished, and not yet put down
    assert totals.output[0] == len(runs[3])


def agree(ours: NDArray[np.int64], theirs: list[int]) -> bool:
    """Whether two means differ by less than four of their standard errors."""
    error = float(np.sqrt(np.var(ours, ddof=1) / len(ours) + np.var(theirs, ddof=1) / len(theirs)))
    return abs(float(ours.mean()) - float(np.mean(theirs))) < 4 * error


@pytest.mark.parametrize("name", ["line", "pit", "crew"])
def test_average_shifts_are_as_in_simpy(name: str) -> None:
    work, means, twin = {
        "line": (line(), MEANS, line_in_simpy),
        "pit": (pit(), [1.0, 0.30, 0.28, 0.29], pit_in_simpy),
        "crew": (crew(), CREW_MEANS, lambda times: CrewInSimPy(times).runs),
    }[name]
    chance = random.Random(4)
    theirs = [len(twin([lambda m=m: chance.expovariate(1 / m) for m in means])[3]) for _ in range(25)]
    assert agree(replicate(work, replications=400, engine="compiled").output, theirs)


def test_average_shifts_of_the_line_are_as_in_ciw() -> None:
    theirs = []
    for seed in range(12):
        # a closed line of more units than it holds, so that the first station never starves
        net = ciw.create_network(
            arrival_distributions=[ciw.dists.Sequential([0.0001, float("inf")]), None, None, None],
            batching_distributions=[ciw.dists.Deterministic(16), *[ciw.dists.Deterministic(1)] * 3],
            service_distributions=[ciw.dists.Exponential(1 / mean) for mean in MEANS],
            number_of_servers=[1] * 4,
            queue_capacities=[float("inf"), *LIMITS],
            routing=[[float(j == (i + 1) % 4) for j in range(4)] for i in range(4)],
        )
        ciw.seed(seed)
        simulation = ciw.Simulation(net)
        simulation.simulate_until_max_time(SHIFT)
        theirs.append(sum(one.node == 4 for one in simulation.get_all_records()))
    assert agree(replicate(line(), replications=400, engine="compiled").output, theirs)
