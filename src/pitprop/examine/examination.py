"""Examination: everything the battery has to say about one metric."""

from __future__ import annotations

from dataclasses import dataclass

from pitprop.define.metric import Metric
from pitprop.digest.rows import Rows
from pitprop.examine.figure import Series
from pitprop.examine.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Findings about one metric, and what they rest on."""

    metric: Metric
    findings: tuple[Finding, ...]
    """One for each check of the battery that was selected, in order of code."""
    rows: Rows | None = None
    """What became of the rows; None where the source could not be read."""
    trend: Series | None = None
    """The metric over time, all entities together, for a sparkline; None without time."""
    fingerprint: str = ""
    """Hash of the metric's sufficient statistics: the same data give the same fingerprint."""
    problem: str = ""
    """Why the data could not be had, in a sentence; empty where they could."""
    notes: tuple[str, ...] = ()
    """What was assumed in reading the data (time zones, columns of mixed type), in sentences."""
