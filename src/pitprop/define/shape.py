"""Whether plain data have the shape of a model, said in plain sentences."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from pitprop.define.place import Path
from pitprop.define.problem import nearest, shown

_CALLED = {
    "Register": "the register",
    "Source": "a source",
    "PolicyChoices": "`policy`",
    "Metric": "a metric",
    "Target": "a target",
    "Outcome": "an outcome",
    "Guardrail": "a guardrail",
    "Cost": "`cost`",
    "Information": "`information`",
    "Person": "an owner",
    "Purpose": "a purpose",
    "Revisions": "`revisions`",
    "Event": "an event",
    "Risk": "a known risk",
    "Waiver": "a waiver",
    "Part": "a numerator or denominator",
    "Config": "`config`",
    "Work": "the scenario",
    "WorkFile": "the scenario",
    "FactorPatch": "a factor",
    "ArmPatch": "an arm",
    "Buffer": "a buffer",
    "Task": "a task",
    "Time": "a time",
    "Way": "a way `to` go on",
    "Learning": "`learning`",
    "Tool": "a tool",
    "Failing": "`fails`",
    "Pause": "a break",
    "Role": "a role",
    "Worker": "a worker",
    "Crew": "`crew`",
    "Condition": "a condition",
    "Shift": "`shift`",
    "Assumption": "an assumption",
    "Split": "`split`",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_STRUCTURE = frozenset({"type", "agg", "expr", "numerator", "denominator", "targets"})
"""Keys of a metric that the rules over several keys look at."""
_STAND_IN = {"name": "x", "source": "x", "improvement_direction": "increase"}
"""For what is required but does not matter to those rules."""
_INSTEAD = {"Time": "a number (without quotes), or ", "Role": "a list of tasks, or "}
"""What some models may be written as, more shortly."""
_MAX_LISTED = 20

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """One thing in the data that does not fit the models."""

    path: Path
    says: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    unknown_key: bool = False


def fit(model: type[M], data: dict[str, Any]) -> tuple[M | None, tuple[Misfit, ...]]:
    """What the data describe, or everything in which they do not fit the model.

    Rules over several keys can only be looked at once each key is right by itself; where some are not, these
    are left out and the rest is looked at again, so that nothing waits for a second run. Keys are the names that
    people write (aliases), never those that only the program uses.
    """
    try:
        return _read(model, data), ()
    except ValidationError as error:
        misfits = list(_misfits(error, model, data))
    try:
        _read(model, _without(data, misfits))
    except ValidationError as error:
        said = {(misfit.path, misfit.says) for misfit in misfits}
        misfits += [m for m in _misfits(error, model, data, rules_only=True) if (m.path, m.says) not in said]
    return None, tuple(misfits)


def _read(model: type[M], data: dict[str, Any]) -> M:
    return model.model_validate(data, by_alias=True, by_name=False)


def _without(data: dict[str, Any], misfits: list[Misfit]) -> dict[str, Any]:
    dropped = set()
    for misfit in misfits:
        path = misfit.path
        if len(path) > 2 and path[0] == "metrics" and path[2] not in _STRUCTURE:
            path = path[:3]
        elif not misfit.unknown_key:
            continue
        dropped.add(path)

    def kept(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return {k: kept(v, (*path, k)) for k, v in value.items() if (*path, k) not in dropped}
        if isinstance(value, list):
            return [kept(item, (*path, i)) for i, item in enumerate(value)]
        return value

    result: dict[str, Any] = kept(data, ())
    metrics = result.get("metrics")
    if isinstance(metrics, list):
        result["metrics"] = [{**_STAND_IN, **m} if isinstance(m, dict) else m for m in metrics]
    return result


def _misfits(
    error: ValidationError, model: type[BaseModel], data: dict[str, Any], *, rules_only: bool = False
) -> Iterator[Misfit]:
    found: dict[Path, Misfit] = {}
    for detail in error.errors(include_url=False):
        if rules_only and detail["type"] != "value_error":
            continue
        if detail["type"] == "too_short" and detail["input"]:
            continue  # pydantic counts the items that fit
        path = _real(detail["loc"], data, detail["type"])
        weak = detail["type"] in ("float_type", "string_type", "tuple_type") or (
            detail["type"] == "literal_error" and isinstance(detail["input"], int | float)
        )
        if path not in found or not weak:
            found[path] = _misfit(model, path, detail)
    yield from found.values()


def _real(loc: tuple[str | int, ...], data: Any, kind: str) -> Path:
    """The path in the data, without the names that pydantic adds for the branches of a union."""
    path: Path = ()
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return (*path, step) if kind == "missing" and step == loc[-1] else path
        path = (*path, step)
    return path


def _misfit(model: type[BaseModel], path: Path, detail: Any) -> Misfit:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    annotation = _annotation(model, path)
    if kind == "extra_forbidden":
        owner = _annotation(model, path[:-1])
        return unknown_key(path, owner, _keys(owner))
    if kind == "missing":
        allowed = _choices(annotation)
        return Misfit(path=path, says="is missing", allowed=allowed)
    if kind == "literal_error":
        allowed = _choices(annotation)
        says = f"is {shown(value)}" + ("; it must be a number, or a word" if _of_numbers(annotation) else "")
        return Misfit(path=path, says=says, allowed=allowed, nearest=nearest(value, allowed))
    if kind == "value_error":
        return Misfit(path=path, says=str(context["error"]))
    if kind == "string_pattern_mismatch":
        return _misnamed(path, value)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return Misfit(path=path, says=f"is {shown(value)}; it must be {words} {context[key]:g}")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        keys = _keys(annotation)
        instead = _INSTEAD.get(getattr(annotation, "__name__", ""), "")
        says = f"is {shown(value)}; it must be {instead}a mapping (`key: value`)"
        return Misfit(path=path, says=says, allowed=keys)
    return Misfit(path=path, says=_sentence(kind, value, context, detail["msg"]))


def _sentence(kind: str, value: Any, context: dict[str, Any], otherwise: str) -> str:
    if kind == "string_type":
        if value is None:
            return "is empty; write text, or delete the line"
        if isinstance(value, bool | int | float):
            return f"is {shown(value)}, which YAML does not read as text; put it in quotes"
        return f"is {shown(value)}; it must be text"
    if kind in ("float_type", "int_type"):
        number = "a whole number" if kind == "int_type" else "a number"
        quoted = isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d+)?", value.strip(), flags=re.ASCII)
        return f"is {shown(value)}; it must be {number}" + (", without quotes" if quoted else "")
    if kind == "bool_type":
        return f"is {shown(value)}; it must be true or false"
    if kind == "tuple_type":
        return f"is {shown(value)}; it must be a list ([a, b], or lines that start with `- `)"
    if kind == "string_too_short":
        return "is empty; write text, or delete the line"
    if kind == "string_too_long":
        return f"is longer than {context['max_length']:,} characters"
    if kind == "too_short":
        return "is empty; at least one is needed"
    if kind == "too_long":
        return f"has too many entries; at most {context['max_length']:,} are allowed"
    if kind == "finite_number":
        return "must be a finite number"
    return f"is {shown(value)}: {otherwise[:1].lower()}{otherwise[1:]}"


def unknown_key(path: Path, owner: Any, keys: tuple[str, ...]) -> Misfit:
    """That a key is none of those that its owner (a model) may have."""
    called = _CALLED.get(getattr(owner, "__name__", ""), "this")
    key = shown(str(path[-1])).strip("'")
    return Misfit(
        path=path,
        says=f"`{key}` is not a key of {called}",
        allowed=keys,
        nearest=nearest(path[-1], keys),
        unknown_key=True,
    )


def unknown_name(path: Path, name: Any, known: Collection[str], what: str) -> Iterator[Misfit]:
    """That a name is none of those that are known, where it is none; what is no text is said elsewhere."""
    if isinstance(name, str) and name not in known:
        listed = tuple(shown(str(k)).strip("'") for k in sorted(known))
        if len(listed) > _MAX_LISTED:
            listed = (*listed[:_MAX_LISTED], f"and {len(listed) - _MAX_LISTED} more")
        says = f"{shown(name)} is not {what}"
        yield Misfit(path=path, says=says, allowed=listed, nearest=nearest(name, known))


def _misnamed(path: Path, value: Any) -> Misfit:
    if path[-1] == "connection":
        return Misfit(
            path=path,
            says="must be the NAME (letters, digits, `_`) of a connection whose URL is in PITPROP_NAME_URL",
        )
    better = re.sub(r"[^a-z0-9]+", "_", str(value).lower()).strip("_")
    if not re.match(r"[a-z]", better):
        better = f"n_{better}".strip("_")
    return Misfit(
        path=path,
        says=f"is {shown(value)}; a name has lower case letters, digits and single underscores",
        nearest=better if len(better) <= 60 else None,
    )


def _annotation(model: type[BaseModel], path: Path) -> Any:
    """The type that the model expects at a path; None where it expects nothing."""
    found: Any = model
    for step in path:
        found = _plain(found)
        arguments = get_args(found)
        if isinstance(found, type) and issubclass(found, BaseModel) and step in (fields := by_key(found)):
            found = fields[str(step)].annotation
        elif get_origin(found) is tuple and isinstance(step, int) and arguments:
            found = arguments[0]
        elif get_origin(found) is dict:
            found = arguments[1]
        else:
            return None
    return _plain(found)


def _plain(annotation: Any) -> Any:
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            rest = [a for a in get_args(annotation) if a is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) in (Union, UnionType):
        return tuple(choice for branch in get_args(annotation) for choice in _choices(_plain(branch)))
    return tuple(str(a) for a in get_args(annotation)) if get_origin(annotation) is Literal else ()


def _of_numbers(annotation: Any) -> bool:
    """Whether a number may stand there instead of a word."""
    return float in [_plain(branch) for branch in get_args(annotation)]


def _keys(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return tuple(by_key(annotation))
    return ()


def by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by the keys that people write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}
