"""The site that the browser tests visit, and the complaints that they note on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request

from sora_exporter.exporter import Exporter

Visit = Callable[..., Page]


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
