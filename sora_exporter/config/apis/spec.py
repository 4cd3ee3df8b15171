"""One vendor's API as data: routes, bodies, and the paths of job, status, asset and error in its answers.

A *path* into a JSON answer is dotted, with numbers for list members: ``data.0.url``. The paths of a tuple
are tried in order. A route may hold ``{model}`` (create, models) or ``{job_id}`` (poll, cancel, delete, asset), a body
``{model}`` and ``{prompt}``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from sora_exporter.config.apis.template import fill, fill_path, placeholders
from sora_exporter.config.section import Count, Flag, Json, Pattern, Section
from sora_exporter.documents import first
from sora_exporter.result import Depth, Expectation

__all__ = [
    "Api", "Asset", "Canary", "Cancel", "Create", "Ending", "Find", "Job", "Models", "Proof", "Route", "State",
    "fill", "fill_path", "first",
]  # fmt: skip

Method = Literal["GET", "POST", "PUT", "DELETE"]
State = Literal["queued", "running", "done", "failed"]
"""What a job's status word means."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _merged(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the changes in it; where both have a mapping, its members are merged likewise."""
    both = {name: (body.get(name), change) for name, change in changes.items()}
    merged = {
        name: _merged(old, new) if isinstance(old, Mapping) and isinstance(new, Mapping) else new
        for name, (old, new) in both.items()
    }
    return {**body, **merged}


def _lower(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _route_path(path: str) -> str:
    if not re.fullmatch(r"/(?!/)[!-~]*|/", path):
        raise ValueError("a path begins with one '/' and has no spaces: it is added to the provider's base_url")
    return path


Paths = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_as_tuple)]
Words = Annotated[Paths, AfterValidator(_lower)]
RoutePath = Annotated[str, AfterValidator(_route_path)]


def _require_placeholders(path: str, allowed: str, *, is_needed: bool) -> None:
    unknown = sorted(placeholders(path) - {allowed})
    if unknown:
        raise ValueError(f"{path!r} has the placeholder {{{unknown[0]}}}: only {{{allowed}}} is filled in there")
    if is_needed and not placeholders(path):
        raise ValueError(f"{path!r} names no {{{allowed}}}: put it where the vendor wants it")


class Route(Section):
    method: Method = "GET"
    path: RoutePath


class Models(Section):
    """Where the model catalog is; ``path`` is None if a vendor only has the list."""

    path: RoutePath | None = "/models/{model}"
    list: RoutePath = "/models"

    @field_validator("path")
    @classmethod
    def _names_model(cls, value: str | None) -> str | None:
        if value is not None:
            _require_placeholders(value, "model", is_needed=True)
        return value


class Create(Section):
    """The create request.

    ``stream`` marks an event stream as the answer; ``billed_seconds`` are paths in the body to the length of the video,
    for prices per second; ``answer_mib`` limits how much of the answer to a paid request is read.
    """

    method: Method = "POST"
    path: RoutePath
    encoding: Literal["json", "multipart"] = "json"
    body: Json
    stream: Flag = False
    billed_seconds: Paths = ()
    present: Paths = ()
    answer_mib: Annotated[Count, Field(ge=1, le=64)] = 1

    @field_validator("path")
    @classmethod
    def _may_name_model(cls, value: str) -> str:
        _require_placeholders(value, "model", is_needed=False)
        return value


class Proof(Section):
    """The depth that a refused canary proves, at a maker and at a relay."""

    maker: Depth
    relay: Depth

    @field_validator("maker", "relay")
    @classmethod
    def _is_a_refusals(cls, depth: Depth) -> Depth:
        if depth.rank > Depth.ROUTED.rank:
            raise ValueError(
                f"a refusal proves no more than {Depth.ROUTED}: use {Depth.AUTHENTICATED} or {Depth.ROUTED}"
            )
        return depth


class Canary(Section):
    """One way to make validation refuse the create request, and the depth that its refusal proves.

    ``replace`` holds the members to change, mappings member by member; ``refusal`` words of which the refusal must name
    one.
    """

    replace: Json = Field(min_length=1)
    refusal: Paths = Field(min_length=1)
    proves: Proof

    @model_validator(mode="before")
    @classmethod
    def _says_what_it_proves(cls, value: object) -> object:
        if isinstance(value, dict) and "proves" not in value:
            raise ValueError(
                "a canary must name the depth that its refusal proves: "
                "add proves: {maker: routed, relay: authenticated}"
            )
        return value


class Find(Section):
    """How to list jobs, to find one whose id was lost: a route, the path of its items, and of the prompt in each.

    A list of ``most`` items may be cut off: it does not prove that a job is not there.
    """

    path: RoutePath
    most: Annotated[Count, Field(ge=1, le=10_000)] = 100
    items: Paths = Field(min_length=1)
    prompt: Paths = Field(min_length=1)


class Ending(Route):
    """A call that ends a job, or deletes it, and the states in which the vendor permits it (none given: every state).

    ``body`` may hold ``{job_id}``.
    """

    method: Method = "DELETE"
    body: Json | None = None
    when: tuple[State, ...] = ()

    def fits(self, state: State | None) -> bool:
        """Return whether a job in this state can be removed so; None stands for a state that is not known."""
        return not self.when or state in self.when


class Cancel(Ending):
    """A call that stops a job which has not ended: before it runs or, unless ``when`` says otherwise, while it runs."""

    when: tuple[State, ...] = Field(default=("queued", "running"), min_length=1)


class Job(Section):
    """Where a job's id, status word, progress and error are, and what the vendor's words mean, in any case."""

    id: Paths = Field(min_length=1)
    status: Paths = Field(min_length=1)
    error: Paths = ()
    queued: Words = ()
    running: Words = ()
    done: Words = Field(min_length=1)
    failed: Words = ()
    poll: Route
    poll_interval_seconds: float = Field(default=5.0, gt=0, le=3600)
    cancel: Cancel | None = None
    delete: Ending | None = None
    find: Find | None = None

    @property
    def meanings(self) -> dict[str, State]:
        """What each status word means, most final meaning first."""
        by_meaning: dict[State, tuple[str, ...]] = {
            "done": self.done,
            "failed": self.failed,
            "running": self.running,
            "queued": self.queued,
        }
        return {word: meaning for meaning, words in by_meaning.items() for word in words}

    def word(self, answer: object) -> State | None:
        """Return the state of the job in an answer; None for an unknown status word."""
        said = first(answer, self.status)
        return self.meanings.get(str(said).lower()) if isinstance(said, (str, int)) else None

    @property
    def endings(self) -> tuple[Ending, ...]:
        """The calls that remove a job, deleting before cancelling; empty for a vendor that has none."""
        return tuple(ending for ending in (self.delete, self.cancel) if ending is not None)

    @field_validator("poll", "cancel", "delete")
    @classmethod
    def _names_job(cls, value: Route | None) -> Route | None:
        if value is not None:
            _require_placeholders(value.path, "job_id", is_needed=True)
        return value

    @model_validator(mode="after")
    def _one_meaning_each(self) -> Self:
        words = [*self.queued, *self.running, *self.done, *self.failed]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise ValueError(f"the status word {twice[0]!r} is listed twice in the status words: keep one")
        return self


class Asset(Section):
    """Where the finished video or image is: a route, a path to its address or base64 text, or a link in text."""

    kinds: tuple[Literal["video", "image"], ...] = Field(min_length=1)
    route: Route | None = None
    url: Paths = ()
    base64: Paths = ()
    link: Pattern | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not (self.route or self.url or self.base64 or self.link):
            raise ValueError("the asset is nowhere: give one of route, url, base64 and link")
        if self.route is not None:
            _require_placeholders(self.route.path, "job_id", is_needed=True)
        return self


class Api(Section):
    """One vendor's API. ``endpoint`` is the family whose conventions the classifier falls back on.

    ``models`` is None if the vendor has no model catalog. ``canary`` holds one canary or several in the order in which
    they are sent: first those whose fault relays pass through to the maker.
    """

    endpoint: Literal["videos", "chat", "images"] = "videos"
    prompt: str = Field(default="A paper boat drifts across a calm lake at dawn.", min_length=1, max_length=2000)
    models: Models | None = Models()
    create: Create
    canary: Annotated[tuple[Canary, ...], BeforeValidator(_as_list)] = ()
    job: Job | None = None
    asset: Asset | None = None

    @model_validator(mode="after")
    def _route_has_job(self) -> Self:
        if self.asset is not None and self.asset.route is not None and self.job is None:
            raise ValueError("asset.route needs the id of a job: add job, or find the asset by url, base64 or link")
        return self

    def create_path(self, model: str) -> str:
        """Return the path of the create request for a model."""
        return fill_path(self.create.path, model=model)

    def create_body(self, model: str, overrides: dict[str, Any], prompt: str = "") -> dict[str, Any]:
        """Return the body of a create request; the service's own members replace the API's."""
        values = {"model": model, "prompt": prompt or self.prompt}
        body: dict[str, Any] = fill({**self.create.body, **overrides}, values)
        return body

    def canary_body(self, canary: Canary, model: str, overrides: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a create request with the canary's faults in it."""
        return _merged(self.create_body(model, overrides), canary.replace)

    def billed_seconds(self, body: dict[str, Any]) -> float | None:
        """Return how many seconds of video the body orders, or None if it does not set them."""
        said = first(body, self.create.billed_seconds)
        if isinstance(said, bool) or not isinstance(said, (str, int, float)):
            return None
        try:
            seconds = float(said)
        except (ValueError, OverflowError):
            return None
        return seconds if math.isfinite(seconds) and seconds > 0 else None

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
        good = (*self.job.queued, *self.job.running, *self.job.done)
        return Expectation(self.job.status, self.job.error, self.job.status, self.job.failed, good)
