"""Excess mass at a kink or notch by a polynomial in binned counts, as in the published literature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolynomialBunching:
    """Excess mass at the bunching point."""

    excess: float
    """B: values in excess of the counterfactual in the bunching window."""
    normalised: float
    """b: B over the counterfactual at the bunching point."""
    counterfactual: Floats
    """Shape (bins,)."""


def polynomial_bunching(
    counts: Floats,
    positions: Floats,
    *,
    degree: int,
    excluded: tuple[int, int] = (0, 0),
    round_numbers: tuple[float, ...] = (),
    values: Floats | None = None,
    corrected: bool = True,
) -> PolynomialBunching:
    """Least-squares polynomial counterfactual with dummies for the bunching bins and for round numbers.

    Parameters
    ----------
    counts : shape (bins,)
    positions : bins from the bunching bin, consecutive integers, shape (bins,)
    degree : of the polynomial
    excluded : bunching bins below and above the bunching point, both taken as bunching mass
    round_numbers : bases whose multiples among `values` get a dummy each
    values : what round numbers are looked for in, shape (bins,)
    corrected : shift the mass that came from the right back, so that the counterfactual integrates to the
        whole (Chetty et al. 2011, eq. 14; iterated until B changes by less than one)

    Source
    ------
    Saez 2010; Chetty, Friedman, Olsen & Pistaferri 2011, section IV; Kleven & Waseem 2013 (round numbers).
    """
    z = positions.astype(np.float64)
    bunched = (z >= -excluded[0]) & (z <= excluded[1])
    columns = [z**p for p in range(degree + 1)]
    columns += [(z == q).astype(np.float64) for q in z[bunched]]
    if values is not None:
        columns += [(np.abs(np.mod(values, base)) < 1e-9).astype(np.float64) for base in round_numbers]
    design = np.column_stack(columns)
    kept = [i for i in range(design.shape[1]) if not (degree < i <= degree + int(bunched.sum()))]
    right = z > 0

    def fit(y: Floats) -> Floats:
        beta, *_ = np.linalg.lstsq(design, y, rcond=None)
        return np.asarray(design[:, kept] @ beta[kept])

    counterfactual = fit(counts)
    excess = float((counts - counterfactual)[bunched].sum())
    if corrected:
        for _ in range(200):
            shifted = np.where(right, counts * (1 + excess / counts[right].sum()), counts)
            counterfactual = fit(shifted)
            now = float((counts - counterfactual)[bunched].sum())
            if abs(now - excess) < 1:
                excess = now
                break
            excess = now
    return PolynomialBunching(
        excess=excess,
        normalised=excess / float(counterfactual[bunched].mean()),
        counterfactual=counterfactual,
    )
