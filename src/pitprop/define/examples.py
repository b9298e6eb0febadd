"""Example scenarios that come with pitprop, to be copied and changed."""

from __future__ import annotations

from pathlib import Path as File

from pitprop.define.document import has_key
from pitprop.define.problem import nearest, shown
from pitprop.errors import PitpropError


def examples() -> dict[str, File]:
    """The files of all example scenarios by name, such as `mine/shift`."""
    folder = _folder()
    files = sorted(folder.rglob("*.yml"))
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files if has_key(file, "kind")}


def example_text(name: str) -> str:
    """The text of the example of a name (`mine/shift`), or of a part of it that only one has (`mine`, `shift`).

    Raises
    ------
    PitpropError
        If there is none, or several; the message lists them.
    """
    known = examples()
    found = [name] if name in known else [full for full in known if name in full.split("/")]
    if len(found) == 1:
        return known[found[0]].read_text(encoding="utf-8")
    close = nearest(name, {part for full in known for part in (full, *full.split("/"))})
    hint = f" (did you mean {close}?)" if close and not found else ""
    number = "are several examples" if found else "is no example"
    raise PitpropError(f"there {number} called {shown(name)}{hint}; there are {', '.join(known) or 'none'}")


def _folder() -> File:
    """Beside the package's folders where it was installed; at the top of the project where it is worked on."""
    installed = File(__file__).parents[1] / "examples"
    return installed if installed.is_dir() else File(__file__).parents[3] / "examples"
