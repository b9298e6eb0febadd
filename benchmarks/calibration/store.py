"""Store: results as JSON, one file for each check and one for each further part, the same bytes for the same draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.calibration.measure import Tally, wilson
from benchmarks.calibration.registers import Ruled

FOLDER = Path(__file__).parent / "results"


def keep_checks(tallies: Sequence[Tally]) -> None:
    """One file for each check; how long each took goes to a file of its own, since it is never the same."""
    speed = read("speed") or {}
    for check in dict.fromkeys(t.check for t in tallies):
        mine = [t for t in tallies if t.check == check]
        write(check, [record(t) for t in mine])
        speed[check] = round(1000 * sum(t.seconds for t in mine) / max(sum(t.draws for t in mine), 1), 2)
    write("speed", dict(sorted(speed.items())))


def record(tally: Tally) -> dict[str, Any]:
    """One row of the tables."""
    low, high = tally.interval
    return {
        "data": tally.data,
        "kind": tally.kind,
        "draws": tally.draws,
        "suspect": round(tally.suspect, 6),
        "interval": [round(low, 6), round(high, 6)],
        "states": dict(sorted(tally.states.items())),
        "alarms": tally.alarms,
        "crashes": tally.crashes,
    }


def keep_registers(ruled: Ruled) -> None:
    """What became of the honest registers."""
    write(
        "registers",
        {
            "registers": ruled.registers,
            "metrics": ruled.metrics,
            "registers_with_a_discard": ruled.discarded,
            "discard_interval": list(wilson(ruled.discarded, ruled.registers)),
            "metrics_challenged_for_distortion": ruled.distorted,
            "distortion_interval": list(wilson(ruled.distorted, ruled.metrics)),
            "rulings": dict(sorted(ruled.rulings.items())),
            "suspicions_that_counted": dict(ruled.blamed.most_common()),
            "discards": ruled.draws,
        },
    )


def keep_peers(tallies: Sequence[Tally]) -> None:
    """What each tool said of the same draws."""
    write("peers", [{"tool": t.check, **record(t)} for t in tallies])


def read(name: str) -> Any:
    """What was kept under this name; None where nothing was."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(name: str, what: Any) -> None:
    """Keep something under this name."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(what, indent=1) + "\n", encoding="utf-8")
