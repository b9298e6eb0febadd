"""The pages of the checks as Markdown: `python -m pitprop.report.pages > docs/checks.md`.

A check's page is its module's docstring: a question, then *Why it matters / Looks for / Assumes / Blind to / Source*,
whose headings are underlined or stand to the left of their text. `pitprop explain` shows it as it was written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from textwrap import dedent

from pitprop.examine.battery import Entry, battery
from pitprop.report.wording import FAMILIES

HEADINGS = ("Why it matters", "Looks for", "Assumes", "Blind to", "Source")
_HEADING = re.compile(rf"^({'|'.join(HEADINGS)})\n(?:-+\n)?", re.MULTILINE)


def sections(page: str) -> tuple[str, dict[str, str]]:
    """What stands above the first heading, and the text under each heading, not indented."""
    above, *parts = _HEADING.split(page)
    told = dict(zip(parts[::2], parts[1::2], strict=True))
    return above.strip(), {heading: dedent(text).strip() for heading, text in told.items()}


def page_markdown(entry: Entry, level: int = 2) -> str:
    """A check's page as Markdown, without its name; its headings are of the given level."""
    above, told = sections(entry.page)
    parts = [above, *(f"{'#' * level} {heading}\n\n{text}" for heading, text in told.items())]
    return "\n\n".join(part for part in parts if part)


def catalogue(entries: tuple[Entry, ...]) -> str:
    """The pages of all checks in one document, family by family, ending in a newline."""
    return "\n".join(_lines(entries))


def _lines(entries: tuple[Entry, ...]) -> Iterator[str]:
    yield "# The checks\n"
    yield "What each check looks for, what it takes for granted and what it cannot see. `pitprop explain NAME` prints"
    yield "the same pages. This file is made by `python -m pitprop.report.pages > docs/checks.md`.\n"
    yield "| code | check | family | question | smallest effect that matters |"
    yield "| --- | --- | --- | --- | --- |"
    for e in entries:
        effect = f"{e.check.smallest_effect:g}, {e.check.effect_is}" if e.check.effect_is else ""
        cells = (e.check.code, f"[`{e.name}`](#{_anchor(e)})", FAMILIES.get(e.family, e.family), e.check.title, effect)
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    for e in entries:
        yield f"\n## {e.check.code} {e.name}\n\n{page_markdown(e, 3)}"
    yield ""


def _anchor(entry: Entry) -> str:
    return f"{entry.check.code} {entry.name}".lower().replace(" ", "-")


if __name__ == "__main__":
    sys.stdout.write(catalogue(battery()))
