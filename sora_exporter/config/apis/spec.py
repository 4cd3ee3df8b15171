"""One vendor's API as data: calls, and where id, status, faults and asset are in its answers.

A *path* into a JSON answer is dotted, with numbers for list members: ``data.0.url``; ``steps.[type=video]`` chooses the
first member of a list that has this value. The paths of a tuple are tried in order.

A *placeholder* in a path, header or body is filled for each request: ``{model}``, ``{prompt}``, ``{job_id}``,
``{uuid}``, ``{timestamp}`` (seconds), ``{timestamp_ms}``, the provider's ``values``, and any path
into an earlier answer, of which the newest that has it counts.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sora_exporter.config.apis.template import WHOLE, fill, fill_path, placeholders
from sora_exporter.config.section import Count, Flag, Json, Pattern, Section
from sora_exporter.config.values import HEADER_NAME
from sora_exporter.documents import at, first, text_of
from sora_exporter.result import Depth, ErrorClass, Expectation

__all__ = [
    "Api", "Asset", "Call", "Canary", "Cancel", "Catalog", "Codes", "Create", "Ending", "Find", "Job", "NextPage",
    "Proof", "State", "fill", "fill_path", "first",
]  # fmt: skip

Method = Literal["GET", "POST", "PUT", "DELETE"]
State = Literal["queued", "running", "done", "failed"]
"""The meaning of a job's status word."""
ALWAYS = frozenset({"model", "prompt", "uuid", "timestamp", "timestamp_ms"})
"""The placeholders that every request can fill."""
FILLED_PER_REQUEST = ALWAYS | {"job_id"}
"""The placeholders that no answer and no provider has to fill."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _merged(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the changes in it: mappings member by member, and null removes one (RFC 7386)."""
    both = {name: (body.get(name), change) for name, change in changes.items()}
    merged = {
        name: _merged(old, new) if isinstance(old, Mapping) and isinstance(new, Mapping) else new
        for name, (old, new) in both.items()
    }
    return {name: value for name, value in {**body, **merged}.items() if changes.get(name, value) is not None}


def _lower(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _as_words(value: object) -> object:
    """Return one value or a list of them as texts: numbers and booleans as JSON writes them."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(text_of(one) or one for one in values)


def _call_path(path: str) -> str:
    if not re.fullmatch(r"/(?!/)[!-~]*|/", path) and not WHOLE.fullmatch(path):
        raise ValueError("a path begins with one '/' and has no spaces: it is added to the provider's base_url")
    return path


def _fixed_name(name: str) -> str:
    if not HEADER_NAME.fullmatch(name) or name.lower() == "authorization":
        raise ValueError(f"{name!r} cannot be a header here: keys belong into auth of the provider")
    return name


def _ascii(value: str) -> str:
    if value != value.strip() or not re.fullmatch(r"[ -~]+", value):
        raise ValueError("a header's value is printable ASCII without spaces around it: correct it")
    return value


Paths = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_as_tuple, json_schema_input_type=str | list[str])
]
Word = str | bool | int | float
Words = Annotated[Paths, BeforeValidator(_as_words, json_schema_input_type=Word | list[Word]), AfterValidator(_lower)]
CallPath = Annotated[str, AfterValidator(_call_path)]
Headers = Mapping[Annotated[str, AfterValidator(_fixed_name)], Annotated[str, AfterValidator(_ascii)]]
Conditions = Mapping[Annotated[str, Field(min_length=1)], Words]
AnswerMib = Annotated[Count, Field(ge=1, le=64)]


class Call(Section):
    """One request: method, path, headers and body, each with placeholders."""

    method: Method = "GET"
    """The HTTP method."""
    path: CallPath
    """Added to the provider's ``base_url``. A path that is one placeholder, such as ``{status_url}``, is a whole
    address from an answer, with the origin of ``base_url``.
    """
    headers: Headers = Field(default_factory=dict)
    """Headers of this call alone. Keys belong into ``auth`` of the provider."""
    body: Json | None = None
    """The JSON body, with placeholders in its texts."""
    answer_mib: AnswerMib = 1
    """How many MiB of the answer are read: more where the video stands in it as base64."""

    @property
    def blanks(self) -> set[str]:
        """The names of the placeholders."""
        return placeholders(self.path) | placeholders(dict(self.headers)) | placeholders(self.body or {})


class NextPage(Section):
    """The place of the next page in a list."""

    value: Paths = Field(min_length=1)
    """Paths to the token of the next page, or to its whole address."""
    query: str | None = Field(default=None, min_length=1)
    """The query parameter that takes the token; without it the value is an address."""


class Catalog(Section):
    """The model catalog: the call for one model, for all of them, or both."""

    path: CallPath | None = "/models/{model}"
    """The call for one model; null if there is none."""
    list: CallPath | None = "/models"
    """The call for all models; null if there is none."""
    items: Paths = ("data", "models")
    """Paths to the list, or to a mapping with the models' names as keys."""
    id: Paths = ("id", "name")
    """Paths in each item to the model's name."""
    prefix: str = ""
    """Text that stands before every name there."""
    next: NextPage | None = None
    """The next page of a long list."""

    @field_validator("path")
    @classmethod
    def _names_model(cls, value: str | None) -> str | None:
        if value is not None and "model" not in placeholders(value):
            raise ValueError(f"{value!r} names no {{model}}: put it where the vendor expects it")
        return value

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.path is None and self.list is None:
            raise ValueError("the catalog is nowhere: give path, list or both, or write catalog: null")
        return self


class Create(Call):
    """The create request: a call, and what is to be known of its answer and its price."""

    method: Method = "POST"
    """The HTTP method."""
    encoding: Literal["json", "multipart"] = "json"
    """How the body is sent: as JSON or as a form."""
    body: Json
    """The cheapest and shortest video. Members of a service's ``request`` replace these."""
    stream: Flag = False
    """Whether the answer is an event stream."""
    billed_seconds: Paths = ()
    """Paths in the body to the length of the video, for prices per second: 5, ``"5"`` or ``5s``."""
    present: Paths = ()
    """Paths of which a good answer has one; without them those of the job's id."""


class Codes(Section):
    """The vendor's own codes: where they are, which mean success, and which error class the others stand for.

    They are read in every answer. A code that is not among ``success`` is a fault, also with HTTP status 200.
    """

    value: Paths = Field(min_length=1)
    """Paths to the code in an answer."""
    success: Words = ()
    """Codes that are not a fault."""
    classes: Mapping[str, ErrorClass] = Field(default_factory=dict)
    """The error class of each other code. A key that ends in ``.`` stands for every code that begins with it."""

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


class Find(Section):
    """How to list jobs, to find one whose id was lost."""

    path: CallPath
    """The call for the list of jobs."""
    most: Annotated[Count, Field(ge=1, le=10_000)] = 100
    """How many jobs the list holds at most: a longer one may be cut off and proves no absence."""
    items: Paths = Field(min_length=1)
    """Paths to the list."""
    prompt: Paths = Field(min_length=1)
    """Paths in each item to its prompt, which holds the marker of the job."""


class Ending(Call):
    """A call that ends or deletes a job."""

    method: Method = "DELETE"
    """The HTTP method."""
    when: tuple[State, ...] = ()
    """The states of the job in which the vendor permits the call; none given: every state."""

    def fits(self, state: State | None) -> bool:
        """Return whether a job in this state can be removed so; None stands for a state that is not known."""
        return not self.when or state in self.when


class Cancel(Ending):
    """A call that stops a job which has not ended: before it runs or, unless ``when`` says otherwise, while it runs."""

    when: tuple[State, ...] = Field(default=("queued", "running"), min_length=1)
    """The states of the job in which the vendor permits the call."""


class Job(Section):
    """The places of a job's id, status word and error, the meaning of the words, and the calls that follow and end it.

    A failure by ``failed_when`` goes before the status word, and the status word before ``done_when``. A word that is
    nowhere listed keeps the polling going.
    """

    id: Paths = Field(min_length=1)
    """Paths to the job's id in the answer to the create request."""
    status: Paths = ()
    """Paths to the status word in the answer to a poll."""
    error: Paths = ()
    """Paths to the reason of a failure."""
    queued: Words = ()
    """Words for a job that waits."""
    running: Words = ()
    """Words for a job at work."""
    done: Words = ()
    """Words for a finished job."""
    failed: Words = ()
    """Words for a job that ended without a video."""
    failed_when: Conditions = Field(default_factory=dict)
    """Paths with the values, or ``present``, that make the job failed, with any status word."""
    done_when: Conditions = Field(default_factory=dict)
    """Paths with the values, or ``present``, that make the job done where no status word decides."""
    absent: State | None = None
    """The state of an answer without any status word."""
    poll: Call
    """The call that reads the job's state."""
    poll_interval_seconds: float = Field(default=5.0, gt=0, le=3600)
    """Seconds between two polls."""
    cancel: Cancel | None = None
    """The call that stops a job; none if the vendor has no such call."""
    delete: Ending | None = None
    """The call that deletes a job; none if the vendor has no such call."""
    find: Find | None = None
    """The list of jobs, if the vendor has one that holds their prompts."""

    @property
    def meanings(self) -> dict[str, State]:
        """The meaning of each status word, most final meaning first."""
        by_meaning: dict[State, tuple[str, ...]] = {
            "done": self.done,
            "failed": self.failed,
            "running": self.running,
            "queued": self.queued,
        }
        return {word: meaning for meaning, words in by_meaning.items() for word in words}

    def status_word(self, answer: object) -> str:
        """Return the status word of an answer in lower case; empty text without one."""
        return (text_of(first(answer, self.status)) or "").lower()

    def word(self, answer: object) -> State | None:
        """Return the state of the job in an answer by the configured words and conditions; None for another word."""
        if _holds(self.failed_when, answer):
            return "failed"
        word = self.status_word(answer)
        if (state := self.meanings.get(word)) is not None:
            return state
        if _holds(self.done_when, answer):
            return "done"
        return self.absent if not word else None

    @property
    def endings(self) -> tuple[Ending, ...]:
        """The calls that remove a job, deleting before cancelling; empty for a vendor that has none."""
        return tuple(ending for ending in (self.delete, self.cancel) if ending is not None)

    @model_validator(mode="after")
    def _can_be_followed(self) -> Self:
        if not (self.status and self.done) and not self.done_when:
            raise ValueError("nothing shows that the job is done: add done with the words of status, or done_when")
        if not self.poll.blanks - ALWAYS:
            raise ValueError(f"the poll {self.poll.path!r} names no {{job_id}}: put it where the vendor expects it")
        for name, ending in (("cancel", self.cancel), ("delete", self.delete)):
            if ending is not None and not ending.blanks - ALWAYS:
                raise ValueError(f"{name} {ending.path!r} names no {{job_id}}: put it where the vendor expects it")
            if ending is not None and "job_id" not in ending.blanks and not ending.when:
                raise ValueError(f"{name} is filled from the answer to a poll: say in which states, with when")
        if any(ending.when for ending in self.endings) and "job_id" not in self.poll.blanks:
            raise ValueError("after a restart only the job's id is known: put {job_id} into poll, or drop when")
        return self

    @model_validator(mode="after")
    def _one_meaning_each(self) -> Self:
        words = [*self.queued, *self.running, *self.done, *self.failed]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise ValueError(f"the status word {twice[0]!r} is listed twice in the status words: keep one")
        return self


def _holds(conditions: Mapping[str, tuple[str, ...]], answer: object) -> bool:
    return any(_has(at(answer, path), wanted) for path, wanted in conditions.items())


def _has(said: object, wanted: tuple[str, ...]) -> bool:
    if "present" in wanted:
        return said is not None and said not in ("", [], {})
    return (text_of(said) or "").lower() in wanted


class Asset(Section):
    """The place of the finished video or image: a route, an address or base64 in the answer, or a link in text."""

    kinds: tuple[Literal["video", "image"], ...] = Field(min_length=1)
    """The accepted kinds of asset, by content: ``video``, ``image`` or both."""
    steps: tuple[Call, ...] = Field(default=(), max_length=5)
    """Further calls before the asset's place is read: each is filled from the answers before it."""
    route: Call | None = None
    """The call that returns the asset itself."""
    url: Paths = ()
    """Paths to its address in the last answer. Our key goes along only to the origin of ``base_url``."""
    base64: Paths = ()
    """Paths to its content as base64 in the last answer."""
    link: Pattern | None = None
    """A regular expression (RE2) for its address in the text of the answer."""

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
        for where, call in self.calls():
            names = placeholders(call) if isinstance(call, str) else call.blanks
            dotted = sorted(name for name in names if where in FIRST_CALLS and ("." in name or name == "job_id"))
            if dotted:
                raise ValueError(f"{where} has the placeholder {{{dotted[0]}}}, but no answer comes before it")
            for name in sorted(names - FILLED_PER_REQUEST):
                if near := difflib.get_close_matches(name, FILLED_PER_REQUEST, 1, 0.8):
                    raise ValueError(f"nothing fills {{{name}}} in {where}: did you mean {{{near[0]}}}?")
            if self.job is None and "job_id" in names:
                raise ValueError(f"{where} needs the id of a job: add job, or find the asset by url, base64 or link")
        return self

    def calls(self) -> Iterable[tuple[str, Call | str]]:
        """Yield every call with its place in the shape; of calls that are paths alone, the path."""
        yield "create", self.create
        yield from (("headers", value) for value in self.headers.values())
        if self.catalog is not None:
            yield from (("catalog", path) for path in (self.catalog.path, self.catalog.list) if path is not None)
        if self.job is not None:
            yield "job.poll", self.job.poll
            yield from ((f"job.{type(ending).__name__.lower()}", ending) for ending in self.job.endings)
        if self.asset is not None:
            yield from (("asset.steps", step) for step in self.asset.steps)
            if self.asset.route is not None:
                yield "asset.route", self.asset.route

    @property
    def own_blanks(self) -> list[str]:
        """The placeholders of calls before any answer that only the provider's ``values`` can fill, sorted."""
        calls = (call for where, call in self.calls() if where in FIRST_CALLS)
        names = (placeholders(call) if isinstance(call, str) else call.blanks for call in calls)
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
