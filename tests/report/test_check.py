"""The report of ``check`` in its three formats."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import east_asian_width

import pytest

from sora_exporter.report.check import FRONT_DESK, ICONS, render_json, render_markdown, render_text, renderers
from sora_exporter.result import Status

NOW = 1_769_572_800.0
LONG = "Our systems have detected unusual activity coming from your system, and this goes on for much too long. " * 2


def service(service_id: str, name: str, status: Status, error_class: str, why: str = "", **more: Any) -> dict[str, Any]:
    """Return one service's overview."""
    said = {
        "service_id": service_id, "name": name, "product": service_id.rpartition("-")[0], "access": "reverse",
        "status": status.value, "error_class": error_class, "why": why, "response_time_seconds": None,
        "proven_depth": None, "proven_at": None, "provider": "relay", "balance": None,
        "what_to_do": "" if status is Status.OPERATIONAL else "Wait a little.",
    }  # fmt: skip
    return {**said, **more}


SERVICES = [
    service(
        "sora-2-official",
        "Sora 2 官转",
        Status.OPERATIONAL,
        "none",
        access="official",
        response_time_seconds=1.234,
        proven_depth="routed",
        proven_at="2026-01-28T03:57:00Z",
    ),
    service("sora-2-reverse", "Sora 2 官逆", Status.RISK_CONTROL, "risk_control", LONG),
    service("sora-2-pro-reverse", "Sora 2 Pro 官逆", Status.SUSPENDED, "unavailable", "当前分组无可用渠道 " * 9),
    service("veo-3.1-reverse", "Veo é\u0301 3.1", Status.UNKNOWN, "not_probed"),
]
NAMES = [service["name"] for service in SERVICES[1:]]


def width(line: str) -> int:
    """How many terminal columns a line takes."""
    return sum(0 if letter == "\u0301" else 2 if east_asian_width(letter) in "WF" else 1 for letter in line)


def test_each_provider_has_one_line_with_its_balance_or_its_fault() -> None:
    """Two services of one provider share a line; a low balance, no limit and a failed reading differ."""
    read = {"is_unlimited": False, "unit": "USD", "read_at": "2026-01-28T03:59:59Z", "is_low": True,
            "error_class": "none", "why": ""}  # fmt: skip
    low, endless = {**read, "amount": 1234.5}, {**read, "amount": None, "is_unlimited": True, "is_low": False}
    failed = {**read, "amount": None, "read_at": None, "error_class": "authentication", "why": "Invalid <key>"}
    providers = [("relay", low), ("relay", low), ("maker", endless), ("other", failed)]
    services = [{**SERVICES[0], "provider": name, "balance": balance} for name, balance in providers]
    expected = ["balance of relay: 1,234.5 USD, low", "balance of maker: no limit",
                "balance of other: authentication: Invalid <key>"]  # fmt: skip
    assert [line for line in render_text(services, NOW).splitlines() if line.startswith("balance")] == expected
    markdown = [line for line in render_markdown(services, NOW).splitlines() if line.startswith("- ")]
    assert markdown == [f"- {line.replace('<', '&lt;')}" for line in expected]


def test_a_service_known_by_its_gateway_alone_says_so() -> None:
    """An operational service is named as a front desk below the depth ``routed``, and from there on it is not."""
    said = [render_text([{**SERVICES[0], "proven_depth": depth}], NOW) for depth in ("offered", "routed")]
    assert [FRONT_DESK in text for text in said] == [True, False]


def test_every_status_has_an_icon_of_its_own() -> None:
    """Each status shows a different icon, each two columns wide."""
    assert set(ICONS) == set(Status)
    assert len(set(ICONS.values())) == len(Status)
    assert {width(icon) for icon in ICONS.values()} == {2}


def test_text_is_a_title_a_line_per_service_and_the_route_per_product() -> None:
    """Without a terminal nothing is cut; columns stay aligned behind Chinese names."""
    lines = render_text(SERVICES, NOW).splitlines()
    assert lines[0] == "AI video service status — 2026-01-28T04:00:00Z"
    assert lines[2:5] == [
        "    service          status        proven         response  access    error class   why",
        "✅  Sora 2 官转      operational   routed, 3 min  1.23 s    official  none",
        f"🚧  Sora 2 官逆      risk_control  –              –         reverse   risk_control  {LONG.strip()}",
    ]
    statuses = [line for line in lines[2:7] if line]
    assert {width(line[: line.index(word)]) for line, word in zip(
        statuses, ["status", "operational", "risk_control", "suspended", "unknown"], strict=True
    )} == {21}  # fmt: skip
    assert lines[8:11] == [f"{name}: Wait a little." for name in NAMES]
    assert lines[-3:] == [
        "sora-2: use sora-2-official (operational through official access)",
        "sora-2-pro: no route is usable: sora-2-pro-reverse is suspended",
        "veo-3.1: no route is usable: veo-3.1-reverse is unknown",
    ]


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    """At any width the reason is cut with an ellipsis instead of wrapping."""
    lines = render_text(SERVICES, NOW, columns).splitlines()
    assert max(map(width, lines)) <= columns
    assert sum(line.endswith("…") for line in lines) >= 2


def test_a_narrow_terminal_gives_the_reason_a_line_of_its_own() -> None:
    """At 90 columns the reason stands below its service, indented; at 130 beside it."""
    narrow, wide = render_text(SERVICES, NOW, 90).splitlines(), render_text(SERVICES, NOW, 130).splitlines()
    assert narrow[4].endswith("risk_control")
    assert narrow[5].startswith("    Our systems have detected")
    assert width(narrow[5]) in (89, 90)
    assert "risk_control  Our systems have detected" in wide[4]


def test_text_has_no_codes_for_terminals() -> None:
    """Colours, cursor movements and line breaks in an answer never reach the terminal."""
    hostile = service("a-b", "a\x1b[31m", Status.DEGRADED, "server_error", "one\ntwo\r\x9b2J\u202ethree\ud800")
    text = render_text([hostile], NOW)
    assert "one two \ufffd2J\ufffdthree\ufffd" in text
    assert text.count("\n") == 8
    assert text.replace("\n", "").isprintable()
    assert text.encode()


def test_markdown_is_a_table_whose_cells_cannot_break_it() -> None:
    """Bars, backslashes, tags and line breaks are escaped: each row has the columns of the header."""
    hostile = service("a-b", "a|b", Status.DEGRADED, "server_error", "one\n<b>\\|two")
    title, blank, *table = render_markdown([*SERVICES, hostile], NOW).splitlines()
    assert (title, blank) == ("**AI video service status — 2026-01-28T04:00:00Z**", "")
    assert len(table) == 2 + 5
    assert {line.replace("\\\\", "").replace("\\|", "").count("|") for line in table} == {10}
    assert table[1] == f"|{' --- |' * 9}"
    assert table[-1] == (
        "| 🟡 | a\\|b | degraded | – | – | reverse | server_error | one &lt;b>\\\\\\|two | Wait a little. |"
    )


def test_json_is_the_export_of_the_same() -> None:
    """The document holds the time, every service unabridged and the routes; Chinese stays readable."""
    text = render_json(SERVICES, NOW)
    document = json.loads(text)
    assert document["generated_at"] == "2026-01-28T04:00:00Z"
    assert document["services"] == SERVICES
    assert [product["service_id"] for product in document["products"]] == ["sora-2-official", None, None]
    assert "Sora 2 官转" in text


def test_there_are_three_formats() -> None:
    """The table of renderers has the formats the command line offers; only text knows of widths."""
    assert set(renderers()) == {"text", "json", "markdown"}
    assert renderers(80)["text"](SERVICES, NOW) == render_text(SERVICES, NOW, 80)
    assert renderers(80)["json"](SERVICES, NOW) == renderers()["json"](SERVICES, NOW)
