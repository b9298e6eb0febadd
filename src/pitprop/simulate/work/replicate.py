"""Many replications of one way of working, by the engine that is done first."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.simulate.work.network import network
from pitprop.simulate.work.totals import Totals

Engine = Literal["auto", "compiled", "python"]
CHUNK = 64
"""Replications that a thread runs in one go: an interrupt waits for no more than these."""
ROOM = 1024
"""Units of known age that fit into a buffer at first; what holds more is run again with more."""


def replicate(
    work: Work,
    *,
    replications: int,
    seed: int = 0,
    first: int = 0,
    bins: int = 1,
    warm_up: float = 0.0,
    threads: int | None = None,
    engine: Engine = "auto",
    shared: NDArray[np.float64] | None = None,
) -> Totals:
    """What replications first, first + 1, ... come to. Each depends on the seed and its number alone.

    Parameters
    ----------
    bins
        Equal parts of the counted time by which the output is told.
    warm_up
        Time at the beginning that is not counted.
    threads
        At most as many; the machine's cores by default. The result is the same.
    engine
        `compiled` starts slowly and runs fast, `python` the other way round; `auto` looks at the work ahead.
    shared
        (A, n) times that the n-th run of each task takes at speed 1, instead of drawn ones.
    """
    from pitprop.simulate.work import kernel

    net = network(work)
    sums = kernel.sums(replications, len(net.tasks), len(net.slots), len(net.buffers), len(net.tools), bins)
    drawn = np.zeros((1, 1)) if shared is None else np.ascontiguousarray(shared, float)

    def run(low: int, places: int = ROOM) -> None:
        high = min(low + CHUNK, replications)
        kernel.replications(
            net.arrays,
            np.uint64(seed),
            np.uint64(first),
            net.horizon,
            float(warm_up),
            drawn,
            shared is not None,
            places,
            sums,
            low,
            high,
        )
        while (crowded := np.flatnonzero(sums.ending[low:high] == kernel.CROWDED)).size:
            places *= 8
            for r in low + crowded:
                for field in sums:
                    field[r] = 0
                kernel.replications(
                    net.arrays,
                    np.uint64(seed),
                    np.uint64(first),
                    net.horizon,
                    float(warm_up),
                    drawn,
                    shared is not None,
                    places,
                    sums,
                    r,
                    r + 1,
                )

    starts = range(0, replications, CHUNK)
    workers = min(threads or os.cpu_count() or 1, len(starts))
    if workers == 1:
        for low in starts:
            run(low)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(run, starts))
    return Totals(span=net.horizon - warm_up, **sums._asdict())
