"""A Chromium for the tests that look at pages."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def started_browser() -> Iterator[Browser]:
    """The browser, for a fixture; the test is skipped where there is none, and fails where there must be one."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on PATH; run tests/install-browser")
        warnings.warn("NO CHROMIUM: browser tests of the report are SKIPPED", stacklevel=1)
        pytest.skip("NO CHROMIUM: run tests/install-browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


def misplaced_chart_texts(page: Page) -> tuple[list[str], list[list[str]]]:
    """Texts of charts that leave the page, and pairs of which one covers the other."""
    outside, covered = page.evaluate(
        """() => {
        const outside = [], covered = [];
        for (const chart of document.querySelectorAll('svg.chart')) {
            const boxes = [...chart.querySelectorAll('text')].map(
                t => [t.textContent, t.getBoundingClientRect()]);
            for (const [text, box] of boxes)
                if (box.left < 0 || box.right > innerWidth) outside.push(text);
            for (let i = 0; i < boxes.length; i++) for (let j = 0; j < i; j++) {
                const [a, b] = [boxes[i][1], boxes[j][1]];
                const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (x > 1 && y > 0.45 * Math.min(a.height, b.height)) covered.push([boxes[i][0], boxes[j][0]]);
            }
        }
        return [outside, covered];
    }"""
    )
    return outside, covered
