"""Surrogate: do gains in a stand-in mean gains in what it stands for?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.binary_size import binary_size
from pitprop.stats.jackknifed import Ratio, jackknifed
from pitprop.stats.numbered import numbered
from pitprop.stats.persistence import Persistence, persistence
from pitprop.stats.swept import Swept, swept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStage:
    """Buyse and Molenberghs' measures, as published: not corrected for noise in the first stage."""

    trial: float
    """R^2 of the effects on the true endpoint by those on the surrogate, over trials."""
    individual: float
    """Squared correlation of the two endpoints within trial and treatment."""
    trials: int

    @property
    def trial_se(self) -> float:
        """sqrt(4 R^2 (1 - R^2)^2 / (N - 3)); NaN with three trials or fewer."""
        return _r2_se(self.trial, self.trials)

    @property
    def trial_interval(self) -> tuple[float, float]:
        """95%, cut to [0, 1]."""
        half = 1.959963984540054 * self.trial_se
        return max(0.0, self.trial - half), min(1.0, self.trial + half)


def two_stage(
    *,
    surrogate: Floats,
    true: Floats,
    treated: Bools,
    trial: Ints,
    model: Literal["full", "semireduced", "reduced"] = "full",
    weighted: bool = True,
) -> TwoStage:
    """How well do effects on a surrogate foretell effects on the true endpoint, over trials and within them?

    Stage 1: S_ij = mu_Si + alpha_i Z_ij + e, T_ij = mu_Ti + beta_i Z_ij + e, with Z = -1, 1 (`reduced`: one mu for all
    trials). Stage 2: beta_i on alpha_i (`full`: and on mu_Si), weighted by the size of the trial.

    Parameters
    ----------
    surrogate, true
        Endpoints, finite, shape (n,).
    treated
        Shape (n,); every trial has treated and untreated.
    trial
        Labels, shape (n,).

    Source
    ------
    Buyse, Molenberghs, Burzykowski, Renard and Geys 2000, Biostatistics 1:49; reduced fixed-effects
    models: Tibaldi et al. 2003, Journal of Statistical Computation and Simulation 73:643.
    """
    label, i = numbered(trial)
    z = np.where(treated, 1.0, -1.0)
    mu_s, alpha, e_s = _first_stage(surrogate, z, i, len(label), model == "reduced")
    _, beta, e_t = _first_stage(true, z, i, len(label), model == "reduced")
    columns = np.column_stack([np.ones(len(label)), alpha, *([mu_s] if model == "full" else [])])
    root = np.sqrt(np.bincount(i)) if weighted else np.ones(len(label))
    fitted = np.linalg.lstsq(columns * root[:, None], beta * root, rcond=None)[0]
    left = root * (beta - columns @ fitted)
    mean = float((root**2) @ beta / (root**2).sum())
    return TwoStage(
        trial=1 - float(left @ left) / float((root * (beta - mean)) @ (root * (beta - mean))),
        individual=float(np.corrcoef(e_s, e_t)[0, 1]) ** 2,
        trials=len(label),
    )


def _first_stage(y: Floats, z: Floats, i: Ints, trials: int, common: bool) -> tuple[Floats, Floats, Floats]:
    """Intercepts and effects of the trials, shape (trials,), and residuals, shape (n,)."""
    n, sz, szz, sy, szy = (np.bincount(i, weights=w, minlength=trials) for w in (np.ones(len(y)), z, z * z, y, z * y))
    if common:
        mu = np.full(trials, float((sy - sz * szy / szz).sum() / (n - sz**2 / szz).sum()))
    else:
        mu = (sy * szz - sz * szy) / (n * szz - sz**2)
    effect = (szy - mu * sz) / szz
    return mu, effect, y - mu[i] - effect[i] * z


def _r2_se(r2: float, n: int) -> float:
    return float(np.sqrt(4 * r2 * (1 - r2) ** 2 / (n - 3))) if n > 3 else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """How true gains in y go with true gains in x over units, the noise in both removed."""

    correlation: Ratio
    """Of true gains; its square is R^2 of the trials, corrected."""
    worth: Ratio
    """True gain in y for each unit of true gain in x, as a multiple of `usual`."""
    plain: float
    """Correlation of the gains as they are, noise and all."""
    usual: float
    """Slope of y on x from period to period within units, before."""
    usual_t: float
    """`usual` over its standard error."""
    units: int
    variance: tuple[float, float]
    """Of true gains in x and y, unit^2; not cut at 0."""
    noise: tuple[float, float]
    """Mean variance of the noise in the gains in x and y."""
    individual: float
    """Correlation of x and y within units on either side."""


def gains(*, x: Floats, y: Floats, after: Bools, unit: Ints, time: Ints) -> Gains | None:
    """How do units' gains in y, from before a date to after it, go with their gains in x?

    The gain of a unit is the difference of its levels, period effects taken out. Its noise is known from the scatter
    within the unit on either side, with as much memory as that shows and one standard error more; subtracting it leaves
    the covariance of true gains: Cov(gains) - mean of the noises' covariances.

    Parameters
    ----------
    x, y
        Finite, shape (n,).
    after
        Whether the row lies after the date, shape (n,).
    unit, time
        Labels, and the number of the period on the calendar, shape (n,).

    Returns
    -------
    None with fewer than five units that have two values or more on both sides, or where nothing varies.

    Source
    ------
    Two-stage: Buyse et al. 2000, Biostatistics 1:49. Noise of the first stage taken off the covariances: Fuller 1987,
    Measurement Error Models; for effects of treatments: Bibaut, Chou, Ejdemyr and Kallus 2024, arXiv 2402.17637.
    """
    size = binary_size(x), binary_size(y)
    both = np.column_stack([x / size[0], y / size[1]])
    sides = [swept(both[s], unit=unit[s], period=time[s]) for s in (~after, after)]
    one, two = (side.unit[side.count >= 2] for side in sides)
    common = np.intersect1d(one, two)
    if len(common) < 5 or min(side.df for side in sides) < 1:
        return None
    memories = _memories(sides, [time[~after], time[after]])
    noise, scatter = np.zeros((len(common), 3)), np.zeros((2, len(common), 3))
    gain = np.zeros((len(common), 2))
    for k, side in enumerate(sides):
        at = np.searchsorted(side.unit, common)
        gain += (side.level if k else -side.level)[at]
        own = _products(side)
        noise += _noise(side, own, memories)[at]
        scatter[k] = own[at]
    if min(scatter[0].sum(axis=0)[:2]) <= 0 or min(gain.std(axis=0)) <= 0:
        return None
    found = _gains(gain, noise, scatter[0], scatter.sum(axis=0))
    return replace(
        found,
        usual=found.usual * size[1] / size[0],
        variance=(found.variance[0] * size[0] ** 2, found.variance[1] * size[1] ** 2),
        noise=(found.noise[0] * size[0] ** 2, found.noise[1] * size[1] ** 2),
    )


def _products(side: Swept) -> Floats:
    """Sums of squares of each unit's residuals of x and y, and of their products; shape (units, 3)."""
    x, y = side.residual.T
    sums = [np.bincount(side.index, weights=w, minlength=len(side.unit)) for w in (x * x, y * y, x * y)]
    return np.column_stack(sums)


def _memories(sides: list[Swept], times: list[Ints]) -> tuple[float, float, float]:
    """Lag-1 correlation of x, of y and of their product within units on either side, and a standard error more where
    there clearly is one."""
    label = np.concatenate([2 * side.index + k for k, side in enumerate(sides)])
    residual, time = np.concatenate([side.residual for side in sides]), np.concatenate(times)
    one, two = (persistence(r, label, time).cautious.lag1 for r in residual.T)
    return one, two, (one * two) ** 0.5


def _noise(side: Swept, own: Floats, memories: tuple[float, float, float]) -> Floats:
    """Sampling variances of each unit's levels of x and y, and their covariance; shape (units, 3)."""
    freedom = np.maximum(side.count - 1, 0.0)
    freedom = np.maximum(freedom * side.df / freedom.sum(), 1e-300)
    inflation = np.column_stack([Persistence(lag1=lag1).inflation(side.count) for lag1 in memories])
    out: Floats = own / (freedom * side.count)[:, None] * inflation
    return out


def _gains(gain: Floats, noise: Floats, before: Floats, scatter: Floats) -> Gains:
    g = len(gain)
    gain = gain - gain.mean(axis=0)
    rows = np.column_stack([gain, gain**2, gain.prod(axis=1), noise, before])
    whole = rows.sum(axis=0)
    true, without = _true(whole[None], g)[0], _true(whole - rows, g - 1)
    usual, usual_without = whole[10] / whole[8], (whole[10] - rows[:, 10]) / (whole[8] - rows[:, 8])
    spread = float(np.sqrt((g - 1) / g * ((usual_without - usual_without.mean()) ** 2).sum()))
    weight = gain[:, 0] ** 2
    df = max(float(weight.sum() ** 2 / (weight**2).sum()) - 1, 1.0)
    total = scatter.sum(axis=0)
    return Gains(
        correlation=jackknifed(true[2], _geometric(true[None])[0], without[:, 2], _geometric(without), df=df),
        worth=jackknifed(true[2], usual * true[0], without[:, 2], usual_without * without[:, 0], df=df),
        plain=float(whole[4] / np.sqrt(whole[2] * whole[3])),
        usual=float(usual),
        usual_t=float(usual / spread) if spread > 0 else 0.0,
        units=g,
        variance=(float(true[0]), float(true[1])),
        noise=(float(whole[5] / g), float(whole[6] / g)),
        individual=float(total[2] / np.sqrt(total[0] * total[1])),
    )


def _true(sums: Floats, g: int) -> Floats:
    """Variances of true gains in x and y, and their covariance; shape (..., 3)."""
    x, y, xx, yy, xy, nx, ny, nxy = sums.T[:8]
    return np.column_stack(
        [
            (xx - x * x / g) / (g - 1) - nx / g,
            (yy - y * y / g) / (g - 1) - ny / g,
            (xy - x * y / g) / (g - 1) - nxy / g,
        ]
    )


def _geometric(true: Floats) -> Floats:
    """Geometric mean of the two variances; 0 where one is not positive."""
    out: Floats = np.sqrt(np.maximum(true[:, 0], 0.0) * np.maximum(true[:, 1], 0.0))
    return out
