"""Filling a vendor's calls: with values from the configuration and from earlier answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sora_exporter.config.apis.spec import Api, Call, fill, fill_path
from sora_exporter.config.apis.template import MADE, placeholders
from sora_exporter.documents import first, text_of

MOST_CHARACTERS = 2000
"""Longest value that is taken from an answer into a request."""


class Unfilled(Exception):
    """A call needs a value that is not available. The text is one line for a person."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One call, ready to be sent. ``path`` may be a whole address."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any] | None
    limit: int


@dataclass
class Known:
    """The values for placeholders: ``given`` ones by name, and ``answers``, of which the newest counts first.

    ``now`` returns Unix time in seconds.
    """

    given: Mapping[str, str]
    now: Callable[[], float]
    answers: list[object] = field(default_factory=list)

    def values(self, names: Iterable[str]) -> dict[str, str]:
        """Return the values of these names as far as they are known; ``{uuid}`` is a new one each time."""
        found = {name: self.given.get(name) or self._made(name) or self._answered(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def for_job(self, job_id: str, *answers: object) -> Known:
        """Return the values with those of a job: its id, and the latest answers about it."""
        return Known({**self.given, "job_id": job_id}, self.now, [*self.answers, *answers])

    def _made(self, name: str) -> str | None:
        return MADE[name](self.now()) if name in MADE else None

    def _answered(self, name: str) -> str | None:
        said = (text_of(first(answer, (name,))) for answer in reversed(self.answers))
        return next((text for text in said if text is not None and len(text) <= MOST_CHARACTERS), None)

    def call(self, api: Api, call: Call) -> Filled:
        """Return a call with every placeholder filled. Raises Unfilled."""
        body = fill(call.body, self._all(call.body)) if call.body is not None else None
        return Filled(call.method, self.path(call.path), self.headers(api, call), body, call.answer_mib * 1024 * 1024)

    def path(self, path: str) -> str:
        """Return a path with every placeholder filled. Raises Unfilled."""
        return fill_path(path, self._all(path))

    def headers(self, api: Api, call: Call | None = None) -> dict[str, str]:
        """Return the headers of one request: the API's and the call's own. Raises Unfilled."""
        headers = {**api.headers, **(call.headers if call is not None else {})}
        filled: dict[str, str] = fill(headers, self._all(headers))
        return filled

    def _all(self, template: object) -> dict[str, str]:
        names = placeholders(template)
        values = self.values(names)
        if missing := sorted(names - set(values)):
            raise Unfilled(f"no answer has {missing[0]}, which the next request needs")
        return values


def known_to(model: str, values: Mapping[str, str], now: Callable[[], float]) -> Known:
    """Return what is known about one model before any answer."""
    return Known({**values, "model": model}, now)
