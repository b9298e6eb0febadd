"""Scenarios of work: arms put together from factors and their own changes."""

import re
from math import inf
from pathlib import Path

import pytest
from work_sample import MINE, changed, read_text, told

from pitprop.define.problem import FileError, RegisterError, ScenarioError
from pitprop.define.scenario import read_scenario
from pitprop.define.shape import by_key
from pitprop.define.work import (
    Assumption,
    Buffer,
    Condition,
    Crew,
    Failing,
    Role,
    Shift,
    Task,
    Time,
    Tool,
    Work,
    Worker,
)
from pitprop.define.work_file import WorkFile


def test_every_arm_is_the_base_with_its_factors_and_its_own_changes(tmp_path):
    scenario = read_text(tmp_path, MINE)
    ordinary, roles, skipped = scenario.arms
    assert [arm.name for arm in scenario.arms] == ["ordinary", "four_roles", "skipped"]
    assert ordinary.factors == ()
    assert (ordinary.work.tasks["hew"].time.mean, ordinary.work.crew.roles) == (51.4, ("all",))
    assert roles.work.tasks["hew"].time == Time(mean=3.38, cv=0.3)
    assert roles.work.crew.roles == ("hewer", "helper", "helper", "helper")
    assert (roles.work.crew.size, roles.work.shift.length, ordinary.work.shift.length) == (4, 360, 345)
    assert [arm.work.conditions["ordinary"].on for arm in scenario.arms] == [True, False, True]
    assert [arm.work.buffers["unpropped"].limit for arm in scenario.arms] == [6, 6, inf]
    assert skipped.work.buffers["unpropped"].debt


def test_factors_stand_in_the_order_of_the_file_however_an_arm_names_them(tmp_path):
    assert read_text(tmp_path, MINE).arm("four_roles").factors == ("drill", "prepared", "roles")
    twice = changed(
        ("factors:\n", "factors:\n  later: {tasks: {hew: {time: {mean: 9}}}}\n"),
        ("[roles, drill]", "[roles, drill, later]"),
    )
    assert read_text(tmp_path, twice).arm("skipped").work.tasks["hew"].time.mean == 3.38


def test_what_the_file_says_about_itself_is_kept(tmp_path):
    scenario = read_text(tmp_path, MINE)
    assert (scenario.name, scenario.title, scenario.seed, scenario.replications) == ("mine", "The shift", 7, 200)
    assert scenario.factor_labels == {"drill": "Heavy drill", "prepared": "prepared", "roles": "roles"}
    assert [arm.label for arm in scenario.arms] == ["As it was", "four roles", "skipped"]
    assert (scenario.split.start, scenario.split.end) == ("ordinary", "four_roles")
    assert [assumption.range for assumption in scenario.assumed] == [(5, 8), (3, 4)]
    with pytest.raises(KeyError):
        scenario.arm("none")


def test_the_scenario_knows_where_everything_was_written(tmp_path):
    scenario = read_text(tmp_path, MINE)
    place = scenario.where("tasks", "prop", "time", "mean")
    assert (place.line, place.column) == (19, 17)
    assert scenario.where("arms", "ordinary", "no", "such").line == 33


def test_a_file_without_arms_has_the_base_alone(tmp_path):
    text = MINE[: MINE.index("factors:")]
    (arm,) = read_text(tmp_path, text).arms
    assert (arm.name, arm.label, arm.factors) == ("base", "base", ())
    assert read_text(tmp_path, text + "arms: {}\n").arms == read_text(tmp_path, text).arms


def test_null_takes_away_and_lists_replace(tmp_path):
    text = changed(
        (
            "skipped: {with: [roles, drill], ",
            "skipped: {with: [drill], norm: null, tools: {pick: null}, tasks: {hew: {tools: null}}, ",
        )
    )
    skipped = read_text(tmp_path, text).arm("skipped").work
    assert (skipped.norm, skipped.tools, skipped.tasks["hew"].tools) == (None, {}, {})
    assert read_text(tmp_path, text).arm("ordinary").work.norm == 7


def test_what_may_be_written_shortly_means_the_same_at_length(tmp_path):
    short, long = read_text(tmp_path, MINE), read_text(
        tmp_path,
        changed(
            ("{time: 1, from: face, to: coal}", "{time: {mean: 1}, from: [face], to: [{share: 1, to: {coal: 1}}]}"),
            ("tools: pick}", "tools: {pick: 1}}"),
            ("all: [load, prop, hew]", "all: {tasks: [load, prop, hew]}"),
            ("speed: 1.1", "speed: {all: 1.1}"),
        ),
    )  # fmt: skip
    assert [arm.work for arm in short.arms] == [arm.work for arm in long.arms]


def test_closed_rounds_permits_and_losses_are_ways_of_working(tmp_path):
    """Carts that come back, customers who leave, rework that ends by chance, a first station without end."""
    text = """\
kind: work
version: 1
output: done
shift: {length: 100}
warm_up: auto
buffers: {queue: {limit: 0}, empty: {start: 3}, full: {}, done: {}, check: {}}
tasks:
  come: {time: {mean: 2, distribution: exponential}, automatic: true, to: queue, when_full: lost}
  load: {time: 1, from: {queue: 1, empty: 2}, to: {full: 2}}
  back: {time: 0, automatic: true, parallel: 4, from: full, to: [check, empty]}
  test: {time: 0, automatic: true, from: check, to: [{share: .9, to: done}, {share: .1, to: check}]}
roles: {loader: [load]}
crew: {size: 1, roles: [loader]}
"""
    assert told(tmp_path, text) == []
    lost_exit = text.replace(
        "{share: .9, to: done}, {share: .1, to: check}", "{share: 0, to: done}, {share: 1, to: check}"
    )
    assert told(tmp_path, lost_exit) == ["3:1: output: is `done`, into which no task that can ever start puts anything"]


def test_a_line_without_room_between_needs_two_people_or_one_who_follows(tmp_path):
    text = """\
kind: work
version: 1
output: done
shift: {length: 100}
buffers: {between: {limit: 0}, done: {}}
tasks: {first: {time: 1, to: between}, second: {time: 1, from: between, to: done}}
roles: {all: {tasks: [second, first]}}
crew: {size: 2, roles: [all]}
"""
    assert told(tmp_path, text) == []
    assert "6:58: tasks.second.from: takes from `between`" in told(tmp_path, text.replace("size: 2", "size: 1"))[0]
    follows = text.replace("size: 2", "size: 1").replace("first]}", "first], follow: true}")
    assert told(tmp_path, follows) == []
    named = text.replace("{size: 2, roles: [all]}", "{workers: {ann: {role: all}}}")
    assert "holding; give the buffer room" in told(tmp_path, named)[0]
    assert told(tmp_path, named.replace("{role: all}", "{role: all, follow: true}")) == []


def test_scenarios_and_registers_fail_in_the_same_way():
    assert issubclass(ScenarioError, FileError)
    assert issubclass(RegisterError, FileError)
    assert ScenarioError([]).exit_code == 2


def test_a_scenario_of_a_thousand_lines_is_read_in_a_moment(tmp_path):
    import time

    steps = [f"  step_{i}: {{time: 1, from: q_{i}, to: q_{i + 1}}}" for i in range(60)]
    text = "\n".join(
        [
            "kind: work\nversion: 1\noutput: q_60\nshift: {length: 100}\nbuffers:",
            *(f"  q_{i}: {{}}" for i in range(61)),
            "tasks:\n  come: {time: 1, automatic: true, to: q_0}",
            *steps,
            "roles:",
            *(f"  r_{i}: [step_{i}]" for i in range(60)),
            "crew: {roles: [" + ", ".join(f"r_{i}" for i in range(60)) + "]}",
            "arms:",
            *(f"  arm_{i}: {{tasks: {{step_{i}: {{time: 2}}}}}}" for i in range(60)),
        ]
    )
    began = time.perf_counter()
    assert len(read_text(tmp_path, text).arms) == 60
    assert time.perf_counter() - began < 5


def test_a_path_may_be_text(tmp_path):
    (tmp_path / "s.yml").write_text(MINE)
    assert read_scenario(str(tmp_path / "s.yml")).name == "s"


def test_the_scenario_in_the_documentation_has_nothing_wrong(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    text = page.split("```yaml\n")[1].split("```")[0]
    assert told(tmp_path, text) == []
    assert [arm.factors for arm in read_text(tmp_path, text).arms][2] == ("drill", "roles", "prepared")


def test_the_documentation_has_every_key_of_the_language():
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    models = (Work, Task, Buffer, Time, Role, Worker, Crew, Tool, Failing, Condition, Shift, Assumption, WorkFile)
    keys = {key for model in models for key in by_key(model)}
    assert {key for key in keys if not re.search(rf"\b{key}\b", page)} == {"description"}
