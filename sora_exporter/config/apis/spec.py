"""One vendor's API as data: calls, and where id, status, faults and asset are in its answers.

A *path* into a JSON answer is dotted, with numbers for list members: ``data.0.url``; ``steps.[type=video]`` chooses the
first member of a list that has this value. The paths of a tuple are tried in order.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sora_exporter.config.apis.calls import (
    ALWAYS,
    FILLED_PER_REQUEST,
    Call,
    Catalog,
    Create,
    Headers,
    NextPage,
    Paths,
    Words,
)
from sora_exporter.config.apis.jobs import Cancel, Ending, Find, Job, State
from sora_exporter.config.apis.template import fill, fill_path, placeholders
from sora_exporter.config.section import Json, Pattern, Section
from sora_exporter.documents import first, text_of
from sora_exporter.result import Depth, ErrorClass, Expectation

__all__ = [
    "Api", "Asset", "Call", "Canary", "Cancel", "Catalog", "Codes", "Create", "Ending", "Find", "Job", "NextPage",
    "Proof", "State", "fill", "fill_path", "first",
]  # fmt: skip


def _as_list(value: object) -> object:
    if value == []:
        raise ValueError("must not be empty: fill it in, or leave it out for an API without a canary")
    return [value] if isinstance(value, dict) else value


def _merged(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the changes in it: mappings member by member, and null removes one (RFC 7386)."""
    both = {name: (body.get(name), change) for name, change in changes.items()}
    merged = {
        name: _merged(old, new) if isinstance(old, Mapping) and isinstance(new, Mapping) else new
        for name, (old, new) in both.items()
    }
    return {name: value for name, value in {**body, **merged}.items() if changes.get(name, value) is not None}


class Codes(Section):
    """The vendor's own codes: their paths, the codes of a success, and the error class of each other code.

    They are read in every answer. A code that is not among ``success`` is a fault, also with HTTP status 200.
    """

    value: Paths = Field(min_length=1)
    """Paths to the code in an answer."""
    success: Words = ()
    """Codes that are not a fault."""
    classes: Mapping[str, ErrorClass] = Field(default_factory=dict)
    """The error class of each other code. A key that ends in ``.`` matches every code that begins with it."""

    def fault(self, answer: object) -> str | None:
        """Return the code of an answer that is a fault; None for success and for an answer without a code."""
        code = text_of(first(answer, self.value))
        return None if code is None or code.lower() in self.success else code

    def error_class(self, code: str) -> ErrorClass | None:
        """Return the error class of a code; the longest prefix decides where the whole code is not listed."""
        if (exact := self.classes.get(code)) is not None:
            return exact
        prefixes = [key for key in self.classes if key.endswith(".") and f"{code}.".startswith(key)]
        return self.classes[max(prefixes, key=len)] if prefixes else None


class Proof(Section):
    """The depth that a refused canary proves, at a maker and at a relay."""

    maker: Depth
    """The depth proven at the vendor itself: ``authenticated`` or ``routed``."""
    relay: Depth
    """The depth proven at a relay, which may refuse before it calls the vendor."""

    @field_validator("maker", "relay")
    @classmethod
    def _is_a_refusals(cls, depth: Depth) -> Depth:
        if depth.rank > Depth.ROUTED.rank:
            raise ValueError(
                f"a refusal proves no more than {Depth.ROUTED}: use {Depth.AUTHENTICATED} or {Depth.ROUTED}"
            )
        return depth


class Canary(Section):
    """One way to make validation refuse the create request, and the depth that its refusal proves."""

    replace: Json = Field(min_length=1)
    """The members of the body to change: mappings member by member, and null removes a member."""
    refusal: Paths = Field(min_length=1)
    """Words of which the refusal must name one, or it proves nothing."""
    proves: Proof
    """The depth that the refusal proves."""

    @model_validator(mode="before")
    @classmethod
    def _says_what_it_proves(cls, value: object) -> object:
        if isinstance(value, dict) and "proves" not in value:
            raise ValueError(
                "a canary must name the depth that its refusal proves: "
                "add proves: {maker: routed, relay: authenticated}"
            )
        return value


class Asset(Section):
    """The place of the finished video or image: a route, an address or base64 in the answer, or a link in text."""

    kinds: tuple[Literal["video", "image"], ...] = Field(min_length=1)
    """The accepted kinds of asset, by content: ``video``, ``image`` or both."""
    steps: tuple[Call, ...] = Field(default=(), max_length=5)
    """Further calls before the asset's place is read: each is filled from the answers before it."""
    route: Call | None = None
    """The call that returns the asset itself."""
    url: Paths = ()
    """Paths to its address in the last answer. Our key is sent only to the origin of ``base_url``."""
    base64: Paths = ()
    """Paths to its content as base64 in the last answer."""
    link: Pattern | None = None
    """A regular expression (RE2) for its address in the text of the answer."""
    reason: Paths = ()
    """Paths to the text in the last answer that gives the reason if there is no asset."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not (self.route or self.url or self.base64 or self.link):
            raise ValueError("the asset is nowhere: give one of route, url, base64 and link")
        if self.steps and not (self.url or self.base64):
            raise ValueError("the steps lead nowhere: say with url or base64 where the asset is in the last answer")
        if self.route is not None and not self.route.blanks - ALWAYS:
            raise ValueError(f"{self.route.path!r} names no {{job_id}}: put it where the vendor expects it")
        return self


def _with_older_name(schema: dict[str, Any]) -> None:
    schema["properties"]["models"] = {**schema["properties"]["catalog"], "deprecated": True}


class Api(Section):
    """One vendor's API. ``models`` is the older name of ``catalog``."""

    model_config = ConfigDict(json_schema_extra=_with_older_name)

    endpoint: Literal["videos", "chat", "images"] = "videos"
    """The family whose conventions the classifier falls back on."""
    prompt: str = Field(default="A paper boat drifts across a calm lake at dawn.", min_length=1, max_length=2000)
    """The prompt of every probe."""
    headers: Headers = Field(default_factory=dict)
    """Headers of every call."""
    codes: Codes | None = None
    """The vendor's own codes."""
    catalog: Catalog | None = Catalog()
    """The model catalog; null if the vendor has none."""
    create: Create
    """The request that creates a video."""
    canary: Annotated[tuple[Canary, ...], BeforeValidator(_as_list, json_schema_input_type=Canary | list[Canary])] = ()
    """One canary, or several in the order in which they are sent: first those whose fault relays pass on to the maker.
    """
    job: Job | None = None
    """The job that the create request starts; none where its answer has the asset already."""
    asset: Asset | None = None
    """The place of the finished video."""

    @model_validator(mode="before")
    @classmethod
    def _older_name(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "models" not in value:
            return value
        if "catalog" in value:
            raise ValueError("models is the older name of catalog: keep catalog")
        return {"catalog" if name == "models" else name: member for name, member in value.items()}

    @model_validator(mode="after")
    def _can_be_filled(self) -> Self:
        for where, names in self.blanks():
            dotted = sorted(name for name in names if where in FIRST_CALLS and ("." in name or name == "job_id"))
            if dotted:
                raise ValueError(f"{where} has the placeholder {{{dotted[0]}}}, but no answer comes before it")
            for name in sorted(names - FILLED_PER_REQUEST):
                if near := difflib.get_close_matches(name, FILLED_PER_REQUEST, 1, 0.8):
                    raise ValueError(f"nothing fills {{{name}}} in {where}: did you mean {{{near[0]}}}?")
            if self.job is None and "job_id" in names:
                raise ValueError(f"{where} needs the id of a job: add job, or find the asset by url, base64 or link")
        return self

    def blanks(self) -> Iterable[tuple[str, frozenset[str]]]:
        """Yield the names of the placeholders of every call, with its place in the shape."""
        yield "create", self.create.blanks
        yield from (("headers", placeholders(value)) for value in self.headers.values())
        if self.catalog is not None:
            paths = (path for path in (self.catalog.path, self.catalog.list) if path is not None)
            yield from (("catalog", placeholders(path)) for path in paths)
        if self.job is not None:
            yield "job.poll", self.job.poll.blanks
            yield from ((f"job.{type(ending).__name__.lower()}", ending.blanks) for ending in self.job.endings)
        if self.asset is not None:
            yield from (("asset.steps", step.blanks) for step in self.asset.steps)
            if self.asset.route is not None:
                yield "asset.route", self.asset.route.blanks

    @property
    def own_blanks(self) -> list[str]:
        """The placeholders of calls before any answer that only the provider's ``values`` can fill, sorted."""
        names = (names for where, names in self.blanks() if where in FIRST_CALLS)
        return sorted(set().union(*names) - ALWAYS)

    def create_body(
        self, model: str, overrides: dict[str, Any], prompt: str = "", values: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the body of a create request; the service's own members replace the API's."""
        known = {**(values or {}), "model": model, "prompt": prompt or self.prompt}
        body: dict[str, Any] = fill({**self.create.body, **overrides}, known)
        return body

    def canary_body(
        self, canary: Canary, model: str, overrides: dict[str, Any], values: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the body of a create request with the canary's faults in it."""
        return _merged(self.create_body(model, overrides, values=values), canary.replace)

    def billed_seconds(self, body: dict[str, Any]) -> float | None:
        """Return how many seconds of video the body orders, such as 5, "5" or "5s"; None if it does not set them."""
        said = first(body, self.create.billed_seconds)
        if isinstance(said, bool) or not isinstance(said, (str, int, float)):
            return None
        try:
            seconds = float(said.removesuffix("s") if isinstance(said, str) else said)
        except (ValueError, OverflowError):
            return None
        return seconds if math.isfinite(seconds) and seconds > 0 else None

    @property
    def create_expectation(self) -> Expectation | None:
        """The members of a good answer to the create request, for the classifier."""
        present = self.create.present or (self.job.id if self.job else ())
        return Expectation(present=present, error=self.job.error if self.job else ()) if present else None

    @property
    def job_expectation(self) -> Expectation | None:
        """The members of a good answer to a poll, for the classifier."""
        if self.job is None:
            return None
        good = (*self.job.queued, *self.job.running, *self.job.done)
        present = (*self.job.status, *self.job.done_when)
        return Expectation(present, self.job.error, self.job.status, self.job.failed, good)


FIRST_CALLS = frozenset({"create", "catalog", "headers"})
"""The calls before which there is no answer."""
