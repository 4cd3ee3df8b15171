"""A stand-in for Prometheus' HTTP API that gives recorded answers, in the shapes Prometheus 2.42 was seen to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_exporter.report import queries
from sora_exporter.report.findings import WINDOWS, Findings
from support.over_http import over_http

END = 1793491200
"""2026-11-01 00:00 UTC."""
WINDOW = WINDOWS["7d"]
FIRST = END - WINDOW.seconds + 60
"""The window's first minute."""
NAMES = {"alpha": "Alpha 官转", "beta": "Beta", "gamma": "Gamma"}

HOSTILE = '=1+1|<script>alert("x")</script>`*_[a](http://evil.example)\n\x1b[31m\u202e'
"""A name made of markup, a formula, a link and control characters."""

Answer = list[tuple[Mapping[str, str], Any]]
"""Labels with a value, or with (time, value) pairs in the answer to a range query."""

Find = Callable[..., Findings]
"""Reads the recorded answers into findings, with more arguments of the request if need be."""


def each(**values: float) -> Answer:
    """Return a value per service."""
    return [({"service_id": service_id}, value) for service_id, value in values.items()]


def minutes(service_id: str, first: int, count: int, **labels: str) -> tuple[Mapping[str, str], Any]:
    """Return a series of ones over ``count`` minutes from the window's minute number ``first``."""
    return {"service_id": service_id, **labels}, [(FIRST + 60 * (first + n), 1) for n in range(count)]


def info(service_id: str, access: str, product: str = "film", seen: float = END, name: str | None = None) -> Any:
    """Return the description of a service, last given at ``seen``."""
    labels = {"service_id": service_id, "name": NAMES[service_id] if name is None else name, "product": product}
    return {**labels, "access": access, "provider": "relay", "model": "m-1", "api": "videos"}, seen


def answers() -> dict[str, Answer]:
    """Return what is answered over a week: a steady route, one in risk control, and one hardly seen; by question."""
    return {
        "severity": each(alpha=0, beta=2),
        "known": each(alpha=1, beta=1, gamma=1),
        "error_class": [
            ({"service_id": "alpha", "error_class": "none"}, 1),
            ({"service_id": "beta", "error_class": "captcha"}, 2),
            ({"service_id": "beta", "error_class": "rate_limited"}, 1),
            ({"service_id": "gamma", "error_class": "quota_exhausted"}, 1),
        ],
        "recommended": each(alpha=1, beta=0),
        "objective": each(alpha=0.999, gamma=0.99),
        "price": [
            ({"service_id": "alpha", "unit": "second"}, 0.1),
            ({"service_id": "beta", "unit": "request"}, 0.2),
        ],
        "sunset": each(beta=END + 86400),
        "stars": each(alpha=5, beta=3),
        "coverage_of_stars": each(alpha=0.9, beta=0.8, gamma=0.1),
        "coverage": each(alpha=1, beta=0.99, gamma=0.1),
        "availability": each(alpha=0.99999, beta=0.9, gamma=1),
        "episodes": each(alpha=0, beta=3, gamma=0),
        "hours": each(alpha=0, beta=10, gamma=0),
        "response": each(alpha=2.5, beta=0.75),
        "proven": [
            ({"service_id": "alpha", "depth": "routed"}, END - 60),
            ({"service_id": "alpha", "depth": "delivered"}, END - 86400),
            ({"service_id": "beta", "depth": "routed"}, END - 60),
            ({"service_id": "beta", "depth": "delivered"}, END - WINDOW.seconds - 1),
        ],
        "recorded_since": each(alpha=FIRST, beta=FIRST, gamma=END - 2 * 86400),
        "info": [info("alpha", "official"), info("beta", "reverse"), info("gamma", "reverse", "song")],
        "unavailable": [minutes("beta", 0, 30), minutes("beta", 5000, 3), minutes("beta", 10070, 10)],
        "error_classes": [
            minutes("beta", 0, 29, error_class="captcha"),
            minutes("beta", 5000, 1, error_class="timeout"),
            minutes("beta", 5001, 2, error_class="overloaded"),
        ],
        "silent": [minutes("alpha", 100, 5)],
        "available": [({"service_id": "alpha"}, [(END - WINDOW.seconds + 6 * 3600, 180), (END, 360)])],
        "evidence": [({"service_id": "alpha"}, [(END - WINDOW.seconds + 6 * 3600, 360), (END, 360)])],
    }


def expressions() -> dict[str, str]:
    """Return the PromQL of each question over the window."""
    return {**queries.NOW, **queries.figures(WINDOW), **queries.MINUTES, **queries.bars(WINDOW)}


@dataclass
class Recorded:
    """The answers of the stand-in, and the requests it got; ``refusal`` replaces every answer."""

    answers: dict[str, Answer] = field(default_factory=answers)
    refusal: Response | None = None
    warnings: Sequence[str] = ()
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def give_hostile_names(self) -> None:
        """Give a service and a product the hostile name."""
        self.answers["info"] = [info("alpha", "official", name=HOSTILE), info("beta", "reverse", product=HOSTILE)]

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        self.requests.append(request)
        if self.refusal is not None:
            return self.refusal
        parameters = request.query_params
        questions = {expression: question for question, expression in expressions().items()}
        found = self.answers.get(questions[parameters["query"]], [])
        result = [_series(labels, value, parameters) for labels, value in found]
        kind = "matrix" if "step" in parameters else "vector"
        document = {"status": "success", "data": {"resultType": kind, "result": result}}
        return JSONResponse({**document, "warnings": list(self.warnings)} if self.warnings else document)


def _series(labels: Mapping[str, str], value: Any, parameters: Mapping[str, str]) -> Mapping[str, Any]:
    if "step" not in parameters:
        return {"metric": labels, "value": [float(parameters["time"]), str(value)]}
    first, last = float(parameters["start"]), float(parameters["end"])
    return {"metric": labels, "values": [[time, str(one)] for time, one in value if first <= time <= last]}


@contextmanager
def answering(recorded: Recorded) -> Iterator[Recorded]:
    """Serve the answers under a path prefix while the block lasts; ``url`` is where."""
    routes = [Route(f"/prefix/api/v1/{path}", recorded.__call__) for path in ("query", "query_range")]
    with over_http(Starlette(routes=routes)) as address:
        recorded.url = f"{address}/prefix"
        yield recorded


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """The recorded answers, served."""
    with answering(Recorded()) as serving:
        yield serving
