"""The register's JSON Schema, by which editors complete and check a `pitprop.yml` while it is written.

`python -m pitprop.define.schema` writes it anew from the models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "pitprop-register-v1"


def register_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a register, from the models.

    It accepts whatever `read` accepts, and cannot know what `read` looks up: whether names, sources and files
    exist and expressions may be used.
    """
    from pitprop.define.metric import Register

    schema = Register.model_json_schema(mode="validation")
    metric = schema["$defs"]["Metric"]
    metric["title"] = "Metric"
    required = metric.pop("required")
    metric["if"] = {
        "properties": {"config": {"properties": {"meta": {"required": ["pitprop"]}}, "required": ["meta"]}},
        "required": ["config"],
    }
    metric["else"] = {"required": required}
    pattern = {"type": "string", "description": "Files of metrics beside the register, such as metrics/*.yml"}
    properties = schema["properties"]
    item = properties["metrics"]["items"]
    properties["metrics"] = {
        "description": "The numbers that people are judged by",
        "anyOf": [pattern, {"type": "array", "minItems": 1, "items": {"anyOf": [item, pattern]}}],
    }
    title = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": NAME}
    return title | {key: _untitled(value) for key, value in schema.items() if key != "title"}


def schema_text() -> str:
    """The schema as it is shipped and as `pitprop schema` prints it."""
    return json.dumps(register_schema(), indent=2, ensure_ascii=False) + "\n"


def schema_file() -> Path:
    """Where the shipped schema lies."""
    return Path(__file__).parent / "schema" / f"{NAME}.json"


def _untitled(value: Any, *, names: bool = False) -> Any:
    """Without the titles that pydantic makes out of field names; `names` where keys are names of fields."""
    if isinstance(value, list):
        return [_untitled(item) for item in value]
    if isinstance(value, dict):
        return {
            key: _untitled(inner, names=key in ("properties", "$defs") and not names)
            for key, inner in value.items()
            if names or key != "title" or not isinstance(inner, str)
        }
    return value


if __name__ == "__main__":
    schema_file().parent.mkdir(exist_ok=True)
    schema_file().write_text(schema_text(), encoding="utf-8")
