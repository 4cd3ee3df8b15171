"""A secret of a provider, read on each use so that a rotated one needs no restart."""

from __future__ import annotations

import os
import re
from collections import deque
from pathlib import Path

KEY_BYTES = 8192
KEY = re.compile(r"[\x21-\x7e]+")


class KeyUnavailable(Exception):
    """A secret or a token is not available now. The text gives the reason and contains no part of a secret."""


class KeySource:
    """Reads one secret, and remembers the latest ones for redaction. ``member`` is its name in the configuration.

    ``given`` is the secret itself, from a caller who has it in memory.
    """

    def __init__(self, member: str, env: str | None, file: Path | None, given: str | None = None) -> None:
        self._member, self._env, self._file, self._given = member, env, file, given
        self._seen: deque[str] = deque(maxlen=4)

    @property
    def seen(self) -> tuple[str, ...]:
        """The latest secrets, oldest first: an answer may still echo one from before a rotation."""
        return tuple(self._seen)

    def read(self) -> str | None:
        """Return the secret, or None if none is configured. Raises KeyUnavailable."""
        if self._env is None and self._file is None and self._given is None:
            return None
        if self._given is not None:
            name, key = f"the {self._member} given", self._given.strip()
        elif self._file is not None:
            name, key = f"{self._member}_file {self._file}", self._from_file(self._file)
        else:
            name, key = f"the environment variable {self._env}", os.environ.get(self._env or "", "").strip()
        # Only visible ASCII is valid in a header, and the HTTP library would quote an invalid key in its error.
        if not KEY.fullmatch(key):
            raise KeyUnavailable(f"{name} contains no key" if not key else f"{name} does not contain exactly one key")
        if key not in self._seen:
            self._seen.append(key)
        return key

    def _from_file(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                return file.read(KEY_BYTES).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyUnavailable(f"{self._member}_file {path} cannot be read") from None
