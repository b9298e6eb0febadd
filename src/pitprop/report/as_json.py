"""The audit for machines: one JSON document, or one line of JSON for each metric.

The shape is stable: releases may add keys, never rename or remove them. A number that is not finite is `null`
(an interval `[0.2, null]` has no upper limit). Keys stand in a fixed order, so the same audit gives the same
bytes.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Set
from datetime import date, datetime
from enum import Enum
from typing import Any

from pitprop.examine.finding import Finding
from pitprop.judge.verdict import Verdict
from pitprop.report.audit import Audit


def as_json(audit: Audit) -> str:
    """The audit as one indented JSON document, ending in a newline."""
    return json.dumps(document(audit), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_jsonl(audit: Audit) -> str:
    """One line of JSON for each metric: the document's metric, with version and register in front.

    Findings about the register as a whole are in `as_json` only.
    """
    head = {"pitprop": audit.version, "register": audit.register}
    lines = [
        json.dumps(json_value({**head, **_metric(v)}), ensure_ascii=False, allow_nan=False) + "\n"
        for v in audit.verdicts
    ]
    return "".join(lines)


def document(audit: Audit) -> dict[str, Any]:
    """The audit as values of JSON."""
    shaped = {
        "pitprop": audit.version,
        "register": audit.register,
        "policy": {f.name: getattr(audit.policy, f.name) for f in dataclasses.fields(audit.policy)},
        "metrics": [_metric(verdict) for verdict in audit.verdicts],
        "portfolio": [_finding(finding) for finding in audit.portfolio],
    }
    values: dict[str, Any] = json_value(shaped)
    return values


def _metric(verdict: Verdict) -> dict[str, Any]:
    metric = verdict.metric
    rows = verdict.rows
    return {
        "name": metric.name,
        "label": metric.label,
        "status": metric.status,
        "ruling": verdict.ruling.value,
        "because": verdict.because,
        "remedy": verdict.remedy,
        "would_change": verdict.would_change,
        "problem": verdict.problem,
        "definition_hash": verdict.definition_hash,
        "data_fingerprint": verdict.data_fingerprint,
        "owner": metric.owner.name if metric.owner else None,
        "review_by": metric.review_by,
        "cost_per_year": verdict.cost_per_year,
        "currency": verdict.currency,
        "rows": None if rows is None else {f.name: getattr(rows, f.name) for f in dataclasses.fields(rows)},
        "findings": [_finding(finding) for finding in verdict.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "check": finding.check,
        "family": finding.family,
        "state": finding.state.value,
        "effect": finding.effect,
        "effect_is": finding.effect_is,
        "interval": finding.interval,
        "beyond": finding.beyond,
        "p_value": finding.p_value,
        "q_value": finding.q_value,
        "n": finding.n,
        "grade": finding.grade,
        "says": finding.says,
        "innocent": finding.innocent,
        "ruled_out": finding.ruled_out,
        "needed": finding.needed,
        "waived": finding.waived,
        "data": finding.data,
    }


def json_value(value: Any) -> Any:
    """The value in JSON's types: what is not finite is None, what JSON has no word for is a string."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return json_value(value.value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(json_value(_key(key))): json_value(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(held) for held in value]
    if isinstance(value, Set):
        return sorted((json_value(held) for held in value), key=repr)
    if hasattr(value, "tolist"):
        return json_value(value.tolist())
    return json_value(str(value))


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(key.value if isinstance(key, Enum) else key)
