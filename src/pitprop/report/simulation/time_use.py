"""Where people's time went."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pitprop.report.plain import plain
from pitprop.simulate.work.results import ArmResult, Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A way of not being at work."""

    short: str
    means: str


WAITS: Mapping[str, Wait] = MappingProxyType(
    {
        "blocked": Wait(short="blocked", means="holds finished work for which there is no room"),
        "starved": Wait(short="no work", means="free, and nothing is there to work on"),
        "tool": Wait(short="no tool", means="waits for a tool that others hold"),
        "room": Wait(short="no room", means="free, and may not begin for want of room to put things down"),
        "switching": Wait(short="switching", means="on the way from one task to another"),
        "repair": Wait(short="repair", means="stands by while the tool is repaired"),
        "away": Wait(short="away", means="in training, in a break, or not on shift"),
    }
)
"""By `WorkerUse.waits`, in the order in which they are shown."""


MOST_WORKERS = 12
"""More people than that are shown role by role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Where the time of one worker, or of all in a role, went: shares of it."""

    name: str
    people: int
    tasks: Mapping[str, float]
    waits: Mapping[str, float]


def uses(arm: ArmResult, most: int = MOST_WORKERS) -> tuple[Use, ...]:
    """Each worker's time; where there are more than `most`, the average over those who share a role."""
    if len(arm.workers) <= most:
        return tuple(
            Use(name=plain(w.name), people=1, tasks=_means(w.tasks), waits=_means(w.waits)) for w in arm.workers
        )
    roles: dict[str, list[Use]] = {}
    for w in arm.workers:
        roles.setdefault(w.role, []).append(
            Use(name=plain(w.role), people=1, tasks=_means(w.tasks), waits=_means(w.waits))
        )
    return tuple(
        Use(
            name=held[0].name if len(held) == 1 else f"{held[0].name} ({len(held)})",
            people=len(held),
            tasks=_average([use.tasks for use in held]),
            waits=_average([use.waits for use in held]),
        )
        for held in roles.values()
    )


def _means(shares: Mapping[str, Estimate]) -> dict[str, float]:
    return {name: share.mean for name, share in shares.items()}


def _average(shares: list[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for share in shares for name in share)
    return {name: math.fsum(share.get(name, 0.0) for share in shares) / len(shares) for name in names}


def task_names(arm: ArmResult) -> tuple[str, ...]:
    """The tasks that people do, in the order in which the arm's results have them."""
    by_people = {task for worker in arm.workers for task in worker.tasks}
    known = [task for task in arm.done if task in by_people]
    return tuple(dict.fromkeys([*known, *(task for worker in arm.workers for task in worker.tasks)]))


def wait_names(arm_uses: Iterable[Use], least: float = 0.005) -> tuple[str, ...]:
    """The waits that anybody has at least that share of their time in."""
    used = list(arm_uses)
    return tuple(wait for wait in WAITS if any(use.waits.get(wait, 0.0) >= least for use in used))
