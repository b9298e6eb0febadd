"""Arms put together from plain data: any factors, any values, without changing the data."""

import time

import pytest
from work_sample import MINE, read_text

from pitprop.define.assembly import AssemblyError, altered, assembled, merged, number_at, steps
from pitprop.define.document import parse

DATA = parse(MINE).data


def test_an_assembled_arm_is_the_arm_that_was_read(tmp_path):
    scenario = read_text(tmp_path, MINE)
    for arm in scenario.arms:
        assert assembled(scenario.document, arm.factors, scenario.document["arms"][arm.name]) == arm.work
    assert assembled(scenario.document) == scenario.arm("ordinary").work


def test_factors_are_merged_in_the_order_of_the_file():
    data = parse(MINE.replace("factors:\n", "factors:\n  later: {tasks: {hew: {time: {mean: 9}}}}\n")).data
    assert assembled(data, ["drill", "later"]).tasks["hew"].time.mean == 3.38
    assert assembled(data, ["later", "drill"]) == assembled(data, {"drill", "later"})


@pytest.mark.parametrize(
    ("factors", "patch", "expected"),
    [
        (["dril"], {}, "there is no factor called 'dril'; there are drill, prepared, roles"),
        (
            ["roles", "drill"],
            {"shift": {"length": -1}},
            "with the factors drill, roles and its own shift: shift.length is -1; it must be more than 0",
        ),
        ([], {"output": "x"}, "with no factor and its own output: output 'x' is not a buffer"),
        (
            ["roles"],
            {"roles": {"hewer": ["load"]}},
            "with the factors roles and its own roles: tasks.hew nobody of the",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_by_the_name_of_the_combination(factors, patch, expected):
    with pytest.raises(AssemblyError) as refused:
        assembled(DATA, factors, patch)
    assert str(refused.value).startswith(expected)


def test_a_value_is_altered_in_a_copy():
    before = repr(DATA)
    data = altered(DATA, "factors.drill.tasks.hew.time.mean", 4.5)
    assert repr(DATA) == before
    assert number_at(data, "factors.drill.tasks.hew.time.mean") == 4.5
    assert assembled(data, ["drill"]).tasks["hew"].time.mean == 4.5
    assert data["buffers"] is DATA["buffers"]


def test_a_number_alone_may_be_called_what_it_stands_for():
    assert number_at(DATA, "tasks.load.time.mean") == number_at(DATA, "tasks.load.time") == 1
    assert altered(DATA, "tasks.load.time.mean", 1.5)["tasks"]["load"]["time"] == 1.5
    assert number_at(DATA, "roles.helper.speed.all") == 1.1


def test_whole_numbers_stay_whole():
    assert repr(altered(DATA, "crew.size", 5.0)["crew"]["size"]) == "5"
    assert repr(altered(DATA, "tasks.load.time", 1.5)["tasks"]["load"]["time"]) == "1.5"
    assert assembled(altered(DATA, "crew.size", 5.0)).crew.size == 5
    with pytest.raises(AssemblyError, match="must be a whole number"):
        assembled(altered(DATA, "crew.size", 5.5))


def test_positions_in_lists_are_counted_from_0():
    data = {"tasks": {"test": {"to": [{"share": 0.25}, {"share": 0.75}]}}}
    assert steps("tasks.test.to[1].share") == ("tasks", "test", "to", 1, "share")
    assert number_at(data, "tasks.test.to[1].share") == number_at(data, "tasks.test.to.1.share") == 0.75
    assert altered(data, "tasks.test.to[0].share", 0.5)["tasks"]["test"]["to"] == [{"share": 0.5}, {"share": 0.75}]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("tasks.hwe.time", "leads nowhere: `tasks` has no 'hwe' (there: hew, load, prop)"),
        ("nothing", "leads nowhere: the file has no 'nothing'"),
        ("tasks.hew.time", "leads to a mapping; it must lead to a number (there: mean, cv)"),
        ("tasks.hew.time.mean.mean.mean", "leads nowhere: `tasks.hew.time.mean` has no 'mean'"),
        ("conditions.ordinary", "leads to a mapping; it must lead to a number (there: times)"),
        ("factors.prepared.conditions.ordinary.on", "leads to false; it must lead to a number"),
        ("seed.of", "leads nowhere: `seed` has no 'of'"),
    ],
)
def test_a_path_that_leads_to_no_number_is_refused(at, expected):
    for call in (lambda: number_at(DATA, at), lambda: altered(DATA, at, 1.0)):
        with pytest.raises(AssemblyError) as refused:
            call()
        assert str(refused.value).startswith(expected)


def test_merging_follows_the_three_rules():
    data = {"a": {"b": 1, "c": [1, 2]}, "d": 4}
    assert merged(data, {"a": {"b": 2}}) == {"a": {"b": 2, "c": [1, 2]}, "d": 4}
    assert merged(data, {"a": {"c": [3]}}) == {"a": {"b": 1, "c": [3]}, "d": 4}
    assert merged(data, {"a": {"b": None}, "d": None}) == {"a": {"c": [1, 2]}}
    assert merged(data, {"d": {"e": 1, "f": None}}) == {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}}
    assert merged({"a": None}, {}) == {"a": None}


def test_a_thousand_combinations_are_put_together_in_a_second():
    began = time.perf_counter()
    for i in range(1000):
        assembled(altered(DATA, "tasks.prop.time.mean", 5 + i / 1000), ["drill", "roles"], DATA["arms"]["four_roles"])
    assert time.perf_counter() - began < 2.5
