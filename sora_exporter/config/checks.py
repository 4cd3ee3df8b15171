"""Checks across sections: references to other sections, and probes whose API or price lacks what they need."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sora_exporter.config.apis import Api, builtin_apis
from sora_exporter.config.known_pages import filled
from sora_exporter.config.schema import Config
from sora_exporter.config.service import Service
from sora_exporter.config.values import SHORTEST_PAID_INTERVAL, write_duration
from sora_exporter.config.yaml_file import Location

Finding = tuple[Location, str]

MEANINGS: Final[Mapping[str, str]] = {
    "catalog": "the place of its model catalog",
    "canary": "a canary",
    "asset": "the place of the finished video",
}
"""The meaning of the members of an api that it may lack and that a probe needs."""


def references(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield references to sections that a parsed file does not have, even if the sections have other mistakes."""
    providers, pages = _names(document, "providers"), _names(document, "status_pages")
    apis = {*_names(document, "apis"), *builtin_apis()}
    ids: set[str] = set()
    for index, service in _mappings(document.get("services")):
        at = ("services", index)
        service_id = service.get("id")
        if isinstance(service_id, str):
            if service_id in ids:
                yield (*at, "id"), f"{service_id!r} is used twice: every service needs an id of its own"
            ids.add(service_id)
        yield from _unknown((*at, "provider"), service.get("provider"), providers)
        yield from _unknown((*at, "api"), service.get("api"), apis)
        yield from _page(document, (*at, "status_page"), service.get("status_page"), pages)
    for index, work in _mappings(document.get("maintenance")):
        for place, service_id in enumerate(_items(work.get("services"))):
            yield from _unknown(("maintenance", index, "services", place), service_id, ids)
    for index, rule in _mappings(document.get("classify")):
        yield from _unknown(("classify", index, "provider"), rule.get("provider"), providers)


def _page(document: Mapping[str, Any], at: Location, said: object, pages: Iterable[str]) -> Iterator[Finding]:
    if not isinstance(said, dict):
        return
    name, component = said.get("page"), said.get("component")
    yield from _unknown((*at, "page"), name, pages)
    page = filled(name, document["status_pages"][name]) if isinstance(name, str) and name in pages else None
    read = page.get("components") if isinstance(page, dict) else None
    if isinstance(read, list) and read and isinstance(component, str) and component not in read:
        problem = f"{component!r} is not among the components that page reads: add it to status_pages.{name}.components"
        yield (*at, "component"), problem


def _names(document: Mapping[str, Any], section: str) -> set[str]:
    entries = document.get(section)
    return {name for name in entries if isinstance(name, str)} if isinstance(entries, dict) else set()


def _items(entries: object) -> list[Any]:
    return entries if isinstance(entries, list) else []


def _mappings(entries: object) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, entry in enumerate(_items(entries)):
        if isinstance(entry, dict):
            yield index, entry


def _unknown(at: Location, name: object, known: Iterable[str]) -> Iterator[Finding]:
    if isinstance(name, str) and name not in known:
        yield at, f"{name!r} is not known: {suggestion(name, known)}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant; all of them if none is close."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(words) or '(none is configured)'}"


def capabilities(config: Config, positions: Iterable[int]) -> Iterator[Finding]:
    """Yield the probes that cannot work. ``positions`` holds the index in the file of each service of the config."""
    for index, service in zip(positions, config.services, strict=True):
        if service.api not in config.apis and service.api not in builtin_apis():
            continue
        api = config.api(service)
        provider = config.providers.get(service.provider)
        for name in api.own_blanks if provider is not None else ():
            if provider is not None and name not in provider.values:
                missing = f"the api {service.api!r} needs the value {{{name}}}"
                yield ("services", index, "api"), f"{missing}: add it under values of the provider {service.provider!r}"
        if not service.probes and not (api.catalog or api.canary):
            missing = f"the api {service.api!r} has neither a model catalog nor a canary"
            yield ("services", index, "api"), f"{missing}: add the paid probe submit or generate under probes"
        for kind, settings in service.probes.items():
            at = ("services", index, "probes", kind.value)
            if not getattr(api, kind.needs):
                missing = f"the api {service.api!r} does not describe {MEANINGS[kind.needs]}"
                yield at, f"{missing}: add {kind.needs} to it or remove this probe"
            if kind.is_paid and settings.interval < SHORTEST_PAID_INTERVAL:
                least = write_duration(SHORTEST_PAID_INTERVAL)
                yield (*at, "interval"), f"a paid probe runs at most every {least}: write {least} or more"
            if kind.is_paid and config.attempt_price_usd(service) is None:
                yield at, _no_price(service, api)


def _no_price(service: Service, api: Api) -> str:
    if service.price_usd is None:
        return "a paid probe needs a price: add price_usd: {per_second: …} or {per_request: …} to the service"
    if not api.create.billed_seconds:
        return f"the api {service.api!r} does not describe the length of its videos: give price_usd as per_request"
    where = " or ".join(api.create.billed_seconds)
    return f"the request does not order a number of seconds: set {where} under request, or price per_request"
