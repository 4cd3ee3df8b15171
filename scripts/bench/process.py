"""CPU time and resident memory of a process from the kernel, and the machine's description."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the user and system time a process has used, its ended threads included; in steps of a tick."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def machine() -> str:
    """Return the machine of the measurement in one line."""
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = _kilobytes(Path("/proc/meminfo"), "MemTotal") / 1024**2
    name = processor[1] if processor else platform.machine()
    versions = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} × {name}, {memory:.0f} GiB, {versions}"


def _kilobytes(path: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    assert found, f"{path} has no {name}"
    return int(found[1])
