"""The routes of the exporter, in one list. All of them except /probe and /-/reload only read memory."""

from __future__ import annotations

import gzip
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config import Config, hidden_dump
from sora_exporter.evidence.routes import routes
from sora_exporter.evidence.snapshot import services_overview
from sora_exporter.exporter import Exporter
from sora_exporter.figures import iso
from sora_exporter.history.event import event_overview
from sora_exporter.metrics.exposition import Exposition
from sora_exporter.web.feed import render_feed
from sora_exporter.web.pages import (
    Document,
    badge_of,
    render_badge,
    render_internals,
    render_overview,
    render_service,
    render_shield,
    service_document,
)
from sora_exporter.web.pages.badge import Badge
from sora_exporter.web.pages.official import open_incidents
from sora_exporter.web.pages.row import EVENT_DAYS
from sora_exporter.web.probe import Refused, render_debug, render_probe, scrape_probe
from sora_exporter.web.record import proven_availability
from sora_exporter.web.wording import Wording, wanted, wording

MOST_DAYS = 3660
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class AppSettings:
    """The command line's settings for answers.

    ``timeout_offset`` is subtracted from a scrape's timeout, in seconds. ``max_requests`` limits the scrapes that are
    answered at the same time; 0 for no limit. ``process_metrics`` says whether /metrics shows the process itself.
    """

    timeout_offset: float = 0.5
    external_url: str = ""
    telemetry_path: str = "/metrics"
    max_requests: int = 0
    process_metrics: bool = True


class Endpoints:
    """The exporter's answers to HTTP requests."""

    def __init__(self, exporter: Exporter, settings: AppSettings) -> None:
        self._exporter, self._settings, self._external_url = exporter, settings, settings.external_url.rstrip("/")
        self._exposition = Exposition(exporter, process_metrics=settings.process_metrics)
        self._scrapes = 0
        self._dumped: tuple[Config, str] | None = None

    def routes(self) -> list[Route]:
        """Return the list of endpoints."""
        return [
            Route("/", self.page),
            Route("/internals", self.internals),
            Route("/services/{service_id}", self.service_page),
            Route("/services/{service_id}/feed.atom", self.feed),
            Route("/feed.atom", self.feed),
            Route("/badge/{service_id}.svg", self.badge),
            Route("/badge/{service_id}.json", self.shield),
            Route(self._settings.telemetry_path, self._scraped(self.metrics)),
            Route("/probe", self._scraped(self.probe)),
            Route("/sd", self.discovery),
            Route("/api/v1/status", self.status),
            Route("/api/v1/services/{service_id}", self.service),
            Route("/api/v1/events", self.events),
            Route("/config", self.config),
            Route("/-/healthy", self.healthy),
            Route("/-/ready", self.ready),
            Route("/-/reload", self.reload, methods=["POST"]),
        ]

    def _scraped(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint of a scrape, which refuses more of them at the same time than the command line allows."""

        async def counted(request: Request) -> Response:
            if 0 < self._settings.max_requests <= self._scrapes:
                return PlainTextResponse(f"{self._scrapes} scrapes are being answered: try again later\n", 503)
            self._scrapes += 1
            try:
                return await endpoint(request)
            finally:
                self._scrapes -= 1

        return counted

    async def page(self, request: Request) -> Response:
        is_refreshing = request.query_params.get("refresh") != "off"
        return _sent(render_overview(self._exporter, _words(request), is_refreshing))

    async def internals(self, request: Request) -> Response:
        return _sent(render_internals(self._exporter, _words(request)))

    async def service_page(self, request: Request) -> Response:
        return _sent(render_service(self._exporter, request.path_params["service_id"], _words(request)))

    async def badge(self, request: Request) -> Response:
        return _sent(render_badge(self._badge(request)))

    async def shield(self, request: Request) -> Response:
        return _sent(render_shield(self._badge(request)))

    def _badge(self, request: Request) -> Badge:
        shown = request.query_params.get("show", "status")
        return badge_of(self._exporter, request.path_params["service_id"], shown, _words(request))

    async def metrics(self, request: Request) -> Response:
        body, content_type = self._exposition.render(request.headers.get("accept", ""))
        headers = {"content-type": content_type, "vary": "accept, accept-encoding"}
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            # The lowest level is by far the cheapest, and this repetitive text still shrinks to a tenth.
            body, headers["content-encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        return Response(body, headers=headers)

    async def probe(self, request: Request) -> Response:
        try:
            scraped = await scrape_probe(
                self._exporter, request.query_params, request.headers, self._settings.timeout_offset
            )  # fmt: skip
        except Refused as refused:
            return PlainTextResponse(f"{refused}\n", refused.http_status)
        if request.query_params.get("debug") == "true":
            return PlainTextResponse(render_debug(scraped))
        body, content_type = render_probe(scraped, request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})

    async def discovery(self, request: Request) -> Response:
        host = request.headers.get("host") or f"{request.url.hostname}:{request.url.port}"
        return JSONResponse(
            [
                {
                    "targets": [host],
                    "labels": {
                        "__scheme__": request.url.scheme,
                        "__metrics_path__": f"{request.scope.get('root_path', '')}/probe",
                        "__param_service_id": service.id,
                        "__meta_sora_service_id": service.id,
                        "__meta_sora_product": service.product,
                        "__meta_sora_access": service.access,
                        "__meta_sora_provider": service.provider,
                    },
                }
                for service in self._exporter.config.services
                if service.probe_on_scrape
            ]
        )

    async def status(self, request: Request) -> Response:  # noqa: ARG002
        exporter = self._exporter
        services = services_overview(exporter.state)
        availability = {service_id: proven_availability(exporter, service_id) for service_id in exporter.state.services}
        return JSONResponse(
            {
                "generated_at": iso(exporter.clock.now()),
                "services": services,
                "products": routes(services, exporter.clock.now(), availability),
                "status_pages": [
                    {
                        "page": name,
                        "up": page.up,
                        "last_attempt": iso(page.attempted_at),
                        "last_success": iso(page.fetched_at),
                        "error": page.error,
                    }
                    for name, page in sorted(exporter.pages.states.items())
                ],
                "budget": {"limit_usd": exporter.config.budget_usd_per_day, "spent_usd": exporter.spending.today},
                "exporter": {
                    "last_reload_successful": not exporter.reload_state.error,
                    "last_reload_error": exporter.reload_state.error,
                    "probes_overdue": [f"{probe} of {service_id}" for service_id, probe in exporter.overdue()],
                },
            }
        )

    async def service(self, request: Request) -> Response:
        service_id = request.path_params["service_id"]
        document = service_document(self._exporter, service_id)
        if document is None:
            return JSONResponse({"error": f"no service {service_id!r} is configured"}, 404)
        return JSONResponse(document)

    async def events(self, request: Request) -> Response:
        service_id, now = request.query_params.get("service_id"), self._exporter.clock.now()
        if service_id is not None and service_id not in self._exporter.state.services:
            return JSONResponse({"error": f"no service {service_id!r} is configured"}, 404)
        days = request.query_params.get("days", f"{EVENT_DAYS}")
        if not re.fullmatch(r"[0-9]{1,6}", days) or not 0 < int(days) <= MOST_DAYS:
            return JSONResponse({"error": f"days={days[:32]!r} is not a whole number from 1 to {MOST_DAYS}"}, 400)
        start, log = now - int(days) * DAY_SECONDS, self._exporter.events
        found = log.since(start) if service_id is None else log.of(service_id, start)
        return JSONResponse(
            {
                "generated_at": iso(now),
                "since": iso(max(start, 0.0)),
                "events": [event_overview(event, now) for event in found],
                "official": [
                    {**asdict(incident), "since": iso(incident.since)} for incident in open_incidents(self._exporter)
                ],
            }
        )

    async def feed(self, request: Request) -> Response:
        service_id = request.path_params.get("service_id")
        base = self._external_url or f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
        feed = render_feed(self._exporter, base, _words(request), service_id)
        return _sent(feed) if feed else PlainTextResponse(f"no service {service_id!r} is configured\n", 404)

    async def config(self, request: Request) -> Response:  # noqa: ARG002
        config = self._exporter.config
        if self._dumped is None or self._dumped[0] is not config:
            self._dumped = config, yaml.safe_dump(hidden_dump(config), allow_unicode=True, sort_keys=False)
        return PlainTextResponse(self._dumped[1])

    async def healthy(self, request: Request) -> Response:  # noqa: ARG002
        return PlainTextResponse("sora_exporter is healthy.\n")

    async def ready(self, request: Request) -> Response:  # noqa: ARG002
        return PlainTextResponse("sora_exporter is ready.\n")

    async def reload(self, request: Request) -> Response:
        if _is_of_a_page(request.headers):
            refusal = "a page in a browser must not reload the configuration: use curl -X POST, or SIGHUP\n"
            return PlainTextResponse(refusal, 403)
        mistakes = await self._exporter.reload()
        return PlainTextResponse(f"{mistakes}\n", 500) if mistakes else PlainTextResponse("reloaded\n")


def _words(request: Request) -> Wording:
    """Return the words in the reader's language."""
    return wording(wanted(request.headers.get("accept-language", ""), request.query_params.get("lang")))


def _takes_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header permits gzip."""
    for part in accepted.lower().split(","):
        name, _, quality = part.replace(" ", "").partition(";q=")
        if name == "gzip":
            return not re.fullmatch(r"0(\.0*)?", quality)
    return False


def _is_of_a_page(headers: Headers) -> bool:
    """Return whether a browser sends the request for a page; other clients name neither an origin nor a site.

    Also for our own origin: none of our pages does so, and another site can give its name our address (DNS rebinding).
    """
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def _sent(document: Document) -> Response:
    return Response(document.content, document.http_status, document.headers, document.media_type)


def create_app(exporter: Exporter, settings: AppSettings = AppSettings()) -> Starlette:
    """Return the ASGI application over a running exporter.

    It also answers below the path of the external URL: a reverse proxy may keep or remove that path.
    """
    endpoints: list[Any] = list(Endpoints(exporter, settings).routes())
    prefix = urlsplit(settings.external_url).path.rstrip("/")
    return Starlette(routes=[Mount(prefix, routes=endpoints), *endpoints] if prefix else endpoints)
