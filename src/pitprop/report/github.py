"""The audit for GitHub Actions: an annotation at each metric's line, and a summary for the page of the run.

GitHub shows ten annotations of each kind for a step; the gravest come first.
"""

from __future__ import annotations

from collections.abc import Iterator

from pitprop.examine.finding import Finding
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import SEVERITY, Audit
from pitprop.report.location import file_of, place_of
from pitprop.report.markdown import as_markdown, rulings_table
from pitprop.report.plain import plain, shortened
from pitprop.report.wording import RULINGS, check_name, why

SUMMARY_BYTES = 1024 * 1024
"""What GitHub shows of a step's summary; it drops the whole of a longer one."""
_LONGEST = 4000
"""Most characters of an annotation."""


def as_github(audit: Audit, fail_on: str = "discard") -> str:
    """Workflow commands, one for each metric that is not kept, one for each thing that could not be run.

    Parameters
    ----------
    fail_on
        The mildest ruling that is an `error`; a milder challenge or discard is a `warning`, the rest is a `notice`.
    """
    failing = audit.failing(fail_on)
    ruled = [v for ruling in SEVERITY for v in audit.verdicts if v.ruling is ruling and not v.problem]
    commands = [_ruled(audit, v, fails=v in failing) for v in ruled if v.metric.status != "retired"]
    return "".join(f"{command}\n" for command in [*_broken(audit), *commands])


def summary(audit: Audit, room: int = SUMMARY_BYTES) -> str:
    """The audit as Markdown of at most `room` bytes: all of it, else the rulings, else as many as fit."""
    whole = as_markdown(audit)
    if len(whole.encode()) <= room:
        return whole
    head, *rows = rulings_table(audit)
    note = "\n\nThe summary is cut here: the whole of it is too long for this page.\n"
    room -= len(head.encode()) + len(note.encode())
    kept = []
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        kept.append(f"\n{row}")
    return head + "".join(kept) + note if kept else ""


def data(text: str) -> str:
    """The text as a workflow command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def attribute(text: str) -> str:
    """The text as a value of a workflow command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def _broken(audit: Audit) -> Iterator[str]:
    """An error for each thing that was asked for and could not be run."""
    findings: list[tuple[Verdict | None, Finding]] = [(v, f) for v in audit.verdicts for f in v.findings]
    findings += [(None, f) for f in audit.portfolio]
    for verdict in audit.verdicts:
        if verdict.problem:
            yield _command("error", audit, verdict, f"not run: {plain(verdict.metric.title)}", plain(verdict.problem))
    for about, finding in findings:
        if "crashed" in finding.data:
            yield _command("error", audit, about, f"not run: {check_name(finding)}", plain(finding.says))


def _ruled(audit: Audit, verdict: Verdict, *, fails: bool) -> str:
    mild = "notice" if verdict.ruling is Ruling.UNDECIDED else "warning"
    says = why(verdict) + (f"\nNext: {plain(verdict.remedy)}" if verdict.remedy else "")
    title = f"{RULINGS[verdict.ruling].word}: {plain(verdict.metric.title)}"
    return _command("error" if fails else mild, audit, verdict, title, says)


def _command(kind: str, audit: Audit, verdict: Verdict | None, title: str, says: str) -> str:
    place = place_of(audit, verdict)
    properties = {
        "file": plain(file_of(place)),
        "line": str(place.line),
        "col": str(place.column),
        "title": shortened(f"pitprop {title}", 200),
    }
    told = ",".join(f"{key}={attribute(value)}" for key, value in properties.items())
    message = "\n".join(shortened(line, _LONGEST) for line in says.split("\n"))
    return f"::{kind} {told}::{data(message)}"
