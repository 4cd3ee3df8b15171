"""The monitor for applications: the engine of ``sora-exporter serve`` inside a program, without an HTTP server.

A configuration comes in; statuses, their history and calls at every change go out. Probes, budget, classifier and
evidence are those of the exporter, and the settings of the configuration mean the same.

    from sora_exporter import Monitor

    with Monitor("sora.yml", on_change=print) as monitor:
        monitor.check()
        print(monitor.summary())

``AsyncMonitor`` is the same for asyncio.
"""

from sora_exporter.history import Event
from sora_exporter.monitor.asynchronous import AsyncMonitor
from sora_exporter.monitor.synchronous import Monitor
from sora_exporter.monitor.values import Change, ServiceView

__all__ = ["AsyncMonitor", "Change", "Event", "Monitor", "ServiceView"]
