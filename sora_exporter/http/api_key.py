"""Where a provider's key comes from; read on each use, so that a rotated key needs no restart."""

from __future__ import annotations

import os
import re
from collections import deque

from sora_exporter.config import Provider

KEY_BYTES = 8192
KEY = re.compile(r"[\x21-\x7e]+")


class KeyUnavailable(Exception):
    """The configured key cannot be had at this moment; the text says why and never holds any of it."""


class KeySource:
    """Reads the key of one provider, and remembers what it read until it is safe to forget."""

    def __init__(self, provider: Provider) -> None:
        self._env, self._file = provider.api_key_env, provider.api_key_file
        self._seen: deque[str] = deque(maxlen=4)

    @property
    def seen(self) -> tuple[str, ...]:
        """The latest keys, oldest first: an answer may still echo the one before a rotation."""
        return tuple(self._seen)

    def read(self) -> str | None:
        """Return the key, or None where none is configured. Raises KeyUnavailable."""
        if self._env is None and self._file is None:
            return None
        name = f"api_key_file {self._file}" if self._file is not None else f"the environment variable {self._env}"
        key = self._from_file() if self._file is not None else os.environ.get(self._env or "", "").strip()
        # What is no visible ASCII cannot stand in a header, and the HTTP library would quote it in its complaint.
        if not KEY.fullmatch(key):
            raise KeyUnavailable(f"{name} holds no key" if not key else f"{name} holds more than one key, or none")
        if key not in self._seen:
            self._seen.append(key)
        return key

    def _from_file(self) -> str:
        if self._file is None:
            return ""
        try:
            with self._file.open("rb") as file:
                return file.read(KEY_BYTES).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyUnavailable(f"api_key_file {self._file} cannot be read") from None
