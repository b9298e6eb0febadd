"""The report that a person reads: one self-contained page, without scripts and without a network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit
from pitprop.report.charts import picture
from pitprop.report.picture import Picture
from pitprop.report.plain import plain, visible
from pitprop.report.sparkline import Sparkline, sparkline
from pitprop.report.steps import steps
from pitprop.report.wording import (
    FAMILIES,
    GRADES,
    ROWS,
    RULINGS,
    STATES,
    check_name,
    cost,
    effect,
    lead,
    number,
    probability,
    why,
)

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One metric's part of the report."""

    anchor: str
    verdict: Verdict
    spark: Sparkline | None
    evidence: tuple[Finding, ...]
    """What was asked of the data and could be, the suspect first."""
    declared: tuple[Finding, ...]
    """What was found about its declaration, the suspect first."""
    left_out: tuple[tuple[str, str], ...]
    """(why a question does not apply, checks that asked it)."""
    pictures: tuple[tuple[Finding, Picture], ...]
    folded: tuple[tuple[Finding, Picture], ...]
    """Pictures of what is clear, where others need to be seen first."""
    rows: tuple[tuple[str, int], ...]
    """What became of the rows, where any were left out."""
    innocent: tuple[tuple[str, str], ...]
    """(innocent explanation that is open, check)."""
    ruled_out: tuple[tuple[str, str], ...]
    """(innocent explanation that was tried, check)."""


def as_html(audit: Audit) -> str:
    """The whole report as one HTML page. The same audit gives the same bytes."""
    anchors = _anchors(audit.verdicts)
    pages = [_page(verdict, anchors[place]) for place, verdict in enumerate(audit.verdicts)]
    at = {verdict.metric.name: anchors[place] for place, verdict in enumerate(audit.verdicts)}
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            audit=audit,
            pages=pages,
            at=at,
            steps=steps(audit),
            portfolio=_ordered(f for f in audit.portfolio if f.state is not State.NOT_APPLICABLE),
            portfolio_pictures=_pictures(audit.portfolio),
            portfolio_left_out=_left_out(audit.portfolio),
        )
    )


def as_summary(audit: Audit) -> str:
    """The rulings as one small table with its own style, for a notebook."""
    return environment().get_template("summary.html.j2").render(audit=audit)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of this folder: everything they print is escaped, and loses what moves a cursor or hides a word."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pitprop.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(number=number, probability=probability, prose=_prose, lead=lead)
    environment.globals.update(
        RULINGS=RULINGS,
        STATES=STATES,
        GRADES=GRADES,
        FAMILIES=FAMILIES,
        State=State,
        Ruling=Ruling,
        why=why,
        register_name=register_name,
        cost=cost,
        effect=effect,
        check_name=check_name,
    )
    return environment


def _shown(value: object) -> object:
    """Whatever a template prints: strings lose what moves a cursor or hides a word; then they are escaped."""
    return visible(value) if type(value) is str else value


def _prose(text: str) -> Markup:
    """A sentence, escaped, with what stands between back ticks set as code."""
    from markupsafe import Markup, escape

    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def register_name(audit: Audit) -> str:
    """The end of the register's path, by which people know it."""
    parts = [part for part in re.split(r"[/\\\\]+", audit.register) if part]
    return "/".join(parts[-2:]) or "register"


def _anchors(verdicts: Iterable[Verdict]) -> list[str]:
    """An id for each metric: its name where that is fit, and never twice the same."""
    taken: set[str] = set()
    anchors = []
    for place, verdict in enumerate(verdicts, 1):
        name = verdict.metric.name
        anchor = f"metric-{name}" if re.fullmatch(r"[a-z0-9_]{1,128}", name) else f"metric-{place}"
        while anchor in taken:
            anchor += f"-{place}"
        taken.add(anchor)
        anchors.append(anchor)
    return anchors


_WEIGHT = {state: place for place, state in enumerate(STATES)}


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: _WEIGHT[finding.state]))


def _page(verdict: Verdict, anchor: str) -> Page:
    asked = _ordered(f for f in verdict.findings if f.state is not State.NOT_APPLICABLE)
    drawn = _pictures(asked)
    first = tuple(shown for shown in drawn if shown[0].state is not State.CLEAR)
    return Page(
        anchor=anchor,
        verdict=verdict,
        spark=sparkline(verdict),
        evidence=tuple(f for f in asked if f.family != "governance"),
        declared=tuple(f for f in asked if f.family == "governance"),
        left_out=_left_out(verdict.findings),
        pictures=first or drawn,
        folded=tuple(shown for shown in drawn if shown not in first) if first else (),
        rows=_rows(verdict),
        innocent=_collected((reason, f) for f in asked for reason in f.innocent),
        ruled_out=_collected((reason, f) for f in asked for reason in f.ruled_out),
    )


def _pictures(findings: Iterable[Finding]) -> tuple[tuple[Finding, Picture], ...]:
    drawn = ((finding, picture(finding.figure)) for finding in findings if finding.figure is not None)
    return tuple((finding, shown) for finding, shown in drawn if shown is not None)


def _collected(told: Iterable[tuple[str, Finding]]) -> tuple[tuple[str, str], ...]:
    """Each text once, with the checks that told it."""
    by: dict[str, list[str]] = {}
    for text, finding in told:
        names = by.setdefault(plain(text), [])
        if check_name(finding) not in names:
            names.append(check_name(finding))
    return tuple((text, ", ".join(names)) for text, names in by.items())


def _left_out(findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    left = (f for f in findings if f.state is State.NOT_APPLICABLE)
    return _collected((f.says or f.needed, f) for f in left)


def _rows(verdict: Verdict) -> tuple[tuple[str, int], ...]:
    rows = verdict.rows
    if rows is None or rows.total == rows.kept:
        return ()
    counted = ((ROWS[f.name], getattr(rows, f.name)) for f in fields(rows))
    return tuple((words, count) for words, count in counted if count)
