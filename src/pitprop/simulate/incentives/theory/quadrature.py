"""Quadrature of several integrals at once, over finite and infinite ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pitprop.simulate.incentives.theory.arguments import Floats


def integral(of: Callable[[float], Floats], low: float, high: float, *, points: Sequence[float] = ()) -> Floats:
    """Integrals of a function with values of any shape, to about ten digits.

    Parameters
    ----------
    of
        Of one number, of the shape of the result.
    low, high
        Ends, which may be infinite.
    points
        Where to begin in pieces, so that a narrow peak in a wide range is met; those out of the range do not matter.
    """
    from scipy.integrate import quad_vec

    inside = [x for x in points if low < x < high]
    return np.asarray(
        quad_vec(of, low, high, epsabs=1e-12, epsrel=1e-12, norm="max", points=inside or None, limit=2000)[0]
    )
