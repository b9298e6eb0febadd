"""What an audit of 1e6, 1e7 and 1e8 rows costs, in scans of the same columns.

    python -m benchmarks.scale                        everything; writes benchmarks/scale/results.json
    python -m benchmarks.scale --rows 1e6 1e7         smaller ones
    python -m benchmarks.scale --folder /mnt/big      where the rows are made (2.8 GB for 1e8, deleted afterwards)

Every round runs every case once, one after the other, each in a process of its own, so that what else the machine
does falls on all alike; told are medians over the rounds. An audit is the whole process, from pressing return to the
end; the scan it is divided by is DuckDB's, warm, without its start.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.scale import rows

RESULTS = Path(__file__).parent / "results.json"
IN_MEMORY = 10_000_000
"""Rows up to which pandas and rddensity are run."""
PROMISED = {
    ("audit", False): 2.5,
    ("audit", True): 3.0,
    ("audit_stream", False): 4.0,
    ("audit_queries", False): 5.5,
    ("further", False): 1.3,
}
"""Most scans at the largest size, by case and whether rows are shuffled."""
MEMORY = 1536
"""Most MiB of an audit."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one case."""

    wall: float
    cpu: float
    memory: float
    """Largest resident set, MiB."""


@dataclass(slots=True)
class Table:
    """One file of rows and the registers over it."""

    file: Path
    size: int
    shuffled: bool
    runs: dict[str, list[Run]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def cases(self) -> dict[str, list[str]]:
        """Commands, by case."""
        audit = [str(Path(sys.executable).with_name("pitprop")), "audit", "--fail-on", "never", "-s", "name:output"]
        folder = self.file.parent
        out = {name: self._work(name) for name in ("scan", "scan_grp", "scan_second")}
        out["audit"] = [*audit, str(folder / "plain")]
        out["audit_stream"] = [*audit, str(folder / "filtered")]
        out["audit_queries"] = out["audit"]
        out["audit_two"] = [*audit, "-s", "name:second", str(folder / "two")]
        out["polars"] = self._work("polars")
        if self.size <= IN_MEMORY:
            out |= {name: self._work(name) for name in ("pandas", "rddensity")}
        return out

    def _work(self, name: str) -> list[str]:
        return [sys.executable, "-m", "benchmarks.scale.work", name, str(self.file)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="*", type=float, default=[1e6, 1e7, 1e8])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--only", nargs="*", default=[], help="cases")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as made:
        tables = []
        for size in map(int, chosen.rows):
            for shuffled in (False, True):
                table = _made(Path(made), size, shuffled)
                for number in range(chosen.rounds):
                    _round(table, number, chosen.only)
                _print(table)
                table.file.unlink()
                tables.append(table)
                RESULTS.write_text(json.dumps(_report(tables, {}), indent=1) + "\n")
        start = {} if chosen.only else _start(Path(made), chosen.rounds)
    found = _report(tables, start)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(*found["told"], sep="\n")
    return 0 if all(kept for _, kept in found["promises"].values()) else 1


def _made(folder: Path, size: int, shuffled: bool) -> Table:
    folder = folder / f"{size}{'s' if shuffled else ''}"
    file = folder / "rows.parquet"
    for name, text in (
        ("plain", rows.register("../rows.parquet")),
        ("filtered", rows.register("../rows.parquet", filtered=True)),
        ("two", rows.register("../rows.parquet") + rows.FURTHER),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / "pitprop.yml").write_text(text)
    rows.write(file, size, shuffled=shuffled)
    return Table(file=file, size=size, shuffled=shuffled)


def _round(table: Table, number: int, only: Sequence[str]) -> None:
    for name, command in table.cases().items():
        if (only and name not in only) or (name in ("rddensity", "pandas") and number > 2):
            continue
        extra = {"PITPROP_COMPILED_FROM": str(10**18) if name == "audit_queries" else "1"}
        inner = "benchmarks.scale.work" in command
        if not inner:
            command = [*command, "--allow-outside"]
        try:
            run = _run(command, extra, inner=inner)
        except RuntimeError as error:  # the others are worth having all the same
            print(f"{name} failed: {error}", file=sys.stderr)
            table.failed.append(name)
            continue
        if number or inner:  # the first audit may have to compile
            table.runs.setdefault(name, []).append(run)


def _run(command: Sequence[str], extra: dict[str, str] | None = None, *, inner: bool = False) -> Run:
    """A process to its end; the times that it tells itself where `inner`."""
    begin = time.perf_counter()
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **(extra or {})}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, problem = process.stdout.read(), process.stderr.read()  # type: ignore[union-attr]
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {problem.decode()[-2000:]}")
    memory = usage.ru_maxrss / 1024
    if inner:
        told = json.loads(out.decode().splitlines()[-1])
        return Run(told["wall"], told["cpu"], memory)
    return Run(wall, usage.ru_utime + usage.ru_stime, memory)


def _median(runs: Sequence[Run]) -> Run:
    return Run(*(statistics.median(getattr(r, name) for r in runs) for name in ("wall", "cpu", "memory")))


def _ratios(table: Table) -> dict[str, dict[str, float]]:
    """Each case in scans: the median over rounds of the ratio within a round."""
    out = {}
    for name, runs in table.runs.items():
        scans = table.runs["scan"][-len(runs) :]
        middle = _median(runs)
        out[name] = {
            "wall": middle.wall,
            "cpu": middle.cpu,
            "memory": middle.memory,
            "runs": len(runs),
            "scans": statistics.median(r.wall / s.wall for r, s in zip(runs, scans, strict=True)),
            "scans_cpu": statistics.median(r.cpu / s.cpu for r, s in zip(runs, scans, strict=True)),
        }
    if {"audit", "audit_two"} <= out.keys():
        out["further"] = {
            key: out["audit_two"][key] - out["audit"][key] for key in ("wall", "cpu", "memory", "scans", "scans_cpu")
        }
    return out


def _print(table: Table) -> None:
    print(f"\n{table.size:.0e} rows, {'shuffled' if table.shuffled else 'in order of day'}")
    print(f"{'':16}{'wall s':>9}{'cpu s':>9}{'MiB':>8}{'scans':>8}{'cpu scans':>11}")
    for name, r in _ratios(table).items():
        print(
            f"{name:16}{r['wall']:9.3f}{r['cpu']:9.3f}{r['memory']:8.0f}{r['scans']:8.2f}{r['scans_cpu']:11.2f}",
            flush=True,
        )


def _start(folder: Path, rounds: int) -> dict[str, float]:
    """Seconds of a small audit and of the help, whole processes."""
    home = folder / "small"
    home.mkdir()
    rows.small(home / "rows.csv")
    (home / "pitprop.yml").write_text(rows.register("rows.csv") + rows.FURTHER + rows.FIFTH)
    pitprop = str(Path(sys.executable).with_name("pitprop"))
    audit = [_run([pitprop, "audit", "--fail-on", "never", str(home)]) for _ in range(rounds + 1)][1:]
    shown = [_run([pitprop, "--help"]) for _ in range(rounds + 1)][1:]
    return {"small_audit": _median(audit).wall, "help": _median(shown).wall}


def _report(tables: Sequence[Table], start: dict[str, float]) -> dict[str, Any]:
    measured = [
        {"rows": t.size, "shuffled": t.shuffled, "cases": {n: _rounded(r) for n, r in _ratios(t).items()}}
        for t in tables
    ]
    largest = max(t.size for t in tables)
    promises: dict[str, tuple[str, bool]] = {}
    for t in tables:
        for name, r in _ratios(t).items():
            most = PROMISED.get((name, t.shuffled))
            if t.size == largest and most is not None:
                key = f"{name}{', shuffled' if t.shuffled else ''}"
                promises[key] = (f"{r['scans']:.2f} scans, at most {most}", r["scans"] <= most)
            if t.size == largest and name == "audit":
                key = f"memory{', shuffled' if t.shuffled else ''}"
                promises[key] = (f"{r['memory']:.0f} MiB, at most {MEMORY}", r["memory"] <= MEMORY)
    for name in sorted({name for t in tables for name in t.failed}):
        promises[f"{name} runs"] = ("it failed", False)
    for name, most in (("small_audit", 1.5), ("help", 0.2)):
        if name in start:
            promises[name] = (f"{start[name]:.2f} s, at most {most}", start[name] <= most)
    slopes = _slopes([t for t in tables if not t.shuffled])
    told = [f"{'kept  ' if kept else 'BROKEN'} {name}: {words}" for name, (words, kept) in promises.items()]
    told += [f"growth of {name} from {words}" for name, words in slopes.items()]
    return {
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "python": platform.python_version(),
            **{p: version(p) for p in ("duckdb", "pyarrow", "numba", "numpy", "polars", "pandas")},
        },
        "tables": measured,
        "start": start,
        "promises": promises,
        "slopes": slopes,
        "told": told,
    }


def _slopes(tables: Sequence[Table]) -> dict[str, str]:
    """Power of the rows with which the wall time of each case grows between the two largest sizes."""
    if len(tables) < 2:
        return {}
    one, two = sorted(tables, key=lambda t: t.size)[-2:]
    out = {}
    for name in one.runs.keys() & two.runs.keys():
        a, b = _median(one.runs[name]).wall, _median(two.runs[name]).wall
        power = math.log(b / a) / math.log(two.size / one.size)
        out[name] = f"{one.size:.0e} to {two.size:.0e} rows: rows^{power:.2f}"
    return dict(sorted(out.items()))


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in values.items()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    raise SystemExit(main())
