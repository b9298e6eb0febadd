"""What a ruling rests on, for reports that show each suspicion by itself."""

from __future__ import annotations

from pitprop.examine.finding import Finding
from pitprop.judge.evidence import Evidence
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit


def counted(audit: Audit, verdict: Verdict) -> tuple[Finding, ...]:
    """The suspicions that count: they stand out among everything tested, and no waiver is in force."""
    evidence = Evidence(metric=verdict.metric, findings=verdict.findings, policy=audit.policy)
    return tuple(f for f in verdict.findings if evidence.counts(f))


def grounds(audit: Audit, verdict: Verdict) -> tuple[Finding, ...]:
    """The suspicions that count and are as grave as the ruling: gaps in a declaration never challenge or discard."""
    if verdict.ruling is Ruling.KEEP:
        return ()
    found = counted(audit, verdict)
    return found if verdict.ruling is Ruling.UNDECIDED else tuple(f for f in found if f.family != "governance")
