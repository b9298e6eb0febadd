"""Scenarios on the command line: checked by their kind, described by a schema, begun from an example."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import pitprop
from pitprop.cli import main
from pitprop.define.examples import examples

SCENARIO = """\
kind: work
version: 1
output: done
shift: {length: 60}
buffers: {done: {}}
tasks: {make: {time: 2, to: done}}
roles: {maker: [make]}
crew: {roles: [maker]}
"""


def run(*arguments: str) -> Result:
    found = CliRunner().invoke(main, list(arguments))
    assert "Traceback" not in found.output
    assert "fault in pitprop" not in found.output
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lint_reads_a_scenario_as_a_scenario(folder: Path) -> None:
    (folder / "shop.yml").write_text(SCENARIO)
    found = run("lint", "shop.yml")
    assert (found.exit_code, found.stdout) == (0, "shop.yml: nothing wrong\n")
    assert pitprop.lint("shop.yml") == ()


def test_lint_tells_every_problem_of_a_scenario_at_its_line(folder: Path) -> None:
    (folder / "shop.yml").write_text(SCENARIO.replace("time: 2", "time: -2").replace("[maker]}", "[makr]}"))
    found = run("lint", "shop.yml")
    assert found.exit_code == 2
    assert found.stdout.splitlines() == [
        "shop.yml:6:16: tasks.make.time: is -2; it must be at least 0",
        "shop.yml:8:16: crew.roles[0]: 'makr' is not a role; allowed: maker; did you mean maker?",
    ]
    assert [problem.line for problem in pitprop.lint("shop.yml")] == [6, 8]


def test_a_scenario_written_as_json_is_a_scenario(folder: Path) -> None:
    scenario = {"kind": "work", "version": 1, "output": "done", "shift": {"length": 60}, "buffers": {"done": {}}}
    scenario["tasks"] = {"rain": {"time": 1, "automatic": True, "to": "done"}}
    (folder / "shop.json").write_text("# as JSON\n" + json.dumps(scenario, indent=1))
    assert run("lint", "shop.json").stdout == "shop.json: nothing wrong\n"


def test_a_register_that_uses_the_word_kind_is_a_register(folder: Path) -> None:
    (folder / "pitprop.yml").write_text("version: 1\nmetrics:\n  - name: a\n    events: [{kind: work}]\n")
    assert "sources: is missing" in run("lint").stdout


def test_the_schema_of_scenarios_is_printed(folder: Path) -> None:
    assert json.loads(run("schema", "work").stdout)["title"] == "pitprop-work-v1"
    assert json.loads(run("schema").stdout)["title"] == "pitprop-register-v1"
    assert pitprop.schema("work")["properties"]["kind"]["const"] == "work"
    assert (
        run("schema", "wrok").stderr
        == "pitprop: error: there is no schema called 'wrok'; there are `register` and `work`\n"
    )


def test_an_unknown_example_is_answered_with_those_that_there_are(folder: Path) -> None:
    found = run("init", "--example", "nothing_like_it")
    assert found.exit_code == 2
    assert found.stderr.startswith("pitprop: error: there is no example called 'nothing_like_it'")
    assert found.stderr.rstrip().endswith("there are " + (", ".join(examples()) or "none"))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", examples())
def test_every_example_is_written_as_it_is_and_has_nothing_wrong(folder: Path, name: str) -> None:
    found = run("init", "--example", name)
    file = folder / (name.rsplit("/")[-1] + ".yml")
    assert (found.exit_code, file.read_bytes()) == (0, examples()[name].read_bytes())
    assert run("lint", file.name).stdout == f"{file.name}: nothing wrong\n"
    assert f"pitprop lint {file.name}" in found.stdout
    again = run("init", "--example", name)
    assert (again.exit_code, "--force overwrites it" in again.stderr) == (2, True)


def test_an_example_is_not_made_from_a_table(folder: Path) -> None:
    assert "give one or the other" in run("init", "rows.csv", "--example", "mine").stderr
