"""The bound of the linear programme, against systems whose capacity is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pitprop.define.work import Work
from pitprop.simulate.work.capacity import capacity
from pitprop.simulate.work.trials import Trials


def two_tasks(roles: dict[str, Any], **more: Any) -> Work:
    """Each unit needs a, then b, one hour of each at speed 1."""
    plain = {
        "time": "hour",
        "output": "out",
        "shift": {"length": 1},
        "buffers": {"mid": {}, "out": {}},
        "tasks": {"a": {"time": 1, "to": "mid"}, "b": {"time": 1, "from": "mid", "to": "out"}},
        "roles": roles,
        "crew": {"workers": {name: {"role": name} for name in roles}},
    }
    return Work.model_validate({**plain, **more})


FIRST, SECOND = {"a": 4, "b": 2}, {"a": 2, "b": 3}


def test_two_people_who_share_both_tasks_can_yield_ten_thirds() -> None:
    found = capacity(
        two_tasks({"w1": {"tasks": ["a", "b"], "speed": FIRST}, "w2": {"tasks": ["a", "b"], "speed": SECOND}})
    )
    assert found is not None
    assert found.output == pytest.approx(10 / 3, rel=1e-9)
    assert found.shares["w1"]["b"] == pytest.approx(1 / 6, rel=1e-6)
    assert found.shares["w2"] == pytest.approx({"b": 1.0}, rel=1e-6)
    assert found.limited_by == ("w1", "w2")


def test_two_people_with_one_task_each_can_yield_three() -> None:
    found = capacity(two_tasks({"w1": {"tasks": ["a"], "speed": {"a": 4}}, "w2": {"tasks": ["b"], "speed": {"b": 3}}}))
    assert found is not None
    assert found.output == pytest.approx(3, rel=1e-9)
    assert found.limited_by == ("w2",)


def test_a_speed_named_for_a_task_outside_the_role_counts_as_being_able_to_do_it() -> None:
    found = capacity(two_tasks({"w1": {"tasks": ["a"], "speed": FIRST}, "w2": {"tasks": ["b"], "speed": SECOND}}))
    assert found is not None
    assert found.output == pytest.approx(10 / 3, rel=1e-9)


def test_breaks_training_and_hours_are_taken_off() -> None:
    role = {"tasks": ["a", "b"], "training": 0.25, "breaks": [{"at": 0.5, "length": 0.25}]}
    found = capacity(two_tasks({"w": role}))
    assert found is not None
    assert found.output == pytest.approx(0.5 / 2, rel=1e-9)
    part = capacity(two_tasks({"w": {"tasks": ["a", "b"], "hours": [0.2, 0.8]}}))
    assert part is not None
    assert part.output == pytest.approx(0.6 / 2, rel=1e-9)


def test_conditions_make_the_tasks_that_they_name_longer() -> None:
    found = capacity(two_tasks({"w": ["a", "b"]}, conditions={"dark": {"times": {"a": 3}}}))
    assert found is not None
    assert found.output == pytest.approx(1 / 4, rel=1e-9)


def test_a_shared_tool_that_breaks_bounds_the_output_by_its_availability() -> None:
    tool = {"count": 1, "fails": {"after": {"mean": 9}, "repair": {"mean": 1}}}
    found = capacity(
        two_tasks(
            {"w1": ["a", "b"], "w2": ["a", "b"], "w3": ["a", "b"]},
            tasks={"a": {"time": 1, "to": "mid", "tools": "drill"}, "b": {"time": 1, "from": "mid", "to": "out"}},
            tools={"drill": tool},
        )
    )
    assert found is not None
    # up / (up + repair)
    assert found.output == pytest.approx(9 / 10, rel=1e-9)
    assert found.limited_by == ("drill",)


def test_what_arrives_bounds_what_leaves() -> None:
    found = capacity(
        two_tasks(
            {"w": ["b"]},
            tasks={"a": {"time": 2, "to": "mid", "automatic": True}, "b": {"time": 1, "from": "mid", "to": "out"}},
        )
    )
    assert found is not None
    assert found.output == pytest.approx(1 / 2, rel=1e-9)
    assert found.limited_by == ("a",)


def test_rework_and_loss_take_their_part() -> None:
    ways = [{"share": 0.5, "to": "out"}, {"share": 0.25, "to": "mid"}, {"share": 0.25}]
    found = capacity(
        two_tasks(
            {"w": ["a", "b"]},
            tasks={"a": {"time": 1, "to": "mid"}, "b": {"time": 1, "from": "mid", "to": ways}},
        )
    )
    assert found is not None
    # a unit comes to b 4/3 times, and 2/3 of the units get out: (1 + 4/3) hours for 2/3
    assert found.output == pytest.approx((2 / 3) / (7 / 3), rel=1e-9)


def test_batches_count_in_units() -> None:
    found = capacity(
        two_tasks(
            {"w": ["a", "b"]},
            tasks={"a": {"time": 1, "to": "mid"}, "b": {"time": 1, "from": {"mid": 4}, "to": {"out": 1}}},
            size=4.0,
        )
    )
    assert found is not None
    assert found.output == pytest.approx(4 / 5, rel=1e-9)


def test_work_that_may_be_put_off_only_so_far_has_to_be_done_in_the_end() -> None:
    shift = {"length": 100}
    tasks = {"a": {"time": 1, "to": ["out", "mid"]}, "b": {"time": 1, "from": "mid", "to": "done"}}

    def bound(limit: float) -> float:
        buffers = {"mid": {"limit": limit, "debt": True}, "out": {}, "done": {}}
        found = capacity(two_tasks({"w": ["a", "b"]}, shift=shift, tasks=tasks, buffers=buffers))
        assert found is not None
        return found.output

    # n of a and n - 6 of b in 100 hours
    assert bound(6) == pytest.approx(53, rel=1e-9)
    assert bound(float("inf")) == pytest.approx(100, rel=1e-9)


def test_learning_is_bounded_by_the_practice_that_the_time_allows() -> None:
    tasks = {
        "a": {"time": 1, "to": "mid", "learning": {"rate": 0.8}},
        "b": {"time": 0, "from": "mid", "to": "out"},
    }
    found = capacity(two_tasks({"w": ["a"], "v": ["b"]}, tasks=tasks, shift={"length": 10.0}))
    assert found is not None
    # Wright's curve at 80 %: T(n) = n^log2(.8); as many as fit into 10 hours, and a part of the next at most
    times, done = 0.0, 0
    while times + (done + 1) ** -0.32192809488736235 <= 10:
        done += 1
        times += done**-0.32192809488736235
    assert done <= found.output < done + 1


def test_output_is_told_per_shift_and_in_the_unit_of_the_file() -> None:
    found = capacity(two_tasks({"w": ["a", "b"]}, shift={"length": 8, "count": 5, "every": 24}, size=2.5))
    assert found is not None
    assert found.output == pytest.approx(4 * 2.5, rel=1e-9)


def some_network(rng: np.random.Generator) -> Work:
    """A line with random skills, tools that break, buffers, rework, automatic steps, learning, breaks and training."""
    tasks = [f"t{i}" for i in range(int(rng.integers(2, 5)))]
    buffers = [f"b{i}" for i in range(len(tasks) - 1)]
    said: dict[str, dict[str, Any]] = {}
    for i, task in enumerate(tasks):
        said[task] = {"time": {"mean": float(rng.uniform(0.5, 3)), "cv": float(rng.choice([0, 0.3, 0.8]))}}
        said[task]["blocking"] = str(rng.choice(["after", "before"]))
        onward = [*buffers, "out"][i]
        said[task]["to"] = onward
        if i:
            said[task]["from"] = buffers[i - 1]
            if rng.random() < 0.3:
                said[task]["to"] = [{"share": 0.8, "to": onward}, {"share": 0.2, "to": buffers[i - 1]}]
        if rng.random() < 0.3:
            said[task]["tools"] = "tool"
        if i and rng.random() < 0.2:
            said[task] |= {"automatic": True, "parallel": 2}
        elif rng.random() < 0.3:
            said[task]["learning"] = {"rate": 0.9, "floor": 0.5}
    by_hand = [task for task in reversed(tasks) if not said[task].get("automatic")]
    roles = {
        f"w{i}": {
            "tasks": by_hand,
            "speed": {task: float(rng.uniform(0.5, 2)) for task in by_hand},
            "training": float(rng.choice([0, 5])),
            "breaks": [{"at": 50, "length": 10}] if rng.random() < 0.3 else [],
            "fatigue": float(rng.choice([0, 0.1])),
        }
        for i in range(int(rng.integers(1, 5)))
    }
    fails = {"after": {"mean": 20, "distribution": "exponential"}, "repair": {"mean": 3}}
    held = {name: {"limit": float(rng.choice([2, 5, np.inf])), "start": int(rng.integers(0, 3))} for name in buffers}
    return Work.model_validate(
        {
            "output": "out",
            "shift": {"length": 200},
            "buffers": {**held, "out": {}},
            "tasks": said,
            "tools": {"tool": {"count": int(rng.integers(1, 3)), **({"fails": fails} if rng.random() < 0.5 else {})}},
            "roles": roles,
            "crew": {"workers": {name: {"role": name} for name in roles}},
        }
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_crew_yields_more_than_the_bound(seed: int) -> None:
    work = some_network(np.random.default_rng(seed))
    found = capacity(work)
    assert found is not None
    # times vary less than exponential ones, so that the mean lies below in a short shift as well
    assert Trials(seed=seed).output(work, 60).mean() <= found.output
