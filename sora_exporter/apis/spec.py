"""The shape of one vendor's API: routes, bodies, and where job, status, asset and fault are found.

A *path* into a JSON answer is dotted, with numbers for list members: ``data.0.url``. Where a tuple of paths stands,
they are tried in order. The placeholders ``{model}``, ``{prompt}`` and ``{job_id}`` are filled in routes and bodies.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from sora_exporter.result import Expectation

Method = Literal["GET", "POST", "PUT", "DELETE"]


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Json = dict[str, Any]


class Part(BaseModel):
    """Base of every part of a shape: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Route(Part):
    method: Method = "GET"
    path: str


class Models(Part):
    """Where the model catalogue is; ``path`` None where a vendor only has the list."""

    path: str | None = "/models/{model}"
    list: str = "/models"


class Create(Part):
    """The create request. ``stream`` says the answer is an event stream; ``billed_seconds`` where the body tells
    the length of the video, for prices per second."""

    method: Method = "POST"
    path: str
    encoding: Literal["json", "multipart"] = "json"
    body: Json
    stream: bool = False
    billed_seconds: Paths = ()
    present: Paths = ()


class Canary(Part):
    """What makes validation refuse the create request: members to replace, and the words the refusal must name."""

    replace: Json
    refusal: Paths


class Find(Part):
    """How to list jobs, to find one whose id was lost: a route, where its items are and where each tells its prompt."""

    path: str
    items: Paths
    prompt: Paths


class Job(Part):
    """Where a job's id, status word, progress and error are, and what the vendor's words mean."""

    id: Paths
    status: Paths
    error: Paths = ()
    queued: Paths = ()
    running: Paths = ()
    done: Paths = ()
    failed: Paths = ()
    poll: Route
    poll_interval_seconds: float = 5.0
    delete: Route | None = None
    find: Find | None = None

    def word(self, answer: object) -> str:
        """Return ``queued``, ``running``, ``done``, ``failed`` or, for a word nobody knows, an empty string."""
        said = str(first(answer, self.status) or "").lower()
        for meaning in ("done", "failed", "running", "queued"):
            if said in getattr(self, meaning):
                return meaning
        return ""


class Asset(Part):
    """Where the finished video or image is: a route, a path to its address or base64 text, or a link in text."""

    kinds: tuple[Literal["video", "image"], ...]
    route: Route | None = None
    url: Paths = ()
    base64: Paths = ()
    link: str | None = None

    @field_validator("link")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            re.compile(value)
        return value


class Api(Part):
    """One vendor's API. ``endpoint`` is the family whose conventions the classifier falls back on."""

    endpoint: Literal["videos", "chat", "images"] = "videos"
    prompt: str = "A paper boat drifts across a calm lake at dawn."
    models: Models | None = Models()
    create: Create
    canary: Canary | None = None
    job: Job | None = None
    asset: Asset | None = None

    def create_body(self, model: str, overrides: Json, prompt: str = "") -> Json:
        """Return the body of a create request with a service's own members laid over the shape's."""
        body: Json = fill({**self.create.body, **overrides}, {"model": model, "prompt": prompt or self.prompt})
        return body

    def billed_seconds(self, body: Json) -> float | None:
        """Return how many seconds of video the body orders, or None where it does not say."""
        said = first(body, self.create.billed_seconds)
        try:
            return float(said) if said is not None else None
        except (TypeError, ValueError):
            return None

    @property
    def create_expectation(self) -> Expectation | None:
        """What a good answer to the create request holds, for the classifier."""
        present = self.create.present or (self.job.id if self.job else ())
        return Expectation(present=present, error=self.job.error if self.job else ()) if present else None

    @property
    def job_expectation(self) -> Expectation | None:
        """What a good answer to a poll holds, for the classifier."""
        if self.job is None:
            return None
        return Expectation(self.job.status, self.job.error, self.job.status, self.job.failed)


def first(document: object, paths: tuple[str, ...]) -> Any:
    """Return what the first of the dotted paths finds that is neither absent, null nor empty text; else None."""
    for path in paths:
        found = document
        for step in path.split("."):
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                found = None
        if found is not None and found != "":
            return found
    return None


def fill(template: Any, values: dict[str, str]) -> Any:
    """Return the template with ``{name}`` placeholders of its texts replaced; everything else is kept as it is."""
    if isinstance(template, str):
        for name, value in values.items():
            template = template.replace("{" + name + "}", value)
        return template
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    return template


def fill_path(path: str, **values: str) -> str:
    """Return a route's path with its placeholders replaced by percent-encoded values."""
    return str(fill(path, {name: quote(value, safe=":@") for name, value in values.items()}))
