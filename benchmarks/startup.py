"""How long people wait: `pitprop --help`, and a small audit from pressing return.

    python -m benchmarks.startup

Each command runs five times, each time in a new process and compiled before, as an installed package is; the median
of the elapsed time is held against what is promised. CPU time is told beside it, for machines that are busy with
other things. Leaves with 1 where a promise is broken.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS = 100_000
RUNS = 5
PROMISED = {"--help": 0.2, "audit": 1.5}
"""Most seconds, median of RUNS."""
METRICS = {
    "tonnes_per_shift": ("average", "tonnes", "increase"),
    "injuries": ("sum", "injured", "decrease"),
    "hours_worked": ("sum", "hours", "increase"),
    "coal_delivered": ("sum", "tonnes", "increase"),
    "share_injured": ("average", "injured", "decrease"),
}
TARGET = """    targets: [{op: gte, value: 7.0, on: row, stakes: bonus, since: 2025-01-01}]
    outcome: {metric: coal_delivered, lag: 1}
    guardrails: [{metric: injuries, margin: 5%}]
"""


def project(folder: Path) -> None:
    """A csv file of 100,000 shifts of forty crews over two years, and a register of five metrics."""
    rng = np.random.default_rng(0)
    columns = {
        "crew": np.char.add("c", rng.integers(0, 40, ROWS).astype(str)),
        "day": np.datetime64("2024-01-01") + rng.integers(0, 730, ROWS),
        "tonnes": np.round(rng.normal(7, 1, ROWS), 1),
        "injured": (rng.random(ROWS) < 0.02).astype(int),
        "hours": np.round(rng.gamma(9, 0.5, ROWS), 2),
    }
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (folder / "shifts.csv").write_text("\n".join(lines) + "\n")
    register = "version: 1\nsources:\n  shifts: {path: shifts.csv}\nmetrics:\n"
    for name, (agg, expr, direction) in METRICS.items():
        register += (
            f"  - name: {name}\n    type: simple\n    source: shifts\n    agg: {agg}\n    expr: {expr}\n"
            f"    entity: crew\n    agg_time_dimension: day\n    improvement_direction: {direction}\n"
        )
        register += TARGET if name == "tonnes_per_shift" else ""
    (folder / "pitprop.yml").write_text(register)


def waited(*arguments: str, folder: Path) -> tuple[float, float]:
    """Median seconds that a command takes, elapsed and of CPU, in new processes."""
    elapsed, busy = [], []
    command = [sys.executable, "-m", "pitprop", *arguments]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    for run in range(RUNS + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True, env=env)
        if run:  # the first compiles
            elapsed.append(time.perf_counter() - start)
            after = os.times()
            busy.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(elapsed), statistics.median(busy)


def main() -> int:
    """Measure, print, and say with the exit code whether the promises hold."""
    held = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        for arguments in (("--help",), ("audit", "--fail-on", "never")):
            elapsed, busy = waited(*arguments, folder=folder)
            promised = PROMISED[arguments[0]]
            held &= elapsed <= promised
            verdict = "held" if elapsed <= promised else "BROKEN"
            told = f"pitprop {arguments[0]:<8} {elapsed:5.2f} s elapsed, {busy:5.2f} s of CPU; "
            print(f"{told}promised {promised:.1f} s: {verdict}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
