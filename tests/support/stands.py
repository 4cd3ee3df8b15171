"""Simulated vendors in place of those that a written configuration names, each at an address of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import yaml
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from sora_exporter.config.catalog import Choice
from sora_exporter.simulator.vendors import VENDORS, Desk
from support.over_http import over_http


@dataclass
class Stand:
    """One simulated vendor with a desk for each of its APIs behind one address."""

    desks: Sequence[Desk]
    url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the desk answer that has a call at this path; the first one refuses every other."""
        at = [
            desk for desk in self.desks if any(compile_path(c.path)[0].match(scope["path"]) for c in desk.vendor.calls)
        ]
        await (at or self.desks)[0](scope, receive, send)

    @property
    def accepted(self) -> int:
        """How many orders it took."""
        return sum(desk.accepted for desk in self.desks)


@contextmanager
def standing(choices: list[Choice]) -> Iterator[dict[str, Stand]]:
    """Run the simulated vendor of each choice; yields them by the vendor's name."""
    stands = {choice.name: Stand([Desk(VENDORS[api], time.time) for api in apis_of(choice)]) for choice in choices}
    with ExitStack() as stack:
        for stand in stands.values():
            stand.url = stack.enter_context(over_http(stand))
        yield stands


def apis_of(choice: Choice) -> list[str]:
    """Return the APIs of a vendor's chosen models, each once."""
    return list(dict.fromkeys(model.api or choice.vendor.api for model in choice.models))


def moved(text: str, stands: dict[str, Stand]) -> str:
    """Return a configuration whose providers are these stands, with paths as before, and without official pages.

    A simulated vendor is the maker, although its host is not one.
    """
    document = yaml.safe_load(text)
    for name, stand in stands.items():
        provider = document["providers"][name]
        provider |= {"base_url": stand.url + urlsplit(provider["base_url"]).path, "relay": False}
    document.pop("status_pages", None)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
