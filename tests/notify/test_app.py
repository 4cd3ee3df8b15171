"""The webhooks of ``notify``: what is accepted, stored, refused and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from support.clock import HandClock, settle
from support.notifications import alert, notification

from sora_exporter.notify.app import MOST_BYTES, create_app
from sora_exporter.notify.delivery import Send
from sora_exporter.notify.notifier import Notifier
from sora_exporter.notify.queue import Queue
from sora_exporter.notify.settings import NotifySettings, Receiver
from sora_exporter.notify.texts import Message

ALPHA = {"name": "Alpha", "service_id": "alpha", "product": "p"}
FIRING = notification(alert(**ALPHA))
WRONG_FORM = "is not as in Alertmanager's webhook, version 4\n"
LONG = b" " * (MOST_BYTES + 1)
WATCHDOG = notification(alert(alertname="SoraWatchdog", severity="none"))
SETTINGS = NotifySettings.model_validate({
    "receivers": [{"name": "team", "url": "json://x", "language": "zh"}, {"name": "any", "url": "json://x"}],
    "deadman": {"after": "5m", "receivers": ["team"]},
    "queue": {"messages": 2},
})  # fmt: skip


class Nowhere:
    """Services that keep what they are given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []

    def sender(self, receiver: Receiver) -> Send:
        async def send(message: Message) -> None:
            self.sent.append((receiver.name, message))

        return send


@pytest.fixture
def queue(tmp_path: Path, clock: HandClock) -> Iterator[Queue]:
    """The queue on the disk."""
    with closing(Queue.open(tmp_path, 2, clock.now)) as queue:
        yield queue


@pytest.fixture
def notifier(queue: Queue, clock: HandClock) -> Notifier:
    """The engine, which delivers nothing until it is started."""
    return Notifier(SETTINGS, Nowhere(), queue, clock)


@pytest.fixture
def client(notifier: Notifier) -> TestClient:
    """A client of the routes; the calls below run in one thread, as the storage needs."""
    return TestClient(create_app(notifier))


def series(client: TestClient) -> Mapping[str, float]:
    """Return the samples of /metrics by name and receiver."""
    text = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}).text
    return {
        f"{sample.name} {sample.labels.get('receiver', '')}".strip(): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("sora_notify")
    }


async def posted(notifier: Notifier, path: str, document: object, **headers: str) -> tuple[int, str]:
    """Return status and text of the answer to a POST of a document, handled in this thread."""
    from httpx2 import ASGITransport, AsyncClient

    async with AsyncClient(
        transport=ASGITransport(create_app(notifier, token_of(headers))), base_url="http://x"
    ) as one:
        content = {"content": document} if isinstance(document, bytes) else {"json": document}
        answer = await one.post(
            path, headers={key: value for key, value in headers.items() if key != "token"}, **content
        )
        return answer.status_code, answer.text


def token_of(headers: Mapping[str, str]) -> Any:
    """Return the source of the token that the application demands, if any."""
    return (lambda: headers["token"]) if "token" in headers else None


async def test_a_notification_is_stored_in_the_language_of_its_receiver(notifier: Notifier, queue: Queue) -> None:
    """200 comes after the message is on the disk: in the receiver's language, else in that of the alerts."""
    in_indonesian = notification(alert(lang="id", **ALPHA))
    assert await posted(notifier, "/notify/team", in_indonesian) == (200, "accepted\n")
    assert await posted(notifier, "/notify/any", in_indonesian) == (200, "accepted\n")
    titles = [queue.waiting(name)[0].message.title for name in ("team", "any")]
    assert titles == [
        "[紧急] Alpha：服务已停用或无法连接。",
        "[KRITIS] Alpha: Layanan dihentikan atau tidak dapat dijangkau.",
    ]


async def test_a_repetition_is_accepted_and_not_stored_again(notifier: Notifier, queue: Queue) -> None:
    """Alertmanager's second try of a notification is one message; the end of the alert is another."""
    for document in (FIRING, FIRING, notification(alert("resolved", **ALPHA))):
        assert await posted(notifier, "/notify/team", document) == (200, "accepted\n")
    assert len(queue.waiting("team")) == 2


async def test_a_full_queue_is_503_so_that_alertmanager_tries_again(notifier: Notifier, client: TestClient) -> None:
    """What does not fit stays with Alertmanager, and the refusal is counted."""
    answers = [
        (await posted(notifier, "/notify/team", notification(alert(**ALPHA), group=group)))[0] for group in "123"
    ]
    assert answers == [200, 200, 503]
    found = series(client)
    assert [found[f"sora_notify_messages_{name} team"] for name in ("accepted_total", "refused_total", "queued")] == [
        2,
        1,
        2,
    ]
    assert found["sora_notify_messages_accepted_total any"] == 0


@pytest.mark.parametrize(("path", "document", "status", "line"), [
    ("/notify/else", FIRING, 404, "no receiver 'else': name one of notify.yml in the url of webhook_configs\n"),
    ("/notify/team", b"{", 400, f"the document {WRONG_FORM}"),
    ("/notify/team", {**FIRING, "version": "3"}, 400, f"version {WRONG_FORM}"),
    ("/notify/team", {**FIRING, "alerts": [{}]}, 400, f"alerts.0.status {WRONG_FORM}"),
    ("/notify/team", LONG, 413, f"more than {MOST_BYTES} bytes: set max_alerts in webhook_configs\n"),
    ("/deadman", FIRING, 400, "no SoraWatchdog fires in it: route only that alert to /deadman\n"),
])  # fmt: skip
async def test_a_wrong_request_is_refused_in_one_line(
    notifier: Notifier, queue: Queue, path: str, document: object, status: int, line: str
) -> None:
    """The answer names what is wrong, with a status that Alertmanager does not repeat; nothing is stored."""
    assert await posted(notifier, path, document) == (status, line)
    assert queue.waiting("team") == []


async def test_a_webhook_needs_the_token(notifier: Notifier, queue: Queue) -> None:
    """With a token configured, only the right one is accepted, by every webhook."""
    for path in ("/notify/team", "/deadman"):
        for given in ("", "Bearer wrong", "Bearer tokén"):
            headers = {"authorization": given} if given.isascii() else {}
            assert (await posted(notifier, path, WATCHDOG, token="right", **headers))[0] == 401
    assert queue.waiting("team") == []
    assert (await posted(notifier, "/notify/team", FIRING, token="right", authorization="Bearer right"))[0] == 200


async def test_messages_are_delivered_and_silence_is_an_alarm(queue: Queue, clock: HandClock) -> None:
    """The whole engine on a clock moved by hand: a message is sent, and the watchdog's silence and return are, too."""
    services = Nowhere()
    notifier = Notifier(SETTINGS, services, queue, clock)
    notifier.start()
    await posted(notifier, "/notify/any", FIRING)
    assert await posted(notifier, "/deadman", WATCHDOG) == (200, "heard\n")
    await clock.advance(301)
    await posted(notifier, "/deadman", WATCHDOG)
    await settle()
    assert [(name, message.severity) for name, message in services.sent] == [
        ("any", "critical"), ("team", "critical"), ("team", "resolved"),
    ]  # fmt: skip
    assert services.sent[1][1].title == "[紧急] sora_exporter：收不到 Alertmanager 的消息"
    found = series(TestClient(create_app(notifier)))
    assert (found["sora_notify_messages_sent_total any"], found["sora_notify_messages_queued any"]) == (1, 0)
    assert found["sora_notify_last_success_timestamp_seconds team"] == clock.now()
    assert (found["sora_notify_deadman_silent"], found["sora_notify_deadman_last_seen_timestamp_seconds"]) == (
        0,
        clock.now(),
    )
    await notifier.stop()


def test_health_needs_nothing(client: TestClient) -> None:
    """Both paths of health answer while the process works."""
    assert [client.get(path).text for path in ("/-/healthy", "/-/ready")] == ["ok\n", "ok\n"]
