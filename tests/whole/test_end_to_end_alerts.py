"""From a provider that changes to a mail that is read: the shipped rules and routes on real programs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.programs.alerting import HASTE, Chain, alerting_chain
from support.programs.launch import eventually
from support.programs.sinks import Mail

pytestmark = pytest.mark.programs


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Everything running in haste."""
    with alerting_chain(tmp_path_factory.mktemp("chain"), "1s", "900ms", HASTE) as running:
        yield running


@pytest.fixture
def chain(programs: Chain) -> Chain:
    """The programs at rest: all services operational, no alert left."""
    programs.behave("*", "operational")
    operational = "count(service_id:sora_service_confirmed_severity:median == 0) == 2"
    eventually(lambda: programs.prometheus.query(operational))
    eventually(lambda: programs.alert_names() == {"SoraWatchdog"})
    return programs


def the_mail(chain: Chain, words: str, since: int = 0) -> Mail:
    """Return the first mail after so many whose subject holds these words, once it has arrived."""
    mails: list[Mail] = eventually(lambda: [mail for mail in chain.mail.mails[since:] if words in mail.subject])
    return mails[0]


def pages_of(chain: Chain, service_id: str) -> list[list[str]]:
    """Return the names of the alerts in each page about a service that reached the webhook, ends aside."""
    posts = [post for path, post in list(chain.webhook.posts) if path == "/alerts" and post["status"] == "firing"]
    mine = [post["alerts"] for post in posts if post["groupLabels"].get("service_id") == service_id]
    return [[alert["labels"]["alertname"] for alert in page] for page in mine]


def test_a_service_goes_through_everything_and_back(chain: Chain) -> None:
    """Each change is notified once, faults page by their kind, muted alerts stay away, and the end is notified."""
    somewhere_to_come_from = "count(service_id_status:sora_service_confirmed_status:bool offset 5s) == 2"
    eventually(lambda: chain.prometheus.query(somewhere_to_come_from))
    before = len(chain.mail.mails)
    eventually(lambda: [path for path, _ in list(chain.webhook.posts) if path == "/deadman"])

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
    assert eventually(lambda: pages_of(chain, "beta"))[0] == ["SoraServiceSuspended"]

    chain.behave("sora_video2", "maintenance")
    the_mail(chain, "贝塔: suspended → maintenance")
    during = len(chain.mail.mails)
    chain.fence()
    assert all("→" in subject or "RESOLVED" in subject for subject in chain.subjects(during))
    pages = len(pages_of(chain, "beta"))
    chain.behave("sora_video2", "operational")
    the_mail(chain, "贝塔: maintenance → operational")

    chain.behave("sora_video2", "suspended")
    the_mail(chain, "贝塔: operational → suspended")
    eventually(lambda: len(pages_of(chain, "beta")) > pages)
    ending = len(chain.mail.mails)
    chain.behave("sora_video2", "operational")
    assert "From 20" in the_mail(chain, "[RESOLVED] 贝塔: A service is suspended or unreachable.", ending).text

    chain.fence()
    subjects = chain.subjects(before)
    assert not [subject for subject in subjects if "maintenance;" in subject or "贝塔" not in subject]
    assert len([subject for subject in subjects if subject.endswith("operational → risk_control")]) == 1


def test_a_hanging_exporter_is_one_page_and_mutes_the_rest(chain: Chain) -> None:
    """An exporter that hangs is one page, about no service, and so is its end."""
    chain.fence()
    before = len(chain.mail.mails)
    chain.exporter.process.send_signal(signal.SIGSTOP)
    try:
        page = the_mail(chain, "[CRITICAL] sora_exporter: The exporter cannot be scraped.")
        chain.fence()
    finally:
        chain.exporter.process.send_signal(signal.SIGCONT)
    assert "nothing is known about any service" in page.text
    assert chain.subjects(before) == [page.subject]
    the_mail(chain, "[RESOLVED] sora_exporter: The exporter cannot be scraped.")


def test_the_last_route_gone_is_one_page(chain: Chain) -> None:
    """When both routes of a product fail, one page names the product and one the provider, and none a service."""
    chain.behave("*", "overloaded")
    product = the_mail(chain, "[CRITICAL] sora-2: No route to a product is left.")
    provider = the_mail(chain, "[CRITICAL] acme: A whole provider is down.")
    begun = min(product.at, provider.at) - 1
    chain.fence()
    pages = [mail.subject for mail in chain.mail.mails if mail.at > begun and mail.to == "on-call@example.org"]
    assert sorted(page for page in pages if "fence" not in page) == sorted([product.subject, provider.subject])


def test_a_flapping_service_is_one_notification(tmp_path: Path) -> None:
    """Risk control that comes and goes is one ticket with one end."""
    haste = {**HASTE, r"group_interval: \w+": "group_interval: 5s", r"keep_firing_for: \w+": "keep_firing_for: 7s"}
    with alerting_chain(tmp_path, "1s", "900ms", haste) as chain:
        working = 'sora_service_up{service_id="beta"} == '
        limited = 'service_id:sora_service_confirmed_severity:median{service_id="beta"} == 2'
        eventually(lambda: chain.prometheus.query(f"{working}1"))
        for _ in range(3):
            chain.behave("sora_video2", "captcha")
            eventually(lambda: chain.prometheus.query(limited))
            chain.behave("sora_video2", "operational")
            eventually(lambda: chain.prometheus.query(f"{working}1"))
        the_mail(chain, "[WARNING] 贝塔: A service is under risk control.")
        # The end is notified by the same group as the beginning, hence after every repetition.
        the_mail(chain, "[RESOLVED] 贝塔: A service is under risk control.")
        assert len(chain.mail.mails_about("[WARNING] 贝塔")) == 1
