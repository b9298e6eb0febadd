"""A scenario of work on its way from plain data to arms, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pitprop.define.assembly import KEYS, base, combined, layers
from pitprop.define.document import Document
from pitprop.define.place import Path
from pitprop.define.problem import nearest
from pitprop.define.shape import Misfit, by_key, fit, unknown_key, unknown_name
from pitprop.define.work import Arm, Work
from pitprop.define.work_checks import sound
from pitprop.define.work_file import MAX_ARMS, ArmPatch, FactorPatch, WorkFile

BASE = "base"
"""The one arm of a file that names none."""

Layers = list[tuple[Path, Mapping[str, Any]]]


class WorkDraft:
    """The arms of a file, as far as they can be put together, and its misfits at their paths in the file.

    Attributes
    ----------
    data : dict
        The file.
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
        self._of_base = {(misfit.path, misfit.says) for misfit in sound(base(self.data))[1]}
        self._put_together()

    def patches(self) -> dict[str, dict[str, Any]]:
        """Each arm's own changes, `with` and `label` among them."""
        return dict(_entries(self.data, "arms")[:MAX_ARMS]) or ({} if self.data.get("arms") else {BASE: {}})

    def parts(self, name: str) -> Layers:
        """What an arm is put together from, each layer with its path in the file."""
        patch = self.patches()[name]
        *below, (_, own) = layers(self.data, _switched(patch), patch)
        return [*below, (("arms", name), own)]

    def _unknown_keys(self) -> Iterator[Misfit]:
        yield from _beside((), self.data, WorkFile)
        for place, model in (("factors", FactorPatch), ("arms", ArmPatch)):
            for name, entry in _entries(self.data, place):
                yield from _beside((place, name), entry, model)

    def _unknown_names(self) -> Iterator[Misfit]:
        factors, arms = dict(_entries(self.data, "factors")), self.patches()
        for name, arm in _entries(self.data, "arms"):
            for i, factor in enumerate(_switched(arm)):
                yield from unknown_name(("arms", name, "with", i), factor, factors, "one of the file's `factors`")
        split = self.data.get("split")
        if isinstance(split, dict):
            for end in ("from", "to"):
                yield from unknown_name(("split", end), split.get(end), arms, "one of the file's `arms`")
            if split.get("from") == split.get("to") and split.get("from") in list(arms):
                says = f"is `{split['to']}`, where the split starts; a gain lies between two arms"
                yield Misfit(path=("split", "to"), says=says)

    def _put_together(self) -> None:
        """Puts every arm together; what is wrong in several is said once."""
        patches = self.patches()
        found: dict[tuple[Path, str], tuple[Misfit, list[str]]] = {}
        for name, patch in patches.items():
            for misfit in self._arm(name, patch):
                found.setdefault((misfit.path, misfit.says), (misfit, []))[1].append(name)
        for misfit, arms in found.values():
            everywhere = len(arms) == len(patches) or misfit.path[:1] == ("arms",)
            self.misfits.append(misfit if everywhere else _within(misfit, arms))
        self.misfits += self._idle_factors([factor for patch in patches.values() for factor in _switched(patch)])

    def _arm(self, name: str, patch: Mapping[str, Any]) -> Iterator[Misfit]:
        """What is wrong with one arm, at paths of the file; keeps the arm where nothing is."""
        switched = _switched(patch)
        data = combined(self.data, switched, patch)
        work, misfits = sound(data)
        for misfit in misfits:
            parts = self.parts(name)[:1] if (misfit.path, misfit.says) in self._of_base else self.parts(name)
            yield placed(_perhaps_a_slip(misfit, data), parts)
        if work is not None:
            factors = tuple(factor for factor, _ in _entries(self.data, "factors") if factor in switched)
            label = patch.get("label")
            shown = label if isinstance(label, str) and label else name.replace("_", " ")
            self.arms.append(Arm(name=name, label=shown, factors=factors, work=work))

    def _idle_factors(self, used: Collection[Any]) -> Iterator[Misfit]:
        """What is wrong within factors that no arm switches on."""
        for name, _ in _entries(self.data, "factors"):
            if name not in used:
                _, misfits = fit(Work, combined(self.data, [name], {}))
                found = [placed(misfit, layers(self.data, [name], {})) for misfit in misfits]
                yield from (misfit for misfit in found if misfit.path[:2] == ("factors", name))


def placed(misfit: Misfit, parts: Layers) -> Misfit:
    """The misfit of an arm at the path in the file where the last layer says what is wrong."""
    depth = -1
    path: Path = ()
    for prefix, data in parts:
        inner = _found(data, misfit.path)
        if len(inner) >= depth and (inner or not prefix):
            depth, path = len(inner), (*prefix, *inner)
    rest = misfit.path[depth:] if misfit.says.startswith("is missing") else ()
    return replace(misfit, path=(*path, *rest))


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


def _perhaps_a_slip(misfit: Misfit, data: Mapping[str, Any]) -> Misfit:
    """What is missing in something that a patch has made up, with the name of that kind which is most like it."""
    owner = misfit.path[:-1]
    if misfit.says != "is missing" or not owner:
        return misfit
    around: Any = data
    for step in owner[:-1]:
        around = around[step]
    others = [str(name) for name in around if name != owner[-1]] if isinstance(around, Mapping) else []
    return replace(misfit, nearest=nearest(owner[-1], others))


def _within(misfit: Misfit, arms: list[str]) -> Misfit:
    named = ", ".join(f"`{name}`" for name in arms[:5]) + (f" and {len(arms) - 5} more" if len(arms) > 5 else "")
    return replace(misfit, says=f"{misfit.says} (in the arm{'s' if len(arms) > 1 else ''} {named})")
