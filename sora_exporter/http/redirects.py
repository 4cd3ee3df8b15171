"""Redirects: where one leads, and whether it says that the configured base URL is no longer the right one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import httpx2

from sora_exporter.result import ErrorClass, Verdict

REDIRECT_STATUS: Final = frozenset({301, 302, 303, 307, 308})


def joined(address: str, location: str) -> str:
    """Return the destination of a redirect, or an invalid location unchanged: its request fails with the reason."""
    try:
        return str(httpx2.URL(address).join(location))
    except (httpx2.InvalidURL, ValueError):
        return location


def origin(url: httpx2.URL) -> tuple[str, str, int]:
    """Return scheme, host and port of an address."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def foreign(base_url: str, address: str) -> Verdict | None:
    """Return the verdict on an address from an answer that has not the origin of the base URL, or None.

    A path of the API has it always.
    """
    if re.match(r"/(?!/)", address):
        return None
    try:
        here = httpx2.URL(base_url)
        there = here.join(address) if address.startswith("//") else httpx2.URL(address)
        if origin(there) == origin(here):
            return None
        place = f"on {_shown(there)}" if there.host else "without a host"
    except httpx2.InvalidURL:
        return Verdict(ErrorClass.INVALID_RESPONSE, "address", "the answer names an address that is not valid")
    message = (
        f"the answer names an address {place}, but our key goes to {_shown(here)} alone: set base_url to the origin of "
        "the provider's addresses, or ask it to correct them"
    )
    return Verdict(ErrorClass.INVALID_RESPONSE, "address:elsewhere", message)


def moved(base_url: str, path: str, http_status: int | None, headers: Mapping[str, str]) -> Verdict | None:
    """Return the verdict on an answer that sends a request for ``path`` to another scheme or host, or None.

    A create request is never repeated at an address that an answer names, so the configuration must name it.
    """
    location = headers.get("location")
    if http_status not in REDIRECT_STATUS or not location:
        return None
    try:
        here = httpx2.URL(base_url + path)
        there = here.join(location)
    except (httpx2.InvalidURL, ValueError):
        return None
    if (there.scheme, there.host) == (here.scheme, here.host) or there.scheme not in ("http", "https"):
        return None
    # Without the query and any user or password, which may be secrets.
    destination = f"{_shown(there)}{there.path.removesuffix(here.path.removeprefix(_path(base_url)))}"
    return Verdict(ErrorClass.INVALID_REQUEST, "client", f"base_url redirects to {destination.rstrip('/')}: use it")


def _shown(url: httpx2.URL) -> str:
    """Return the origin of an address for people: with its port unless that is the scheme's own."""
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}"


def _path(address: str) -> str:
    return httpx2.URL(address).path.rstrip("/")
