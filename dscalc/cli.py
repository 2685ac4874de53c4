"""The command line's way in and out: what every ending means, from the first moment on."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

FINE, NO_VERDICT, INTERRUPTED, SIGNALLED = 0, 2, 130, 128
COMPLETING = "_DSCALC_COMPLETE"  # the variable by which a shell asks what may be typed next
MANY = 100_000  # objects, after which a look for garbage among them is worth its time


def program() -> NoReturn:
    """The installed program: `main`, and then the end of the process at once.

    To take every module apart first, as Python does, takes the fortieth part of a command.
    """
    code = FINE
    try:
        main()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else NO_VERDICT
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError):  # which was told when it was written to
            stream.flush()
    os._exit(code)


def main() -> None:
    """Runs the command line; exits 0 fine, 1 for a verdict, 2 for none, 130 if interrupted.

    Where TERM or HUP ends it, that is 128 and the number of the signal, as shells have it.
    """
    _collect_seldom()
    try:
        with _signals_leave():
            _run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _collect_seldom() -> None:
    """What a command makes it keeps, modules above all: looking through them for garbage would
    take a tenth of its time."""
    gc.set_threshold(MANY)


def _run() -> None:
    with _interrupts_end_at_once():
        from dscalc.commands.output import complain, complain_of, open_closed_streams
        from dscalc.errors import DscalcError
    open_closed_streams()
    completing = os.environ.get(COMPLETING)
    if completing:  # Typer wraps what it says of a word, and fish takes each line for a word
        os.environ["COLUMNS"] = "10000"
    try:
        with _interrupts_end_at_once():
            from dscalc.commands.group import app
        sys.exit(app(prog_name="dscalc", standalone_mode=False) or FINE)
    except DscalcError as error:
        complain_of(error)
    except SystemExit as ending:
        # Typer ends a help page whose reader has gone with 1, which would be a verdict, and so it
        # ends what it cannot complete.
        if isinstance(ending.__context__, BrokenPipeError):
            sys.exit(FINE)
        if not completing or not ending.code:
            raise
    except OSError as error:  # a full disk, a terminal that went away
        complain(f"error: {error.strerror or error}")
    except Exception as error:  # a crash must not look like a verdict, which is exit code 1
        if (usage := _usage(error)) is not None:
            complain(usage)
        elif completing:
            complain(f"error: {COMPLETING} is for a shell, which says what was typed: {error!r}")
        else:
            complain(
                f"error: dscalc itself failed: {type(error).__name__}: {error}\n"
                "This is a mistake in dscalc. Please report it with the command and the file."
            )
    sys.exit(NO_VERDICT)


def _usage(error: Exception) -> str | None:
    """What Typer says of an error in the use of a command, if it is one."""
    show = getattr(error, "show", None)
    if show is None:
        return None
    said = io.StringIO()
    show(said)
    return said.getvalue().rstrip("\n")


@contextmanager
def _signals_leave() -> Iterator[None]:
    """TERM and HUP leave as an exit does, so that what was begun is tidied up."""
    import signal

    def leave(number: int, _: object) -> None:
        sys.exit(SIGNALLED + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def _interrupts_end_at_once() -> Iterator[None]:
    """While modules are loaded there is nothing to tidy up, and Python's machinery for that would
    show an interrupt with a traceback."""
    import signal

    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)
