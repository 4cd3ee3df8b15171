"""Finished videos and pictures, as a content network serves them: no key, byte ranges."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .admission import simulation_of
from .assets import GOOD, SERVED_FORMS, asset

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


def answer_asset(request: Request, extension: str, form: str) -> Response:
    """Return the asset in this form, the requested range of it, or the refusal of an expired address."""
    if form not in SERVED_FORMS:
        return simulation_of(request).answers.refusal("expired_asset", "content", {"model": ""})
    chosen = asset(extension, form)
    headers = {"accept-ranges": "bytes"}
    wanted = _RANGE.match(request.headers.get("range", ""))
    if wanted is None:
        return Response(chosen.content, media_type=chosen.media_type, headers=headers)
    size, start = len(chosen.content), int(wanted[1])
    end = min(int(wanted[2] or size - 1), size - 1)
    if start > end:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
    headers["content-range"] = f"bytes {start}-{end}/{size}"
    return Response(chosen.content[start : end + 1], 206, headers, chosen.media_type)


async def download(request: Request) -> Response:
    """Answer /assets/FORM/NAME.EXTENSION."""
    extension = request.path_params["name"].rpartition(".")[2]
    if extension not in GOOD:
        return Response(status_code=404)
    response = answer_asset(request, extension, request.path_params["form"])
    simulation = simulation_of(request)
    job_id = request.path_params["name"].rpartition(".")[0]
    simulation.record(
        request.method, request.url.path, action="content", http_status=response.status_code, job_id=job_id
    )
    return response


ROUTES = [Route("/assets/{form}/{name}", download, methods=["GET"])]
