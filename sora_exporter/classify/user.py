"""The user's own classification rules, compiled for one provider."""

from __future__ import annotations

import re

from sora_exporter.classify import UserRule
from sora_exporter.config import Config


def user_rules(config: Config, provider: str) -> tuple[UserRule, ...]:
    """Return the user's rules that apply to a provider, in the order of the configuration."""
    return tuple(
        UserRule(re.compile(rule.match, re.IGNORECASE), rule.error_class)
        for rule in config.classify
        if rule.provider in (None, provider)
    )
