"""The audit for a terminal: one line for each metric, and under it the evidence that needs an answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit
from pitprop.report.lines import WIDTH, Span, block, can_encode, print_lines, written
from pitprop.report.plain import plain
from pitprop.report.wording import RULINGS, STATES, Sign, check_name, evidence, lead, why

_STYLES = {
    Ruling.KEEP: "bold green",
    Ruling.CHALLENGE: "bold yellow",
    Ruling.DISCARD: "bold red",
    Ruling.UNDECIDED: "bold cyan",
}
_HANG = 13
_DECLARED = "governance"
"""The family whose findings are about the register, not about data."""


def as_text(audit: Audit, *, columns: int = WIDTH, ascii_only: bool = False) -> str:
    """The audit as plain text, wrapped at `columns`.

    Parameters
    ----------
    columns
        Longest line, in terminal columns; words longer than that are broken.
    ascii_only
        Use ASCII symbols for rulings and states.
    """
    return written(_lines(audit, columns, ascii_only))


def print_audit(audit: Audit, file: TextIO | None = None) -> None:
    """Print the audit: coloured on a terminal (NO_COLOR is honoured), plain in a pipe.

    Parameters
    ----------
    file
        Where to; standard output by default.
    """
    out = sys.stdout if file is None else file
    ascii_only = not can_encode(out, "".join(sign.symbol for sign in (*RULINGS.values(), *STATES.values())) + "−–")
    print_lines(lambda columns: _lines(audit, columns, ascii_only), out)


def _lines(audit: Audit, columns: int, ascii_only: bool) -> Iterator[list[Span]]:
    total = len(audit.verdicts)
    counts = ", ".join(f"{audit.count(r)} {sign.word}" for r, sign in RULINGS.items())
    head = f"{total} metric{'' if total == 1 else 's'}: {counts}"
    yield from block([(plain(audit.register), "bold"), (head, "")], columns, hang=0)
    yield []
    for verdict in audit.verdicts:
        yield from _verdict(verdict, columns, ascii_only)
    if any(f.state in (State.SUSPECT, State.INCONCLUSIVE) for f in audit.portfolio):
        yield []
        yield from block([("The register as a whole", "bold")], columns, hang=0)
        for finding in audit.portfolio:
            if finding.state in (State.SUSPECT, State.INCONCLUSIVE):
                yield from _finding(finding, columns, ascii_only)


def _verdict(verdict: Verdict, columns: int, ascii_only: bool) -> Iterator[list[Span]]:
    metric = verdict.metric
    title = f" ({plain(metric.label)})" if metric.label and metric.label != metric.name else ""
    ruling = f"{_symbol(RULINGS[verdict.ruling], ascii_only)} {RULINGS[verdict.ruling].word:<{_HANG - 3}}"
    spans = [
        (ruling, _STYLES[verdict.ruling]),
        (plain(metric.name) + title + ":", "bold"),
        (lead(why(verdict)), ""),
    ]
    yield from block(spans, columns, hang=_HANG)
    if verdict.problem and plain(verdict.problem) not in why(verdict):
        yield from block([(plain(verdict.problem), "")], columns, indent=_HANG, hang=_HANG + 2)
    yield from _findings(verdict, columns, ascii_only)
    if verdict.remedy and verdict.ruling is not Ruling.KEEP:
        spans = [("next:", "bold"), (plain(verdict.remedy), "")]
        yield from block(spans, columns, indent=_HANG, hang=_HANG + 2)


def _findings(verdict: Verdict, columns: int, ascii_only: bool) -> Iterator[list[Span]]:
    """What is suspect in a line or two each, then in a line each what is not declared and what is open."""
    suspect = [f for f in verdict.findings if f.state is State.SUSPECT]
    for finding in suspect:
        if finding.family != _DECLARED:
            yield from _finding(finding, columns, ascii_only, said=why(verdict))
    lists = [("declaration incomplete:", State.SUSPECT, [f for f in suspect if f.family == _DECLARED])]
    if verdict.ruling is not Ruling.KEEP:
        open_ones = [f for f in verdict.findings if f.state is State.INCONCLUSIVE]
        lists.append(("inconclusive:", State.INCONCLUSIVE, open_ones))
    for words, state, findings in lists:
        if findings:
            names = ", ".join(check_name(f).lower() + (" (waived)" if f.waived else "") for f in findings)
            head = f"{_symbol(STATES[state], ascii_only)} {words}"
            yield from block([(head, "bold"), (names, "")], columns, indent=_HANG, hang=_HANG + 2)


def _finding(finding: Finding, columns: int, ascii_only: bool, *, said: str = "") -> Iterator[list[Span]]:
    sign = STATES[finding.state]
    spans = [(f"{_symbol(sign, ascii_only)} {sign.word}", "bold"), (check_name(finding).lower() + ":", "")]
    if plain(finding.says) not in said:
        spans.append((lead(finding.says, most=0), ""))
    numbers = evidence(finding)
    if numbers:
        spans.append((f"[{numbers}]", "dim"))
    if finding.state is State.INCONCLUSIVE and finding.needed:
        spans.append((f"Would decide: {plain(finding.needed)}", ""))
    if finding.waived:
        spans.append((f"Waived: {plain(finding.waived)}", "italic"))
    yield from block(spans, columns, indent=_HANG, hang=_HANG + 2)


def _symbol(sign: Sign, ascii_only: bool) -> str:
    return sign.ascii if ascii_only else sign.symbol
