"""Evidence that may be looked at as often as one likes: e-values, always-valid p-values, confidence sequences.

An e-value is a number that is at most one on average where nothing is wrong. Those of new data multiply, and the chance
that the product ever reaches 1/a is at most a (Ville 1939), however often somebody looks. That is what keeps repeated
audits of one stream of data calibrated: each audit contributes the e-value of the rows that came since the last one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def p_to_e(p: ArrayLike, *, kappa: float = 0.5) -> Floats:
    """e-values of p-values: e = kappa p^(kappa - 1); at kappa = 1/2 that is 1 / (2 sqrt(p)).

    Parameters
    ----------
    p
        p-values in [0, 1], any shape; p = 0 gives infinity.
    kappa
        In (0, 1): the smaller, the more it makes of very small p-values and the less of others.

    Returns
    -------
    Same shape. Each is an e-value, for its mean over uniform p is one. It is less than 1/p: the price of being allowed
    to multiply.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1], or kappa outside (0, 1).

    Source
    ------
    Vovk & Wang 2021, Annals of Statistics 49:1736; Shafer, Shen, Vereshchagin & Vovk 2011,
    Statistical Science 26:84.
    """
    given = np.asarray(p, dtype=np.float64)
    if not bool(np.all((given >= 0) & (given <= 1))):
        raise ValueError("p-values lie between 0 and 1, and none may be missing")
    if not 0 < kappa < 1:
        raise ValueError("kappa lies between 0 and 1")
    with np.errstate(divide="ignore"):
        return np.asarray(kappa * given ** (kappa - 1))


def bayes_factor_bound(p: ArrayLike) -> Floats:
    """Most that a p-value can say against the null, as odds: 1 / (-e p ln p) for p < 1/e, else 1.

    Parameters
    ----------
    p
        p-values in [0, 1], any shape.

    Returns
    -------
    Same shape: "at most x to one". It is an upper bound, not an e-value: it must not be multiplied.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].

    Source
    ------
    Sellke, Bayarri & Berger 2001, American Statistician 55:62; Benjamin & Berger 2019, ibid. 73:186.
    """
    given = np.asarray(p, dtype=np.float64)
    if not bool(np.all((given >= 0) & (given <= 1))):
        raise ValueError("p-values lie between 0 and 1, and none may be missing")
    small = np.clip(given, np.finfo(np.float64).tiny, np.exp(-1.0))
    return np.asarray(np.where(given == 0, np.inf, 1 / (-np.e * small * np.log(small))))


def e_bh(e: ArrayLike, *, level: float) -> NDArray[np.bool_]:
    """Which of many suspicions stand, whatever the dependence between them.

    With e(1) >= ... >= e(K), the k largest are rejected for the largest k with k e(k) / K >= 1 / level.

    Parameters
    ----------
    e
        e-values, shape (K,).
    level
        Expected share of false rejections among the rejections that is allowed.

    Returns
    -------
    Whether each is rejected, in the order given, shape (K,).

    Raises
    ------
    ValueError
        If an e-value is missing or negative.

    Source
    ------
    Wang & Ramdas 2022, JRSS B 84:822 (e-BH, valid under any dependence).
    """
    given = np.asarray(e, dtype=np.float64)
    if not bool(np.all(given >= 0)):
        raise ValueError("e-values are not negative, and none may be missing")
    order = np.argsort(-given, kind="stable")
    ranks = np.arange(1, len(given) + 1)
    reached = np.flatnonzero(ranks * given[order] >= len(given) / level)
    rejected = np.zeros(len(given), dtype=np.bool_)
    rejected[order[: reached[-1] + 1 if len(reached) else 0]] = True
    return rejected


def mixture_ratio(mean: ArrayLike, n: ArrayLike, *, variance: float, prior: float) -> Floats:
    """e-value of a running mean against zero: the likelihood ratio, mixed over effects N(0, prior).

    L_n = sqrt(s2 / (s2 + n t2)) exp(n^2 t2 d^2 / (2 s2 (s2 + n t2))), d the mean of n values of variance s2.

    Parameters
    ----------
    mean
        Mean of the first n values, any shape (one look, or all looks at once).
    n
        How many values, same shape.
    variance
        s2 of one value, its unit squared; for a difference of two groups of n each, twice that of one value.
    prior
        t2: variance of the effects over which the ratio is mixed. Any t2 > 0 is valid; it is best near the square
        of the effect that matters.

    Returns
    -------
    Same shape. The chance that it ever reaches 1/a without an effect is at most a.

    Source
    ------
    Robbins 1970, Annals of Mathematical Statistics 41:1397; Johari, Koomen, Pekelis & Walsh 2017, KDD 23:1517
    (mSPRT).
    """
    d, count = np.asarray(mean, dtype=np.float64), np.asarray(n, dtype=np.float64)
    spread = variance + count * prior
    return np.asarray(np.sqrt(variance / spread) * np.exp(count**2 * prior * d**2 / (2 * variance * spread)))


def always_valid_p(e: ArrayLike) -> Floats:
    """p-values that hold at every look: the least of 1, 1/e so far.

    Parameters
    ----------
    e
        Running e-values, in order of time, shape (looks,).

    Returns
    -------
    Shape (looks,); they never rise.

    Source
    ------
    Johari, Koomen, Pekelis & Walsh 2017, KDD 23:1517.
    """
    given = np.asarray(e, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum.accumulate(np.minimum(1.0, 1 / given)))


def mixture_boundary(variance: ArrayLike, *, rho: float, alpha: float = 0.05) -> Floats:
    """How far a running sum strays from its expectation, at all times at once.

    u(v) = sqrt((v + rho) ln((v + rho) / (rho alpha^2))): |S_n - E S_n| < u(V_n) for all n with probability
    1 - alpha at least, V_n being the sum of the variances (or the variance proxies of sub-Gaussian values).

    Parameters
    ----------
    variance
        V_n, any shape, the sum's unit squared.
    rho
        > 0: about the V at which the boundary is tightest.
    alpha
        Error over all times together, two-sided.

    Returns
    -------
    Half-width of the confidence sequence for the sum, same shape; divide by n for the mean.

    Source
    ------
    Howard, Ramdas, McAuliffe & Sekhon 2021, Annals of Statistics 49:1055 (two-sided normal mixture).
    """
    v = np.asarray(variance, dtype=np.float64)
    return np.asarray(np.sqrt((v + rho) * np.log((v + rho) / (rho * alpha**2))))
