"""The simulated provider as one ASGI app: every API under its usual prefixes, status pages, downloads, control."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from . import ark, catalog, chat, control, downloads, generations, images, status_routes, videos
from .admission import simulation_of
from .answers import Answers
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
PREFIXES = ("/v1", "/api/v3", "/{vendor}/v1", "/{vendor}/api/v3")
"""A base URL may end in any of these, e.g. http://127.0.0.1:8000/seedance/api/v3."""


def create_app(
    scenario: str = "operational",
    *,
    clock: Callable[[], float] | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    seed: int = 0,
    speed: float = 1.0,
    render_seconds: float = 2.0,
    status_documents: Path | None = None,
) -> Starlette:
    """Return a simulated provider in this scenario; UnknownScenario lists the existing ones.

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
            *(Mount(prefix, routes=API) for prefix in PREFIXES),
            Route("/", _front_page, methods=["GET"]),
            Route("/{path:path}", _web_page, methods=METHODS),
        ]
    )
    simulation = Simulation(
        clock=clock or (lambda: started + (time.time() - started) * speed),
        sleep=sleep or (lambda seconds: asyncio.sleep(seconds / speed)),
        answers=Answers(seed),
        render_seconds=render_seconds,
        seed=seed,
    )
    simulation.enter(find_scenario(scenario))
    app.state.simulation = simulation
    app.state.status_site = StatusSite(load_pages(simulation.clock()), status_documents)
    return app
