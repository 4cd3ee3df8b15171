"""Warnings about settings that are valid but probably not meant."""

from __future__ import annotations

import stat
from pathlib import Path

from sora_exporter.config.schema import Config
from sora_exporter.figures import dollars

OTHERS = stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH


def config_warnings(config: Config) -> list[str]:
    """Return one line for each setting that works but was probably not meant, providers first, then services."""
    warnings = [
        f"providers.{name}.api_key_file: {provider.api_key_file} is open to other users: chmod 600 it"
        for name, provider in config.providers.items()
        if provider.api_key_file is not None and _is_open_to_others(provider.api_key_file)
    ]
    warnings += [
        f"providers.{name}.verify: false sends the key to any server that answers: use ca_file for your own authority"
        for name, provider in config.providers.items()
        if not provider.verify and (provider.api_key_env or provider.api_key_file or provider.auth or provider.headers)
    ]
    limit = config.budget_usd_per_day
    for service in config.services:
        paid = [kind.value for kind in service.probes if kind.is_paid]
        price = config.attempt_price_usd(service) if paid else None
        if price is not None and price > limit:
            why = (
                f"{dollars(price)} is above budget_usd_per_day, {dollars(limit)}"
                if limit
                else "budget_usd_per_day is not set"
            )
            warnings.append(f"service {service.id}: {' and '.join(paid)} will never run: {why}")
    return warnings + _left_jobs(config)


def _left_jobs(config: Config) -> list[str]:
    """Return a line for each api whose finished jobs a paid probe has to leave at the provider."""
    paid = [service for service in config.services if any(kind.is_paid for kind in service.probes)]
    apis = {service.api: job for service in paid if (job := config.api(service).job) is not None}
    return [
        f"api {name}: it has no call that deletes a finished job: those of paid probes stay at the provider"
        for name, job in sorted(apis.items())
        if not any(ending.fits("done") for ending in job.endings)
    ]


def _is_open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False
