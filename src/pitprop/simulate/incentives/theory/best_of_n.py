"""Best of n: how good the one is that a metric picks from n, with errors that are well behaved or wild.

Picking by metric = truth + error brings ever better ones while errors are normal, ever more slowly. With heavy tails
the very best by the metric are merely the luckiest, and beyond some n more choice brings worse.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, positive, whole
from pitprop.simulate.incentives.theory.quadrature import integral

STEP = 0.02
"""Of the quadrature over asinh(metric); halving it changes nothing beyond 1e-10."""
END = 24.0
"""asinh of the largest metric that is looked at."""


def normal_maximum(n: ArrayLike) -> Floats:
    """Mean of the largest of n standard normals, n >= 1, of the shape of n.

    m_n = integral over z > 0 of (1 - Phi^n) less that over z < 0 of Phi^n.
    """
    from scipy.special import log_ndtr

    count = whole("n", n, least=1)
    most = math.sqrt(2 * math.log(max(float(count.max()), 2.0))) + 10
    above = integral(lambda z: np.asarray(-np.expm1(count * log_ndtr(z))), 0, most)
    below = integral(lambda z: np.asarray(np.exp(count * log_ndtr(z))), -40, 0)
    return np.asarray(above - below)


def best_of_n(*, n: ArrayLike, truth: float = 1.0, error: float = 1.0, degrees: float = math.inf) -> Floats:
    """How good, truly, is on average the best of n by the metric?

    Truth V ~ N(0, sV^2). With normal errors E[V] = sV^2/sqrt(sV^2 + sx^2) m_n. With errors of Student's t,
    E[V] = n integral of A(m) F(m)^(n-1) dm, A(m) = integral of v phi(v) t(m - v) dv and F the distribution of the
    metric, by the trapezoidal rule in v and in asinh(m).

    Parameters
    ----------
    n
        >= 1, of any shape.
    truth, error
        sV > 0, and the scale of the errors > 0: their standard deviation if normal, the factor of Student's t if not.
    degrees
        Of freedom of t, above 0: infinity for normal errors, 1 for Cauchy's.

    Returns
    -------
    Mean truth of the one picked, 0 being the average of all, of the shape of n.

    Raises
    ------
    ValueError
        Where an argument is out of its range, or t errors are less than a hundredth of the truth, for which the
        quadrature is too coarse.

    Source
    ------
    Kwa, Thomas and Garriga-Alonso (2024), arXiv 2407.14503, on heavy tails; the quadrature is derived here.
    """
    count = whole("n", n, least=1)
    sv, sx = float(positive("truth", truth)), float(positive("error", error))
    nu = float(positive("degrees", degrees, endless=True))
    if math.isinf(nu):
        return np.asarray(sv / math.hypot(1.0, sx / sv) * normal_maximum(count))
    if sx < sv / 100:
        raise ValueError(f"error: with heavy tails at least a hundredth of the truth's {sv} is needed, not {sx}")
    slope, log_below = _metric(sx / sv, nu)
    picked = np.exp((count[..., None] - 1) * log_below + np.log(count[..., None]))
    return np.asarray(sv * (picked @ slope))


def kl_of_best(n: ArrayLike) -> Floats:
    """How far picking the best of n moves what is done: KL = log n - (n - 1)/n, in nats, without ties.

    Source: Gao, Schulman and Hilton (2022), arXiv 2210.10760, after Stiennon et al. (2020).
    """
    count = whole("n", n, least=1)
    return np.asarray(np.log(count) - (count - 1) / count)


def _metric(scale: float, nu: float) -> tuple[Floats, Floats]:
    """Over nodes of the metric: A(m) dm, and log F(m), truth having standard deviation 1."""
    from scipy.special import stdtr

    t = (np.arange(round(2 * END / STEP)) + 0.5) * STEP - END
    m = np.sinh(t)
    # the errors' density has its poles at a distance of scale sqrt(nu), which sets how fine v must be
    v = np.arange(-9.5, 9.5, step := min(0.4, scale * min(0.4, 0.2 * math.sqrt(nu))))
    weight = step * np.exp(-(v**2) / 2) / math.sqrt(2 * math.pi)
    log_top = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - math.log(nu * math.pi) / 2 - math.log(scale)
    slope, log_below = np.empty(len(m)), np.empty(len(m))
    for part in np.array_split(np.arange(len(m)), 1 + len(m) * len(v) // 1_000_000):
        x = (m[part, None] - v) / scale
        slope[part] = np.exp(log_top - (nu + 1) / 2 * np.log1p(x**2 / nu)) @ (weight * v)
        tail = np.clip(stdtr(nu, np.where(m[part, None] > 0, -x, x)) @ weight, 1e-300, 0.75)
        log_below[part] = np.where(m[part] > 0, np.log1p(-tail), np.log(tail))
    return slope * np.cosh(t) * STEP, log_below
