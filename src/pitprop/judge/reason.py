"""Reason: one ground of a ruling in words, with its remedy and what would take it away."""

from __future__ import annotations

from dataclasses import dataclass

from pitprop.examine.finding import Finding, State
from pitprop.judge.remedies import remedy_for, unless


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One ground of a ruling, or one thing that stands in the way of `keep`."""

    says: str
    remedy: str
    unless: tuple[str, ...] = ()
    """What would take it away."""
    declaration: bool = False
    """Whether writing a line in the register is all that it takes."""
    rests_on: tuple[Finding, ...] = ()


def suspicion(*findings: Finding, note: str = "") -> Reason:
    """A ground that rests on all of these findings."""
    return Reason(
        says=" ".join(f.says for f in findings) + note,
        remedy=remedy_for(findings[0]),
        unless=tuple(line for f in findings for line in unless(f)),
        rests_on=findings,
    )


def family(found: tuple[Finding, ...], note: str = "") -> Reason | None:
    """One ground for all suspicions of a family, told by the strongest; None where there are none."""
    if not found:
        return None
    first, *others = found
    names = ", ".join(f.check for f in others)
    again = f" Also suspect, and counted together with it as one: {names}." if others else ""
    return Reason(
        says=first.says + note + again,
        remedy=remedy_for(first),
        unless=tuple(line for f in found for line in unless(f)),
        rests_on=found,
    )


def missing(finding: Finding, says: str = "") -> Reason:
    """Something that is not shown yet, and what would show it."""
    return Reason(
        says=says or finding.says,
        remedy=finding.needed or "Collect more of the same data.",
        unless=(finding.needed,) if finding.needed else (),
        declaration=finding.state is not State.INCONCLUSIVE and bool(finding.needed),
    )
