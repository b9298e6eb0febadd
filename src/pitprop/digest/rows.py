"""How many rows a metric has, and what became of the others."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a source, counted by what became of them; they add with `+`.

    `total` is the sum of the other fields. A row is counted once, at the first reason that applies,
    in the order of the fields.
    """

    kept: int = 0
    filtered: int = 0
    """The metric's filter is not true for the row."""
    null: int = 0
    """The value (a ratio's numerator or denominator) is NULL."""
    not_finite: int = 0
    """The value is NaN or infinite."""
    no_entity: int = 0
    """The entity is NULL."""
    no_time: int = 0
    """The time is NULL or cannot be read as one."""
    excluded: int = 0
    """The metric's exclusion is true for the row."""
    superseded: int = 0
    """A later load of the same entity and period stands in its place."""

    @property
    def total(self) -> int:
        return sum(getattr(self, f.name) for f in fields(self))

    @property
    def dropped(self) -> int:
        """Rows left out for any reason but what the register declares (filter, exclusion, later loads)."""
        return self.total - self.kept - self.filtered - self.excluded - self.superseded

    def __add__(self, other: Rows) -> Rows:
        return Rows(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})
