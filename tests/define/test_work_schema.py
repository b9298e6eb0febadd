"""The JSON Schema of scenarios: shipped, current, and no stricter than what reads them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_schema import accepts
from work_sample import changed, read_text

from pitprop.define.assembly import KEYS
from pitprop.define.document import parse
from pitprop.define.problem import ScenarioError
from pitprop.define.schema import SCHEMAS, schema_file, schema_text, work_schema
from pitprop.define.shape import by_key
from pitprop.define.work import Crew, Task
from pitprop.define.work_file import WorkFile

SCHEMA = work_schema()
NAMED = "crew: {workers: {ann: {role: all, hours: [0, 99]}}}"
ABLE = "speed: {prop: 2}, follow: true, training: 10, experience: {prop: 5}, fatigue: .1, breaks: [{at: 9, length: 1}]"


def test_the_shipped_schemas_are_what_the_models_say_now():
    for name in SCHEMAS:
        assert schema_file(name).name == f"pitprop-{name}-v1.json"
        assert schema_file(name).read_text(encoding="utf-8") == schema_text(name), (
            "run `python -m pitprop.define.schema` and commit the files"
        )


def test_every_key_that_people_write_is_completed_and_none_else():
    assert set(SCHEMA["properties"]) == {*by_key(WorkFile), *KEYS}
    assert list(SCHEMA["$defs"]["Task"]["properties"]) == list(by_key(Task))
    assert "from" in SCHEMA["$defs"]["Task"]["properties"]
    assert "takes" not in SCHEMA["$defs"]["Task"]["properties"]
    for owner in ("FactorPatch", "ArmPatch"):
        assert set(KEYS) < set(SCHEMA["$defs"][owner]["properties"])
        assert SCHEMA["$defs"][owner]["additionalProperties"] is False
    assert set(SCHEMA["$defs"]["Crew"]["properties"]) == set(Crew.model_fields)


def test_a_patch_needs_nothing_and_may_take_away():
    assert SCHEMA["required"] == ["kind", "version"]
    assert "required" not in SCHEMA["$defs"]["Task"]
    assert accepts(
        SCHEMA, {"kind": "work", "version": 1, "arms": {"a": {"tasks": {"hew": None}, "crew": {"size": None}}}}
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "wrok"},
        {"version": 2},
        {"titel": "x"},
        {"tasks": {"hew": {"tyme": 3}}},
        {"tasks": {"hew": {"time": "3"}}},
        {"tasks": {"hew": {"time": {"mean": -3}}}},
        {"tasks": {"Hew": {"time": 3}}, "arms": {"a": {"shift": {"length": 0}}}},
        {"crew": {"size": 65}},
        {"arms": {"a": {"with": "drill"}}},
        {"assumed": [{"range": [1, 2]}]},
        {"assumed": [{"at": "x", "range": [1, 2, 3]}]},
        {"split": {"from": "a"}},
        {"warm_up": "automatic"},
        {"conditions": {"wet": {"on": "yes"}}},
    ],
)
def test_what_an_editor_can_see_to_be_wrong_it_marks(wrong):
    assert accepts(SCHEMA, {"kind": "work", "version": 1})
    assert not accepts(SCHEMA, {"kind": "work", "version": 1, **wrong})


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("tools: pick}", "tools: [pick]}")],
        [("time: 1,", "time: {low: 0.5, high: 1.5},")],
        [("time: 1,", "time: {values: [1, 2, 3]},")],
        [("to: coal", "to: [{share: .9, to: coal}, {share: .1}]")],
        [("crew: {size: 4, roles: [all]}", NAMED), ("{crew: {roles", "{crew: {workers: null, roles")],
        [("speed: 1.1", ABLE)],
        [("length: 345", "length: 345, count: 3, every: 1440")],
        [("pick: {count: 4}", "pick: {count: 4, fails: {after: {mean: 100, distribution: exponential}, repair: 5}}")],
        [("credited: 1", "credited: crew\nwarm_up: auto")],
        [("time: 1,", "time: 1, learning: {rate: .8}, setup: 2, label: Load,")],
        [("buffers: {unpropped: {limit: .inf}}", "buffers: {unpropped: {limit: null}}, norm: null")],
    ],
)  # fmt: skip
def test_what_the_reader_accepts_the_schema_accepts(tmp_path, changes):
    text = changed(*changes)
    assert len(read_text(tmp_path, text).arms) == 3
    assert accepts(SCHEMA, parse(text).data)
    assert accepts(json.loads(schema_file("work").read_text()), parse(text).data)


values = st.sampled_from(
    ["1", "0", "2.5", "-1", ".inf", "null", "true", "word", "'1'", "[face]", "[1, 2]", "{mean: 2}", "{}", "[]"]
)

parts = st.sampled_from(
    [
        "345",
        "360",
        "200",
        "7",
        "{limit: 6}",
        "51.4",
        ".3",
        "pick}",
        "coal}",
        "{count: 4}",
        "1.1",
        "1.5",
        "1, from",
        "{}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(old=parts, new=values)
def test_whatever_is_exchanged_the_schema_is_no_stricter_than_the_reader(tmp_path_factory, old, new):
    end = "}" if old.endswith("}") and not old.startswith("{") else ", from" if old.endswith("from") else ""
    text = changed((old, new + end))
    try:
        read_text(tmp_path_factory.getbasetemp(), text)
    except ScenarioError as refused:
        assert str(refused)
    else:
        assert accepts(SCHEMA, parse(text).data)
