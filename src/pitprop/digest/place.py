"""Place: where a source's file is, and whether it may be read."""

from __future__ import annotations

import re
from pathlib import Path

from pitprop.digest.problem import SourceError, nearest

FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".db": "duckdb",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
"""Ending of a file's name -> its format."""


def place(path: str, *, folder: Path, source: str = "", allow_outside: bool = False) -> tuple[Path, str]:
    """The file behind a path, all links followed, and its format.

    Parameters
    ----------
    path : str
        As written in the register: relative to `folder`, or absolute.
    folder : Path
        The register's folder. Files elsewhere are refused unless `allow_outside`.

    Raises
    ------
    SourceError
        If it is an address, has wildcards, lies outside, is not there, is no file, or has an unknown ending.
    """
    name = f"source `{source}`: " if source else ""

    def refuse(says: str) -> SourceError:
        return SourceError(name + says, source=source)

    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", path):
        scheme = path.split(":", 1)[0].lower()
        raise refuse(f"`{scheme}:` addresses are not read; download the file into the register's folder, give its path")
    if "\0" in path or not path.strip():
        raise refuse("the path is empty or holds a NUL character; give the path of a file")
    if any(c in path for c in "*?[]{}"):
        raise refuse(
            f"the path `{path}` has one of * ? [ ] {{ }}, which could name several files; "
            "give the path of one file, renamed if need be"
        )
    given = folder / path
    try:
        file = given.resolve()
        home = folder.resolve()
    except (OSError, RuntimeError) as error:
        raise refuse(f"the path `{path}` cannot be followed (a loop of links?)") from error
    if not allow_outside and not file.is_relative_to(home):
        raise refuse(
            f"`{path}` leads outside the register's folder; move the file into it, or allow files outside on purpose"
        )
    if any(c in str(file) for c in "*?[]{}"):
        raise refuse(f"the file behind `{path}` has one of * ? [ ] {{ }} in its full name; rename it or its folder")
    if not given.exists():
        beside = [p.name for p in given.parent.iterdir()] if given.parent.is_dir() else []
        tail = nearest(given.name, sorted(beside)) if beside else f"there is no folder `{Path(path).parent}`"
        raise refuse(f"there is no file `{path}`; {tail}")
    if not file.is_file():
        raise refuse(f"`{path}` is a folder or something else, not a file")
    form = _format(file)
    if form is None:
        raise refuse(f"`{path}` has an ending that is not known; known are {', '.join(FORMATS)} (xls: save as xlsx)")
    return file, form


def _format(file: Path) -> str | None:
    name = file.name.lower()
    return next((form for ending, form in FORMATS.items() if name.endswith(ending)), None)
