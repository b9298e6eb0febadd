"""Non-inferiority: whether a worsening is known to be smaller, or known to be larger, than is accepted."""

from __future__ import annotations

import math
from typing import Literal

Ruling = Literal["non_inferior", "inferior", "undecided"]


def noninferiority(*, lower: float, upper: float, margin: float) -> Ruling:
    """What an interval of a worsening says about the largest worsening that is accepted.

    Parameters
    ----------
    lower, upper
        Interval of the worsening (positive: worse); infinite bounds are allowed.
    margin
        Largest accepted worsening, in the same unit, >= 0.

    Returns
    -------
    `non_inferior` where the whole interval lies below the margin, `inferior` where it lies wholly above,
    else `undecided`: the absence of a significant worsening is not an all-clear.

    Raises
    ------
    ValueError
        Where a bound is not a number, the bounds are crossed, or the margin is negative or not finite.

    Source
    ------
    CONSORT extension for non-inferiority trials, Piaggio et al. (2012), figure 1; as a decision rule over
    guardrails: Schultzberg, Ankargren & Franberg (2024), arXiv 2402.11609, section 3.
    """
    if math.isnan(lower) or math.isnan(upper) or lower > upper:
        raise ValueError(f"an interval needs lower <= upper, not ({lower}, {upper})")
    if not math.isfinite(margin) or margin < 0:
        raise ValueError(f"a margin is a finite number of at least 0, not {margin}")
    if upper < margin:
        return "non_inferior"
    return "inferior" if lower > margin else "undecided"
