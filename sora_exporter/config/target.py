"""The target of a service: the route and everything else that determines the destination and content of its requests.

An answer of another target proves nothing about this one. The scheduler, the accepted canaries and the evidence all
compare targets, so that all of them agree after a reload on whether a service is still the same.
"""

from __future__ import annotations

import hashlib
import json

from sora_exporter.config import Config, Provider, Service

Target = tuple[object, ...]
USUAL_CONCURRENT = Provider.model_fields["max_concurrent"].default


def target_of(config: Config, service: Service) -> Target:
    """Return the service's target: its provider, api, model, access and request members."""
    provider = config.providers[service.provider]
    if provider.max_concurrent != USUAL_CONCURRENT or provider.budget_share is not None:
        # The limits of concurrency and of spending change neither the route nor the request.
        provider = provider.model_copy(update={"max_concurrent": USUAL_CONCURRENT, "budget_share": None})
    return provider, service.provider, config.api(service), service.model, service.access, service.request


def targets(config: Config) -> dict[str, Target]:
    """Return the target of each service by its id."""
    return {service.id: target_of(config, service) for service in config.services}


def fingerprint(target: Target) -> str:
    """Return a digest of a target that is the same in every process; secrets are left out, as in every dump."""
    document = json.dumps(target, sort_keys=True, default=lambda section: section.model_dump(mode="json"))
    return hashlib.sha256(document.encode()).hexdigest()
