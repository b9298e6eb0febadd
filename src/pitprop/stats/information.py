"""Value of information: what knowing more is worth before a decision between two actions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]


def unit_loss(u: ArrayLike) -> Floats:
    """Expected loss of a standard normal below u: G(u) = phi(u) - u (1 - Phi(u)), any shape.

    Source
    ------
    Raiffa and Schlaifer (1961), Applied Statistical Decision Theory, section 11.6 (unit normal loss
    integral).
    """
    u = np.asarray(u, dtype=np.float64)
    with np.errstate(over="ignore"):
        density = np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi)
    tail = np.where(np.isposinf(u), 0.0, np.where(np.isfinite(u), u, 0.0) * ndtr(-u))
    out: Floats = np.maximum(density - tail, 0.0)
    return out


def _expected_gain(mean: Floats, sd: Floats) -> Floats:
    """sd G(|mean| / sd), 0 where sd is 0."""
    some = sd > 0
    with np.errstate(divide="ignore", over="ignore"):
        u = np.abs(mean) / np.where(some, sd, 1.0)
    return np.where(some, sd * unit_loss(u), 0.0)


def perfect(*, mean: ArrayLike, sd: ArrayLike) -> Floats:
    """Expected value of perfect information (EVPI) per decision, in the unit of `mean`.

    The incremental net benefit of acting is normal(mean, sd^2) before the decision; one acts where its
    expectation is positive. EVPI = s G(|m| / s).

    Source
    ------
    Raiffa and Schlaifer (1961), section 5.6.
    """
    return _expected_gain(*np.broadcast_arrays(np.asarray(mean, float), np.asarray(sd, float)))


def sample(*, mean: ArrayLike, sd: ArrayLike, noise: ArrayLike, n: ArrayLike = 1) -> Floats:
    """Expected value of sample information (EVSI) per decision, in the unit of `mean`.

    Parameters
    ----------
    mean, sd
        Normal prior of the incremental net benefit of acting.
    noise
        Standard deviation of one measurement of it, same unit; 0 gives the EVPI.
    n
        Measurements taken before the decision.

    Source
    ------
    Raiffa and Schlaifer (1961), section 5.6: EVSI = s_p G(|m| / s_p), s_p = s^2 / sqrt(s^2 + s_e^2 / n).
    """
    m, s, e, k = np.broadcast_arrays(
        np.asarray(mean, float), np.asarray(sd, float), np.asarray(noise, float), np.asarray(n, float)
    )
    spread = np.sqrt(s**2 + e**2 / k)
    preposterior = np.where(s > 0, s * (s / np.where(spread > 0, spread, 1.0)), 0.0)
    return _expected_gain(m, preposterior)


def perfect_of_draws(benefits: Floats) -> float:
    """EVPI from draws of the net benefit of each action, shape (draws, actions): E max_d - max_d E.

    Source
    ------
    Raiffa and Schlaifer (1961); Strong, Oakley and Brennan (2014), eq. 1.
    """
    return float(benefits.max(axis=1).mean() - benefits.mean(axis=0).max())


def _regress(y: Floats, x: Floats, degree: int) -> Floats:
    """Fitted values of y on a Legendre polynomial of x scaled to [-1, 1]; the mean where x is constant."""
    low, high = float(x.min()), float(x.max())
    if not high > low:
        return np.full(len(y), y.mean())
    basis = np.polynomial.legendre.legvander(2 * (x - low) / (high - low) - 1, degree)
    coefficients = np.linalg.lstsq(basis, y, rcond=None)[0]
    fitted: Floats = basis @ coefficients
    return fitted


def partial(net: Floats, inputs: Mapping[str, Floats], *, degree: int = 4) -> dict[str, tuple[float, float]]:
    """What learning each input alone would be worth to the choice between `net` and nothing.

    Parameters
    ----------
    net
        Draws of the net benefit of one action against doing nothing (0), shape (draws,).
    inputs
        The draws of each input that led to `net`, each of shape (draws,).
    degree
        Of the polynomial that stands for E[net | input].

    Returns
    -------
    dict
        For each input: its expected value of partial perfect information (EVPPI), in the unit of `net`, and
        its share of the variance of `net` (which orders the inputs where no EVPPI differs from 0).

    Source
    ------
    Strong, Oakley and Brennan (2014), Medical Decision Making 34:311, eq. 4: the inner expectation as a
    regression of the net benefit on the input.
    """
    total = float(net.var())
    best = max(float(net.mean()), 0.0)
    out = {}
    for name, draws in inputs.items():
        fitted = _regress(net, draws, degree)
        worth = max(float(np.maximum(fitted, 0.0).mean()) - best, 0.0)
        out[name] = (worth, float(fitted.var()) / total if total > 0 else 0.0)
    return out
