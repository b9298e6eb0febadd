"""Size and power of every check, measured: how often it says SUSPECT of honest and of gamed data.

    python -m benchmarks.calibrate [--draws 2000] [--check bunching]

Every honest specimen and every honest world is drawn `draws` times, every gamed specimen a fifth as often. Results
with 95% Monte Carlo (Wilson) intervals go to stdout and to benchmarks/calibration/CHECK.json; docs/calibration.md
is made of all of these files.
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
KEPT = Path(__file__).parent / "calibration"
PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"


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
    keep(results)


def keep(results: list[dict[str, Any]]) -> None:
    """Write one file for each check, and the page made of all of them."""
    KEPT.mkdir(exist_ok=True)
    for check in {r["check"] for r in results}:
        mine = [r for r in results if r["check"] == check]
        (KEPT / f"{check}.json").write_text(json.dumps(mine, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page([json.loads(p.read_text(encoding="utf-8")) for p in sorted(KEPT.glob("*.json"))]))


def page(checks: list[list[dict[str, Any]]]) -> str:
    """The calibration page, in Markdown."""
    lines = [
        "# How often each check is wrong",
        "",
        "How often a check says *suspect* of honest data (its size; every figure should be at most 6.3%)",
        "and of gamed data (its power), with 95% Monte Carlo intervals. Measured by `make bench`; the same",
        "figures as JSON are in `benchmarks/calibration/`. The honest worlds are in `benchmarks/nulls.py` and in",
        "each check's file.",
        "",
        "| check | data | kind | suspect | 95% interval | draws |",
        "|---|---|---|---|---|---|",
    ]
    for results in checks:
        for r in results:
            low, high = r["interval"]
            name = r["data"].strip("_").replace("_", " ")
            share = f"{r['suspect']:.2%} | {low:.2%} to {high:.2%}"
            lines.append(f"| {r['check']} | {name} | {r['kind']} | {share} | {r['draws']:,} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
