"""The three networks that all tools simulate, lines of any length, and a thousand shifts of the mine.

line: four stations with little room between them. pit: hewing stops when eight tonnes stand without props, and a set
of props is good for eight more. crew: eight people of all trades, each best at one, with few tools.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pitprop.define.scenario import read_scenario
from pitprop.define.work import Work

SHIFT = 360.0
LINE_MEANS, LINE_LIMITS = (0.30, 0.28, 0.29, 0.25), (5, 3, 3)
PIT_MEANS = (1.0, 0.30, 0.28, 0.29)
CREW_MEANS, CREW_TOOLS, CREW_SIZE, UNPRACTISED = (2.0, 0.60, 0.56, 0.58), (2, 3, 2), 8, 0.6
TRADES = ("prop", "hew", "load", "haul")
PIT_BUFFERS: dict[str, Any] = {"safe": {"limit": 8, "start": 8}, "face": {"limit": 5}, "cart": {"limit": 3}, "out": {}}
TAKES: tuple[Any, ...] = ({}, "safe", "face", "cart")
PUTS: tuple[Any, ...] = ({"safe": 8}, "face", "cart", "out")
MINE = Path(__file__).parents[2] / "examples" / "mine" / "shift.yml"


def _exponential(mean: float) -> dict[str, Any]:
    return {"distribution": "exponential", "mean": mean}


def stations(means: tuple[float, ...], limits: tuple[int, ...], length: float = SHIFT) -> Work:
    """A line of exponential stations with a worker each."""
    last = len(means) - 1
    return Work.model_validate(
        {
            "output": f"b{last + 1}",
            "shift": {"length": length},
            "buffers": {**{f"b{k + 1}": {"limit": limit} for k, limit in enumerate(limits)}, f"b{last + 1}": {}},
            "tasks": {
                f"s{k}": {"time": _exponential(mean), "from": {f"b{k}": 1} if k else {}, "to": f"b{k + 1}"}
                for k, mean in enumerate(means)
            },
            "roles": {f"r{k}": [f"s{k}"] for k in range(last + 1)},
            "crew": {"roles": [f"r{k}" for k in range(last + 1)]},
        }
    )


def line() -> Work:
    return stations(LINE_MEANS, LINE_LIMITS)


def pit() -> Work:
    return Work.model_validate(
        {
            "output": "out",
            "shift": {"length": SHIFT},
            "buffers": PIT_BUFFERS,
            "tasks": {
                name: {"time": _exponential(PIT_MEANS[a]), "from": TAKES[a], "to": PUTS[a]}
                for a, name in enumerate(TRADES)
            },
            "roles": {name: [name] for name in TRADES},
            "crew": {"roles": list(TRADES)},
        }
    )


def crew() -> Work:
    return Work.model_validate(
        {
            "output": "out",
            "shift": {"length": SHIFT},
            "buffers": PIT_BUFFERS,
            "tools": {f"tool{k}": {"count": count} for k, count in enumerate(CREW_TOOLS, 1)},
            "tasks": {
                name: {
                    "time": _exponential(CREW_MEANS[a]),
                    "from": TAKES[a],
                    "to": PUTS[a],
                    "tools": [f"tool{a}"] if a else [],
                    "blocking": "before",
                }
                for a, name in enumerate(TRADES)
            },
            "roles": {f"best_at_{n}": {"tasks": TRADES[::-1], "speed": {"all": UNPRACTISED, n: 1}} for n in TRADES},
            "crew": {"workers": {f"w{w}": {"role": f"best_at_{TRADES[w % 4]}"} for w in range(CREW_SIZE)}},
        }
    )


MODELS = {"line": line, "pit": pit, "crew": crew}


def mine(arm: str) -> Work:
    """An arm of the mine's shift."""
    return read_scenario(MINE).arm(arm).work
