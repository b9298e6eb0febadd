"""The command line against files that are broken, and registers whose words are traps."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pitprop.cli import main

REGISTER = """version: 1
sources:
  rows: {path: rows.csv}
metrics:
  - name: tonnes
    type: simple
    source: rows
    agg: average
    expr: x
    entity: unit
    agg_time_dimension: day
    improvement_direction: increase
"""
LAST = len(REGISTER.splitlines())
GOVERNANCE = ("-s", "family:governance", "--today", "2027-01-01")
TRAP = (
    "</script><script>alert(1)</script> ]]> | `x` ::error file=x,line=1::pwn %0A \"q\" 'q' \u202e \x7f &amp; <b> "
    "${{ secrets.X }} [a](javascript:alert(1))"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = [
        f"c{u},2026-{m:02d}-{d:02d},{6 + (u * 7 + m * 5 + d * 3) % 23 / 10}"
        for u in range(4)
        for m in range(1, 13)
        for d in range(1, 6)
    ]
    (tmp_path / "rows.csv").write_text("unit,day,x\n" + "\n".join(rows) + "\n")
    (tmp_path / "pitprop.yml").write_text(REGISTER)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def pitprop(*arguments: str) -> Result:
    told = CliRunner().invoke(main, list(arguments))
    assert told.exception is None or isinstance(told.exception, SystemExit)
    assert "Traceback" not in told.output
    assert "fault in pitprop" not in told.output
    return told


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not JSON (line 1, column 1"),
        (bytes(range(256)), "is not in UTF-8"),
        (b"[]", "is no audit"),
        (b"null", "is no audit"),
        (b'{"pitprop": "1", "metrics": NaN}', "NaN is no JSON"),
        (b'{"pitprop": "1", "metrics": 3}', "metrics has to be a list"),
        (b'{"pitprop": "1", "metrics": [3]}', "metrics[0] has to be a mapping"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"metrics": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_what_is_no_audit_is_not_compared(folder: Path, content: bytes, says: str) -> None:
    pitprop("audit", "-o", "good.json", *GOVERNANCE)
    (folder / "bad.json").write_bytes(content)
    for pair in (("bad.json", "good.json"), ("good.json", "bad.json")):
        told = pitprop("diff", *pair)
        assert told.exit_code == 2
        assert told.stdout == ""
        assert told.stderr.startswith("pitprop: error: bad.json: ")
        assert says in told.stderr


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("metrics", 0, "ruling"), "splendid", 'metrics[0].ruling is "splendid"; it has to be one of keep, challenge'),
        (("metrics", 0, "findings"), "x", "metrics[0].findings has to be a list"),
        (("metrics", 0, "findings", 0, "state"), 7, "metrics[0].findings[0].state is 7; it has to be one of clear"),
        (("metrics", 0, "findings", 0, "effect"), "much", "metrics[0].findings[0].effect has to be a number"),
        (("metrics", 0, "findings", 0, "interval"), [1], "metrics[0].findings[0].interval has to be a list of two"),
    ],
)
def test_a_tampered_audit_is_refused_at_its_place(folder: Path, path: tuple, value: Any, says: str) -> None:
    pitprop("audit", "-o", "good.json", *GOVERNANCE)
    document = place = json.loads((folder / "good.json").read_text())
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (folder / "bad.json").write_text(json.dumps(document))
    told = pitprop("diff", "good.json", "bad.json")
    assert told.exit_code == 2
    assert f"bad.json: {says}" in told.stderr


def test_an_audit_saved_on_windows_is_compared(folder: Path) -> None:
    pitprop("audit", "-o", "good.json", *GOVERNANCE)
    saved = (folder / "good.json").read_bytes().replace(b"\n", b"\r\n")
    (folder / "windows.json").write_bytes(b"\xef\xbb\xbf" + saved)
    assert pitprop("diff", "good.json", "windows.json", "--fail-on", "any").exit_code == 0


def test_a_register_and_a_table_saved_on_windows_are_read(folder: Path) -> None:
    before = pitprop("audit", "--format", "csv", *GOVERNANCE).stdout
    for name in ("pitprop.yml", "rows.csv"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert pitprop("lint").exit_code == 0
    assert pitprop("audit", "--format", "csv", *GOVERNANCE).stdout == before
    whole = json.loads(pitprop("audit", "--format", "json", "--fail-on", "never").stdout)["metrics"][0]
    assert (whole["problem"], whole["rows"]["kept"]) == ("", 240)


def test_a_missing_folder_is_told_before_anything_is_audited(folder: Path) -> None:
    (folder / "rows.csv").unlink()
    told = pitprop("audit", "-o", "missing/report.html")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == (
        "pitprop: error: cannot write missing/report.html: there is no folder missing; make it, or write elsewhere\n"
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("competing: spare", "competing: is 'spare'; it must be a list"),
        ("competing: [nobody]", "competing[0]: 'nobody' is not a metric of this register; allowed: tonnes"),
        ("competing: [tonnes]", "competing[0]: is the metric itself"),
        ("serves: [coal]", "serves[0]: 'coal' is not one of the register's `purposes`"),
        ("case_mix: SELECT 1", "case_mix: the expression starts with SELECT"),
        ("exclusion: sum(x) > 3", "exclusion: the expression uses the aggregate `sum`"),
        ("exclusion: true", "exclusion: is true, which YAML does not read as text; put it in quotes"),
        (
            "revisions: loaded",
            "revisions: is 'loaded'; it must be a mapping (`key: value`); allowed: loaded, mode, due",
        ),
        ("revisions: {loaded: day, mode: replace}", "revisions.mode: is 'replace'; allowed: append, snapshot"),
        ("revisions: {mode: append}", "revisions.loaded: is missing"),
        ("revisions: {loaded: day, due: -1}", "revisions.due: is -1; it must be at least 0"),
        ("revisions: {loaded: day, dew: 3}", "revisions.dew: `dew` is not a key of `revisions`"),
        ("events: {date: 2026-01-01, kind: work}", "events: is a mapping; it must be a list"),
        ("events: [{date: 2026-13-01, kind: work}]", "events[0].date: is '2026-13-01'"),
        ("events: [{date: 2026-01-01, kind: party}]", "events[0].kind: is 'party'; allowed: definition, work"),
        ("events: [{kind: work}]", "events[0].date: is missing"),
    ],
)
def test_a_new_field_that_is_wrong_is_named_with_its_line_and_what_is_allowed(
    folder: Path, line: str, says: str
) -> None:
    (folder / "pitprop.yml").write_text(f"{REGISTER}    {line}\n")
    told = pitprop("audit")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith(f"pitprop: error: pitprop.yml:{LAST + 1}:")
    assert f"metrics[0].{says}" in told.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("purposes: coal", "purposes: is 'coal'; it must be a list"),
        ("purposes: [{name: Coal}]", "purposes[0].name: is 'Coal'"),
        ("purposes: [{name: coal, weight: 0}]", "purposes[0].weight: is 0; it must be more than 0"),
        ("purposes: [{name: coal}, {name: coal}]", "purposes[1].name: is 'coal', the name of another purpose"),
        ("purpose: [{name: coal}]", "`purpose` is not a key of the register"),
    ],
)
def test_purposes_that_are_wrong_are_named_with_their_line(folder: Path, line: str, says: str) -> None:
    (folder / "pitprop.yml").write_text(f"{REGISTER}{line}\n")
    told = pitprop("lint")
    assert told.exit_code == 2
    assert told.stdout.startswith(f"pitprop.yml:{LAST + 1}:")
    assert says in told.stdout


def trapped(folder: Path) -> None:
    """A register with the trap in every field that takes words, in the entities and in the risk groups."""
    metric = {
        "name": "tonnes",
        "type": "simple",
        "source": "rows",
        "agg": "average",
        "expr": "x",
        "entity": "unit || '</script><img src=x onerror=alert(1)>'",
        "agg_time_dimension": "day",
        "improvement_direction": "increase",
        "owner": {"name": TRAP, "email": TRAP},
        "unit": TRAP[:20],
        "targets": [{"op": "gte", "value": 7, "since": "2026-06-01", "stakes": "bonus"}],
        "events": [{"date": "2026-03-01", "kind": "definition", "note": TRAP}],
        "known_risks": [{"kind": TRAP[:90], "note": TRAP}],
        "alternatives": [TRAP],
        "waivers": [{"check": "bunching", "reason": TRAP, "owner": TRAP, "expires": "2030-01-01"}],
        "revisions": {"loaded": "day", "due": 3},
        "case_mix": "'<i>g'",
        "serves": ["coal"],
        "config": {"tags": [TRAP]},
        **dict.fromkeys(("label", "description", "purpose", "decision"), TRAP),
    }
    whole = {
        "version": 1,
        "sources": {"rows": {"path": "rows.csv"}},
        "purposes": [{"name": "coal", "description": TRAP}],
        "metrics": [metric],
    }
    (folder / "pitprop.yml").write_text(json.dumps(whole), encoding="utf-8")


@pytest.mark.parametrize("form", ["json", "jsonl", "sarif", "junit", "html", "github", "csv", "markdown", "text"])
def test_words_that_are_traps_stay_words(folder: Path, form: str) -> None:
    trapped(folder)
    told = pitprop("audit", "--format", form, "--fail-on", "never")
    assert told.exit_code == 0
    page = told.stdout
    if form in ("json", "sarif"):
        document = json.loads(page)
        runs = document["runs"][0]["results"] if form == "sarif" else document["metrics"]
        assert len(runs) >= 1
    elif form == "jsonl":
        assert all(json.loads(line) for line in page.splitlines())
    elif form == "junit":
        assert ElementTree.fromstring(page).tag == "testsuites"
    elif form == "csv":
        cells = {cell for row in csv.reader(io.StringIO(page)) for cell in row}
        assert not {c for c in cells if c[:1] in ("=", "+", "@")}
    elif form == "html":
        assert page.count("<script>alert") == page.count("<img src=x") == page.count('href="javascript') == 0
    elif form == "github":
        assert all(line.startswith(("::warning ", "::error ", "::notice ")) for line in page.splitlines())
        assert page.count("::error file=x") == 0
    if form in ("html", "github", "markdown", "text"):
        assert not {c for c in page if c in "\u202e\x7f\x1b\x00"}
