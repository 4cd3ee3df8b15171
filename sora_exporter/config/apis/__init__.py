"""The APIs of vendors as data: the built-in shapes, and those that a user adds under ``apis:``.

YAML comes in. Checked models of requests, jobs and assets go out, and bodies and paths with filled placeholders.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from sora_exporter.config.apis.spec import Api, Asset, Call, Canary, Catalog, Create, Find, Job
from sora_exporter.config.apis.template import fill, fill_path
from sora_exporter.documents import first

__all__ = [
    "Api",
    "Asset",
    "Call",
    "Canary",
    "Catalog",
    "Create",
    "Find",
    "Job",
    "api_text",
    "builtin_apis",
    "fill",
    "fill_path",
    "first",
]


@cache
def builtin_apis() -> dict[str, Api]:
    """Return the shapes that come with the exporter, by name, from the YAML files beside this module."""
    files = [entry.name for entry in resources.files(__package__).iterdir()]
    names = sorted(file.removesuffix(".yml") for file in files if file.endswith(".yml"))
    return {name: Api.model_validate(yaml.safe_load(api_text(name))) for name in names}


def api_text(name: str) -> str:
    """Return the file of a built-in shape, comments and all."""
    return resources.files(__package__).joinpath(f"{name}.yml").read_text("utf-8")
