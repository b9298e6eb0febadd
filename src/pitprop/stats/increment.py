"""How much a forecast gains from one more variable, with an interval that holds where the gain is nil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, stdtr, stdtrit

from pitprop.stats.numbered import numbered
from pitprop.stats.prediction import Forecasts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """Share of the outcome's remaining variance that the variable explains out of sample."""

    gain: float
    """1 - sum e^2 / sum u^2; negative where the fitted rules forecast worse than the baseline."""
    interval: tuple[float, float]
    """Lower: what the fitted rules have shown. Upper: what a perfectly fitted rule could still reach."""
    baseline: float
    """Share of the outcome's variance that the baseline explains."""
    baseline_interval: tuple[float, float]
    full: float
    """The same with the variable."""
    full_interval: tuple[float, float]
    correlations: tuple[float, ...]
    """Of u with each column of v (each less the columns before it), signed."""
    p_not_below: float
    """One-sided p-value of "the gain is at least `smallest`"."""
    p_none: float
    """One-sided p-value of "no gain" (Clark and West)."""
    error: float
    """Standard error of the (multiple) correlation on Fisher's scale."""
    t: float
    """Quantile behind the intervals."""
    n: int
    """Forecasts."""
    clusters: int
    effective: float
    """Clusters that carry as much information, were they all alike."""
    cluster_is: str
    """`unit`, or `stretch of periods`."""


def increment(forecasts: Forecasts, *, smallest: float = 0.02, lag: int = 0, level: float = 0.95) -> Increment | None:
    """How much does knowing x improve the forecasts, and how sure is that? None with fewer than 5 clusters.

    The gain is a square, so its own standard error vanishes where the truth is nil, and an interval made of
    it (delta method, bootstrap, cross-validated t) calls small gains proven to be nothing. The upper end
    here is that of the multiple correlation R of u with v on Fisher's scale: for the true direction d,
    d'w is normal about |w| and |w| >= d'w, so |w| + t max se is an upper bound at the stated level
    wherever the truth lies. The lower end is the smaller of Scheffe's lower bound on R^2 and what the fitted
    rules have shown out of sample, so the interval holds for the fitted rules as for the best rule.

    Errors are clustered by unit where units are held out, else by stretches of periods; where units are held
    out but periods are not compared within, the larger of the two standard errors counts. None is taken to be
    smaller than that of independent forecasts, 1 / sqrt(n): few clusters can agree by chance.

    Parameters
    ----------
    forecasts
        From `prediction.forecasts`.
    smallest
        Smallest gain that matters, a share.
    lag
        Periods from x to y: stretches of periods are at least that long.
    level
        Of the two-sided interval.

    Source
    ------
    Delete-one-cluster jackknife: Bell and McCaffrey (2002), Survey Methodology 28:169 (CR3); stretches:
    Kuensch (1989), Annals of Statistics 17:1217. Degrees of freedom by the number of equally informative
    clusters: Carter, Schnepel and Steigerwald (2017), REStat 99:698. Clark and West (2007), Journal of
    Econometrics 138:291, eq. 3.1: u^2 - (e^2 - (f0 - f1)^2) = 2 u (u - e).
    """
    k = forecasts.v.shape[1]
    sums = [(_sums(forecasts, label), kind) for label, kind in _clusterings(forecasts, lag)]
    sums = [(s, kind) for s, kind in sums if len(s) >= 5]
    if not sums:
        return None
    errors = [_spread(s, k) for s, _ in sums]
    chosen = int(np.argmax(errors))
    total, kind = sums[chosen]
    error = max(errors[chosen], len(forecasts.u) ** -0.5)
    whole = total.sum(axis=0)
    effective = float(whole[-1] ** 2 / (total[:, -1] ** 2).sum())
    freedom = max(effective - 1, 1.0)
    t = float(stdtrit(freedom, 0.5 + level / 2))
    scheffe = float(np.sqrt(k * fdtri(k, freedom, level)))
    size = float(np.linalg.norm(_z(whole, k)))
    gain = float(_gain(whole))
    shown = gain - t * _jackknife(total, _gain)
    edge = float(np.arctanh(np.sqrt(smallest)))
    return Increment(
        gain=gain,
        interval=(
            float(min(np.tanh(max(size - scheffe * error, 0.0)) ** 2, shown)),
            float(max(np.tanh(size + t * error) ** 2, gain)),
        ),
        baseline=float(_baseline(whole)),
        baseline_interval=_around(total, _baseline, t),
        full=float(_full(whole)),
        full_interval=_around(total, _full, t),
        correlations=tuple(float(c) for c in _w(whole, k)),
        p_not_below=float(stdtr(freedom, (size - edge) / error)),
        p_none=_clark_west(total, freedom),
        error=error,
        t=t,
        n=len(forecasts.u),
        clusters=len(total),
        effective=effective,
        cluster_is=kind,
    )


def _clusterings(f: Forecasts, lag: int) -> list[tuple[Ints, str]]:
    times, place = numbered(f.time)
    stretches = max(min(20, len(times) // max(3, lag)), 1)
    out: list[tuple[Ints, str]] = []
    if f.held_out:
        out.append((numbered(f.unit)[1], "unit"))
    if not f.within:
        out.append((place * stretches // len(times), "stretch of periods"))
    return out


def _sums(f: Forecasts, label: Ints) -> Floats:
    """Sums over each cluster of uu, ee, total^2, 2 u (u - e), vu (k), vv (k * k), and of the share in the
    variance of vu; shape (clusters, 5 + k + k * k)."""
    u, v, e = f.u, f.v, f.e
    vv = (v[:, :, None] * v[:, None, :]).reshape(len(u), -1)
    reach = np.einsum("ni,ij,nj->n", v, np.linalg.pinv(v.T @ v, hermitian=True), v)
    products = np.column_stack([u * u, e * e, f.total * f.total, 2 * u * (u - e), v * u[:, None], vv, u * u * reach])
    out: Floats = np.column_stack([np.bincount(label, weights=c) for c in products.T]).astype(np.float64)
    return out


def _w(s: Floats, k: int) -> Floats:
    """Correlations of u with v, each column of v less those before it; shape (..., k), norm R."""
    vu, vv = s[..., 4 : 4 + k], s[..., 4 + k : 4 + k + k * k].reshape(*s.shape[:-1], k, k)
    first = vu[..., 0] / np.sqrt(vv[..., 0, 0])
    out = [first]
    if k == 2:
        ratio = vv[..., 0, 1] / vv[..., 0, 0]
        rest = vv[..., 1, 1] - ratio * vv[..., 0, 1]
        some = rest > 1e-10 * vv[..., 1, 1]
        out.append(np.where(some, (vu[..., 1] - ratio * vu[..., 0]) / np.sqrt(np.where(some, rest, 1.0)), 0.0))
    w: Floats = np.stack(out, axis=-1) / np.sqrt(s[..., 0])[..., None]
    return w


def _z(s: Floats, k: int) -> Floats:
    """`_w` with its norm on Fisher's scale."""
    w = _w(s, k)
    size = np.minimum(np.linalg.norm(w, axis=-1, keepdims=True), 1 - 1e-15)
    stretched: Floats = w * np.where(size > 0, np.arctanh(size) / np.where(size > 0, size, 1.0), 1.0)
    return stretched


def _spread(sums: Floats, k: int) -> float:
    """Largest standard error of `_z` in any direction, leaving out one cluster at a time."""
    left = _z(sums.sum(axis=0) - sums, k)
    left = left - left.mean(axis=0)
    g = len(sums)
    return float(np.sqrt((g - 1) / g * np.linalg.eigvalsh(left.T @ left)[-1]))


def _gain(s: Floats) -> Floats:
    out: Floats = 1 - s[..., 1] / s[..., 0]
    return out


def _baseline(s: Floats) -> Floats:
    out: Floats = 1 - s[..., 0] / s[..., 2]
    return out


def _full(s: Floats) -> Floats:
    out: Floats = 1 - s[..., 1] / s[..., 2]
    return out


def _jackknife(sums: Floats, of: Callable[[Floats], Floats]) -> float:
    """Standard error of a function of sums, leaving out one cluster at a time."""
    g = len(sums)
    left = of(sums.sum(axis=0) - sums)
    return float(np.sqrt((g - 1) / g * ((left - left.mean()) ** 2).sum()))


def _around(sums: Floats, of: Callable[[Floats], Floats], t: float) -> tuple[float, float]:
    value, error = float(of(sums.sum(axis=0))), _jackknife(sums, of)
    return value - t * error, min(value + t * error, 1.0)


def _clark_west(sums: Floats, freedom: float) -> float:
    f, g = sums[:, 3], len(sums)
    error = float(np.sqrt(g / (g - 1) * ((f - f.mean()) ** 2).sum()))
    return float(stdtr(freedom, -f.sum() / error)) if error > 0 else 1.0
