"""From a provider that changes to a mail that is read: the shipped rules and routes on real programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from programs.alerting import HASTE, Chain, alerting_chain
from programs.launch import eventually
from programs.sinks import Mail

pytestmark = pytest.mark.programs


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Everything running in haste, all services operational for long enough to come from somewhere."""
    with alerting_chain(tmp_path, "1s", "900ms", HASTE) as running:
        eventually(
            lambda: running.prometheus.query("count(service_id:sora_service_confirmed_severity:median == 0) == 2")
        )
        changed = "count(service_id_status:sora_service_confirmed_status:bool offset 5s) == 2"
        eventually(lambda: running.prometheus.query(changed))
        yield running


def the_mail(chain: Chain, words: str) -> Mail:
    """Return the first mail whose subject holds these words, once it has arrived."""
    mails: list[Mail] = eventually(lambda: chain.mail.mails_about(words))
    return mails[0]


def test_a_service_goes_through_everything_and_back(chain: Chain) -> None:
    """Each change is told once, faults page or not by their kind, what is muted stays away, and the end is told."""
    eventually(lambda: [path for path, _ in chain.webhook.posts if path == "/deadman"])

    chain.behave("sora_video2", "captcha")
    notice = the_mail(chain, "贝塔: operational → risk_control")
    for line in ("Service:      贝塔 (beta)", "Status:       operational → risk_control", "Error class:  captcha"):
        assert line in notice.text
    assert notice.to == "team@example.org"
    ticket = the_mail(chain, "[WARNING] 贝塔: A service is under risk control.")
    assert "贝塔 (beta) at acme refuses by risk control" in ticket.text
    assert "runbook.md#soraserviceriskcontrol" in ticket.text
    assert "http://localhost:3000/d/sora-service?var-service_id=beta" in ticket.text

    chain.behave("sora_video2", "suspended")
    assert "unavailable" in the_mail(chain, "贝塔: risk_control → suspended").text
    assert the_mail(chain, "[CRITICAL] 贝塔: A service is suspended or unreachable.").to == "on-call@example.org"
    pages = eventually(lambda: [post for path, post in chain.webhook.posts if path == "/alerts"])
    assert {alert["labels"]["alertname"] for alert in pages[0]["alerts"]} == {"SoraServiceSuspended"}

    chain.behave("sora_video2", "maintenance")
    the_mail(chain, "贝塔: suspended → maintenance")
    during = len(chain.mail.mails)
    chain.behave("sora_video2", "operational")
    the_mail(chain, "贝塔: maintenance → operational")
    assert all("→" in mail.subject or "RESOLVED" in mail.subject for mail in chain.mail.mails[during:])

    chain.behave("sora_video2", "suspended")
    the_mail(chain, "贝塔: operational → suspended")
    eventually(lambda: len([post for path, post in chain.webhook.posts if path == "/alerts"]) > 1)
    chain.behave("sora_video2", "operational")
    assert "From 20" in the_mail(chain, "[RESOLVED] 贝塔: A service is suspended or unreachable.").text

    subjects = [mail.subject for mail in chain.mail.mails]
    assert not [
        subject for subject in subjects if "maintenance;" in subject or "Alpha" in subject or "route" in subject
    ]
    assert len([subject for subject in subjects if subject.endswith("operational → risk_control")]) == 1


def test_a_dead_exporter_is_one_page_and_mutes_the_rest(chain: Chain) -> None:
    """When nobody watches any more exactly that is told, and no service is called down."""
    before = len(chain.mail.mails)
    chain.exporter.end()
    page = the_mail(chain, "[CRITICAL] sora_exporter: The exporter cannot be scraped.")
    assert "nothing is known about any service" in page.text
    assert [mail.subject for mail in chain.mail.mails[before:]] == [page.subject]


def test_the_last_route_gone_is_one_page(chain: Chain) -> None:
    """When both routes of a product fail, the product's page comes; one mail says the provider is down."""
    chain.behave("*", "overloaded")
    the_mail(chain, "[CRITICAL] sora-2: No route to a product is left.")
    the_mail(chain, "[CRITICAL] acme: A whole provider is down.")


def test_a_flapping_service_is_one_notification(tmp_path: Path) -> None:
    """Risk control that comes and goes is one ticket, and its notices keep the least time between two."""
    haste = {**HASTE, r"group_interval: \w+": "group_interval: 6s", r"keep_firing_for: \w+": "keep_firing_for: 8s"}
    with alerting_chain(tmp_path, "1s", "900ms", haste) as chain:
        working = 'sora_service_up{service_id="beta"} == '
        limited = 'service_id:sora_service_confirmed_severity:median{service_id="beta"} == 2'
        eventually(lambda: chain.prometheus.query(f"{working}1"))
        for _ in range(4):
            chain.behave("sora_video2", "captcha")
            eventually(lambda: chain.prometheus.query(limited))
            chain.behave("sora_video2", "operational")
            eventually(lambda: chain.prometheus.query(f"{working}1"))
        the_mail(chain, "[WARNING] 贝塔: A service is under risk control.")
        assert len(chain.mail.mails_about("[WARNING] 贝塔")) == 1
        notices = [mail.at for mail in chain.mail.mails_about("→")]
        assert all(later - earlier > 5 for earlier, later in pairwise(notices))
