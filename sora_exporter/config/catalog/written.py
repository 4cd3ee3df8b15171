"""A configuration for chosen vendors as commented text: free probes, and beside them the price of a paid one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import yaml

from sora_exporter.config import Price
from sora_exporter.config.apis import Api, builtin_apis
from sora_exporter.config.catalog.choice import Choice
from sora_exporter.config.catalog.vendor import Model, identifier
from sora_exporter.config.known_pages import builtin_pages
from sora_exporter.figures import dollars

HEAD = """\
# Written by `{command}` on {today}. Only free probes run until budget_usd_per_day is set.
# Models, prices and ends of life are those of the sources named beside them: look there before you spend money.
# Every member: docs/configuration.md; for an editor: sora-exporter schema.

# Paid probes (submit, generate) run only while the day (UTC) has money left. Absent or 0: they never run.
# budget_usd_per_day: 1.00
"""


def written(choices: Sequence[Choice], command: str, today: date) -> str:
    """Return the text of a configuration that watches the choices; ``command`` is the command line that was called."""
    blocks = [HEAD.format(command=command, today=today), *_sections(choices)]
    return "\n".join(blocks)


def _sections(choices: Sequence[Choice]) -> Iterator[str]:
    yield "providers:\n" + "\n".join(line for choice in choices for line in _provider(choice)) + "\n"
    ids = _ids(choices)
    services = ["\n".join(_service(choice, model, ids)) for choice in choices for model in choice.models]
    yield "services:\n" + "\n\n".join(services) + "\n"
    pages = dict.fromkeys(choice.vendor.page for choice in choices if choice.vendor.page is not None)
    if pages:
        lines = (f"  {page}: {_flow({'url': builtin_pages()[page].url})}" for page in pages)
        yield "# Official pages; their formats and components are built in.\nstatus_pages:\n" + "\n".join(lines) + "\n"


def _provider(choice: Choice) -> Iterator[str]:
    vendor = choice.vendor
    yield f"  # {vendor.name}. Source: {vendor.source}, read {vendor.read}."
    for region, url in vendor.regions.items():
        yield f"  # {region}: {url}, with keys of its own."
    yield f"  {choice.name}:"
    balance = vendor.provider.get("balance")
    yield from _members({**vendor.provider, **choice.key}, "    ", but="balance")
    if balance is not None:
        yield f"    balance: {balance}  # what is left there, read without cost"


def _service(choice: Choice, model: Model, ids: Mapping[tuple[str, str], str]) -> Iterator[str]:
    api_name = model.api or choice.vendor.api
    api = builtin_apis()[api_name]
    if model.note is not None:
        yield f"  # {model.note}"
    if model.end is not None:
        yield f"  # End of life: {model.end.source}, read {model.end.read}."
    if model.price is not None:
        yield f"  # Price: {model.price.of}; {model.price.source}, read {model.price.read}."
    members: dict[str, Any] = {
        "id": ids[choice.name, model.model],
        "name": model.name,
        "product": model.product,
        "access": "official",
        "provider": choice.name,
        "model": model.model,
        "api": api_name,
    }
    members |= {"request": model.request} if model.request else {}
    members |= {"price_usd": model.price.usd} if model.price is not None else {}
    members |= {"sunset": model.end.day} if model.end is not None else {}
    first, *rest = _members(members, "")
    yield f"  - {first}"
    yield from (f"    {line}" for line in rest)
    yield from (f"    {line}" for line in _probes(api, model))


def _probes(api: Api, model: Model) -> Iterator[str]:
    cost = _cost(api, model)
    price = f"{dollars(cost)} each time" if cost is not None else "needs price_usd"
    paid = f"generate: {{interval: 1d}}  # a whole video a day, {price}, once budget_usd_per_day permits it"
    free = "canary: {interval: 5m}" if api.canary else "catalog: {interval: 1m}" if api.catalog else None
    if free is None:
        yield "# No free probe can watch it: the API refuses nothing at once and has no list of models."
        yield "# This paid one runs as soon as budget_usd_per_day is set; until then the service has no evidence."
    yield "probes:"
    yield from [f"  {free}", f"  # {paid}"] if free is not None else [f"  {paid}"]


def _cost(api: Api, model: Model) -> float | None:
    """Return the price of one video in USD; None if it is not known."""
    if model.price is None:
        return None
    price = Price.model_validate(model.price.usd)
    seconds = api.billed_seconds(api.create_body(model.model, model.request))
    if price.per_request is not None:
        return price.per_request
    return price.per_second * seconds if price.per_second is not None and seconds is not None else None


def _ids(choices: Sequence[Choice]) -> dict[tuple[str, str], str]:
    """Return an id for each vendor's model: its product, with the vendor's name if several of that are chosen."""
    chosen = [(choice.name, model) for choice in choices for model in choice.models]
    products = [model.product for _, model in chosen]
    return {
        (vendor, model.model): model.product
        if products.count(model.product) == 1
        else identifier(f"{model.product}-{vendor}")
        for vendor, model in chosen
    }


def _members(members: Mapping[str, Any], indent: str, but: str = "") -> Iterator[str]:
    return (f"{indent}{name}: {_flow(value)}" for name, value in members.items() if name != but)


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
