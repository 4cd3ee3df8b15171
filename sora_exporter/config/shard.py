"""One of several exporters that share one configuration: each watches the services of its own providers.

A provider belongs to the shard that scores highest for its name, so a new provider moves no other one, and one more
shard takes over only its own part of each.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
from dataclasses import dataclass
from functools import cached_property

from sora_exporter.config.schema import Config

MOST_SHARDS = 1000


@dataclass(frozen=True)
class Shard:
    """Shard ``number`` of ``count``, counted from 1; the only one is the whole."""

    number: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @cached_property
    def is_whole(self) -> bool:
        """True if there is no other shard."""
        return self.count == 1

    def has(self, provider: str) -> bool:
        """Return whether the services of a provider belong to this shard."""
        return shard_of(provider, self.count) == self.number

    def part(self, config: Config) -> Config:
        """Return the configuration with the services, providers and official pages of this shard alone."""
        if self.is_whole:
            return config
        services = tuple(service for service in config.services if self.has(service.provider))
        named = {service.status_page.page for service in services if service.status_page is not None}
        others = {service.status_page.page for service in config.services if service.status_page is not None}
        ids = {service.id for service in services}
        return config.model_copy(
            update={
                "services": services,
                "maintenance": tuple(
                    work for work in config.maintenance if not work.services or ids.intersection(work.services)
                ),
                "providers": {name: one for name, one in config.providers.items() if self.has(name)},
                # A page that no service names is watched by one shard as well.
                "status_pages": {
                    name: page
                    for name, page in config.status_pages.items()
                    if name in named or (name not in others and self.has(name))
                },
            }
        )


WHOLE = Shard()


def shard_of(provider: str, count: int) -> int:
    """Return the number of the shard, of so many, that a provider belongs to."""
    return max(range(1, count + 1), key=lambda number: hashlib.sha256(f"{provider}\0{number}".encode()).digest())


def parse_shard(text: str, host: str | None = None) -> Shard:
    """Return the shard written as ``2/5``, or as ``/5`` for a pod of a StatefulSet.

    The pod's number is at the end of the host's name and begins with 0. Raises ValueError with one line for people.
    """
    found = re.fullmatch(r"(\d{0,4})/(\d{1,4})", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a shard such as 2/5, or /5 in a StatefulSet")
    count = int(found[2])
    if not 1 <= count <= MOST_SHARDS:
        raise ValueError(f"{text!r}: the number of shards is from 1 to {MOST_SHARDS}")
    if found[1]:
        number = int(found[1])
    else:
        host = socket.gethostname() if host is None else host
        ordinal = re.search(r"-(\d{1,4})$", host)
        if ordinal is None:
            raise ValueError(f"{text!r}: the name of this host, {host}, has no number at its end: write e.g. 1/{count}")
        number = int(ordinal[1]) + 1
    if not 1 <= number <= count:
        raise ValueError(f"{text!r}: there is no shard {number} of {count}: the first is 1, the last {count}")
    return Shard(number, count)


def digest(config: Config) -> str:
    """Return twelve digits that are the same wherever the whole configuration is the same; secrets are left out."""
    document = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()[:12]
