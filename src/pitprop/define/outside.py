"""Whether a path that the register names stays in the register's folder."""

from __future__ import annotations

from pathlib import Path as File
from pathlib import PurePosixPath, PureWindowsPath
from re import IGNORECASE, match

from pitprop.define.problem import shown

_SCHEMES = "file|https?|s3|gs|gcs|r2|az|abfss?|hf|ftp|data|md|ducklake|postgres|postgresql|sqlite|mysql"
_ADDRESS = rf"\s*([a-z][a-z0-9+.-]*://|({_SCHEMES}):)"


def outside(path: str, folder: File, *, allow_outside: bool) -> str | None:
    """Why a path that the register names may not be used, in a sentence; None where it may."""
    if match(_ADDRESS, path, flags=IGNORECASE):
        return (
            "is an address; a source is a file beside the register, "
            "or a `connection` with its `table` (its URL is set outside, as PITPROP_NAME_URL)"
        )
    if allow_outside:
        return None
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive or PureWindowsPath(path).root:
        return f"is {shown(path)}, an absolute path; write it relative to the register, in whose folder it lies"
    try:
        inside = (folder / path).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return f"is {shown(path)}, which cannot be followed (a loop of links, or a name that is too long)"
    if not inside:
        return f"is {shown(path)}, which leads out of the register's folder; move the file or the register"
    return None
