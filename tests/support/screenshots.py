"""Takes the README's pictures of the real programs: PYTHONPATH=tests .venv/bin/python tests/support/screenshots.py

The simulated provider plays January 2026; probes run every few seconds so that the strips fill in two minutes.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

from sora_exporter.demo.january import january
from support.running import environment, exporter, simulator

IMAGES = Path(__file__).parents[2] / "docs/images"
WATCHED_SECONDS = 130
PROBES = {"catalog": {"interval": "3s", "timeout": "2s"}, "canary": {"interval": "5s", "timeout": "4s"}}
PAID = {"submit": {"interval": "1m", "timeout": "20s"}}
SHOTS = {
    "overview.png": ("?refresh=off", "light", 1200, None),
}
"""File to path, colour scheme, width and height in pixels; a height of None is the whole page's."""


def quick_catalog() -> str:
    """Return the services of January with short intervals, and a paid probe where it costs a cent."""
    document = january()
    for service in document["services"]:
        service["probes"] = PROBES | (PAID if service["id"] == "sora-image" else {})
    return yaml.safe_dump({"budget_usd_per_day": 0.05, **document}, allow_unicode=True, sort_keys=False)


def take(url: str) -> None:
    """Write every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (path, scheme, width, height) in SHOTS.items():
            size = {"width": width, "height": height or 800}
            page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(f"{url}/{path}")
            page.screenshot(path=IMAGES / name, full_page=height is None)
            # Debian's pngquant: what is drawn in few colours needs no more than a palette of them.
            subprocess.run(["pngquant", "--force", "--ext=.png", "--nofs", "128", IMAGES / name], check=True)
        browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, simulator() as provider:
        config = Path(directory) / "sora.yml"
        config.write_text(quick_catalog(), "utf-8")
        with exporter(Path(directory), f"--config.file={config}", env=environment(provider)) as running:
            time.sleep(WATCHED_SECONDS)
            take(running.url)


if __name__ == "__main__":
    main()
