"""Running one probe of one service: lock, budget, attempt, result."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace

from sora_exporter.budget.backoff import Backoff
from sora_exporter.budget.jobs import AcceptedCanaries, PaidJob, SurpriseJob, logged_if_not_stored
from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.shares import shares_of
from sora_exporter.budget.spending import NOT_KEPT
from sora_exporter.budget.storage import StorageError
from sora_exporter.classify import classify
from sora_exporter.classify.sunset import after_sunset
from sora_exporter.classify.user import user_rules
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service
from sora_exporter.config.apis import Api
from sora_exporter.config.apis.spec import Canary
from sora_exporter.config.makers import is_relay
from sora_exporter.config.target import target_of
from sora_exporter.figures import dollars, seconds_text, span
from sora_exporter.http.provider import loaded_sdk
from sora_exporter.probes import PROBES, Attempt
from sora_exporter.probes.attempt import EXCERPT_CHARACTERS, Clients
from sora_exporter.probes.depth import deeper, depth_of
from sora_exporter.probes.ignored_dates import IgnoredDates
from sora_exporter.probes.removal import can_be_listed
from sora_exporter.probes.unrecognised import UnrecognisedAnswers
from sora_exporter.redact import redact
from sora_exporter.result import (
    DETAIL_CHARACTERS,
    SUCCESSES,
    Answer,
    Charge,
    ErrorClass,
    ProbeKind,
    ProbeResult,
    Verdict,
    shared,
)

log = logging.getLogger(__name__)

NOT_SENT = (
    "it is not sent again until the service's configuration changes: remove its canary probe or correct the api's "
    "canary; `sora-exporter check --probe=canary {}` and a reload try it once more"
)
BUSY_SECONDS = 0.2
"""The pause before the lock of a canary is tried again, while another process sends it."""
REQUEST_CHARACTERS, HEADER_CHARACTERS = 200, 120
GUARD_SECONDS = 0.3
"""An attempt is cut off this long after its deadline if one of its steps does not end by itself."""


class Runner:
    """Runs probes one at a time per service and kind, across processes; it has no schedule.

    ``spacing`` returns the seconds that must lie between two paid attempts of any processes; none for those by hand.
    """

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        clients: Clients,
        clock: Clock,
        spacing: Callable[[Service, ProbeKind], float] = lambda *_: 0.0,
    ) -> None:
        self.config, self._spacing = config, spacing
        self._ledger, self._clients, self._clock = ledger, clients, clock
        self._accepted = AcceptedCanaries(ledger)
        self._backoff = Backoff(ledger, clock.now)
        self._unrecognised = UnrecognisedAnswers()
        self._ignored_dates = IgnoredDates()
        self._run_by = {
            Charge.FREE: self._free,
            Charge.SURPRISE: self._surprise,
            Charge.PAID: self._paid,
        }

    def configure(self, config: Config) -> None:
        """Use another configuration from now on."""
        self.config = config
        self._accepted.read_again()

    def is_barred(self, service: Service, probe: ProbeKind) -> bool:
        """Return whether the target has accepted every canary of this probe, so that each might cost money."""
        return probe.charge is Charge.SURPRISE and not self._usable_canaries(service)

    def _usable_canaries(self, service: Service) -> tuple[Canary, ...]:
        """Return the service's canaries without those that its target accepted."""
        api, target = self.config.api(service), target_of(self.config, service)
        return tuple(one for one in api.canary if not self._accepted.has(canary_id(service, api, one), target))

    def must_wait(self, service: Service, probe: ProbeKind) -> bool:
        """Return whether this paid probe waits because the service's last ones made no job."""
        return probe.is_paid and self._wait_seconds(service, probe) > 0

    def _wait_seconds(self, service: Service, probe: ProbeKind) -> float:
        settings = service.probes.get(probe)
        return self._backoff.wait_seconds(service.id, settings.interval if settings is not None else 0.0)

    async def run(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        """Return the attempt's result, or None if another process runs the same probe now, or has just paid for it.

        A free probe needs no lock: each process needs evidence of its own.
        """
        if probe.is_paid:
            # Loading it takes time that is neither the provider's nor the attempt's.
            await loaded_sdk()
        with ExitStack() as held:
            try:
                if probe.charge is not Charge.FREE and not await self._hold(service, probe, held):
                    return None
            except StorageError as error:
                # A canary that cannot be locked is only a refusal too many.
                if probe.is_paid:
                    return self._not_sent(service, probe, f"the budget cannot be kept: {error}", NOT_KEPT)
            result = await self._run_by[probe.charge](service, probe)
            if not probe.is_paid and result is not None:
                self._backoff.free(service.id, probe, is_success=result.is_success)
            return result

    async def _hold(self, service: Service, probe: ProbeKind, held: ExitStack) -> bool:
        """Hold the probe's lock; return whether it is ours. A canary waits its turn, since each exporter needs one."""
        deadline = self._clock.monotonic() + service.timeout(probe)
        while True:
            if held.enter_context(self._ledger.attempt_lock(service.id, probe)):
                return True
            if probe.is_paid or self._clock.monotonic() >= deadline:
                return False
            await self._clock.sleep(BUSY_SECONDS)

    async def _free(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        return await self._attempt(service, probe, self._new_attempt(service, probe))

    async def _surprise(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        """Run the attempt; charge an accepted canary, and never send it to this target again.

        If all canaries were accepted before, the attempt was requested by hand and tries them once more.
        """
        if not self.config.providers[service.provider].canary:
            return self._not_sent(service, probe, f"providers.{service.provider}.canary is false", "ruled-out")
        target, price = target_of(self.config, service), self.config.attempt_price_usd(service) or 0.0
        was_barred = self.is_barred(service, probe)
        self._accepted.read_again()
        if self.is_barred(service, probe) and not was_barred and self._spacing(service, probe):
            why = f"another process met an accepted canary: {NOT_SENT.format(service.id)}"
            return self._not_sent(service, probe, why, "ruled-out")

        attempt = self._new_attempt(service, probe)
        attempt.canaries = self._usable_canaries(service) or attempt.api.canary

        def sent() -> str:
            return canary_id(service, attempt.api, attempt.canary) if attempt.canary else service.id

        def bar() -> None:
            self._accepted.add(sent(), target)
            log.error(
                "canary accepted instead of refused",
                extra={
                    "service_id": service.id,
                    "probe": probe.value,
                    "cost_usd": price,
                    "detail": NOT_SENT.format(service.id),
                },
            )

        record = SurpriseJob(self._ledger, service, price, bar)
        attempt.job_record = record
        result = await self._attempt(service, probe, attempt, price)
        if result.is_success and not record.is_accepted:
            self._accepted.drop(sent())
        return result

    async def _paid(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        """Reserve the price, remember the job, attempt, settle: in this order, so that a crash costs nothing extra."""
        self._backoff.read_again()
        price = self.config.attempt_price_usd(service)
        if price is None:
            return self._not_sent(service, probe, "the service has no price: set price_usd")
        wait = self._wait_seconds(service, probe)
        if wait > 0:
            why = "the last paid attempts made no job: the next one may run in"
            return self._not_sent(service, probe, f"{why} {span(wait)}", "backoff")
        try:
            if self._was_paid(service, probe):
                return None
            limit, shares = self.config.budget_usd_per_day, shares_of(self.config, service)
            reservation = self._ledger.reserve(service.id, probe, price, limit, shares)
            if reservation is None:
                limits = ", or ".join(
                    [f"today's {dollars(limit)}", *(f"the {dollars(one.limit_usd)} of {one.name}" for one in shares)]
                )
                return self._not_sent(service, probe, f"{dollars(price)} more would pass {limits}")
            job = self._ledger.remember_job(reservation, service.provider, service.api)
        except StorageError as error:
            return self._not_sent(service, probe, f"the budget cannot be kept: {error}", NOT_KEPT)
        attempt = self._new_attempt(service, probe)
        attempt.prompt = f"{attempt.api.prompt} ({reservation.marker})"
        record = attempt.job_record = PaidJob(self._ledger, job)
        attempt.may_have_cost = True
        try:
            result = await self._attempt(service, probe, attempt, price)
        finally:
            # A reservation that is not settled stays open and counts in full, also while only the provider's list of
            # jobs can show whether a job was made: the clean-up reads it, and settles.
            is_open = attempt.may_have_cost and not record.is_made and can_be_listed(attempt.api)
            if not is_open:
                with logged_if_not_stored("cost of an attempt", service.id):
                    self._ledger.settle(reservation, price if attempt.may_have_cost else 0.0)
        is_made = record.is_made or result.is_success
        if is_made or attempt.last.is_sent:
            self._backoff.paid(service.id, is_fruitless=not is_made)
        return replace(result, wait_seconds=self._wait_seconds(service, probe))

    def _was_paid(self, service: Service, probe: ProbeKind) -> bool:
        """Return whether any process has paid for the probe within its spacing. Raises StorageError."""
        last, spacing = self._ledger.last_attempt(service.id, probe), self._spacing(service, probe)
        return last is not None and 0 <= self._ledger.now() - last < spacing

    def _new_attempt(self, service: Service, probe: ProbeKind) -> Attempt:
        provider = self.config.providers[service.provider]
        client = self._clients.get(service.provider, provider)
        rules = user_rules(self.config, service.provider, probe)

        def judge(answer: Answer) -> Verdict:
            return classify(answer, rules)

        deadline = self._clock.monotonic() + service.timeout(probe)
        api = self.config.api(service)
        return Attempt(service, api, client, judge, self._clock, deadline, is_relay=is_relay(provider))

    async def _attempt(
        self, service: Service, probe: ProbeKind, attempt: Attempt, price: float = 0.0
    ) -> ProbeResult:  # fmt: skip
        started_at, started = self._clock.now(), self._clock.monotonic()
        try:
            async with asyncio.timeout(service.timeout(probe) + GUARD_SECONDS):
                verdict = await PROBES[probe](attempt)
        except TimeoutError:
            verdict = Verdict(ErrorClass.TIMEOUT, "guard", "the attempt did not end in time")
        is_document, is_of_relay = attempt.is_document, attempt.is_relay
        shown = depth_of(probe, verdict, attempt.http_status, is_document=is_document, is_relay=is_of_relay)
        verdict = self._conclude(service, attempt, verdict)
        is_success = verdict.error_class in SUCCESSES
        secrets = attempt.client.secrets()
        result = ProbeResult(
            service_id=service.id,
            probe=probe,
            error_class=verdict.error_class,
            rule=verdict.rule,
            started_at=started_at,
            duration_seconds=self._clock.monotonic() - started,
            detail=redact(verdict.message, secrets, DETAIL_CHARACTERS),
            excerpt=redact(attempt.excerpt, secrets, DETAIL_CHARACTERS if is_success else EXCERPT_CHARACTERS),
            http_status=attempt.http_status,
            response_seconds=attempt.response_seconds if is_success else None,
            generation_seconds=attempt.generation_seconds if is_success else None,
            phases=dict(attempt.phases),
            cost_usd=price if attempt.may_have_cost else 0.0,
            sunset_at=attempt.sunset_at,
            tls_expires_at=attempt.tls_expires_at,
            is_reached=attempt.is_reached,
            request=shared(redact(attempt.request, secrets, REQUEST_CHARACTERS)),
            headers=shared(_headers(attempt.headers, secrets)),
            recognised=(verdict.recognised or is_success) and not attempt.unknown_word,
            depth=deeper(attempt.proved, shown),
            refused_by=verdict.refused_by,
            wire=attempt.wire,
        )
        self._unrecognised.note(service.provider, result)
        self._ignored_dates.note(service, probe, attempt.ignored_date)
        return result

    def _conclude(self, service: Service, attempt: Attempt, verdict: Verdict) -> Verdict:
        """Return the verdict with the service's own settings applied: its end of life and ``slow_after``."""
        verdict = after_sunset(verdict, service.sunset_at or attempt.sunset_at, self._clock.now())
        seconds, slow_after = attempt.response_seconds, service.slow_after
        if verdict.error_class is ErrorClass.NONE and slow_after and seconds is not None and seconds > slow_after:
            message = f"answered after {seconds_text(seconds)}, later than slow_after ({seconds_text(slow_after)})"
            return Verdict(ErrorClass.SLOW, "slow_after", message)
        return verdict

    def _not_sent(self, service: Service, probe: ProbeKind, why: str, rule: str = "budget") -> ProbeResult:
        detail = why[:DETAIL_CHARACTERS]
        return ProbeResult(service.id, probe, ErrorClass.BUDGET_EXHAUSTED, self._clock.now(), 0.0, rule, detail)


def canary_id(service: Service, api: Api, canary: Canary) -> str:
    """Return the name under which the ledger keeps one canary of a service."""
    return f"{service.id} canary {api.canary.index(canary) + 1}"


def _headers(headers: Mapping[str, str], secrets: Iterable[str]) -> str:
    """Return headers one a line, each value bounded and without secrets."""
    lines = (
        f"{name}: {' '.join(redact(value, secrets, HEADER_CHARACTERS).split())}" for name, value in headers.items()
    )
    return "\n".join(lines)
