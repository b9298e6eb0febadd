"""The audit for a spreadsheet: one row for each finding.

A metric's ruling and first reason stand on each of its rows; a metric without findings has one row. Findings
about the register as a whole come last, without a metric. A cell of text that a spreadsheet might take for a
formula starts with an apostrophe; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import math

from pitprop.examine.finding import Finding
from pitprop.judge.verdict import Verdict
from pitprop.report.audit import Audit
from pitprop.report.plain import plain
from pitprop.report.wording import why

COLUMNS = (
    "metric",
    "label",
    "ruling",
    "why",
    "remedy",
    "owner",
    "review_by",
    "cost_per_year_low",
    "cost_per_year_high",
    "currency",
    "code",
    "check",
    "family",
    "state",
    "effect",
    "effect_is",
    "interval_low",
    "interval_high",
    "beyond",
    "p_value",
    "q_value",
    "n",
    "grade",
    "says",
    "needed",
    "waived",
    "definition_hash",
    "data_fingerprint",
)

Cell = str | float | int | None
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def as_csv(audit: Audit) -> str:
    """A header and one row for each finding, as RFC 4180 with `\\n` line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for verdict in audit.verdicts:
        for finding in verdict.findings or (None,):
            writer.writerow([cell(value) for value in (*_metric(verdict), *_finding(finding), *_hashes(verdict))])
    blank: tuple[Cell, ...] = (None,) * 10
    for finding in audit.portfolio:
        writer.writerow([cell(value) for value in (*blank, *_finding(finding), None, None)])
    return out.getvalue()


def cell(value: Cell) -> Cell:
    """The value as a cell: text on one line and never a formula, numbers as they are, others empty."""
    if isinstance(value, str):
        shown = plain(value)
        risky = value.startswith(_FORMULA) or shown.startswith(_FORMULA)
        return f"'{shown}" if risky else shown
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return float(value) if isinstance(value, float) else int(value)


def _metric(verdict: Verdict) -> tuple[Cell, ...]:
    metric = verdict.metric
    low, high = verdict.cost_per_year or (None, None)
    return (
        metric.name,
        metric.label,
        verdict.ruling.value,
        why(verdict),
        verdict.remedy,
        metric.owner.name if metric.owner else None,
        metric.review_by.isoformat() if metric.review_by else None,
        low,
        high,
        verdict.currency,
    )


def _finding(finding: Finding | None) -> tuple[Cell, ...]:
    if finding is None:
        return (None,) * 16
    low, high = finding.interval or (None, None)
    return (
        finding.code,
        finding.check,
        finding.family,
        finding.state.value,
        finding.effect,
        finding.effect_is,
        low,
        high,
        finding.beyond,
        finding.p_value,
        finding.q_value,
        finding.n,
        finding.grade,
        finding.says,
        finding.needed,
        finding.waived,
    )


def _hashes(verdict: Verdict) -> tuple[Cell, ...]:
    return (verdict.definition_hash, verdict.data_fingerprint)
