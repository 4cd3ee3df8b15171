"""The key of a provider, read on each use so that a rotated key needs no restart."""

from __future__ import annotations

import os
import re
from collections import deque

from sora_exporter.config import Provider

KEY_BYTES = 8192
KEY = re.compile(r"[\x21-\x7e]+")


class KeyUnavailable(Exception):
    """The configured key is not available now. The text gives the reason and contains no part of the key."""


class KeySource:
    """Reads the key of one provider, and remembers the latest keys for redaction."""

    def __init__(self, provider: Provider) -> None:
        self._env, self._file = provider.api_key_env, provider.api_key_file
        self._seen: deque[str] = deque(maxlen=4)

    @property
    def seen(self) -> tuple[str, ...]:
        """The latest keys, oldest first: an answer may still echo one from before a rotation."""
        return tuple(self._seen)

    def read(self) -> str | None:
        """Return the key, or None if none is configured. Raises KeyUnavailable."""
        if self._env is None and self._file is None:
            return None
        name = f"api_key_file {self._file}" if self._file is not None else f"the environment variable {self._env}"
        key = self._from_file() if self._file is not None else os.environ.get(self._env or "", "").strip()
        # Only visible ASCII is valid in a header, and the HTTP library would quote an invalid key in its error.
        if not KEY.fullmatch(key):
            raise KeyUnavailable(f"{name} contains no key" if not key else f"{name} does not contain exactly one key")
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
