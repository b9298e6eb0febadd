"""Recorded runs as panels and as tables: everything that was done is in them, once."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from pitprop import api
from pitprop.define.work import Work
from pitprop.report.simulation.work_runs import COLUMNS, runs_csv
from pitprop.simulate.work.grains import worker_panel
from pitprop.simulate.work.record import record
from pitprop.simulate.work.replicate import replicate

WORK = Work.model_validate(
    {
        "output": "out",
        "shift": {"length": 100, "count": 5},
        "buffers": {"in": {}, "mid": {"limit": 3}, "out": {}},
        "tasks": {
            "arrive": {"time": {"distribution": "exponential", "mean": 1}, "to": "in", "automatic": True},
            "a": {"time": {"mean": 2, "cv": 0.5}, "from": "in", "to": "mid"},
            "b": {"time": {"distribution": "exponential", "mean": 1.5}, "from": "mid", "to": "out"},
        },
        "roles": {"one": ["a"], "two": ["b"]},
        "crew": {"roles": ["one", "two", "two"], "size": 3},
    }
)


def test_the_panel_counts_every_finished_run_of_every_worker_and_none_of_the_arrivals() -> None:
    panel = worker_panel(WORK, record(WORK, seed=4))
    totals = replicate(WORK, replications=1, seed=4)
    assert panel.metric.value.sum() == totals.done[0, 1:].sum() == panel.rows.kept
    assert panel.entities == ("one", "two_1", "two_2")
    assert len(panel.periods) == 5


def test_the_average_time_of_a_run_is_that_of_the_record() -> None:
    records = record(WORK, seed=4)
    panel = worker_panel(WORK, records, task="b")
    mine = (records.task == 2) & (records.leave < records.horizon)
    time = panel.others["time_per_run"]
    whole = (time.value * time.n).sum() / time.n.sum()
    assert whole == pytest.approx((records.finish - records.work)[mine].mean())
    assert np.nanmin(time.noise) > 0


def test_runs_are_written_one_a_row(tmp_path) -> None:
    study = api.simulate("examples/mine/shift.yml", arms=["ordinary", "historic"], replications=3, without=["gain"])
    rows = list(csv.reader(io.StringIO(runs_csv(study))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + sum(len(records.start) for records in study.records.values())
    hewn = [row for row in rows if row[:3] == ["historic", "hewer", "hew"]]
    assert 90 < len(hewn) < 115
    assert all(float(row[4]) <= float(row[5]) <= float(row[6]) <= float(row[7]) for row in hewn)
