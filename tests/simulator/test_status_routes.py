"""The documents of status pages over HTTP: conditional requests, and documents that take the place of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.simulated_pages import SORA, STATUSPAGE, change, read


async def test_a_reader_who_has_the_document_gets_304_until_it_changes(start: Any) -> None:
    """ETag and Last-Modified spare the body; after a change both let the new document through."""
    provider = await start()
    path = STATUSPAGE + "components.json"
    first = await provider.client.get(path)
    by_tag, by_time = {"if-none-match": first.headers["etag"]}, {"if-modified-since": first.headers["last-modified"]}
    again = [await provider.client.get(path, headers=headers) for headers in (by_tag, by_time)]
    assert [(answer.status_code, answer.content) for answer in again] == [(304, b""), (304, b"")]
    provider.clock.now += 60
    await change(provider, "openai", SORA, "partial_outage")
    changed = [await provider.client.get(path, headers=headers) for headers in (by_tag, by_time)]
    assert [answer.status_code for answer in changed] == [200, 200]
    assert (await provider.client.get(path, headers={"if-modified-since": "yesterday"})).status_code == 200


async def test_documents_of_a_directory_come_before_the_built_in_ones(start: Any, tmp_path: Path) -> None:
    """A test's own directory replaces some documents, adds others, and is never left by its paths."""
    (tmp_path / "pages/openai/api/v2").mkdir(parents=True)
    (tmp_path / "pages/openai/api/v2/status.json").write_text('{"mine": 1}')
    (tmp_path / "pages/other.json").write_text('{"mine": 2}')
    (tmp_path / "secret.json").write_text('{"mine": 3}')
    provider = await start(documents=tmp_path / "pages")
    assert await read(provider, STATUSPAGE + "status.json") == {"mine": 1}
    assert await read(provider, "/status/other.json") == {"mine": 2}
    assert "components" in await read(provider, STATUSPAGE + "components.json")
    assert (await provider.client.get("/status/%2e%2e/secret.json")).status_code == 404


async def test_a_document_can_be_put_and_forgotten_at_run_time(start: Any) -> None:
    """Any bytes can stand in for a document, cut JSON too, until they are taken back."""
    provider = await start()
    path = "openai/api/v2/status.json"
    await provider.client.put(f"/control/documents/{path}", content=b'{"page": {')
    assert (await provider.client.get(f"/status/{path}")).text == '{"page": {'
    await provider.client.delete(f"/control/documents/{path}")
    assert json.loads((await provider.client.get(f"/status/{path}")).text)["page"]["name"] == "OpenAI"


async def test_a_page_can_be_down_while_the_provider_works(start: Any) -> None:
    """A status page may answer 503 by itself; documents that do not exist are 404."""
    provider = await start()
    await provider.client.put("/control/status-pages/openai", json={"http_status": 503})
    assert (await provider.client.get(STATUSPAGE + "status.json")).status_code == 503
    assert (await provider.client.get("/v1/models")).status_code == 200
    assert (await provider.client.get("/status/google/history.json")).status_code == 404
    assert (await provider.client.get("/status/nobody")).status_code == 404
