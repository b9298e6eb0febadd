"""The audit as SARIF 2.1.0, which code scanning and editors show at each metric's line of the register.

Rules are the checks that were asked, with their pages as help. There is a result for each suspicion that counts,
and one of the rule `PP000` for a ruling that no suspicion accounts for. The level is the ruling's: discard is an
`error`, challenge a `warning`, anything milder and any gap in a declaration a `note`. Suspicions that are waived
are left out. What could not be run is a notification, and then the run is not successful.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0 (errata 01).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pitprop.examine.battery import Entry, battery
from pitprop.examine.finding import Finding
from pitprop.judge.remedies import remedy_for
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.as_json import json_value
from pitprop.report.audit import Audit
from pitprop.report.grounds import counted, grounds
from pitprop.report.location import file_of, place_of, uri_of
from pitprop.report.pages import HEADINGS, page_markdown, sections
from pitprop.report.plain import plain, visible
from pitprop.report.wording import why

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RULING = "PP000"
"""The rule of a ruling that no suspicion accounts for."""
_LEVELS = {Ruling.DISCARD: "error", Ruling.CHALLENGE: "warning", Ruling.UNDECIDED: "note", Ruling.KEEP: "note"}
RULING_MEANS = (
    "The ruling on a metric, where it follows from no single suspicion: its value is not shown, or what is declared"
    " does not go together. The message says what would decide."
)


def as_sarif(audit: Audit) -> str:
    """The audit as one indented SARIF document, ending in a newline."""
    rules = _rules(audit)
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    told = [result for verdict in audit.verdicts for result in _results(audit, verdict)]
    told += [_result(audit, None, f, "note") for f in audit.portfolio if f.state.value == "suspect" and not f.waived]
    driver = {"name": "pitprop", "version": plain(audit.version), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"pitprop/{plain(file_of(place_of(audit)))}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(audit)],
        "results": [{**r, "ruleIndex": places[r["ruleId"]]} for r in told],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(json_value(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _invocation(audit: Audit) -> dict[str, Any]:
    unrun = audit.unrun()
    notices = [{"level": "error", "message": {"text": message(says)}} for says in unrun]
    return {"executionSuccessful": not unrun, "toolExecutionNotifications": notices}


def _rules(audit: Audit) -> list[dict[str, Any]]:
    """The rule of a ruling, and those of all checks that were asked, in order of code."""
    pages = {entry.check.code: entry for entry in battery()}
    asked = {f.code: f for v in audit.verdicts for f in v.findings} | {f.code: f for f in audit.portfolio}
    ruling = {
        "id": RULING,
        "name": "ruling",
        "shortDescription": {"text": "What is the ruling?"},
        "fullDescription": {"text": RULING_MEANS},
        "help": {"text": RULING_MEANS},
    }
    return [ruling, *(_rule(asked[code], pages.get(code)) for code in sorted(asked))]


def _rule(finding: Finding, entry: Entry | None) -> dict[str, Any]:
    page = _printable(entry.page) if entry else plain(finding.check)
    above, told = sections(page)
    return {
        "id": plain(finding.code),
        "name": plain(finding.check),
        "shortDescription": {"text": plain(entry.check.title if entry else finding.check)},
        "fullDescription": {"text": plain(told.get(HEADINGS[1], above))},
        "help": {"text": page, "markdown": _printable(page_markdown(entry)) if entry else page},
        "properties": {"tags": ["metrics", plain(finding.family)]},
    }


def _printable(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))


def _results(audit: Audit, verdict: Verdict) -> list[dict[str, Any]]:
    if verdict.metric.status == "retired":
        return []
    level, resting = _LEVELS[verdict.ruling], grounds(audit, verdict)
    found = [
        _result(audit, verdict, f, level if f in resting and f.family != "governance" else "note")
        for f in counted(audit, verdict)
    ]
    accounted = verdict.ruling is Ruling.KEEP or any(f.family != "governance" for f in resting)
    return found if accounted else [_result(audit, verdict, None, level), *found]


def _result(audit: Audit, verdict: Verdict | None, finding: Finding | None, level: str) -> dict[str, Any]:
    name = plain(verdict.metric.name) if verdict else ""
    place = place_of(audit, verdict)
    rule = plain(finding.code) if finding else RULING
    region = {"startLine": place.line, "startColumn": place.column}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": uri_of(place), "uriBaseId": "%SRCROOT%"}, "region": region}
    }
    if uri_of(place).startswith("file:"):
        del location["physicalLocation"]["artifactLocation"]["uriBaseId"]
    if name:
        location["logicalLocations"] = [{"name": name, "fullyQualifiedName": f"metrics.{name}", "kind": "object"}]
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": message(_says(verdict, finding))},
        "locations": [location],
        "partialFingerprints": {"pitprop/v1": hashlib.sha256(f"{name}\n{rule}".encode()).hexdigest()},
        "properties": _properties(verdict, finding),
    }


def _says(verdict: Verdict | None, finding: Finding | None) -> str:
    if verdict is None:
        return finding.says if finding else ""
    says = f"{plain(verdict.metric.title)}: {finding.says if finding else why(verdict)}"
    remedy = remedy_for(finding) if finding else verdict.remedy
    return f"{says} Next: {remedy}" if remedy else says


def _properties(verdict: Verdict | None, finding: Finding | None) -> dict[str, Any]:
    told: dict[str, Any] = {"ruling": verdict.ruling.value} if verdict else {}
    if finding:
        for key in ("effect", "effect_is", "interval", "beyond", "q_value", "n", "grade"):
            told[key] = getattr(finding, key)
    return {key: plain(value) if isinstance(value, str) else value for key, value in told.items()}


def message(text: str) -> str:
    """One line of text as SARIF's plain text message: nothing in it is a placeholder or a link (3.11.5, 3.11.6)."""
    told = plain(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return told.replace("{", "{{").replace("}", "}}")
