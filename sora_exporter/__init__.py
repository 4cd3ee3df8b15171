"""Prometheus exporter for AI-video services, and the same engine as a library.

The life of one probe, in reading order: ``config`` names what to watch; ``probes`` schedules and runs attempts;
``budget`` reserves their price; ``http`` sends the requests; ``classify`` turns each answer into an error class;
``evidence`` weighs what counts now into a status; ``metrics`` exposes it; ``web`` serves it. docs/architecture.md has
the whole picture.

Programs use the names listed here; docs/api.md explains them. They are loaded at their first use.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_exporter.fallback import AsyncFallbackClient as AsyncFallbackClient
    from sora_exporter.fallback import ConsoleLine as ConsoleLine
    from sora_exporter.fallback import FallbackClient as FallbackClient
    from sora_exporter.monitor import AsyncMonitor as AsyncMonitor
    from sora_exporter.monitor import Monitor as Monitor
    from sora_exporter.traffic import observe as observe

__version__ = "0.2.0"

# In a program that does not configure logging, a library writes nothing.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_PLACES = {
    "AsyncFallbackClient": "fallback",
    "AsyncMonitor": "monitor",
    "ConsoleLine": "fallback",
    "FallbackClient": "fallback",
    "Monitor": "monitor",
    "observe": "traffic",
}
"""The room of each public name."""

__all__ = ["AsyncFallbackClient", "AsyncMonitor", "ConsoleLine", "FallbackClient", "Monitor", "observe"]


def __getattr__(name: str) -> Any:
    """Return a public name from its room."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
