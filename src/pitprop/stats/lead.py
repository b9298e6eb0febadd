"""Lead: is what was gained on a target early in the year given back before its end?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.clustered_regression import clustered_regression
from pitprop.stats.estimate import Estimate
from pitprop.stats.fixed_effects import RELATIVE_RANK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MANY_CLUSTERS = 30
"""From here on the plain sums over clusters serve, with as many degrees of freedom as clusters weigh in alike."""
FEWEST_CLUSTERS = 5


def cluster_slopes(
    *, y: Floats, columns: Floats, clusters: Ints, contrasts: tuple[tuple[float, ...], ...], nuisance: Floats | None
) -> tuple[Estimate, ...] | None:
    """Contrasts of slopes within clusters, with errors that may hang together at will within one.

    Parameters
    ----------
    y, columns
        Shapes (n,) and (n, k).
    clusters
        Integers in a narrow range, shape (n,); each has a level of its own.
    contrasts
        Each of length k.
    nuisance
        Further columns, shape (n, q).

    Returns
    -------
    One estimate for each contrast; None where the columns cannot be told apart or clusters are too few.

    Source
    ------
    CR2 with Bell-McCaffrey degrees of freedom below 30 clusters; else the sandwich of cluster sums (Liang & Zeger
    1986, Biometrika 73:13) with factor G/(G-1) (n-1)/(n-k), and the effective number of clusters less one for
    degrees of freedom (Carter, Schnepel & Steigerwald 2017, Review of Economics and Statistics 99:698).
    """
    number = _numbered(clusters)
    count = int(number.max(initial=-1)) + 1
    if count < FEWEST_CLUSTERS:
        return None
    if count < MANY_CLUSTERS:
        fit = clustered_regression(y=y, columns=columns, clusters=number, nuisance=nuisance)
        return None if fit is None else tuple(fit.contrast(c) for c in contrasts)
    return _many(y, columns, number, count, contrasts, nuisance)


def _numbered(labels: Ints) -> Ints:
    """Small whole numbers as 0, 1, 2 ... in their order, without sorting."""
    if len(labels) == 0:
        return labels
    low = labels - labels.min()
    out: Ints = (np.cumsum(np.bincount(low) > 0) - 1)[low]
    return out


def _many(
    y: Floats,
    columns: Floats,
    number: Ints,
    count: int,
    contrasts: tuple[tuple[float, ...], ...],
    nuisance: Floats | None,
) -> tuple[Estimate, ...] | None:
    k = columns.shape[1]
    table = np.vstack([y, columns.T] if nuisance is None else [y, columns.T, nuisance.T])
    size = np.bincount(number)
    for row in table:
        row -= (np.bincount(number, weights=row) / size)[number]
    scale = np.maximum(np.linalg.norm(table, axis=1), np.finfo(np.float64).tiny)
    table /= scale[:, None]
    rest = table[1 + k :]
    gram = np.linalg.pinv(rest @ rest.T, rcond=RELATIVE_RANK, hermitian=True)
    left = table[: 1 + k] - (table[: 1 + k] @ rest.T @ gram) @ rest
    x = left[1:]
    square = x @ x.T
    freedom = len(y) - k - (int(np.linalg.matrix_rank(gram)) if gram.size else 0)
    if np.any(np.diag(square) < RELATIVE_RANK) or np.linalg.cond(square) > 1e10 or freedom < 1:
        return None
    weights = np.linalg.solve(square, x)
    slopes = weights @ left[0]
    errors = left[0] - slopes @ x
    sums = np.stack([np.bincount(number, weights=w * errors, minlength=count) for w in weights])
    covariance = sums @ sums.T * count / (count - 1) * (len(y) - 1) / freedom
    out = []
    for contrast in contrasts:
        c = np.asarray(contrast) * scale[0] / scale[1 : 1 + k]
        share = np.bincount(number, weights=(c @ weights) ** 2, minlength=count)
        df = max(float(share.sum() ** 2 / (share @ share)) - 1, 1.0)
        out.append(Estimate(value=float(c @ slopes), se=float(c @ covariance @ c) ** 0.5, df=df))
    return tuple(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What becomes of a lead."""

    given_back: Estimate
    """Share of a lead that is given back in the rest of the year, beyond what becomes of a lag."""
    rows: int
    ahead: float
    """Share of the rows with a lead."""


def lead_given_back(*, output: Floats, lead: Floats, unit: Ints, time: Ints, position: Ints) -> Lead | None:
    """How much less is done where a unit is ahead of its target for the year than where it lags as far behind?

    Parameters
    ----------
    output
        What was done in a period, in parts of the unit's mean target, shape (n,).
    lead
        What the unit was ahead of its targets before that period (behind: below 0), divided by what the targets
        ask of the rest of the year, shape (n,): 1 is a lead with which nothing more would have to be done.
    unit, time
        Whose and in which period, integers, shape (n,).
    position
        Place of the period in the year, integers, shape (n,).

    Returns
    -------
    The kink at 0 of the regression

        output = unit + period + slope[position] * lead - given_back * max(lead, 0) + error,

    or None where it is not determined. The slope at each place in the year takes up regression to the mean,
    persistence and the bias of unit effects in short panels: where output and lead are jointly normal all of
    them are linear in the lead (Stein's lemma), so that they leave no kink.

    Source
    ------
    After Bouwens & Kroos (2011), Journal of Accounting and Economics 51:171 (who is ahead after three quarters sells
    less in the fourth); the kink at the target is by the authors.
    """
    ahead = float((lead > 0).mean()) if len(lead) else 0.0
    if ahead in (0.0, 1.0):
        return None
    periods = _numbered(time)
    places = _numbered(position)
    slopes = np.eye(int(places.max()) + 1)[places] * lead[:, None]
    nuisance = np.hstack([np.eye(int(periods.max()) + 1)[periods][:, 1:], slopes])
    found = cluster_slopes(
        y=output,
        columns=-np.maximum(lead, 0.0)[:, None],
        clusters=unit,
        contrasts=((1.0,),),
        nuisance=nuisance,
    )
    return None if found is None else Lead(given_back=found[0], rows=len(lead), ahead=ahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSetting:
    """How targets follow results: share of the difference that the next target takes up."""

    above: Estimate
    """Of what was done above the target."""
    below: Estimate
    """Of what was lacking."""
    asymmetry: Estimate
    """above - below: above 0 the target ratchets, up more readily than down."""


def target_setting(*, growth: Floats, deviation: Floats, level: Floats, unit: Ints) -> TargetSetting | None:
    """How does the next target follow from the result under this one?

    Parameters
    ----------
    growth
        Next target less this one, in parts of the unit's mean target, shape (n,).
    deviation
        Result less target, in the same unit, shape (n,).
    level
        This target, in the same unit, shape (n,): where targets scatter, a high one is followed by a lower one
        and missed more often, which is no ratchet.
    unit
        Integers, shape (n,): clusters.

    Source
    ------
    Weitzman (1980), Bell Journal of Economics 11:302; a share of its own above and below the target as in Leone &
    Rock (2002), Journal of Accounting and Economics 33:43. That the level of the target is held constant is by the
    authors.
    """
    found = cluster_slopes(
        y=growth,
        columns=np.column_stack([np.maximum(deviation, 0.0), np.minimum(deviation, 0.0)]),
        clusters=unit,
        contrasts=((1.0, 0.0), (0.0, 1.0), (1.0, -1.0)),
        nuisance=level[:, None] if float(np.ptp(level)) > 0 else None,
    )
    return None if found is None else TargetSetting(above=found[0], below=found[1], asymmetry=found[2])
