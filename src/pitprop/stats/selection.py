"""Selection: how much of a change comes from who is counted, and not from how those fare who are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kitagawa:
    """A change of an overall rate taken apart; `mix` + `rate` is the change, exactly."""

    change: float
    mix: float
    """From the shares of the groups, at the mean of their rates before and after."""
    rate: float
    """From the rates within the groups, at the mean of their shares."""

    @property
    def reversed(self) -> bool:
        """Whether the whole moves one way and its groups, weighed, the other (Simpson's paradox)."""
        return self.change * self.rate < 0


def kitagawa(*, weight_before: Floats, weight_after: Floats, rate_before: Floats, rate_after: Floats) -> Kitagawa:
    """How much of the change of an overall rate is due to the mix of groups?

    Parameters
    ----------
    weight_before, weight_after
        Rows (or denominators) of each group, at least 0, shape (groups,); each sums to more than 0.
    rate_before, rate_after
        Rate of each group, any unit, shape (groups,); NaN where it has no rows: it is then taken to be the other.

    Raises
    ------
    ValueError
        A side without rows.

    Source
    ------
    Kitagawa (1955), J. Am. Stat. Assoc. 50:1168:
    dR = sum dw_g (r_g0 + r_g1) / 2 + sum dr_g (w_g0 + w_g1) / 2.
    """
    if weight_before.sum() <= 0 or weight_after.sum() <= 0:
        raise ValueError("a change needs rows before and after")
    w0, w1 = weight_before / weight_before.sum(), weight_after / weight_after.sum()
    r0 = np.where(np.isfinite(rate_before), rate_before, rate_after)
    r1 = np.where(np.isfinite(rate_after), rate_after, rate_before)
    present = (w0 > 0) | (w1 > 0)
    r0, r1, w0, w1 = r0[present], r1[present], w0[present], w1[present]
    return Kitagawa(
        change=float(w1 @ r1 - w0 @ r0),
        mix=float((w1 - w0) @ (r0 + r1)) / 2,
        rate=float((r1 - r0) @ (w0 + w1)) / 2,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeeBounds:
    """What a difference of means can be among those who would be counted either way."""

    difference: float
    """Of the means as they are."""
    lower: float
    upper: float
    trimmed: float
    """Share of the rows of the side that counts more of its own, cut off at one end."""


def lee_bounds(*, value: Floats, before: Floats, after: Floats, kept_before: float, kept_after: float) -> LeeBounds:
    """Bounds of mean(after) - mean(before) when the two sides leave out different shares of their rows.

    Parameters
    ----------
    value
        Values that occur, ascending, shape (n,).
    before, after
        Rows with each value that are counted, shape (n,); each sums to more than 0.
    kept_before, kept_after
        Share of each side's rows that is counted, in (0, 1].

    Raises
    ------
    ValueError
        A side without rows, or a share outside (0, 1].

    Source
    ------
    Lee (2009), Review of Economic Studies 76:1071, proposition 1a: cut p = (q1 - q0) / q1 of the side with the larger
    share q1 from either end (a row at the cut is divided). Assumes that whoever is counted on the stricter side would
    be on the other.
    """
    if before.sum() <= 0 or after.sum() <= 0 or not (0 < kept_before <= 1 and 0 < kept_after <= 1):
        raise ValueError("bounds need rows on both sides and shares in (0, 1]")
    means = [float(value @ n / n.sum()) for n in (before, after)]
    most, least = max(kept_before, kept_after), min(kept_before, kept_after)
    p = (most - least) / most
    if kept_after > kept_before:
        ends = [_trimmed_mean(value, after, p, top) - means[0] for top in (True, False)]
    else:
        ends = [means[1] - _trimmed_mean(value, before, p, top) for top in (False, True)]
    return LeeBounds(difference=means[1] - means[0], lower=ends[0], upper=ends[1], trimmed=p)


def _trimmed_mean(value: Floats, count: Floats, p: float, top: bool) -> float:
    """Mean without the share p of the rows at one end."""
    if top:
        value, count = value[::-1], count[::-1]
    cut = p * float(count.sum())
    left = np.clip(np.cumsum(count) - cut, 0.0, count)
    return float(value @ left / left.sum())
