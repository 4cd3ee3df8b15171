"""A history in the data directory of a Prometheus, before that Prometheus starts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from sora_exporter.demo import DemoError
from sora_exporter.demo.history import ServiceHistory
from sora_exporter.demo.places import PLACES, place_series, second_place, target
from sora_exporter.demo.recorded import heartbeat, recorded_series
from sora_exporter.demo.series import Series, raw_series
from sora_exporter.demo.surroundings import surroundings

BLOCK_SECONDS = 162 * 3600
"""Length of the blocks written, a size that the storage knows. promtool parses its whole input again for every block it
writes, so that a file for each block is what makes a month load in seconds."""

HOSTS = ("127.0.0.1:10198", "127.0.0.1:10201")
TARGET: Mapping[str, str] = target(PLACES[0], HOSTS[0])


class LoadError(DemoError):
    """The history could not be loaded; the text says why and what to do."""


def find_promtool(name: str = "promtool") -> str:
    """Return the path of promtool. Raises LoadError when it is missing."""
    program = shutil.which(name)
    if program is None:
        raise LoadError(f"{name} is not installed: it comes with Prometheus (Debian: apt-get install prometheus)")
    return program


def all_series(histories: Sequence[ServiceHistory], hosts: Sequence[str] = HOSTS) -> Iterable[Series]:
    """Yield everything that is loaded: raw and recorded series of every service, and what surrounds them.

    ``hosts`` are the exporters (host:port) of the two places.
    """
    first, second = (target(place, host) for place, host in zip(PLACES, hosts, strict=True))
    for history in histories:
        yield from raw_series(history, first)
        yield from recorded_series(history)
    yield heartbeat(histories[0])
    yield from place_series(histories, first)
    yield from second_place(histories, second)
    yield from surroundings(histories, first)


def load_history(
    data_dir: Path,
    series: Iterable[Series],
    start: int,
    end: int,
    *,
    promtool: str = "promtool",
    progress: Callable[[str], object] = lambda _: None,
) -> None:
    """Write the samples with ``start <= time <= end`` (Unix seconds) into ``data_dir`` as blocks of Prometheus.

    ``progress`` gets each step in a few words. Raises LoadError when promtool is missing or refuses.
    """
    program = find_promtool(promtool)
    first = start // BLOCK_SECONDS * BLOCK_SECONDS
    bounds = range(first, end + 1, BLOCK_SECONDS)
    with TemporaryDirectory(prefix="sora-history-") as scratch:
        files = [Path(scratch, f"{bound}.om") for bound in bounds]
        progress("writing the history")
        _write_files(series, files, bounds)
        progress(f"loading it into {data_dir}")
        with ThreadPoolExecutor(max_workers=2) as pool:
            for number, _ in enumerate(pool.map(lambda file: _create_block(program, file, data_dir), files), start=1):
                progress(f"loaded {number} of {len(files)} blocks")


def _write_files(series: Iterable[Series], files: Sequence[Path], bounds: Sequence[int]) -> None:
    opened = [file.open("w", encoding="utf-8") for file in files]
    try:
        for one in series:
            for file, bound in zip(opened, bounds, strict=True):
                one.write(file.write, bound, bound + BLOCK_SECONDS)
        for file in opened:
            file.write("# EOF\n")
    finally:
        for file in opened:
            file.close()


def _create_block(program: str, file: Path, data_dir: Path) -> None:
    command = [program, "tsdb", "create-blocks-from", "--quiet", f"--max-block-duration={BLOCK_SECONDS // 3600}h"]
    done = subprocess.run(  # noqa: S603 - our own promtool and our own file
        [*command, "openmetrics", str(file), str(data_dir)], capture_output=True, text=True, check=False
    )
    file.unlink()
    if done.returncode != 0:
        raise LoadError(f"promtool could not load the history: {done.stderr.strip()}")
