"""Where a metric stands, as continuous integration names files: relative to the top of the checkout."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from pitprop.define.place import Place
from pitprop.judge.verdict import Verdict
from pitprop.report.audit import Audit

_TOPS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Where GitHub and GitLab tell the folder that they checked out."""


def place_of(audit: Audit, verdict: Verdict | None = None) -> Place:
    """The place of a verdict's metric; the top of the register where it is not known, or without a verdict."""
    found = audit.places.get(verdict.metric.name) if verdict is not None else None
    return found or Place(file=audit.register, line=1, column=1)


def file_of(place: Place) -> str:
    """The place's file with forward slashes, relative to the checkout: `GITHUB_WORKSPACE` or `CI_PROJECT_DIR`,
    where one of them is set and holds the file, else the working folder; absolute where neither holds it."""
    told = [Path(os.environ[name]) for name in _TOPS if os.environ.get(name)]
    full = Path(os.path.abspath(place.file.replace("\0", "\ufffd")))  # noqa: PTH100  (links stay as they are)
    for top in [*told, Path.cwd()]:
        if full.is_relative_to(top):
            return full.relative_to(top).as_posix()
    return full.as_posix()


def uri_of(place: Place) -> str:
    """`file_of` as a URI reference (RFC 3986): relative where the file is in the checkout."""
    file = file_of(place)
    quoted = quote(file.encode("utf-8", "replace"), safe="/")
    return f"file://{quoted if quoted.startswith('/') else '/' + quoted}" if Path(file).is_absolute() else quoted
