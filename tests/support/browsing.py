"""A browser without a window, the site that its tests visit, and the complaints that they note on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Playwright, Request

from sora_exporter.exporter import Exporter
from support.programs.launch import program

Visit = Callable[..., Page]


def chromium(playwright: Playwright, *arguments: str) -> Browser:
    """Start Chromium. Its headless shell draws the same and has no tabs and menus, which take most of the CPU."""
    path = program("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *arguments])


@dataclass
class Site:
    """A served exporter; ``url`` ends with a slash, ``behind_prefix`` is the same below a path."""

    url: str
    behind_prefix: str
    exporter: Exporter


def watch(page: Page, site: Site, complaints: list[str]) -> None:
    """Note console messages, script errors and dialogs, and requests to other hosts."""

    def said(message: ConsoleMessage) -> None:
        # Chromium mentions every 404, also one that a test requests on purpose.
        if not (message.location["url"] == page.url and "404" in message.text):
            complaints.append(f"console: {message.text}")

    def requested(request: Request) -> None:
        if not request.url.startswith((site.url, "data:")):
            complaints.append(f"foreign: {request.url}")

    def opened(dialog: Dialog) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", said)
    page.on("request", requested)
    page.on("dialog", opened)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
