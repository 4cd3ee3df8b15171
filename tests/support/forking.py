"""sora-exporter, and programs that use the library, as processes that start at once: a server imports the package and
forks for each start.

Importing the program takes more processor time than most tests spend in it. A forked process runs the same ``main``
with its own arguments, environment and streams. Tests of the start itself run ``PROGRAM`` by ``subprocess``.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

MOST_BYTES = 1 << 20
"""Longest description of a start: arguments and environment as JSON."""
PRELOADED = (
    "budget.postgresql",
    "cli.main",
    "cli.serve",
    "cli.check",
    "cli.classify",
    "cli.simulate",
    "fallback",
    "http.sdk",
    "monitor",
    "simulator.serve",
    "web.serve",
)


@dataclass
class Forked:
    """A running process, with the part of ``subprocess.Popen``'s interface that the tests use."""

    pid: int
    stdout: IO[str] | None
    stderr: IO[str] | None
    _ended: socket.socket = field(repr=False)
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs; minus the signal's number if one ended it."""
        return self._code(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once there is one. Raises subprocess.TimeoutExpired after so many seconds."""
        code = self._code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("sora-exporter", timeout or 0)
        return code

    def _code(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], seconds)[0]:
            self.returncode = int(self._ended.recv(16))
            self._ended.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, unless the process has ended."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()


def start(
    arguments: Sequence[str],
    env: Mapping[str, str] | None,
    *,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
    stdin: IO[str] | None = None,
    cwd: Path | None = None,
) -> Forked:
    """Start sora-exporter, or Python code with ``-c`` as the first argument; then every warning is an error.

    A stream that is not given is a pipe; standard input is then empty.
    """
    here, there = socket.socketpair(type=socket.SOCK_SEQPACKET)
    pipes = [os.pipe() if stream is None else None for stream in (stdout, stderr)]
    given = [stream.fileno() if stream is not None else -1 for stream in (stdout, stderr)]
    outputs = [fd if pipe is None else pipe[1] for pipe, fd in zip(pipes, given, strict=True)]
    inputs = os.open(os.devnull, os.O_RDONLY) if stdin is None else os.dup(stdin.fileno())
    description = json.dumps(
        {
            "arguments": [*map(str, arguments)],
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
        }
    )
    try:
        socket.send_fds(_server(), [description.encode()], [there.fileno(), inputs, *outputs])
    finally:
        there.close()
        for fd in (inputs, *(pipe[1] for pipe in pipes if pipe is not None)):
            os.close(fd)
    # With our end closed, a server that could not import the program is an empty answer, not an endless wait.
    pid = here.recv(16)
    assert pid, "the server of forks has ended"
    readers = [os.fdopen(pipe[0], encoding="utf-8") if pipe is not None else None for pipe in pipes]
    return Forked(int(pid), *readers, here)


def run(
    arguments: Sequence[str], env: Mapping[str, str] | None, text: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run what ``start`` starts to its end with this standard input, and return what it wrote."""
    files = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(3)]  # noqa: SIM115
    inputs, stdout, stderr = files
    inputs.write(text)
    inputs.seek(0)
    with start(arguments, env, stdin=inputs, stdout=stdout, stderr=stderr, cwd=cwd) as process:
        code = process.wait(timeout=120)
    for file in (stdout, stderr):
        file.seek(0)
    done = subprocess.CompletedProcess(list(arguments), code, stdout.read(), stderr.read())
    for file in files:
        file.close()
    return done


@cache
def _server() -> socket.socket:
    """Start the server of this test process, which ends with it."""
    here, there = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with there:
        server = subprocess.Popen([sys.executable, __file__, str(there.fileno())], pass_fds=[there.fileno()])

    def end() -> None:
        here.close()
        server.wait()

    atexit.register(end)
    return here


def _serve(requests: socket.socket) -> None:
    for name in PRELOADED:
        importlib.import_module(f"sora_exporter.{name}")
    _warm_up()
    while True:
        description, fds, _, _ = socket.recv_fds(requests, MOST_BYTES, 4)
        if not description:
            return
        # The child that waits is left to init, so that the server has none to wait for.
        if os.fork() == 0:
            if os.fork() == 0:
                requests.close()
                _follow(json.loads(description), fds)
            os._exit(0)
        os.wait()
        for fd in fds:
            os.close(fd)


def _warm_up() -> None:
    """Do once what each start does again: compile the schema, load the CAs; and keep collections off what is shared."""
    importlib.import_module("sora_exporter.config").Config.model_rebuild()
    importlib.import_module("sora_exporter.http.transport").usual_context(is_verifying=True)
    gc.collect()
    gc.freeze()


def _follow(description: Mapping[str, object], fds: Sequence[int]) -> NoReturn:
    """Fork the program, send its pid, wait, and send its exit code."""
    with socket.socket(fileno=fds[0]) as answers:
        pid = os.fork()
        if pid == 0:
            _become(description, fds)
        answers.send(str(pid).encode())
        for fd in fds[1:]:
            os.close(fd)
        _, status = os.waitpid(pid, 0)
        answers.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(description: Mapping[str, object], fds: Sequence[int]) -> NoReturn:
    """Run the program in this process."""
    for number, fd in enumerate(fds[1:]):
        os.dup2(fd, number)
    for fd in fds:
        os.close(fd)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stdin.buffer.raw.name = "<stdin>"
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(description["env"])  # type: ignore[call-overload]
    os.chdir(description["cwd"])  # type: ignore[arg-type]
    sys.argv = ["sora-exporter", *description["arguments"]]  # type: ignore[misc]
    code = 1
    try:
        if sys.argv[1:2] == ["-c"]:
            warnings.simplefilter("error")
            names = {"__name__": "__main__"}
            exec(sys.argv[2], names)
            # An object that was not closed shows its warning when it goes, as at the end of a program.
            names.clear()
            gc.collect()
            code = 0
        else:
            importlib.import_module("sora_exporter.cli.main").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001 - the interpreter prints any error of a program
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
