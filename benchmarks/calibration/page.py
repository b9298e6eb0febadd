"""The page docs/calibration.md, from what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.calibration import store
from benchmarks.calibration.doses import LADDERS
from benchmarks.calibration.measure import entries
from benchmarks.calibration.peers import PEERS
from benchmarks.calibration.worlds import SIZES, WORLDS
from pitprop.define.metric import Metric, Register
from pitprop.examine.battery import Entry

PATH = Path(__file__).parents[2] / "docs" / "calibration.md"
LEVEL = 0.063
Row = dict[str, Any]


def page() -> str:
    """The whole page, in Markdown."""
    checks = [(e, rows) for e in entries() if e.asks not in (Metric, Register) and (rows := store.read(e.name))]
    return "\n".join(
        [
            OPENING,
            *_summary(checks),
            *_registers(),
            *_peers(),
            DOSES,
            *_doses(checks),
            *_blind([e for e, _ in checks]),
            HONEST,
            *_worlds(),
            *_tables(checks),
        ]
    )


OPENING = """\
# How often each check is wrong

Every check was shown data whose truth is known: honest data, of which it must not say *suspect*, and gamed
data, of which it should. This page says how often it did. It is written by `python -m benchmarks.calibration`;
the same figures as JSON are in `benchmarks/calibration/results/`.

**How to read it.** *Size* is the share of honest draws of which a check says *suspect*; at 5% it may be at most
6.3% over 2,000 draws. *Power* is the share of gamed draws of which it does. Both come with 95% Monte Carlo
(Wilson) intervals. Of honest data 2,000 draws are made; where at most 2% of the first 400 gave an alarm, drawing
stops there (a check that is really wrong in 6.3% of draws gets away with that once in ten thousand cases). A
check that answers *cannot tell* or *not applicable* is not suspect; how often it gives those answers is in the
full tables. *Sees from* is the smallest dose, at the smallest size of the data, that it finds in at least 80% of the
draws (see Dose and power). A single finding is not a ruling: over a register chance is taken into account again.

Any draw can be looked at: `python -m benchmarks.calibration --check guardrail --data "gaps, usual" --show 17`.
"""
REGISTERS = """\
## Whole registers

Honest registers of forty metrics, half of the usual size and half small, with outcomes, guardrails, targets,
stakes and costs, went through the whole battery and the rule.
"""
TOOLS = """\
## Beside other tools

Share of the same draws in which each raises an alarm: on honest data it should be small, on gamed data large.
The other tools answer narrower questions than the check beside which they stand, and honest data need not have
what they presume (first digits as in Benford's law, a smooth density, independent periods). Where what a tool
looks for is really there it is left out (–). What is taken as an alarm is what their literature acts on:
"""
DOSES = """\
## Dose and power

Power should rise with the dose and with the data. A dose of 0 is the honest organisation.
"""
HONEST = """\
## The honest worlds

Each is drawn in rows and turned into whatever a check asks for. Outcomes follow the work, guardrails hold, units
truly differ, rows are taken out and loaded late at random.
"""


def _share(row: Row) -> str:
    low, high = row["interval"]
    return f"{row['suspect']:.1%} ({low:.1%} to {high:.1%})"


def _summary(checks: Sequence[tuple[Entry, list[Row]]]) -> Iterator[str]:
    yield "## Every check at its worst"
    yield ""
    yield "| check | size on its worst honest data | draws | kinds | power on its weakest gamed data | sees from | ms |"
    yield "|---|---|---|---|---|---|---|"
    speed = store.read("speed") or {}
    over = []
    for entry, rows in checks:
        honest = [r for r in rows if r["kind"] == "honest"]
        gamed = [r for r in rows if r["kind"] == "gamed"]
        worst = max(honest, key=lambda r: r["suspect"], default=None)
        weakest = min(gamed, key=lambda r: r["suspect"], default=None)
        if worst is None or weakest is None:
            continue
        over += [f"`{entry.name}` on {r['data']}: {_share(r)}" for r in honest if r["suspect"] > LEVEL]
        yield (
            f"| `{entry.name}` | {_share(worst)} {worst['data']} | {worst['draws']:,} | {len(honest)} | "
            f"{_share(weakest)} {weakest['data']} | {_seen(entry.name, rows)} | {speed.get(entry.name, 0.0):.1f} |"
        )
    yield ""
    told = f"Over 6.3%: {'; '.join(over)}." if over else "No check is over 6.3% on any honest data."
    yield told
    yield ""


def _seen(check: str, rows: list[Row]) -> str:
    """The smallest dose, and the size of the data, at which it is suspect in at least 80% of the draws."""
    stored = {r["data"]: r for r in rows}
    for ladder in (x for x in LADDERS if check in x.checks):
        for size in ladder.sizes:
            for dose in ladder.doses:
                row = stored.get(f"{ladder.name} {dose:g}, {size}")
                if row and row["suspect"] >= 0.8:
                    return f"{ladder.name} {dose:g}, {size}"
    return "–"


def _registers() -> Iterator[str]:
    found = store.read("registers")
    if not found:
        return
    low, high = found["discard_interval"]
    below, above = found["distortion_interval"]
    n, metrics = found["registers"], found["metrics"]
    discards, challenges = found["registers_with_a_discard"], found["metrics_challenged_for_distortion"]
    yield REGISTERS
    yield "| | count | share | 95% interval | may be |"
    yield "|---|---|---|---|---|"
    yield f"| registers with any *discard* | {discards} of {n} | {discards / n:.1%} | {low:.1%} to {high:.1%} | 1% |"
    yield (
        f"| metrics challenged for distortion | {challenges} of {metrics:,} | {challenges / metrics:.1%} "
        f"| {below:.1%} to {above:.1%} | 5% |"
    )
    yield ""
    yield "Rulings: " + ", ".join(f"{name} {count:,}" for name, count in found["rulings"].items()) + "."
    yield ""
    blamed: dict[str, int] = {}
    for told, count in found["suspicions_that_counted"].items():
        check = told.split(":")[0]
        blamed[check] = blamed.get(check, 0) + count
    if blamed:
        ranked = sorted(blamed.items(), key=lambda item: -item[1])
        yield "Suspicions that counted, by check: " + ", ".join(f"{c} {k}" for c, k in ranked) + "."
        yield ""


def _peers() -> Iterator[str]:
    rows = store.read("peers")
    if not rows:
        return
    yield TOOLS
    yield from (f"- **{p.name}**: {p.alarm_is}." for p in PEERS)
    yield ""
    for beside in dict.fromkeys(p.beside for p in PEERS):
        tools = [beside, *(p.name for p in PEERS if p.beside == beside)]
        mine = [r for r in rows if r["tool"] in tools]
        if not mine:
            continue
        yield f"| data | draws | {' | '.join(f'`{t}`' if t == beside else t for t in tools)} |"
        yield f"|---|---|{'---|' * len(tools)}"
        datas = dict.fromkeys((r["kind"], r["data"]) for r in sorted(mine, key=lambda r: r["kind"] != "honest"))
        for kind, data in datas:
            cells = [next((_alarms(r) for r in mine if (r["tool"], r["data"]) == (t, data)), "–") for t in tools]
            draws = next(r["draws"] for r in mine if r["data"] == data)
            honest = kind == "honest" or " 0, " in data
            yield f"| {'honest' if honest else 'gamed'}: {data} | {draws} | {' | '.join(cells)} |"
        yield ""


def _alarms(row: Row) -> str:
    cannot = row["states"].get("not_applicable", 0) + row["states"].get("broke down", 0)
    return "cannot" if cannot == row["draws"] else _share(row)


def _doses(checks: Sequence[tuple[Entry, list[Row]]]) -> Iterator[str]:
    yield f"*small* is {_size('small')}, *usual* {_size('usual')}, *large* {_size('large')}."
    yield ""
    stored = {e.name: {r["data"]: r for r in rows} for e, rows in checks}
    for ladder in LADDERS:
        for check in (c for c in ladder.checks if c in stored):
            months = f" Over {ladder.periods} months." if ladder.periods else ""
            yield f"**{ladder.name}** (`{check}`); dose: {ladder.dose_is}.{months}"
            yield ""
            yield "| dose | " + " | ".join(f"{d:g}" for d in ladder.doses) + " |"
            yield "|---|" + "---|" * len(ladder.doses)
            for size in ladder.sizes:
                found = [stored[check].get(f"{ladder.name} {d:g}, {size}") for d in ladder.doses]
                yield f"| {size} | " + " | ".join(_share(r) if r else "–" for r in found) + " |"
            yield ""


def _size(name: str) -> str:
    units, periods = SIZES[name]
    return f"{units} unit{'s' if units > 1 else ''} over {periods} months"


def _blind(found: Sequence[Entry]) -> Iterator[str]:
    yield "## What each check cannot see"
    yield ""
    for entry in found:
        text = re.search(r"^Blind to\s*:?\s*\n(?:-+\n)?(.*?)^Source\s*:?\s*$", entry.page, re.DOTALL | re.MULTILINE)
        if text:
            yield f"- `{entry.name}`: {' '.join(text.group(1).split())}"
    yield ""


def _worlds() -> Iterator[str]:
    yield "| world | what is true of it | no null for |"
    yield "|---|---|---|"
    yield from (f"| {w.name} | {w.says} | {', '.join(w.rightly)} |" for w in WORLDS)
    yield ""


def _tables(checks: Sequence[tuple[Entry, list[Row]]]) -> Iterator[str]:
    yield "## Full tables"
    yield ""
    for entry, rows in checks:
        yield f"### {entry.name}"
        yield ""
        yield "| data | | suspect | 95% interval | draws | clear | cannot tell | not applicable |"
        yield "|---|---|---|---|---|---|---|---|"
        silent = []
        for row in (r for r in rows if r["kind"] != "dose"):
            states = {s: row["states"].get(s, 0) / row["draws"] for s in ("clear", "inconclusive", "not_applicable")}
            if states["not_applicable"] == 1 and row["kind"] == "honest":
                silent.append(f"{row['data']} ({row['draws']:,})")
                continue
            low, high = row["interval"]
            shares = " | ".join(f"{share:.0%}" for share in states.values())
            yield (
                f"| {row['data']} | {row['kind']} | {row['suspect']:.2%} | {low:.2%} to {high:.2%} "
                f"| {row['draws']:,} | {shares} |"
            )
        yield ""
        if silent:
            yield f"Not applicable in all draws of: {'; '.join(silent)}."
            yield ""
