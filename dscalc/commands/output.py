"""Standard output and standard error: what is written there, and what they can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TextIO

from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.render.formats import Answer
    from dscalc.render.table import Screen

SAMPLE = "×→α·…─█²"


class Output(NamedTuple):
    """How an answer is written: its format on standard output, and those of files by path."""

    form: str = "table"
    files: Mapping[str, str] = {}


def show(answer: Answer, output: Output) -> None:
    """Writes an answer to files and standard output; none of them before all are made.

    A file is no screen: its tables are as wide as they need to be, in every symbol.
    """
    from dscalc.render.formats import FORMATS_OF_VERDICTS as FORMATS

    texts = {path: FORMATS[form](answer, _no_screen) for path, form in output.files.items()}
    report = FORMATS[output.form](answer, screen)
    if texts:
        from dscalc.render.writing import write_whole

        write_whole(texts)
    write(report)


def _no_screen() -> Screen:
    from dscalc.render.table import Screen

    return Screen()


def screen() -> Screen:
    """Standard output as it is: COLUMNS wins, then the terminal; a pipe has no width."""
    from dscalc.render.table import Screen

    _require_output()
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        width: int | None = int(columns)
    else:
        width = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None
    return Screen(width or None, ascii_only(sys.stdout))


def ascii_only(stream: TextIO) -> bool:
    """Whether the stream's encoding lacks the symbols of the field."""
    try:
        SAMPLE.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def _encodable(text: str, stream: TextIO) -> str:
    if not ascii_only(stream):
        return text
    from dscalc.render.text import to_ascii

    return to_ascii(text)


def _require_output() -> None:
    if sys.stdout is None:
        raise DscalcError("cannot write the result: standard output is closed")


def write(text: str) -> None:
    """Writes to standard output; a reader that has gone away is no error.

    Raises DscalcError where the result cannot be written.
    """
    _require_output()
    try:
        sys.stdout.write(_encodable(text, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise DscalcError(f"cannot write the result: {error.strerror}") from None


def complain(message: str) -> None:
    """Writes to standard error, with whatever a file put into the message made harmless."""
    if sys.stderr is None:  # closed: the exit code must do
        return
    from dscalc.render.text import plain_lines

    try:
        sys.stderr.write(_encodable(f"{plain_lines(message)}\n", sys.stderr))
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    except OSError:
        pass  # nowhere to say it


def complain_of(error: DscalcError) -> None:
    """Writes every problem of an error, as "error: file:line:column: what", and the line."""
    for problem in error.problems:
        complain(f"error: {problem}")
