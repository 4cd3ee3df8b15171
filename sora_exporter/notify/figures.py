"""The metrics of ``notify``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


@dataclass
class Counts:
    """What became of the messages of one receiver; times are Unix times."""

    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    sent: int = 0
    failed: int = 0
    dropped: int = 0
    queued: int = 0
    last_success: float | None = None


@dataclass
class Heard:
    """When the dead man's switch last heard of Alertmanager, if ever, and whether it raised the alarm."""

    at: float | None = None
    is_silent: bool = False


COUNTERS: Sequence[tuple[str, str, Callable[[Counts], float]]] = (
    ("accepted", "Messages that were accepted from Alertmanager and stored.", lambda one: one.accepted),
    ("repeated", "Notifications that were accepted before and not sent again.", lambda one: one.repeated),
    ("refused", "Notifications that were answered with 503 because the queue was full.", lambda one: one.refused),
    ("sent", "Messages that the service accepted.", lambda one: one.sent),
    ("failed", "Attempts to send that the service did not accept.", lambda one: one.failed),
    ("dropped", "Messages that grew too old and were given up.", lambda one: one.dropped),
)


class Figures(Collector):
    """The figures of every receiver by its name, and of the dead man's switch if there is one."""

    def __init__(self, receivers: Sequence[str], *, has_deadman: bool) -> None:
        self.receivers: Mapping[str, Counts] = {name: Counts() for name in receivers}
        self.deadman = Heard() if has_deadman else None
        self._registry = CollectorRegistry()
        self._registry.register(self)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield every family, with all receivers."""
        for name, text, count in COUNTERS:
            family = CounterMetricFamily(f"sora_notify_messages_{name}", text, labels=["receiver"])
            for receiver, counts in self.receivers.items():
                family.add_metric([receiver], count(counts))
            yield family
        queued = GaugeMetricFamily("sora_notify_messages_queued", "Messages that wait to be sent.", labels=["receiver"])
        success = GaugeMetricFamily("sora_notify_last_success_timestamp_seconds",
                                    "When the service last accepted a message.", labels=["receiver"])  # fmt: skip
        for receiver, counts in self.receivers.items():
            queued.add_metric([receiver], counts.queued)
            if counts.last_success is not None:
                success.add_metric([receiver], counts.last_success)
        yield queued
        yield success
        if self.deadman is not None:
            silent = "1 while the dead man's switch has raised the alarm, else 0."
            yield GaugeMetricFamily("sora_notify_deadman_silent", silent, value=self.deadman.is_silent)
        if self.deadman is not None and self.deadman.at is not None:
            last = "When the last SoraWatchdog message arrived."
            yield GaugeMetricFamily("sora_notify_deadman_last_seen_timestamp_seconds", last, value=self.deadman.at)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its content type for an Accept header."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
