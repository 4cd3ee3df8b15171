"""The built-in services as they were in January 2026, for the board of ``make run``: ``python -m`` prints the file."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

TITLE = "AI video services in January 2026, simulated"


def january() -> dict[str, Any]:
    """Return the configuration of the built-in services before any end of life was announced.

    The simulated January lies before every end of life; the clock of the machine does not.
    """
    text = resources.files("sora_exporter.config").joinpath("builtin.yml").read_text("utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    for service in document["services"]:
        service.pop("sunset", None)
    return {"title": TITLE, **document}


if __name__ == "__main__":
    print(yaml.safe_dump(january(), allow_unicode=True, sort_keys=False), end="")
