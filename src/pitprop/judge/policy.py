"""Policy: every threshold that a ruling hangs on, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pitprop.define.metric import PolicyChoices


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Thresholds of the rulings; their defaults are documented in DESIGN.md."""

    fdr: float = 0.10
    """False discovery rate over the register, per family of mechanisms."""
    minimum_group: int = 10
    """Smallest number of rows behind anything shown about one entity."""
    effects: Mapping[str, float] = field(default_factory=dict)
    """Smallest effect that matters, by check, where it differs from the check's default."""
    reliability: float = 0.70
    """Lower bound of the signal share that `keep` asks for."""
    reliability_pay: float = 0.90
    """The same where individuals are rewarded or punished."""
    reliability_noise: float = 0.50
    """Upper bound of the signal share below which a number may be pure noise."""
    feasible_periods: int = 4
    """How many reporting periods may be pooled to cure noise (Spearman-Brown)."""

    @classmethod
    def of(cls, choices: PolicyChoices) -> Policy:
        """The policy of a register: what it sets itself, and the defaults for everything else."""
        return cls(fdr=choices.fdr, minimum_group=choices.minimum_group, effects=dict(choices.effects))
