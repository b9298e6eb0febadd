"""What to do first: one step for each remedy, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit
from pitprop.report.plain import plain

_ORDER = (Ruling.DISCARD, Ruling.CHALLENGE, Ruling.UNDECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do, and the metrics that it is for."""

    ruling: Ruling
    remedy: str
    verdicts: tuple[Verdict, ...]


def steps(audit: Audit) -> tuple[Step, ...]:
    """What follows from the rulings: discards, then challenges, then what would decide the undecided.

    Metrics with the same ruling and the same remedy share a step; within a ruling, order is the register's.
    """
    found: dict[tuple[int, str], list[Verdict]] = {}
    for verdict in audit.verdicts:
        if verdict.ruling in _ORDER:
            key = (_ORDER.index(verdict.ruling), plain(verdict.remedy) or "Read the reasons and decide.")
            found.setdefault(key, []).append(verdict)
    return tuple(
        Step(ruling=_ORDER[place], remedy=remedy, verdicts=tuple(verdicts))
        for (place, remedy), verdicts in sorted(found.items(), key=lambda item: item[0][0])
    )
