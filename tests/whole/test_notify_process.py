"""``sora-exporter notify`` as a process: a webhook comes in, a message goes out, and its end loses nothing."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest
from support import plain_http, running
from support.notifications import alert, notification
from support.programs.launch import eventually, free_port
from support.programs.sinks import webhook_sink

pytestmark = pytest.mark.processes


def test_a_message_that_waits_survives_kill_9(tmp_path: Path) -> None:
    """A notification accepted while its chat is away is delivered by the next process, once; SIGTERM ends with 0."""
    address, config = tmp_path / "url", tmp_path / "notify.yml"
    address.write_text(f"json://127.0.0.1:{free_port()}/away")
    config.write_text("receivers: [{name: team, url_file: url}]")

    start = partial(running.exporter, tmp_path / "queue", f"--config.file={config}", env={}, subcommand="notify")
    with start() as first:
        accepted = plain_http.post(f"{first.url}/notify/team", json=notification(alert(service_id="alpha")), timeout=60)
        assert accepted.status_code == 200
        assert 'sora_notify_messages_queued{receiver="team"} 1.0' in first.get("/metrics").text
        first.end(signal.SIGKILL)
    with webhook_sink() as chat:
        address.write_text(f"json://{chat.address}/here")
        with start() as second:
            eventually(lambda: chat.posts)
            assert second.end(signal.SIGTERM) == 0
        ((path, message),) = chat.posts
        assert path == "/here"
        assert "A service is suspended or unreachable." in message["title"] + message["message"]
