"""From a provider that changes to a mail that is read: the shipped rules and routes on real programs."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

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


def test_a_trouble_and_its_end_are_two_mails(chain: Chain) -> None:
    """Risk control is a ticket, a suspension a page; each end is a mail in the past tense with its times, once."""
    eventually(lambda: [path for path, _ in list(chain.webhook.posts) if path == "/deadman"])
    for behaviour, opening, to, was in (
        ("captcha", "[WARNING] 贝塔: A service is under risk control.", "team@example.org", "was under risk control"),
        (
            "suspended",
            "[CRITICAL] 贝塔: A service is suspended or unreachable.",
            "on-call@example.org",
            "was suspended",
        ),
    ):
        before = len(chain.mail.mails)
        chain.behave("sora_video2", behaviour)
        begun = the_mail(chain, opening, before)
        assert begun.to == to
        assert "贝塔 (beta) at acme" in begun.text
        assert "http://localhost:3000/d/sora-service?var-service_id=beta" in begun.text
        # With rules every second, an alert may fire between two series of one evaluation.
        eventually(lambda: chain.has_annotation("beta", "ended", " UTC to "))
        chain.behave("sora_video2", "operational")
        ended = the_mail(chain, "[RESOLVED] 贝塔", before)
        assert f"贝塔 (beta) at acme {was}" in ended.text
        assert re.search(r"from 20[-0-9]+ [:0-9]+ UTC to 20[-0-9]+ [:0-9]+ UTC", ended.text)
        chain.fence()
        assert len(chain.subjects(before)) == 2


def test_a_hanging_exporter_is_one_page_and_mutes_the_rest(chain: Chain) -> None:
    """An exporter that hangs is one page, about no service, and so is its end."""
    chain.fence()
    before = len(chain.mail.mails)
    chain.exporter.process.send_signal(signal.SIGSTOP)
    try:
        page = the_mail(chain, "[CRITICAL] sora_exporter: No exporter can be scraped.")
        chain.fence()
    finally:
        chain.exporter.process.send_signal(signal.SIGCONT)
    assert "nothing is known about any service" in page.text
    assert chain.subjects(before) == [page.subject]
    the_mail(chain, "[RESOLVED] sora_exporter: No exporter can be scraped.")


def test_an_outage_of_a_provider_is_one_page_and_its_end_one_mail(chain: Chain) -> None:
    """When all services of the provider fail, one page names it, and none its services or products."""
    chain.fence()
    before = len(chain.mail.mails)
    chain.behave("*", "overloaded")
    the_mail(chain, "[CRITICAL] acme: A whole provider is down.", before)
    chain.fence()
    chain.behave("*", "operational")
    the_mail(chain, "[RESOLVED] acme: A whole provider is down.", before)
    chain.fence()
    assert len(chain.subjects(before)) == 2


def test_a_flapping_service_is_one_notification(chain: Chain) -> None:
    """Risk control that comes and goes once it was reported is one ticket and one notice of its end."""
    before = len(chain.mail.mails)
    working = 'sora_service_up{service_id="beta"} == 1'
    limited = 'service_id:sora_service_observed_severity:last{service_id="beta"} == 2'
    chain.behave("sora_video2", "captcha")
    the_mail(chain, "[WARNING] 贝塔: A service is under risk control.", before)
    for _ in range(3):
        chain.behave("sora_video2", "captcha")
        eventually(lambda: chain.prometheus.query(limited))
        chain.behave("sora_video2", "operational")
        eventually(lambda: chain.prometheus.query(working))
    the_mail(chain, "[RESOLVED] 贝塔: A service is under risk control.", before)
    assert len([subject for subject in chain.subjects(before) if subject.startswith("[WARNING] 贝塔")]) == 1
