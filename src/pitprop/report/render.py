"""One way into every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from pitprop.report.audit import Audit

from typing import Literal

Form = Literal["text", "json", "jsonl", "markdown", "csv", "html"]
FORMS: tuple[str, ...] = get_args(Form)
"""What `render` can write."""


def render(audit: Audit, form: str = "text") -> str:
    """The audit in one of the formats. The same audit gives the same bytes.

    Parameters
    ----------
    form
        One of `FORMS`.

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
    raise PitpropError(f"there is no report format {form!r}; choose one of {', '.join(FORMS)}")


def summary_html(audit: Audit) -> str:
    """The rulings as a small self-contained HTML table, for a notebook."""
    from pitprop.report.html import as_summary

    return as_summary(audit)
