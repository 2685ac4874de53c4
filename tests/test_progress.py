"""What is told on standard error of work that takes long: to who watches, and gone at the end."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dscalc.commands import output, progress
from tests.commands import call, environment


class Terminal(io.StringIO):
    """A stream that says that somebody watches."""

    def isatty(self) -> bool:
        return True


def told(screen: io.StringIO, monkeypatch: pytest.MonkeyPatch, patience: float) -> str:
    """What stands on a screen when a command that takes a tenth of a second has ended."""
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setattr(progress, "PACE", 0.01)
    with progress.shown("dscalc sweep"):
        for _ in progress.watched(range(3), "measuring points of \x1b[31m:", 3):
            time.sleep(0.05)
    return screen.getvalue()


def test_who_waits_long_is_told_what_for_and_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    seen = told(Terminal(), monkeypatch, 0.001)
    assert re.search(r"measuring points of \\x1b\[31m: [0-3] of 3, 0 s", seen)
    assert seen.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("screen", "term", "patience"),
    [
        (Terminal(), "xterm", 60.0),
        (Terminal(), "dumb", 0.0),
        (Terminal(), "", 0.0),
        (io.StringIO(), "xterm", 0.0),
    ],
    ids=["soon done", "dumb", "nameless", "no terminal"],
)
def test_nothing_is_told_to_others(
    screen: io.StringIO, term: str, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    assert told(screen, monkeypatch, patience) == ""


def test_nothing_disturbs_who_types_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.argv", ["dscalc", "net", "-"])
    monkeypatch.setattr("sys.stdin", Terminal())
    assert told(Terminal(), monkeypatch, 0.0) == ""


@pytest.mark.parametrize("said", ["²", "9" * 5000, "0", "x", "80"])
def test_a_command_on_a_terminal_ends_with_a_clear_line(said: str, tmp_path: Path) -> None:
    """On a terminal of its own, which standard error is and standard output is not."""
    import pty

    pipe = tmp_path / "slow.yaml"
    os.mkfifo(pipe)
    ours, theirs = pty.openpty()
    program = (
        "from dscalc.commands import progress\n"
        "progress.PATIENCE = progress.PACE = 0.01\n"
        "from dscalc.cli import main\n"
        "import sys\n"
        f"sys.argv = ['dscalc', 'net', {str(pipe)!r}, '--format', 'csv']\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment(COLUMNS=said, LINES=said, TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    with pipe.open("w") as writer:  # returns once the other side reads
        seen = os.read(ours, 1)
        writer.write("input: [8, 8, 3]\nlayers: [{conv: {n: 4}}]\n")
    out, _ = process.communicate(timeout=60)
    os.close(theirs)
    seen += os.read(ours, 65536)
    os.close(ours)
    assert process.returncode == 0
    assert out.startswith(b"name,kind")
    assert b"dscalc net, 0 s" in seen
    assert seen.endswith(b"\r\x1b[K")
    assert b"Traceback" not in seen


@pytest.mark.parametrize(
    ("made", "to", "goes_on"),
    [
        (iter(["a\n", "b\n"]), "file", True),
        (iter(["a\n", "b\n"]), "pipe", False),  # whose reader may draw on the same terminal
        ("a\nb\n", "file", False),
    ],
)
def test_progress_goes_on_while_a_long_file_is_written(
    made: Iterator[str] | str,
    to: str,
    goes_on: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    stops: list[bool] = []
    monkeypatch.setattr(progress.PROGRESS, "stop", lambda: stops.append(True))
    pipe, end = os.pipe()
    with os.fdopen(end, "w") as writer, (tmp_path / "out.csv").open("w") as file:
        monkeypatch.setattr("sys.stdout", file if to == "file" else writer)
        output.write(made, "csv")
    os.close(pipe)
    assert (not stops) is goes_on


def test_a_pipe_is_told_nothing() -> None:
    assert call("sweep", "mobilenet", "--alpha", "0.1:1:0.1").err == ""
