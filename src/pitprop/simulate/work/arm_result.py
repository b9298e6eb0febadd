"""What one arm came to: sums over replications told as means with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pitprop.define.work import PER_HOUR, Arm, Work
from pitprop.simulate.work.intervals import BatchMeans, over_replications, ratio
from pitprop.simulate.work.network import Network, network
from pitprop.simulate.work.results import ArmResult, BufferUse, Estimate, ToolUse, WorkerUse
from pitprop.simulate.work.totals import Ending, Totals, Waits
from pitprop.simulate.work.trials import Lead, credited_heads, shifts

Floats = NDArray[np.float64]


def arm_result(arm: Arm, totals: Totals, lead: Lead, *, little: float | None, notes: tuple[str, ...]) -> ArmResult:
    """One arm, told; what takes further simulations (bottleneck, roles) and the bound are left open.

    Parameters
    ----------
    arm
        What was simulated.
    totals
        Sums of its replications.
    lead
        The time that was left out at the beginning.
    little
        Largest relative gap in Little's law on recorded shifts.
    notes
        What else a reader must know.
    """
    work, net = arm.work, network(arm.work)
    counted = shifts(work, totals.span)
    output = np.asarray(totals.output * (work.size / counted), dtype=float)
    heads, hours = max(net.heads, 1), work.shift.length / PER_HOUR[work.time]
    cycle = ratio(totals.age, totals.output) if totals.output.any() and _aged(totals) else None
    return ArmResult(
        name=arm.name,
        label=arm.label,
        factors=arm.factors,
        heads=net.heads,
        unit=work.unit,
        time=work.time,
        replications=len(output),
        output=over_replications(output),
        spread=float(np.std(output, ddof=1)) if len(output) > 1 else 0.0,
        per_head=over_replications(output / heads),
        per_hour=over_replications(output / hours),
        per_head_hour=over_replications(output / heads / hours),
        headline=over_replications(output / (credited_heads(work) * work.norm)) if work.norm else None,
        warm_up=lead.time,
        warm_up_found=lead.found,
        cycle_time=cycle,
        in_progress=over_replications(totals.age / totals.span) if cycle else None,
        little=little,
        workers=_workers(net, totals),
        buffers=_buffers(work, net, totals),
        tools=_tools(work, net, totals),
        done=_each(net.tasks, totals.done / counted),
        lost=_each(net.tasks, totals.lost / counted, [t.when_full == "lost" for t in work.tasks.values()]),
        bottleneck=None,
        capacity=None,
        roles=None,
        locked=int((totals.ending == Ending.DEADLOCK).sum()),
        notes=(*notes, *_endings(totals)),
        credited=credited_heads(work) if work.norm else None,
        norm=work.norm,
    )


def one_run(result: ArmResult, batches: BatchMeans) -> ArmResult:
    """The result of one long run with the intervals of its batches."""
    relative = batches.estimate

    def told(estimate: Estimate) -> Estimate:
        scale = estimate.mean / relative.mean if relative.mean else 0.0
        return Estimate(mean=estimate.mean, low=relative.low * scale, high=relative.high * scale)

    note = f"One run, cut into {batches.batches} batches for the interval of the output."
    if not batches.unrelated:
        note += f" They still hang together (correlation {batches.correlation:.2f}): the run is too short."
    return replace(
        result,
        output=told(result.output),
        per_head=told(result.per_head),
        per_hour=told(result.per_hour),
        per_head_hour=told(result.per_head_hour),
        headline=told(result.headline) if result.headline else None,
        notes=(*result.notes, note),
    )


def _aged(totals: Totals) -> bool:
    return bool(np.isfinite(totals.age).all())


def _each(names: tuple[str, ...], values: Floats, wanted: list[bool] | None = None) -> Mapping[str, Estimate]:
    return {name: over_replications(values[:, i]) for i, name in enumerate(names) if wanted is None or wanted[i]}


def _workers(net: Network, totals: Totals) -> tuple[WorkerUse, ...]:
    share = totals.times / totals.span
    tasks = len(net.tasks)
    return tuple(
        WorkerUse(
            name=net.slots[s],
            role=net.roles[s],
            tasks=_each(net.tasks, share[:, s, :tasks], (net.arrays.speed[s] > 0).tolist()),
            waits={wait.name.lower(): over_replications(share[:, s, tasks + wait]) for wait in Waits},
        )
        for s in range(net.heads)
    )


def _buffers(work: Work, net: Network, totals: Totals) -> tuple[BufferUse, ...]:
    return tuple(
        BufferUse(
            name=name,
            limit=work.buffers[name].limit,
            level=over_replications(totals.area[:, b] / totals.span),
            peak=over_replications(totals.peak[:, b]),
            wait=ratio(totals.area[:, b], totals.taken[:, b]) if totals.taken[:, b].any() else None,
            left=over_replications(totals.end[:, b]),
            debt=work.buffers[name].debt,
        )
        for b, name in enumerate(net.buffers)
    )


def _tools(work: Work, net: Network, totals: Totals) -> tuple[ToolUse, ...]:
    tasks = len(net.tasks)
    repairing = totals.times[:, :, tasks + Waits.REPAIR].sum(axis=1)
    due = _repair_due(net, totals)
    whole = due.sum(axis=1, keepdims=True)
    # exact where one kind of tool breaks; where several do, as their use makes it likely
    part = np.divide(due, whole, out=np.zeros_like(due), where=whole > 0) * repairing[:, None]
    return tuple(
        ToolUse(
            name=name,
            count=work.tools[name].count,
            use=over_replications(totals.in_use[:, u] / (work.tools[name].count * totals.span)),
            repair=over_replications(part[:, u] / (work.tools[name].count * totals.span)),
        )
        for u, name in enumerate(net.tools)
    )


def _repair_due(net: Network, totals: Totals) -> Floats:
    """Time of repair to be expected of each tool's use, shape (R, U)."""
    a, tools = net.arrays, len(net.tools)
    per_use = np.where(a.fails, a.repair_mean / np.where(a.fails, a.life_mean, 1.0), 0.0)[:tools]
    out: Floats = totals.in_use[:, :tools] * per_use
    return out


def _endings(totals: Totals) -> list[str]:
    runs = len(totals.ending)
    says = {
        Ending.DRY: "the work runs dry before its time is over: nothing more can be begun",
        Ending.DEADLOCK: "the work locks up: everybody waits for somebody",
        Ending.ENDLESS: "so much happens in no time at all that it would never end",
    }
    found = []
    for ending, text in says.items():
        hit = totals.ending == ending
        if hit.any():
            when = float(totals.ended[hit].mean())
            found.append(f"In {int(hit.sum())} of {runs} replications {text} (at {when:.4g} on average).")
    return found
