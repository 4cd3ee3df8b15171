"""Locks between processes that share a storage directory; the kernel drops them when their process dies.

Each lock is a small file that is never removed, because removing a lock file lets two processes in.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portalocker import AlreadyLocked, LockFlags, lock

EXCLUSIVE_NOW = LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING
PID_BYTES = 20


class HeldElsewhereError(Exception):
    """Another process holds the lock; ``pid`` is its process id, or ``unknown``."""

    def __init__(self, pid: str) -> None:
        super().__init__(f"held by process {pid}")
        self.pid = pid


class AttemptLocks:
    """The locks of probes, one file in ``directory`` for each probe of each service.

    A lock belongs to its open file, so attempts of one process exclude each other as well.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def hold(self, service_id: str, probe: str) -> Iterator[bool]:
        """Hold the lock of one probe; yields False while another attempt holds it. Raises OSError."""
        name = hashlib.blake2b(f"{service_id}\0{probe}".encode(), digest_size=8).hexdigest()
        with ExitStack() as files:
            try:
                lock(open_private(self._directory / f"{name}.lock", files), EXCLUSIVE_NOW)
            except AlreadyLocked:
                yield False
                return
            yield True


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Wait for the lock of a file and hold it. Raises OSError."""
    with ExitStack() as files:
        lock(open_private(path, files), LockFlags.EXCLUSIVE)
        yield


def hold_alone(path: Path, files: ExitStack) -> None:
    """Hold a file's lock, with our process id in it, until ``files`` closes. Raises HeldElsewhereError, OSError."""
    descriptor = open_private(path, files)
    try:
        lock(descriptor, EXCLUSIVE_NOW)
    except AlreadyLocked as error:
        raise HeldElsewhereError(_pid_in(descriptor)) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def _pid_in(descriptor: int) -> str:
    try:
        return os.read(descriptor, PID_BYTES).decode("ascii", "replace").strip() or "unknown"
    except OSError:
        # On Windows no other process can read a locked file.
        return "unknown"


def open_private(path: Path, files: ExitStack) -> int:
    """Open or create a file that only this account can use, until ``files`` is closed; return its descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    files.callback(os.close, descriptor)
    return descriptor
