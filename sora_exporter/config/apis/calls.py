"""The calls of a vendor's API: method, path, headers and body, with placeholders that each request fills.

A *placeholder* is ``{model}``, ``{prompt}``, ``{job_id}``, ``{uuid}``, ``{timestamp}`` (seconds), ``{timestamp_ms}``,
one of the provider's ``values``, or any path into an earlier answer, of which the newest that has it counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from sora_exporter.config.apis.template import MADE, WHOLE, placeholders
from sora_exporter.config.section import Count, Flag, Json, Section
from sora_exporter.config.values import HEADER_NAME
from sora_exporter.documents import text_of

Method = Literal["GET", "POST", "PUT", "DELETE"]
ALWAYS = frozenset({"model", "prompt", *MADE})
"""The placeholders that every request can fill."""
FILLED_PER_REQUEST = ALWAYS | {"job_id"}
"""The placeholders that no answer and no provider has to fill."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


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
        raise ValueError(f"{name!r} cannot be a header here: keys belong in auth of the provider")
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
    """Headers of this call alone. Keys belong in ``auth`` of the provider."""
    body: Json | None = None
    """The JSON body, with placeholders in its texts."""
    answer_mib: AnswerMib = 1
    """The MiB of the answer that are read: more if it contains the video as base64."""

    @property
    def blanks(self) -> frozenset[str]:
        """The names of the placeholders."""
        return placeholders(self.path) | placeholders(dict(self.headers)) | placeholders(self.body or {})


class NextPage(Section):
    """The place of the next page in a list."""

    value: Paths = Field(min_length=1)
    """Paths to the token of the next page, or to its whole address."""
    query: str | None = Field(default=None, min_length=1)
    """The query parameter that takes the token; by default the value is an address."""


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
    """Text before every name there."""
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
    """The create request: a call, how to read its answer, and its price."""

    method: Method = "POST"
    """The HTTP method."""
    encoding: Literal["json", "multipart"] = "json"
    """How the body is sent: as JSON or as a form."""
    body: Json
    """The cheapest and shortest video. Members of a service's ``request`` replace these."""
    stream: Flag = False
    """True if the answer is an event stream."""
    billed_seconds: Paths = ()
    """Paths in the body to the length of the video, for prices per second: 5, ``"5"`` or ``5s``."""
    present: Paths = ()
    """Paths of which a good answer has one; defaults to those of the job's id."""
    files: Mapping[str, Literal["form", "data_url"]] = Field(default_factory=dict)
    """The members that may be files of the fallback client: sent in a form, or as a data URL in the body."""
