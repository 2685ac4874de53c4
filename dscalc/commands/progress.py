"""A bar on standard error for work that takes longer than a second while somebody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from typing import TypeVar

PATIENCE = 1.0  # seconds

T = TypeVar("T")


def watched(items: Iterable[T], total: int) -> Iterator[T]:
    """The items as they come, of which there will be `total`."""
    if not sys.stderr.isatty():
        yield from items
        return
    remaining = iter(items)
    start, done = time.monotonic(), 0
    for item in remaining:
        yield item
        done += 1
        if time.monotonic() - start > PATIENCE:
            break
    yield from _with_bar(remaining, done, total)


def _with_bar(items: Iterator[T], done: int, total: int) -> Iterator[T]:
    first = next(items, None)
    if first is None:
        return
    from rich.console import Console
    from rich.progress import Progress

    # Said outright: else Rich takes LINES and COLUMNS for numbers, whatever stands there.
    width, height = get_terminal_size()
    console = Console(stderr=True, width=width, height=height)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("points", total=total, completed=done + 1)
        yield first
        for item in items:
            progress.advance(task)
            yield item
