"""As much of JSON Schema as ours use: enough to hold data against them."""

import re

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}
KNOWN = {
    *("$ref", "$defs", "$schema", "title", "description", "default", "examples", "anyOf", "type", "enum", "const"),
    *("properties", "patternProperties", "propertyNames", "additionalProperties", "required", "items", "prefixItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
}


def accepts(schema, value, root=None):
    """Whether a schema accepts plain data; an unknown keyword is a mistake of this test, not of the data."""
    root = schema if root is None else root
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema and not accepts(root["$defs"][schema["$ref"].rsplit("/")[-1]], value, root):
        return False
    if "anyOf" in schema and not any(accepts(branch, value, root) for branch in schema["anyOf"]):
        return False
    if ("enum" in schema and value not in schema["enum"]) or ("const" in schema and value != schema["const"]):
        return False
    if "type" in schema and not _is(schema["type"], value):
        return False
    if isinstance(value, dict):
        return _object(schema, value, root)
    if isinstance(value, list):
        return _array(schema, value, root)
    if isinstance(value, str):
        length = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        return length and re.search(schema.get("pattern", ""), value) is not None
    return isinstance(value, bool | None) or _number(schema, value)


def _is(kind, value):
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _object(schema, value, root):
    if not set(schema.get("required", ())) <= set(value):
        return False
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    for key, inner in value.items():
        if not accepts(schema.get("propertyNames", {}), key, root):
            return False
        told = [part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        told += [schema["properties"][key]] if key in schema.get("properties", {}) else []
        beside = schema.get("additionalProperties", True)
        if not told and beside is False:
            return False
        told = told or ([beside] if isinstance(beside, dict) else [])
        if not all(accepts(part, inner, root) for part in told):
            return False
    return True


def _array(schema, value, root):
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    first = schema.get("prefixItems", [])
    if not all(accepts(part, item, root) for part, item in zip(first, value, strict=False)):
        return False
    return all(accepts(schema.get("items", {}), item, root) for item in value[len(first) :])


def _number(schema, value):
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return False
    above = value > schema["exclusiveMinimum"] if "exclusiveMinimum" in schema else True
    return above and (value < schema["exclusiveMaximum"] if "exclusiveMaximum" in schema else True)
