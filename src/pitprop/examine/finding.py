"""Finding: what one check saw in one metric. Evidence only; what follows from it is for the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from pitprop.examine.figure import Figure

Grade = Literal["A", "B", "C", "D"]
"""Strength of the design: A randomised or staggered with untreated controls; B before and after with a
comparison; C placebo targets or a strong model within units; D functional form only."""


class State(Enum):
    CLEAR = "clear"
    """The interval lies wholly within what does not matter."""
    SUSPECT = "suspect"
    """The interval lies wholly beyond the smallest effect that matters, in the bad direction."""
    INCONCLUSIVE = "inconclusive"
    """The data cannot tell; the finding says what would."""
    NOT_APPLICABLE = "not_applicable"
    """The question does not arise, or what it needs is not declared or not there; the finding says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer of one check. `code`, `check` and `family` are stamped on by the battery."""

    state: State
    says: str
    """One plain sentence (or two) for a manager: "pattern consistent with ...", never an accusation."""
    effect: float | None = None
    effect_is: str = ""
    """What `effect` is, in words, with its unit."""
    interval: tuple[float, float] | None = None
    beyond: float | None = None
    """The smallest effect that matters, in the unit of `effect`."""
    p_value: float | None = None
    n: int = 0
    grade: Grade | None = None
    innocent: tuple[str, ...] = ()
    """Innocent explanations that were not ruled out, in words."""
    ruled_out: tuple[str, ...] = ()
    """Innocent explanations that were tried and do not account for it."""
    needed: str = ""
    """What would decide (INCONCLUSIVE) or what to declare (NOT_APPLICABLE)."""
    figure: Figure | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """Further numbers for machines: JSON types only (str, int, float, bool, None, list, dict)."""
    code: str = ""
    check: str = ""
    family: str = ""
    q_value: float | None = None
    """p_value adjusted over the register; stamped on by the judge."""
    waived: str = ""
    """Reason, owner and date of a waiver in force; stamped on by the judge."""
