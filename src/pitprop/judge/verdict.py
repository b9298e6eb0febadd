"""Verdict: what follows from the findings about one metric."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pitprop.define.metric import Metric
from pitprop.digest.rows import Rows
from pitprop.examine.figure import Series
from pitprop.examine.finding import Finding


class Ruling(Enum):
    KEEP = "keep"
    CHALLENGE = "challenge"
    DISCARD = "discard"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A ruling on one metric with its reasons, fit to be acted on and to be challenged."""

    metric: Metric
    ruling: Ruling
    because: tuple[str, ...]
    """Reasons in plain sentences, the binding one first."""
    remedy: str
    """The cheapest next step."""
    would_change: tuple[str, ...]
    """What would change this ruling: data to collect, things to declare."""
    findings: tuple[Finding, ...]
    """With q-values and waivers stamped on, in order of code."""
    rows: Rows | None
    trend: Series | None
    definition_hash: str
    """Changes when the metric's definition changes (not its label or description)."""
    data_fingerprint: str
    problem: str = ""
    """Why the data could not be had; empty where they could."""
    notes: tuple[str, ...] = ()
    """What was assumed in reading the data, in sentences."""
    cost_per_year: tuple[float, float] | None = None
    """Declared cost of measuring, a year: (low, high), in `currency`."""
    currency: str = ""
