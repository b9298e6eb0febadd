"""Where in the register's files something was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""Keys and list positions from the top, such as `("metrics", 2, "agg")`."""


def written(path: Path) -> str:
    """A path as people write it: `metrics[2].agg`; keys of more than 60 characters are cut."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if len(step) <= 60 else step[:57] + "...")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    path: Path = ()
    """The path within that file, which is another one than in the register where a file is included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of everything in a register.

    All are equal, so that two registers which say the same are equal wherever it was written.
    """

    by_path: Mapping[Path, Place] = field(default_factory=dict, compare=False)

    def nearest(self, path: Path) -> Place | None:
        """The place of the path, or of the innermost thing around it that has one."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.by_path:
                return self.by_path[path[:end]]
        return None
