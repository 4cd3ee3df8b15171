"""The exporters of one storage: they see each other, and that their configurations differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.ledgers import HandClock

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.presence import GONE_SECONDS, Presence


def test_exporters_see_each_other(ledger: Ledger, unix_clock: HandClock) -> None:
    """Each one counts those that noted themselves lately; one that stops is gone at once, a dead one after a while."""
    one, other, dead = (Presence(ledger, "1/1") for _ in range(3))
    for presence in (dead, other, one):
        presence.note("same")
    assert sorted(seen.name for seen in one.neighbours) == sorted([other.name, dead.name])
    other.leave()
    unix_clock.time += GONE_SECONDS + 1
    one.note("same")
    assert one.neighbours == []


@pytest.mark.parametrize(("shard", "config"), [("1/2", "theirs"), ("1/3", "ours")])
def test_a_difference_is_logged_once(
    tmp_path: Path, unix_clock: HandClock, caplog: pytest.LogCaptureFixture, shard: str, config: str
) -> None:
    """Another configuration or number of shards is one line with the other's name, and one more when it is over."""
    caplog.set_level("INFO")
    ledger = Ledger.open(tmp_path, exclusive=True, now=unix_clock)
    ours, theirs = Presence(ledger, "2/2"), Presence(ledger, shard)
    theirs.note(config)
    for _ in range(2):
        ours.note("ours")
    assert [one.name for one in ours.others("ours")] == [theirs.name]
    theirs.leave()
    ours.note("ours")
    ledger.close()
    assert [record.msg for record in caplog.records] == ["configurations differ", "configurations agree again"]
    assert theirs.name in str(vars(caplog.records[0])["error"])


def test_shards_of_one_division_agree(ledger: Ledger) -> None:
    """Other shards with the same configuration are no difference."""
    ours, theirs = Presence(ledger, "1/2"), Presence(ledger, "2/2")
    theirs.note("same")
    ours.note("same")
    assert (len(ours.neighbours), ours.others("same")) == (1, [])


def test_a_storage_out_of_reach_changes_nothing(ledger: Ledger) -> None:
    """Without the storage an exporter knows what it knew, and that the storage is gone."""
    ours, theirs = Presence(ledger, "1/1"), Presence(ledger, "1/1")
    theirs.note("same")
    ours.note("same")
    ledger.close()
    ours.note("same")
    ours.leave()
    assert (len(ours.neighbours), ours.is_reached) == (1, False)
