"""Examining a register: every selected check of the battery on every selected metric."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import isfinite
from typing import Any

from pitprop.define.metric import Metric, Register
from pitprop.digest.distribution import Distribution
from pitprop.digest.fingerprint import fingerprint
from pitprop.digest.panel import Panel
from pitprop.digest.problem import GrainError
from pitprop.digest.rows import Rows
from pitprop.digest.source import Source
from pitprop.errors import PitpropError
from pitprop.examine.battery import Entry
from pitprop.examine.check import Brief
from pitprop.examine.examination import Examination
from pitprop.examine.finding import Finding, State
from pitprop.examine.selection import Plan
from pitprop.examine.trend import trend

log = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
"""Called with (metrics done, metrics in all, name of the next)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What holds for the whole run."""

    today: date
    seed: int = 0


def examine(
    register: Register,
    source: Source,
    plan: Plan,
    setting: Setting,
    *,
    progress: Progress | None = None,
) -> tuple[tuple[Examination, ...], tuple[Finding, ...]]:
    """What the checks find in each metric, and in the register as a whole.

    Parameters
    ----------
    register
        All metrics; outcomes and guardrails are looked up in it.
    source
        The data.
    plan
        Which checks to run on which metrics.
    setting
        The day and the seed.
    progress
        Called before each metric and once at the end.

    Returns
    -------
    One examination for each metric of the plan, and the findings about the register as a whole. What goes
    wrong with one metric or one check stays there: the others are examined all the same.
    """
    total = len(plan.metrics)
    examinations = []
    for done, (metric, entries) in enumerate(plan.metrics):
        if progress:
            progress(done, total, metric.name)
        examinations.append(_examined(register, metric, source, entries, setting))
    if progress:
        progress(total, total, "")
    portfolio = tuple(_answer(e, register, _brief(e, register, register.metrics[0], setting)) for e in plan.portfolio)
    return tuple(examinations), portfolio


@dataclass(slots=True)
class _Digest:
    """The grains of one metric, each asked for once; what went wrong is remembered, not asked for again."""

    source: Source
    metric: Metric
    grains: dict[Any, Any] = field(default_factory=dict)
    problem: str = ""
    fault: str = ""

    def get(self, asks: Any) -> Any:
        """The grain, or the finding that stands in its place."""
        if asks not in self.grains:
            self.grains[asks] = self._fetch(asks)
        return self.grains[asks]

    def _fetch(self, asks: Any) -> Any:
        if self.problem:
            return _not_applicable("The data could not be had.")
        try:
            grain = self._ask(asks)
        except GrainError as error:
            return _not_applicable(str(error))
        except PitpropError as error:
            self.problem = str(error)
            return _not_applicable("The data could not be had.")
        except Exception as error:  # a fault in reading one metric must not take the others down
            log.debug("reading %s", self.metric.name, exc_info=True)
            self.problem = f"reading the data broke down ({type(error).__name__}); this is a fault of pitprop"
            return _not_applicable("The data could not be had.")
        rows = _rows(grain)
        return grain if rows is None or rows.kept else _not_applicable(_nothing(rows))

    def _ask(self, asks: Any) -> Any:
        if asks == tuple[Distribution, ...]:
            return tuple(self.source.digest(self.metric, Distribution, target) for target in self.metric.targets)
        return self.source.digest(self.metric, asks)

    def first(self, *kinds: Any) -> Any:
        """The first of these grains that can be had; None where none can."""
        return next((g for g in map(self.get, kinds) if not isinstance(g, Finding)), None)


def _examined(
    register: Register, metric: Metric, source: Source, entries: Sequence[Entry], setting: Setting
) -> Examination:
    digest = _Digest(source=source, metric=metric)
    findings = tuple(_finding(e, digest, _brief(e, register, metric, setting)) for e in entries)
    touched = metric.status != "retired" and any(e.asks is not Metric for e in entries)
    panel = digest.first(Panel) if touched else None
    grain = digest.first(Panel, Distribution) if touched else None
    return Examination(
        metric=metric,
        findings=findings,
        rows=_rows(grain),
        trend=trend(metric, panel) if panel is not None else None,
        fingerprint=fingerprint(grain) if grain is not None else "",
        problem=digest.problem,
        notes=source.notes(metric) if grain is not None else (),
    )


def _brief(entry: Entry, register: Register, metric: Metric, setting: Setting) -> Brief:
    effects = register.policy.effects
    return Brief(
        metric=metric,
        smallest_effect=effects.get(entry.name, entry.check.smallest_effect),
        minimum_group=register.policy.minimum_group,
        today=setting.today,
        seed=setting.seed,
    )


def _finding(entry: Entry, digest: _Digest, brief: Brief) -> Finding:
    metric = brief.metric
    if entry.asks is Metric:
        return _answer(entry, metric, brief)
    if metric.status == "retired":
        return _stamped(entry, _not_applicable("The metric is retired."))
    lacking = [name for name in entry.check.needs if not getattr(metric, name)]
    if lacking:
        return _stamped(entry, _undeclared(lacking))
    grain = digest.get(entry.asks)
    return _stamped(entry, grain) if isinstance(grain, Finding) else _answer(entry, grain, brief)


def _answer(entry: Entry, grain: Any, brief: Brief) -> Finding:
    try:
        return _stamped(entry, _sound(entry.check.run(grain, brief)))
    except Exception as error:  # a fault of one check must not take the others down
        log.debug("check %s on %s", entry.name, brief.metric.name, exc_info=True)
        told = f"{type(error).__name__}: {error}"
        return _stamped(
            entry,
            Finding(
                state=State.NOT_APPLICABLE,
                says=f"The check {entry.name} broke down ({told}); this is a fault of the check.",
                data={"crashed": told},
            ),
        )


def _sound(finding: Finding) -> Finding:
    """The finding, whose numbers are numbers: one that is not must not reach the judge, or a report.

    Raises
    ------
    ValueError
        If the effect is not finite, the interval holds NaN or ends before it begins, or the p-value is no probability.
    """
    numbers = {
        "effect": finding.effect is None or isfinite(finding.effect),
        "interval": finding.interval is None or finding.interval[0] <= finding.interval[1],
        "p-value": finding.p_value is None or 0.0 <= finding.p_value <= 1.0,
    }
    wrong = [name for name, fine in numbers.items() if not fine]
    if wrong:
        raise ValueError(f"its {' and its '.join(wrong)} cannot be told in numbers")
    return finding


def _stamped(entry: Entry, finding: Finding) -> Finding:
    return replace(finding, code=entry.check.code, check=entry.name, family=entry.family)


def _not_applicable(says: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says)


NEEDED = {
    "targets": "the value that has to be reached, since when, and what hangs on it",
    "outcome": "the metric, possibly later, in which real success shows",
    "guardrails": "the metrics that must not get worse, each with its margin",
    "entity": "who is judged, a column or an expression",
    "agg_time_dimension": "when, a column of dates or an expression",
    "competing": "the metrics of the register for work that competes for the same hours and is not rewarded",
    "revisions": "when each row was loaded",
    "cost": "what measuring takes in each reporting period",
    "information": "what a better decision is worth",
    "decisions_per_year": "how often something is decided by it",
}
"""What a check may need of the register, in words."""


def _undeclared(fields: Sequence[str]) -> Finding:
    names = " and ".join(f"`{name}`" for name in fields)
    told = " and ".join(f"`{name}`: {NEEDED[name]}" if name in NEEDED else f"`{name}`" for name in fields)
    return Finding(
        state=State.NOT_APPLICABLE,
        says=f"The register declares no {names} for it.",
        needed=f"Declare {told}.",
    )


def _rows(grain: Any) -> Rows | None:
    if isinstance(grain, tuple):
        return grain[0].rows if grain else None
    return getattr(grain, "rows", None)


def _nothing(rows: Rows) -> str:
    why = [
        f"{count:,} {words}"
        for count, words in (
            (rows.filtered, "are left out by the filter"),
            (rows.null, "have no value (NULL)"),
            (rows.not_finite, "have a value that is not a finite number"),
            (rows.no_entity, "have no entity"),
            (rows.no_time, "have no readable time"),
            (rows.excluded, "are taken out by the exclusion"),
            (rows.superseded, "are replaced by a later load"),
        )
        if count
    ]
    if not rows.total:
        return "The source has no rows."
    return f"None of the {rows.total:,} rows can be used: {', '.join(why)}."
