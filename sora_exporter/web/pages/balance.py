"""A provider's balance on the pages of a service and of the exporter."""

from __future__ import annotations

import math

from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.figures import amount_text
from sora_exporter.web.wording import Wording


def balance_text(track: BalanceTrack, now: float, words: Wording) -> str:
    """Return the balance at the last good reading with its age, and the fault if the latest reading failed."""
    good, latest, said = track.good, track.latest, [words("not_read_yet")]
    if good is not None and good.value is not None:
        amount = words("no_limit") if math.isinf(good.value) else amount_text(good.value, good.unit)
        said = [amount, words("balance_low") if track.is_low else "", words.ago(now - good.at)]
    if latest is not None and latest.value is None:
        said.append(f"{words.plain.error_classes[latest.error_class].name} {latest.detail}")
    return words.joined(*said)
