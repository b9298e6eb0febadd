"""How often is each check wrong?

    python -m benchmarks.calibration                                        everything; writes docs/calibration.md
    python -m benchmarks.calibration --part registers                       one part: checks, registers, peers or page
    python -m benchmarks.calibration --check guardrail --draws 2000         one check, printed only
    python -m benchmarks.calibration --check guardrail --data "gaps, usual" --show 17      one draw in full

Draw i of a case comes from the case's name and i alone: not from the number of workers, nor from what else is drawn.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.calibration.measure import Tally

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LEVEL = 0.063
PARTS = ("checks", "registers", "peers", "page")
SETTLE = 400


def main() -> int:
    chosen = arguments()
    from benchmarks.calibration import measure as m

    unknown = set(chosen.check) - {e.name for e in m.entries()}
    if unknown:
        print(f"no such check: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if chosen.show is not None:
        return show(chosen.check, chosen.data, chosen.show)
    if chosen.check or chosen.data:
        results = checks(chosen, chosen.workers or 1)
        if chosen.write:
            from benchmarks.calibration import store

            store.keep_checks(results)
        return 0
    everything(chosen, chosen.workers or os.cpu_count() or 1)
    return 0


def checks(chosen: argparse.Namespace, workers: int) -> list[Tally]:
    """Size and power of the checks, printed as they come."""
    from benchmarks.calibration import measure as m

    draws = chosen.draws or (200 if chosen.quick else 2000)
    settle = (0 if chosen.check else SETTLE) if chosen.settle is None else chosen.settle
    order = {name: i for i, name in enumerate(m._cases())}
    results: list[Tally] = []
    for tallies in m.measure(draws, checks=chosen.check, data=chosen.data, workers=workers, settle=settle):
        results += tallies
        for tally in tallies:
            print(line(tally), flush=True)
    if not results:
        print("nothing has that in its name", file=sys.stderr)
    summary(results)
    return sorted(results, key=lambda t: (t.check, order[t.data]))


def everything(chosen: argparse.Namespace, workers: int) -> None:
    """All parts that were asked for; each is stored as soon as it is done."""
    from benchmarks.calibration import page, peers, registers, store

    parts = chosen.part or PARTS
    if "checks" in parts:
        store.keep_checks(checks(chosen, workers))
    if "registers" in parts:
        ruled = registers.Ruled()
        for one in registers.measure(chosen.registers or (20 if chosen.quick else 200), workers):
            ruled += one
            print(
                f"{ruled.registers} registers: {ruled.discarded} with a discard; {ruled.distorted} of "
                f"{ruled.metrics} metrics challenged for distortion; {dict(ruled.rulings)}",
                flush=True,
            )
        store.keep_registers(ruled)
    if "peers" in parts:
        results: list[Tally] = []
        for tallies in peers.measure(20 if chosen.quick else 100, workers):
            results += tallies
            for tally in tallies:
                print(line(tally), flush=True)
        store.keep_peers(results)
    page.PATH.write_text(page.page(), encoding="utf-8")
    print(f"written: {page.PATH}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="append", default=[], help="only this check (may be repeated)")
    parser.add_argument("--draws", type=int, help="of each honest case (default 2000)")
    parser.add_argument("--quick", action="store_true", help="200 draws")
    parser.add_argument("--data", default="", help="only this case, or all with this in their name")
    parser.add_argument("--show", type=int, metavar="DRAW", help="print the findings of one draw of one case")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part (may be repeated)")
    parser.add_argument("--registers", type=int, help="honest registers (default 200)")
    parser.add_argument(
        "--settle", type=int, help=f"draws after which a quiet case is settled (default {SETTLE}; 0 for single checks)"
    )
    parser.add_argument("--write", action="store_true", help="store the results of a single check, too")
    parser.add_argument("--workers", type=int, help="processes (default: 1 for one check, else all cores)")
    return parser.parse_args()


def line(tally: Tally) -> str:
    low, high = tally.interval
    other = ", ".join(f"{state} {count / tally.draws:.0%}" for state, count in sorted(tally.states.items()))
    flag = ""
    if tally.kind == "honest" and tally.suspect > LEVEL:
        flag = f"  <-- TOO OFTEN, draws {tally.alarms}"
    if tally.kind == "gamed" and tally.suspect < 0.8:
        flag = "  <-- TOO SELDOM"
    if tally.crashes:
        flag += f"  <-- BROKE DOWN: {tally.crashes[0]}"
    return (
        f"{tally.check:<13} {tally.kind:<7} {tally.data:<44} {tally.suspect:7.2%}  ({low:.2%} to {high:.2%}) "
        f"of {tally.draws:,}; {other}; {1000 * tally.seconds / tally.draws:.1f} ms{flag}"
    )


def summary(results: list[Tally]) -> None:
    for check in dict.fromkeys(r.check for r in results):
        mine = [r for r in results if r.check == check]
        honest = [r for r in mine if r.kind == "honest"]
        gamed = [r for r in mine if r.kind == "gamed"]
        worst = max(honest, key=lambda r: r.suspect, default=None)
        weakest = min(gamed, key=lambda r: r.suspect, default=None)
        told = f"{check}: "
        if worst:
            told += f"largest size {worst.suspect:.2%} ({worst.data}); "
        if weakest:
            told += f"smallest power {weakest.suspect:.2%} ({weakest.data}); "
        seconds, draws = sum(r.seconds for r in mine), sum(r.draws for r in mine)
        print(f"{told}{1000 * seconds / draws:.2f} ms a draw")


def show(checks: list[str], data: str, i: int) -> int:
    import json
    from dataclasses import asdict

    from benchmarks.calibration import measure as m

    for case in m.matching(data):
        names = [n for n in case.checks if not checks or n in checks]
        for name, finding, _ in m.answer(case, i, names):
            told = {k: v for k, v in asdict(finding).items() if k != "figure" and v not in (None, "", ())}
            print(case.name, name, json.dumps(told | {"state": finding.state.value}, indent=1, default=str))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
