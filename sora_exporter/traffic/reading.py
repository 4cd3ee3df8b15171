"""The meaning of an answer to a create request of the application, by the rules of the probes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sora_exporter.classify.sunset import after_sunset
from sora_exporter.documents import decoded
from sora_exporter.probes.attempt import is_event_stream
from sora_exporter.probes.depth import deeper, depth_of
from sora_exporter.probes.job import is_accepted, job_id_in, unless_nameless
from sora_exporter.probes.judged import judged
from sora_exporter.probes.stream import is_progressing
from sora_exporter.result import Answer, Depth, ErrorClass, ProbeKind, is_success
from sora_exporter.traffic.calls import Watched


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it passed: header names in lower case, at most 1 MiB of the body as text.

    ``http_status`` is None if no answer came; then ``transport_error`` is the text of the error. ``is_whole`` is False
    if the application stopped reading before the end.
    """

    http_status: int | None
    headers: Mapping[str, str]
    body: str = ""
    transport_error: str | None = None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """The error class of an answer, the depth that it proves, and the id of the job that it names."""

    error_class: ErrorClass
    depth: Depth | None
    job_id: str


def read_order(watched: Watched, received: Received, now: float) -> Reading | None:
    """Return the reading of the answer to a create request at a moment in Unix time.

    None if the application left before the answer showed anything.
    """
    api, status = watched.api, received.http_status
    answer = Answer(
        api.endpoint, watched.service.access, status, received.headers, received.body, received.transport_error,
        expectation=api.create_expectation,
    )  # fmt: skip
    document = decoded(received.body)
    verdict = judged(api, watched.judge, answer, document)
    job_id = job_id_in(api, document) if is_success(status) else None
    verdict = unless_nameless(api, verdict, job_id)
    if not received.is_whole and verdict.error_class is ErrorClass.INVALID_RESPONSE:
        if not is_progressing(received.body):
            return None
        return Reading(ErrorClass.NONE, Depth.AUTHENTICATED, "")
    is_document = document is not None or is_event_stream(received.headers)
    shown = depth_of(ProbeKind.SUBMIT, verdict, status, is_document=is_document, is_relay=watched.is_relay)
    depth = deeper(shown, Depth.ACCEPTED if is_accepted(api, received.body, verdict, job_id) else None)
    verdict = after_sunset(verdict, watched.service.sunset_at, now)
    return Reading(verdict.error_class, depth, job_id or "")
