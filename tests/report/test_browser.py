"""The HTML report in a real browser. Every run is offline: the page may ask for nothing but itself."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sample_audit
from axe_playwright_python.sync_playwright import Axe
from browser import misplaced_chart_texts, started_browser
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SIZES = [(320, "light"), (320, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from started_browser()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(sample_audit.sample().render("html"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_text(sample_audit.hostile().render("html"), encoding="utf-8")
    return path


def opened(browser: Browser, path: Path, *, width: int = 1280, scheme: Any = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_serious_with_every_fold_open(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    page = opened(browser, report, width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    page.close()
    serious = [
        (v["id"], [node["html"][:200] for node in v["nodes"][:3]])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize(("width", "scheme"), SIZES)
@pytest.mark.parametrize("name", ["report", "hostile_report"])
def test_the_page_never_scrolls_sideways(
    browser: Browser, name: str, width: int, scheme: str, request: pytest.FixtureRequest
) -> None:
    page = opened(browser, request.getfixturevalue(name), width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert wide <= width


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "light")])
def test_no_text_of_a_chart_leaves_the_page_or_covers_another(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    page = opened(browser, report, width=width, scheme=scheme)
    outside, covered = misplaced_chart_texts(page)
    page.close()
    assert outside == []
    assert covered == []


def test_chart_text_is_large_enough_to_read_on_a_telephone(browser: Browser, report: Path) -> None:
    page = opened(browser, report, width=320)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('svg.chart')].map(c =>
            parseFloat(getComputedStyle(c.querySelector('text')).fontSize)
            * c.getBoundingClientRect().width / c.viewBox.baseVal.width)"""
    )
    page.close()
    assert len(sizes) == 6
    assert min(sizes) >= 9.5


def test_hostile_texts_run_nothing_and_load_nothing(browser: Browser, hostile_report: Path) -> None:
    page = browser.new_page()
    dialogs: list[str] = []
    requests: list[str] = []
    said: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(hostile_report.as_uri())
    page.wait_for_timeout(200)
    state = page.evaluate(
        """() => ({pwned: window.pwned, scripts: document.scripts.length,
        links: [...document.querySelectorAll('a')].map(a => a.getAttribute('href')),
        made: document.querySelectorAll('img, iframe, object, embed, image, foreignObject, base, form').length,
        styles: document.querySelectorAll('style').length,
        handlers: [...document.querySelectorAll('*')].filter(
            e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
        shown: document.body.innerText.includes('<script>window.pwned=1;alert(1)</script>'),
        sections: document.querySelectorAll('section.metric').length})"""
    )
    page.close()
    assert dialogs == []
    assert said == []
    assert requests == [hostile_report.as_uri()]
    assert state["pwned"] is None
    assert state["scripts"] == 0
    assert state["made"] == 0
    assert state["handlers"] == 0
    assert state["styles"] == 1
    assert state["links"]
    assert all(link.startswith("#") for link in state["links"])
    assert state["shown"] is True
    assert state["sections"] == 7


def test_a_script_smuggled_into_the_page_would_be_stopped_by_its_policy(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt.html"
    page_text = report.read_text(encoding="utf-8")
    spoilt.write_text(page_text.replace("<main>", "<main><script>window.pwned=1</script>"), encoding="utf-8")
    page = opened(browser, spoilt)
    pwned = page.evaluate("window.pwned")
    page.close()
    assert pwned is None


def test_every_link_of_the_first_page_leads_somewhere(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    lost = page.evaluate(
        """() => [...document.querySelectorAll('a')].map(a => a.hash.slice(1))
            .filter(id => !document.getElementById(id))"""
    )
    page.close()
    assert lost == []


def test_headings_step_down_one_level_at_a_time(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
    page.close()
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_skip_link_is_first_and_moves_the_focus_to_the_rulings(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.id")
    page.close()
    assert first == "Skip to the rulings"
    assert focused == "rulings"


def test_it_prints_one_metric_to_a_page_or_more_with_pictures_and_folded_text(browser: Browser, report: Path) -> None:
    page = opened(browser, report, scheme="dark")
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.body).color")
    data_tables = page.evaluate("getComputedStyle(document.querySelector('details.data')).display")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert ink == "rgb(28, 39, 51)"
    assert data_tables == "none"
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 8
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", printed, re.S)
    drawn = sum(len(zlib.decompressobj().decompress(s)) for s in streams if s[:1] == b"\x78")
    assert drawn > 50_000
