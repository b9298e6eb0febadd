"""Recorded runs as a table: what each worker did of each task on each unit, and when."""

from __future__ import annotations

import csv
import io

from pitprop.report.csv import cell
from pitprop.simulate.work.results import WorkStudy

COLUMNS = ("arm", "worker", "task", "unit", "start", "work", "finish", "leave")
"""Times are in the scenario's unit, from the beginning of the first shift."""


def runs_csv(study: WorkStudy) -> str:
    """One row for each run of the first replication of each arm, in order of start; RFC 4180 with `\\n` line ends.

    `start` is when it was taken up, `work` when work itself began, `finish` when it was done, `leave` when the unit was
    put down. `unit` is empty where a run carries none on (support).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for arm, records in study.records.items():
        slots, tasks = [cell(name) for name in records.slots], [cell(name) for name in records.tasks]
        columns = (
            getattr(records, name).tolist() for name in ("worker", "task", "unit", "start", "work", "finish", "leave")
        )
        for worker, task, unit, *times in zip(*columns, strict=True):
            writer.writerow([arm, slots[worker], tasks[task], "" if unit < 0 else unit, *times])
    return out.getvalue()
