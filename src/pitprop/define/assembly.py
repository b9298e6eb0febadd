"""Arms put together from a scenario's plain data: the base, some of its factors, and an arm's own changes.

All of it is pure and quick, so that a thousand combinations of factors and values can be put together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pitprop.define.place import Path, written
from pitprop.define.problem import shown
from pitprop.define.shape import Misfit, by_key
from pitprop.define.work import Work
from pitprop.define.work_checks import sound
from pitprop.errors import PitpropError

KEYS = tuple(by_key(Work))
"""What an arm is made of: what may stand at the top of the file, in a factor and in an arm."""

_SHORT_FOR = frozenset({"mean", "all"})
"""Keys that a single number stands for: a time's `mean`, the speed at `all` tasks."""


class AssemblyError(PitpropError):
    """A combination of factors and values that is no way of organising work; the message names it."""


def base(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says about every arm, with no factor switched on."""
    return {key: document[key] for key in KEYS if key in document}


def merged(data: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The data with a patch merged in.

    Mappings are merged; numbers, words and lists replace what was there; `None` takes a key away. Neither argument
    is changed; what the patch leaves alone is shared with the result.
    """
    result = dict(data)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def layers(
    document: Mapping[str, Any], factors: Collection[str], patch: Mapping[str, Any]
) -> list[tuple[Path, Mapping[str, Any]]]:
    """What an arm is put together from, in this order; each with the path in the file that it comes from.

    The path of the arm's own patch is not known here and left empty.
    """
    told = document.get("factors")
    entries: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    switched = [(("factors", name), _patch(entries[name])) for name in entries if name in factors]
    return [((), base(document)), *switched, ((), _patch(patch))]


def combined(document: Mapping[str, Any], factors: Collection[str], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The plain data of an arm: the base, the factors in the file's order, then the arm's own patch."""
    (_, data), *patches = layers(document, factors, patch)
    result = dict(data)
    for _, changes in patches:
        result = merged(result, changes)
    return result


def assembled(
    document: Mapping[str, Any], factors: Collection[str] = (), patch: Mapping[str, Any] | None = None
) -> Work:
    """The work of a scenario with some of its factors switched on.

    Parameters
    ----------
    document : mapping
        A file of `kind: work` as plain data, as in `WorkScenario.document`.
    factors : collection of str
        Which of its factors are on; they are merged in the file's order.
    patch : mapping, optional
        What else is different, merged last, such as an entry of the document's `arms` (its `with` and `label` are
        passed over).

    Raises
    ------
    AssemblyError
        If there is no such factor, or they do not go together; the message names the factors and what is wrong.
    """
    known = document.get("factors") or {}
    for name in factors:
        if name not in known:
            raise AssemblyError(f"there is no factor called {shown(name)}; there are {', '.join(known) or 'none'}")
    work, misfits = sound(combined(document, factors, patch or {}))
    if work is None:
        raise AssemblyError(f"{_called(known, factors, patch)}: " + "; ".join(_told(m) for m in misfits))
    return work


def altered(document: Mapping[str, Any], at: str, value: float) -> dict[str, Any]:
    """The document with another number at a path such as `tasks.prop.time.mean` or `factors.drill.tools.drill.count`.

    The document itself is not changed. A whole number stays one, where the value is whole.

    Raises
    ------
    AssemblyError
        If the path does not lead to a number.
    """
    now = number_at(document, at)
    whole = isinstance(now, int) and float(value).is_integer()
    result: dict[str, Any] = _replaced(document, steps(at), int(value) if whole else value)
    return result


def number_at(document: Mapping[str, Any], at: str) -> float:
    """The number that stands at a path.

    Raises
    ------
    AssemblyError
        If the path does not lead to a number.
    """
    found: Any = document
    path = steps(at)
    for i, step in enumerate(path):
        if _is_number(found) and len(path) == i + 1 and step in _SHORT_FOR:
            break
        inner = _entries(found)
        if step not in inner:
            here = f"`{written(path[:i])}` has" if i else "the file has"
            raise AssemblyError(f"leads nowhere: {here} no {shown(str(step))}{_choice(inner)}")
        found = inner[step]
    if not _is_number(found):
        raise AssemblyError(f"leads to {shown(found)}; it must lead to a number{_choice(_entries(found))}")
    number: float = found
    return number


def steps(at: str) -> Path:
    """The keys and list positions of a dotted path; positions as `ways[0]` or `ways.0`."""
    return tuple(int(s) if s.isascii() and s.isdigit() else s for s in re.split(r"[.\[\]]+", at.strip("]")) if s)


def _entries(value: Any) -> dict[str | int, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _choice(inner: Mapping[str | int, Any]) -> str:
    names = [str(name) for name in inner][:20]
    return f" (there: {', '.join(names)})" if names else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _replaced(data: Any, path: Path, value: float) -> Any:
    if not path or _is_number(data):
        return value
    copy: Any = list(data) if isinstance(data, list) else dict(data)
    copy[path[0]] = _replaced(data[path[0]], path[1:], value)
    return copy


def _patch(changes: Any) -> dict[str, Any]:
    return {key: changes[key] for key in KEYS if key in changes} if isinstance(changes, Mapping) else {}


def _called(known: Collection[str], factors: Collection[str], patch: Mapping[str, Any] | None) -> str:
    on = [name for name in known if name in factors]
    text = f"with the factors {', '.join(on)}" if on else "with no factor"
    changed = [key for key in patch or {} if key in KEYS]
    return text + (f" and its own {', '.join(changed)}" if changed else "")


def _told(misfit: Misfit) -> str:
    return f"{written(misfit.path)} {misfit.says}"
