"""Peers: other tools on the same draws, each with its authors' defaults or the cut-offs that its literature prints.

They answer narrower questions: rddensity asks whether the density jumps, a polynomial whether there is excess mass,
Benford's law whether leading digits conform, ruptures where a series breaks. An alarm here is what a user who acts on
the tool's answer would act on.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.calibration.cases import Case
from benchmarks.calibration.ledger import Floats
from benchmarks.calibration.measure import KEPT, Tally, _cases, answer, entries, matching
from benchmarks.calibration.seeds import generator
from pitprop.examine.check import Brief
from pitprop.examine.edges import edges_of
from pitprop.stats.polynomial_bunching import polynomial_bunching

Alarm = Callable[[Any, Brief, np.random.Generator], bool | None]
"""(grain, brief, generator) -> whether it raises an alarm; None where it cannot be applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    name: str
    beside: str
    """The check that asks the nearest question."""
    alarm_is: str
    """What is taken as an alarm."""
    alarm: Alarm
    package: str = ""
    """Python module that it needs."""
    rightly: tuple[str, ...] = ()
    """Honest worlds in which what it looks for is really there."""


def _under(grain: Any, brief: Brief) -> tuple[Floats, float] | None:
    """Values under the first target, larger is better, and the edge from which on they meet it."""
    edges = edges_of(grain, brief.metric.targets)[0]
    if not edges.under.any():
        return None
    values = np.repeat([edges.value(k) for k in edges.k], edges.under)
    sign = -1.0 if edges.mirrored else 1.0
    return sign * values, sign * edges.value(edges.at[0])


def _density_jump(grain: Any, brief: Brief, rng: np.random.Generator) -> bool | None:
    from rddensity import rddensity

    found = _under(grain, brief)
    if found is None:
        return None
    values, edge = found
    if min((values >= edge).sum(), (values < edge).sum()) < 20:
        return None
    p = float(rddensity(X=values, c=edge).test["p_jk"])
    return p < 0.05 if np.isfinite(p) else None


def _polynomial(grain: Any, brief: Brief, rng: np.random.Generator) -> bool | None:
    """Degree 7 over 20 bins either side, a tenth of a standard deviation each; two bins at the target left out."""
    found = _under(grain, brief)
    if found is None:
        return None
    values, edge = found
    width = values.std() / 10
    positions = np.arange(-20, 21)
    bins = np.floor((values - edge) / width + 1e-9)
    counts = np.bincount((bins[np.abs(bins) <= 20] + 20).astype(np.int64), minlength=41).astype(np.float64)
    fit = functools.partial(
        polynomial_bunching, positions=positions.astype(np.float64), degree=7, excluded=(0, 1), corrected=False
    )
    first = fit(counts)
    outside = (positions < 0) | (positions > 1)
    residuals = (counts - first.counterfactual)[outside]
    again = [fit(first.counterfactual + rng.choice(residuals, 41)).excess for _ in range(100)]
    return first.excess > 1.96 * float(np.std(again))


def _leading_digits(grain: Any) -> tuple[float, float, int] | None:
    from benford import first_digits

    values = np.repeat(grain.values, grain.all)
    values = values[values > 0]
    if len(values) < 300:
        return None
    decimals = max(len(str(grain.step.denominator)) - 1, 0)
    table = first_digits(values, digs=1, decimals=decimals, verbose=False, show_plot=False)
    found, expected = table["Found"].to_numpy(), table["Expected"].to_numpy()
    n = int(table["Counts"].sum())
    return float(np.abs(found - expected).mean()), float(n * ((found - expected) ** 2 / expected).sum()), n


def _benford_mad(grain: Any, brief: Brief, rng: np.random.Generator) -> bool | None:
    found = _leading_digits(grain)
    return None if found is None else found[0] > 0.015


def _benford_chi(grain: Any, brief: Brief, rng: np.random.Generator) -> bool | None:
    found = _leading_digits(grain)
    return None if found is None else found[1] > 15.507


def _break(grain: Any, brief: Brief, rng: np.random.Generator) -> bool | None:
    import ruptures

    value, there = grain.metric.value, np.isfinite(grain.metric.value)
    size = len(grain.periods)
    n = np.bincount(grain.period[there], minlength=size)
    if size < 8 or (n == 0).any():
        return None
    series = np.bincount(grain.period[there], weights=value[there], minlength=size) / n
    penalty = 2 * np.log(size) * series.var()
    return len(ruptures.Pelt(model="l2", min_size=2, jump=1).fit(series).predict(pen=penalty)) > 1


PEERS: tuple[Peer, ...] = (
    Peer(
        name="rddensity",
        beside="bunching",
        alarm_is="p < 0.05 (jackknife)",
        alarm=_density_jump,
        package="rddensity",
    ),
    Peer(
        name="polynomial",
        beside="bunching",
        alarm_is="excess mass > 1.96 bootstrap standard errors (degree 7)",
        alarm=_polynomial,
    ),
    Peer(
        name="benford_py, MAD",
        beside="digits",
        alarm_is="mean absolute deviation of first digits > 0.015",
        alarm=_benford_mad,
        package="benford",
    ),
    Peer(
        name="benford_py, chi-squared",
        beside="digits",
        alarm_is="chi-squared of first digits > 15.507 (5%)",
        alarm=_benford_chi,
        package="benford",
    ),
    Peer(
        name="ruptures",
        beside="stability",
        alarm_is="any break in the mean over units (PELT, l2, penalty 2 log(n) variance: a level and a date)",
        alarm=_break,
        package="ruptures",
        rightly=(
            "honest improvement",
            "improvement with comparison",
            "decline",
            "declared change",
            "drifting mix",
            "gaps",
            "growing quotas",
        ),
    ),
)


def compared(case: Case) -> bool:
    """Cases on which tools are set side by side: 2,000 rows, organisations of the usual size, and what is gamed."""
    if case.kind == "gamed":
        return case.checks[0] in {p.beside for p in PEERS}
    return case.name.endswith((", 2000 rows", ", usual")) and "improved, 2000" not in case.name


def shown(job: tuple[str, int, int]) -> list[Tally]:
    """Draws start to stop of a case, as each tool and the check beside it see them."""
    data, start, stop = job
    case = _cases()[data]
    known = {e.name: e for e in entries()}
    checks = sorted({p.beside for p in PEERS} & set(case.checks) & set(known))
    out: dict[str, Tally] = {}
    for i in range(start, stop):
        for name, finding, _ in answer(case, i, checks):
            _count(out, name, name, case, i, finding.state.value)
        feed = case.draw(case.generator(i))
        for peer in PEERS:
            right = case.kind == "honest" and case.name.split(",")[0] in peer.rightly
            if peer.beside in checks and not right and (not peer.package or find_spec(peer.package)):
                grain, brief = feed(known[peer.beside])
                _count(out, peer.name, peer.beside, case, i, _asked(peer, grain, brief, generator(peer.name, i)))
    return list(out.values())


def _asked(peer: Peer, grain: Any, brief: Brief, rng: np.random.Generator) -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            alarm = peer.alarm(grain, brief, rng)
        except Exception:
            return "broke down"
    return "not_applicable" if alarm is None else "suspect" if alarm else "clear"


def _count(out: dict[str, Tally], tool: str, beside: str, case: Case, i: int, state: str) -> None:
    mine = out.setdefault(tool, Tally(check=tool, data=case.name, kind=case.kind))
    mine.draws += 1
    mine.states[state] += 1
    if state == "suspect" and len(mine.alarms) < KEPT:
        mine.alarms.append(i)


def measure(draws: int, workers: int, data: str = "") -> Iterator[list[Tally]]:
    """All tools on all compared cases, one case after the other."""
    asked = {p.beside for p in PEERS}
    chosen = [c for c in matching(data) if asked & set(c.checks) and compared(c)]
    size, step = draws, 20
    jobs = [(c.name, start, min(start + step, size)) for c in chosen for start in range(0, size, step)]
    pool = ProcessPoolExecutor(workers) if workers > 1 else None
    try:
        together: dict[str, Tally] = {}
        for job, tallies in zip(jobs, pool.map(shown, jobs) if pool else map(shown, jobs), strict=True):
            for tally in tallies:
                together[tally.check] = together[tally.check] + tally if tally.check in together else tally
            if job[2] == size:
                yield list(together.values())
                together = {}
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)
