"""Following the configuration file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_exporter.web.serve import reload_on_change


async def test_the_configuration_is_reloaded_once_for_each_change_of_its_file(tmp_path: Path) -> None:
    """A changed, a replaced and a lost file are each reloaded once; a look that finds nothing new does nothing."""
    file, reloads, seen = tmp_path / "sora.yml", [], []
    file.write_text("a")

    def changes() -> Iterator[None]:
        yield
        yield file.write_text("longer") and None
        yield
        (tmp_path / "new.yml").write_text("other!")
        yield (tmp_path / "new.yml").replace(file) and None
        yield file.unlink()
        yield

    steps = changes()

    async def sleep(seconds: float) -> None:
        seen.append((seconds, len(reloads)))
        try:
            next(steps)
        except StopIteration:
            raise asyncio.CancelledError from None

    async def reload() -> None:
        reloads.append(1)

    with pytest.raises(asyncio.CancelledError):
        await reload_on_change(reload, file, 30.0, sleep)
    assert seen == [(30.0, 0), (30.0, 0), (30.0, 1), (30.0, 1), (30.0, 2), (30.0, 3), (30.0, 3)]
