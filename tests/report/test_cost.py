"""The cost of the configured probes in each format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.watched import config, service

from sora_exporter.budget.estimate import cost_of
from sora_exporter.cli.main import main
from sora_exporter.report.cost import COST_RENDERERS, render_markdown, render_text

PAID = {"submit": {"interval": "6h", "timeout": "1m"}, "generate": {"interval": "1d", "timeout": "10m"}}
CONFIGURATION = """
budget_usd_per_day: 3.00
providers: {relay: {base_url: "http://127.0.0.1:9/v1", api_key_env: OPENAI_API_KEY}}
services:
  - &one
    {id: sora-2, product: sora-2, access: official, provider: relay, model: sora-2, price_usd: {per_request: 0.5},
     probes: {submit: {interval: 6h}, generate: {interval: 12h}}}
  - {<<: *one, id: free, price_usd: null, probes: {catalog: {interval: 1m}}}
"""


def test_text_is_aligned_and_ends_with_the_limit() -> None:
    """Figures are flush right below their headings; the last line names the most that can be spent."""
    cost = cost_of(config(service(probes=PAID, price_usd={"per_request": 0.5}), budget_usd_per_day=2))
    *table, empty, limit = render_text(cost).splitlines()
    assert len({len(line) for line in table}) == 1
    assert table[-1].split()[:4] == ["total", "5", "$2.50", "$75.00"]
    assert (empty, limit[:39]) == ("", "At most $2.00 a day and $60.00 in 30 da")


def test_scrapes_are_named_instead_of_a_number() -> None:
    """A service that scrapes probe has no number of attempts, and the budget is its limit."""
    settings = config(service(probes=PAID, price_usd={"per_request": 0.5}, probe_on_scrape=True), budget_usd_per_day=10)
    text = render_text(cost_of(settings))
    assert "by scrapes  in budget" in text
    assert "At most $10.00 a day and $300.00 in 30 days" in text


def test_markdown_is_a_table_with_figures_on_the_right() -> None:
    """The Markdown table has a column of text and six of figures, and escapes a name."""
    lines = render_markdown(cost_of(config(service("a_b", probes=PAID)))).splitlines()
    assert lines[1].replace(" ", "") == "|---|" + "---:|" * 6
    assert lines[2].startswith("| a\\_b | unknown |")


@pytest.mark.parametrize("form", sorted(COST_RENDERERS))
def test_check_prints_the_cost_and_sends_nothing(tmp_path: Path, form: str) -> None:
    """``check --cost`` names prices, sums, budget and reference, makes no ledger and ends with exit code 0."""
    path = tmp_path / "sora.yml"
    path.write_text(CONFIGURATION, "utf-8")
    arguments = ["check", "--cost", f"--format={form}", f"--config.file={path}", f"--storage.path={tmp_path / 's'}"]
    ended = CliRunner(env={"OPENAI_API_KEY": "k"}).invoke(main, arguments)
    assert (ended.exit_code, ended.stderr, (tmp_path / "s").exists()) == (0, "", False)
    if form == "json":
        document = json.loads(ended.stdout)
        names = ("scheduled_usd_per_day", "usd_per_month", "reference_usd_per_day")
        assert [document[name] for name in names] == [3.0, 90.0, 144.0]
    else:
        plain = ended.stdout.replace("\\", "")
        for word in ("$3.00", "$90.00", "$144.00", "$4,320.00", "unknown", "budget_usd_per_day $3.00"):
            assert word in plain
