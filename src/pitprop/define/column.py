"""What is known of one column of a table before anyone has said what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """A column's name, kind and range.

    Attributes
    ----------
    name : str
        As the table heads it.
    kind : str
        integer, number, boolean, time (date or timestamp) or text.
    rows, nulls : int
        Rows of the table, and how many of them are NULL here.
    distinct : int
        Different values, NULL not counted; may be approximate for large tables.
    minimum, maximum : float or str or None
        Of numbers, as numbers; of times, in ISO 8601; of text, in the order of its characters.
    examples : tuple of str
        Up to five different values.
    decimals : int or None
        Most decimals that a value has, where that is known.
    """

    name: str
    kind: Literal["integer", "number", "boolean", "time", "text"]
    rows: int
    nulls: int
    distinct: int
    minimum: float | str | None = None
    maximum: float | str | None = None
    examples: tuple[str, ...] = ()
    decimals: int | None = None

    @property
    def filled(self) -> int:
        """Rows that have a value."""
        return self.rows - self.nulls
