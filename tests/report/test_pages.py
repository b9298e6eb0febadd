"""The pages of the checks as one document."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitprop.examine.battery import battery
from pitprop.report.pages import HEADINGS, catalogue, page_markdown, sections

ROOT = Path(__file__).parents[2]
UNDERLINED = "Is it so?\n\nWhy it matters\n--------------\nIt does.\n\nBlind to\n--------\nMuch.\n"
INDENTED = "Is it so?\n\nWhy it matters\n    It does.\n\nBlind to\n    Much.\n"


@pytest.mark.parametrize("page", [UNDERLINED, INDENTED])
def test_headings_may_be_underlined_or_stand_to_the_left(page: str) -> None:
    assert sections(page) == ("Is it so?", {"Why it matters": "It does.", "Blind to": "Much."})


@pytest.mark.parametrize("entry", battery(), ids=lambda e: e.name)
def test_every_check_has_a_question_and_the_five_headings(entry) -> None:
    above, told = sections(entry.page)
    assert above.endswith("?")
    assert tuple(told) == HEADINGS
    assert all(told.values())
    assert page_markdown(entry, 3).count("\n### ") == 5


def test_the_document_is_the_one_in_docs() -> None:
    held = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert held == catalogue(battery()), "run: python -m pitprop.report.pages > docs/checks.md"


def test_every_check_is_in_the_table_with_a_link_to_its_page() -> None:
    text = catalogue(battery())
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == [f"{e.check.code} {e.name}" for e in battery()]
    for heading in headings:
        assert f"](#{heading.lower().replace(' ', '-')})" in text
