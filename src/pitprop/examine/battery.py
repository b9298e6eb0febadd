"""Battery: all checks there are, found by walking the family folders and the entry points."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, get_type_hints

import pitprop.examine
from pitprop.define.metric import Metric, Register
from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Panel
from pitprop.digest.profile import Profile
from pitprop.digest.scorecard import Scorecard
from pitprop.digest.strata import Strata
from pitprop.digest.versions import Versions
from pitprop.errors import PitpropError
from pitprop.examine.check import Check

GROUP = "pitprop.checks"
"""Entry-point group of checks from elsewhere: each names a module with a `CHECK`, or a `Check`."""
ASKABLE: tuple[Any, ...] = (
    Metric,
    Register,
    Distribution,
    tuple[Distribution, ...],
    Panel,
    Profile,
    Strata,
    Versions,
    Scorecard,
)
"""What a check may ask for. A tuple of distributions has one for each declared target."""
FAMILIES = {
    "1": "distorted_data",
    "2": "distorted_work",
    "3": "noise",
    "4": "worth",
    "5": "governance",
}
"""Family by the first digit of the code, for checks that live elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A check with what follows from where it lives."""

    check: Check
    name: str
    """Its file's name, or its entry point's."""
    family: str
    """Its folder's name, or by its code's first digit."""
    asks: Any
    """One of ASKABLE: the type of the first argument of `run`."""
    page: str
    """Its module's docstring."""


@functools.cache
def battery() -> tuple[Entry, ...]:
    """All checks, in order of code.

    Raises
    ------
    PitpropError
        If a check from elsewhere cannot be loaded, asks for something unknown, or has the name or the code
        of another.
    """
    return ordered([*_own(), *_from_elsewhere()])


def ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries in order of code.

    Raises
    ------
    PitpropError
        If two have the same name or the same code.
    """
    out = sorted(entries, key=lambda e: (e.check.code, e.name))
    for key in ("code", "name"):
        seen: dict[str, Entry] = {}
        for entry in out:
            value = entry.check.code if key == "code" else entry.name
            if value in seen:
                raise PitpropError(
                    f"two checks have the {key} {value!r}: {_where(seen[value])} and {_where(entry)}; "
                    "rename one or uninstall its package"
                )
            seen[value] = entry
    return tuple(out)


def _own() -> Iterator[Entry]:
    for package in pkgutil.iter_modules(pitprop.examine.__path__):
        if not package.ispkg:
            continue
        folder = importlib.import_module(f"pitprop.examine.{package.name}")
        for found in pkgutil.iter_modules(folder.__path__):
            module = importlib.import_module(f"{folder.__name__}.{found.name}")
            if isinstance(check := getattr(module, "CHECK", None), Check):
                yield entry(check, name=found.name, family=package.name, page=module.__doc__ or "")


def _from_elsewhere() -> Iterator[Entry]:
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        yield from_elsewhere(point)


def from_elsewhere(point: Any) -> Entry:
    """The check that an entry point names.

    Raises
    ------
    PitpropError
        If it cannot be loaded or is no check; the message names the entry point and its package.
    """
    package = point.dist.name if getattr(point, "dist", None) is not None else point.value
    told = f"the check {point.name!r} of the package {package!r}"
    try:
        loaded = point.load()
    except Exception as error:
        raise PitpropError(
            f"{told} cannot be loaded ({type(error).__name__}: {error}); mend or uninstall it"
        ) from error
    check = loaded if isinstance(loaded, Check) else getattr(loaded, "CHECK", None)
    if not isinstance(check, Check):
        raise PitpropError(f"{told} is neither a Check nor a module with a CHECK; mend or uninstall it")
    family = FAMILIES.get(next((c for c in check.code if c.isdigit()), ""))
    if family is None:
        raise PitpropError(
            f"{told} has the code {check.code!r}; its first digit has to be 1 to 5, "
            "which says what family it belongs to"
        )
    module = sys.modules.get(check.run.__module__)
    return entry(check, name=point.name, family=family, page=(module.__doc__ if module else "") or "")


def entry(check: Check, *, name: str, family: str, page: str) -> Entry:
    """An entry of the battery, with what the check asks for read from its annotation.

    Raises
    ------
    PitpropError
        If the first argument of `run` has no annotation, or one that is not in ASKABLE.
    """
    try:
        first = next(iter(inspect.signature(check.run).parameters))
        asks = get_type_hints(check.run)[first]
    except (StopIteration, KeyError, NameError, TypeError) as error:
        raise PitpropError(
            f"check {name!r}: the first argument of its `run` needs an annotation that says what to feed it"
        ) from error
    if asks not in ASKABLE:
        allowed = ", ".join(getattr(a, "__name__", str(a)) for a in ASKABLE if a != ASKABLE[3])
        raise PitpropError(f"check {name!r} asks for {asks!r}; it may ask for {allowed} or tuple[Distribution, ...]")
    return Entry(check=check, name=name, family=family, asks=asks, page=inspect.cleandoc(page))


def _where(found: Entry) -> str:
    return str(getattr(found.check.run, "__module__", found.name))
