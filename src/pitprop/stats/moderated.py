"""Moderated variances: each unit's own variance, drawn towards what is usual where it rests on little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moderated:
    """Variances with the degrees of freedom that they are worth; shapes (n,)."""

    variance: Floats
    df: Floats
    """Own degrees of freedom and those lent by the other units; infinite where all units are alike."""
    usual: float
    """What the variances are drawn towards."""
    lent: float


def moderated(variance: Floats, df: Floats) -> Moderated:
    """Draw sample variances towards each other as far as they do not differ by more than chance.

    Parameters
    ----------
    variance
        Sample variance of each unit, at least 0 (anything where df is 0), shape (n,); not all 0.
    df
        Its degrees of freedom; 0 where a unit has none of its own, shape (n,).

    Source
    ------
    Smyth (2004), Statistical Applications in Genetics and Molecular Biology 3:3, section 6.2 and eq. 2;
    zeros are lifted to 1e-5 of the median, as in limma.
    """
    known = df > 0
    own = np.where(known, variance, 0.0)
    s, d = own[known], np.asarray(df, dtype=np.float64)[known]
    s = np.maximum(s, 1e-5 * max(float(np.median(s)), float(s.mean()) * 1e-3))
    e = np.log(s) - digamma(d / 2) + np.log(d / 2)
    mean = float(e.mean())
    n = len(s)
    excess = float(np.sum((e - mean) ** 2)) / max(n - 1, 1) - float(np.mean(polygamma(1, d / 2)))
    if n < 3 or excess <= 0:
        pooled = float(np.sum(d * s) / d.sum())
        return Moderated(
            variance=np.full(len(df), pooled), df=np.full(len(df), d.sum()), usual=pooled, lent=float("inf")
        )
    half = _inverse_trigamma(excess)
    usual = float(np.exp(mean + digamma(half) - np.log(half)))
    lent = 2 * half
    return Moderated(variance=(lent * usual + df * own) / (lent + df), df=df + lent, usual=usual, lent=lent)


def _inverse_trigamma(x: float) -> float:
    """y with trigamma(y) = x, by Newton steps on 1 / trigamma (Smyth 2004, appendix)."""
    if x < 1e-7:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        value = float(polygamma(1, y))
        step = value * (1 - value / x) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-10:
            break
    return y
