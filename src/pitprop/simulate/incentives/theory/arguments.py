"""Arguments of the closed forms: numbers that make sense, or a sentence that says which does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def finite(what: str, given: ArrayLike) -> Floats:
    """The given numbers as an array of floats; ValueError where one is not finite."""
    out = np.asarray(given, dtype=float)
    if not np.all(np.isfinite(out)):
        raise ValueError(f"{what}: finite numbers are needed, not {given!r}")
    return out


def positive(what: str, given: ArrayLike, *, endless: bool = False) -> Floats:
    """Numbers above 0; infinity only where `endless`."""
    out = np.asarray(given, dtype=float)
    if not np.all((out > 0) & (endless | np.isfinite(out))):
        raise ValueError(f"{what}: numbers above 0 are needed, not {given!r}")
    return out


def not_negative(what: str, given: ArrayLike) -> Floats:
    """Finite numbers of at least 0."""
    out = np.asarray(given, dtype=float)
    if not np.all((out >= 0) & np.isfinite(out)):
        raise ValueError(f"{what}: finite numbers of at least 0 are needed, not {given!r}")
    return out


def share(what: str, given: ArrayLike, *, zero: bool = True) -> Floats:
    """Numbers from 0 to 1; 0 itself only where `zero`."""
    out = np.asarray(given, dtype=float)
    if not np.all((out >= 0) & (out <= 1) & (zero | (out > 0))):
        raise ValueError(f"{what}: numbers from {'0' if zero else 'above 0'} to 1 are needed, not {given!r}")
    return out


def whole(what: str, given: ArrayLike, *, least: int) -> Floats:
    """Whole numbers of at least `least`, as floats."""
    out = np.asarray(given, dtype=float)
    if not np.all((out >= least) & np.isfinite(out) & (out == np.floor(out))):
        raise ValueError(f"{what}: whole numbers of at least {least} are needed, not {given!r}")
    return out


def shaped(what: str, given: ArrayLike, *shape: int) -> Floats:
    """Finite numbers in an array of this shape."""
    out = finite(what, given)
    if out.shape != shape:
        raise ValueError(f"{what}: an array of shape {shape} is needed, not {out.shape}")
    return out
