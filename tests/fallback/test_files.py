"""Files as inputs: each route gets the whole of them, in the way that its API takes them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.faults.server import Connection, answer, serve
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter.config.apis import builtin_apis
from sora_exporter.fallback.files import UNKNOWN_TYPE, in_body, in_form, read_files
from sora_exporter.result import ErrorClass

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Named(io.BytesIO):
    """A file as ``open`` returns one."""

    name = "/pictures/boat.png"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """The path of a picture."""
    (tmp_path / "boat.png").write_bytes(PNG)
    return tmp_path / "boat.png"


@pytest.mark.parametrize("form", ["path", "opened", "bytes"])
async def test_a_file_reaches_the_provider_in_a_form(shop: Shop, picture: Path, form: str) -> None:
    """A path, an open file and bytes arrive as a part of the form, beside the members of the order."""
    bodies: list[bytes] = []

    async def behave(connection: Connection) -> None:
        bodies.append(connection.body)
        await connection.send(answer(json.dumps({"id": "video_1", "status": "queued"}).encode()))

    async with serve(behave) as server:
        client = shop.client(config_of(server.url, service(OFFICIAL)))
        with picture.open("rb") as opened:
            given: Any = {"path": picture, "opened": opened, "bytes": PNG}[form]
            await client.create_video("A boat", seconds=4, input_reference=given)
    (body,) = bodies
    name = "input_reference" if form == "bytes" else "boat.png"
    assert f'name="input_reference"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'.encode() + PNG in body
    assert b'name="seconds"\r\n\r\n4' in body


async def test_every_route_gets_the_whole_file(shop: Shop, picture: Path) -> None:
    """An open file is read once, so the route after a failed one gets it too; a chat route is skipped."""
    first, second = service(OFFICIAL), service("second", model="MiniMax-H3")
    shop.behave(OFFICIAL, "overloaded")
    client = shop.client(config_of(shop.simulator.base_url("videos"), first, service(REVERSE), second))
    with picture.open("rb") as opened:
        job = await client.create_video(
            "A boat", seconds=4, prefer=[OFFICIAL, REVERSE, "second"], input_reference=opened
        )
    assert [(one.service_id, one.error_class, one.was_skipped) for one in job.attempts] == [
        (OFFICIAL, ErrorClass.OVERLOADED, False),
        (REVERSE, ErrorClass.NOT_PROBED, True),
        ("second", ErrorClass.NONE, False),
    ]
    assert job.attempts[1].message == "its api chat takes no file as input_reference"
    assert shop.simulator.simulation.jobs[job.job_id].request["input_reference"] == "boat.png"


def test_an_api_with_json_gets_a_data_url() -> None:
    """A file for a member that the API describes as a data URL becomes text in the body and no part of a form."""
    api, files = builtin_apis()["minimax"], read_files({"first_frame_image": b"\x89PNG", "prompt": "A boat"})
    assert in_body(api, files) == {"first_frame_image": "data:image/png;base64,iVBORw=="}
    assert in_form(api, files) == {}


def test_a_file_keeps_its_name_without_its_folders() -> None:
    """The provider sees the file's own name; content of an unknown kind says so."""
    found = read_files({"one": Named(PNG), "two": b"?"})
    assert [(one.name, one.media_type) for one in found.values()] == [("boat.png", "image/png"), ("two", UNKNOWN_TYPE)]


@pytest.mark.parametrize(
    ("member", "value", "error", "words"),
    [
        (
            "input_reference",
            Path("nowhere.png"),
            ValueError,
            "the file for input_reference cannot be read: No such file",
        ),
        ("input_reference", io.StringIO("text"), TypeError, "is open as text: open it with mode 'rb'"),
        ("input_reference", b"", ValueError, "has 0 bytes"),
        ("image", PNG, ValueError, "no route takes a file as image: .* in the api chat, videos"),
    ],
)
async def test_a_file_that_cannot_be_sent_is_refused_before_any_request(
    shop: Shop, member: str, value: Any, error: type[Exception], words: str
) -> None:
    """A missing, empty or text file, and one that no route takes, is a clear mistake; nothing is sent."""
    with pytest.raises(error, match=words):
        await shop.client().create_video("A boat", **{member: value})
    assert shop.tried() == []
