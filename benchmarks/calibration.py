"""Size and power of every check, measured: how often it says SUSPECT of honest and of gamed data.

    python -m benchmarks.calibration [--draws 2000] [--check bunching] [--quick]

Every honest specimen and every honest world is drawn `draws` times, every gamed specimen a fifth as often. The
table with 95 % Monte Carlo (Wilson) intervals goes to stdout and to benchmarks/calibration.json.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import nulls
from pitprop.examine.battery import battery
from pitprop.examine.finding import State

SIZES = (200, 2000, 20000)


def jobs(draws: int, only: str | None) -> list[tuple[str, str, str, int]]:
    """(check, kind, name, draws) of everything to be drawn."""
    out = []
    for entry in battery():
        if only and entry.name != only:
            continue
        if entry.family == "governance":
            continue
        out += [(entry.name, "honest", f.__name__, draws) for f in entry.check.clear]
        if entry.name == "bunching":
            out += [(entry.name, "honest", f"{w.__name__}, n {n}", draws) for w in nulls.WORLDS for n in SIZES]
            out += [(entry.name, "honest", f"{w.__name__}, improved, n 2000", draws) for w in nulls.WORLDS]
        if entry.name == "heaping":
            worlds = [w for w in nulls.WORLDS if w.__name__ not in ("round_target", "rounding_beside_the_target")]
            out += [(entry.name, "honest", f"{w.__name__}, n {n}", draws) for w in worlds for n in SIZES]
        out += [(entry.name, "gamed", f.__name__, max(100, draws // 5)) for f in entry.check.suspect]
    return out


def draw(check: str, kind: str, name: str) -> Callable[[np.random.Generator], tuple[Any, Any]]:
    entry = next(e for e in battery() if e.name == check)
    for specimen in (*entry.check.clear, *entry.check.suspect):
        if specimen.__name__ == name:
            return specimen
    world_name, *rest = name.split(", ")
    world = next(w for w in nulls.WORLDS if w.__name__ == world_name)
    n = int(rest[-1].removeprefix("n "))
    if check == "heaping":
        return lambda rng: nulls.without_target(world, rng, n)
    if "improved" in rest:
        return lambda rng: nulls.improved(world, rng, n)
    return lambda rng: nulls.with_target(world, rng, n)


def measure(job: tuple[str, str, str, int]) -> dict[str, Any]:
    """States of one job's draws; each job has its own stream, whatever the number of workers."""
    check, kind, name, draws = job
    entry = next(e for e in battery() if e.name == check)
    specimen = draw(check, kind, name)
    rng = np.random.default_rng(abs(int.from_bytes(f"{check}/{name}".encode()[:24].ljust(24), "big")) % 2**63)
    states: Counter[str] = Counter()
    for _ in range(draws):
        grain, brief = specimen(rng)
        states[entry.check.run(grain, brief).state.value] += 1
    low, high = wilson(states[State.SUSPECT.value], draws)
    return {
        "check": check,
        "kind": kind,
        "data": name,
        "draws": draws,
        "suspect": states[State.SUSPECT.value] / draws,
        "interval": [low, high],
        "states": dict(states),
    }


def wilson(count: int, n: int) -> tuple[float, float]:
    z, p = 1.959964, count / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--check")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "calibration.json")
    chosen = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    results = []
    with ProcessPoolExecutor() as pool:
        for result in pool.map(measure, jobs(chosen.draws, chosen.check)):
            results.append(result)
            low, high = result["interval"]
            print(
                f"{result['check']:<13} {result['kind']:<7} {result['data']:<44} "
                f"{result['suspect']:7.2%}  ({low:.2%} to {high:.2%}) of {result['draws']:,}",
                flush=True,
            )
    worst = max((r["suspect"] for r in results if r["kind"] == "honest"), default=0.0)
    print(f"largest size on honest data: {worst:.2%}")
    chosen.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
