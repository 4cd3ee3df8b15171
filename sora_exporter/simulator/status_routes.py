"""Serves the status pages' documents under /status, with ETag and Last-Modified."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .status_pages import FORMATS, Page


@dataclass
class StatusSite:
    """The built-in pages; a file of ``directory`` or a document put at run time takes the place of theirs."""

    pages: dict[str, Page]
    directory: Path | None = None
    documents: dict[str, bytes] = field(default_factory=dict)

    def find(self, path: str) -> tuple[bytes, float] | None:
        """Return a document and when it changed (Unix seconds), or None. ``path`` is below /status/."""
        if path in self.documents:
            return self.documents[path], 0.0
        if self.directory is not None:
            file = (self.directory / path).resolve()
            if file.is_relative_to(self.directory.resolve()) and file.is_file():
                return file.read_bytes(), file.stat().st_mtime
        name, _, rest = path.partition("/")
        page = self.pages.get(name)
        document = FORMATS[page.format](page).get(rest) if page else None
        if page is None or document is None:
            return None
        return json.dumps(document, ensure_ascii=False).encode(), page.changed_at


def _is_unchanged(request: Request, etag: str, changed_at: float) -> bool:
    """If-None-Match decides alone when it is there. Source: RFC 9110, section 13.2.2."""
    if "if-none-match" in request.headers:
        return request.headers["if-none-match"] in (etag, "*")
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return int(changed_at) <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False


async def answer_document(request: Request) -> Response:
    """Answer one document, 304 when the reader has it already, or the fault the page was given."""
    site: StatusSite = request.app.state.status_site
    path = request.path_params["path"]
    page = site.pages.get(path.partition("/")[0])
    if page is not None and page.http_status != 200:
        return Response("<html><body>Status page unavailable</body></html>", page.http_status, media_type="text/html")
    found = site.find(path)
    if found is None:
        return Response("<html><body>Not found</body></html>", 404, media_type="text/html")
    content, changed_at = found
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "last-modified": formatdate(changed_at, usegmt=True), "cache-control": "max-age=0"}
    if _is_unchanged(request, etag, changed_at):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


ROUTES = [Route("/status/{path:path}", answer_document, methods=["GET"])]
