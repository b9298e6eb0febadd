"""Bucket brigades against the closed forms of Bartholdi and Eisenstein (1996), and what must hold for any."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pitprop.define.work import Work
from pitprop.simulate.work.record import record
from pitprop.simulate.work.replicate import replicate
from pitprop.simulate.work.totals import Ending


def brigade(speeds: list[float], *, tasks: int = 10, length: float = 400, cv: float = 0.0, **more: Any) -> Work:
    """A line of equal tasks that add up to one unit of time, and people of so many speeds."""
    names = [f"t{k}" for k in range(tasks)]
    time = {"mean": 1 / tasks, **({"cv": cv} if cv else {})}
    plain: dict[str, Any] = {
        "output": "out",
        "shift": {"length": length},
        "buffers": {**{f"b{k}": {} for k in range(1, tasks)}, "out": {}},
        "tasks": {
            name: {"time": time, "to": f"b{k + 1}" if k + 1 < tasks else "out", **({"from": f"b{k}"} if k else {})}
            for k, name in enumerate(names)
        },
        "roles": {"all": names},
        "crew": {
            "workers": {f"w{i}": {"role": "all", "speed": speed} for i, speed in enumerate(speeds)},
            "rule": "bucket_brigade",
        },
    }
    return Work.model_validate({**plain, **more})


@pytest.mark.parametrize("speeds", [[1, 2, 3], [1, 1.5], [0.5, 1, 2, 4]])
def test_it_yields_the_sum_of_all_speeds(speeds: list[float]) -> None:
    totals = replicate(brigade(speeds), replications=1, warm_up=50)
    assert totals.output[0] / totals.span == pytest.approx(sum(speeds), rel=1 / 350)
    assert totals.times[0, :, -7:].sum() == pytest.approx(0, abs=1e-9)


def test_hand_offs_settle_at_the_shares_of_the_speeds_whatever_the_beginning() -> None:
    records = record(brigade([3, 1, 2], tasks=1))
    # one task: a stretch is from one hand-off to the next; the slowest first whatever the order in the file
    late = (records.start > 100) & (records.finish < 400)
    carried = [(records.finish - records.start)[late & (records.worker == w)] for w in (1, 2, 0)]
    ends = np.cumsum([part.mean() * speed for part, speed in zip(carried, (1, 2, 3), strict=True)])
    assert ends == pytest.approx([1 / 6, 3 / 6, 1], abs=1e-6)
    assert max(part.std() for part in carried) < 1e-6


def test_who_catches_up_goes_on_at_the_pace_of_the_next() -> None:
    """Fast at the easy beginning, slow at the hard end: the one behind is held up there."""
    plain = brigade([1, 1], tasks=2).model_dump(by_alias=True)
    plain["crew"]["workers"] = {
        "a": {"role": "all", "speed": {"t0": 5, "t1": 0.15}},
        "b": {"role": "all", "speed": {"t0": 0.2, "t1": 4}},
    }
    work = Work.model_validate(plain)
    totals = replicate(work, replications=1)
    assert totals.times[0].sum(axis=1) == pytest.approx([400, 400])
    assert totals.times[0, :, 2].sum() > 1


@pytest.mark.parametrize("cv", [0.3, 1.0])
def test_units_are_conserved_and_times_add_up(cv: float) -> None:
    work = brigade([1, 2, 3], tasks=4, cv=cv)
    totals = replicate(work, replications=20, warm_up=10, bins=4)
    assert totals.times.sum(axis=2) == pytest.approx(np.full((20, 3), 390.0))
    assert (totals.start + totals.put - totals.taken == totals.end).all()
    assert (totals.output == totals.put[:, -1]).all()
    assert (totals.binned.sum(axis=1) == totals.output).all()
    assert (totals.ending == Ending.HORIZON).all()
    # all three are carrying a unit at any time: Little's law, up to the units cut off at both ends
    assert totals.age.sum() / (20 * 390) == pytest.approx(3, rel=0.01)


def test_a_record_is_the_run_that_is_counted() -> None:
    work = brigade([1, 2, 3], tasks=4, cv=0.5, length=40)
    records, totals = record(work, seed=3), replicate(work, replications=1, seed=3)
    assert len(records.age) == totals.output[0]
    assert records.age.sum() == pytest.approx(totals.age[0])
    assert (records.finish - records.start).sum() == pytest.approx(3 * 40)


def test_people_along_a_line_beat_fixed_zones_of_the_same_people_where_their_speeds_differ() -> None:
    zones = brigade([1, 2, 3], tasks=3).model_dump(by_alias=True)
    zones["roles"] = {f"z{k}": [f"t{k}"] for k in range(3)}
    zones["crew"] = {"workers": {f"w{k}": {"role": f"z{k}", "speed": k + 1} for k in range(3)}}
    fixed = replicate(Work.model_validate(zones), replications=1, warm_up=50)
    moving = replicate(brigade([1, 2, 3], tasks=3), replications=1, warm_up=50)
    assert fixed.output[0] / fixed.span == pytest.approx(3, rel=0.01)
    assert moving.output[0] / moving.span == pytest.approx(6, rel=0.01)
