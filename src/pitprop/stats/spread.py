"""Spread: how much do units truly differ, beyond the noise in their values?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ncfdtr

from pitprop.stats.binary_size import binary_size
from pitprop.stats.root import root

Floats = NDArray[np.float64]
VAST = 1e11
"""Non-centrality from which on that of F differs from its limit by less than 1e-8; scipy then takes a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Variance between the true values of these very units, as a multiple of the noise variance.

    The units are all there are, not a sample of units: the law of F is the non-central one, and it holds
    whatever shape the true values have.
    """

    ratio: float
    """Variance between units over the noise variance of a value with multiplier 1; at least 0."""
    interval: tuple[float, float]
    """Two-sided, of `ratio`."""
    noise: float
    """Noise variance of a value with multiplier 1, unit^2."""
    f: float
    """Mean square between units over that of noise."""
    df: tuple[float, float]
    """Degrees of freedom of f: units - 1, and those of the noise."""
    size: float
    """What one unit of `ratio` adds to the mean of f: the number of values of a unit, where all have alike."""
    inflation: tuple[float, float]
    """Variance of the two mean squares over that of normal, equally noisy values; at least 1."""

    @property
    def between(self) -> float:
        """Variance between units' true values, unit^2."""
        return self.ratio * self.noise

    def p_at_least(self, ratio: float) -> float:
        """One-sided p-value of "the ratio is at least this": small where units differ by less."""
        return _below(self.f, ratio * self.size * self.df[0], self.df, self.inflation)


def spread(estimate: Floats, multiplier: Floats, scatter: Floats, freedom: Floats, *, level: float = 0.95) -> Spread:
    """How much do these units truly differ?

    Parameters
    ----------
    estimate
        Value of each unit, finite, shape (a,), a at least 2.
    multiplier
        Sampling variance of each value in multiples of the unknown noise variance, shape (a,). Units count
        by its inverse.
    scatter
        Sum of squares of each unit that tells the noise variance, unit^2, shape (a,); not all 0.
    freedom
        Degrees of freedom of each unit's scatter, shape (a,).
    level
        Of the two-sided interval.

    Raises
    ------
    ValueError
        Fewer than two units, or nothing that tells the noise.

    Source
    ------
    Searle (1971), Linear Models, section 2.4g (non-central F in the unbalanced layout); Steiger (2004),
    Psychological Methods 9:164 (intervals by inverting it). The point estimate is the analysis of variance
    estimator, Searle section 9.9. Where units are unequally noisy or the noise has long tails, degrees of
    freedom and non-centrality are divided by the ratio of the variances of the mean squares, as Satterthwaite
    (1946), Biometrics Bulletin 2:110, does for means.
    """
    y = np.asarray(estimate, dtype=np.float64)
    w = 1 / np.asarray(multiplier, dtype=np.float64)
    a, df_noise = len(y), float(np.sum(freedom))
    noise = float(np.sum(scatter)) / df_noise if df_noise > 0 else 0.0
    if a < 2 or noise <= 0:
        raise ValueError("the spread of units needs two or more of them, and noise to compare with")
    y = y - y.mean()
    apart = w * (y - float(w @ y) / w.sum()) ** 2 / noise
    f = float(apart.sum()) / (a - 1)
    v, unit = w / binary_size(w), binary_size(w)
    size = unit * float(v.sum() - (v**2).sum() / v.sum()) / (a - 1)
    df = (a - 1.0, df_noise)
    inflation = _inflation(apart, scatter, freedom, noise)
    tail = (1 - level) / 2
    ends = [_where(tail_, f, df, inflation) / (size * df[0]) for tail_ in (1 - tail, tail)]
    ratio = max(0.0, f - 1) / size
    return Spread(
        ratio=ratio,
        interval=(min(ends[0], ratio), max(ends[1], ratio)),
        noise=noise,
        f=f,
        df=df,
        size=size,
        inflation=inflation,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentSpread:
    """Variance between units by moments, where each unit's standard error is known."""

    tau2: float
    """Variance between units, unit^2; at least 0."""
    rankability: float
    """tau2 / (tau2 + median sampling variance); below 0.5 poor, above 0.75 high."""


def moment_spread(estimate: Floats, se: Floats) -> MomentSpread:
    """How much do units with known standard errors differ, and how far could they be ranked?

    Parameters
    ----------
    estimate, se
        Of each unit, shape (n,), n at least 2, se positive.

    Source
    ------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7:177; van Dishoeck et al. (2011), BMJ Quality
    and Safety 20:869 (rankability).
    """
    unit = binary_size(np.asarray(se, dtype=np.float64))
    y, v = np.asarray(estimate, dtype=np.float64) / unit, (np.asarray(se, dtype=np.float64) / unit) ** 2
    w = 1 / v
    q = float(np.sum(w * (y - np.sum(w * y) / w.sum()) ** 2))
    tau2 = max(0.0, (q - (len(y) - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    return MomentSpread(tau2=tau2 * unit**2, rankability=tau2 / (tau2 + float(np.median(v))))


def _inflation(apart: Floats, scatter: Floats, freedom: Floats, noise: float) -> tuple[float, float]:
    """How much more the mean squares between and within vary than for normal, equally noisy values."""
    known = freedom > 0
    own = np.divide(scatter, freedom * noise, out=np.ones(len(apart)), where=known)
    between = float(apart @ own) / float(apart.sum()) if apart.sum() > 0 else 1.0
    a = int(known.sum())
    if a < 3:
        return max(1.0, between), 1.0
    off = (scatter / noise - freedom)[known]
    within = float(off @ off) * a / (a - 1) / float(2 * freedom.sum())
    return max(1.0, between), max(1.0, within)


def _below(f: float, centre: float, df: tuple[float, float], inflation: tuple[float, float]) -> float:
    """Probability that F is at most `f`, where the non-centrality is `centre`.

    Where the non-centrality is beyond `VAST`, or scipy gives none (far out in the tail), the mean square between units
    is taken to be its mean: F is then that over a mean square of noise, and its tail one of chi squared.
    """
    between, within, centre = df[0] / inflation[0], df[1] / inflation[1], centre / inflation[0]
    found = float(ncfdtr(between, within, centre, f)) if centre < VAST else float("nan")
    if np.isnan(found):
        mean = 1 + centre / between
        return float(gammaincc(within / 2, within / 2 * mean / f)) if f > 0 else 0.0
    return found


def _where(p: float, f: float, df: tuple[float, float], inflation: tuple[float, float]) -> float:
    """The non-centrality at which F is at most `f` with probability p; 0 where that is rarer throughout."""
    if _below(f, 0.0, df, inflation) <= p:
        return 0.0
    high = df[0] * (1 + f)
    while _below(f, high, df, inflation) > p:
        high *= 2
    return root(lambda c: _below(f, c, df, inflation) - p, 0.0, high, tolerance=1e-12 * high)
