"""The client for asyncio: the configurations, the keys and the paths that it takes."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry
from support.shop import Shop, config_of

from sora_exporter.fallback import FallbackClient


async def test_paths_may_be_text(shop: Shop, tmp_path: Path) -> None:
    """A download is written to the path in a text as well."""
    client = shop.client()
    content = await client.download(await client.create_video("A boat"), str(tmp_path / "boat.mp4"))
    assert (tmp_path / "boat.mp4").read_bytes() == content


def test_a_configuration_may_be_named_by_its_path(shop: Shop, tmp_path: Path) -> None:
    """The path of a configuration, as a text or as a path object, is enough."""
    file = tmp_path / "sora.yml"
    file.write_text(
        f"providers: {{relay: {{base_url: '{shop.simulator.base_url('videos')}', api_key_env: SHOP_KEY}}}}\n"
        "services: [{id: one, product: sora-2, access: official, provider: relay, model: sora-2, api: videos}]\n"
    )
    for path in (file, str(file)):
        with FallbackClient(path, registry=CollectorRegistry()) as client:
            assert client.create_video("A boat", seconds=4).service_id == "one"


async def test_keys_may_be_in_memory(shop: Shop) -> None:
    """Keys by provider replace the configured ones."""
    keys = {"relay": "sk-in-memory"}
    client = shop.client(config_of(shop.simulator.base_url("videos")), keys=keys)
    route = client._route(client._config.services[0])
    await client.create_video("A boat")
    assert route.client.secrets() == ("sk-in-memory",)
