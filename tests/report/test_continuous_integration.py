"""JUnit XML, SARIF and GitHub's workflow commands of audits built by hand."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_audit import finding, hostile, metric, sample, verdict

from pitprop.define.place import Place
from pitprop.errors import PitpropError
from pitprop.examine.finding import State
from pitprop.judge.verdict import Ruling
from pitprop.report.audit import Audit
from pitprop.report.github import SUMMARY_BYTES, attribute, data, summary
from pitprop.report.location import file_of, uri_of
from pitprop.report.sarif import message

PLACES = {"tonnes_per_shift": Place(file="metrics/coal mine.yml", line=12, column=5)}


def placed() -> Audit:
    return dataclasses.replace(sample(), places=PLACES)


def only(*verdicts: object, **changes: object) -> Audit:
    return dataclasses.replace(sample(), verdicts=verdicts, portfolio=(), **changes)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """In a working folder of its own, in no continuous integration."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


# ---- which rulings fail


@pytest.mark.parametrize(
    ("fail_on", "names"),
    [
        ("never", set()),
        ("discard", {"reports_filed"}),
        ("challenge", {"reports_filed", "tonnes_per_shift"}),
        ("undecided", {"reports_filed", "tonnes_per_shift", "ponies_per_gallery", "lamps_lit"}),
    ],
)
def test_a_gate_fails_on_its_ruling_and_on_graver_ones(fail_on: str, names: set[str]) -> None:
    assert {v.metric.name for v in sample().failing(fail_on)} == names


def test_a_gate_that_is_not_known_is_refused_and_not_taken_for_never() -> None:
    with pytest.raises(PitpropError, match="nothing fails on 'chalenge'; choose one of discard, challenge"):
        sample().render("junit", fail_on="chalenge")


# ---- JUnit

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "file"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
}
"""Elements and attributes that the schema of the Jenkins xUnit plug-in (junit-10.xsd) knows, as far as used."""
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}


def junit(audit: Audit, fail_on: str = "challenge") -> ElementTree.Element:
    return ElementTree.fromstring(audit.render("junit", fail_on=fail_on))


def case(root: ElementTree.Element, suite: str, name: str) -> ElementTree.Element:
    found = root.find(f"testsuite[@name='{suite}']/testcase[@name='{name}']")
    assert found is not None
    return found


@pytest.mark.parametrize("audit", [sample(), hostile(), only()], ids=["sample", "hostile", "empty"])
def test_junit_has_only_what_the_schema_knows_and_counts_what_it_has(audit: Audit) -> None:
    root = junit(audit)
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for kind, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(count, "")) == sum(c.find(kind) is not None for c in cases)
            assert all(len(c.findall(kind)) <= 1 for c in cases)
    assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    assert int(root.get("failures", "")) == len(root.findall(".//failure"))


def test_junit_has_a_suite_for_each_metric_and_a_case_for_its_ruling_and_each_check() -> None:
    root = junit(sample())
    assert [suite.get("name") for suite in root] == [
        *(v.metric.name for v in sample().verdicts),
        "the register as a whole",
    ]
    first = sample().verdicts[0]
    names = [c.get("name") for c in root[0].findall("testcase")]
    assert names == ["ruling", *(f.check for f in first.findings)]
    assert {c.get("classname") for c in root[0].findall("testcase")} == {"tonnes_per_shift"}


def test_junit_fails_a_ruling_at_the_gate_and_the_suspicions_that_it_rests_on() -> None:
    root = junit(sample(), "challenge")
    told = case(root, "tonnes_per_shift", "ruling").find("failure")
    assert told is not None
    assert told.get("type") == "challenge"
    assert "31% of them" in told.get("message", "")
    assert case(root, "tonnes_per_shift", "bunching").find("failure") is not None
    assert case(root, "tonnes_per_shift", "heaping").find("failure") is None
    assert case(root, "injury_rate", "ruling").find("failure") is None
    milder = junit(sample(), "discard")
    assert case(milder, "tonnes_per_shift", "bunching").find("failure") is None
    assert case(milder, "reports_filed", "predictive").find("failure") is not None
    assert junit(sample(), "never").findall(".//failure") == []


def test_junit_skips_what_is_not_applicable_and_says_what_it_needs() -> None:
    told = case(junit(sample()), "tonnes_per_shift", "predictive").find("skipped")
    assert told is not None
    assert told.get("message") == "No outcome is declared. declare `outcome`"


def test_junit_makes_an_error_of_what_could_not_be_run() -> None:
    crash = finding("bunching", State.NOT_APPLICABLE, "The check bunching broke down.", data={"crashed": "ValueError"})
    root = junit(only(verdict(metric("m0"), Ruling.UNDECIDED, findings=(crash,)), sample().verdicts[-1]))
    assert case(root, "m0", "bunching").find("error") is not None
    unread = case(root, "lamps_lit", "ruling").find("error")
    assert unread is not None
    assert "there is no such file" in unread.get("message", "")
    assert root.get("errors") == "2"


def test_junit_does_not_fail_a_suspicion_that_is_waived_or_that_chance_explains() -> None:
    suspect = {"state": State.SUSPECT, "says": "A pile.", "code": "PP101", "effect": 0.3, "n": 100}
    waived = finding("bunching", waived="known (office, until 2027-01-31)", q_value=0.001, **suspect)
    chance = finding("heaping", q_value=0.4, **suspect)
    counts = finding("guardrail", q_value=0.01, **suspect)
    root = junit(only(verdict(metric("m0"), Ruling.CHALLENGE, findings=(waived, chance, counts))))
    failed = [c.get("name") for c in root.iter("testcase") if c.find("failure") is not None]
    assert failed == ["ruling", "guardrail"]
    assert "waived: known" in (case(root, "m0", "bunching").findtext("system-out") or "")


def test_gaps_in_a_declaration_fail_only_where_undecided_fails() -> None:
    gap = finding("owner", State.SUSPECT, "No owner.", code="PP503")
    audit = only(verdict(metric("m0"), Ruling.CHALLENGE, findings=(gap,)), verdict(metric("m1"), Ruling.UNDECIDED))
    assert case(junit(audit, "undecided"), "m0", "owner").find("failure") is None
    audit = only(verdict(metric("m0"), Ruling.UNDECIDED, findings=(gap,)))
    assert case(junit(audit, "undecided"), "m0", "owner").find("failure") is not None
    assert case(junit(audit, "challenge"), "m0", "owner").find("failure") is None


@given(st.text(max_size=200))
def test_junit_is_well_formed_whatever_a_finding_says(says: str) -> None:
    bad = finding("bunching", State.SUSPECT, says, code="PP101", needed=says, waived=says)
    root = junit(only(verdict(metric("m0"), Ruling.DISCARD, findings=(bad,), because=(says,), problem=says)))
    assert root.find("testsuite/testcase[@name='bunching']/system-out") is not None


# ---- SARIF


def sarif(audit: Audit) -> dict:
    told = json.loads(audit.render("sarif"))
    assert told["version"] == "2.1.0"
    assert told["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = told["runs"]
    return run


@pytest.mark.parametrize("audit", [placed(), hostile(), only()], ids=["sample", "hostile", "empty"])
def test_sarif_has_what_the_standard_and_code_scanning_require(audit: Audit) -> None:
    run = sarif(audit)
    driver = run["tool"]["driver"]
    assert driver["name"] == "pitprop"
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
    fingerprints = set()
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        where = location["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9%/._~-]+", where["artifactLocation"]["uri"])
        assert where["region"]["startLine"] >= 1
        assert where["region"]["startColumn"] >= 1
        fingerprints.add(result["partialFingerprints"]["pitprop/v1"])
    assert len(fingerprints) == len(run["results"])


def test_sarif_points_at_the_line_of_the_metric() -> None:
    first = next(r for r in sarif(placed())["results"] if r["ruleId"] == "PP101")
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "metrics/coal%20mine.yml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12, "startColumn": 5},
            },
            "logicalLocations": [
                {
                    "name": "tonnes_per_shift",
                    "fullyQualifiedName": "metrics.tonnes_per_shift",
                    "kind": "object",
                }
            ],
        }
    ]
    assert first["properties"]["interval"] == [0.281, 0.343]


def test_sarif_has_a_result_for_each_suspicion_that_counts_at_the_level_of_its_ruling() -> None:
    told = [(r["ruleId"], r["level"], r["properties"].get("ruling")) for r in sarif(sample())["results"]]
    assert told == [
        ("PP101", "warning", "challenge"),
        ("PP201", "warning", "challenge"),
        ("PP401", "error", "discard"),
        ("PP000", "note", "undecided"),
        ("PP000", "note", "undecided"),
    ]


def test_sarif_has_a_result_for_a_ruling_that_no_suspicion_accounts_for() -> None:
    gap = finding("decision", State.SUSPECT, "No decision.", code="PP502")
    costly = verdict(metric("m0"), Ruling.CHALLENGE, findings=(gap,), because=("It costs and decides nothing.",))
    results = sarif(only(costly))["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [("PP000", "warning"), ("PP502", "note")]
    assert results[0]["message"]["text"].startswith("m0: It costs and decides nothing.")


def test_sarif_leaves_out_what_is_waived_or_retired() -> None:
    waived = finding("bunching", State.SUSPECT, "A pile.", code="PP101", waived="known (office, until 2027)")
    kept = verdict(metric("m0"), Ruling.KEEP, findings=(waived,))
    retired = verdict(metric("m1", status="retired"), Ruling.UNDECIDED)
    assert sarif(only(kept, retired))["results"] == []


def test_sarif_fingerprints_stay_when_numbers_and_lines_change() -> None:
    def prints(audit: Audit) -> list[str]:
        return [r["partialFingerprints"]["pitprop/v1"] for r in sarif(audit)["results"]]

    first, *others = sample().verdicts
    louder = tuple(dataclasses.replace(f, says=f"{f.says} Again.", n=f.n + 1) for f in first.findings)
    changed = dataclasses.replace(
        placed(), verdicts=(dataclasses.replace(first, findings=louder), *others), version="9"
    )
    assert prints(sample()) == prints(changed)


def test_a_run_that_could_not_do_everything_says_so_in_sarif() -> None:
    told = sarif(sample())["invocations"][0]
    assert told["executionSuccessful"] is False
    assert "there is no such file" in told["toolExecutionNotifications"][0]["message"]["text"]
    assert sarif(only(sample().verdicts[0]))["invocations"][0]["executionSuccessful"] is True


def test_sarif_rules_explain_their_check() -> None:
    rules = {rule["id"]: rule for rule in sarif(sample())["tool"]["driver"]["rules"]}
    bunching = rules["PP101"]
    assert bunching["name"] == "bunching"
    assert bunching["shortDescription"]["text"].endswith("?")
    assert "## Blind to\n\n" in bunching["help"]["markdown"]
    assert "Blind to" in bunching["help"]["text"]


def test_a_sarif_message_holds_no_link_and_no_placeholder() -> None:
    assert message("[x](http://evil.example) {0} \\") == "\\[x\\](http://evil.example) {{0}} \\\\"


# ---- GitHub

COMMAND = re.compile(r"::(error|warning|notice) file=([^,:]*),line=(\d+),col=(\d+),title=([^,:]*)::([^\r\n]*)\n")


def commands(audit: Audit, fail_on: str = "discard") -> list[tuple[str, ...]]:
    written = audit.render("github", fail_on=fail_on)
    found = COMMAND.findall(written)
    assert "".join(m.group() for m in COMMAND.finditer(written)) == written
    return found


def test_github_gets_an_annotation_at_each_metric_that_is_not_kept_the_gravest_first() -> None:
    told = [(kind, file, line, title.split("%3A")[0]) for kind, file, line, _, title, _ in commands(placed())]
    assert told == [
        ("error", "pitprop.yml", "1", "pitprop not run"),
        ("error", "pitprop.yml", "1", "pitprop discard"),
        ("warning", "metrics/coal mine.yml", "12", "pitprop challenge"),
        ("notice", "pitprop.yml", "1", "pitprop undecided"),
    ]


@pytest.mark.parametrize(
    ("fail_on", "kinds"),
    [
        ("never", ["error", "warning", "warning", "notice"]),
        ("challenge", ["error", "error", "error", "notice"]),
        ("undecided", ["error", "error", "error", "error"]),
    ],
)
def test_github_shows_as_errors_what_fails_the_gate(fail_on: str, kinds: list[str]) -> None:
    assert [c[0] for c in commands(sample(), fail_on)] == kinds


def test_nothing_in_a_text_ends_or_starts_a_workflow_command() -> None:
    evil = "x\r\n::set-env name=PATH::/tmp,line=1::%0A"
    told = commands(only(verdict(metric("m0", label=evil), Ruling.DISCARD, because=(evil,), remedy=evil)))
    assert len(told) == 1
    assert len(commands(hostile())) == 5
    assert data("50%\r\n,:") == "50%25%0D%0A,:"
    assert attribute("50%\r\n,:") == "50%25%0D%0A%2C%3A"


@given(st.text(max_size=100))
def test_a_workflow_command_is_one_line_whatever_it_says(text: str) -> None:
    told = only(verdict(metric("m0", label=text), Ruling.DISCARD, because=(text,))).render("github")
    assert len(told.splitlines()) == 1
    assert COMMAND.fullmatch(told)


def test_text_on_standard_output_cannot_command_the_runner() -> None:
    says = "word " * 40 + "::error::boo ##[section]x " * 30
    told = only(verdict(metric("m0"), Ruling.DISCARD, because=(says,), problem=says)).render("text")
    assert "error::boo" in told
    assert [line for line in told.splitlines() if line.strip().startswith(("::", "##["))] == []


def test_the_summary_is_the_markdown_where_it_fits() -> None:
    assert summary(sample()) == sample().render("markdown")
    assert SUMMARY_BYTES == 1_048_576


@pytest.mark.parametrize("room", [0, 100, 600, 1_000, 5_000])
def test_the_summary_never_has_more_bytes_than_there_is_room(room: int) -> None:
    told = summary(sample(), room)
    assert len(told.encode()) <= room
    if room == 1_000:
        assert "| Ruling | Metric |" in told
        assert told.endswith("The summary is cut here: the whole of it is too long for this page.\n")


# ---- places


def test_files_are_told_from_the_top_of_the_checkout(monkeypatch, tmp_path) -> None:
    (tmp_path / "audits").mkdir()
    monkeypatch.chdir(tmp_path / "audits")
    place = Place(file="pitprop.yml", line=1, column=1)
    assert file_of(place) == "pitprop.yml"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert file_of(place) == "audits/pitprop.yml"
    assert uri_of(place) == "audits/pitprop.yml"
    elsewhere = Place(file="/elsewhere/pitprop one.yml", line=1, column=1)
    assert file_of(elsewhere) == "/elsewhere/pitprop one.yml"
    assert uri_of(elsewhere) == "file:///elsewhere/pitprop%20one.yml"
