"""Reliability: what share of a number's variance is signal, and what follows from it."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]


def spearman_brown(reliability: float, periods: float) -> float:
    """Reliability of the mean over `periods` readings, from that of one reading.

    Source
    ------
    Spearman (1910) and Brown (1910), British Journal of Psychology 3:271 and 3:296.
    """
    return periods * reliability / (1 + (periods - 1) * reliability)


def periods_needed(reliability: float, wanted: float) -> float:
    """How many readings have to be pooled for the wanted reliability; not rounded, infinite if none will do.

    Parameters
    ----------
    reliability
        Of one reading, in [0, 1].
    wanted
        In (0, 1).

    Raises
    ------
    ValueError
        One of the two is out of range.
    """
    if not 0 <= reliability <= 1 or not 0 < wanted < 1:
        raise ValueError("reliability lies in [0, 1], and the wanted one between 0 and 1")
    if reliability == 0:
        return inf
    return wanted * (1 - reliability) / (reliability * (1 - wanted))


def signal_share(between: float, noise: Floats) -> Floats:
    """Share of the variance of each unit's value that is true difference between units.

    Parameters
    ----------
    between
        Variance between units' true values.
    noise
        Sampling variance of each unit's value, any shape.

    Source
    ------
    Adams (2009), The Reliability of Provider Profiling, RAND TR-653, eq. 1.
    """
    out: Floats = between / (between + np.asarray(noise, dtype=np.float64))
    return out


def selected_excess(threshold: float) -> float:
    """Mean, in standard deviations, of those above `threshold` standard deviations of a normal number."""
    density = float(np.exp(-(threshold**2) / 2) / np.sqrt(2 * np.pi))
    return density / float(ndtr(-threshold))


def expected_repeat(reliability: float, threshold: float) -> float:
    """What those selected above `threshold` will show next time, in standard deviations, if nothing changes.

    The difference from `selected_excess` is regression to the mean: the fall to be expected after praise,
    and (mirrored) the gain to be expected after blame.

    Source
    ------
    Galton (1886); Stigler (1997), Statistical Methods in Medical Research 6:103: E[X2 | X1 > c] =
    rho phi(c) / (1 - Phi(c)).
    """
    return reliability * selected_excess(threshold)
