"""A register that declares everything a check may ask for, over one plain table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pitprop.define.metric import Register
from pitprop.digest.source import open_source
from pitprop.examine.battery import battery
from pitprop.examine.examine import Setting, examine
from pitprop.examine.selection import plan
from pitprop.judge.judge import judge
from pitprop.judge.policy import Policy
from pitprop.report.audit import Audit

TODAY = date(2027, 1, 1)

COMMON: dict[str, Any] = {
    "type": "simple",
    "source": "rows",
    "entity": "unit",
    "agg_time_dimension": "day",
    "time_granularity": "month",
    "improvement_direction": "increase",
    "purpose": "Coal for the power stations",
    "decision": "How many crews to post",
    "decisions_per_year": 12,
    "owner": {"name": "Mine office"},
    "review_by": "2030-01-01",
    "outcome": {"metric": "success", "lag": 1},
    "guardrails": [{"metric": "harm", "margin": "5%"}],
    "competing": ["spare"],
    "case_mix": "grp",
    "exclusion": "taken_out",
    "revisions": {"loaded": "loaded", "mode": "append", "due": 5},
    "events": [
        {"date": "2024-03-01", "kind": "work", "direction": "better", "note": "a new drill"},
        {"date": "2025-11-01", "kind": "definition", "note": "wet coal counts as well"},
    ],
    "cost": {"hours_per_period": 2, "hourly_rate": 40, "amount": 10},
    "information": {"benefit_per_unit": [900.0, 1000.0], "break_even": 7.0},
    "resolution": 0.01,
}


def target(op: str, value: float | str, on: str = "entity_period", since: str | None = "2025-01-01") -> dict[str, Any]:
    return {"op": op, "value": value, "on": on, "since": since, "stakes": "budget"}


METRICS: dict[str, dict[str, Any]] = {
    "mean": {"agg": "average", "expr": "x", "targets": [target("gte", 7.0)]},
    "mean_quota": {"agg": "average", "expr": "x", "targets": [target("gte", "quota")]},
    "mean_rows": {
        "agg": "average",
        "expr": "x",
        "targets": [target("gte", 7.0, "row"), target("gt", 8.0, "row", None)],
    },
    "total": {"agg": "sum", "expr": "x", "targets": [target("gte", 70.0)]},
    "volume": {"agg": "count", "targets": [target("gte", 10)]},
    "hits": {
        "agg": "share",
        "expr": "x",
        "targets": [target("gte", 7.0, "row")],
        "information": {"benefit_per_unit": [9000.0, 10000.0], "break_even": 0.5},
    },
    "rate": {
        "type": "ratio",
        "numerator": {"expr": "x"},
        "denominator": {"expr": "w"},
        "targets": [target("gte", 0.7)],
        "information": {"benefit_per_unit": [9000.0, 10000.0], "break_even": 0.63},
    },
    "middle": {"agg": "median", "expr": "x", "targets": [target("gte", 7.0)]},
    "best": {"agg": "max", "expr": "x", "targets": [target("gte", 9.0)]},
    "kinds": {"agg": "count_distinct", "expr": "x", "targets": [target("gte", 10)]},
    "wait": {
        "agg": "average",
        "expr": "harm",
        "improvement_direction": "decrease",
        "targets": [target("lte", 20.0)],
        "information": {"benefit_per_unit": [900.0, 1000.0], "break_even": 20.0},
        "guardrails": [{"metric": "success", "margin": 0.5}],
    },
    "snapshot": {
        "agg": "sum",
        "expr": "x",
        "revisions": {"loaded": "loaded", "mode": "snapshot", "due": 5},
        "targets": [target("gte", 70.0)],
    },
}
"""Metrics to audit: each kind of number, with its target."""
COMPANIONS: dict[str, dict[str, Any]] = {
    "success": {"agg": "average", "expr": "y"},
    "harm": {"agg": "average", "expr": "harm", "improvement_direction": "decrease"},
    "spare": {"agg": "average", "expr": "spare"},
}
"""What the audited metrics point to: outcome, guardrail, unrewarded work."""


def register(
    metrics: Mapping[str, Mapping[str, Any]] | None = None,
    common: Mapping[str, Any] | None = None,
    companions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Register:
    """The register of these metrics, everything declared that they do not declare themselves."""
    told = []
    for name, own in (METRICS if metrics is None else metrics).items():
        fields = {**(COMMON if common is None else common), **own}
        if fields["type"] == "ratio":
            fields.pop("agg", None)
        told.append({"name": name, "serves": ["coal"], **fields})
    where = ("type", "source", "entity", "agg_time_dimension", "time_granularity", "improvement_direction")
    for name, own in (COMPANIONS if companions is None else companions).items():
        told.append({"name": name, **{k: COMMON[k] for k in where}, **own})
    return Register.model_validate(
        {
            "version": 1,
            "sources": {"rows": {"path": "rows.parquet"}},
            "purposes": [{"name": "coal", "weight": 2}, {"name": "welfare"}],
            "metrics": told,
        }
    )


def work(units: int = 12, months: int = 36, *, seed: int = 0, start: str = "2023-01") -> dict[str, Any]:
    """Honest rows in which everything is as it should be.

    Units differ by far more than chance, in how many rows they have too; the outcome follows the work a month
    later; nothing happens when the target comes into force.
    """
    rng = np.random.default_rng(seed)
    level = rng.permutation(np.linspace(-4, 4, units))
    cells = rng.poisson(np.exp(rng.permutation(np.linspace(1.5, 3.5, units)))[:, None], (units, months)).ravel()
    unit = np.repeat(np.repeat(np.arange(units), months), cells)
    month = np.repeat(np.tile(np.arange(months), units), cells)
    n = len(unit)
    first = (np.datetime64(start, "M") + month).astype("datetime64[D]")
    shift = rng.standard_normal((units, months + 1))
    day = first + rng.integers(0, 28, n)

    def drawn(at: Any, way: float = 1.0) -> Any:
        return np.round(at + way * level[unit] + rng.standard_normal(n), 2)

    return {
        "unit": np.array([f"crew {i:04d}" for i in range(units)])[unit],
        "day": day,
        "x": drawn(7.0 + shift[unit, month + 1]),
        "y": drawn(9.0 + shift[unit, month]),
        "w": np.round(10 + 2 * rng.random(n)),
        "harm": drawn(20.0, -1.0),
        "spare": drawn(12.0),
        "grp": np.array(["seam a", "seam b", "seam c"])[rng.integers(0, 3, n)],
        "taken_out": rng.random(n) < 0.05,
        "quota": np.where(month % 12 < 6, 6.5, 7.0),
        "loaded": day + rng.integers(0, 30, n),
    }


def audit(rows: Any, declared: Register, *, portfolio: bool = True) -> Audit:
    """The whole audit of a table, without a file."""
    table = rows if isinstance(rows, pa.Table) else pa.table(rows)
    policy = Policy.of(declared.policy)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with open_source(declared, folder=Path(), tables={"rows": table}) as source:
            examinations, whole = examine(declared, source, plan(declared, battery()), Setting(today=TODAY))
        verdicts = judge(examinations, policy, TODAY)
    return Audit(version="0", register="pitprop.yml", policy=policy, verdicts=verdicts, portfolio=whole)


def findings(told: Audit) -> Iterator[tuple[str, Any]]:
    """Each finding with its metric's name, the register's own last."""
    for verdict in told.verdicts:
        for finding in verdict.findings:
            yield verdict.metric.name, finding
    for finding in told.portfolio:
        yield "register", finding
