"""Scorecard: a metric beside the others by which the same entities are judged in the same periods."""

from __future__ import annotations

from dataclasses import dataclass

from pitprop.digest.panel import Panel
from pitprop.digest.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another metric of the same entities and periods."""

    name: str
    label: str
    cost_per_year: tuple[float, float] | None
    """Declared cost of measuring (low, high); None where it is not declared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorecard:
    """The metric's panel with the outcome and all peers among its `others`, aligned with its cells.

    Peers are the active metrics of the register with the same entity and granularity that can be joined, without
    the metric's own outcome.
    """

    panel: Panel
    peers: tuple[Peer, ...]
    """In the register's order; each name is a key of `panel.others`."""
    earlier: int | None = None
    """How many of the peers come before the metric in the register; None where that is not known."""

    @property
    def rows(self) -> Rows:
        """What became of the metric's rows."""
        return self.panel.rows
