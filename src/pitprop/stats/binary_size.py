"""Binary size: the power of two by which values are divided so that their powers neither overflow nor vanish."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def binary_size(values: NDArray[np.float64]) -> float:
    """The power of two next to the largest magnitude, 1 where there is none; dividing by it changes no digit.

    Parameters
    ----------
    values
        Finite, any shape.
    """
    largest = float(np.abs(values).max(initial=0.0))
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest > 0 else 1.0
