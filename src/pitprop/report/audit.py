"""Audit: what one run of the audit found, and its renderings."""

from __future__ import annotations

from dataclasses import dataclass

from pitprop.examine.finding import Finding
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Verdicts on the metrics of one register. It shows itself in a notebook."""

    version: str
    """pitprop's own version."""
    register: str
    """The register's path as given."""
    policy: Policy
    verdicts: tuple[Verdict, ...]
    portfolio: tuple[Finding, ...] = ()
    """Findings about the register as a whole."""

    def __getitem__(self, name: str) -> Verdict:
        """The verdict on the metric of that name; KeyError where there is none."""
        for verdict in self.verdicts:
            if verdict.metric.name == name:
                return verdict
        raise KeyError(name)

    def count(self, ruling: Ruling) -> int:
        """How many metrics got that ruling."""
        return sum(v.ruling is ruling for v in self.verdicts)

    def render(self, form: str = "text") -> str:
        """The audit as text, json, jsonl, markdown, csv or html."""
        from pitprop.report.render import render

        return render(self, form)

    def _repr_html_(self) -> str:
        from pitprop.report.render import summary_html

        return summary_html(self)
