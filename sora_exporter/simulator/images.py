"""OpenAI's image generation, with an address or the picture itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import admit, fail, journaled, note, refuse, simulation_of
from .assets import SERVED_FORMS, asset


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    if not str(fields.get("prompt") or "").strip():
        refuse(request, "missing_prompt", "images")


async def generate(request: Request) -> Response:
    """Make a picture and answer its address, or the picture for ``response_format: b64_json``."""
    simulation = simulation_of(request)
    fields, behaviour = await admit(request, "images", _validate)
    if behaviour.stage == "job":
        fail(request, behaviour, "images", fields["model"])
    cost = simulation.price(fields["model"], 0.0)
    base_url = str(request.base_url).rstrip("/")
    job = simulation.accept("images", "img_", fields, behaviour, cost_usd=cost, base_url=base_url)
    del simulation.jobs[job.id]
    note(request, job_id=job.id, cost_usd=cost)
    await simulation.sleep(job.render_seconds)
    picture: dict[str, str] = {"url": job.asset_url.removesuffix("mp4") + "png"}
    if fields.get("response_format") == "b64_json" and behaviour.asset in SERVED_FORMS:
        picture = {"b64_json": base64.b64encode(asset("png", behaviour.asset).content).decode()}
    data = [] if behaviour.job in ("anonymous", "lost") else [picture]
    return JSONResponse({"created": int(job.created_at), "data": data})


ROUTES = [journaled("/images/generations", generate, method="POST", action="create")]
