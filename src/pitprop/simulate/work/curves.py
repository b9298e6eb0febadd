"""Curves: output against the size of the crew, where the crew is a number of people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pitprop.define.work import Work
from pitprop.simulate.work.intervals import over_replications
from pitprop.simulate.work.network import network
from pitprop.simulate.work.results import CrewCurve
from pitprop.simulate.work.trials import Trials

POINTS = 12
AT_LEAST = 6
"""Crews up to this size are always tried."""
PEOPLE = 64


def curve(name: str, work: Work, *, trials: Trials, replications: int) -> CrewCurve | None:
    """Output of one arm with crews from one person to twice as many as it has, or six.

    None where people are named one by one. Fewer people than roles have several each; among more, the roles are dealt
    again.
    """
    crew = work.crew
    if crew is None or crew.roles is None:
        return None
    net = network(work)
    automatic = len(net.slots) - net.heads
    most = max(min(max(2 * net.heads, AT_LEAST), PEOPLE - automatic), net.heads)
    even = np.unique(np.linspace(1, most, POINTS).round().astype(int)).tolist() if most > POINTS else range(1, most + 1)
    sizes = sorted({*even, net.heads})
    works = [work.model_copy(update={"crew": crew.model_copy(update={"size": size})}) for size in sizes]
    outputs = [trials.output(one, replications) for one in works]
    stopped = [len(trials.stopped(one, replications)) for one in works]
    return CrewCurve(
        arm=name,
        sizes=tuple(int(size) for size in sizes),
        output=tuple(over_replications(output) for output in outputs),
        per_head=tuple(over_replications(output / size) for size, output in zip(sizes, outputs, strict=True)),
        notes=_stands_still(name, dict(zip(sizes, stopped, strict=True)), replications),
    )


def _stands_still(name: str, stopped: Mapping[int, int], replications: int) -> tuple[str, ...]:
    """A sentence on the sizes at which the work comes to a stand, where there are any."""
    where = [size for size, count in stopped.items() if count]
    if not where:
        return ()
    listed = f"{', '.join(map(str, where[:-1]))} or {where[-1]}" if len(where) > 1 else str(where[0])
    most = max(stopped.values())
    share = (
        f"{most} of {replications} replications" if len(where) == 1 else f"up to {most} of {replications} replications"
    )
    return (f"With a crew of {listed} the work of {name} comes to a stand in {share}.",)
