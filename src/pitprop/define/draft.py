"""A register on its way from files to one mapping."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path as File
from pathlib import PurePath
from typing import Any

from pitprop.define.document import Document, DocumentError, document
from pitprop.define.metric import Metric
from pitprop.define.outside import outside
from pitprop.define.place import Path, Place
from pitprop.define.problem import Problem, RegisterError, shown
from pitprop.define.shape import Misfit

MAX_FILES = 1000

Spots = list[tuple[Path, Path, tuple[int, int]]]
"""Path within a metric, path within its file, line and column."""


class Draft:
    """The data of all files as one mapping, the places of everything in it, and the problems found so far.

    Parameters
    ----------
    path : str or os.PathLike
        The register.
    allow_outside : bool
        Whether files outside its folder may be read.

    Attributes
    ----------
    data : dict
        As the models want it: `metrics` is one list, with dbt's `config.meta.pitprop` merged into its metric.
    complete : bool
        Whether every file could be read, so that a name which is not there is really missing.

    Raises
    ------
    RegisterError
        If the register itself cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, allow_outside: bool) -> None:
        self.file = File(path)
        self.allow_outside = allow_outside
        self.places: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self.complete = True
        top = self._document(self.file)
        if top is None:
            raise RegisterError(self.problems)
        self.data = dict(top.data)
        self.places[()] = Place(file=str(self.file), line=1, column=1)
        for inner, (line, column) in top.places.items():
            if inner[:1] != ("metrics",) or len(inner) == 1:
                self.places[inner] = Place(file=str(self.file), line=line, column=column, path=inner)
        entries = top.data.get("metrics")
        if isinstance(entries, str | list):
            self.data["metrics"] = self._with_meta(self._metrics(entries, top))

    def note(self, misfits: Iterable[Misfit]) -> None:
        """Keeps each as a problem at its place."""
        for misfit in misfits:
            place = self.at(misfit.path)
            inner = (*place.path, *misfit.path[self._depth(misfit.path) :])
            self._complain(place, misfit.says, misfit.allowed, misfit.nearest, path=inner)

    def in_order(self) -> list[Problem]:
        """The problems by file, line and column; the register's own file first."""
        files: dict[str, int] = {str(self.file): 0}
        for place in self.places.values():
            files.setdefault(place.file, len(files))
        last = len(files)
        return sorted(self.problems, key=lambda p: (files.get(p.file, last), p.file, p.line, p.column))

    def at(self, path: Path) -> Place:
        """The place of a path, or of the innermost thing around it that has one."""
        return self.places[path[: self._depth(path)]]

    def _depth(self, path: Path) -> int:
        return next(end for end in range(len(path), -1, -1) if path[:end] in self.places)

    def _document(self, file: File) -> Document | None:
        try:
            return document(file)
        except DocumentError as error:
            place = Place(file=str(file), line=error.line, column=error.column)
            self._complain(place, f"the file {error.says}")
            self.complete = False
            return None

    def _complain(
        self,
        place: Place,
        says: str,
        allowed: tuple[str, ...] = (),
        nearest: str | None = None,
        path: Path | None = None,
    ) -> None:
        problem = Problem(
            file=place.file,
            line=place.line,
            column=place.column,
            path=place.path if path is None else path,
            says=says,
            allowed=allowed,
            nearest=nearest,
        )
        if problem not in self.problems:
            self.problems.append(problem)

    def _metrics(self, entries: str | list[Any], top: Document) -> list[Any]:
        """All metrics, those of the files that are named among them."""
        metrics: list[Any] = []
        below = _by_item(top)
        included = {self.file.resolve()}
        for i, entry in enumerate([entries] if isinstance(entries, str) else entries):
            if isinstance(entry, str):
                line, column = top.places.get(("metrics", i)) or top.places[("metrics",)]
                path: Path = ("metrics",) if isinstance(entries, str) else ("metrics", i)
                at = Place(file=str(self.file), line=line, column=column, path=path)
                metrics += self._included(entry, at, included, len(metrics))
            else:
                self._place(len(metrics), self.file, below.get(i, []))
                metrics.append(entry)
        return metrics

    def _place(self, position: int, file: File, spots: Spots) -> None:
        """Notes where the parts of the metric at a position of the whole register stand in a file."""
        for inner, own, (line, column) in spots:
            place = Place(file=str(file), line=line, column=column, path=own)
            self.places["metrics", position, *inner] = place

    def _included(self, pattern: str, at: Place, included: set[File], position: int) -> list[Any]:
        """The metrics of the files that a pattern matches, each file once."""
        metrics: list[Any] = []
        for file in self._matches(pattern, at):
            if file.resolve() in included:
                continue
            included.add(file.resolve())
            found = self._document(file)
            if found is not None:
                metrics += self._members(found, file, position + len(metrics))
        return metrics

    def _members(self, found: Document, file: File, position: int) -> list[Any]:
        """The metrics of one file: those of its list, or the one that it is."""
        if "metrics" not in found.data:
            self._place(position, file, [((), (), (1, 1))])
            self._place(position, file, [(path, path, spot) for path, spot in found.places.items()])
            return [found.data]

        def place(*path: str | int) -> Place:
            line, column = found.places[path]
            return Place(file=str(file), line=line, column=column, path=path)

        for key in found.data:
            if key not in ("metrics", "version"):
                says = f"belongs in {self.file}; a file of metrics has `metrics` only"
                self._complain(place(key), says)
        entries = found.data["metrics"]
        if not isinstance(entries, list):
            self._complain(place("metrics"), "must be a list of metrics (lines that start with `- `)")
            return []
        below = _by_item(found)
        metrics: list[Any] = []
        for i, entry in enumerate(entries):
            if isinstance(entry, str):
                self._complain(place("metrics", i), f"names further files; list them in {self.file}")
                continue
            self._place(position + len(metrics), file, below.get(i, []))
            metrics.append(entry)
        return metrics

    def _matches(self, pattern: str, at: Place) -> list[File]:
        folder = self.file.parent
        problems = len(self.problems)
        wild = any(sign in pattern for sign in "*?[")
        found: list[File] = []
        if len(pattern) > 500 or len(PurePath(pattern).parts) > 20:
            self._complain(at, "is a pattern of more than 500 characters or 20 folders")
        elif says := outside(pattern, folder, allow_outside=self.allow_outside and not wild):
            self._complain(at, says)
        elif wild:
            found = self._glob(pattern, at)
        else:
            found = [folder / pattern]
        found = [file for file in found if self._stays(file, at)]
        self.complete = self.complete and len(self.problems) == problems
        return found

    def _glob(self, pattern: str, at: Place) -> list[File]:
        try:
            found = sorted(islice(self.file.parent.glob(pattern), MAX_FILES + 1))
        except (OSError, ValueError, NotImplementedError, RecursionError, IndexError):
            self._complain(at, f"is {shown(pattern)}, which is no pattern for files such as metrics/*.yml")
            return []
        if len(found) > MAX_FILES:
            self._complain(at, f"is {shown(pattern)}, which matches more than {MAX_FILES} files")
            return []
        found = [f for f in found if f.suffix in (".yml", ".yaml") and f.name[0] != "." and f.is_file()]
        if not found:
            self._complain(at, f"is {shown(pattern)}, which matches no .yml file beside the register")
        return found

    def _stays(self, file: File, at: Place) -> bool:
        if self.allow_outside:
            return True
        relative = str(file.relative_to(self.file.parent))
        says = outside(relative, self.file.parent, allow_outside=False)
        if says:
            self._complain(at, f"names a file that may not be read: it {says}")
        return says is None

    def _with_meta(self, metrics: list[Any]) -> list[Any]:
        """The metrics with dbt's `config.meta.pitprop` merged in, as if written beside the rest."""
        below: dict[int, list[Path]] = {}
        for path in self.places:
            if path[2:5] == ("config", "meta", "pitprop") and isinstance(path[1], int):
                below.setdefault(path[1], []).append(path)
        return [self._merged(i, metric, below[i]) if i in below else metric for i, metric in enumerate(metrics)]

    def _merged(self, i: int, metric: Any, below: list[Path]) -> Any:
        config = metric["config"]
        own = config["meta"]["pitprop"]
        rest = {key: value for key, value in config["meta"].items() if key != "pitprop"}
        merged = {**metric, "config": {**config, "meta": rest}}
        if not isinstance(own, dict):
            place = self.at(("metrics", i, "config", "meta", "pitprop"))
            self._complain(place, "must be a mapping of a metric's keys", tuple(Metric.model_fields))
            return merged
        for key, value in own.items():
            if key in metric:
                line = self.at(("metrics", i, key)).line
                place = self.at(("metrics", i, "config", "meta", "pitprop", key))
                self._complain(place, f"is declared twice: here and on line {line}; delete one")
            else:
                merged[key] = value
        for path in below:
            if len(path) > 5 and path[5] not in metric:
                self.places["metrics", i, *path[5:]] = self.places[path]
        return merged


def _by_item(found: Document) -> dict[int, Spots]:
    """The places of each item of a file's `metrics`."""
    spots: dict[int, Spots] = {}
    for path, spot in found.places.items():
        if len(path) > 1 and path[0] == "metrics" and isinstance(path[1], int):
            spots.setdefault(path[1], []).append((path[2:], path, spot))
    return spots
