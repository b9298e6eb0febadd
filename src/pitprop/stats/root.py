"""A root of a function of one number, without the 0.1 s that importing SciPy's optimisers takes."""

from __future__ import annotations

from collections.abc import Callable

MOST = 200
"""Most evaluations; halving alone needs about 60 for doubles."""
_EPS = 2.0**-52


def root(f: Callable[[float], float], low: float, high: float, *, tolerance: float) -> float:
    """Where a continuous function that changes its sign between `low` and `high` is zero.

    Parameters
    ----------
    f
        The function.
    low, high
        Ends of an interval in which it changes its sign.
    tolerance
        How near to the root, in the unit of the argument (and never nearer than doubles can tell).

    Raises
    ------
    ValueError
        If the function has the same sign at both ends.

    Source
    ------
    Chandrupatla (1997), Advances in Engineering Software 28:145: inverse quadratic interpolation where its
    criterion says that it is safe, halving elsewhere.
    """
    a, b = high, low
    fa, fb = f(a), f(b)
    if fa == 0 or fb == 0:
        return a if fa == 0 else b
    if (fa > 0) == (fb > 0):
        raise ValueError(f"the function has the same sign at {low} and {high}")
    share = 0.5
    for _ in range(MOST):
        x = a + share * (b - a)
        fx = f(x)
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        near = 2 * _EPS * abs(best) + tolerance
        if fa == 0 or abs(b - a) < near:
            return best
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        share = 0.5
        if phi**2 < xi and (1 - phi) ** 2 < 1 - xi:
            share = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        least = 0.5 * near / abs(b - a)
        share = min(1 - least, max(least, share))
    return best
