"""Switches: in what two arms differ, cut into changes that can be made one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pitprop.define.assembly import KEYS, assembled
from pitprop.define.work import Arm, Work, WorkScenario

Path = tuple[str, ...]
Data = Mapping[str, Any]

APART = ("tasks", "buffers", "tools", "conditions")
"""Sections whose entries are changes of their own."""
TOGETHER = {"crew": "crew and roles", "roles": "crew and roles"}
"""Sections that name each other, so that neither can change alone."""
FLOW = frozenset({"from", "to", "tools", "automatic", "parallel", "takes", "ways"})
"""Keys of a task by which it depends on others."""
NAMES = {"shift": "hours", "norm": "norm", "credited": "credited heads", "tasks": "task", "conditions": "condition"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One change on the way from one arm to another."""

    name: str
    label: str
    factors: tuple[str, ...] = ()
    """Factors of the file that it turns on, or off where the first arm has them."""
    paths: tuple[Path, ...] = ()
    """Where in the arms' own changes it puts the second arm's value for the first's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way from one arm to another."""

    document: Mapping[str, Any]
    factors: frozenset[str]
    """Of the first arm."""
    start: Mapping[str, Any]
    end: Mapping[str, Any]
    """What the two arms say for themselves."""
    switches: tuple[Switch, ...]

    def work(self, on: Collection[Switch]) -> Work:
        """The first arm with some of the changes made.

        Raises
        ------
        AssemblyError
            They do not go together; the message names them.
        """
        factors, patch = set(self.factors), dict(self.start)
        for switch in on:
            factors ^= set(switch.factors)
            for path in switch.paths:
                patch = _put(patch, path, self.end)
        return assembled(self.document, factors, patch)


def way(scenario: WorkScenario, start: Arm, end: Arm) -> Way:
    """All changes from one arm to another: first the factors, then what the arms say for themselves."""
    document = scenario.document
    own, other = patch(document, start), patch(document, end)
    named = [f for f in document.get("factors") or {} if (f in start.factors) != (f in end.factors)]
    switches = [Switch(name=f, label=_label(scenario, f, f in end.factors), factors=(f,)) for f in named]
    for name, paths in _grouped(document, own, other).items():
        switches.append(Switch(name=name, label=_said(name), paths=tuple(paths)))
    return Way(document=document, factors=frozenset(start.factors), start=own, end=other, switches=tuple(switches))


def patch(document: Mapping[str, Any], arm: Arm) -> dict[str, Any]:
    """What an arm says for itself, its factors apart."""
    said = (document.get("arms") or {}).get(arm.name) or {}
    return {key: said[key] for key in KEYS if key in said}


def _label(scenario: WorkScenario, factor: str, on: bool) -> str:
    label = scenario.factor_labels.get(factor, factor)
    return label if on else f"without {label}"


def _grouped(document: Mapping[str, Any], own: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for key in KEYS:
        mine, theirs = own.get(key), other.get(key)
        if mine == theirs and (key in own) == (key in other):
            continue
        if key not in APART or not _mappings(own, other, key):
            groups.setdefault(TOGETHER.get(key, key), []).append((key,))
            continue
        for entry in dict.fromkeys([*(mine or {}), *(theirs or {})]):
            if (mine or {}).get(entry, _NOTHING) != (theirs or {}).get(entry, _NOTHING):
                tied = _tied(document, key, entry, mine or {}, theirs or {})
                groups.setdefault("flow of work" if tied else f"{key}.{entry}", []).append((key, entry))
    return groups


_NOTHING = object()


def _mappings(own: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    return all(isinstance(said.get(key, {}), Mapping) for said in (own, other))


def _tied(document: Data, key: str, entry: str, mine: Data, theirs: Data) -> bool:
    """Whether an entry cannot change without others: it is new, or goes, or is a task that takes or gives elsewhere."""
    if key == "conditions":
        return False
    if entry not in (document.get(key) or {}):
        return True
    said = [side.get(entry, {}) for side in (mine, theirs)]
    return any(one is None or (isinstance(one, Mapping) and not FLOW.isdisjoint(one)) for one in said)


def _put(patch: Mapping[str, Any], path: Path, source: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the patch in which what stands at the path is as in the source."""
    out, (key, *rest) = dict(patch), path
    if rest:
        inner = _put(patch.get(key) or {}, tuple(rest), source.get(key) or {})
        if inner:
            out[key] = inner
        else:
            out.pop(key, None)
    elif key in source:
        out[key] = source[key]
    else:
        out.pop(key, None)
    return out


def _said(name: str) -> str:
    section, _, entry = name.partition(".")
    said = NAMES.get(section, section)
    return f"{said} {entry}".replace("_", " ").strip()
