"""What is being done, on standard error for who watches, once it has taken a second; then gone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from threading import Event, Thread

PATIENCE = 1.0  # seconds until anything is shown
PACE = 0.1  # seconds from one picture to the next
TURNS = "|/-\\"
NARROW = 80  # columns of a terminal that does not say how many it has

T = TypeVar("T")


class Progress:
    """One line of a terminal, drawn beside the work by a thread that ends with it."""

    def __init__(self) -> None:
        self.what, self.done, self.total = "", 0, 0
        self._thread: Thread | None = None
        self._over: Event | None = None

    def start(self) -> None:
        """Begins to wait; on what is no terminal, nothing."""
        if self._thread is not None or not _somebody_watches():
            return
        from threading import Event, Thread

        self._over = Event()
        self._thread = Thread(target=self._draw, args=(self._over, time.monotonic()), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Clears the line; what is written after that stands where it was."""
        if self._thread is not None and self._over is not None:
            self._over.set()
            self._thread.join()
            self._thread = None

    def _draw(self, over: Event, began: float) -> None:
        pause, drawn = PATIENCE, 0
        while not over.wait(pause):
            _say(self._line(drawn, time.monotonic() - began))
            pause, drawn = PACE, drawn + 1
        if drawn:
            _say("")

    def _line(self, drawn: int, seconds: float) -> str:
        from dscalc.render.text import plain

        count = f" {self.done:,} of {self.total:,}" if self.total else ""
        text = f"{TURNS[drawn % len(TURNS)]} {self.what}{count}, {seconds:.0f} s"
        return plain(text)[: _columns() - 1]


PROGRESS = Progress()
"""The one line that there is."""


@contextmanager
def shown(what: str) -> Iterator[None]:
    """Around the work of a command: whatever of it takes long is told."""
    PROGRESS.what, PROGRESS.done, PROGRESS.total = what, 0, 0
    PROGRESS.start()
    try:
        yield
    finally:
        PROGRESS.stop()


def watched(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """The items as they come, of which there will be `total`, and what they are."""
    PROGRESS.what, PROGRESS.done, PROGRESS.total = what, 0, total
    for item in items:
        yield item
        PROGRESS.done += 1


def _somebody_watches() -> bool:
    """Whether standard error can have a line cleared, and nobody is typing a network meanwhile."""
    typing = "-" in sys.argv and sys.stdin is not None and sys.stdin.isatty()
    return sys.stderr is not None and clears(sys.stderr) and not typing


def clears(stream: TextIO) -> bool:
    """Whether the stream is a terminal that does more than print: that clears, and has colours."""
    knows = os.environ.get("TERM", "") not in ("", "dumb", "unknown") or "WT_SESSION" in os.environ
    return knows and stream.isatty()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or NARROW
    except OSError:
        return NARROW


def _say(line: str) -> None:
    """Writes the line over the one before; a terminal that has gone away is not told."""
    try:
        sys.stderr.write(f"\r{line}\x1b[K")
        sys.stderr.flush()
    except OSError:
        pass
