"""Which of the assumed values matter."""

from __future__ import annotations

import math

from pitprop.simulate.work.results import ArmResult, Swing, WorkStudy

MATTERS = 0.01
"""A value that moves no output, headline or gain by this share does not matter."""


def moved(study: WorkStudy, swing: Swing) -> tuple[ArmResult, tuple[float, float]] | None:
    """The arm whose output the value moves most, and that output at the low and at the high end."""
    known = [(arm, swing.output[arm.name]) for arm in study.arms if arm.name in swing.output]
    known = [(arm, ends) for arm, ends in known if all(math.isfinite(end) for end in ends)]
    if not known:
        return None
    return max(known, key=lambda held: abs(held[1][1] - held[1][0]) / (abs(held[0].output.mean) or 1.0))


def matter(study: WorkStudy) -> tuple[tuple[Swing, ...], tuple[Swing, ...]]:
    """The assumed values that matter, and those that do not; each in the order given."""
    yes = tuple(s for s in study.swings if not s.matters < MATTERS)
    return yes, tuple(s for s in study.swings if s.matters < MATTERS)
