"""OpenAI's image generation, with an address or the picture itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import accept, admit, fail, journaled, require_prompt, simulation_of
from .assets import SERVED_FORMS, asset


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    require_prompt(request, fields, "images")


async def generate(request: Request) -> Response:
    """Make a picture and answer its address, or the picture for ``response_format: b64_json``."""
    simulation = simulation_of(request)
    fields, behaviour = await admit(request, "images", _validate)
    if behaviour.stage == "job":
        fail(request, behaviour, "images", fields["model"])
    job = accept(request, "images", "img_", fields, behaviour)
    del simulation.jobs[job.id]
    await simulation.sleep(job.render_seconds)
    picture: dict[str, str] = {"url": job.asset_url.removesuffix("mp4") + "png"}
    if fields.get("response_format") == "b64_json" and behaviour.asset in SERVED_FORMS:
        picture = {"b64_json": base64.b64encode(asset("png", behaviour.asset).content).decode()}
    data = [] if behaviour.job in ("anonymous", "lost") else [picture]
    return JSONResponse({"created": int(job.created_at), "data": data})


ROUTES = [journaled("/images/generations", generate, method="POST", action="create", kind="images")]
