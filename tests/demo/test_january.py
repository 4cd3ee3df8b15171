"""The board of ``make run``: the article's table of January 2026, with a route for each product."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.configured import KEY
from support.over_http import over_http

from sora_exporter.cli.check import probe_once
from sora_exporter.config import load_config
from sora_exporter.config.load import parse_config
from sora_exporter.config.yaml_file import parse_yaml
from sora_exporter.demo.january import TITLE, january
from sora_exporter.evidence.routes import routes
from sora_exporter.simulator import create_app

BOARD = {
    "sora-2": ("sora-2-official", "operational through official access"),
    "sora-2-pro": ("sora-2-pro-official", "operational through official access"),
    "veo-3.1": ("veo-3.1-reverse", "operational through reverse access"),
    "sora-image": ("sora-image", "operational through reverse access"),
}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The simulated provider of January, as the built-in services name it."""
    with over_http(create_app("january-2026")) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield url


@pytest.mark.usefixtures("provider")
async def test_each_product_has_the_route_of_the_article(tmp_path: Path) -> None:
    """On any day the simulated January recommends a route per product and mentions no end of life."""
    config = parse_config(parse_yaml("january.yml", yaml.safe_dump(january())))
    found = await probe_once(config, tmp_path, [], [])
    board = {route["product"]: (route["service_id"], route["why"]) for route in routes(found, time.time())}
    assert board == BOARD
    assert config.title == TITLE
    assert "January 2026" in TITLE


@pytest.mark.usefixtures("provider")
async def test_past_its_end_of_life_nothing_is_recommended(tmp_path: Path) -> None:
    """The built-in services keep their ends of life: on that day a service that still answers is not recommended."""
    config = load_config(None)
    found = await probe_once(config, tmp_path, ["sora-2-official", "sora-2-reverse"], [])
    (after,) = routes(found, max(service.sunset_at or 0.0 for service in config.services))
    assert after["service_id"] is None
    assert "sora-2-official is past its end of life" in after["why"]
