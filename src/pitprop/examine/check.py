"""Check: one question about a metric, with the data on which its answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from pitprop.define.metric import Metric
from pitprop.examine.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a check is told beside its data."""

    metric: Metric
    smallest_effect: float
    """The smallest effect that matters: the check's own default, or the register's `policy.effects`."""
    minimum_group: int = 10
    """Nothing is shown about one entity that rests on fewer rows."""
    today: date = date(1970, 1, 1)
    seed: int = 0
    """For resampling: the same seed gives the same bytes."""

    @property
    def rng(self) -> np.random.Generator:
        """A new generator from the seed."""
        return np.random.default_rng(self.seed)


Specimen = Callable[[np.random.Generator], tuple[Any, Brief]]
"""Draws one data set whose truth is known: (what the check asks for, its brief)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question. Its name is its file's, its family its folder's; its grain is the type of the first
    argument of `run`; its page is its module's docstring (Why it matters / Looks for / Assumes / Blind to /
    Source)."""

    code: str
    """PP1xx distorted_data, PP2xx distorted_work, PP3xx noise, PP4xx worth, PP5xx governance."""
    title: str
    """The question in a few words, ending in a question mark."""
    run: Callable[[Any, Brief], Finding]
    smallest_effect: float
    """Smallest effect that matters where the register does not say, in the unit of `effect_is`."""
    effect_is: str
    """What the effect is, in words, with its unit."""
    source: str
    """Paper or standard, with equation or section."""
    needs: tuple[str, ...] = ()
    """Fields of the metric that must be declared: the battery answers NOT_APPLICABLE without them."""
    clear: tuple[Specimen, ...]
    """Honest data, which must not raise it."""
    suspect: tuple[Specimen, ...]
    """Gamed data, which must."""
