"""A scenario of work on its way from plain data to arms, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pitprop.define.assembly import KEYS, AssemblyError, altered, combined, layers, number_at
from pitprop.define.document import Document
from pitprop.define.place import Path
from pitprop.define.shape import Misfit, by_key, fit, unknown_key, unknown_name
from pitprop.define.work import Arm, Work
from pitprop.define.work_file import ArmPatch, FactorPatch, WorkFile
from pitprop.define.work_flow import misflows
from pitprop.define.work_references import misreferences

BASE = "base"
"""The one arm of a file that names none."""


class WorkDraft:
    """The arms of a file, as far as they can be put together, and its misfits at their paths in the file.

    Attributes
    ----------
    head : WorkFile or None
        The top of the file, where it fits.
    arms : list of Arm
        Those that fit.
    misfits : list of Misfit
        Each once, however many arms have it.
    """

    def __init__(self, document: Document) -> None:
        self.data = document.data
        self.head, found = fit(WorkFile, self.data)
        self.misfits = [*found, *self._unknown_keys(), *self._unknown_names()]
        self.arms: list[Arm] = []
        self._by_arm()
        if not self.misfits:
            self.misfits += self._assumptions()

    def _unknown_keys(self) -> Iterator[Misfit]:
        yield from _beside((), self.data, WorkFile)
        for place, model in (("factors", FactorPatch), ("arms", ArmPatch)):
            for name, entry in _entries(self.data, place):
                yield from _beside((place, name), entry, model)

    def _unknown_names(self) -> Iterator[Misfit]:
        factors, arms = dict(_entries(self.data, "factors")), dict(_entries(self.data, "arms")) or {BASE: {}}
        for name, arm in _entries(self.data, "arms"):
            switched = arm.get("with")
            for i, factor in enumerate(switched if isinstance(switched, list) else ()):
                yield from unknown_name(("arms", name, "with", i), factor, factors, "one of the file's `factors`")
        split = self.data.get("split")
        if isinstance(split, dict):
            for end in ("from", "to"):
                yield from unknown_name(("split", end), split.get(end), arms, "one of the file's `arms`")
            if split.get("from") == split.get("to") and split.get("from") in arms:
                says = f"is {split['to']!r}, where the split starts; a gain lies between two arms"
                yield Misfit(path=("split", "to"), says=says)

    def _by_arm(self) -> None:
        """Puts every arm together; what is wrong in several is said once."""
        told = _entries(self.data, "arms")
        named = [(name, arm) for name, arm in told] or ([(BASE, {})] if not self.data.get("arms") else [])
        found: dict[tuple[Path, str], tuple[Misfit, list[str]]] = {}
        for name, patch in named:
            for misfit in self._arm(name, patch, own=bool(told)):
                found.setdefault((misfit.path, misfit.says), (misfit, []))[1].append(name)
        for misfit, arms in found.values():
            if len(arms) == len(named) or misfit.path[:1] == ("arms",):
                self.misfits.append(misfit)
            else:
                self.misfits.append(_within(misfit, arms))
        self.misfits += self._idle_factors({f for _, arm in named for f in _switched(arm)})

    def _arm(self, name: str, patch: Mapping[str, Any], *, own: bool) -> Iterator[Misfit]:
        """What is wrong with one arm, at paths of the file; keeps the arm where nothing is."""
        factors = [factor for factor, _ in _entries(self.data, "factors") if factor in _switched(patch)]
        parts = layers(self.data, factors, patch)
        if own:
            parts[-1] = (("arms", name), parts[-1][1])
        work, misfits = fit(Work, combined(self.data, factors, patch))
        if work is not None:
            misfits = tuple(misreferences(work)) or tuple(misflows(work))
        for misfit in misfits:
            yield _placed(misfit, parts)
        if work is not None and not misfits:
            label = patch.get("label")
            shown = label if isinstance(label, str) and label else name.replace("_", " ")
            self.arms.append(Arm(name=name, label=shown, factors=tuple(factors), work=work))

    def _idle_factors(self, used: set[str]) -> Iterator[Misfit]:
        """What is wrong within factors that no arm switches on."""
        for name, _ in _entries(self.data, "factors"):
            if name not in used:
                _, misfits = fit(Work, combined(self.data, [name], {}))
                placed = [_placed(m, layers(self.data, [name], {})) for m in misfits]
                yield from (m for m in placed if m.path[:2] == ("factors", name))

    def _assumptions(self) -> Iterator[Misfit]:
        for i, assumption in enumerate(self.head.assumed if self.head else ()):
            path: Path = ("assumed", i, "at")
            low, high = assumption.range
            try:
                now = number_at(self.data, assumption.at)
                if assumption.at.split(".")[0] not in (*KEYS, "factors", "arms"):
                    raise AssemblyError("leads to what is no part of an arm; nothing would change")
            except AssemblyError as error:
                yield Misfit(path=path, says=f"`{_cut(assumption.at)}` {error}")
                continue
            if not low <= now <= high:
                says = f"is from {low:g} to {high:g}, and `{_cut(assumption.at)}` is {now:g}, which lies outside"
                yield Misfit(path=("assumed", i, "range"), says=says)
                continue
            yield from self._ends(i, assumption.at, (low, high))

    def _ends(self, i: int, at: str, ends: tuple[float, float]) -> Iterator[Misfit]:
        """Ends of an assumption's range at which some arm would be no way of working."""
        for value in ends:
            data = altered(self.data, at, value)
            for arm in self.arms:
                patch = (data.get("arms") or {}).get(arm.name) or {}
                before = combined(self.data, arm.factors, (self.data.get("arms") or {}).get(arm.name) or {})
                after = combined(data, arm.factors, patch)
                if before == after:
                    continue
                work, misfits = fit(Work, after)
                misfits = misfits or tuple(misreferences(work) if work else ()) or tuple(misflows(work) if work else ())
                if misfits:
                    says = f"has an end of {value:g}, at which `{_cut(at)}` {misfits[0].says}"
                    yield Misfit(path=("assumed", i, "range"), says=says)
                break


def _entries(data: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    entries = data.get(key)
    if not isinstance(entries, dict):
        return []
    return [(name, entry if isinstance(entry, dict) else {}) for name, entry in entries.items()]


def _switched(arm: Mapping[str, Any]) -> list[Any]:
    told = arm.get("with")
    return told if isinstance(told, list) else []


def _beside(path: Path, entry: Mapping[str, Any], model: type) -> Iterator[Misfit]:
    keys = (*by_key(model), *KEYS)
    for key in entry:
        if key not in keys:
            yield unknown_key((*path, key), model, keys)


def _within(misfit: Misfit, arms: list[str]) -> Misfit:
    named = ", ".join(f"`{name}`" for name in arms[:5]) + (f" and {len(arms) - 5} more" if len(arms) > 5 else "")
    says = f"{misfit.says} (in the arm{'s' if len(arms) > 1 else ''} {named})"
    return Misfit(path=misfit.path, says=says, allowed=misfit.allowed, nearest=misfit.nearest)


def _placed(misfit: Misfit, parts: Iterable[tuple[Path, Mapping[str, Any]]]) -> Misfit:
    """The misfit of an arm at the path in the file where the last layer says what is wrong."""
    best: tuple[int, Path] = (-1, ())
    for prefix, data in parts:
        inner = _found(data, misfit.path)
        if len(inner) >= best[0] and (inner or not prefix):
            best = (len(inner), (*prefix, *inner))
    depth, path = best
    rest = misfit.path[depth:] if misfit.says == "is missing" else ()
    return Misfit(path=(*path, *rest), says=misfit.says, allowed=misfit.allowed, nearest=misfit.nearest)


def _found(data: Any, path: Path) -> Path:
    """As much of a path as the data have; steps are passed over that a shorthand leaves out."""
    real: Path = ()
    for step in path:
        if isinstance(data, list):
            named = [name for name in path if isinstance(name, str) and name in data]
            step = data.index(named[-1]) if named else step
        if step in _indexed(data):
            real, data = (*real, step), data[step]
    return real


def _indexed(data: Any) -> Collection[str | int]:
    if isinstance(data, list):
        return range(len(data))
    return data.keys() if isinstance(data, dict) else ()


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
