"""The paid probe of delivery: create a job, poll it, check its asset, delete it."""

from __future__ import annotations

import json
from collections.abc import Callable

from sora_exporter.config.apis import first
from sora_exporter.documents import text_of
from sora_exporter.probes.asset import AssetCheck, decode_base64, is_loopback, media_link
from sora_exporter.probes.attempt import JOB_ENDPOINT, Attempt
from sora_exporter.probes.job import create_job, job_id_of, leave_job, poll_job
from sora_exporter.probes.requests import Unfilled
from sora_exporter.probes.stream import spoken_text
from sora_exporter.result import DETAIL_CHARACTERS, Answer, Depth, ErrorClass, Expectation, Verdict

ASSET_BYTES = 512 * 1024 * 1024


async def generate(attempt: Attempt) -> Verdict:
    """Return ``none`` for a whole asset of the right kind, else the fault.

    The job is deleted in any case.
    """
    started = attempt.clock.monotonic()
    verdict = await create_job(attempt)
    job_id = job_id_of(attempt)
    try:
        if verdict.error_class is not ErrorClass.NONE:
            return _as_generation(verdict, attempt)
        if job_id is not None:
            verdict = await poll_job(attempt, job_id)
        if verdict.error_class is ErrorClass.NONE:
            attempt.generation_seconds = attempt.clock.monotonic() - started
            verdict = await check_asset(attempt, verdict, job_id)
    finally:
        await leave_job(attempt, job_id, verdict)
    return verdict


def _as_generation(verdict: Verdict, attempt: Attempt) -> Verdict:
    """Return the verdict; an accepted event stream that ran out of time is a job that missed its deadline."""
    was_accepted = attempt.api.create.stream and attempt.http_status == 200
    if verdict.error_class is ErrorClass.TIMEOUT and was_accepted:
        return Verdict(ErrorClass.GENERATION_TIMEOUT, verdict.rule, verdict.message)
    return verdict


async def check_asset(attempt: Attempt, verdict: Verdict, job_id: str | None) -> Verdict:
    """Return the verdict, or ``invalid_response`` when the asset is missing, cut or of another type."""
    if attempt.api.asset is None:
        return verdict
    missing = await take_steps(attempt)
    if missing is not None:
        return missing
    check = AssetCheck(attempt.api.asset.kinds)
    inline = inline_asset(attempt)
    if inline is not None:
        check.feed(inline)
        fault = faulty(check.fault(""))
    else:
        address = asset_address(attempt, job_id)
        if address is None:
            return missing_asset(attempt)
        fault = await fetch_asset(attempt, address, check)
    if fault is not None:
        return fault
    attempt.prove(Depth.DELIVERED)
    return verdict


def faulty(fault: str) -> Verdict | None:
    """Return the verdict on an asset with this fault; None for empty text."""
    return Verdict(ErrorClass.INVALID_RESPONSE, "asset:faulty", fault[:200]) if fault else None


async def take_steps(attempt: Attempt) -> Verdict | None:
    """Send the requests that lead to the answer with the asset in it; return the verdict on one that fails, or None."""
    asset = attempt.api.asset
    for step in asset.steps if asset is not None else ():
        is_last = asset is not None and step is asset.steps[-1]
        present = (*asset.url, *asset.base64) if asset is not None and is_last else ()
        expectation = Expectation(present=present) if present else None
        verdict = await attempt.call(step, endpoint=JOB_ENDPOINT, expectation=expectation)
        if verdict.error_class is not ErrorClass.NONE:
            return verdict
    return None


def inline_asset(attempt: Attempt) -> bytes | None:
    """Return the asset that the finished answer itself contains, or None."""
    asset = attempt.api.asset
    return decode_base64(first(attempt.document, asset.base64)) if asset is not None and asset.base64 else None


def asset_address(attempt: Attempt, job_id: str | None) -> str | None:
    """Return the place of the asset: a path of the API, or the address in the finished answer."""
    asset = attempt.api.asset
    if asset is None:
        return None
    if asset.route is not None and job_id is not None:
        try:
            return attempt.known.for_job(job_id).path(asset.route.path)
        except Unfilled:
            return None
    address = first(attempt.document, asset.url)
    if address is None and asset.link is not None:
        address = media_link(spoken_text(attempt.body), asset.link)
    return address if isinstance(address, str) and address.startswith(("http://", "https://")) else None


def missing_asset(attempt: Attempt) -> Verdict:
    """Return the verdict on a finished job without an asset: that of the reason in its answer, if it is recognised."""
    said = text_of(first(attempt.document, attempt.api.asset.reason if attempt.api.asset is not None else ()))
    if said is None:
        return Verdict(ErrorClass.INVALID_RESPONSE, "asset:missing", "the finished job names no asset")
    body = json.dumps({"error": {"message": said}})
    verdict = attempt.judge(Answer(JOB_ENDPOINT, attempt.service.access, attempt.http_status, {}, body))
    if verdict.recognised:
        return verdict
    message = f"the finished job names no asset: {verdict.message}"[:DETAIL_CHARACTERS]
    return Verdict(ErrorClass.INVALID_RESPONSE, "asset:missing", message)


async def fetch_asset(
    attempt: Attempt, address: str, check: AssetCheck, keep: Callable[[bytes], None] | None = None
) -> Verdict | None:
    """Download the asset through the check, and to ``keep``; return the verdict on its fault, or None."""

    def take(piece: bytes) -> None:
        check.feed(piece)
        if keep is not None:
            keep(piece)

    started = attempt.clock.monotonic()
    reply = await attempt.client.download(
        address,
        take,
        limit=ASSET_BYTES,
        timeout_seconds=attempt.remaining_seconds,
        endpoint=attempt.api.endpoint,
        access=attempt.service.access,
    )
    attempt.phases["download"] = attempt.clock.monotonic() - started
    if reply.answer.transport_error is not None and is_loopback(reply.named_address):
        fault = f"the relay's own address is wrong: the finished job's asset points to {reply.named_address}"
        return Verdict(ErrorClass.INVALID_RESPONSE, "asset:own-address", fault[:200])
    if reply.answer.transport_error is not None:
        return faulty(f"the asset could not be fetched: {reply.answer.transport_error}")
    if reply.http_status != 200:
        return faulty(f"the asset answered HTTP {reply.http_status}")
    length = reply.answer.headers.get("content-length", "")
    content_type = reply.answer.headers.get("content-type", "")
    return faulty(check.fault(content_type, int(length) if length.isdecimal() else None))
