"""An audit as `audit --format json` wrote it, read back as far as two audits are compared."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pitprop.errors import PitpropError
from pitprop.examine.finding import State
from pitprop.judge.verdict import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFinding:
    """What one check found."""

    check: str
    state: State
    says: str
    effect: float | None
    effect_is: str
    interval: tuple[float | None, float | None] | None
    """None at an end that has no limit."""
    waived: str
    crashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMetric:
    """What was ruled on one metric."""

    name: str
    label: str
    status: str
    ruling: Ruling
    why: str
    problem: str
    definition_hash: str
    data_fingerprint: str
    findings: Mapping[str, RecordedFinding]
    """By the check's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One audit."""

    name: str
    """The file it was read from, or its register."""
    register: str
    version: str
    policy: Mapping[str, Any]
    metrics: Mapping[str, RecordedMetric]
    portfolio: Mapping[str, RecordedFinding]


def read_recorded(path: str | os.PathLike[str]) -> Recorded:
    """The audit in a file that `pitprop audit --format json` wrote.

    Raises
    ------
    PitpropError
        If the file cannot be read or is no such audit; the message names the file and what is wrong.
    """
    name = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        held = json.loads(text, parse_constant=_refused)
    except (OSError, ValueError, RecursionError) as error:
        raise PitpropError(f"{name}: {_fault(error)}") from None
    return recorded(held, name)


def recorded(held: object, name: str) -> Recorded:
    """The audit in a JSON document; `name` is what messages call it. Raises like `read_recorded`."""
    document = _Part(file=name, path="", held=held)
    if not isinstance(held, dict) or "metrics" not in held or "pitprop" not in held:
        document.complain("is no audit: it has no `pitprop` and `metrics`; write one with `pitprop audit -o FILE.json`")
    metrics = [_metric(part) for part in document.items("metrics")]
    return Recorded(
        name=name,
        register=document.text("register"),
        version=document.text("pitprop"),
        policy=document.mapping("policy"),
        metrics=_by(document, "metrics", {m.name: m for m in metrics}, len(metrics)),
        portfolio=_findings(document, "portfolio"),
    )


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    if isinstance(error, UnicodeDecodeError):
        return "is not in UTF-8; it has to be what `pitprop audit --format json` writes"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
    return "is nested too deeply" if isinstance(error, RecursionError) else f"is not JSON ({error})"


E = TypeVar("E", bound=Enum)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of the document, which knows where it is: what is missing is empty, a wrong type is an error."""

    file: str
    path: str
    held: Any

    def complain(self, says: str, key: str = "") -> NoReturn:
        where = ".".join(step for step in (self.path, key) if step)
        raise PitpropError(f"{self.file}: {where} {says}" if where else f"{self.file}: {says}")

    def get(self, key: str, kinds: type | tuple[type, ...], words: str, missing: Any) -> Any:
        value = self.held.get(key)
        if value is None:
            return missing
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in (kinds, *_all(kinds))):
            self.complain(f"has to be {words}", key)
        return value

    def text(self, key: str) -> str:
        told: str = self.get(key, str, "text", "")
        return told

    def mapping(self, key: str) -> dict[str, Any]:
        told: dict[str, Any] = self.get(key, dict, "a mapping", {})
        return told

    def number(self, key: str) -> float | None:
        told = self.get(key, (int, float), "a number", None)
        return None if told is None else float(told)

    def word(self, key: str, kind: type[E]) -> E:
        allowed = [str(member.value) for member in kind]
        value = self.held.get(key)
        if value not in allowed:
            self.complain(f"is {json.dumps(value)[:60]}; it has to be one of {', '.join(allowed)}", key)
        return kind(value)

    def items(self, key: str) -> list[_Part]:
        told = self.get(key, list, "a list", [])
        parts = [_Part(file=self.file, path=f"{self.path}.{key}[{i}]".lstrip("."), held=h) for i, h in enumerate(told)]
        for part in parts:
            if not isinstance(part.held, dict):
                part.complain("has to be a mapping")
        return parts


def _all(kinds: type | tuple[type, ...]) -> tuple[type, ...]:
    return kinds if isinstance(kinds, tuple) else (kinds,)


def _by(part: _Part, key: str, found: dict[str, V], many: int) -> dict[str, V]:
    if "" in found:
        part.complain("has an item without a name", key)
    if len(found) != many:
        part.complain("has two items of one name", key)
    return found


def _metric(part: _Part) -> RecordedMetric:
    because = part.get("because", list, "a list", [])
    return RecordedMetric(
        name=part.text("name"),
        label=part.text("label"),
        status=part.text("status"),
        ruling=part.word("ruling", Ruling),
        why=str(because[0]) if because else part.text("problem"),
        problem=part.text("problem"),
        definition_hash=part.text("definition_hash"),
        data_fingerprint=part.text("data_fingerprint"),
        findings=_findings(part, "findings"),
    )


def _findings(part: _Part, key: str) -> dict[str, RecordedFinding]:
    found = [_finding(item) for item in part.items(key)]
    return _by(part, key, {f.check: f for f in found}, len(found))


def _finding(part: _Part) -> RecordedFinding:
    return RecordedFinding(
        check=part.text("check"),
        state=part.word("state", State),
        says=part.text("says"),
        effect=part.number("effect"),
        effect_is=part.text("effect_is"),
        interval=_interval(part),
        waived=part.text("waived"),
        crashed="crashed" in part.mapping("data"),
    )


def _interval(part: _Part) -> tuple[float | None, float | None] | None:
    told = part.get("interval", list, "a list of two numbers", None)
    if told is None:
        return None
    if len(told) != 2 or any(isinstance(e, bool) or not isinstance(e, int | float | None) for e in told):
        part.complain("has to be a list of two numbers", "interval")
    low, high = (None if end is None else float(end) for end in told)
    return low, high
