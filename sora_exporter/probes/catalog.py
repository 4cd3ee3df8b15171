"""The free look-up: is the provider reachable, the key good, the model on offer?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sora_exporter.classify.sunset import announced_sunset
from sora_exporter.config.apis import first
from sora_exporter.config.apis.spec import Models, fill_path
from sora_exporter.probes.attempt import Attempt
from sora_exporter.result import ErrorClass, Verdict

# A relay may not have the route for one model, or answer it from a fixed table (QuantumNous/new-api
# controller/model.go): then only the list can tell.
UNTOLD = frozenset({ErrorClass.MODEL_NOT_FOUND, ErrorClass.INVALID_REQUEST, ErrorClass.INVALID_RESPONSE})


async def catalog(attempt: Attempt) -> Verdict:
    """Return the verdict of ``GET /models/{model}`` or, where that says nothing certain, of ``GET /models``."""
    models = attempt.api.models or Models(path=None)
    one = None
    if models.path is not None:
        path = fill_path(models.path, model=attempt.service.model)
        one = await attempt.ask("GET", path, endpoint="models")
        if one.error_class not in UNTOLD:
            return one
    listed = await attempt.ask("GET", models.list, endpoint="models")
    is_good = listed.error_class is ErrorClass.NONE
    if not is_good and not attempt.last.is_cut:
        return one if one is not None and listed.error_class in UNTOLD else listed
    found = listing(attempt.service.model, attempt.document)
    if found is not None or (attempt.last.is_cut and f'"{attempt.service.model}"' in attempt.body):
        attempt.note_response(attempt.last)
        attempt.sunset_at = announced_sunset({}, found) or attempt.sunset_at
        return listed if is_good else Verdict(ErrorClass.NONE, "catalog:long-list")
    attempt.response_seconds = None
    if attempt.last.is_cut:
        return Verdict(ErrorClass.INVALID_RESPONSE, "catalog:too-long", "the list of models is too long to be read")
    message = f"the provider's list has no {attempt.service.model}"
    return Verdict(ErrorClass.MODEL_NOT_FOUND, "catalog:not-listed", message)


def listing(model: str, document: Any) -> Mapping[str, Any] | None:
    """Return what a list of models says of one model, empty where it only names it, or None where it does not."""
    items = document if isinstance(document, list) else first(document, ("data", "models"))
    for item in items if isinstance(items, list) else []:
        name = first(item, ("id", "name")) if isinstance(item, dict) else item
        if name in (model, f"models/{model}"):
            return item if isinstance(item, dict) else {}
    return None
