"""What an attempt at a service speaks to, and how: an answer of another target says nothing of this one."""

from __future__ import annotations

import hashlib
import json

from sora_exporter.config import Config, Service

Target = tuple[object, ...]


def target_of(config: Config, service: Service) -> Target:
    """Return everything that decides whom a probe of the service asks, and what."""
    provider = config.providers[service.provider]
    return provider, service.provider, config.api(service), service.model, service.access, service.request


def targets(config: Config) -> dict[str, Target]:
    """Return the target of each service by its id."""
    return {service.id: target_of(config, service) for service in config.services}


def fingerprint(target: Target) -> str:
    """Return a digest of a target that is the same in every process; secrets are left out, as in every dump."""
    document = json.dumps(target, sort_keys=True, default=lambda section: section.model_dump(mode="json"))
    return hashlib.sha256(document.encode()).hexdigest()
