"""The user's own rules: conditions on an answer, tried before the built-in ones."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sora_exporter.config import Config
from sora_exporter.patterns import Pattern, quoted
from sora_exporter.result import Answer, ErrorClass, ProbeKind, ProbeResult

LINE_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class UserRule:
    """One own rule; a condition that is None always holds.

    ``number`` is its place in the configuration, counted from 1; ``match`` is searched in an answer's codes, messages
    and body; ``http_status`` is a status such as 503 or a class such as ``5xx``.
    """

    number: int
    error_class: ErrorClass
    match: Pattern | None = None
    http_status: str | None = None
    endpoint: str | None = None
    access: str | None = None

    @property
    def name(self) -> str:
        """The rule's name in a verdict, such as ``user:1``."""
        return f"user:{self.number}"

    def holds(self, answer: Answer, text: str) -> bool:
        """Return whether the rule decides an answer whose words are ``text``."""
        return (
            self.endpoint in (None, answer.endpoint)
            and self.access in (None, answer.access)
            and (self.http_status is None or _is_status(answer.http_status, self.http_status))
            and (self.match is None or self.match.is_in(text))
        )


def _is_status(status: int | None, wanted: str) -> bool:
    return status is not None and str(status) == wanted.replace("xx", str(status)[1:])


def user_rules(config: Config, provider: str | None, probe: ProbeKind | None = None) -> tuple[UserRule, ...]:
    """Return the own rules that apply to a provider, and to a probe if one sent the request."""
    return tuple(
        UserRule(
            number,
            rule.error_class,
            Pattern(rule.match, is_case_sensitive=False) if rule.match is not None else None,
            rule.http_status,
            rule.endpoint,
            rule.access,
        )
        for number, rule in enumerate(config.classify, start=1)
        if rule.provider in (None, provider) and rule.probe in (None, probe)
    )


def line_for(provider: str, result: ProbeResult) -> str:
    """Return a line for ``classify:`` in the configuration that would decide an answer as it was decided now."""
    words = json.dumps(quoted(result.detail[:LINE_CHARACTERS]), ensure_ascii=False)
    match = f", match: {words}" if result.detail else ""
    status = f", http_status: {result.http_status}" if result.http_status else ""
    return f"- {{provider: {json.dumps(provider)}{status}{match}, error_class: {result.error_class}}}"
