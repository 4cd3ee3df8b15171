"""Draws the dashboards' pictures: ``make pictures PREVIEW=FOLDER PROMETHEUS=URL``, with the demo running.

PREVIEW is the folder of a page that draws a dashboard with Grafana's own libraries (``index.html?dash=…``), not a
Grafana server. PROMETHEUS is the demo's, in whose month every panel has data.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from support.browsing import chromium
from support.dashboard_model import DASHBOARDS

IMAGES = DASHBOARDS.parent / "images"
WIDTH = 1366
HEIGHTS = {"sora-overview": 692, "sora-service": 762, "sora-risk-control": 762, "sora-cost": 686}
"""Pixels of each first screen, with the title and the variables above it."""
THEMES = ("light", "dark")


class Quiet(SimpleHTTPRequestHandler):
    """Files of the preview and, under /dash/, the dashboards."""

    def translate_path(self, path: str) -> str:
        inside = path.partition("?")[0]
        return str(DASHBOARDS / Path(inside).name) if inside.startswith("/dash/") else super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def served(folder: str) -> Iterator[str]:
    """Serve the preview on a free port, and yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def draw(page_url: str, prometheus: str) -> None:
    """Write a picture of the first screen of every dashboard in each theme."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = chromium(playwright, "--disable-web-security")
        for uid, height in HEIGHTS.items():
            for theme in THEMES:
                page = browser.new_page(viewport={"width": WIDTH, "height": height})
                choices = {"dash": f"/dash/{uid}.json", "w": WIDTH, "theme": theme, "prom": prometheus}
                page.goto(f"{page_url}/index.html?{urlencode(choices)}")
                page.wait_for_function("window.__done === true", timeout=240_000)
                picture = IMAGES / f"{uid}-{theme}.png"
                page.screenshot(path=picture)
                # Debian's pngquant: what is drawn in few colours needs no more than a palette of them.
                subprocess.run(["pngquant", "--force", "--ext=.png", "--nofs", "128", picture], check=True)
                page.close()
        browser.close()


if __name__ == "__main__":
    with served(sys.argv[1]) as address:
        draw(address, sys.argv[2])
