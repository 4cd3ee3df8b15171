"""One route: a service, and everything that its requests need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from sora_exporter.classify import classify
from sora_exporter.classify.user import UserRule
from sora_exporter.clock import Clock
from sora_exporter.config import Service
from sora_exporter.config.apis import Api
from sora_exporter.documents import at
from sora_exporter.fallback.files import in_body, in_form
from sora_exporter.http.reply import Upload
from sora_exporter.probes.attempt import Attempt, Client
from sora_exporter.redact import redact
from sora_exporter.result import DETAIL_CHARACTERS


@dataclass(frozen=True, slots=True)
class Route:
    """A service with its API, its provider's client, the user's own classification rules and the caller's files."""

    service: Service
    api: Api
    client: Client
    rules: tuple[UserRule, ...]
    clock: Clock
    is_relay: bool = True
    files: Mapping[str, Upload] = field(default_factory=dict)

    def attempt(self, seconds: float, prompt: str = "") -> Attempt:
        """Return a new attempt on this route that ends after so many seconds."""
        return Attempt(
            self.service,
            self.api,
            self.client,
            lambda answer: classify(answer, self.rules),
            self.clock,
            self.clock.monotonic() + seconds,
            prompt,
            is_relay=self.is_relay,
            files=self.files,
        )

    def ordering(self, seconds: int, members: dict[str, Any], files: Mapping[str, Upload]) -> Self:
        """Return the route with the caller's order merged over the service's own request members."""
        service = ordered(self.service, self.api, seconds, {**members, **in_body(self.api, files)})
        return replace(self, service=service, files=in_form(self.api, files))

    def redacted(self, text: str) -> str:
        """Return a text of the provider without any secret, short enough for a message."""
        return redact(text, self.client.secrets(), DETAIL_CHARACTERS)


def ordered(service: Service, api: Api, seconds: int, members: dict[str, Any]) -> Service:
    """Return the service with a create request for a video of so many seconds and with these members."""
    request = {**service.request, **duration(api, {**api.create.body, **service.request}, seconds), **members}
    return service.model_copy(update={"request": request})


def duration(api: Api, body: Mapping[str, Any], seconds: int) -> dict[str, Any]:
    """Return the member of a create request that orders the length of the video, in the type that the vendor uses.

    Empty if the request has no such member: the model then decides the length.
    """
    for path in api.create.billed_seconds:
        name, *inner = path.split(".")
        if at(body, path) is not None:
            return {name: _with(body[name], inner, seconds)}
    return {}


def _with(template: Any, path: list[str], seconds: int) -> Any:
    """Return a copy of a member with the value at the end of the path replaced by the seconds."""
    if not path or not isinstance(template, dict):
        unit = "s" if isinstance(template, str) and template.endswith("s") else ""
        return f"{seconds}{unit}" if isinstance(template, str) else seconds
    return {**template, path[0]: _with(template.get(path[0]), path[1:], seconds)}
