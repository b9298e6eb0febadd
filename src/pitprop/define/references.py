"""Whether what a register names exists, and whether its expressions may be used.

These look at plain data, not at the models, so that they are found in the same run as what does not fit the
models; they pass over what has the wrong type, which is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path as File
from typing import Any

from pitprop.define.draft import Draft
from pitprop.define.expression import ExpressionError, parse
from pitprop.define.outside import outside
from pitprop.define.place import Path
from pitprop.define.problem import shown
from pitprop.define.shape import Misfit, unknown_name


def misreferences(draft: Draft, known_checks: Collection[str] | None) -> Iterator[Misfit]:
    """Everything in a register that names what is not there, or may not be used."""
    data = draft.data
    yield from unusable_paths(data, draft.file.parent, allow_outside=draft.allow_outside)
    yield from duplicate_names(data, draft)
    yield from unknown_sources(data)
    yield from unusable_expressions(data)
    if draft.complete:
        yield from unknown_metrics(data)
        yield from unknown_purposes(data)
    if known_checks is not None:
        yield from unknown_checks(data, known_checks)


def duplicate_names(data: dict[str, Any], draft: Draft) -> Iterator[Misfit]:
    """Metrics whose name another one has already."""
    first: dict[str, int] = {}
    for i, metric in _metrics(data):
        name = metric.get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            place = draft.at(("metrics", first[name], "name"))
            says = f"is {shown(name)}, the name of the metric in {place.file}, line {place.line}"
            yield Misfit(path=("metrics", i, "name"), says=says)
        first.setdefault(name, i)


def unknown_sources(data: dict[str, Any]) -> Iterator[Misfit]:
    """Metrics whose source the register does not have."""
    sources = data.get("sources")
    if isinstance(sources, dict) and sources:
        for i, metric in _metrics(data):
            yield from unknown_name(("metrics", i, "source"), metric.get("source"), list(sources), "a source")


def unknown_metrics(data: dict[str, Any]) -> Iterator[Misfit]:
    """Outcomes, guardrails and competing work that are no metric of the register, or the metric itself."""
    names = [m["name"] for _, m in _metrics(data) if isinstance(m.get("name"), str)]
    for i, metric in _metrics(data):
        outcome, guardrails = metric.get("outcome"), metric.get("guardrails")
        found: list[tuple[Path, Any, str]] = []
        if isinstance(outcome, dict):
            found.append((("metrics", i, "outcome", "metric"), outcome.get("metric"), "outcome"))
        for j, guardrail in enumerate(guardrails if isinstance(guardrails, list) else ()):
            if isinstance(guardrail, dict):
                path: Path = ("metrics", i, "guardrails", j, "metric")
                found.append((path, guardrail.get("metric"), "guardrail"))
        competing = metric.get("competing")
        for j, name in enumerate(competing if isinstance(competing, list) else ()):
            found.append((("metrics", i, "competing", j), name, "competing work"))
        for path, name, role in found:
            if isinstance(name, str) and name == metric.get("name"):
                says = f"is the metric itself; the {role} is another metric that is not under the same target"
                yield Misfit(path=path, says=says)
            else:
                yield from unknown_name(path, name, names, "a metric of this register")


def unknown_purposes(data: dict[str, Any]) -> Iterator[Misfit]:
    """Purposes that a metric serves and the register does not have, and purposes named twice."""
    purposes = data.get("purposes")
    names: list[str] = []
    for j, purpose in enumerate(purposes if isinstance(purposes, list) else ()):
        name = purpose.get("name") if isinstance(purpose, dict) else None
        if isinstance(name, str):
            if name in names:
                yield Misfit(path=("purposes", j, "name"), says=f"is {shown(name)}, the name of another purpose")
            names.append(name)
    for i, metric in _metrics(data):
        serves = metric.get("serves")
        for j, name in enumerate(serves if isinstance(serves, list) else ()):
            yield from unknown_name(("metrics", i, "serves", j), name, names, "one of the register's `purposes`")


def unknown_checks(data: dict[str, Any], known: Collection[str]) -> Iterator[Misfit]:
    """Checks in `policy.effects` and in waivers that do not exist."""
    policy = data.get("policy")
    effects = policy.get("effects") if isinstance(policy, dict) else None
    for check in effects if isinstance(effects, dict) else ():
        yield from unknown_name(("policy", "effects", check), check, known, "a check")
    for i, metric in _metrics(data):
        waivers = metric.get("waivers")
        for j, waiver in enumerate(waivers if isinstance(waivers, list) else ()):
            if isinstance(waiver, dict):
                path = ("metrics", i, "waivers", j, "check")
                yield from unknown_name(path, waiver.get("check"), known, "a check")


def unusable_expressions(data: dict[str, Any]) -> Iterator[Misfit]:
    """SQL expressions that cannot be read or have parts that are not allowed."""
    for i, metric in _metrics(data):
        for path, sql in _expressions(metric):
            try:
                parse(sql)
            except ExpressionError as error:
                allowed = (error.allowed,) if error.allowed else ()
                yield Misfit(path=("metrics", i, *path), says=error.says, allowed=allowed, nearest=error.nearest)


def unusable_paths(data: dict[str, Any], folder: File, *, allow_outside: bool) -> Iterator[Misfit]:
    """Source files that are addresses, or lie outside the register's folder where that is not allowed."""
    sources = data.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        path = source.get("path") if isinstance(source, dict) else None
        if isinstance(path, str) and path:
            says = outside(path, folder, allow_outside=allow_outside)
            if says:
                yield Misfit(path=("sources", name, "path"), says=says)


def _metrics(data: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    metrics = data.get("metrics")
    for i, metric in enumerate(metrics if isinstance(metrics, list) else ()):
        if isinstance(metric, dict):
            yield i, metric


def _expressions(metric: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    keys = ("expr", "filter", "entity", "agg_time_dimension", "case_mix", "exclusion")
    found: list[tuple[Path, Any]] = [((key,), metric.get(key)) for key in keys]
    if isinstance(metric.get("revisions"), dict):
        found.append((("revisions", "loaded"), metric["revisions"].get("loaded")))
    for part in ("numerator", "denominator"):
        if isinstance(metric.get(part), dict):
            found.append(((part, "expr"), metric[part].get("expr")))
    targets = metric.get("targets")
    for j, target in enumerate(targets if isinstance(targets, list) else ()):
        if isinstance(target, dict):
            found.append((("targets", j, "value"), target.get("value")))
    return ((path, sql) for path, sql in found if isinstance(sql, str) and sql)
