"""The simulated provider as one ASGI app: the maker's APIs or a gateway, status pages, downloads, control."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from . import ark, catalog, chat, control, downloads, generations, images, relaying, status_routes, videos, xai
from .admission import simulation_of
from .answers import Answers
from .gateways import find_peer
from .scenarios import find_scenario
from .simulation import Simulation
from .status_pages import load_pages
from .status_routes import StatusSite

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def _unknown_path(request: Request) -> Response:
    """Answer a path below an API's prefix that does not exist, as new-api does."""
    words = {"model": "", "value": f"{request.method} {request.url.path}"}
    return simulation_of(request).answers.refusal("unknown_path", "models", words)


async def _front_page(_request: Request) -> Response:
    return RedirectResponse("/control")


async def _web_page(request: Request) -> Response:
    """Answer any other path with the relay's web page and 200: what a base URL without /v1 gets at new-api."""
    return simulation_of(request).answers.error("invalid_response", "page", {"model": ""}, 0)


API: list[BaseRoute] = [
    *catalog.ROUTES,
    *videos.ROUTES,
    *generations.ROUTES,
    *ark.ROUTES,
    *chat.ROUTES,
    *images.ROUTES,
    Route("/{path:path}", _unknown_path, methods=METHODS),
]
XAI: list[BaseRoute] = [*catalog.ROUTES, *xai.ROUTES, Route("/{path:path}", _unknown_path, methods=METHODS)]
PREFIXES = ("/v1", "/api/v3", "/{vendor}/v1", "/{vendor}/api/v3")
"""A base URL may end in any of these, e.g. http://127.0.0.1:8000/seedance/api/v3."""


MAKER = Router(
    [
        Mount("/xai/v1", routes=XAI),
        *(Mount(prefix, routes=API) for prefix in PREFIXES),
        Route("/{path:path}", _web_page, methods=METHODS),
    ]
)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the peer does: a gateway by its own routes, the maker by every API."""
    name = scope["app"].state.simulation.peer.gateway.name
    await relaying.ROUTERS.get(name, MAKER)(scope, receive, send)


def create_app(
    scenario: str = "operational",
    *,
    gateway: str = "direct",
    condition: str = "good",
    clock: Callable[[], float] | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    seed: int = 0,
    speed: float = 1.0,
    render_seconds: float = 2.0,
    status_documents: Path | None = None,
) -> Starlette:
    """Return a simulated provider in this scenario; UnknownScenario lists the existing ones.

    ``gateway`` answers instead of the maker, in this ``condition``; UnknownPeer lists the existing ones.
    ``clock`` gives Unix seconds and ``sleep`` waits seconds of it; without them real time runs ``speed`` times as fast.
    ``render_seconds`` is how long a job takes. The same ``seed`` gives the same bodies and ids in the same order.
    ``status_documents`` is a directory whose files are served below /status/ before the built-in documents.
    """
    started = time.time()
    app = Starlette(
        routes=[
            *control.ROUTES,
            *status_routes.ROUTES,
            *downloads.ROUTES,
            Route("/", _front_page, methods=["GET"]),
            Mount("/", _answer),
        ]
    )
    simulation = Simulation(
        clock=clock or (lambda: started + (time.time() - started) * speed),
        sleep=sleep or (lambda seconds: asyncio.sleep(seconds / speed)),
        answers=Answers(seed),
        render_seconds=render_seconds,
        seed=seed,
        peer=find_peer(gateway, condition),
    )
    simulation.enter(find_scenario(scenario))
    app.state.simulation = simulation
    app.state.status_site = StatusSite(load_pages(simulation.clock()), status_documents)
    return app
