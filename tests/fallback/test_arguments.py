"""Arguments of every call: a mistake is one clear sentence, before anything is sent or paid."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from support.shop import OFFICIAL, Shop

from sora_exporter.config import ConfigError
from sora_exporter.fallback import AsyncFallbackClient, VideoJob

KEY = "sk-of-the-application"
MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"config": 5}, TypeError, "config is a path, a Config or None, not int"),
    ({"config": "nowhere.yml"}, ConfigError, "nowhere.yml: no such file"),
    ({"exporter_url": "localhost:10198"}, ValueError, "exporter_url does not begin with http"),
    ({"exporter_url": 10198}, TypeError, "exporter_url is an address such as .*, not int"),
    ({"retry_after_seconds": -1}, ValueError, "retry_after_seconds=-1 is not a possible number"),
    ({"submit_seconds": math.inf}, ValueError, "submit_seconds=inf is not a possible number"),
    ({"submit_seconds": "60"}, TypeError, "submit_seconds is a number of seconds, not str"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), MISTAKES, ids=[words for *_, words in MISTAKES])
def test_a_client_is_made_of_sound_settings(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    """A wrong setting is refused when the client is made."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(error, match=words) as raised:
        AsyncFallbackClient(**{"registry": CollectorRegistry(), **arguments})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"prompt": None}, "prompt is a text, not NoneType"),
        ({"product": 2}, "product is a text, not int"),
        ({"seconds": "8"}, "seconds is a whole number, not str"),
        ({"seconds": True}, "seconds is a whole number, not bool"),
        ({"prefer": [1]}, "prefer is the name of a preference or a list of service ids"),
        ({"size": object()}, "size cannot be sent: use a text"),
    ],
)
async def test_an_order_of_wrong_types_is_refused(shop: Shop, call: dict[str, Any], words: str) -> None:
    """A value of a wrong type is a TypeError that names the argument, and nothing is sent."""
    with pytest.raises(TypeError, match=words):
        await shop.client().create_video(**{"prompt": "A paper boat", **call})
    assert shop.tried() == []


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda client, _: client.wait("video_1"),
            TypeError,
            "job is the VideoJob that create_video returned, not str",
        ),
        (lambda client, job: client.wait(job, -1), ValueError, "timeout=-1 is not a possible number"),
        (lambda client, _: client.download("video_1"), TypeError, "download needs the Video of wait or the VideoJob"),
        (lambda client, job: client.wait(job, progress=3), TypeError, "progress is a function that takes a Progress"),
        (lambda client, job: client.download(job, 5), TypeError, "path is the path of the file to write, not int"),
        (lambda client, job: client.download(job, "."), ValueError, "path '.' is a folder: name a file in it"),
        (lambda client, job: client.download(job, "none/a.mp4"), ValueError, "create 'none' first"),
    ],
)
async def test_a_wrong_wait_and_a_wrong_download_are_refused_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: Callable[..., Any], error: type[Exception],
    words: str,
) -> None:  # fmt: skip
    """A mistake about a job or a file is found before the job is asked about."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        await call(shop.client(), VideoJob(OFFICIAL, "video_1"))
    assert shop.simulator.actions() == []
