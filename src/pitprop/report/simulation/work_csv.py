"""A work study for a spreadsheet: one row for each arm.

A cell of text that a spreadsheet might take for a formula starts with an apostrophe; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io

from pitprop.report.csv import Cell, cell
from pitprop.report.simulation import arm_words
from pitprop.simulate.work.results import ArmResult, Difference, Estimate, WorkStudy

_ESTIMATES = ("output", "per_head", "per_hour", "per_head_hour", "headline", "cycle_time", "in_progress")
_LESS = ("output_more_than_first", "output_times_first")
COLUMNS = (
    "scenario",
    "arm",
    "label",
    "factors",
    "people",
    "credited",
    "norm",
    "unit",
    "time",
    "replications",
    *(f"{name}{end}" for name in (*_ESTIMATES, *_LESS) for end in ("", "_low", "_high")),
    "spread",
    "most_possible",
    "bottleneck",
    "left_undone",
    "lost",
    "notes",
)


def work_csv(study: WorkStudy) -> str:
    """A header and one row for each arm, as RFC 4180 with `\\n` line ends."""
    against = {difference.arm: difference for difference in study.differences}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for arm in study.arms:
        writer.writerow([cell(value) for value in _row(study, arm, against.get(arm.name))])
    return out.getvalue()


def _row(study: WorkStudy, arm: ArmResult, difference: Difference | None) -> tuple[Cell, ...]:
    estimates: list[Estimate | None] = [getattr(arm, name) for name in _ESTIMATES]
    estimates += [difference.output, difference.ratio] if difference else [None, None]
    return (
        study.scenario,
        arm.name,
        arm.label,
        " ".join(arm.factors),
        arm.heads,
        arm.credited,
        arm.norm,
        arm.unit,
        arm.time,
        arm.replications,
        *(end for value in estimates for end in _ends(value)),
        arm.spread,
        arm.capacity.output if arm.capacity else None,
        arm.bottleneck.name if arm.bottleneck else None,
        "; ".join(arm_words.debts(arm)),
        "; ".join(arm_words.losses(arm)),
        " ".join(arm.notes),
    )


def _ends(value: Estimate | None) -> tuple[Cell, Cell, Cell]:
    return (None, None, None) if value is None else (value.mean, value.low, value.high)
