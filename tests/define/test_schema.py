"""The JSON Schema that editors use: shipped, current, and no stricter than what reads the register."""

import json

import pytest

from pitprop.define.metric import Metric, Register
from pitprop.define.schema import register_schema, schema_file, schema_text


def test_the_shipped_schema_is_what_the_models_say_now():
    assert schema_file().name == "pitprop-register-v1.json"
    assert schema_file().read_text(encoding="utf-8") == schema_text(), (
        "run `python -m pitprop.define.schema` and commit the file"
    )


def test_the_schema_has_a_title_and_no_address_of_its_own():
    schema = json.loads(schema_file().read_text(encoding="utf-8"))
    assert schema["title"] == "pitprop-register-v1"
    assert "$id" not in schema
    assert schema["additionalProperties"] is False


def test_every_key_of_a_metric_is_completed_and_none_else():
    schema = register_schema()
    assert list(schema["$defs"]["Metric"]["properties"]) == list(Metric.model_fields)
    assert list(schema["properties"]) == list(Register.model_fields)
    assert schema["$defs"]["Metric"]["additionalProperties"] is False


def types(schema):
    return {branch["type"] for branch in schema["anyOf"]}


@pytest.mark.parametrize(
    ("model", "field", "expected"),
    [
        ("Cost", "hours_per_period", {"number", "array"}),
        ("Information", "benefit_per_unit", {"number", "array"}),
        ("Target", "value", {"number", "string"}),
        ("Guardrail", "margin", {"number", "string"}),
        ("Part", "expr", {"number", "string"}),
    ],
)
def test_what_may_be_written_in_two_ways_may_be_in_an_editor(model, field, expected):
    assert types(register_schema()["$defs"][model]["properties"][field]) == expected


def test_metrics_may_be_patterns_in_an_editor():
    metrics = register_schema()["properties"]["metrics"]
    assert types(metrics) == {"string", "array"}
    inner = metrics["anyOf"][1]["items"]["anyOf"]
    assert {"$ref": "#/$defs/Metric"} in inner
    assert any(branch.get("type") == "string" for branch in inner)


def test_what_is_required_may_stand_in_dbt_meta_instead():
    metric = register_schema()["$defs"]["Metric"]
    assert "required" not in metric
    assert metric["else"]["required"] == ["name", "type", "source", "improvement_direction"]
    assert metric["if"]["properties"]["config"]["properties"]["meta"]["required"] == ["pitprop"]
