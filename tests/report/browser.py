"""A Chromium for the tests that look at pages."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

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
