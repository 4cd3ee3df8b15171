"""The control endpoint: changes the peer, behaviours, scenarios and status pages at run time; shows the journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .admission import simulation_of
from .behaviours import BEHAVIOURS, UnknownBehaviour, read_behaviour
from .gateways import GATEWAYS, UnknownPeer, find_peer
from .request_fields import UnreadableBody, read_fields
from .scenarios import SCENARIOS, Model, UnknownScenario, find_scenario
from .simulation import Simulation
from .status_pages import STATUSES
from .status_routes import StatusSite

_PAGE = Environment(autoescape=True).from_string(
    resources.files(__package__).joinpath("control.html").read_text("utf-8")
)


class WrongWish(ValueError):
    """A control request for something impossible; carries the HTTP status."""

    def __init__(self, message: str, http_status: int = 400) -> None:
        super().__init__(message)
        self.http_status = http_status


def _site_of(request: Request) -> StatusSite:
    site: StatusSite = request.app.state.status_site
    return site


def _jobs(simulation: Simulation) -> list[dict[str, Any]]:
    """Return the jobs that still exist; cancelled ones count as gone."""
    now = simulation.clock()
    return [job.as_json(now) for job in simulation.jobs.values() if not job.is_cancelled]


def describe(request: Request) -> dict[str, Any]:
    """Return the whole state of the simulated provider."""
    simulation = simulation_of(request)
    pages = {
        name: {
            "format": page.format,
            "http_status": page.http_status,
            "components": {key: page.statuses.get(key, "operational") for key in page.components},
        }
        for name, page in _site_of(request).pages.items()
    }
    return {
        "scenario": simulation.scenario,
        "peer": simulation.peer.as_json(),
        "gateways": {name: list(gateway.conditions) for name, gateway in GATEWAYS.items()},
        "granted_usd": simulation.granted_usd,
        "scenarios": {name: scenario.summary for name, scenario in SCENARIOS.items()},
        "models": {name: behaviour.as_json() for name, behaviour in simulation.behaviours.items()},
        "behaviours": list(BEHAVIOURS),
        "render_seconds": simulation.render_seconds,
        "status_pages": pages,
        "jobs": len(_jobs(simulation)),
        "journal_entries": len(simulation.journal),
        "spent_usd": simulation.spent_usd,
    }


def _done(request: Request) -> Response:
    """Return a redirect to the page for a browser, the new state for other clients."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/control", 303)
    return JSONResponse(describe(request))


async def show(request: Request) -> Response:
    """Answer the state, as a page with forms for a browser."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_PAGE.render(**describe(request), statuses=STATUSES))
    return JSONResponse(describe(request))


async def set_model(request: Request) -> Response:
    """Change a model's behaviour; ``*`` is every model, PUT adds a model that does not exist yet."""
    simulation, name = simulation_of(request), request.path_params["model"]
    behaviour = read_behaviour(await read_fields(request))
    if name != "*" and name not in simulation.models:
        if request.method != "PUT":
            raise WrongWish(f"unknown model {name!r}; choose one of: {', '.join(simulation.models)}, or * for all", 404)
        simulation.models[name] = Model(name)
    for model in simulation.models if name == "*" else [name]:
        simulation.behaviours[model] = behaviour
    return _done(request)


async def set_scenario(request: Request) -> Response:
    """Put every model into a scenario's state."""
    simulation_of(request).enter(find_scenario(request.path_params["name"]))
    return _done(request)


async def set_peer(request: Request) -> Response:
    """Change who answers: ``{"gateway": "new-api", "condition": "dead_upstream", "granted_usd": 5}``.

    A gateway without a condition is good; the money that the caller was granted stays unless it is named.
    """
    simulation, wish = simulation_of(request), await read_fields(request)
    granted = wish.pop("granted_usd", simulation.granted_usd)
    if isinstance(granted, bool) or not isinstance(granted, int | float):
        raise WrongWish(f"granted_usd must be a number, not {granted!r}")
    if unknown := wish.keys() - {"gateway", "condition"}:
        raise WrongWish(f"unknown member {sorted(unknown)[0]!r}; choose among: gateway, condition, granted_usd")
    simulation.peer = find_peer(**wish)
    simulation.granted_usd = float(granted)
    return _done(request)


async def set_render_seconds(request: Request) -> Response:
    """Change how long the jobs created from now on take: ``{"render_seconds": 2}``."""
    seconds = (await read_fields(request)).get("render_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise WrongWish(f"render_seconds must be a number from 0 upwards, not {seconds!r}")
    simulation_of(request).render_seconds = float(seconds)
    return _done(request)


async def set_page(request: Request) -> Response:
    """Change what a status page answers: ``{"http_status": 503}``, ``{"components": {ID: STATUS}}``."""
    name, pages = request.path_params["page"], _site_of(request).pages
    if name not in pages:
        raise WrongWish(f"unknown status page {name!r}; choose one of: {', '.join(pages)}", 404)
    wish, page = await read_fields(request), pages[name]
    components = wish.get("components", {})
    if "component" in wish:
        components = {wish["component"]: wish.get("status")}
    for key, status in components.items():
        if key not in page.components or status not in STATUSES:
            raise WrongWish(
                f"no component {key!r} with status {status!r}; components: {', '.join(page.components)}; "
                f"statuses: {', '.join(STATUSES)}"
            )
    http_status = wish.get("http_status", page.http_status)
    if not isinstance(http_status, int) or not 200 <= http_status < 600:
        raise WrongWish(f"http_status must be a whole number from 200 to 599, not {http_status!r}")
    for key, status in components.items():
        page.set(key, status, simulation_of(request).clock())
    page.http_status = http_status
    return _done(request)


async def set_document(request: Request) -> Response:
    """Serve the request's body as the document /status/PATH."""
    _site_of(request).documents[request.path_params["path"]] = await request.body()
    return Response(status_code=204)


async def forget_document(request: Request) -> Response:
    """Serve the built-in document again."""
    _site_of(request).documents.pop(request.path_params["path"], None)
    return Response(status_code=204)


async def show_journal(request: Request) -> Response:
    """Answer every request to the provider since the last clearing, oldest first."""
    return JSONResponse(list(simulation_of(request).journal))


async def clear_journal(request: Request) -> Response:
    """Forget the journal."""
    simulation_of(request).journal.clear()
    return Response(status_code=204)


async def show_jobs(request: Request) -> Response:
    """Answer the jobs that are not deleted."""
    return JSONResponse(_jobs(simulation_of(request)))


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
    """Return a route that answers a wrong wish in one line of JSON."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except UnknownScenario as error:
            return JSONResponse({"error": str(error)}, 404)
        except (UnknownBehaviour, UnknownPeer, UnreadableBody) as error:
            return JSONResponse({"error": str(error)}, 400)
        except WrongWish as error:
            return JSONResponse({"error": str(error)}, error.http_status)

    return Route(path, answer, methods=list(methods))


ROUTES = [
    _route("/control", show, "GET"),
    _route("/control/models/{model:path}", set_model, "PUT", "POST"),
    _route("/control/peer", set_peer, "PUT", "POST"),
    _route("/control/scenario/{name}", set_scenario, "POST"),
    _route("/control/timing", set_render_seconds, "PUT", "POST"),
    _route("/control/status-pages/{page}", set_page, "PUT", "POST"),
    _route("/control/documents/{path:path}", set_document, "PUT"),
    _route("/control/documents/{path:path}", forget_document, "DELETE"),
    _route("/control/journal", show_journal, "GET"),
    _route("/control/journal", clear_journal, "DELETE"),
    _route("/control/jobs", show_jobs, "GET"),
]
