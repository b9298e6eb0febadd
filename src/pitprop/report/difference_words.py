"""The difference of two audits in words: text, json, markdown."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from itertools import groupby

from pitprop.errors import PitpropError
from pitprop.report.as_json import json_value
from pitprop.report.difference import Change, Difference
from pitprop.report.markdown import escaped
from pitprop.report.plain import plain, tamed

FORMS = ("text", "json", "markdown")
"""What `render_difference` can write."""
_COLUMNS = 100
_MARKS = {True: "worse", False: "better", None: ""}


def render_difference(found: Difference, form: str = "text") -> str:
    """The difference in one of FORMS, ending in a newline.

    Raises
    ------
    PitpropError
        There is no such format.
    """
    if form not in FORMS:
        raise PitpropError(f"there is no format {form!r} for a difference; choose one of {', '.join(FORMS)}")
    return {"text": _text, "json": _json, "markdown": _markdown}[form](found)


def _json(found: Difference) -> str:
    document = {
        "before": found.before,
        "after": found.after,
        "compared": found.compared,
        "worse": found.count(worse=True),
        "better": found.count(worse=False),
        "changes": [
            {key: getattr(c, key) for key in ("metric", "kind", "check", "before", "after", "worse", "says")}
            for c in found.changes
        ],
    }
    return json.dumps(json_value(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _text(found: Difference) -> str:
    lines = [tamed(f"{plain(found.before)} -> {plain(found.after)}"), _counts(found)]
    for metric, changes in _by_metric(found):
        lines += ["", tamed(plain(metric)) or "The register as a whole"]
        for mark, says in _told(changes):
            words = " ".join(tamed(word) for word in plain(says).split(" "))
            lines += textwrap.wrap(f"  {mark:<8} {words}", _COLUMNS, subsequent_indent=" " * 11, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _markdown(found: Difference) -> str:
    lines = [f"# Changes from {escaped(found.before)} to {escaped(found.after)}", "", escaped(_counts(found))]
    shown = list(_by_metric(found))
    if shown:
        lines += ["", "| Metric | Change | What changed |", "| --- | --- | --- |"]
    for metric, changes in shown:
        name = escaped(metric) or "The register as a whole"
        for mark, says in _told(changes):
            strong = f"**{mark}**" if mark == "worse" else mark
            lines.append(f"| {name} | {strong} | {escaped(says)} |")
    return "\n".join(lines) + "\n"


def _told(changes: list[Change]) -> Iterator[tuple[str, str]]:
    """How each thing changed, and what; checks that only one audit asked share a line, but for suspicions."""
    for change in changes:
        if change.kind != "asked" or change.after == "suspect":
            yield _MARKS[change.worse] or "changed", change.says
    quiet = [c for c in changes if c.kind == "asked" and c.after != "suspect"]
    new, gone = [c.check for c in quiet if c.after], [c.check for c in quiet if c.before]
    if new:
        yield "changed", f"Asked now and not before, without suspicion: {', '.join(new)}."
    if gone:
        yield "changed", f"No longer asked: {', '.join(gone)}."


def _counts(found: Difference) -> str:
    told = [f"{_many(found.compared, 'metric')} in both: {found.count(worse=True)} got worse"]
    told.append(f"{found.count(worse=False)} got better")
    for kind, words in (("definition", "with another definition"), ("data", "with other data")):
        told.append(f"{sum(c.kind == kind for c in found.changes)} {words}")
    for kind in ("added", "removed"):
        many = sum(c.kind == kind for c in found.changes)
        told += [f"{many} {kind}"] if many else []
    return ", ".join(told) + "."


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _by_metric(found: Difference) -> Iterator[tuple[str, list[Change]]]:
    """The changes of each metric; where nothing but the data are new, the counts say it."""
    for metric, changes in groupby(found.changes, key=lambda c: c.metric):
        held = list(changes)
        if any(c.kind != "data" for c in held):
            yield metric, held
