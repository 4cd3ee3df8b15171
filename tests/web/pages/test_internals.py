"""The page for the people who run the exporter."""

from __future__ import annotations

import pytest
from support.pages import internals, many, overview, replace_services
from support.remembering import JANUARY, fill_january

from sora_exporter.exporter import Exporter
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.result import ProbeKind


def test_budget_and_health_are_shown(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend and limit, a failed reload with its reason, overdue probes, an unreadable ledger: each is said."""
    fill_january(exporter)
    page = internals(exporter)
    assert "Spent on probes today $0.25 of $1.00" in page.text
    assert "0 running, none overdue" in page.text
    exporter.spending.today = None
    exporter.reload_state.error = "\n".join(f"sora.yml:{line}: unknown key" for line in range(5000))
    monkeypatch.setattr(exporter, "overdue", lambda: [(f"s{n}", ProbeKind.CATALOG) for n in range(12)])
    page = internals(exporter)
    assert "unknown: the ledger cannot be read" in page.text
    assert "The last reload failed; the configuration loaded 0 s ago still holds." in page.text
    assert "sora.yml:9: unknown key and 4,990 more in the log" in page.text
    assert "12 overdue: catalog of s0," in page.text
    assert page.text.count("catalog of s") == 10


def test_the_cost_of_probing_stands_in_one_line(exporter: Exporter) -> None:
    """The most that probes spend is named by day and month, beside the cost of a monitor that orders videos."""
    paid = {"submit": {"interval": "6h", "timeout": "1m"}}
    replace_services(exporter, {**JANUARY[1], "price_usd": {"per_request": 0.5}, "probes": paid}, budget_usd_per_day=2)
    assert (
        "$2.00 a day, $60.00 a month (one video of each service every 5 minutes: $144.00 a day)"
        in internals(exporter).text
    )


def test_probes_and_their_ages_are_here_and_not_on_the_public_page(exporter: Exporter) -> None:
    """The last attempts of each probe stand on this page alone; of many services, the number of the others."""
    fill_january(exporter)
    assert "catalog every 1 min, shows 0 s" in internals(exporter).text
    public = overview(exporter).text
    assert not any(word in public for word in ("every 1 min", "Spent on probes", "budget", "Configuration"))
    replace_services(exporter, *many(250))
    assert "50 more as JSON" in internals(exporter).text


def test_the_history_names_its_source_and_its_fault(exporter: Exporter) -> None:
    """The Prometheus of the history and the reason why it cannot be read are for operators alone."""
    assert "of the last 24 hours; 90 days with --prometheus.url" in internals(exporter).text
    history = exporter.history = History(Access("http://prometheus.example:9090"), exporter.clock)
    history.error = "http://prometheus.example:9090 cannot be reached"
    history.away_since = exporter.clock.now()
    shown = internals(exporter).text
    assert "prometheus.example:9090, Not read yet http://prometheus.example:9090 cannot" in shown
    assert "prometheus.example" not in overview(exporter).text
