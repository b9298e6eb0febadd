"""The page of a work study in a real browser. Every run is offline: the page may ask for nothing but itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sample_work_study
from axe_playwright_python.sync_playwright import Axe
from browser import misplaced_chart_texts, started_browser
from playwright.sync_api import Browser, Page

from pitprop.report.simulation.work_render import render_work

pytestmark = pytest.mark.browser

SIZES = [(320, "light"), (768, "dark"), (1280, "light"), (1280, "dark")]
NAMES = ["mine", "alone", "crowd", "hostile"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from started_browser()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("work")
    for name in NAMES:
        study = getattr(sample_work_study, name)()
        (folder / f"{name}.html").write_text(render_work(study, "html"), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in NAMES}


def opened(browser: Browser, path: Path, *, width: int = 1280, scheme: Any = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    return page


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_serious_in_a_study_with_every_fold_open(
    browser: Browser, pages: dict[str, Path], width: int, scheme: str
) -> None:
    page = opened(browser, pages["mine"], width=width, scheme=scheme)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    page.close()
    serious = [
        (v["id"], [node["html"][:200] for node in v["nodes"][:3]])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_study_never_scrolls_sideways(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    page = opened(browser, pages[name], width=width)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert wide <= width


@pytest.mark.parametrize("width", [320, 1280])
def test_no_text_of_a_studys_chart_leaves_the_page_or_covers_another(
    browser: Browser, pages: dict[str, Path], width: int
) -> None:
    page = opened(browser, pages["mine"], width=width)
    outside, covered = misplaced_chart_texts(page)
    page.close()
    assert outside == []
    assert covered == []


def test_hostile_texts_of_a_study_run_nothing_and_load_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages["hostile"].as_uri())
    page.wait_for_timeout(200)
    state = page.evaluate(
        """() => ({pwned: window.pwned === undefined, scripts: document.scripts.length,
        links: [...document.querySelectorAll('a')].map(a => a.getAttribute('href')),
        made: document.querySelectorAll('img, iframe, object, embed, image, foreignObject, base, form').length,
        handlers: [...document.querySelectorAll('*')].filter(
            e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
        shown: document.body.innerText.includes('<script>window.pwned=1;alert(1)</script>')})"""
    )
    page.close()
    assert said == []
    assert requests == [pages["hostile"].as_uri()]
    assert state.pop("links")
    assert state == {"pwned": True, "scripts": 0, "made": 0, "handlers": 0, "shown": True}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere_ids_are_single_and_headings_step_down(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    page = opened(browser, pages[name])
    lost, twice, levels = page.evaluate(
        """() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return [
            [...document.querySelectorAll('a')].map(a => a.hash.slice(1)).filter(i => !document.getElementById(i)),
            ids.filter((id, place) => ids.indexOf(id) !== place),
            [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])]; }"""
    )
    page.close()
    assert lost == []
    assert twice == []
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_a_study_prints_with_its_pictures_and_without_their_tables(browser: Browser, pages: dict[str, Path]) -> None:
    page = opened(browser, pages["mine"], scheme="dark")
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.body).color")
    data_tables = page.evaluate("getComputedStyle(document.querySelector('details.data')).display")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert ink == "rgb(28, 39, 51)"
    assert data_tables == "none"
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 7
