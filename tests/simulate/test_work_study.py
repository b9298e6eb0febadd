"""A whole study of a scenario in a file."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from pitprop.define.scenario import read_scenario
from pitprop.define.work import Work, WorkScenario
from pitprop.errors import PitpropError
from pitprop.simulate.work.network import network
from pitprop.simulate.work.results import ArmResult, Estimate
from pitprop.simulate.work.study import study
from pitprop.simulate.work.trials import Trials

FILE = """
kind: work
version: 1
title: Boxes
seed: 4
replications: 40
unit: boxes
output: out
shift: {length: 480}
norm: 100
buffers: {mid: {limit: 2}, out: {}}
tools: {press: {fails: {after: {mean: 60, distribution: exponential}, repair: {mean: 5, cv: .5}}}}
tasks:
  pack: {time: {mean: 2, cv: .5}, to: mid}
  seal: {time: {mean: 2.5, cv: .5}, from: mid, to: out, tools: press}
roles:
  packer: {tasks: [pack], speed: {pack: 1, seal: 1}}
  sealer: {tasks: [seal], speed: {pack: 1, seal: 1.2}}
crew: {roles: [sealer, packer]}
factors:
  press: {label: Better press, tasks: {seal: {time: {mean: 1.5}}}}
  hands: {label: Three more, crew: {size: 5}, tools: {press: {count: 3}}}
arms:
  before: {label: As it was}
  after: {with: [press, hands], credited: 1}
split: {from: before, to: after}
assumed:
  - {at: tasks.pack.time.mean, range: [1.5, 2.5], why: timed once}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> WorkScenario:
    file = tmp_path_factory.mktemp("boxes") / "boxes.yml"
    file.write_text(FILE)
    return read_scenario(file)


def within(estimate: Estimate) -> bool:
    return estimate.low <= estimate.mean <= estimate.high


def test_a_study_answers_every_part_and_the_parts_agree(scenario: WorkScenario) -> None:
    found = study(scenario)
    before, after = found.arms
    assert (before.heads, after.heads) == (2, 5)
    assert before.output.mean < after.output.mean
    for arm in found.arms:
        assert within(arm.output)
        assert arm.per_head.mean == pytest.approx(arm.output.mean / arm.heads)
        assert arm.per_hour.mean == pytest.approx(arm.output.mean / 8)
        assert arm.capacity is not None
        assert arm.output.mean < arm.capacity.output
        assert arm.roles is not None
        assert arm.roles.exact
        assert arm.bottleneck is not None
        assert arm.bottleneck.one_more
        for worker in arm.workers:
            whole = sum(e.mean for e in worker.tasks.values()) + sum(e.mean for e in worker.waits.values())
            assert whole == pytest.approx(1, abs=1e-9)
    assert found.differences[0].output.mean == pytest.approx(after.output.mean - before.output.mean)
    assert after.headline is not None
    assert after.headline.mean == pytest.approx(after.output.mean / 100)
    assert before.headline is not None
    assert before.headline.mean == pytest.approx(before.output.mean / 2 / 100)
    assert found.gain is not None
    assert np.prod([factor.times.mean for factor in found.gain.factors]) == pytest.approx(found.gain.ratio.mean)
    assert found.gain.ratio.mean == pytest.approx(after.headline.mean / before.headline.mean)
    assert [one.at for one in found.swings] == ["tasks.pack.time.mean"]
    assert {one.arm for one in found.curves} == {"before", "after"}
    assert set(found.records) == {"before", "after"}


def test_the_same_study_twice_is_the_same_whatever_the_threads(scenario: WorkScenario) -> None:
    one, two = (replace(study(scenario, replications=20, threads=threads), records={}) for threads in (1, 2))
    assert one == two


def test_a_tool_that_breaks_is_in_repair_for_its_part_of_the_use(scenario: WorkScenario) -> None:
    arm = study(scenario, replications=400, arms=["before"], what=())["before"]
    tool = arm.tools[0]
    # 5 minutes of repair for each 60 in use
    assert tool.repair.mean / (tool.use.mean - tool.repair.mean) == pytest.approx(5 / 60, rel=0.05)


def test_littles_law_holds_on_a_recorded_shift(scenario: WorkScenario) -> None:
    for arm in study(scenario, replications=2, what=()).arms:
        assert arm.little is not None
        assert arm.little < 1e-12
        assert arm.in_progress is not None
        assert arm.cycle_time is not None
        rate = arm.output.mean / 480
        assert arm.in_progress.mean == pytest.approx(rate * arm.cycle_time.mean, rel=1e-9)


def test_parts_that_are_not_asked_for_are_left_out(scenario: WorkScenario) -> None:
    found = study(scenario, replications=2, what=())
    assert found.gain is None
    assert found.swings == ()
    assert found.curves == ()
    assert found.records == {}
    for arm in found.arms:
        assert (arm.bottleneck, arm.capacity, arm.roles) == (None, None, None)


def test_an_unknown_arm_is_refused_with_the_known_ones(scenario: WorkScenario) -> None:
    with pytest.raises(PitpropError, match="has no arm later; its arms are before, after"):
        study(scenario, arms=["later"])
    with pytest.raises(PitpropError, match="has no arm later"):
        study(scenario, split=("before", "later"))


def test_progress_is_told(scenario: WorkScenario) -> None:
    said: list[str] = []
    study(scenario, replications=2, progress=said.append)
    assert said[0] == "before: 2 replications"
    assert "from before to after: the gain taken apart" in said


def queue(*, length: float, replications: int, warm_up: str | float) -> ArmResult:
    """M/M/1 at a load of 0.8: units arrive by themselves each 1.25 minutes on average, and are served in 1."""
    work = Work.model_validate(
        {
            "output": "out",
            "shift": {"length": length},
            "warm_up": warm_up,
            "buffers": {"queue": {}, "out": {}},
            "tasks": {
                "arrive": {"time": {"mean": 1.25, "distribution": "exponential"}, "to": "queue", "automatic": True},
                "serve": {"time": {"mean": 1, "distribution": "exponential"}, "from": "queue", "to": "out"},
            },
            "roles": {"clerk": ["serve"]},
            "crew": {"roles": ["clerk"]},
        }
    )
    arm = {"name": "only", "label": "only", "factors": (), "work": work}
    scenario = WorkScenario.model_validate({"name": "queue", "arms": (arm,), "replications": replications})
    return study(scenario, what=()).arms[0]


def test_a_queue_settles_after_a_warm_up_that_is_found_and_told() -> None:
    arm = queue(length=20_000, replications=40, warm_up="auto")
    assert arm.warm_up_found
    assert 0 <= arm.warm_up < 10_000
    assert arm.in_progress is not None
    assert arm.cycle_time is not None
    # rho / (1 - rho) = 4 in the system, 1 / (1 - .8) = 5 minutes each
    assert arm.in_progress.low <= 4 <= arm.in_progress.high
    assert arm.cycle_time.low <= 5 <= arm.cycle_time.high


def test_one_long_run_has_an_interval_from_its_batches() -> None:
    arm = queue(length=200_000, replications=1, warm_up=1000)
    assert arm.per_hour.low <= 60 / 1.25 <= arm.per_hour.high
    assert arm.per_hour.high - arm.per_hour.low < 1
    assert isnan(arm.workers[0].tasks["serve"].low)
    assert arm.notes[0].startswith("One run, cut into ")


def test_trials_do_nothing_twice_and_know_the_first_of_more(scenario: WorkScenario) -> None:
    trials, work = Trials(seed=1), scenario.arms[0].work
    many = trials.output(work, 30)
    few = trials.output(work.model_copy(update={"norm": 3.0, "credited": 7.0}), 10)
    assert trials.simulated == 1
    assert np.array_equal(few, many[:10])
    assert network(work).heads == 2
