"""The programs of the demo: started, awaited, and ended with it."""

from __future__ import annotations

import socket
import sys

import pytest
from support.alive import is_alive

from sora_exporter.demo import DemoError
from sora_exporter.demo.children import Children, free_port

pytestmark = pytest.mark.processes


SERVER = [sys.executable, "-m", "http.server", "--bind=127.0.0.1"]


def test_a_taken_port_is_left_alone() -> None:
    """The preferred port is used if it is free, another one if a program listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


def test_the_end_of_the_block_ends_programs_and_folder() -> None:
    """A program that answered is gone afterwards, and so is everything that it wrote."""
    port = free_port(0)
    with Children() as children:
        note = children.folder / "process"
        command = ["sh", "-c", f'echo $$ >{note}; exec "$@"', "sh", *SERVER, str(port)]
        children.start("web", command, f"http://127.0.0.1:{port}/")
        children.check()
        process = int(note.read_text())
        assert is_alive(process)
    assert not is_alive(process)
    assert not children.folder.exists()


def test_a_program_that_does_not_start_is_an_error_with_its_last_words() -> None:
    """Its name and the last line it said are in the error; a stolen port is such a case."""
    with Children() as children, socket.create_server(("127.0.0.1", 0)) as thief:
        port = thief.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        # The thief accepts and says nothing, so that only the end of the program can be the news.
        with pytest.raises(DemoError, match=r"web ended by itself: .*Address already in use"):
            children.start("web", [*SERVER, str(port)], url)


def test_a_program_that_ends_by_itself_is_heard_and_its_failure_is_an_error() -> None:
    """Each line reaches the listener; an exit code other than 0 is an error with the last line on stderr."""
    heard: list[str] = []
    with Children() as children:
        children.begin("good", [sys.executable, "-c", "print('one'); print('two')"], heard.append)()
        children.check()
        wait = children.begin("bad", [sys.executable, "-c", "import sys; sys.exit('out of luck')"], heard.append)
        with pytest.raises(DemoError, match="bad: out of luck"):
            wait()
    assert heard == ["one", "two"]
