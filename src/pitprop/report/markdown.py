"""The audit as GitHub-flavoured Markdown, for a pull request or a wiki. All text is escaped."""

from __future__ import annotations

import re

from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit
from pitprop.report.plain import plain
from pitprop.report.steps import steps
from pitprop.report.wording import RULINGS, STATES, check_name, cost, effect, lead, number, probability, why

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", ":": "&#58;", "@": "&#64;"}
_BACKSLASHED = frozenset("\\`*_[]()~#$!^{}")


def escaped(text: object) -> str:
    """The text on one line, so that Markdown shows it as it is: no markup, link, image, cell or HTML."""
    line = plain(text)
    line = re.sub(r"(?i)www\.", lambda hit: hit.group()[:3] + "&#46;", _characters(line))
    return re.sub(r"^(\d+)([.)])|^([-+=])", lambda hit: f"{hit[1] or ''}\\{hit[2] or hit[3]}", line)


def _characters(line: str) -> str:
    return "".join(f"\\{c}" if c in _BACKSLASHED else _ENTITIES.get(c, c) for c in line)


_TABLE = ("| Ruling | Metric | Why | Owner | Cost a year | Review by |", "| --- | --- | --- | --- | ---: | --- |")


def as_markdown(audit: Audit) -> str:
    """What to do first, one table row for each metric, then the reasons and evidence of each."""
    lines = [f"# Metric audit of {escaped(audit.register)}", "", _counts(audit), ""]
    todo = steps(audit)
    if todo:
        lines += ["## What to do first", ""]
        for place, step in enumerate(todo, 1):
            names = ", ".join(escaped(v.metric.title) for v in step.verdicts)
            lines.append(f"{place}. **{_sign(step.ruling)}** {names}. {escaped(step.remedy)}")
        lines.append("")
    lines += ["## Rulings", "", *_TABLE, *(_row(verdict) for verdict in audit.verdicts)]
    for verdict in audit.verdicts:
        lines += ["", *_section(verdict)]
    if audit.portfolio:
        lines += ["", "## The register as a whole", "", *_evidence(audit.portfolio)]
    lines += ["", f"pitprop {escaped(audit.version)}; false discovery rate {number(audit.policy.fdr)}."]
    return "\n".join(lines) + "\n"


def rulings_table(audit: Audit) -> tuple[str, ...]:
    """Title, counts and the table's head as one text, then each of its rows: for pages with little room."""
    head = (f"# Metric audit of {escaped(audit.register)}", "", _counts(audit), "", *_TABLE)
    return ("\n".join(head), *(_row(verdict) for verdict in audit.verdicts))


def _counts(audit: Audit) -> str:
    total = len(audit.verdicts)
    counts = ", ".join(f"{audit.count(r)} {sign.word}" for r, sign in RULINGS.items())
    return f"{total} metric{'' if total == 1 else 's'}: {counts}."


def _sign(ruling: Ruling) -> str:
    return f"{escaped(RULINGS[ruling].symbol)} {RULINGS[ruling].word}"


def _row(verdict: Verdict) -> str:
    metric = verdict.metric
    cells = (
        _sign(verdict.ruling),
        escaped(metric.title),
        escaped(lead(why(verdict))),
        escaped(metric.owner.name) if metric.owner else "",
        escaped(cost(verdict)),
        metric.review_by.isoformat() if metric.review_by else "",
    )
    return f"| {' | '.join(cells)} |"


def _section(verdict: Verdict) -> list[str]:
    lines = [f"## {escaped(verdict.metric.title)}: {_sign(verdict.ruling)}", ""]
    lines += [f"- {escaped(reason)}" for reason in verdict.because or (why(verdict),)]
    if verdict.problem and verdict.because:
        lines += [f"- {escaped(verdict.problem)}"]
    if verdict.remedy:
        lines += ["", f"**Next step:** {escaped(verdict.remedy)}"]
    if verdict.would_change:
        lines += ["", "**What would change this ruling:**", ""]
        lines += [f"- {escaped(change)}" for change in verdict.would_change]
    if verdict.findings:
        lines += ["", *_evidence(verdict.findings)]
    return lines


def _evidence(findings: tuple[Finding, ...]) -> list[str]:
    shown = [f for f in findings if f.state is not State.NOT_APPLICABLE]
    left_out = [f for f in findings if f.state is State.NOT_APPLICABLE]
    lines = []
    if shown:
        lines += ["| Check | State | Effect (interval) | Matters beyond | n | q | Grade | What it says |"]
        lines += ["| --- | --- | --- | ---: | ---: | ---: | --- | --- |"]
    for finding in shown:
        sign = STATES[finding.state]
        waived = f" Waived: {escaped(finding.waived)}" if finding.waived else ""
        cells = (
            f"{escaped(check_name(finding))} {escaped(finding.code)}",
            f"{escaped(sign.symbol)} {sign.word}",
            escaped(effect(finding)) or "–",
            number(finding.beyond),
            f"{finding.n:,}" if finding.n else "–",
            escaped(probability(finding.q_value)),
            finding.grade or "–",
            escaped(finding.says) + waived,
        )
        lines.append(f"| {' | '.join(cells)} |")
    if left_out:
        lines += [""] if shown else []
        lines.append("Not applicable: " + ", ".join(escaped(check_name(f)) for f in left_out) + ".")
    return lines
