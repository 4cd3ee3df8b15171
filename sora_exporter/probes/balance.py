"""The balance probe: reads, on a schedule, the balance of each provider with a described balance call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sora_exporter.classify import classify
from sora_exporter.classify.user import user_rules
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Provider
from sora_exporter.config.balance import Balance
from sora_exporter.documents import decoded
from sora_exporter.http.reply import Reply, Request
from sora_exporter.probes.attempt import Client, Clients
from sora_exporter.probes.scheduler import FIRST_ROUND_SECONDS
from sora_exporter.redact import redact
from sora_exporter.result import DETAIL_CHARACTERS, Answer, BalanceReading, ErrorClass, Expectation, Verdict, is_success
from sora_exporter.tasks import apart, start

log = logging.getLogger(__name__)

ENDPOINT = "models"
"""The family of calls that a balance call is closest to: free, and without a job."""
UNTOLD = frozenset({ErrorClass.NONE, ErrorClass.INVALID_RESPONSE, ErrorClass.CONTENT_POLICY})
"""Classes of an answer without a balance that do not explain the fault."""
NO_REFUSAL = UNTOLD | {ErrorClass.QUOTA_EXHAUSTED}
"""Classes of an answer whose amount counts: an empty account is a balance."""
Note = Callable[[str, BalanceReading], None]


@dataclass(frozen=True)
class Task:
    """The work that one task repeats; a change of it replaces the task."""

    provider: Provider
    balance: Balance


class Balances:
    """Reads each described balance at its interval. ``note`` receives the provider's name and every reading."""

    def __init__(self, config: Config, clients: Clients, clock: Clock, note: Note) -> None:
        self._config, self._clients, self._clock, self._note = config, clients, clock, note
        self._tasks: dict[str, tuple[Task, asyncio.Task[None]]] = {}
        self._failing: set[str] = set()

    def apply(self, config: Config) -> None:
        """Start, stop and replace tasks to match the configuration; unchanged ones continue."""
        self._config = config
        wanted = described(config)
        for name, (task, running) in list(self._tasks.items()):
            if wanted.get(name) != task or running.done():
                running.cancel()
                del self._tasks[name]
                self._failing.discard(name)
        for name, task in wanted.items():
            if name not in self._tasks:
                self._tasks[name] = task, start(self._repeat(name, task), f"balance of {name}")

    async def stop(self) -> None:
        """Stop reading."""
        running = [running for _, running in self._tasks.values()]
        self._tasks.clear()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def read(self, name: str) -> None:
        """Read one provider's balance once and note it; nothing without a description of the call."""
        task = described(self._config).get(name)
        if task is not None:
            await self._once(name, task)

    async def _repeat(self, name: str, task: Task) -> None:
        await self._clock.sleep(min(task.balance.interval, FIRST_ROUND_SECONDS) / 2)
        started = self._clock.monotonic()
        while True:
            # A bug of ours in one reading must not end the readings.
            await apart(self._once(name, task), f"reading the balance of {name}")
            started = max(started + task.balance.interval, self._clock.monotonic())
            await self._clock.sleep(started - self._clock.monotonic())

    async def _once(self, name: str, task: Task) -> None:
        reading = await self._attempt(name, task)
        self._log(name, reading)
        self._note(name, reading)

    async def _attempt(self, name: str, task: Task) -> BalanceReading:
        """Send the calls one after the other within one timeout, and read the amount."""
        at, balance = self._clock.now(), task.balance
        deadline = self._clock.monotonic() + balance.timeout
        answers: list[Any] = []
        paths = [balance.path, *([balance.used.path] if balance.used and balance.used.path else [])]
        for path in paths:
            base_url, rest = balance.address(path, task.provider.base_url, at)
            client = self._client(name, task, base_url)
            seconds = max(deadline - self._clock.monotonic(), 0.0)
            expectation = Expectation(present=balance.value)
            request = Request("GET", rest, ENDPOINT, seconds, expectation=expectation, headers=balance.header_values())
            reply = await client.ask(request, "official")
            document = decoded(reply.answer.body)
            if not _is_whole(reply) or not balance.is_good(document) or _refuses(balance, reply.answer):
                return self._failed(name, at, client, reply, f"no good answer of {path}")
            answers.append(document)
        try:
            left, unit = balance.amount(answers[0], answers[-1]), balance.unit_of(answers[0])
        except ValueError as error:
            return self._failed(name, at, client, reply, f"{error} in the answer of {' or '.join(paths)}")
        return BalanceReading(ErrorClass.NONE, at, left, unit, "balance", is_reached=reply.is_reached)

    def _client(self, name: str, task: Task, base_url: str) -> Client:
        """Return a client with a connection of its own, which shares only the key with the probes."""
        changes = {"base_url": base_url, "max_concurrent": 1}
        return self._clients.get(f"balance of {name}", task.provider.model_copy(update=changes))

    def _failed(self, name: str, at: float, client: Client, reply: Reply, why: str) -> BalanceReading:
        verdict = reply.own_fault or self._judged(name, reply.answer, why)
        detail = redact(verdict.message or why, client.secrets(), DETAIL_CHARACTERS)
        return BalanceReading(verdict.error_class, at, rule=verdict.rule, detail=detail, is_reached=reply.is_reached)

    def _judged(self, name: str, answer: Answer, why: str) -> Verdict:
        """Return the classifier's verdict, or ``invalid_response`` for an answer without a fault of its own."""
        if answer.http_status == 200 and answer.transport_error is None and decoded(answer.body) is None:
            # A page with a success code is the provider's console: its words say nothing about our key.
            return Verdict(ErrorClass.INVALID_RESPONSE, "balance", f"{why}: it is not JSON")
        verdict = classify(answer, user_rules(self._config, name))
        return verdict if verdict.error_class not in UNTOLD else Verdict(ErrorClass.INVALID_RESPONSE, "balance", why)

    def _log(self, name: str, reading: BalanceReading) -> None:
        """Log each change between readable and unreadable once."""
        if reading.value is not None and name in self._failing:
            self._failing.discard(name)
            log.info("balance readable again", extra={"provider": name})
        elif reading.value is None and name not in self._failing:
            self._failing.add(name)
            log.warning(
                "balance unreadable",
                extra={
                    "provider": name,
                    "error_class": reading.error_class.value,
                    "rule": reading.rule,
                    "detail": reading.detail,
                },
            )


def described(config: Config) -> dict[str, Task]:
    """Return the reading task of each provider with a described balance call."""
    named = config.providers.items()
    return {name: Task(provider, provider.balance) for name, provider in named if provider.balance is not None}


def _refuses(balance: Balance, answer: Answer) -> bool:
    """Return whether a whole answer is a refusal with a made-up amount. A good answer is described by its code."""
    return not balance.good and classify(answer).error_class not in NO_REFUSAL


def _is_whole(reply: Reply) -> bool:
    answer = reply.answer
    return is_success(answer.http_status) and answer.transport_error is None and reply.own_fault is None
