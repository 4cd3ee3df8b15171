"""A headless Chromium and a site to visit. Every visit fails on complaints in the console and on foreign requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from support.browsing import Site, Visit, chromium, watch
from support.over_http import over_http
from support.remembering import JANUARY, configuration, fill_january, remembering

from sora_exporter.web.app import create_app

PREFIX = "/tools/sora"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the tests of one file; such files hold no asynchronous tests."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path, clock: Any) -> Iterator[Site]:
    """Three services in January 2026: one works, one is under risk control, one has no evidence."""
    with remembering(configuration(JANUARY, budget_usd_per_day=1.0), tmp_path, clock) as exporter:
        fill_january(exporter)
        app = create_app(exporter)
        with over_http(Starlette(routes=[Mount(PREFIX, app), Mount("/", app)])) as url:
            yield Site(f"{url}/", f"{url}{PREFIX}/", exporter)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Opens a path of the site: ``visit("services/x", width=360, scheme="dark")`` gives Playwright's page."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def _visit(path: str = "", *, width: int = 1200, scheme: Any = "light", **context: Any) -> Page:
            opened = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **context)
            stack.callback(opened.close)
            page = opened.new_page()
            watch(page, site, complaints)
            page.goto(site.url + path if "://" not in path else path)
            return page

        yield _visit
    assert complaints == []
