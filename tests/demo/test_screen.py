"""The output of the demo: on a terminal one line that is rewritten, elsewhere plain lines."""

from __future__ import annotations

import io

from sora_exporter.demo.screen import Screen


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal_and_plain_lines_elsewhere() -> None:
    """On a terminal an update replaces the one before it, below the lines that stay; a file gets lines."""
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        screen = Screen(stream)
        screen.update("loading 1")
        screen.show("a page is there")
        screen.update("loading 2")
        screen.update("")
        screen.show("done")
    assert file.getvalue() == "loading 1\na page is there\nloading 2\ndone\n"
    shown = [line.rpartition("\x1b[K")[2] for line in terminal.getvalue().split("\n")]
    assert shown == ["a page is there", "done", ""]
    assert terminal.getvalue().count("\n") == 2
