"""Reads a scenario, or says everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path as File

from pitprop.define.assembly import AssemblyError, altered, assembled, number_at
from pitprop.define.document import Document, DocumentError, document
from pitprop.define.place import Place, Places
from pitprop.define.problem import Problem, ScenarioError, shown
from pitprop.define.shape import Misfit, unknown_name
from pitprop.define.work import WorkScenario
from pitprop.define.work_assumed import misassumed
from pitprop.define.work_draft import WorkDraft
from pitprop.define.work_leftovers import leftovers

__all__ = ["KINDS", "AssemblyError", "altered", "assembled", "number_at", "read_scenario"]


def read_scenario(path: str | os.PathLike[str]) -> WorkScenario:
    """The scenario that a YAML file declares, its arms put together.

    Nothing but the file is opened.

    Raises
    ------
    ScenarioError
        With every problem of the file, each with its line and column.
    """
    file = File(path)
    try:
        found = document(file)
    except DocumentError as error:
        problem = Problem(file=str(file), line=error.line, column=error.column, path=(), says=f"the file {error.says}")
        raise ScenarioError([problem]) from None
    kind = found.data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ScenarioError(_problems(_no_kind(kind, found), _places(file, found)))
    return KINDS[kind](found, file)


def _work(found: Document, file: File) -> WorkScenario:
    draft = WorkDraft(found)
    places = _places(file, found)
    head = draft.head
    misfits = draft.misfits or [*leftovers(draft), *misassumed(draft)]
    if misfits or head is None:
        raise ScenarioError(_problems(misfits, places))
    scenario = WorkScenario(
        name=file.stem,
        title=head.title,
        description=head.description,
        seed=head.seed,
        replications=head.replications,
        arms=tuple(draft.arms),
        factor_labels={name: factor.label or name.replace("_", " ") for name, factor in head.factors.items()},
        assumed=head.assumed,
        split=head.split,
        document=found.data,
    )
    scenario._places = places
    return scenario


KINDS: dict[str, Callable[[Document, File], WorkScenario]] = {"work": _work}
"""What reads the file of each kind of scenario."""


def _no_kind(kind: object, found: Document) -> Iterable[Misfit]:
    if "kind" not in found.data:
        yield Misfit(path=("kind",), says="is missing; it says what kind of scenario this is", allowed=tuple(KINDS))
    elif isinstance(kind, str):
        yield from unknown_name(("kind",), kind, KINDS, "a kind of scenario")
    else:
        yield Misfit(path=("kind",), says=f"is {shown(kind)}, which is no kind of scenario", allowed=tuple(KINDS))


def _places(file: File, found: Document) -> Places:
    own = {
        path: Place(file=str(file), line=line, column=column, path=path)
        for path, (line, column) in found.places.items()
    }
    return Places(by_path={(): Place(file=str(file), line=1, column=1), **own})


def _problems(misfits: Iterable[Misfit], places: Places) -> list[Problem]:
    """Misfits at their places, in the order of the file, each once."""
    problems = {_problem(misfit, places): None for misfit in misfits}
    return sorted(problems, key=lambda p: (p.line, p.column))


def _problem(misfit: Misfit, places: Places) -> Problem:
    place = places.nearest(misfit.path)
    assert place is not None
    return Problem(
        file=place.file,
        line=place.line,
        column=place.column,
        path=misfit.path,
        says=misfit.says,
        allowed=misfit.allowed,
        nearest=misfit.nearest,
    )
