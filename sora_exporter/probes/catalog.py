"""The free look-up: is the provider reachable, the key good, the model on offer?"""

from __future__ import annotations

from typing import Any

from sora_exporter.apis import first
from sora_exporter.apis.spec import Models, fill_path
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
    if listed.error_class is not ErrorClass.NONE:
        return one if one is not None and listed.error_class in UNTOLD else listed
    if is_offered(attempt.service.model, attempt.document, attempt.body):
        return listed
    attempt.response_seconds = None
    message = f"the provider's list has no {attempt.service.model}"
    return Verdict(ErrorClass.MODEL_NOT_FOUND, "catalog:not-listed", message)


def is_offered(model: str, document: Any, body: str) -> bool:
    """Whether a list of models names the model; of a list too long to be read whole, whether its beginning does."""
    items = document if isinstance(document, list) else first(document, ("data", "models"))
    if not isinstance(items, list):
        return f'"{model}"' in body
    names = {first(item, ("id", "name")) if isinstance(item, dict) else item for item in items}
    return model in names or f"models/{model}" in names
