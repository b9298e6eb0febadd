"""JSON Schemas, by which editors complete and check a `pitprop.yml` or a scenario while it is written.

`python -m pitprop.define.schema` writes them anew from the models.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any


def register_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a register, from the models.

    It accepts whatever `read` accepts, and cannot know what `read` looks up: whether names, sources and files
    exist and expressions may be used.
    """
    from pitprop.define import metric as models
    from pitprop.define.metric import Register

    _describe(models)
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
    return _named("register", schema)


def work_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario of `kind: work`, from the models.

    It accepts whatever `read_scenario` accepts. Base, factors and arms share one form in which nothing is required,
    since each may leave to another what it does not say; whether arms are whole, `read_scenario` knows.
    """
    from pitprop.define.work import Work
    from pitprop.define.work_file import WorkFile

    schema, parts = WorkFile.model_json_schema(mode="validation"), Work.model_json_schema(mode="validation")
    whole = {name: parts["$defs"].pop(name) for name in _WHOLE}
    partial = {name: _partial(part) for name, part in parts["$defs"].items()}
    keys = _partial(parts)["properties"]
    for owner in (schema, schema["$defs"]["FactorPatch"], schema["$defs"]["ArmPatch"]):
        owner["properties"] |= keys
        owner["additionalProperties"] = False
    schema["$defs"] |= whole | partial
    return _named("work", schema)


def _describe(module: ModuleType) -> None:
    """Give the fields of a module's models the docstrings below them: reading these at every start would cost 30 ms."""
    from pydantic import BaseModel

    for node in ast.parse(inspect.getsource(module)).body:
        model = getattr(module, node.name) if isinstance(node, ast.ClassDef) else None
        if not (isinstance(node, ast.ClassDef) and isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        for field, below in pairwise(node.body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                told = below.value.value if isinstance(below.value, ast.Constant) else None
                known = model.model_fields.get(field.target.id)
                if isinstance(told, str) and known is not None and known.description is None:
                    known.description = inspect.cleandoc(told)
        model.model_rebuild(force=True)


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {"register": register_schema, "work": work_schema}
"""What makes the schema of each kind of file."""

_WHOLE = ("Pause",)
"""Models that stand in lists only, which are replaced and never merged."""


def schema_text(name: str = "register") -> str:
    """A schema as it is shipped and as `pitprop schema` prints it."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


def schema_file(name: str = "register") -> Path:
    """Where the shipped schema lies."""
    return Path(__file__).parent / "schema" / f"pitprop-{name}-v1.json"


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    title = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"pitprop-{name}-v1"}
    return title | {key: _untitled(value) for key, value in schema.items() if key != "title"}


def _partial(value: Any) -> Any:
    """The schema of a patch: nothing is required, and `null` takes a key away."""
    if isinstance(value, list):
        return [_partial(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for key, inner in value.items():
        if key in ("properties", "patternProperties"):
            result[key] = {name: _or_null(_partial(entry)) for name, entry in inner.items()}
        elif key == "additionalProperties" and isinstance(inner, dict):
            result[key] = _or_null(_partial(inner))
        elif key not in ("required", "minProperties"):
            result[key] = _partial(inner)
    return result


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if {"type": "null"} in schema.get("anyOf", ()):
        return schema
    told = {key: schema[key] for key in ("description", "default") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in told}
    branches = rest["anyOf"] if set(rest) == {"anyOf"} else [rest]
    return {"anyOf": [*branches, {"type": "null"}]} | told


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
    for kind in SCHEMAS:
        schema_file(kind).parent.mkdir(exist_ok=True)
        schema_file(kind).write_text(schema_text(kind), encoding="utf-8")
