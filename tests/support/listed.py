"""A provider whose answers are given in a list: nothing goes over any wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sora_exporter.http.exchange import Exchange
from sora_exporter.http.reply import Reply, Request
from sora_exporter.result import Answer


@dataclass
class ListedAnswers:
    """A client whose answers are given: a status and a body each; the last one again and again."""

    answers: list[tuple[int | None, Any]]
    requests: list[Request] = field(default_factory=list)

    async def ask(self, request: Request, access: str, _exchange: Exchange | None = None) -> Reply:
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.requests.append(request)
        text = body if isinstance(body, str) else json.dumps(body)
        errors = {"unreached": "ConnectionRefusedError: refused", "": "TimeoutError: timed out"}
        error = None if status is not None else errors[body]
        facts = Answer(request.endpoint, access, status, {}, text if status else "", error, 0.1, request.expectation)
        return Reply(facts, http_status=status, is_reached=body != "unreached")

    @property
    def values(self) -> dict[str, str]:
        return {}

    def refused(self, _address: str) -> None:
        return None

    def secrets(self) -> tuple[str, ...]:
        return ()

    async def download(self, url: str, *_: object, **__: object) -> Reply:
        raise AssertionError(f"{url} is not to be downloaded here")
