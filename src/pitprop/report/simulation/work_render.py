"""One way into every format of a work study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from pitprop.simulate.work.results import WorkStudy

WorkForm = Literal["text", "json", "markdown", "csv", "html"]
WORK_FORMS: tuple[str, ...] = get_args(WorkForm)
"""What `render_work` can write."""


def render_work(study: WorkStudy, form: str = "text") -> str:
    """The study in one of the formats. The same study gives the same bytes.

    Parameters
    ----------
    form
        One of `WORK_FORMS`.

    Raises
    ------
    PitpropError
        There is no such format.
    """
    if form == "text":
        from pitprop.report.simulation.work_text import work_text

        return work_text(study)
    if form == "json":
        from pitprop.report.simulation.work_json import work_json

        return work_json(study)
    if form == "markdown":
        from pitprop.report.simulation.work_markdown import work_markdown

        return work_markdown(study)
    if form == "csv":
        from pitprop.report.simulation.work_csv import work_csv

        return work_csv(study)
    if form == "html":
        from pitprop.report.simulation.work_html import work_html

        return work_html(study)
    raise PitpropError(f"there is no format {form!r} for a simulation; choose one of {', '.join(WORK_FORMS)}")
