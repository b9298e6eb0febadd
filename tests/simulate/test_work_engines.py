"""The plain and the compiled engine: the same numbers to the last bit, on any network; and what must hold in each."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_work import random_work

from pitprop.define.work import Work
from pitprop.simulate.work.little import little_gap
from pitprop.simulate.work.lock_up import lock_up
from pitprop.simulate.work.loop import Sums
from pitprop.simulate.work.network import network
from pitprop.simulate.work.record import record
from pitprop.simulate.work.replicate import COMPILING, LOADING, Engine, compiled_starts_in, replicate, runs_ahead
from pitprop.simulate.work.results import Records
from pitprop.simulate.work.totals import Ending, Totals, Waits

ENGINES: tuple[Engine, ...] = ("python", "compiled")
RANDOM = st.randoms(use_true_random=False)


def line(means: list[float], limits: list[float], **more: Any) -> Work:
    """A line of exponential stations, each with a worker of its own."""
    last = len(means) - 1
    plain: dict[str, Any] = {
        "output": "out",
        "shift": {"length": 360},
        "buffers": {**{f"b{k + 1}": {"limit": limit} for k, limit in enumerate(limits)}, "out": {}},
        "tasks": {
            f"s{k}": {
                "time": {"distribution": "exponential", "mean": mean},
                **({"from": f"b{k}"} if k else {}),
                "to": f"b{k + 1}" if k < last else "out",
            }
            for k, mean in enumerate(means)
        },
        "roles": {f"r{k}": [f"s{k}"] for k in range(len(means))},
        "crew": {"roles": [f"r{k}" for k in range(len(means))]},
    }
    return Work.model_validate({**plain, **more})


FOUR = line([0.30, 0.28, 0.29, 0.25], [5, 3, 3])


def differing(one: Totals, other: Totals) -> list[str]:
    return [name for name in Sums._fields if getattr(one, name).tobytes() != getattr(other, name).tobytes()]


@settings(max_examples=150, deadline=None)
@given(random=RANDOM, seed=st.integers(0, 2**32), warm_up=st.sampled_from([0.0, 0.0, 7.5]))
def test_both_engines_give_the_same_numbers_to_the_last_bit(random: Random, seed: int, warm_up: float) -> None:
    work = random_work(random)
    plain, compiled = (
        replicate(work, replications=2, seed=seed, bins=3, warm_up=warm_up, engine=engine) for engine in ENGINES
    )
    assert differing(plain, compiled) == []


def test_both_engines_give_the_same_numbers_on_a_line_of_four_over_many_shifts() -> None:
    plain, compiled = (replicate(FOUR, replications=20, seed=5, bins=12, warm_up=30.0, engine=e) for e in ENGINES)
    assert differing(plain, compiled) == []
    assert 850 < plain.output.mean() < 930  # 972 in 360 minutes from an empty line, of which 330 are counted


def test_both_engines_take_times_that_are_given() -> None:
    shared = np.random.default_rng(1).exponential(1.0, (4, 3000)) * np.array([[0.30], [0.28], [0.29], [0.25]])
    plain, compiled = (replicate(FOUR, replications=1, shared=shared, engine=engine) for engine in ENGINES)
    assert differing(plain, compiled) == []


@settings(max_examples=100, deadline=None)
@given(random=RANDOM, warm_up=st.sampled_from([0.0, 7.5]))
def test_no_unit_and_no_time_gets_lost(random: Random, warm_up: float) -> None:
    work = random_work(random)
    totals = replicate(work, replications=1, warm_up=warm_up, engine="python")
    assert (totals.start + totals.put - totals.taken == totals.end).all()
    assert totals.times.sum(axis=2) == pytest.approx(np.full(totals.times.shape[:2], totals.span))
    assert (totals.times >= -1e-9).all()


@settings(max_examples=100, deadline=None)
@given(random=RANDOM)
def test_a_record_adds_up_to_the_sums(random: Random) -> None:
    work = random_work(random)
    totals, records, net = replicate(work, replications=1, engine="python"), record(work), network(work)
    waited = np.zeros((len(net.slots), len(Waits)))
    for slot, kind, start, end in records.waits:
        waited[slot, kind] += end - start
    kept = [wait for wait in Waits if wait is not Waits.REPAIR]
    assert waited[:, kept] == pytest.approx(totals.times[0][:, len(net.tasks) :][:, kept])
    ended = records.leave < records.horizon
    done = np.bincount(records.task[ended], minlength=len(net.tasks))
    last_moment = np.bincount(records.task[~ended], minlength=len(net.tasks))
    assert ((done <= totals.done[0]) & (totals.done[0] <= done + last_moment)).all()
    for b, name in enumerate(net.buffers):
        at, level = records.levels[name]
        assert np.diff(np.append(at, records.horizon)) @ level == pytest.approx(totals.area[0, b])
        assert (np.diff(at) > 0).all()
    assert len(records.age) == totals.output[0]
    assert records.age.sum() == pytest.approx(totals.age[0])


@settings(max_examples=100, deadline=None)
@given(random=RANDOM)
def test_nobody_does_two_things_at_once(random: Random) -> None:
    records = record(random_work(random))
    for slot in range(len(records.slots)):
        mine = records.worker == slot
        start, leave = records.start[mine], records.leave[mine]
        assert (leave[:-1] <= start[1:] + 1e-9).all()
        assert (records.start <= records.work).all()
        assert (records.work <= records.finish).all()
        assert (records.finish <= records.leave).all()


@settings(max_examples=100, deadline=None)
@given(random=RANDOM)
def test_units_in_the_work_are_as_many_as_the_times_that_they_spend_in_it_say(random: Random) -> None:
    work = random_work(random)
    gap = little_gap(work, record(work))
    assert gap is None or gap < 1e-9


def test_units_are_numbered_as_they_start_and_pass_in_order() -> None:
    records = record(FOUR, seed=2)
    for task in range(4):
        units = records.unit[records.task == task]
        assert units.tolist() == list(range(len(units)))


def test_a_record_says_where_it_was_cut_off() -> None:
    whole, cut = record(FOUR, seed=2), record(FOUR, seed=2, limit=100)
    assert len(cut.start) >= 100
    assert cut.horizon == cut.start.max() < whole.horizon == 360
    assert cut.start.tolist() == whole.start[: len(cut.start)].tolist()
    assert cut.leave.max() == cut.horizon


LOCKED: dict[str, Any] = {
    "output": "out",
    "shift": {"length": 60},
    "buffers": {"face": {"limit": 1}, "unpropped": {"limit": 2}, "out": {}},
    "tasks": {
        "hew": {"time": 1, "to": ["face", "unpropped"]},
        "load": {"time": 1, "from": "face", "to": "out"},
        "prop": {"time": 1, "from": {"unpropped": 2}, "tools": "saw"},
    },
    "tools": {"saw": {}},
    "roles": {"hewer": ["hew", "prop"], "loader": ["load"]},
    "crew": {"roles": ["hewer", "loader"]},
}
"""Whoever hews would have to prop as well, and cannot put down what was hewn."""


@pytest.mark.parametrize("engine", ENGINES)
def test_work_that_locks_up_ends_there_and_says_who_waits_for_what(engine: Engine) -> None:
    work = Work.model_validate(LOCKED)
    totals = replicate(work, replications=1, engine=engine)
    assert (totals.ending[0], totals.ended[0]) == (Ending.DEADLOCK, 3.0)
    assert totals.done[0].tolist() == [2, 2, 0]
    assert lock_up(work, record(work)) == (
        "hewer holds what hew made: no room in unpropped, which only prop would empty; "
        "loader waits for something in face."
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_what_happened_before_the_end_of_the_warm_up_is_not_counted_even_if_nothing_happens_after(
    engine: Engine,
) -> None:
    totals = replicate(Work.model_validate(LOCKED), replications=1, warm_up=10.0, engine=engine)
    assert (totals.output[0], totals.done[0].sum(), totals.end[0, 2]) == (0, 0, 2)
    assert totals.times[0].sum(axis=1) == pytest.approx([50, 50])


@pytest.mark.parametrize("engine", ENGINES)
def test_who_carries_a_unit_on_leaves_the_room_that_was_kept_for_it_to_others(engine: Engine) -> None:
    work = Work.model_validate(
        {
            "output": "out",
            "shift": {"length": 10},
            "buffers": {"mid": {"limit": 1}, "out": {}},
            "tasks": {
                "a": {"time": 1, "to": "mid", "blocking": "before"},
                "b": {"time": 4, "from": "mid", "to": "out", "tools": "saw"},
            },
            "tools": {"saw": {}},
            "roles": {"both": {"tasks": ["a", "b"], "follow": True}, "helper": ["a"]},
            "crew": {"roles": ["both", "helper"]},
        }
    )
    totals = replicate(work, replications=1, engine=engine)
    # both: a until 1, b until 5, the unit in mid until 9, a until 10; helper: a from 1 to 2, 5 to 6, 9 to 10
    assert totals.done[0].tolist() == [4, 2]
    assert totals.times[0, 1, 0] == 3.0


@pytest.mark.parametrize("engine", ENGINES)
def test_room_that_a_carried_unit_leaves_is_taken_at_once_by_who_waits_for_it(engine: Engine) -> None:
    work = Work.model_validate(
        {
            "output": "out",
            "shift": {"length": 2.5},
            "buffers": {"mid": {"limit": 1}, "out": {}},
            "tasks": {
                "a": {"time": 1, "to": "mid", "blocking": "before"},
                "b": {"time": 1, "from": "mid", "to": "out", "tools": "saw"},
                "feed": {"time": 0.5, "to": "mid"},
                "sharpen": {"time": 3, "tools": "saw", "automatic": True},
            },
            "tools": {"saw": {}},
            "roles": {"both": {"tasks": ["a", "b"], "follow": True}, "feeder": ["feed"]},
            "crew": {"roles": ["both", "feeder"]},
        }
    )
    totals = replicate(work, replications=1, engine=engine)
    # the feeder is done at .5, has room at 1, when both carries on what was to go into mid, and is done again at 1.5
    assert totals.done[0].tolist() == [1, 0, 1, 0]
    assert totals.times[0, 1, [2, 4]] == pytest.approx([1.0, 1.5])


@pytest.mark.parametrize("engine", ENGINES)
def test_two_exponential_stations_without_a_buffer_pass_two_units_for_three_services(engine: Engine) -> None:
    work = line([1, 1], [0], shift={"length": 4000})
    totals = replicate(work, replications=4, seed=1, warm_up=50.0, engine=engine)
    # 2/3 exactly; 15,800 minutes, standard deviation of the rate about .004
    assert totals.output.sum() / (4 * totals.span) == pytest.approx(2 / 3, abs=0.016)


def test_little_work_runs_at_once_and_much_is_compiled() -> None:
    assert runs_ahead(network(FOUR)) == pytest.approx(360 * sum(1 / mean for mean in (0.30, 0.28, 0.29, 0.25)))
    assert compiled_starts_in() in (0.0, LOADING, COMPILING)
    replicate(FOUR, replications=1, engine="compiled")
    assert compiled_starts_in() == 0.0


def test_the_engine_does_not_show_in_the_numbers() -> None:
    auto = replicate(FOUR, replications=3, seed=9)
    assert differing(auto, replicate(FOUR, replications=3, seed=9, engine="python")) == []


def test_replications_do_not_depend_on_which_others_are_run() -> None:
    all_, later = (
        replicate(FOUR, replications=4, seed=9, engine="python"),
        replicate(FOUR, replications=1, first=3, seed=9, engine="python"),
    )
    assert all_.output[3] == later.output[0]
    assert isinstance(record(FOUR, seed=9, replication=3), Records)
    assert len(record(FOUR, seed=9, replication=3).age) == later.output[0]
