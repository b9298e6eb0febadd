"""What a completion of work costs, in pitprop and in other tools.

    python -m benchmarks.work                 everything; writes benchmarks/work/results.json and docs/simulate-speed.md
    python -m benchmarks.work --rounds 3      fewer rounds

A completion is one service that ends, the only thing that all tools count alike. Every round runs every tool once on
every network, one after the other in one process, so that what else the machine does falls on all alike; told are
medians over the rounds, and of ratios those within a round.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.work import measure, models
from benchmarks.work.measure import ALL, ONE, Case

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parents[2] / "docs" / "simulate-speed.md"
TOOLS = ("simpy", "ciw", "salabim")
GOALS = {(ONE, "SimPy"): 60.0, (ALL, "SimPy"): 120.0, (ONE, "Ciw"): 200.0}
"""At least so many times as fast."""
MINE_ARMS = ("four_roles", "historic")
MINE_SECONDS, FIRST_SECONDS, KEPT_SECONDS = 0.5, 8.0, 1.0
"""At most, for a thousand shifts of the mine; for a fresh process that compiles; for one that need not."""
FLAT = 0.05
"""Most by which the power of replications in the cost of a completion may differ from 0."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--starts", type=int, default=3, help="fresh processes of each kind")
    chosen = parser.parse_args()
    random.seed(1)
    cases = measure.cases()
    measure.interleaved(cases, chosen.rounds)
    _print(cases)
    found: dict[str, Any] = {
        "machine": _machine(),
        "rounds": chosen.rounds,
        "cases": [{"network": c.network, "tool": c.tool, **_rounded(measure.middle(c))} for c in cases],
        "times": _times(cases),
        "mine": {arm: _mine(arm, chosen.rounds) for arm in MINE_ARMS},
        "starts": {network: measure.starts(network, chosen.starts) for network in ("line", "mine")},
        "replications": measure.growth({n: (models.line(), n) for n in (64, 256, 1024, 4096)}, chosen.rounds),
        "stations": measure.growth({n: _stations(n) for n in (2, 4, 8, 16, 32, 64)}, chosen.rounds),
    }
    found["promises"] = _promises(found)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    _write(found)
    for name, (words, kept) in found["promises"].items():
        print(f"{'kept  ' if kept else 'BROKEN'} {name}: {words}")
    return 0 if all(kept for _, kept in found["promises"].values()) else 1


def _print(cases: list[Case]) -> None:
    print(f"{'':8}{'':36}{'shifts/s':>10}{'completions/s':>15}{'cpu ns':>10}{'units':>8}")
    for case in cases:
        m = measure.middle(case)
        print(
            f"{case.network:8}{case.tool:36}{m['shifts_per_second']:10.1f}{m['completions_per_second']:15,.0f}"
            f"{m['cpu_ns_per_completion']:10,.0f}{m['units_per_shift']:8.1f}",
            flush=True,
        )


def _times(cases: list[Case]) -> list[dict[str, Any]]:
    """How many times as fast pitprop is as each other tool."""
    by = {(c.network, c.tool): c for c in cases}
    told = []
    for (network, tool), other in by.items():
        if tool in (ONE, ALL):
            continue
        for mine in (ONE, ALL):
            wall, cpu = measure.times(by[network, mine], other)
            told.append({"network": network, "mine": mine, "tool": tool, **_rounded({"wall": wall, "cpu": cpu})})
    return told


def _mine(arm: str, rounds: int) -> dict[str, float]:
    """Seconds of a thousand shifts, once compiled."""
    case = Case("mine", arm, measure.compiled(models.mine(arm), 1000))
    measure.interleaved([case], rounds)
    m = measure.middle(case)
    return _rounded({"wall": 1000 / m["shifts_per_second"], **m})


def _stations(n: int) -> tuple[Any, int]:
    """A line of n equal stations with room for two between them, and about as many completions whatever n is."""
    return models.stations((1.0,) * n, (2,) * (n - 1), length=1000.0), max(8, 2048 // n)


def _promises(found: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    told: dict[str, tuple[str, bool]] = {}
    for ratio in found["times"]:
        goal = GOALS.get((ratio["mine"], ratio["tool"]))
        if goal is None:
            continue
        # of one core the processor's time is told; of several, that of the clock
        measured, by = (ratio["cpu"], "CPU") if ratio["mine"] == ONE else (ratio["wall"], "wall")
        name = f"{ratio['network']}, {ratio['mine']}, against {ratio['tool']}"
        told[name] = (f"{measured:.0f} times as fast ({by}), at least {goal:.0f}", measured >= goal)
    for arm, m in found["mine"].items():
        told[f"a thousand shifts of the mine, {arm}"] = (
            f"{m['wall']:.2f} s, at most {MINE_SECONDS}",
            m["wall"] <= MINE_SECONDS,
        )
    for network, by_kind in found["starts"].items():
        for kind, most in (("first", FIRST_SECONDS), ("kept", KEPT_SECONDS)):
            took = by_kind[kind]
            words = f"{took['wall']:.1f} s ({took['cpu']:.1f} s of CPU), at most {most:g}"
            told[f"{kind} use, {network}"] = (words, took["wall"] <= most)
    slope = _power(found["replications"])
    told["cost against replications"] = (f"replications^{slope:+.3f}, 0 within {FLAT}", abs(slope) <= FLAT)
    costs = found["stations"]
    worst = max((costs[n] / costs[4]) / (math.log2(n) / 2) for n in costs if n > 4)
    words = f"stations^{_power(costs):+.2f}: grows {worst:.2f} times as much as the logarithm, at most 1"
    told["cost against stations"] = (words, worst <= 1)
    return told


def _power(costs: dict[int, float]) -> float:
    """Slope of the logarithm of the cost over the logarithm of what is varied."""
    x, y = [math.log(n) for n in costs], [math.log(cost) for cost in costs.values()]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def _write(found: dict[str, Any]) -> None:
    """The tables of the page, between their marks."""
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in (("speed", _speed_rows(found)), ("goals", _goal_rows(found))):
        pattern = rf"(<!-- {name} table -->\n).*?(<!-- /{name} table -->)"
        table = "".join(f"{row}\n" for row in rows)
        text = re.sub(pattern, lambda m, t=table: m[1] + t + m[2], text, flags=re.DOTALL)  # type: ignore[misc]
    PAGE.write_text(text, encoding="utf-8")


def _speed_rows(found: dict[str, Any]) -> list[str]:
    ratio = {(t["network"], t["tool"]): t for t in found["times"] if t["mine"] == ONE}
    rows = ["| network | tool | shifts a second | completions a second | CPU for one | pitprop on one core |"]
    rows += ["|---|---|---|---|---|---|"]
    for case in found["cases"]:
        faster = ratio.get((case["network"], case["tool"]))
        cells = (
            case["network"],
            case["tool"],
            _short(case["shifts_per_second"]),
            _short(case["completions_per_second"]),
            _duration(case["cpu_ns_per_completion"]),
            f"{faster['cpu']:.3g} times as fast" if faster else "",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _goal_rows(found: dict[str, Any]) -> list[str]:
    rows = ["| what | measured | goal |", "|---|---|---|"]
    for name, (words, kept) in found["promises"].items():
        measured, _, goal = words.rpartition(", ")
        rows.append(f"| {name} | {measured or words} | {goal if measured else ''}{'' if kept else ' (missed)'} |")
    return rows


def _short(value: float) -> str:
    return f"{value / 1e6:.3g} M" if value >= 1e6 else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _duration(nanoseconds: float) -> str:
    return f"{nanoseconds / 1000:.3g} µs" if nanoseconds >= 1000 else f"{nanoseconds:.3g} ns"


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in values.items()}


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        **{tool: version(tool) for tool in ("numba", "numpy", *TOOLS)},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    raise SystemExit(main())
