"""Many replications of one way of working, by the engine that is done first."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import Work
from pitprop.simulate.work.loop import simulate_plain
from pitprop.simulate.work.network import Network, network
from pitprop.simulate.work.pack import pack, rich
from pitprop.simulate.work.plan import Plan
from pitprop.simulate.work.totals import Totals

Engine = Literal["auto", "compiled", "python"]
CHUNK = 64
AT_ONCE = 3e6
"""Most replications, and about how many runs of tasks, that a thread does in one go: an interrupt waits for them."""
ROOM = 1024
"""Units of known age that fit into a buffer at first; what holds more is run again with more."""
PLAIN_SPEED = 1.5e5
"""Runs of tasks that the plain engine does in a second, on an ordinary machine."""
LOADING, COMPILING = 0.3, 9.0
"""Seconds until the compiled engine starts where it was compiled before, and where it was not."""


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
        `compiled` starts slowly and runs fast, `python` the other way round; `auto` looks at the work ahead. The
        result is the same.
    shared
        (A, n) times that the n-th run of each task takes at speed 1, instead of drawn ones.
    """
    net = network(work)
    if net.brigade:
        from pitprop.simulate.work.brigade import replicate_brigade

        return replicate_brigade(
            net,
            replications=replications,
            seed=seed,
            first=first,
            bins=bins,
            warm_up=float(warm_up),
            shared=shared,
        )
    if engine == "auto":
        engine = "python" if runs_ahead(net) * replications < PLAIN_SPEED * compiled_starts_in() else "compiled"
    if engine == "python":
        return _plain(net, replications, seed, first, bins, float(warm_up), shared)
    return _compiled(net, replications, seed, first, bins, float(warm_up), threads, shared)


def runs_ahead(net: Network) -> float:
    """About how many runs of tasks one replication has, were nobody ever to wait."""
    a = net.arrays
    able = a.speed > 0
    length = np.where(able, a.mean / np.where(able, a.speed, 1.0), 0.0).sum(axis=1) / np.maximum(able.sum(axis=1), 1)
    return float((net.horizon / np.maximum(length, net.horizon * 1e-6)).sum())


def compiled_starts_in() -> float:
    """About how many seconds it takes until the compiled engine runs."""
    from pitprop.simulate.work import kernel

    if kernel.replications.signatures:
        return 0.0
    kept = Path(kernel.replications.stats.cache_path or "").glob("kernel.replications-*.nbi")
    source = Path(kernel.__file__).stat().st_mtime
    return LOADING if any(index.stat().st_mtime >= source for index in kept) else COMPILING


def _plain(
    net: Network,
    replications: int,
    seed: int,
    first: int,
    bins: int,
    warm_up: float,
    shared: NDArray[np.float64] | None,
) -> Totals:
    from pitprop.simulate.work import kernel

    plan = Plan(net)
    sums = kernel.sums(replications, len(net.tasks), len(net.slots), len(net.buffers), len(net.tools), bins)
    for r in range(replications):
        one = simulate_plain(
            net, seed=seed, replication=first + r, warm_up=warm_up, bins=bins, shared=shared, plan=plan
        )
        for field, value in one._asdict().items():
            getattr(sums, field)[r] = value
    return Totals(span=net.horizon - warm_up, **sums._asdict())


def _compiled(
    net: Network,
    replications: int,
    seed: int,
    first: int,
    bins: int,
    warm_up: float,
    threads: int | None,
    shared: NDArray[np.float64] | None,
) -> Totals:
    from pitprop.simulate.work import kernel

    sums = kernel.sums(replications, len(net.tasks), len(net.slots), len(net.buffers), len(net.tools), bins)
    tables, more = pack(net.arrays), rich(net.arrays)
    drawn = np.zeros((1, 1)) if shared is None else np.ascontiguousarray(shared, float)

    def simulate(low: int, high: int, places: int) -> None:
        kernel.replications(
            tables,
            more,
            np.uint64(seed),
            np.uint64(first),
            net.horizon,
            warm_up,
            drawn,
            shared is not None,
            places,
            sums,
            low,
            high,
        )

    def run(low: int, places: int = ROOM) -> None:
        high = min(low + chunk, replications)
        simulate(low, high, places)
        while (crowded := np.flatnonzero(sums.ending[low:high] == kernel.CROWDED)).size:
            places *= 8
            for r in (low + crowded).tolist():
                for field in sums:
                    field[r] = 0
                simulate(r, r + 1, places)

    chunk = max(1, min(CHUNK, int(AT_ONCE / max(runs_ahead(net), 1.0))))
    starts = range(0, replications, chunk)
    workers = min(threads or os.cpu_count() or 1, len(starts))
    if workers == 1:
        for low in starts:
            run(low)
    else:
        pool = ThreadPoolExecutor(workers)
        try:
            list(pool.map(run, starts))
        finally:
            pool.shutdown(cancel_futures=True)
    if (sums.ending == kernel.SHORT).any():
        raise IndexError(f"{drawn.shape[1]} shared times for each task are fewer than there are runs")
    return Totals(span=net.horizon - warm_up, **sums._asdict())
