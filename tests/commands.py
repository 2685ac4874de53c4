"""Runs dscalc as a user does: in a process of its own, or in this one where that is enough."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from dscalc.cli import main


class Result(NamedTuple):
    """What a command leaves behind."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """The variables of a command: ours and `more`.

    Said outright, since readline, which pytest loads, sets COLUMNS behind Python's back. What is
    written is buffered, as it is where nothing else is said.
    """
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "", **more}


def run(
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Runs `dscalc ARGUMENTS` in a process of its own, its output no terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "dscalc", *arguments],
        input=stdin,
        capture_output=True,
        env=environment(**(env or {})),
        cwd=cwd,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def signalled(number: int, handling: str, *command: str) -> list[str]:
    """A command that starts with SIG_DFL or SIG_IGN for a signal, whatever this process has."""
    program = (
        "import os, signal, sys\n"
        "signal.signal(int(sys.argv[1]), getattr(signal, sys.argv[2]))\n"
        "os.execv(sys.argv[3], sys.argv[3:])\n"
    )
    return [sys.executable, "-c", program, str(int(number)), handling, *command]


def call(*arguments: str, stdin: bytes = b"", encoding: str = "utf-8", columns: int = 0) -> Result:
    """Runs the same in this process, which takes milliseconds; `columns` is the screen's width."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in range(2))
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["dscalc", *arguments]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        mock.patch.dict(os.environ, {"COLUMNS": str(columns)} if columns else {}),
    ):
        code = _exit_code()
    return Result(code, *(_written(stream) for stream in (out, err)))


def call_in(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> Result:
    """The same in a folder, with variables of its own."""
    with contextlib.chdir(folder), mock.patch.dict(os.environ, env or {}):
        return call(*arguments, stdin=stdin.encode())


def _exit_code() -> int:
    try:
        main()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    raise AssertionError("main() returned, but promises to exit")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    data = stream.buffer
    assert isinstance(data, io.BytesIO)
    return data.getvalue().decode("utf-8")


def document(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    """What `dscalc ARGUMENTS --format json` says."""
    result = call(*arguments, "--format", "json", stdin=stdin)
    assert (result.code, result.err) == (0, "")
    parsed = json.loads(result.out)
    assert isinstance(parsed, dict)
    return parsed


def complaint(*arguments: str, stdin: bytes = b"") -> str:
    """What a command that cannot answer says: exit code 2, on standard error alone."""
    result = call(*arguments, stdin=stdin)
    assert (result.code, result.out) == (2, "")
    assert "Traceback" not in result.err
    return result.err
