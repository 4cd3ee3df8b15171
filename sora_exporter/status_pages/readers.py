"""One reader per page format; a new format is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sora_exporter.status_pages import better_stack, google_cloud, incidentio_widget, instatus, statuspage
from sora_exporter.status_pages.facts import PageReport


@dataclass(frozen=True, slots=True)
class Reader:
    """How to read pages of one format.

    ``addresses(url)`` returns the address of every document by its name, from any configured address of the page.
    ``read(documents, wanted_components, now)`` returns the report on the fetched documents (name to body; ``now`` in
    Unix seconds) and raises PageError without a usable one. ``max_bytes`` limits each document.
    """

    addresses: Callable[[str], Mapping[str, str]]
    read: Callable[[Mapping[str, bytes], Sequence[str], float], PageReport]
    max_bytes: int


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "statuspage": Reader(statuspage.addresses, statuspage.read, statuspage.MAX_BYTES),
        "google-cloud": Reader(google_cloud.addresses, google_cloud.read, google_cloud.MAX_BYTES),
        "incidentio-widget": Reader(incidentio_widget.addresses, incidentio_widget.read, incidentio_widget.MAX_BYTES),
        "better-stack": Reader(better_stack.addresses, better_stack.read, better_stack.MAX_BYTES),
        "instatus": Reader(instatus.addresses, instatus.read, instatus.MAX_BYTES),
    }
)
