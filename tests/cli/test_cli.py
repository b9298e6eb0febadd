"""The command line's contract: what is printed where, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import pitprop
from pitprop.cli import main
from pitprop.cli.audit import FORMS, SEVERITY, _gate
from pitprop.cli.output import SUFFIXES
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit

REGISTER = """version: 1
sources:
  shifts: {path: shifts.csv}
metrics:
  - name: tonnes_per_shift
    type: simple
    source: shifts
    agg: average
    expr: tonnes
    entity: crew
    agg_time_dimension: day
    improvement_direction: increase
    config: {tags: [production]}
  - name: injuries
    type: simple
    source: shifts
    agg: sum
    expr: injured
    entity: crew
    agg_time_dimension: day
    improvement_direction: decrease
    config: {tags: [safety]}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A register with two metrics over honest shifts."""
    folder = tmp_path_factory.mktemp("project")
    rows = [
        f"c{crew},2026-{month:02d}-{day:02d},{6 + (crew * 7 + month * 5 + day) % 23 / 10},{day % 9 // 8}"
        for crew in range(4)
        for month in range(1, 13)
        for day in range(1, 11)
    ]
    (folder / "shifts.csv").write_text("crew,day,tonnes,injured\n" + "\n".join(rows) + "\n")
    (folder / "pitprop.yml").write_text(REGISTER)
    return folder


def run(*arguments: str, env: dict[str, str] | None = None):
    return CliRunner().invoke(main, list(arguments), env=env, prog_name="pitprop")


GOVERNANCE = ("-s", "family:governance", "--today", "2027-01-01")
"""Checks that need no data, for tests that are not about the data."""


def test_text_is_the_default_and_goes_to_standard_output(project):
    result = run("audit", str(project), *GOVERNANCE)
    assert result.exit_code == 0
    assert "tonnes_per_shift" in result.stdout
    assert "undecided" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("form", FORMS)
def test_every_format_comes_out_of_the_command_as_out_of_the_library(project, form, monkeypatch):
    monkeypatch.chdir(project)
    result = run("audit", "--format", form, *GOVERNANCE)
    from datetime import date

    audit = pitprop.audit(select="family:governance", today=date(2027, 1, 1))
    assert result.exit_code == 0
    assert result.stdout_bytes.decode() == audit.render(form)


def test_json_has_every_metric_with_its_ruling(project):
    told = json.loads(run("audit", str(project), "--format", "json", *GOVERNANCE).stdout)
    assert [(m["name"], m["ruling"]) for m in told["metrics"]] == [
        ("tonnes_per_shift", "undecided"),
        ("injuries", "undecided"),
    ]
    assert {f["check"] for f in told["metrics"][0]["findings"]} == {
        *("purpose", "decision", "owner", "outcome", "counter_metric", "review")
    }


@pytest.mark.parametrize(("suffix", "form"), sorted(SUFFIXES.items()))
def test_a_files_ending_says_its_format_and_the_text_is_still_printed(project, tmp_path, suffix, form):
    out = tmp_path / f"report{suffix}"
    result = run("audit", str(project), "-o", str(out), *GOVERNANCE)
    assert result.exit_code == 0
    assert "tonnes_per_shift" in result.stdout
    assert result.stderr == f"pitprop: the report is in {out}\n"
    direct = run("audit", str(project), "--format", form, *GOVERNANCE)
    assert out.read_text(encoding="utf-8") == direct.stdout_bytes.decode()


def test_an_unknown_ending_is_refused_before_any_work(project, tmp_path):
    result = run("audit", str(project), "-o", str(tmp_path / "report.docx"))
    assert result.exit_code == 2
    assert "no format goes with the ending" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_sentence(project, tmp_path):
    result = run("audit", str(project), "-o", str(tmp_path / "no" / "report.json"), *GOVERNANCE)
    assert result.exit_code == 2
    assert result.stderr.startswith("pitprop: error: cannot write")


def test_the_register_may_be_given_as_its_folder_or_its_file(project):
    folder = run("audit", str(project), "--format", "json", *GOVERNANCE)
    file = run("audit", str(project / "pitprop.yml"), "--format", "json", *GOVERNANCE)
    assert folder.stdout == file.stdout


def test_selection_leaves_the_rest_out(project):
    told = json.loads(
        run("audit", str(project), "--format", "json", "-s", "tag:safety,check:purpose", "-s", "check:owner").stdout
    )
    checks = {m["name"]: [f["check"] for f in m["findings"]] for m in told["metrics"]}
    assert checks == {"tonnes_per_shift": ["owner"], "injuries": ["purpose", "owner"]}


def test_a_selection_that_matches_nothing_is_wrong_usage(project):
    result = run("audit", str(project), "-s", "tag:safty")
    assert result.exit_code == 2
    assert result.stderr == (
        "pitprop: error: `tag:safty` matches nothing (did you mean safety?); there is production, safety\n"
    )


def test_every_option_can_be_given_in_the_environment(project):
    env = {
        "PITPROP_AUDIT_FORMAT": "json",
        "PITPROP_AUDIT_SELECT": "check:purpose check:owner",
        "PITPROP_AUDIT_FAIL_ON": "undecided",
    }
    result = run("audit", str(project), env=env)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert {f["check"] for m in told["metrics"] for f in m["findings"]} == {"purpose", "owner"}


def test_every_option_tells_its_variable():
    for name, command in main.commands.items():
        shown = run(name, "--help").stdout.replace("\n", " ")
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                variable = f"PITPROP_{name}_{max(parameter.opts, key=len).lstrip('-')}".upper().replace("-", "_")
                assert variable in "".join(shown.split())


@pytest.mark.parametrize(
    ("rulings", "fail_on", "code"),
    [
        (["keep"], "undecided", 0),
        (["undecided"], "undecided", 1),
        (["undecided"], "challenge", 0),
        (["undecided"], "discard", 0),
        (["keep", "challenge"], "undecided", 1),
        (["challenge"], "challenge", 1),
        (["challenge"], "discard", 0),
        (["discard", "keep"], "discard", 1),
        (["discard"], "challenge", 1),
        (["discard", "challenge"], "never", 0),
    ],
)
def test_the_gate_fails_on_a_ruling_at_or_above_what_is_asked(rulings, fail_on, code):
    assert _gate(_audit(*rulings), fail_on) == code


def test_what_could_not_be_run_wins_over_the_gate(capsys):
    assert _gate(_audit("discard", problem="there is no file s.csv"), "discard") == 3
    assert "pitprop: error: m0: there is no file s.csv" in capsys.readouterr().err
    assert _gate(_audit("keep", crashed=True), "never") == 3
    assert "The check bunching broke down" in capsys.readouterr().err


def test_retired_metrics_do_not_fail_the_gate():
    assert _gate(_audit("undecided", status="retired"), "undecided") == 0


def _audit(*rulings: str, problem: str = "", crashed: bool = False, status: str = "active") -> Audit:
    broken = Finding(state=State.NOT_APPLICABLE, says="The check bunching broke down.", data={"crashed": "ValueError"})
    verdicts = tuple(
        Verdict(
            metric=declared(name=f"m{i}", status=status),
            ruling=Ruling(ruling),
            because=("because",),
            remedy="",
            would_change=(),
            findings=(broken,) if crashed else (),
            rows=None,
            trend=None,
            definition_hash="",
            data_fingerprint="",
            problem=problem,
        )
        for i, ruling in enumerate(rulings)
    )
    return Audit(version="0", register="r", policy=Policy(), verdicts=verdicts)


def test_severities_and_formats_are_those_of_the_stages():
    from pitprop.report.render import FORMS as RENDERED

    assert FORMS == RENDERED
    assert {*SEVERITY, "keep"} == {r.value for r in Ruling}
    assert set(SUFFIXES.values()) == set(FORMS) - {"github"}


def test_forms_and_parts_of_a_simulation_are_those_of_the_stages():
    from pitprop.cli.simulate import PARTS, WORK_FORMS
    from pitprop.report.simulation import work_render
    from pitprop.simulate.work import study

    assert WORK_FORMS == work_render.WORK_FORMS
    assert PARTS == study.PARTS


def test_interruption_leaves_with_130(project, monkeypatch):
    from pitprop import api

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "audit", interrupted)
    result = run("audit", str(project))
    assert result.exit_code == 130
    assert result.stderr.strip() == "pitprop: error: interrupted"


def test_a_fault_of_ours_is_a_sentence_and_3(project, monkeypatch):
    from pitprop import api

    def broken(*args, **kwargs):
        raise RuntimeError("boom")

    monkeypatch.setattr(api, "audit", broken)
    result = run("audit", str(project))
    assert result.exit_code == 3
    assert "a fault in pitprop itself (RuntimeError: boom)" in result.stderr
    assert "Traceback" not in result.output


def test_wrong_usage_leaves_with_2():
    for arguments in (
        ["frobnicate"],
        ["audit", "--fail-on", "bad"],
        ["audit", "--today", "tomorrow"],
        ["explain"],
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("pitprop: error: ")
        assert "--help" in result.stderr


def test_a_reader_that_leaves_early_is_no_error(project):
    command = [sys.executable, "-m", "pitprop", "audit", str(project), *GOVERNANCE, "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        errors = process.stderr.read().decode()
        assert process.wait() == 0
    assert errors == ""


def test_version_and_help_leave_with_0():
    assert run("--version").stdout == f"pitprop {pitprop.__version__}\n"
    shown = run("--help")
    assert shown.exit_code == 0
    commands = ("audit", "diff", "lint", "init", "explain", "checks", "schema", "simulate")
    assert [c for c in commands if c not in shown.stdout] == []
    assert "Exit codes" in shown.stdout


def test_every_command_has_its_function_in_the_library():
    from pitprop import api

    assert [name for name in main.commands if not callable(getattr(api, name, None))] == []
    at_the_top = set(pitprop.__all__) - {"PitpropError", "__version__"}
    stages = {folder.name for folder in Path(pitprop.__file__).parent.iterdir() if folder.is_dir()}
    assert at_the_top == set(main.commands) - stages


def test_lint_is_quiet_on_a_good_register(project):
    result = run("lint", str(project))
    assert result.exit_code == 0
    assert result.stdout == f"{project / 'pitprop.yml'}: nothing wrong\n"


def test_checks_lists_every_check(project):
    lines = run("checks").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[e.check.code, e.name] for e in pitprop.checks()]
    told = json.loads(run("checks", "--format", "json").stdout)
    assert [c["name"] for c in told] == [e.name for e in pitprop.checks()]
    assert all(c["title"].endswith("?") and c["source"] for c in told)


@pytest.mark.parametrize("name", ["purpose", "PP501", "pp501", " Purpose "])
def test_explain_prints_the_page_of_a_check(name):
    page = run("explain", name).stdout
    assert page.startswith("PP501 purpose (governance)\n\nPurpose: does anyone say what the work is for?")
    assert "Blind to\n--------\n" in page


@pytest.mark.parametrize(
    ("term", "says"),
    [
        ("discard", "discard (ruling): There is positive evidence"),
        ("suspect", "suspect (state of a finding): The whole interval"),
        ("grade B", "grade B (strength of a design): before and after the target"),
        ("governance", "governance (family of checks): Is it said"),
        ("not-applicable", "not applicable (state of a finding)"),
    ],
)
def test_explain_knows_rulings_states_grades_and_families(term, says):
    assert run("explain", term).stdout.startswith(says)


def test_explain_tells_the_nearest():
    result = run("explain", "purpos")
    assert result.exit_code == 2
    assert "did you mean purpose?" in result.stderr


def test_schema_prints_the_json_schema_of_the_register():
    told = json.loads(run("schema").stdout)
    assert told["title"] == "pitprop-register-v1"
    assert "metrics" in told["properties"]
    assert told == pitprop.schema("register")
    assert run("schema", "scenario").exit_code == 2


def test_init_writes_a_register_that_can_be_audited_at_once(project, tmp_path, monkeypatch):
    (tmp_path / "shifts.csv").write_text((project / "shifts.csv").read_text())
    monkeypatch.chdir(tmp_path)
    result = run("init", "shifts.csv")
    assert result.exit_code == 0
    assert '"day" is taken to say when' in result.stdout
    assert run("lint").exit_code == 0
    assert run("audit", *GOVERNANCE).exit_code == 0


def test_init_does_not_overwrite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pitprop.yml").write_text("mine")
    refused = run("init")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert (tmp_path / "pitprop.yml").read_text() == "mine"
    assert run("init", "--force").exit_code == 0
    assert "version: 1" in (tmp_path / "pitprop.yml").read_text()
    assert [f.name for f in tmp_path.iterdir()] == ["pitprop.yml"]


def test_init_writes_paths_relative_to_the_register(project, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shifts.csv").write_text((project / "shifts.csv").read_text())
    assert run("init", str(tmp_path / "data" / "shifts.csv"), "-o", str(tmp_path / "pitprop.yml")).exit_code == 0
    assert "path: data/shifts.csv" in (tmp_path / "pitprop.yml").read_text()


def test_init_of_a_table_that_is_not_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("init", "gone.csv")
    assert result.exit_code == 3
    assert "gone.csv" in result.stderr
    assert not (tmp_path / "pitprop.yml").exists()


def test_the_same_data_give_the_same_bytes_whatever_the_hash_seed(project):
    command = [sys.executable, "-m", "pitprop", "audit", str(project), "--format", "json", "--today", "2027-01-01"]
    told = []
    for seed in ("0", "4711"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run(command, capture_output=True, check=True, env=env)
        told.append(ran.stdout)
    assert told[0] == told[1]
    assert len(json.loads(told[0])["metrics"]) == 2
