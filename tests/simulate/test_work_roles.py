"""Who should do what, and the people one by one."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from pitprop.define.work import Work
from pitprop.simulate.work.capacity import capacity
from pitprop.simulate.work.people import able, alike, crewed, people
from pitprop.simulate.work.roles import best_roles
from pitprop.simulate.work.trials import Trials


def line(skills: dict[str, dict[str, float]], *, length: float = 200, cv: float = 0.0, **crew: Any) -> Work:
    """A line of the tasks that the skills name, ten places between them; everybody may do everything."""
    tasks = list(next(iter(skills.values())))
    law = {"mean": 1.0, "cv": cv} if cv else {"mean": 1.0}
    ends = [*(f"after_{task}" for task in tasks[:-1]), "out"]
    return Work.model_validate(
        {
            "time": "hour",
            "output": "out",
            "shift": {"length": length},
            "buffers": {**{end: {"limit": 10} for end in ends[:-1]}, "out": {}},
            "tasks": {
                task: {"time": law, "to": end, **({"from": before} if before else {})}
                for task, end, before in zip(tasks, ends, [None, *ends], strict=False)
            },
            "roles": {name: {"tasks": tasks, "speed": speed} for name, speed in skills.items()},
            "crew": crew or {"workers": {name: {"role": name} for name in skills}},
        }
    )


def test_of_two_people_each_does_what_they_do_fastest() -> None:
    work = line({"w1": {"a": 4, "b": 2}, "w2": {"a": 2, "b": 3}})
    found = best_roles(work, trials=Trials(seed=0), replications=3, screening=2)
    assert found is not None
    assert found.tasks == {"w1": ("a",), "w2": ("b",)}
    assert (found.exact, found.looked_at) == (True, 2)
    # three an hour, of which the first quarter hour brings nothing
    assert found.output.mean == pytest.approx(3 * (200 - 0.25), abs=1)


def test_the_best_of_all_divisions_is_found_as_by_trying_them() -> None:
    rng = np.random.default_rng(5)
    skills = {f"w{i}": {task: float(rng.uniform(1, 4)) for task in "abcd"} for i in range(4)}
    found = best_roles(line(skills, cv=0.3), trials=Trials(seed=1), replications=20, screening=20)
    assert found is not None
    assert (found.exact, found.looked_at) == (True, 24)
    slowest = {order: min(skills[f"w{i}"][task] for i, task in enumerate(order)) for order in permutations("abcd")}
    fluid = sorted(slowest, key=lambda order: -slowest[order])
    assert tuple(found.tasks[f"w{i}"][0] for i in range(4)) in fluid[:3]
    bound = capacity(line(skills))
    assert bound is not None
    assert found.output.mean < bound.output


def test_a_search_finds_what_trying_all_finds() -> None:
    rng = np.random.default_rng(6)
    skills = {f"w{i}": {task: float(rng.uniform(1, 4)) for task in "abcde"} for i in range(5)}
    work, trials = line(skills, cv=0.3), Trials(seed=1)
    exact = best_roles(work, trials=trials, replications=20, screening=10)
    searched = best_roles(work, trials=trials, replications=20, screening=10, exact_up_to=0)
    assert exact is not None
    assert searched is not None
    assert (exact.exact, exact.looked_at) == (True, 120)
    assert not searched.exact
    assert searched.looked_at < 120
    assert searched.output.mean == pytest.approx(exact.output.mean, rel=0.01)


def test_fewer_people_than_tasks_have_as_few_as_it_takes() -> None:
    skills = {"w1": {"a": 2, "b": 2, "c": 1, "d": 1}, "w2": {"a": 1, "b": 1, "c": 2, "d": 2}}
    found = best_roles(line(skills), trials=Trials(seed=0), replications=2, screening=2)
    assert found is not None
    assert {name: sorted(tasks) for name, tasks in found.tasks.items()} == {"w1": ["a", "b"], "w2": ["c", "d"]}
    assert found.looked_at == 6


def test_people_who_are_alike_are_not_told_apart() -> None:
    skills = {name: {"a": 1.0, "b": 1.0} for name in ("w1", "w2", "w3", "w4")}
    found = best_roles(line(skills), trials=Trials(seed=0), replications=2, screening=2)
    assert found is not None
    # one, two or three of the four do the first task
    assert found.looked_at == 3
    assert sorted(tasks[0] for tasks in found.tasks.values()) == ["a", "a", "b", "b"]


def test_one_person_or_one_task_leaves_nothing_to_divide() -> None:
    assert best_roles(line({"w": {"a": 1, "b": 1}}), trials=Trials(seed=0), replications=2, screening=2) is None
    alone = {"w1": {"a": 1.0}, "w2": {"a": 1.0}}
    assert best_roles(line(alone), trials=Trials(seed=0), replications=2, screening=2) is None


def test_naming_everybody_changes_nothing_that_happens() -> None:
    work = line({"fast": {"a": 3, "b": 1}, "slow": {"a": 1, "b": 2}}, cv=0.5, roles=["fast", "slow"], size=5)
    named = crewed(work, people(work))
    assert list(people(work)) == ["fast_1", "slow_1", "fast_2", "slow_2", "fast_3"]
    trials = Trials(seed=3)
    assert np.array_equal(trials.totals(work, 20).times, trials.totals(named, 20).times)
    assert trials.simulated == 2


def test_the_alike_are_grouped_and_the_others_stand_alone() -> None:
    work = line({"fast": {"a": 3, "b": 1}, "slow": {"a": 1, "b": 2}}, roles=["fast", "slow"], size=3)
    assert alike(people(work)) == {"fast_1": ("fast_1", "fast_2"), "slow": ("slow",)}


def test_a_person_is_able_to_do_what_the_role_lists_and_what_a_speed_is_named_for() -> None:
    work = line({"w1": {"a": 4, "b": 2}, "w2": {"a": 2, "b": 3}})
    roles = {
        "w1": {"tasks": ["a"], "speed": {"a": 4, "b": 2}},
        "w2": {"tasks": ["b"], "speed": 3},
    }
    known = able(Work.model_validate({**work.model_dump(by_alias=True), "roles": roles}))
    assert known["w1"].tasks == ("a", "b")
    assert known["w1"].speed == {"a": 4.0, "b": 2.0}
    assert known["w2"].tasks == ("b",)
