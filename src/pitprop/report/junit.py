"""The audit as JUnit XML, which Jenkins, GitLab, Azure, CircleCI and others show as tests.

A suite for each metric, named after it. Its first case, `ruling`, fails where the ruling is at or above what the
gate fails on; then there is a case for each check, which fails where its suspicion counts and the metric fails.
What is not applicable is skipped, what could not be run is an error, and what a finding says is its case's output.
Nothing depends on the clock: the same audit gives the same bytes. The document is valid against the schema of the
Jenkins xUnit plug-in (`junit-10.xsd`).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable

from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit
from pitprop.report.grounds import grounds
from pitprop.report.location import file_of, place_of
from pitprop.report.plain import plain
from pitprop.report.wording import STATES, evidence, why

_TOLD = ("failure", "error", "skipped")


def as_junit(audit: Audit, fail_on: str = "discard") -> str:
    """The audit as JUnit XML, ending in a newline.

    Parameters
    ----------
    fail_on
        The mildest ruling that is a failure: `discard`, `challenge` or `undecided`; `never` for none.
    """
    root = ElementTree.Element("testsuites", name="pitprop")
    failing = audit.failing(fail_on)
    for verdict in audit.verdicts:
        root.append(_suite(audit, verdict, fails=verdict in failing))
    if audit.portfolio:
        cases = [_case(audit.register, f, fails=False) for f in audit.portfolio]
        root.append(_counted(ElementTree.Element("testsuite", name="the register as a whole"), cases))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(audit: Audit, verdict: Verdict, *, fails: bool) -> ElementTree.Element:
    name = plain(verdict.metric.name)
    place = place_of(audit, verdict)
    suite = ElementTree.Element("testsuite", name=name, file=plain(file_of(place)))
    properties = ElementTree.SubElement(suite, "properties")
    told = {
        "ruling": verdict.ruling.value,
        "place": f"{file_of(place)}:{place.line}:{place.column}",
        "definition_hash": verdict.definition_hash,
        "data_fingerprint": verdict.data_fingerprint,
    }
    for key, value in told.items():
        ElementTree.SubElement(properties, "property", name=key, value=plain(value))
    resting = grounds(audit, verdict) if fails else ()
    cases = [_ruling(verdict, fails=fails), *(_case(name, f, fails=f in resting) for f in verdict.findings)]
    return _counted(suite, cases)


def _ruling(verdict: Verdict, *, fails: bool) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name="ruling", classname=plain(verdict.metric.name))
    if verdict.problem:
        _tell(case, "error", "not run", verdict.problem)
    elif fails:
        _tell(case, "failure", verdict.ruling.value, why(verdict), (*verdict.because, f"Next: {verdict.remedy}"))
    elif verdict.metric.status == "retired":
        _tell(case, "skipped", "retired", why(verdict))
    lines = [f"{verdict.ruling.value}: {why(verdict)}"]
    lines += [f"next: {verdict.remedy}"] if verdict.remedy and verdict.ruling is not Ruling.KEEP else []
    _say(case, lines)
    return case


def _case(group: str, finding: Finding, *, fails: bool) -> ElementTree.Element:
    name = plain(finding.check) or plain(finding.code) or "check"
    case = ElementTree.Element("testcase", name=name, classname=plain(group))
    if "crashed" in finding.data:
        _tell(case, "error", "not run", finding.says)
    elif finding.state is State.NOT_APPLICABLE:
        _tell(case, "skipped", STATES[finding.state].word, f"{finding.says} {finding.needed}".strip())
    elif fails:
        _tell(case, "failure", STATES[finding.state].word, finding.says, (finding.says, evidence(finding)))
    _say(case, [f"{STATES[finding.state].word}: {finding.says}", evidence(finding), _waiver(finding)])
    return case


def _waiver(finding: Finding) -> str:
    return f"waived: {finding.waived}" if finding.waived else ""


def _tell(case: ElementTree.Element, kind: str, sort: str, says: str, body: Iterable[str] = ()) -> None:
    told = ElementTree.SubElement(case, kind, type=plain(sort), message=plain(says))
    told.text = "\n".join(plain(line) for line in body if line) or None


def _say(case: ElementTree.Element, lines: Iterable[str]) -> None:
    ElementTree.SubElement(case, "system-out").text = "\n".join(plain(line) for line in lines if line)


def _counted(suite: ElementTree.Element, cases: list[ElementTree.Element]) -> ElementTree.Element:
    suite.extend(cases)
    failures, errors, skipped = (sum(case.find(kind) is not None for case in cases) for kind in _TOLD)
    for key, count in (("tests", len(cases)), ("failures", failures), ("errors", errors), ("skipped", skipped)):
        suite.set(key, str(count))
    return suite
