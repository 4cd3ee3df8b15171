"""The free look-up: is the provider reachable, the key good, the model on offer?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sora_exporter.classify.sunset import announced_sunset
from sora_exporter.config.apis import first
from sora_exporter.config.apis.spec import Catalog
from sora_exporter.documents import text_of
from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.requests import Unfilled
from sora_exporter.result import ErrorClass, Verdict

# A relay may not have the route for one model, or answer it from a fixed table (QuantumNous/new-api
# controller/model.go): then only the list is reliable.
MOST_PAGES = 20
NOT_FOUND = 404
UNTOLD = frozenset({ErrorClass.MODEL_NOT_FOUND, ErrorClass.INVALID_REQUEST, ErrorClass.INVALID_RESPONSE})


async def catalog(attempt: Attempt) -> Verdict:
    """Return the verdict of ``GET /models/{model}`` or, if that is not reliable, of ``GET /models``.

    Nothing is sent to a vendor without a catalog.
    """
    shape = attempt.api.catalog
    if shape is None:
        message = f"the api {attempt.service.api} names no catalog"
        return Verdict(ErrorClass.INVALID_REQUEST, "catalog:none", message)
    one = await _get(attempt, shape.path) if shape.path is not None else None
    if one is not None and one.error_class not in UNTOLD:
        return one
    if one is not None and shape.list is None:
        return _unknown(attempt) if attempt.http_status == NOT_FOUND else one
    return await _in_list(attempt, shape, one)


def _unknown(attempt: Attempt) -> Verdict:
    message = f"the provider does not know {attempt.service.model}"
    return Verdict(ErrorClass.MODEL_NOT_FOUND, "catalog:not-found", message)


async def _in_list(attempt: Attempt, shape: Catalog, one: Verdict | None) -> Verdict:
    """Return the verdict of the list, page after page; ``one`` is that on the look-up of the model alone."""
    listed = await _get(attempt, shape.list or "")
    for _ in range(MOST_PAGES):
        is_good = listed.error_class is ErrorClass.NONE
        further = _further(shape, attempt.document) if is_good else None
        if further is None or listing(attempt.service.model, attempt.document, shape) is not None:
            break
        listed = await _get(attempt, further)
    is_good = listed.error_class is ErrorClass.NONE
    if not is_good and not attempt.last.is_cut:
        return one if one is not None and listed.error_class in UNTOLD else listed
    found = listing(attempt.service.model, attempt.document, shape)
    if found is not None or (attempt.last.is_cut and f'"{attempt.service.model}"' in attempt.body):
        attempt.note_response(attempt.last)
        attempt.sunset_at = announced_sunset({}, found) or attempt.sunset_at
        return listed if is_good else Verdict(ErrorClass.NONE, "catalog:long-list")
    attempt.response_seconds = None
    if attempt.last.is_cut:
        return Verdict(ErrorClass.INVALID_RESPONSE, "catalog:too-long", "the list of models is too long to be read")
    message = f"the provider's list has no {attempt.service.model}"
    return Verdict(ErrorClass.MODEL_NOT_FOUND, "catalog:not-listed", message)


async def _get(attempt: Attempt, path: str) -> Verdict:
    try:
        filled, headers = attempt.known.path(path), attempt.known.headers(attempt.api)
    except Unfilled as error:
        return Verdict(ErrorClass.INVALID_REQUEST, "unfilled", str(error))
    return await attempt.ask("GET", filled, endpoint="models", headers=headers)


def _further(shape: Catalog, document: object) -> str | None:
    """Return the path or address of the next page of a list; None for the last one."""
    token = text_of(first(document, shape.next.value)) if shape.next is not None else None
    if shape.next is None or not token:
        return None
    if shape.next.query is None:
        return token
    path = shape.list or ""
    return f"{path}{'&' if '?' in path else '?'}{quote(shape.next.query)}={quote(token, safe='')}"


def listing(model: str, document: Any, shape: Catalog) -> Mapping[str, Any] | None:
    """Return the entry of one model in a list of models, empty if only its name is listed, or None if it is not."""
    items = document if isinstance(document, list) else first(document, shape.items)
    if isinstance(items, dict):
        said = items.get(shape.prefix + model)
        return said if isinstance(said, dict) else None if said is None else {}
    for item in items if isinstance(items, list) else []:
        name = first(item, shape.id) if isinstance(item, dict) else item
        if name in (model, shape.prefix + model, f"models/{model}"):
            return item if isinstance(item, dict) else {}
    return None
