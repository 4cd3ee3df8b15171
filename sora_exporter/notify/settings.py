"""``notify.yml``: receivers with the addresses of their services, and the dead man's switch.

Secrets stand in files, or in variables (``${NAME}``); an error never quotes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator

from sora_exporter.config.problems import WORDS
from sora_exporter.config.section import Count, Section
from sora_exporter.config.values import File, Identifier, Seconds, Url, require_readable
from sora_exporter.config.yaml_file import CONFIG_FILE, ConfigError, Location, YamlFile, expand, read_yaml
from sora_exporter.words import languages

SECRET_BYTES = 8192


def _language(value: str) -> str:
    if value not in languages():
        raise ValueError(f"is not a known language: write {', '.join(languages())}")
    return value


def _filled(value: object) -> object:
    return expand(value) if isinstance(value, str) else value


def read_secret(file: Path) -> str:
    """Return the one line in a file. Raises ValueError naming the file."""
    try:
        text = require_readable(file, SECRET_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text: save it in that encoding") from None
    if not text or len(text.split()) > 1:
        raise ValueError(f"{file} must hold one line without blanks: write the secret alone into it")
    return text


class Receiver(Section):
    """One reader or group of readers. ``secret_file`` signs the messages of Feishu, Lark and DingTalk."""

    name: Identifier
    url: Annotated[SecretStr, BeforeValidator(_filled)] | None = None
    url_file: File | None = None
    secret_file: File | None = None
    language: Annotated[str, AfterValidator(_language)] | None = None

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("needs an address: give either url or url_file")
        return self

    def address(self) -> str:
        """Return the address of Apprise, read from its file on each use. Raises ValueError naming the file."""
        return read_secret(self.url_file) if self.url_file is not None else self.url.get_secret_value()  # type: ignore[union-attr]

    def secret(self) -> str:
        """Return the secret of the signature, read on each use; empty without one. Raises ValueError."""
        return read_secret(self.secret_file) if self.secret_file is not None else ""


class Deadman(Section):
    """The dead man's switch: ``after`` so many seconds without a SoraWatchdog message these receivers hear of it."""

    after: Seconds = 300.0
    receivers: tuple[Identifier, ...]


class Queue(Section):
    """The messages that wait on the disk: at most so many for each receiver, none older than ``age`` in seconds."""

    messages: Annotated[Count, Field(ge=1, le=100_000)] = 1000
    age: Seconds = 21_600.0


class NotifySettings(Section):
    """The whole file. With ``bearer_token_file`` a webhook needs that token."""

    receivers: tuple[Receiver, ...]
    deadman: Deadman | None = None
    queue: Queue = Queue()
    bearer_token_file: File | None = None
    grafana_url: Url | None = None

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [one.name for one in self.receivers]
        if not names or (self.deadman is not None and not self.deadman.receivers):
            raise ValueError("a list of receivers is empty: name at least one")
        if twice := [name for place, name in enumerate(names) if name in names[:place]]:
            raise ValueError(f"two receivers are named {twice[0]!r}: rename one")
        if unknown := [name for name in (self.deadman.receivers if self.deadman else ()) if name not in names]:
            raise ValueError(f"deadman names {unknown[0]!r}, which is not a receiver: name one of {', '.join(names)}")
        return self


def load_settings(path: Path) -> tuple[NotifySettings, YamlFile]:
    """Return the settings and the file they are from. Raises ConfigError, one line for each mistake."""
    file = read_yaml(path, CONFIG_FILE)
    try:
        settings = NotifySettings.model_validate(file.document, context={"directory": file.directory})
    except ValidationError as error:
        raise ConfigError(*(_mistake(file, item) for item in error.errors())) from None
    return settings, file


def _mistake(file: YamlFile, item: Any) -> str:
    location: Location = item["loc"]
    if item["type"] == "extra_forbidden":
        return file.mistake(location, "unknown key: remove it, or see docs/notify.md")
    message = WORDS.get(item["type"]) or str(item["msg"]).removeprefix("Value error, ").replace("Input should", "must")
    return file.mistake(location, message)
