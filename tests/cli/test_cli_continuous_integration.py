"""The command line in continuous integration: formats, gates, summaries, and what changed since last time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from pitprop.cli import main

REGISTER = """version: 1
sources:
  shifts: {path: shifts.csv}
metrics:
  - name: tonnes_per_shift
    type: simple
    source: shifts
    agg: average
    expr: tonnes
    improvement_direction: increase

  - name: injuries
    type: simple
    source: shifts
    agg: sum
    expr: injured
    improvement_direction: decrease
"""
GOVERNANCE = ("-s", "family:governance", "--today", "2027-01-01")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A register in the working folder, outside of any continuous integration."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "shifts.csv").write_text("tonnes,injured\n7,0\n6,1\n")
    (tmp_path / "pitprop.yml").write_text(REGISTER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, env: dict[str, str] | None = None):
    return CliRunner().invoke(main, list(arguments), env=env, prog_name="pitprop")


def test_github_annotations_stand_at_the_lines_of_the_metrics(project: Path) -> None:
    told = run("audit", "--format", "github", "--fail-on", "undecided", *GOVERNANCE)
    assert told.exit_code == 1
    assert [line.split(",title=")[0] for line in told.stdout.splitlines()] == [
        "::error file=pitprop.yml,line=5,col=5",
        "::error file=pitprop.yml,line=12,col=5",
    ]
    milder = run("audit", "--format", "github", *GOVERNANCE)
    assert milder.exit_code == 0
    assert milder.stdout.startswith("::notice ")


def test_places_are_those_of_included_files(project: Path) -> None:
    head, metrics = REGISTER.split("metrics:\n")
    (project / "pitprop.yml").write_text(f"{head}metrics: metrics/*.yml\n")
    (project / "metrics").mkdir()
    (project / "metrics" / "mine.yml").write_text(f"metrics:\n{metrics}")
    told = run("audit", "--format", "sarif", *GOVERNANCE)
    places = {
        (p["artifactLocation"]["uri"], p["region"]["startLine"])
        for r in json.loads(told.stdout)["runs"][0]["results"]
        for p in [r["locations"][0]["physicalLocation"]]
    }
    assert {("metrics/mine.yml", 2), ("metrics/mine.yml", 9)} <= places


def test_the_summary_is_added_to_the_page_of_the_step(project: Path) -> None:
    page = project / "summary.md"
    page.write_text("before")
    env = {"GITHUB_STEP_SUMMARY": str(page)}
    assert run("audit", "--format", "github", *GOVERNANCE, env=env).exit_code == 0
    told = page.read_text(encoding="utf-8")
    assert told.startswith("before\n# Metric audit of pitprop.yml\n")
    assert "| Ruling | Metric | Why |" in told
    assert run("audit", "--format", "markdown", *GOVERNANCE, env=env).exit_code == 0
    assert page.read_text(encoding="utf-8") == told


def test_a_summary_that_cannot_be_written_changes_no_exit_code(project: Path) -> None:
    told = run("audit", "--format", "github", *GOVERNANCE, env={"GITHUB_STEP_SUMMARY": str(project)})
    assert told.exit_code == 0
    assert "no summary is in" in told.stderr
    assert told.stdout.startswith("::notice")


def test_junit_fails_what_the_gate_fails(project: Path) -> None:
    told = json.loads(run("audit", "--format", "json", *GOVERNANCE).stdout)
    gaps = sum(f["state"] == "suspect" for m in told["metrics"] for f in m["findings"])
    for fail_on, code, failures in (("undecided", 1, 2 + gaps), ("challenge", 0, 0)):
        told = run("audit", "-o", "report.xml", "--fail-on", fail_on, *GOVERNANCE)
        assert told.exit_code == code
        assert ElementTree.parse(project / "report.xml").getroot().get("failures") == str(failures)


def test_two_audits_are_compared_and_a_worse_ruling_fails(project: Path) -> None:
    run("audit", "-o", "old.json", *GOVERNANCE)
    run("audit", "-o", "same.json", *GOVERNANCE)
    document = json.loads((project / "old.json").read_text())
    document["metrics"][1]["ruling"] = "discard"
    (project / "new.json").write_text(json.dumps(document))
    assert run("diff", "old.json", "same.json", "--fail-on", "any").exit_code == 0
    worse = run("diff", "old.json", "new.json")
    assert worse.exit_code == 1
    assert worse.stderr == ""
    assert "injuries\n  worse    Its ruling went from undecided to discard" in worse.stdout
    assert run("diff", "new.json", "old.json").exit_code == 0
    assert run("diff", "new.json", "old.json", "--fail-on", "any").exit_code == 1
    assert run("diff", "old.json", "new.json", env={"PITPROP_DIFF_FAIL_ON": "never"}).exit_code == 0
    assert json.loads(run("diff", "old.json", "new.json", "--format", "json").stdout)["worse"] == 1
    assert run("diff", "old.json", "new.json", env={"PITPROP_DIFF_FORMAT": "markdown"}).stdout.startswith("# Changes")


def test_a_file_that_cannot_be_compared_leaves_with_2(project: Path) -> None:
    run("audit", "-o", "old.json", *GOVERNANCE)
    told = run("diff", "old.json", "pitprop.yml")
    assert told.exit_code == 2
    assert told.stderr.startswith("pitprop: error: pitprop.yml: is not JSON (line 1")
    assert told.stdout == ""
    assert "gone.json: cannot be read" in run("diff", "gone.json", "old.json").stderr


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "markdown", "junit", "sarif", "github", "html"])
def test_standard_output_holds_the_report_and_nothing_else(project: Path, form: str) -> None:
    told = run("audit", "--format", form, "--fail-on", "never", "-s", "name:injuries")
    direct = run("audit", "-o", "report.out", "--format", form, "--fail-on", "never", "-s", "name:injuries")
    assert direct.exit_code == told.exit_code == 0
    assert (project / "report.out").read_bytes() == told.stdout_bytes


def test_no_color_is_honoured_on_a_terminal(project: Path) -> None:
    import pty

    def shown(**env: str) -> bytes:
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "pitprop", "audit", *GOVERNANCE]
        bare = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
        written = b""
        with subprocess.Popen(command, stdout=follower, env={**bare, "TERM": "xterm", **env}):
            os.close(follower)
            try:
                while piece := os.read(leader, 65536):
                    written += piece
            except OSError:  # how Linux tells that the other end is closed
                pass
        os.close(leader)
        return written

    assert b";36m? undecided" in shown()
    plain = shown(NO_COLOR="1")
    assert b"? undecided" in plain
    assert b";36m" not in plain


def test_the_lists_of_checks_hold_those_of_the_register_as_a_whole() -> None:
    told = {c["name"]: c["of"] for c in json.loads(run("checks", "--format", "json").stdout)}
    assert told["concentration"] == "register"
    assert told["bunching"] == told["owner"] == "metric"
    assert " concentration " in run("checks").stdout
    assert "\n\nConcentration: do" in run("explain", "concentration").stdout


def test_explain_knows_the_rule_of_a_ruling() -> None:
    assert run("explain", "PP000").stdout.startswith("PP000 ruling (rule in SARIF): The ruling on a metric")


def test_the_gates_are_those_of_the_library() -> None:
    from pitprop.report.difference import GATES
    from pitprop.report.difference_words import FORMS

    told = {p.name: tuple(p.type.choices) for p in main.commands["diff"].params if hasattr(p.type, "choices")}
    assert told == {"form": FORMS, "fail_on": GATES}


PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")


def test_every_command_and_option_in_the_documentation_is_there() -> None:
    told = [line.split("#")[0].split() for line in re.findall(r"(?:^|run: |- )pitprop (.+)", PAGE, re.MULTILINE)]
    assert len(told) >= 8
    for name, *words in told:
        options = {o for parameter in main.commands[name].params for o in parameter.opts}
        assert {w for w in words if w.startswith("-")} <= options
    for variable in re.findall(r"PITPROP_AUDIT_\w+", PAGE):
        assert variable in run("audit", "--help").stdout


def test_the_snippets_in_the_documentation_are_yaml() -> None:
    from ruamel.yaml import YAML

    snippets = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    github, gitlab, hooks = (YAML(typ="safe").load(text) for text in snippets)
    uses = [step.get("uses", "") for step in github["jobs"]["audit"]["steps"]]
    assert any(u.startswith("github/codeql-action/upload-sarif@") for u in uses)
    assert gitlab["metrics"]["artifacts"]["reports"]["junit"] == "pitprop.xml"
    assert hooks["repos"][0]["hooks"] == [{"id": "pitprop-lint"}]
