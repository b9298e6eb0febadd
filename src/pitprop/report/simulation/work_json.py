"""A work study for machines: one JSON document.

The shape is stable: releases may add keys, never rename or remove them. A number that is not finite is `null` (a
buffer without a limit has the limit `null`). An estimate is `{"mean": ..., "ci": [low, high]}`, the interval at 95 %.
Shares of people's time are plain numbers under `busy` and by wait; their intervals are under `ci`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pitprop.report.as_json import json_value
from pitprop.report.simulation.time_use import WAITS
from pitprop.simulate.work.results import (
    ArmResult,
    BufferUse,
    CrewCurve,
    Difference,
    Estimate,
    Gain,
    Swing,
    ToolUse,
    WorkerUse,
    WorkStudy,
)

_FREE = ("starved", "tool", "room")
"""Waits that together are `idle`: free, and unable to begin."""


def work_json(study: WorkStudy) -> str:
    """The study as one indented JSON document, ending in a newline."""
    return json.dumps(work_document(study), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def work_document(study: WorkStudy) -> dict[str, Any]:
    """The study as values of JSON. Recorded runs are not in it."""
    shaped = {
        "pitprop": study.version,
        "scenario": study.scenario,
        "kind": "work",
        "title": study.title,
        "description": study.description,
        "seed": study.seed,
        "replications": study.replications,
        "engine": study.engine,
        "unit": study.unit,
        "time": study.time,
        "norm": study.norm,
        "arms": [_arm(arm) for arm in study.arms],
        "differences": [_difference(difference, study.unit) for difference in study.differences],
        "gain": _gain(study.gain) if study.gain else None,
        "sensitivity": [_swing(swing) for swing in study.swings],
        "crew_curves": [_curve(curve, study.unit) for curve in study.curves],
        "notes": study.notes,
    }
    values: dict[str, Any] = json_value(shaped)
    return values


def _estimate(value: Estimate | None, unit: str | None = None) -> dict[str, Any] | None:
    if value is None:
        return None
    said: dict[str, Any] = {"mean": value.mean, "ci": [value.low, value.high]}
    return said if unit is None else said | {"unit": unit}


def _estimates(values: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: _estimate(value) for name, value in values.items()}


def _arm(arm: ArmResult) -> dict[str, Any]:
    return {
        "name": arm.name,
        "label": arm.label,
        "factors": arm.factors,
        "heads": arm.heads,
        "credited": arm.credited,
        "norm": arm.norm,
        "replications": arm.replications,
        "output": _estimate(arm.output, arm.unit),
        "spread": arm.spread,
        "per_head": _estimate(arm.per_head, arm.unit),
        "throughput_per_hour": _estimate(arm.per_hour, arm.unit),
        "per_head_hour": _estimate(arm.per_head_hour, arm.unit),
        "headline": _estimate(arm.headline),
        "warm_up": {"length": arm.warm_up, "found": arm.warm_up_found, "unit": arm.time},
        "cycle_time": _estimate(arm.cycle_time, arm.time),
        "in_progress": _estimate(arm.in_progress),
        "little": arm.little,
        "bottleneck": arm.bottleneck.name if arm.bottleneck else None,
        "bottleneck_evidence": _evidence(arm),
        "workers": [_worker(worker) for worker in arm.workers],
        "buffers": {buffer.name: _buffer(buffer, arm.time) for buffer in arm.buffers},
        "tools": {tool.name: _tool(tool) for tool in arm.tools},
        "done": _estimates(arm.done),
        "lost": _estimates(arm.lost),
        "capacity": _capacity(arm),
        "roles": _roles(arm),
        "notes": arm.notes,
    }


def _evidence(arm: ArmResult) -> dict[str, Any] | None:
    if arm.bottleneck is None:
        return None
    tried = [{"of": m.of, "kind": m.kind, "gain": _estimate(m.gain, arm.unit)} for m in arm.bottleneck.one_more]
    return {"says": arm.bottleneck.says, "one_more": tried}


def _worker(worker: WorkerUse) -> dict[str, Any]:
    waits = {wait: worker.waits[wait] for wait in WAITS if wait in worker.waits}
    return {
        "name": worker.name,
        "role": worker.role,
        "busy": {task: share.mean for task, share in worker.tasks.items()},
        "idle": sum(waits[wait].mean for wait in _FREE if wait in waits),
        **{wait: share.mean for wait, share in waits.items()},
        "ci": {
            "busy": {task: [share.low, share.high] for task, share in worker.tasks.items()},
            **{wait: [share.low, share.high] for wait, share in waits.items()},
        },
    }


def _buffer(buffer: BufferUse, time: str) -> dict[str, Any]:
    return {
        "limit": buffer.limit,
        "level": _estimate(buffer.level),
        "peak": _estimate(buffer.peak),
        "wait": _estimate(buffer.wait, time),
        "left": _estimate(buffer.left),
        "debt": buffer.debt,
    }


def _tool(tool: ToolUse) -> dict[str, Any]:
    return {"count": tool.count, "use": _estimate(tool.use), "repair": _estimate(tool.repair)}


def _capacity(arm: ArmResult) -> dict[str, Any] | None:
    if arm.capacity is None:
        return None
    most = arm.capacity.output
    return {
        "output": most,
        "unit": arm.unit,
        "reached": arm.output.mean / most if most > 0 else None,
        "limited_by": arm.capacity.limited_by,
        "shares": arm.capacity.shares,
    }


def _roles(arm: ArmResult) -> dict[str, Any] | None:
    if arm.roles is None:
        return None
    return {
        "tasks": arm.roles.tasks,
        "output": _estimate(arm.roles.output, arm.unit),
        "exact": arm.roles.exact,
        "looked_at": arm.roles.looked_at,
    }


def _difference(difference: Difference, unit: str) -> dict[str, Any]:
    return {
        "arm": difference.arm,
        "than": difference.than,
        "output": _estimate(difference.output, unit),
        "per_head": _estimate(difference.per_head, unit),
        "ratio": _estimate(difference.ratio),
    }


def _gain(gain: Gain) -> dict[str, Any]:
    return {
        "from": gain.start,
        "to": gain.end,
        "of": "headline" if gain.headline else "output",
        "ratio": _estimate(gain.ratio),
        "per_head": gain.per_head,
        "combinations": gain.combinations,
        "notes": gain.notes,
        "factors": [
            {
                "name": factor.name,
                "label": factor.label,
                "times": _estimate(factor.times),
                "share": _estimate(factor.share),
                "alone": factor.alone,
                "last": factor.last,
            }
            for factor in gain.factors
        ],
    }


def _swing(swing: Swing) -> dict[str, Any]:
    return {
        "at": swing.at,
        "value": swing.value,
        "range": swing.range,
        "why": swing.why,
        "output": swing.output,
        "headline": swing.headline,
        "ratio": swing.ratio,
        "matters": swing.matters,
    }


def _curve(curve: CrewCurve, unit: str) -> dict[str, Any]:
    return {
        "arm": curve.arm,
        "notes": curve.notes,
        "sizes": [
            {"people": size, "output": _estimate(output, unit), "per_head": _estimate(per_head, unit)}
            for size, output, per_head in zip(curve.sizes, curve.output, curve.per_head, strict=True)
        ],
    }
