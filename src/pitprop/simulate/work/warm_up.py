"""Warm-up: from when on work that begins with empty hands and empty buffers has settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.float64] | NDArray[np.int64]

BATCH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Where a series has settled."""

    cut: int
    """How many of its values are left out at the beginning."""
    settled: bool
    """Whether the cut lies within the first half; where not, the series is too short to tell."""


def settling(series: Numbers, *, batch: int = BATCH) -> Settling:
    """From where on a series looks as if it had no beginning: the cut with the least standard error of what is left.

    Parameters
    ----------
    series
        Output in equal parts of the time, shape (N,), averaged over replications.
    batch
        Values that are averaged before; 1 for the plain rule.

    Source
    ------
    White (1997), Simulation 69:323 (MSER): the d that minimises sum_{i>d} (y_i - mean)^2 / (n - d)^2, and with batches
    of five White, Cobb and Spratt (2000), WSC 755 (MSER-5). A minimum in the second half means too short a run.
    """
    n = len(series) // batch
    if n < 4:
        return Settling(cut=0, settled=False)
    values = np.asarray(series[: n * batch], dtype=float).reshape(n, batch).mean(axis=1)
    # deviations from the last mean keep the running squares from cancelling
    values = values - values[n // 2 :].mean()
    left = np.arange(n, 0, -1)
    total, squares = np.cumsum(values[::-1])[::-1], np.cumsum((values**2)[::-1])[::-1]
    spread = np.maximum(squares - total**2 / left, 0.0) / left.astype(float) ** 2
    # the last few always look steady: they are too few to say
    cut = int(np.argmin(spread[: n - 3]))
    return Settling(cut=min(cut, n // 2) * batch, settled=cut <= n // 2)
