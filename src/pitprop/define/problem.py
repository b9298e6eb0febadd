"""What is wrong with a file, each thing at its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from pitprop.define.place import Path, written
from pitprop.errors import PitpropError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a register or a scenario."""

    file: str
    line: int
    column: int
    path: Path
    """Where within the file, such as `("metrics", 2, "agg")`; empty for the file as a whole."""
    says: str
    """What is wrong, in a sentence without the final stop."""
    allowed: tuple[str, ...] = ()
    """What may stand there instead, where that can be listed."""
    nearest: str | None = None
    """Which of these is most like what was written."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: "
        if self.path:
            text += f"{written(self.path)}: "
        text += self.says
        if self.allowed:
            text += f"; allowed: {', '.join(self.allowed)}"
        if self.nearest:
            text += f"; did you mean {self.nearest}?"
        return "".join(c if c.isprintable() else "?" for c in text)


class FileError(PitpropError):
    """A file that cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RegisterError(FileError):
    """A register that cannot be used."""


class ScenarioError(FileError):
    """A scenario that cannot be used."""


def nearest(word: object, allowed: Iterable[str]) -> str | None:
    """The allowed word that is most like the one written, or None where none is much like it."""
    known = list(allowed)
    found = get_close_matches(str(word)[:100], known, n=1, cutoff=0.6)
    if found:
        return found[0]
    lowered = {name.lower(): name for name in known}
    return lowered.get(str(word).strip().lower())


def shown(value: object) -> str:
    """A value as a message may quote it: short, printable, and no address (it could hold a password)."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    if "://" in text:
        return "an address"
    text = "".join(c if c.isprintable() else "?" for c in text)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"'{text}'" if isinstance(value, str) else text
