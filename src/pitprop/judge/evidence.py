"""Evidence: the findings about one metric, and which of them count."""

from __future__ import annotations

from dataclasses import dataclass

from pitprop.define.metric import Metric, Stakes
from pitprop.examine.finding import Finding, State
from pitprop.judge.policy import Policy

PERSONAL: frozenset[Stakes] = frozenset({"bonus", "pay", "career", "penalty", "ranking"})
"""Stakes by which individuals are rewarded or punished."""
DISTORTED = ("distorted_data", "distorted_work")
"""Families whose suspicions say that people responded to the number."""
UNASKED = Finding(state=State.NOT_APPLICABLE, says="This was not examined.")
"""What stands for a check that was not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about one metric when it is ruled on."""

    metric: Metric
    findings: tuple[Finding, ...]
    """With q-values and waivers stamped on."""
    policy: Policy

    def of(self, check: str) -> Finding:
        """The finding of that check; one that is not applicable where it was not run."""
        return next((f for f in self.findings if f.check == check), UNASKED)

    def stands_out(self, finding: Finding) -> bool:
        """Whether it is suspect even among everything that was tested (its q-value, if it has one)."""
        return finding.state is State.SUSPECT and (finding.q_value is None or finding.q_value <= self.policy.fdr)

    def counts(self, finding: Finding) -> bool:
        """Whether a suspicion counts: it stands out, no waiver is in force, and it is not alone on a weak design."""
        return self.stands_out(finding) and not finding.waived and not self.alone(finding)

    def alone(self, finding: Finding) -> bool:
        """Whether it is a suspicion of distortion that rests on the shape of the data alone (grade D), and no other
        check of distortion agrees."""
        if finding.grade != "D" or finding.family not in DISTORTED:
            return False
        return not any(
            other.check != finding.check and other.family in DISTORTED and self.stands_out(other) and not other.waived
            for other in self.findings
        )

    def suspect(self, check: str) -> bool:
        """Whether that check's suspicion counts."""
        return self.counts(self.of(check))

    def clear(self, check: str) -> bool:
        """Whether that check found its question answered in the metric's favour."""
        return self.of(check).state is State.CLEAR

    def suspects(self, *families: str) -> tuple[Finding, ...]:
        """The suspicions of these families that count, the strongest first."""
        found = [f for f in self.findings if f.family in families and self.counts(f)]
        return tuple(sorted(found, key=lambda f: (f.q_value or 0.0, f.code)))

    @property
    def measured(self) -> bool:
        """Whether the data answered any question at all (declared costs and governance are not data)."""
        return any(
            f.state in (State.CLEAR, State.SUSPECT) and f.family != "governance" and f.check != "cost"
            for f in self.findings
        )

    @property
    def stakes(self) -> frozenset[Stakes]:
        """What hangs on the metric's targets, without `none`."""
        return frozenset(t.stakes for t in self.metric.targets) - {"none"}

    @property
    def reliability_asked(self) -> float:
        """The signal share that the declared use asks for."""
        asked = self.policy.effects.get("reliability", self.policy.reliability)
        return max(asked, self.policy.reliability_pay) if self.stakes & PERSONAL else asked

    @property
    def reliability_bounds(self) -> tuple[float, float] | None:
        """Interval of the signal share; None where it could not be had."""
        finding = self.of("reliability")
        return finding.interval if finding.state is not State.NOT_APPLICABLE else None
