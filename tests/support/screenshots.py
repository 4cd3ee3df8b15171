"""Draws the status page in every look: ``make page-pictures EXPORTER=URL``, with the demo running.

The first look is the README's picture; the others are for the eyes of the person who changes the page.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from support.browsing import chromium

ROOT = Path(__file__).parents[2]
README_PICTURE = ROOT / "docs" / "images" / "overview.png"
FOLDER = ROOT / "dist" / "page"
WIDTH, HEIGHT, PHONE = 1366, 692, 390
LOOKS: dict[str, tuple[str, int, str, str]] = {
    "light": ("?lang=en&refresh=off", WIDTH, "light", ""),
    "dark": ("?lang=en&refresh=off", WIDTH, "dark", "details.row"),
    "phone": ("?lang=en&refresh=off", PHONE, "light", ""),
    "zh": ("?lang=zh&refresh=off", WIDTH, "light", "details.row"),
    "id": ("?lang=id&refresh=off", PHONE, "dark", "details.row"),
    "service": ("services/sora-2-reverse?lang=en", WIDTH, "light", ""),
    "service-zh": ("services/sora-2-reverse?lang=zh", PHONE, "dark", ""),
    "internals-id": ("internals?lang=id", WIDTH, "dark", ""),
    "missing": ("services/nobody?lang=zh", PHONE, "light", ""),
}
"""File to path, width in pixels, colour scheme, and a selector whose first match is opened."""


def draw(browser: Browser, url: str, name: str) -> Path:
    """Write one picture of a whole page and return its file."""
    path, width, scheme, opened = LOOKS[name]
    page: Any = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{url.rstrip('/')}/{path}")
    if opened:
        page.locator(f"{opened} summary").nth(1).click()
    file = FOLDER / f"{name}.png"
    page.screenshot(path=file, full_page=True)
    if name == "light":
        page.screenshot(path=README_PICTURE)
        # Debian's pngquant: what is drawn in few colours needs no more than a palette of them.
        subprocess.run(["pngquant", "--force", "--ext=.png", "--nofs", "128", README_PICTURE], check=True)
    page.close()
    return file


def main(url: str) -> None:
    """Draw every look of the exporter at an address."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        for name in LOOKS:
            print(draw(browser, url, name))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
