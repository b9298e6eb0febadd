"""What a scenario says that changes nothing in any of its arms: mostly a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pitprop.define.assembly import merged
from pitprop.define.place import Path
from pitprop.define.problem import nearest
from pitprop.define.shape import Misfit
from pitprop.define.work import Work
from pitprop.define.work_draft import WorkDraft, placed
from pitprop.define.work_references import roles_in_use

_IDLE = {
    "buffers": "is a buffer that no task puts into or takes from",
    "tools": "is a tool that no task holds",
    "roles": "is a role that nobody of the crew has",
}


def leftovers(draft: WorkDraft) -> Iterator[Misfit]:
    """Buffers, tools and roles in factors and arms that serve nothing in any arm; keys taken away that nothing had."""
    yield from _idle(draft)
    yield from _removals(draft)


def _idle(draft: WorkDraft) -> Iterator[Misfit]:
    idle: dict[tuple[str, str], Path] = {}
    serving: set[tuple[str, str]] = set()
    for arm in draft.arms:
        of_use = _of_use(arm.work)
        serving |= of_use
        for part in _IDLE:
            for name in getattr(arm.work, part):
                here = placed(Misfit(path=(part, name), says=""), draft.parts(arm.name)).path
                if (part, name) not in of_use and here[0] in ("factors", "arms"):
                    idle[part, name] = here
    for (part, name), path in idle.items():
        if (part, name) not in serving:
            known = [other for kind, other in serving if kind == part]
            yield Misfit(path=path, says=_IDLE[part], nearest=nearest(name, sorted(known)))


def _of_use(work: Work) -> set[tuple[str, str]]:
    tasks = work.tasks.values()
    buffers = {work.output, *(b for t in tasks for b in t.takes), *(b for t in tasks for way in t.ways for b in way.to)}
    tools = {tool for task in tasks for tool in task.tools}
    return {
        *(("buffers", name) for name in buffers),
        *(("tools", name) for name in tools),
        *(("roles", name) for name in roles_in_use(work)),
    }


def _removals(draft: WorkDraft) -> Iterator[Misfit]:
    removed: dict[Path, bool] = {}
    for arm in draft.arms:
        (_, data), *patches = draft.parts(arm.name)
        for prefix, changes in patches:
            for path, there in _taken_away(data, changes):
                removed[(*prefix, *path)] = removed.get((*prefix, *path), False) or there
            data = merged(data, changes)
    for path, there in removed.items():
        if not there:
            yield Misfit(path=path, says="is taken away here (`null`), and nothing had it before")


def _taken_away(data: Any, changes: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Paths that a patch takes away, and whether the data have them."""
    for key, value in changes.items():
        there = isinstance(data, Mapping) and key in data
        if value is None:
            yield (*path, key), there
        elif isinstance(value, Mapping):
            yield from _taken_away(data[key] if there else None, value, (*path, key))
