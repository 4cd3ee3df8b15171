"""A notification as a reader gets it: by Alertmanager's templates and by ``notify``, in every language."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.notifications import alert, notification
from support.programs.launch import RULES, program

from sora_exporter.notify.texts import language_of, render
from sora_exporter.notify.webhook import Notification
from sora_exporter.words import languages

ALPHA = {"name": "Sora 2 官转", "service_id": "sora-2", "provider": "acme", "access": "official", "product": "p"}
LINKS = {"dashboard_url": "https://grafana.example/d/sora-service", "runbook_url": "https://example.org/runbook"}
SUSPENDED = {
    "description": "Sora 2 官转 (sora-2) at acme is suspended or unreachable; it is unlikely to recover on its own.",
    "error_class": "unavailable", **LINKS,
}  # fmt: skip
OVER = {
    **SUSPENDED,
    "ended": "Sora 2 官转 (sora-2) at acme was suspended or unreachable from 2026-01-28 03:04 UTC"
    " to 2026-01-28 05:06 UTC. It used 3.2% of a month's error budget.",
}
CHANGE = {**ALPHA, "alertname": "SoraServiceStatusChanged", "severity": "info", "from": "operational", "to": "captcha"}
CASES: dict[str, dict[str, Any]] = {
    "two, one over": notification(
        alert(annotations=SUSPENDED, **ALPHA),
        alert(annotations=SUSPENDED, **ALPHA | {"name": "Veo 3.1"}),
        alert("resolved", OVER, **ALPHA),
    ),
    "over": notification(alert("resolved", OVER, lang="zh-CN", **ALPHA)),
    "over without a word of it": notification(alert("resolved", LINKS, provider="acme", severity="warning")),
    "a key": notification(
        alert(
            annotations={"summary": "Our key is refused.", "description": "acme refuses our key: permission."},
            alertname="SoraProbeAuthenticationFailing", provider="acme", error_class="permission", lang="id",
        )
    ),
    "several severities": notification(
        alert(annotations={"summary": "a"}), alert(annotations={"summary": "b"}, alertname="B", severity="warning")
    ),
    "foreign": notification(alert(annotations={"summary": ""}, alertname="DiskFull", severity="page", lang="xx")),
    "change": notification(
        alert(annotations={"error_class": "unavailable", **LINKS}, **CHANGE | {"to": "suspended"}),
    ),
    "changes": notification(
        alert(annotations={"error_class": "unavailable", **LINKS}, **CHANGE | {"to": "suspended"}),
        alert(annotations={"error_class": "x", **LINKS}, **CHANGE),
    ),
}  # fmt: skip


def rendered(document: dict[str, Any], language: str) -> tuple[str, str]:
    """Return subject and text of ``notify``."""
    message = render(Notification.model_validate(document), language)
    return message.title, message.body


@pytest.mark.programs
@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_alertmanager_and_notify_say_the_same(case: str, tmp_path: Path) -> None:
    """A real Alertmanager's templates give the texts of ``notify`` in every language, chosen by the label lang."""
    file = tmp_path / "data.json"
    file.write_text(json.dumps(CASES[case]), encoding="utf-8")
    kind = "change." if case.startswith("change") else ""
    names = [f"sora.{one}{kind}{part}" for one in (*(f"{one}." for one in languages()), "")
             for part in ("subject", "text")]  # fmt: skip
    text = "§".join(f'{{{{ template "{name}" . }}}}' for name in names)
    command = [program("amtool"), "template", "render", f"--template.glob={RULES}/templates/*.tmpl",
               f"--template.data={file}", f"--template.text={text}"]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    chosen = language_of(Notification.model_validate(CASES[case]))
    ours = [part for one in (*languages(), chosen) for part in rendered(CASES[case], one)]
    assert [part.strip() for part in said.split("§")] == ours


def test_a_chinese_reader_gets_a_chinese_message() -> None:
    """Subject and text are Chinese, with the exact values of the annotations and the words of the status page."""
    assert rendered(CASES["two, one over"], "zh") == (
        "[紧急 ×2] acme：服务已停用或无法连接。".replace("acme", "p"),
        "acme 的 Sora 2 官转 (sora-2) 已停用或无法连接，不太可能自行恢复。\n"
        "自 2026-01-28 03:04 UTC 起。\n"
        "不可用：服务商暂停了该模型，或没有可用于它的渠道或账号。\n"
        "怎么办：换一条线路；向服务商询问何时恢复。\n"
        "https://grafana.example/d/sora-service\nhttps://example.org/runbook\n\n"
        "acme 的 Sora 2 官转 (sora-2) 已停用或无法连接，不太可能自行恢复。\n"
        "自 2026-01-28 03:04 UTC 起。\n"
        "不可用：服务商暂停了该模型，或没有可用于它的渠道或账号。\n"
        "怎么办：换一条线路；向服务商询问何时恢复。\n"
        "https://grafana.example/d/sora-service\nhttps://example.org/runbook\n\n"
        "已结束：\n\n"
        "acme 的 Sora 2 官转 (sora-2) 从 2026-01-28 03:04 UTC 到 2026-01-28 05:06 UTC 停用或无法连接。"
        "用去一个月错误预算的 3.2%。\n"
        "https://grafana.example/d/sora-service\nhttps://example.org/runbook",
    )


def test_the_language_of_the_alerts_is_that_of_their_label() -> None:
    """Without a language of its own a receiver follows the label lang, and knows regional tags."""
    found = [language_of(Notification.model_validate(notification(alert(**labels))))
             for labels in ({}, {"lang": "zh-TW"}, {"lang": "id"}, {"lang": "xx"})]  # fmt: skip
    assert found == ["en", "zh", "id", "en"]


def test_an_address_without_a_host_gets_one_or_is_left_out() -> None:
    """The path of a dashboard follows the address of Grafana; a link that leads nowhere is not sent."""
    document = Notification.model_validate(notification(alert(annotations={"dashboard_url": "/d/sora"})))
    assert render(document, "en", "https://grafana.example/").body.endswith("\nhttps://grafana.example/d/sora")
    assert "/d/sora" not in render(document, "en").body
