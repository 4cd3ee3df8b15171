"""The call that a request is: a create request, a poll or a download of a configured service, or none of these."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote, urlsplit

from sora_exporter.classify import classify
from sora_exporter.classify.user import user_rules
from sora_exporter.config import Config, Service
from sora_exporter.config.apis import Api
from sora_exporter.config.apis.spec import Call
from sora_exporter.config.apis.template import PLACEHOLDER
from sora_exporter.config.makers import is_relay
from sora_exporter.probes.judged import Judge

STEP = "[^/?&]+"
JOBS_KEPT = 10_000
PORTS = {"http": 80, "https": 443}


class Kind(Enum):
    """The calls that show something about a service."""

    CREATE = "create"
    POLL = "poll"
    ASSET = "asset"


@dataclass(frozen=True, slots=True)
class Watched:
    """A service with its API, the rules for its answers, and whether its provider is a relay."""

    service: Service
    api: Api
    judge: Judge
    is_relay: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """One call of one service as a pattern: the address is that of the provider, then the path of the call."""

    watched: Watched
    kind: Kind
    method: str
    address: re.Pattern[str]
    model_path: str
    """The place of the model's name in the body of a create request; empty if it is not there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of the application: its ``normal`` address, and the reader of values in its body by their path."""

    method: str
    url: str
    field: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A call of a service; ``job_id`` is empty for a create request."""

    watched: Watched
    kind: Kind
    job_id: str = ""


class Calls:
    """Recognises the calls of the configured services, and remembers which service took a job."""

    def __init__(self, config: Config) -> None:
        self._patterns = [pattern for service in config.services for pattern in _patterns(config, service)]
        self._jobs: OrderedDict[str, str] = OrderedDict()

    def seen(self, sent: Sent) -> Seen | None:
        """Return the call that a request is, or None for a request that no service explains for certain.

        The first service of the configuration counts if several have the same address, call and model.
        """
        found = [
            (pattern, match)
            for pattern in self._patterns
            if pattern.method == sent.method and (match := pattern.address.fullmatch(sent.url)) is not None
        ]
        if not found:
            return None
        pattern, match = found[0]
        if pattern.kind is Kind.CREATE:
            named = [one for one, _ in found if _is_model(one, sent)]
            return Seen(named[0].watched, Kind.CREATE) if named else None
        job_id = unquote(match.groupdict().get("job_id") or "")
        service_id = self._jobs.get(job_id)
        owners = [one for one, _ in found if service_id in (None, one.watched.service.id)]
        is_certain = service_id is not None or len({one.watched.service.id for one in owners}) == 1
        return Seen(owners[0].watched, owners[0].kind, job_id) if owners and is_certain else None

    def remember(self, job_id: str, service_id: str) -> None:
        """Remember which service took a job, and forget the oldest of too many."""
        self._jobs[job_id] = service_id
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)


def normal(url: str) -> str:
    """Return an address with its host in lower case, and without the usual port of its scheme."""
    parts = urlsplit(url)
    port = parts.port if parts.port is not None and parts.port != PORTS.get(parts.scheme) else None
    host = f"{parts.hostname or ''}{f':{port}' if port is not None else ''}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{parts.path}{query}"


def _patterns(config: Config, service: Service) -> Iterator[Pattern]:
    provider, api = config.providers[service.provider], config.api(service)
    judge = partial(classify, user_rules=user_rules(config, service.provider))
    watched = Watched(service, api, judge, is_relay(provider))

    def pattern(kind: Kind, call: Call, model_path: str = "") -> Pattern:
        return Pattern(watched, kind, call.method, _address(provider.base_url, call.path, service.model), model_path)

    yield pattern(Kind.CREATE, api.create, next(_paths_of_model(api.create.body), ""))
    if api.asset is not None and api.asset.route is not None:
        yield pattern(Kind.ASSET, api.asset.route)
    if api.job is not None and api.job.poll.path.startswith("/"):
        yield pattern(Kind.POLL, api.job.poll)


def _address(base_url: str, path: str, model: str) -> re.Pattern[str]:
    """Return the pattern of a call's address: {model} is the service's, and every other placeholder one step."""
    filled = {"model": re.escape(model), "job_id": f"(?P<job_id>{STEP})"}
    # Between two pieces stand the sign and the name of a placeholder.
    pieces = PLACEHOLDER.split(path)
    names = [filled.get(name, STEP) for name in pieces[2::3]]
    steps = [re.escape(piece) + name for piece, name in zip_longest(pieces[::3], names, fillvalue="")]
    more = "" if "?" in path else r"(?:\?.*)?"
    return re.compile(re.escape(normal(base_url).rstrip("/")) + "".join(steps) + more)


def _paths_of_model(body: object, before: str = "") -> Iterator[str]:
    """Yield the dotted paths of a body at which the model's name stands."""
    members = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in members:
        if value == "{model}":
            yield f"{before}{name}"
        yield from _paths_of_model(value, f"{before}{name}.")


def _is_model(pattern: Pattern, sent: Sent) -> bool:
    """Return whether the order is for the service's model; without a place for it, the address names the model."""
    return not pattern.model_path or sent.field(pattern.model_path) == pattern.watched.service.model
