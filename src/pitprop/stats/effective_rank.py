"""Effective rank: how many different things a set of metrics says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def effective_rank(correlation: Floats) -> float:
    """As many uncorrelated metrics would say as much: exp(-sum q ln q), q the eigenvalues' shares; in [1, p].

    Parameters
    ----------
    correlation
        Shape (p, p), p at least 1.

    Source
    ------
    Roy and Vetterli 2007, EUSIPCO 15:606 (here of the correlation matrix).
    """
    value = np.maximum(np.linalg.eigvalsh(correlation), 0.0)
    q = value / value.sum()
    q = q[q > 0]
    return float(np.exp(-(q * np.log(q)).sum()))


def inflation(correlation: Floats) -> Floats:
    """Variance inflation factors, the diagonal of the inverse; infinite for what the others determine; shape (p,).

    Source
    ------
    Belsley, Kuh and Welsch 1980, Regression Diagnostics, chapter 3.
    """
    p = len(correlation)
    out = np.full(p, np.inf)
    for j in range(p):
        others = np.delete(np.arange(p), j)
        told = correlation[others, j]
        fitted = np.linalg.lstsq(correlation[np.ix_(others, others)], told, rcond=1e-10)[0] if p > 1 else told
        left = correlation[j, j] - float(told @ fitted)
        if left > 1e-9:
            out[j] = correlation[j, j] / left
    return out


def gaussian_information(correlation: float) -> float:
    """What one of two normal quantities tells about the other, nats: -ln(1 - r^2) / 2; infinite at r = 1.

    Source
    ------
    Cover and Thomas 2006, Elements of Information Theory, example 8.5.1.
    """
    left = 1 - correlation**2
    return float(-0.5 * np.log(left)) if left > 0 else float("inf")
