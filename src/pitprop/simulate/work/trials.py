"""Trials: many ways of working simulated on the same random numbers, none of them twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.simulate.work.network import network
from pitprop.simulate.work.replicate import Engine, replicate
from pitprop.simulate.work.totals import Ending, Totals
from pitprop.simulate.work.warm_up import settling

Floats = NDArray[np.float64]

PILOTS = 10
PARTS = 400
"""Replications and parts of the time by which the warm-up is found; one run alone is cut into as many parts."""
WORDS = {"norm", "credited", "unit", "size"}
"""What changes how a result is told, and not what happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What is left out at the beginning."""

    time: float
    found: bool
    """Whether it was detected rather than declared."""
    settled: bool
    """Whether the pilot runs were long enough to tell."""


@dataclass(slots=True, kw_only=True)
class Trials:
    """Simulates ways of working, each once, replication by replication on the same random numbers."""

    seed: int
    threads: int | None = None
    engine: Engine = "auto"
    simulated: int = 0
    """How many different ways of working so far."""
    _kept: dict[str, Totals] = field(default_factory=dict)
    _leads: dict[str, Lead] = field(default_factory=dict)

    def totals(self, work: Work, replications: int) -> Totals:
        """Sums over the first so many replications, or over more of them where they are known."""
        known = _key(work)
        kept = self._kept.get(known)
        if kept is None or len(kept.output) < replications:
            self.simulated += kept is None
            kept = replicate(
                work,
                replications=replications,
                seed=self.seed,
                bins=PARTS if replications == 1 else 1,
                warm_up=self.lead(work).time,
                threads=self.threads,
                engine=self.engine,
            )
            self._kept[known] = kept
        return kept

    def output(self, work: Work, replications: int) -> Floats:
        """Output per shift in the scenario's unit, shape (replications,)."""
        totals = self.totals(work, replications)
        return np.asarray(totals.output[:replications] * (work.size / shifts(work, totals.span)), dtype=float)

    def stopped(self, work: Work, replications: int) -> NDArray[np.int64]:
        """Those of the first so many replications in which the work comes to a stand before its time is over."""
        return np.flatnonzero(self.totals(work, replications).ending[:replications] != Ending.HORIZON)

    def lead(self, work: Work) -> Lead:
        """The time at the beginning that is not counted; found on pilot runs where the file leaves it open."""
        if work.warm_up != "auto":
            return Lead(time=float(work.warm_up), found=False, settled=True)
        known = _key(work)
        if known not in self._leads:
            pilots = replicate(
                work,
                replications=PILOTS,
                seed=self.seed,
                bins=PARTS,
                warm_up=0.0,
                threads=self.threads,
                engine=self.engine,
            )
            found = settling(pilots.binned.mean(axis=0))
            time = pilots.span * found.cut / PARTS
            self._leads[known] = Lead(time=time, found=True, settled=found.settled)
        return self._leads[known]


def shifts(work: Work, span: float) -> float:
    """How many shifts the counted time makes, a part of one where there is a warm-up."""
    return work.shift.count * span / network(work).horizon


def credited_heads(work: Work) -> float:
    """Heads among whom the headline divides the output."""
    return network(work).heads if work.credited == "crew" else float(work.credited)


def _key(work: Work) -> str:
    return work.model_dump_json(exclude=WORDS)
