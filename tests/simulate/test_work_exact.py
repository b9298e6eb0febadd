"""Work whose yield is known exactly, through the language and the compiled engine.

Where chance decides, the mean over independent long runs has to lie within four of its standard errors of the exact
value (one case in sixteen thousand would not), and these four to be narrower than `within`, a share of that value.
"""

from __future__ import annotations

from math import exp, factorial, log2
from typing import Any

import numpy as np
import pytest
from exact_lines import hewn_and_propped, passage, throughput
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import gamma

from pitprop.define.work import Work
from pitprop.simulate.work.capacity import capacity
from pitprop.simulate.work.record import record
from pitprop.simulate.work.replicate import replicate
from pitprop.simulate.work.totals import Ending, Totals

INF = float("inf")
Floats = NDArray[np.float64]
RUNS = 64


def exponential(mean: float) -> dict[str, Any]:
    return {"distribution": "exponential", "mean": mean}


def line(times: list[Any], limits: list[float], *, supply: int | None = None, **more: Any) -> Work:
    """Stations one after the other, each with a worker and, where `fails` is given, a machine that breaks."""
    names = [f"s{k}" for k in range(len(times))]
    fails = more.pop("fails", [None] * len(times))
    plain: dict[str, Any] = {
        "output": "out",
        "shift": {"length": 1e6},
        "buffers": {**{f"b{k + 1}": {"limit": limit} for k, limit in enumerate(limits)}, "out": {}},
        "tasks": {
            name: {
                "time": times[k],
                "from": f"b{k}" if k else {},
                "to": f"b{k + 1}" if k + 1 < len(times) else "out",
                "tools": f"m{k}" if fails[k] else {},
            }
            for k, name in enumerate(names)
        },
        "tools": {f"m{k}": {"fails": f} for k, f in enumerate(fails) if f},
        "roles": {name: [name] for name in names},
        "crew": {"roles": names},
    }
    if supply is not None:
        plain["buffers"]["supply"] = {"start": supply}
        plain["tasks"]["s0"]["from"] = "supply"
    return Work.model_validate({**plain, **more})


def run(work: Work, length: float, *, warm_up: float = 500.0, seed: int = 0) -> Totals:
    """Independent runs in which so much time is counted together."""
    shift = work.shift.model_copy(update={"length": length / RUNS + warm_up})
    return replicate(
        work.model_copy(update={"shift": shift}), replications=RUNS, seed=seed, warm_up=warm_up, engine="compiled"
    )


def agree(values: Floats, exact: float, *, within: float) -> None:
    """The values' mean is the exact one."""
    error = float(values.std(ddof=1)) / len(values) ** 0.5
    assert 4 * error <= within * exact, "the runs are too short to tell"
    assert abs(float(values.mean()) - exact) <= 4 * error


def rate(totals: Totals) -> Floats:
    return totals.output / totals.span


# ---- lines of exponential stations

EQUAL = {
    2: {0: 2 / 3, 1: 3 / 4, 2: 4 / 5, 4: 0.857143, 10: 0.923077},
    3: {0: 22 / 39, 1: 0.670466, 2: 0.734017, 4: 0.807486, 10: 0.894419},
    4: {0: 4024 / 7817, 1: 0.631153, 2: 0.700713},
    5: {0: 0.485798, 1: 0.607583, 2: 0.680489},
    6: {0: 0.466713, 1: 0.591826, 2: 0.666856},
}
"""Stations of rate 1 -> places between any two -> throughput; 22/39 and 4024/7817 are Hunt's (1956)."""
UNEQUAL = [
    ([1, 1.5], 0, 0.789474),
    ([1, 1.5], 1, 0.876923),
    ([1, 1.5], 2, 0.924171),
    ([1, 1.5], 5, 0.979699),
    ([2, 1], 0, 0.857143),
    ([2, 1], 1, 0.933333),
    ([1, 2, 1], 0, 0.673797),
    ([2, 1, 2], 0, 0.788018),
    ([1, 1.2, 1.4], 0, 0.657750),
    ([1.4, 1.2, 1], 0, 0.657750),
]
LINES = [([1.0] * n, b, x) for n, row in EQUAL.items() for b, x in row.items()] + UNEQUAL


@pytest.mark.parametrize(("rates", "places", "exact"), LINES)
def test_the_markov_chain_of_a_line_has_the_published_throughput(rates: list[float], places: int, exact: float) -> None:
    assert throughput(rates, [places] * (len(rates) - 1)) == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("places", [0, 1, 2, 5])
def test_the_chain_of_two_stations_has_the_closed_form(places: int) -> None:
    # mu1 (1 - rho^K) / (1 - rho^(K + 1)) with rho = mu1 / mu2 and K = places + 2
    rho, k = 1 / 1.5, places + 2
    assert throughput([1, 1.5], [places]) == pytest.approx((1 - rho**k) / (1 - rho ** (k + 1)), rel=1e-12)


@pytest.mark.parametrize(("rates", "places", "exact"), LINES)
def test_exponential_stations_pass_as_many_units_as_their_markov_chain(
    rates: list[float], places: int, exact: float
) -> None:
    work = line([exponential(1 / mu) for mu in rates], [places] * (len(rates) - 1))
    agree(rate(run(work, 1e7 / len(rates), seed=len(rates))), exact, within=0.0026)


def test_rooms_of_different_sizes_are_told_apart() -> None:
    work = line([exponential(1)] * 4, [0, 3, 1])
    exact = throughput([1] * 4, [0, 3, 1])
    assert exact != pytest.approx(throughput([1] * 4, [3, 0, 1]), rel=0.003)
    agree(rate(run(work, 5e6)), exact, within=0.002)


@pytest.mark.parametrize("limit", [1, 2])
def test_a_station_that_begins_only_where_there_is_room_makes_a_queue_with_losses(limit: int) -> None:
    """Blocked before service: units past the first station are those of M/M/1 with limit + 1 places."""
    work = line([exponential(1), exponential(1)], [limit])
    first = work.tasks["s0"].model_copy(update={"blocking": "before"})
    work = work.model_copy(update={"tasks": {**work.tasks, "s0": first}})
    agree(rate(run(work, 4e6)), (limit + 1) / (limit + 2), within=0.002)


def test_a_line_read_backwards_passes_as_many_units() -> None:
    rates, places = [1, 1.2, 1.4, 0.9], [0, 2, 1]
    there, back = throughput(rates, places), throughput(rates[::-1], places[::-1])
    assert back == pytest.approx(there, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    limits=st.lists(st.sampled_from([0, 1, 2, 5]), min_size=1, max_size=4),
    units=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_same_jobs_take_the_same_time_through_a_line_and_its_mirror_image(
    limits: list[int], units: int, seed: int
) -> None:
    """Reversibility, job by job (Yamazaki and Sakasegawa 1975; Muth 1979): stations and jobs in the other order."""
    times = np.random.default_rng(seed).exponential(1.0, (len(limits) + 1, units))
    there, back = (
        replicate(line([1] * len(x), list(places), supply=units), replications=1, shared=x, engine="compiled").ended[0]
        for x, places in ((times, limits), (times[::-1, ::-1], limits[::-1]))
    )
    assert back == pytest.approx(there, rel=1e-12)


def test_a_bowl_is_better_than_a_level_line_by_what_the_chain_says() -> None:
    middle = np.linspace(0.8, 1.0, 201)
    yields = [throughput([2 / (3 - m), 1 / m, 2 / (3 - m)], [0, 0]) for m in middle]
    best = int(np.argmax(yields))
    assert (middle[best], yields[best]) == (pytest.approx(0.829, abs=0.001), pytest.approx(0.56718, abs=5e-6))
    edge = (3 - middle[best]) / 2
    level, bowl = (
        rate(run(line([exponential(mean) for mean in means], [0, 0]), 1e7))
        for means in ([1, 1, 1], [edge, middle[best], edge])
    )
    # on common random numbers, so that four standard errors are a tenth of the difference
    agree(bowl - level, yields[best] - 22 / 39, within=0.1)


# ---- other times and failures

NO_ROOM = [
    ({"low": 0.5, "high": 1.5}, 6 / 7),
    ({"mean": 1, "cv": 0.5**0.5}, 8 / 11),
    (exponential(1), 2 / 3),
]


@pytest.mark.parametrize(("time", "exact"), NO_ROOM, ids=["uniform", "erlang_2", "exponential"])
def test_two_stations_without_room_wait_for_the_slower_of_each_pair(time: dict[str, Any], exact: float) -> None:
    # 1 / E max(S1, S2); Erlang of two phases is gamma with a cv of 1 / sqrt(2)
    agree(rate(run(line([time, time], [0]), 4e6)), exact, within=0.002)


@pytest.mark.parametrize(("chance", "places", "exact"), [(0.9, 1, 0.818182), (0.9, 2, 0.857143), (0.8, 3, 0.75)])
def test_a_bernoulli_line_passes_what_it_should(chance: float, places: int, exact: float) -> None:
    """In each cycle each machine makes a unit with that chance, or tries again; a machine with no room loses its turn.

    The unit in the second machine is one of those in the buffer, so that its own limit is one less; the second is
    listed first, because what it takes away in a cycle makes room in the same cycle.
    """
    luck = {"share": chance}
    again = {"share": 1 - chance, "to": "again"}
    work = Work.model_validate(
        {
            "output": "out",
            "shift": {"length": 1},
            "buffers": {"between": {"limit": places - 1}, "again": {"limit": 1}, "out": {}},
            "tasks": {
                "first": {"time": 1, "to": [{**luck, "to": "between"}, {"share": 1 - chance}], "when_full": "lost"},
                "second": {"time": 1, "from": "between", "to": [{**luck, "to": "out"}, again]},
                "retry": {"time": 1, "from": "again", "to": [{**luck, "to": "out"}, again]},
            },
            "roles": {"second": ["retry", "second"], "first": ["first"]},
            "crew": {"roles": ["second", "first"]},
        }
    )
    assert exact == pytest.approx(chance * places / (places + 1 - chance), abs=1e-6)
    agree(rate(run(work, 2e6)), exact, within=0.0015)


def overlap(fail: float, repair: float) -> float:
    """Mean of the longer of two repair times in a cycle of length 1 (compound Poisson, exponential repairs)."""

    def done_by(x: float) -> float:
        chances = [exp(-fail) * fail**n / factorial(n) for n in range(1, 8)]
        return exp(-fail) + sum(p * gamma.cdf(x, n, scale=1 / repair) for n, p in enumerate(chances, 1))

    return float(quad(lambda x: 1 - done_by(x) ** 2, 0, 40 / repair, limit=200)[0])


FAILS = {"after": exponential(100), "repair": exponential(10)}


def test_machines_without_room_between_them_stand_still_together() -> None:
    # cycles of 1: both may break in the same one; with ever shorter cycles 1 / (1 + sum of p / r) = .8333
    exact = 1 / (1 + overlap(0.01, 0.1))
    assert exact == pytest.approx(1 / 1.2, rel=5e-4)
    agree(rate(run(line([1, 1], [0], fails=[FAILS, FAILS]), 4e6)), exact, within=0.004)


def test_in_ever_shorter_cycles_machines_stop_each_other_one_at_a_time() -> None:
    work = line([0.1, 0.1], [0], fails=[FAILS, FAILS])
    agree(0.1 * rate(run(work, 1e6)), 1 / 1.2, within=0.008)


def test_with_endless_room_the_worse_machine_sets_the_pace() -> None:
    # r / (r + p)
    better = {"after": exponential(200), "repair": exponential(10)}
    agree(rate(run(line([1, 1], [INF], fails=[FAILS, better]), 4e6)), 0.1 / 0.11, within=0.003)
    agree(rate(run(line([1, 1], [INF], fails=[better, FAILS]), 4e6)), 0.1 / 0.11, within=0.003)


# ---- times that are given

GIVEN = given(
    limits=st.lists(st.sampled_from([0, 0, 1, 2, 5]), min_size=1, max_size=5),
    units=st.integers(1, 60),
    seed=st.integers(0, 2**32 - 1),
)


@settings(max_examples=60, deadline=None)
@GIVEN
def test_every_unit_starts_ends_and_leaves_when_the_recursion_says(limits: list[int], units: int, seed: int) -> None:
    times = np.random.default_rng(seed).gamma(2.0, 0.5, (len(limits) + 1, units))
    work, known = line([1] * len(times), list(limits), supply=units), passage(times, limits)
    records = record(work, shared=times)
    for k in range(len(times)):
        here = records.task == k
        assert records.start[here].tolist() == known.start[k].tolist()
        assert records.finish[here].tolist() == known.finish[k].tolist()
        assert records.leave[here].tolist() == known.leave[k].tolist()
    totals = replicate(work, replications=1, shared=times, engine="compiled")
    assert (totals.ending[0], totals.ended[0]) == (Ending.DRY, known.leave[-1, -1])
    assert totals.output[0] == units


@settings(max_examples=40, deadline=None)
@given(
    taus=st.lists(st.integers(1, 64), min_size=1, max_size=6),
    room=st.sampled_from([0, 1, 3, INF]),
    jobs=st.integers(1, 50),
)
def test_a_line_without_chance_takes_its_work_once_and_its_longest_step_for_every_further_job(
    taus: list[int], room: float, jobs: int
) -> None:
    # in eighths of a minute, so that sums are exact
    work = line([tau / 8 for tau in taus], [room] * (len(taus) - 1), supply=jobs)
    totals = replicate(work, replications=1, engine="compiled")
    assert totals.ended[0] == (sum(taus) + (jobs - 1) * max(taus)) / 8
    assert totals.output[0] == jobs


@pytest.mark.parametrize("room", [0, 1, INF])
def test_a_line_without_chance_passes_one_unit_in_the_time_of_its_longest_step(room: float) -> None:
    totals = run(line([0.5, 1.25, 0.75], [room, room]), RUNS * 1000.0)
    assert totals.output.tolist() == [800] * RUNS


# ---- people

REPAIRMEN = {1: 0.333333, 2: 0.6, 3: 0.789474, 4: 0.904762, 6: 0.987915}


def mean_value_analysis(people: int, think: float, service: float) -> float:
    """Throughput of a closed network of one queue and a delay (Reiser and Lavenberg 1980)."""
    queue = flow = 0.0
    for n in range(1, people + 1):
        stay = service * (1 + queue)
        flow = n / (think + stay)
        queue = flow * stay
    return flow


@pytest.mark.parametrize(("people", "exact"), REPAIRMEN.items())
def test_generalists_who_share_one_drill_wait_for_it_as_long_as_they_should(people: int, exact: float) -> None:
    assert mean_value_analysis(people, 2, 1) == pytest.approx(exact, abs=1e-6)
    work = Work.model_validate(
        {
            "output": "out",
            "shift": {"length": 1},
            "buffers": {"face": {}, "out": {}},
            "tasks": {
                "hew": {"time": exponential(1), "to": "face", "tools": "drill"},
                "prop": {"time": exponential(2), "from": "face", "to": "out"},
            },
            "tools": {"drill": {}},
            "roles": {"generalist": {"tasks": ["hew", "prop"], "follow": True}},
            "crew": {"size": people, "roles": ["generalist"]},
        }
    )
    agree(rate(run(work, 4e6)), exact, within=0.003)


def pair(roles: dict[str, Any]) -> Work:
    return Work.model_validate(
        {
            "time": "hour",
            "output": "out",
            "shift": {"length": 1},
            "buffers": {"mid": {}, "out": {}},
            "tasks": {
                "a": {"time": exponential(1), "to": "mid"},
                "b": {"time": exponential(1), "from": "mid", "to": "out"},
            },
            "roles": roles,
            "crew": {"workers": {name: {"role": name} for name in roles}},
        }
    )


def test_two_people_yield_less_as_generalists_than_divided_and_less_divided_than_at_best() -> None:
    # tonnes an hour at each of two tasks: 4 and 2, 2 and 3
    w1, w2 = {"a": 4, "b": 2}, {"a": 2, "b": 3}
    both = ["a", "b"]
    generalists = pair(
        {"w1": {"tasks": both, "speed": w1, "follow": True}, "w2": {"tasks": both, "speed": w2, "follow": True}}
    )
    agree(rate(run(generalists, 1e6)), 1 / (1 / 4 + 1 / 2) + 1 / (1 / 2 + 1 / 3), within=0.003)
    divided = pair({"w1": {"tasks": ["a"], "speed": {"a": 4}}, "w2": {"tasks": ["b"], "speed": {"b": 3}}})
    agree(rate(run(divided, 1e6)), 3.0, within=0.003)
    bound = capacity(generalists)
    assert bound is not None
    assert bound.output == pytest.approx(10 / 3, rel=1e-9)


def test_each_doubling_of_experience_takes_times_to_four_fifths() -> None:
    def takes(jobs: int, **role: Any) -> float:
        """Time of that many jobs by one who learns."""
        work = line([{"mean": 1}], [], supply=jobs)
        task = work.tasks["s0"].model_dump(by_alias=True) | {"learning": {"rate": 0.8, "floor": 0.2}}
        plain = work.model_dump(by_alias=True) | {"tasks": {"s0": task}, "roles": {"s0": {"tasks": ["s0"], **role}}}
        return float(replicate(Work.model_validate(plain), replications=1, engine="compiled").ended[0])

    # T(n) = n^log2(.8); Wright (1936)
    each = {n: takes(n) - takes(n - 1) for n in (2, 4, 8, 10)}
    assert takes(1) == 1.0
    assert each == pytest.approx({2: 0.8, 4: 0.64, 8: 0.512, 10: 0.4765}, abs=2e-5)
    assert takes(1, experience={"s0": 3}) == pytest.approx(0.64, rel=1e-12)
    assert takes(3, experience={"s0": 10_000}) == pytest.approx(3 * 0.2, rel=1e-12)
    assert each[10] == pytest.approx(10 ** log2(0.8), rel=1e-9)


# ---- the mine

SHIFT = 345.0


def mine(hew: float, prop: float, room: float) -> Work:
    """One hewer, two proppers; at most so many tonnes stand without props."""
    return Work.model_validate(
        {
            "unit": "t",
            "output": "coal",
            "shift": {"length": SHIFT},
            "buffers": {"coal": {}, "unpropped": {"limit": room, "debt": True}},
            "tasks": {
                "hew": {"time": {"mean": hew, "cv": 0.3}, "to": ["coal", "unpropped"]},
                "prop": {"time": {"mean": prop, "cv": 0.3}, "from": "unpropped"},
            },
            "roles": {"hewer": ["hew"], "propper": ["prop"]},
            "crew": {"roles": ["hewer", "propper", "propper"]},
        }
    )


MINE = [
    (3.38, 6.2, 6, 101.5, 3.0, 99.0),
    (3.38, 6.76, 0, 86.4, 2.3, 84.5),
    (3.2, 6.2, 0, 92.8, 2.4, 91.0),
    (3.2, 9.0, 6, 82.7, 2.6, 74.6),
    (3.2, 9.0, INF, 107.3, 3.1, 74.6),
]
"""Minutes a tonne, room -> tonnes hewn (mean and standard deviation of a shift) and propped, from 800 shifts each."""


@pytest.mark.parametrize(("hew", "prop", "room", "hewn", "spread", "propped"), MINE)
def test_a_shift_of_the_mine_yields_what_other_software_found(
    hew: float, prop: float, room: float, hewn: float, spread: float, propped: float
) -> None:
    totals = replicate(mine(hew, prop, room), replications=4000, engine="compiled")
    # four standard errors of 800 shifts of theirs and 4000 of ours, and their rounding
    error = 4 * spread * (1 / 800 + 1 / 4000) ** 0.5 + 0.05
    assert totals.output.mean() == pytest.approx(hewn, abs=error)
    assert totals.done[:, 1].mean() == pytest.approx(propped, abs=error)
    assert totals.output.std() == pytest.approx(spread, abs=4 * spread / 1600**0.5 + 0.05)


def test_props_that_are_skipped_are_a_debt_of_a_quarter_of_the_coal() -> None:
    safe, skipped = (replicate(mine(3.38, 9.0, room), replications=4000, engine="compiled") for room in (6, INF))
    found = [float(t.mean()) for t in (safe.output, safe.done[:, 1], skipped.output, skipped.done[:, 1])]
    assert found == pytest.approx([82.5, 74.5, 101.5, 74.5], abs=0.55)
    assert skipped.end[:, 1].mean() == pytest.approx(101.5 - 74.5 - 2, abs=0.55)  # two are being propped


@pytest.mark.parametrize("room", [0, 2, 6, INF])
def test_each_shift_of_the_mine_is_that_of_the_recursion(room: float) -> None:
    random = np.random.default_rng(5)
    for _ in range(50):
        times = np.array([random.gamma(1 / 0.09, 0.09 * mean, 300) for mean in (3.2, 6.2)])
        totals = replicate(mine(3.2, 6.2, room), replications=1, shared=times, engine="compiled")
        assert (totals.output[0], totals.done[0, 1]) == hewn_and_propped(*times, room, SHIFT)


# ---- queues

BUSY = 0.6


def queue(
    arrivals: float, service: Any, servers: int = 1, *, limit: float = INF, automatic: bool = False, lost: bool = False
) -> Work:
    """Customers who come by chance, wait, and are served by people or by automatic desks."""
    plain: dict[str, Any] = {
        "output": "served",
        "shift": {"length": 1},
        "buffers": {"waiting": {"limit": limit}, "served": {}},
        "tasks": {
            "arrive": {
                "time": exponential(1 / arrivals),
                "to": "waiting",
                "automatic": True,
                "when_full": "lost" if lost else "wait",
            },
            "serve": {"time": service, "from": "waiting", "to": "served"},
        },
    }
    if automatic:
        plain["tasks"]["serve"] |= {"automatic": True, "parallel": servers}
    else:
        plain |= {"roles": {"server": ["serve"]}, "crew": {"size": servers, "roles": ["server"]}}
    return Work.model_validate(plain)


def erlang_b(servers: int, load: float) -> float:
    """Share of customers who find all servers busy and leave."""
    lost = 1.0
    for n in range(1, servers + 1):
        lost = load * lost / (n + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """Share of customers who wait."""
    lost = erlang_b(servers, load)
    return lost / (1 - load / servers * (1 - lost))


@pytest.mark.parametrize("automatic", [False, True], ids=["people", "desks"])
@pytest.mark.parametrize("servers", [1, 2, 5])
def test_customers_wait_as_erlang_says(servers: int, automatic: bool) -> None:
    work = queue(BUSY * servers, exponential(1), servers, automatic=automatic)
    totals = run(work, 4e6 / servers)
    # M/M/c: waiting C rho / (1 - rho), for C / (c mu (1 - rho)) each
    waits = erlang_c(servers, BUSY * servers)
    agree(totals.area[:, 0] / totals.span, waits * BUSY / (1 - BUSY), within=0.03)
    agree(totals.age / totals.output, 1 + waits / (servers * (1 - BUSY)), within=0.015)


LAWS: dict[str, dict[str, Any]] = {
    "deterministic": {"mean": 1},
    "uniform": {"low": 0.2, "high": 1.8},
    "erlang_4": {"mean": 1, "cv": 0.5},
    "gamma": {"mean": 1, "cv": 1.5},
    "lognormal": {"distribution": "lognormal", "mean": 1, "cv": 1.5},
    "empirical": {"values": [0.25, 0.25, 0.5, 3.0]},
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
def test_customers_wait_as_pollaczek_and_khinchine_say(law: dict[str, Any]) -> None:
    work = queue(BUSY, law)
    totals = run(work, 4e6)
    time = work.tasks["serve"].time
    # M/G/1: waiting rho^2 (1 + cv^2) / (2 (1 - rho)), the mean time being 1
    waiting = BUSY**2 * (1 + time.spread**2) / (2 * (1 - BUSY))
    agree(totals.area[:, 0] / totals.span, waiting, within=0.05)
    agree(totals.age / totals.output, time.average + waiting / BUSY, within=0.04)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (3, 2.0), (10, 8.0)])
def test_customers_who_do_not_wait_are_lost_as_erlang_says(servers: int, load: float) -> None:
    totals = run(queue(load, exponential(1), servers, limit=0, lost=True), 4e6 / load)
    agree(totals.lost[:, 0] / totals.done[:, 0], erlang_b(servers, load), within=0.015)
    agree(rate(totals), load * (1 - erlang_b(servers, load)), within=0.004)


@pytest.mark.parametrize("law", ["deterministic", "gamma"])
def test_how_many_are_lost_depends_on_no_more_than_the_mean_time(law: str) -> None:
    totals = run(queue(2.0, LAWS[law], 3, limit=0, lost=True), 2e6)
    agree(totals.lost[:, 0] / totals.done[:, 0], erlang_b(3, 2.0), within=0.01)


def test_a_waiting_room_of_two_loses_what_a_birth_and_death_chain_says() -> None:
    # M/M/1/3: (1 - rho) rho^3 / (1 - rho^4)
    totals = run(queue(0.8, exponential(1), limit=2, lost=True), 4e6)
    agree(totals.lost[:, 0] / totals.done[:, 0], 0.2 * 0.8**3 / (1 - 0.8**4), within=0.01)


def test_units_in_the_work_are_their_rate_times_their_time_in_it() -> None:
    totals = run(queue(1.2, exponential(1), 2), 4e6)
    inside = totals.area[:, 0].sum() + totals.times[:, :2, 1].sum()
    # Little's law; whoever is there at the beginning and the end makes the difference
    assert inside == pytest.approx(totals.age.sum(), rel=2e-4)
