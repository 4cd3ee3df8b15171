"""Each request and answer of an attempt, for a person who describes a vendor's API. Secrets are hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sora_exporter.http.exchange import Exchange
from sora_exporter.redact import HIDDEN, redact

MOST_CALLS: Final = 200
BODY_CHARACTERS: Final = 20_000
LINE_CHARACTERS: Final = 4_000
SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-amz-security-token"})
"""Headers whose whole value is a secret, also where its form is unknown to redaction."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer, without secrets.

    ``body`` and ``answer_body`` are texts of at most ``BODY_CHARACTERS``; a body that goes to a file is only counted in
    ``answer_bytes``. ``http_status`` is None without an answer, and ``trouble`` then says why. ``phases`` and
    ``seconds`` are durations.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    http_status: int | None
    answer_headers: Mapping[str, str]
    answer_body: str
    answer_bytes: int
    trouble: str
    seconds: float
    phases: Mapping[str, float]


@dataclass(slots=True)
class Trace:
    """The calls of one attempt in their order; ``left_out`` counts those beyond the first ``MOST_CALLS``.

    ``show`` gets each call as soon as it has ended.
    """

    calls: list[Call] = field(default_factory=list)
    left_out: int = 0
    show: Callable[[Call], None] | None = None

    def add(self, exchange: Exchange, trouble: str | None, seconds: float, secrets: Iterable[str]) -> None:
        """Keep one exchange. One that sent no request is kept as well: its trouble says why."""
        if len(self.calls) >= MOST_CALLS:
            self.left_out += 1
            return
        known = tuple(secrets)

        def clean(text: str, characters: int = LINE_CHARACTERS) -> str:
            return redact(text, known, characters)

        def shown(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
            return {name: HIDDEN if name in SECRET_HEADERS else clean(value) for name, value in headers}

        sent = exchange.sent
        call = Call(
            method=sent.method.decode() if sent else "",
            url=clean(bytes(sent.url).decode("ascii", "replace")) if sent else "",
            headers=shown((n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in sent.headers) if sent else {},
            body=clean(exchange.sent_body.decode("utf-8", "replace"), BODY_CHARACTERS),
            http_status=exchange.http_status,
            answer_headers=shown(exchange.headers.items()),
            answer_body=clean(exchange.received.decode("utf-8", "replace"), BODY_CHARACTERS),
            answer_bytes=exchange.size,
            trouble=clean(trouble or ""),
            seconds=seconds,
            phases=dict(exchange.phases),
        )
        self.calls.append(call)
        if self.show is not None:
            self.show(call)
