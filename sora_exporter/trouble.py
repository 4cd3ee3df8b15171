"""Trouble that lasts: said once when it begins, and once when it is over."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Trouble:
    """Something that goes wrong again and again: the log says so once, and once that it is over."""

    def __init__(self, over: str) -> None:
        self._over, self._said = over, ""

    def on(self, said: str) -> None:
        """It went wrong, in these words."""
        if said != self._said:
            log.error("%s", said)
        self._said = said

    def off(self) -> None:
        """It went well."""
        if self._said:
            log.info("%s", self._over)
        self._said = ""
