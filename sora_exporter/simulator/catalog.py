"""The models endpoints: the list, and one model with OpenAI's optional ``shutdown_date``."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import Refused, fail, journaled, note, simulation_of
from .scenarios import Model

CREATED = 1759708800


def _describe(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": CREATED,
        "owned_by": model.owned_by,
        "supported_endpoint_types": list(model.endpoints),
        "shutdown_date": model.shutdown_date,
    }


async def list_models(request: Request) -> Response:
    """Answer the models that are listed; fails as a whole only when the catalog of every model does."""
    simulation = simulation_of(request)
    behaviours = simulation.behaviours
    if behaviours and all(behaviour.catalog == "answer" for behaviour in behaviours.values()):
        name, behaviour = next(iter(behaviours.items()))
        fail(request, behaviour, "models", name)
    listed = [_describe(model) for name, model in simulation.models.items() if behaviours[name].catalog != "absent"]
    return JSONResponse({"object": "list", "data": listed})


async def retrieve_model(request: Request) -> Response:
    """Answer one model, or the refusal that its behaviour gives for an absent one."""
    simulation, name = simulation_of(request), request.path_params["model"]
    note(request, model=name)
    if name not in simulation.models:
        raise Refused(simulation.answers.error("model_not_found", "models", {"model": name}))
    behaviour = simulation.behaviours[name]
    if behaviour.catalog != "listed":
        fail(request, behaviour, "models", name)
    return JSONResponse(_describe(simulation.models[name]))


ROUTES = [
    journaled("/models", list_models, method="GET", action="models"),
    journaled("/models/{model:path}", retrieve_model, method="GET", action="models"),
]
