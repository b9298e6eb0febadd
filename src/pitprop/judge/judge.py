"""Judging a register: chance is taken into account over all its metrics, then each is ruled on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pitprop.examine.examination import Examination
from pitprop.examine.finding import Finding, State
from pitprop.judge.definition import definition_hash
from pitprop.judge.evidence import Evidence
from pitprop.judge.policy import Policy
from pitprop.judge.rule import rule
from pitprop.judge.verdict import Verdict
from pitprop.judge.waivers import expired, waive
from pitprop.stats.multiplicity import selective


def judge(examinations: Sequence[Examination], policy: Policy, today: date) -> tuple[Verdict, ...]:
    """A verdict on each examined metric, in the same order.

    Parameters
    ----------
    examinations
        What the battery found, one for each metric.
    policy
        The thresholds.
    today
        Decides which waivers are in force.
    """
    stamped = with_q_values([e.findings for e in examinations])
    return tuple(
        _verdict(examination, findings, policy, today)
        for examination, findings in zip(examinations, stamped, strict=True)
    )


def with_q_values(register: Sequence[tuple[Finding, ...]]) -> list[tuple[Finding, ...]]:
    """The findings of each metric, with their p-values adjusted over the register, family by family.

    Holm within a metric's family, Benjamini-Hochberg over the metrics, as `selective` says. Findings
    without a p-value, and those that are not applicable, stay as they are.
    """
    families = dict.fromkeys(f.family for findings in register for f in findings)
    q_values: dict[tuple[int, int], float] = {}
    for family in families:
        places = [[j for j, f in enumerate(findings) if _tested(f, family)] for findings in register]
        groups = [[register[i][j].p_value or 0.0 for j in row] for i, row in enumerate(places)]
        for i, adjusted in enumerate(selective(groups)):
            q_values |= {(i, j): float(q) for j, q in zip(places[i], adjusted, strict=True)}
    return [
        tuple(replace(f, q_value=q_values.get((i, j))) for j, f in enumerate(findings))
        for i, findings in enumerate(register)
    ]


def _tested(finding: Finding, family: str) -> bool:
    applicable = finding.state is not State.NOT_APPLICABLE
    return finding.family == family and finding.p_value is not None and applicable


def _verdict(examination: Examination, findings: tuple[Finding, ...], policy: Policy, today: date) -> Verdict:
    metric = examination.metric
    waived = waive(metric, findings, today)
    decision = rule(Evidence(metric=metric, findings=waived, policy=policy), examination.problem)
    return Verdict(
        metric=metric,
        ruling=decision.ruling,
        because=decision.because,
        remedy=decision.remedy,
        would_change=(*decision.would_change, *expired(metric, waived, today)),
        findings=waived,
        rows=examination.rows,
        trend=examination.trend,
        definition_hash=definition_hash(metric),
        data_fingerprint=examination.fingerprint,
        problem=examination.problem,
        notes=examination.notes,
        cost_per_year=metric.cost_per_year(),
        currency=metric.cost.currency if metric.cost else "",
    )
