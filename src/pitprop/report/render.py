"""One way into every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from pitprop.report.audit import Audit

Form = Literal["text", "json", "jsonl", "markdown", "csv", "html", "junit", "sarif", "github"]
FORMS: tuple[str, ...] = get_args(Form)
"""What `render` can write."""


def render(audit: Audit, form: str = "text", *, fail_on: str = "discard") -> str:
    """The audit in one of the formats. The same audit gives the same bytes.

    Parameters
    ----------
    form
        One of `FORMS`.
    fail_on
        The mildest ruling that `junit` and `github` show as a failure; the other formats know none.

    Raises
    ------
    PitpropError
        There is no such format.
    """
    if form == "text":
        from pitprop.report.text import as_text

        return as_text(audit)
    if form == "json":
        from pitprop.report.as_json import as_json

        return as_json(audit)
    if form == "jsonl":
        from pitprop.report.as_json import as_jsonl

        return as_jsonl(audit)
    if form == "markdown":
        from pitprop.report.markdown import as_markdown

        return as_markdown(audit)
    if form == "csv":
        from pitprop.report.csv import as_csv

        return as_csv(audit)
    if form == "html":
        from pitprop.report.html import as_html

        return as_html(audit)
    if form == "junit":
        from pitprop.report.junit import as_junit

        return as_junit(audit, fail_on)
    if form == "sarif":
        from pitprop.report.sarif import as_sarif

        return as_sarif(audit)
    if form == "github":
        from pitprop.report.github import as_github

        return as_github(audit, fail_on)
    raise PitpropError(f"there is no report format {form!r}; choose one of {', '.join(FORMS)}")


def summary_html(audit: Audit) -> str:
    """The rulings as a small self-contained HTML table, for a notebook."""
    from pitprop.report.html import as_summary

    return as_summary(audit)
