"""Everything in one way of working that cannot be right and that its parts, each by itself, do not show."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pitprop.define.place import Path
from pitprop.define.shape import Misfit, fit
from pitprop.define.work import Work
from pitprop.define.work_crew import miscrewed
from pitprop.define.work_flow import misflows
from pitprop.define.work_references import misreferences, unknown_names
from pitprop.define.work_room import cramped

_MANY = 100
"""Misfits beyond which what is left says little."""
_NO_TASK = "stand_in_for_a_task"
_STAND_INS: dict[str, dict[str, Any]] = {
    "tasks": {"time": 1},
    "buffers": {},
    "tools": {},
    "roles": {"tasks": [_NO_TASK]},
    "conditions": {"times": {"all": 1}},
}
"""For entries whose values are wrong, while the names in the rest are looked at."""
_NEEDED = {("tasks", "time"), ("roles", "tasks"), ("conditions", "times")}


def sound(data: Mapping[str, Any]) -> tuple[Work | None, Collection[Misfit]]:
    """The work that plain data describe, or everything that is wrong with it.

    What names nothing is looked for before the rest, which would be guesses without it; it is found even where
    some values are wrong.
    """
    work, misfits = fit(Work, dict(data))
    if work is None:
        return None, (*misfits, *_unknown_beside(data, misfits))
    found = list(misreferences(work)) or [*misflows(work), *cramped(work), *miscrewed(work)]
    return (None if found else work), found


def _unknown_beside(data: Mapping[str, Any], misfits: Collection[Misfit]) -> Iterator[Misfit]:
    """Unknown names in what is left when values that do not fit are left out."""
    if len(misfits) > _MANY:
        return
    work, _ = fit(Work, _mended(data, misfits))
    if work is not None:
        yield from (misfit for misfit in unknown_names(work) if _NO_TASK not in misfit.says)


def _mended(data: Mapping[str, Any], misfits: Collection[Misfit]) -> dict[str, Any]:
    result = dict(data)
    for misfit in misfits:
        part, *rest = misfit.path or ("",)
        entries = result.get(str(part))
        if rest and part in _STAND_INS and isinstance(entries, dict):
            result[str(part)] = _mended_entries(str(part), entries, tuple(rest))
        else:
            result.pop(str(part), None)
    buffers = result.get("buffers")
    return {"shift": {"length": 1}, "output": next(iter(buffers or {"x": {}}), "x")} | result


def _mended_entries(part: str, entries: dict[str, Any], path: Path) -> dict[str, Any]:
    name = str(path[0])
    entry = entries.get(name)
    if len(path) > 1 and isinstance(entry, dict) and (part, path[1]) not in _NEEDED:
        return entries | {name: {key: value for key, value in entry.items() if key != path[1]}}
    rest = entry if len(path) > 1 and isinstance(entry, dict) else {}
    return entries | {name: rest | _STAND_INS[part]}
