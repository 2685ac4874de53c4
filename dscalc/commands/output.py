"""Standard output and standard error: what is written there, and what they can show."""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TextIO

from dscalc.commands.progress import PROGRESS, clears
from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.render.formats import Answer
    from dscalc.render.table import Screen

SAMPLE = "×→α·…─█²"
WIDTH = "[0-9]{1,9}"  # what can be the width of a screen
QUOTED = " *[0-9]* [|] "  # the line of a file in an error, and its carets

UTF_8 = ("csv", "html", "junit", "yaml")
"""Formats for programs, which are in UTF-8 whatever the terminal shows."""


class _Closed(io.TextIOBase):
    """Standard output where it is closed: to write there is an error."""

    encoding = "utf-8"

    def write(self, _: str) -> int:
        raise DscalcError("cannot write the result: standard output is closed")


def open_closed_streams() -> None:
    """Stands in for streams that are closed, so that nothing goes astray into another one.

    Where standard error is closed, the exit code must do.
    """
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


class Output(NamedTuple):
    """How an answer is written: its format on standard output, and those of files by path."""

    form: str = "table"
    files: Mapping[str, str] = {}


def show(answer: Answer, output: Output, only: Collection[str] | None = None) -> None:
    """Writes an answer to files and standard output; none of them before all are made.

    Only the text of CSV and JSON is made as it is written. A file is no screen: its tables are as
    wide as they need to be, in every symbol. With `only`, formats that are not among them are not
    written.
    """
    from dscalc.render.formats import FORMATS_OF_VERDICTS as FORMATS

    kept = FORMATS if only is None else only
    files = {path: form for path, form in output.files.items() if form in kept}
    texts = {path: FORMATS[form](answer, _no_screen) for path, form in files.items()}
    report = FORMATS[output.form](answer, screen) if output.form in kept else None
    if texts:
        from dscalc.render.writing import write_whole

        write_whole(texts)
    if report is not None:
        write(report, output.form)


def _no_screen() -> Screen:
    from dscalc.render.table import Screen

    return Screen()


def screen() -> Screen:
    """Standard output as it is: COLUMNS wins, then the terminal; a pipe has no width."""
    from dscalc.render.table import Screen

    return Screen(_width(sys.stdout), ascii_only(sys.stdout), colours(sys.stdout))


def _width(stream: TextIO) -> int | None:
    columns = os.environ.get("COLUMNS", "")
    if re.fullmatch(WIDTH, columns) and int(columns) > 0:
        return int(columns)
    if not stream.isatty():
        return None
    return os.get_terminal_size(stream.fileno()).columns or None  # 0 is for not known


def colours(stream: TextIO) -> bool:
    """Whether the stream is to have colours: NO_COLOR and FORCE_COLOR win, in this order."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or clears(stream)


def ascii_only(stream: TextIO) -> bool:
    """Whether the stream's encoding lacks the symbols of the field."""
    try:
        SAMPLE.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def encodable(text: str, stream: TextIO) -> str:
    """The text as the stream can show it."""
    if not ascii_only(stream):
        return text
    from dscalc.render.text import to_ascii

    return to_ascii(text)


def write(text: str | Iterator[str], form: str) -> None:
    """Writes to standard output, whole or part by part; a reader that has gone away is no error.

    What is made part by part for a file takes long, and who waits sees none of it: progress goes
    on. Raises DscalcError where the result cannot be written.
    """
    if isinstance(text, str) or not _is_file(sys.stdout):
        PROGRESS.stop()
    if form in UTF_8 and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        for part in [text] if isinstance(text, str) else text:
            sys.stdout.write(encodable(part, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise DscalcError(f"cannot write the result: {error.strerror}") from None


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:
        return False


def complain(message: str) -> None:
    """Writes to standard error, with whatever a file put into the message made harmless.

    On a terminal what is said wraps at blanks; what is quoted stays above its carets.
    """
    from dscalc.render.text import plain_lines, wrapped

    PROGRESS.stop()
    width = _width(sys.stderr) if sys.stderr.isatty() else None
    lines = plain_lines(message).split("\n")
    kept = [[one] if re.match(QUOTED, one) else wrapped(one, width) for one in lines]
    text = encodable("".join(f"{line}\n" for part in kept for line in part), sys.stderr)
    if colours(sys.stderr):
        from dscalc.render.colours import of_complaint

        text = of_complaint(text)
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    except OSError:
        pass  # nowhere to say it


def complain_of(error: DscalcError) -> None:
    """Writes every problem of an error, as "error: file:line:column: what", and the line."""
    for problem in error.problems:
        complain(f"error: {problem}")
