"""Which of the assumed values matter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pitprop.simulate.work.results import ArmResult, Swing, WorkStudy

MATTERS = 0.01
"""A value that moves no output, headline or gain by this share does not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a value moves most, and what that is at the low and at the high end of the range."""

    what: str
    """output or headline"""
    arm: ArmResult
    ends: tuple[float, float]


def moved(study: WorkStudy, swing: Swing) -> Move | None:
    """The output that the value moves most; where it moves none, the headline that it moves most."""
    outputs = _moves(study, "output", swing.output)
    headlines = _moves(study, "headline", swing.headline)
    most = max(outputs, key=_by, default=None)
    if headlines and (most is None or _by(most) < MATTERS):
        other = max(headlines, key=_by)
        return other if most is None or _by(other) > _by(most) else most
    return most


def most_moved(study: WorkStudy) -> ArmResult | None:
    """The arm whose output any value moves most."""
    moves = [move for swing in study.swings for move in _moves(study, "output", swing.output)]
    return max(moves, key=_by).arm if moves else None


def _moves(study: WorkStudy, what: str, ends: Mapping[str, tuple[float, float]]) -> list[Move]:
    return [
        Move(what=what, arm=arm, ends=ends[arm.name])
        for arm in study.arms
        if arm.name in ends and all(math.isfinite(end) for end in ends[arm.name])
    ]


def _by(move: Move) -> float:
    """How far, as a share of the middle."""
    low, high = move.ends
    return abs(high - low) / (abs(high + low) / 2 or 1.0)


def matter(study: WorkStudy) -> tuple[tuple[Swing, ...], tuple[Swing, ...]]:
    """The assumed values that matter, and those that do not; each in the order given."""
    yes = tuple(s for s in study.swings if not s.matters < MATTERS)
    return yes, tuple(s for s in study.swings if s.matters < MATTERS)
