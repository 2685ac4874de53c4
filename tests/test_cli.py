"""The real command: exit codes, streams, encodings, colours, and the promised JSON."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dscalc
from dscalc.commands import group
from tests.commands import Result, call, complaint, document, environment, run, signalled

LAYER = ("layer", "--m", "3", "--n", "4", "--k", "3")
NET = ("net", "mobilenet.yaml", "--alpha", "0.5")


# ---------------------------------------------------------------- the whole way, in a process


def test_a_layer() -> None:
    result = run(*LAYER)
    assert (result.code, result.err) == (0, "")
    assert "separable        39  0.361                  39  0.361   2.8× fewer" in result.out
    assert "1/N + 1/D_K² = 1/4 + 1/9 = 0.361" in result.out
    assert "per output position" in result.out


def test_a_network_in_any_folder(tmp_path: Path) -> None:
    result = run(*NET, cwd=tmp_path)
    assert (result.code, result.err) == (0, "")
    assert "1,331,592    149,497,088" in result.out
    assert "7,583,480  1,219,788,800" in result.out


def test_a_network_from_standard_input() -> None:
    text = b"input: [8, 8, 3]\nlayers:\n  - conv: {n: 4}\n"
    assert json.loads(run("net", "-", "--format", "json", stdin=text).out)["total"]["params"] == 108


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("net", "nowhere.yaml"), "error: nowhere.yaml: no such file, and no shipped network"),
        (("net", "-"), "error: <stdin>:1:1: the file is empty\n"),
        (("net",), "Error: Missing argument 'NETWORK'."),
        ((), "dscalc [OPTIONS] COMMAND [ARGS]..."),
    ],
)
def test_what_cannot_be_answered_is_exit_code_2(arguments: tuple[str, ...], error: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert error in result.err
    assert "Traceback" not in result.err


def test_version() -> None:
    assert run("--version") == Result(0, f"dscalc {dscalc.__version__}\n", "")


def test_the_installed_command_and_the_module_are_one() -> None:
    command = Path(sys.executable).with_name("dscalc")
    done = subprocess.run(
        [command, *LAYER], env=environment(), capture_output=True, check=True, timeout=60
    )
    assert done.stdout.decode() == run(*LAYER).out


# ---------------------------------------------------------------- help and completion


def test_help_lists_the_commands() -> None:
    result = call("--help")
    assert result.code == 0
    for command in group.COMMANDS:
        assert f"\n  {command} " in result.out
    assert call("-h") == result


@pytest.mark.parametrize("command", group.COMMANDS)
def test_every_command_has_help_with_a_sentence_for_each_option(command: str) -> None:
    result = call(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: dscalc {command}")
    options = [line for line in result.out.splitlines() if line.startswith("  --")]
    assert options
    text = [*result.out.splitlines(), ""]
    for option in options:
        after = text[text.index(option) + 1]
        assert "  " in option.strip() or after.startswith(" " * 20), f"{option} has no help"


@pytest.mark.parametrize(
    "flag",
    ["--df", "--k", "--m", "--n", "--g", "--stride", "--padding", "--dilation", "--bias",
     "--multiplier", "--alpha", "--rho", "--dims", "--format", "--explain"],
)  # fmt: skip
def test_layer_has_the_promised_flags(flag: str) -> None:
    assert f"{flag}" in call("layer", "--help").out


def test_long_names_are_those_of_the_frameworks() -> None:
    short = call("layer", "--m", "6", "--n", "12", "--k", "5", "--g", "2", "--format", "json")
    long = call(
        *("layer", "--in-channels", "6", "--out-channels", "12", "--kernel", "5"),
        *("--groups", "2", "--format", "json"),
    )
    assert short == long
    assert short.code == 0


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("dscalc n", "net"), ("dscalc net --al", "--alpha"), ("dscalc layer --expl", "--explain")],
)
def test_the_shell_completes(typed: str, completed: str) -> None:
    asked = {"_DSCALC_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    program = "from dscalc.commands.group import app; app(prog_name='dscalc')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(**asked, COMP_CWORD=str(typed.count(" "))),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode().split() == [completed]


@pytest.mark.parametrize(
    ("asked", "typed", "place"),
    [
        ("complete_bash", None, None),
        ("complete_bash", "dscalc n", "x"),
        ("complete_bash", "dscalc n", "9" * 5000),
        ("complete_tcsh", "dscalc n", "1"),
        ("source_tcsh", None, None),
        ("nonsense", None, None),
    ],
)
def test_what_cannot_be_completed_is_no_verdict_and_no_mistake_of_ours(
    asked: str, typed: str | None, place: str | None
) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": place}
    given = {name: word for name, word in words.items() if word is not None}
    result = run("list", env={"_DSCALC_COMPLETE": asked, **given})
    assert (result.code, result.out) == (2, "")
    assert result.err
    assert "itself failed" not in result.err
    assert len(result.err) < 400


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--m", "0", "--n", "4"), "m must be at least 1, not 0"),
        (("--m", "-3", "--n", "4"), "m must be at least 1, not -3"),
        (("--m", "1.5", "--n", "4"), "--m must be a whole number, not '1.5'"),
        (("--m", "nan", "--n", "4"), "--m must be a whole number, not 'nan'"),
        (("--m", "inf", "--n", "4"), "--m must be a whole number, not 'inf'"),
        (("--m", "1e3", "--n", "4"), "--m must be a whole number, not '1e3'"),
        (("--m", "", "--n", "4"), "--m must be a whole number, not ''"),
        (("--m", "٣", "--n", "4"), "--m must be a whole number, not '٣'"),
        (("--m", "1_0", "--n", "4"), "--m must be a whole number, not '1_0'"),
        (("--m", "10000000000000", "--n", "4"), "m must be at most 1,000,000,000,000"),
        (
            ("--m", "9" * 5000, "--n", "4"),
            "--m has 5000 digits; the longest that is read has 40",
        ),
        (("--m", "3", "--n", "4", "--k", "3x"), "--k must be whole numbers such as 3x5, not '3x'"),
        (("--m", "3", "--n", "4", "--k", "0x3"), "k must be at least 1, not 0"),
        (("--m", "3", "--n", "4", "--df", "8x8x8x8"), "df must be a number, or one for each of"),
        (("--m", "3", "--n", "4", "--df", "-8"), "df must be at least 1, not -8"),
        (
            ("--m", "3", "--n", "4", "--padding", "full"),
            "--padding must be same, valid, causal or numbers, not 'full'",
        ),
        (("--m", "3", "--n", "4", "--padding", "-1"), "padding must be at least 0, not -1"),
        (("--m", "3", "--n", "4", "--stride", "0"), "stride must be at least 1, not 0"),
        (("--m", "3", "--n", "4", "--dims", "4"), "dims must be 1, 2 or 3, not 4"),
        (("--m", "3", "--n", "4", "--alpha", "0"), "α must be a positive number, not 0.0"),
        (("--m", "3", "--n", "4", "--alpha", "nan"), "α must be a positive number, not nan"),
        (("--m", "3", "--n", "4", "--alpha", "inf"), "α must be a positive number, not inf"),
        (("--m", "3", "--n", "4", "--df", "8", "--rho", "-1"), "ρ must be a positive number"),
        (
            ("--m", "3", "--n", "4", "--df", "8", "--rho", "0.01"),
            "ρ = 0.01 leaves no pixel of the input 8×8×3",
        ),
        (("--m", "3", "--n", "4", "--rho", "0.5"), "ρ scales the feature map; say its side"),
        (("--m", "3", "--n", "4", "--g", "2"), "group: g=2 does not divide the 3 input channels"),
        (("--m", "4", "--n", "5", "--g", "2"), "group: g=2 does not divide n=5"),
        (
            ("--m", "3", "--n", "4", "--df", "4", "--k", "5", "--padding", "valid"),
            "standard: a kernel of 5 is larger than its padded input of 4",
        ),
    ],
)
def test_a_layer_that_cannot_be(arguments: tuple[str, ...], error: str) -> None:
    told = complaint("layer", *arguments)
    assert told.startswith(f"error: {error}")
    assert len(told) < 1000


def test_every_wrong_number_is_told_at_once() -> None:
    assert complaint("layer", "--m", "0", "--n", "-4", "--df", "0").splitlines() == [
        "error: m must be at least 1, not 0",
        "error: n must be at least 1, not -4",
        "error: df must be at least 1, not 0",
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--alpha", "0"), "α must be a positive number, not 0.0"),
        (("--alpha", "-1"), "α must be a positive number, not -1.0"),
        (("--alpha", "nan"), "α must be a positive number, not nan"),
        (("--alpha", "1e12"), None),
        (("--rho", "0"), "ρ must be a positive number, not 0.0"),
        (("--rho", "inf"), "ρ must be a positive number, not inf"),
        (("--rho", "1e-9"), "ρ = 1e-09 leaves no pixel of the input 224×224×3"),
        (("--resolution", "0"), "the resolution must be at least 1, not 0"),
        (("--resolution", "-5"), "the resolution must be at least 1, not -5"),
        (("--resolution", "1.5"), "--resolution must be a whole number, not '1.5'"),
        (("--resolution", "160x0"), "the resolution must be at least 1, not 0"),
        (("--resolution", "160x160x3"), "resolution 160×160×3 does not say the sides of 224×224×3"),
        (("--resolution", "160", "--rho", "0.5"), "ρ and resolution both say the size of the"),
    ],
)
def test_a_network_that_cannot_be_scaled_so(arguments: tuple[str, ...], error: str | None) -> None:
    told = complaint("net", "mobilenet", *arguments)
    assert told.startswith(f"error: {error}" if error else "error: ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("nett",), "No such command 'nett'."),
        (("layer", "--m", "3"), "Missing option '--n'"),
        (("net", "mobilenet", "--format", "xml"), "Invalid value for '--format': 'xml' is not"),
        (("net", "mobilenet", "--count", "all"), "Invalid value for '--count': 'all' is not"),
        (("net", "mobilenet", "--alpha", "x"), "Invalid value for '--alpha': 'x' is not a valid"),
        (("net", "mobilenet", "--frobnicate"), "No such option: --frobnicate"),
        (("net", "mobilenet", "more"), "Got unexpected extra argument"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], error: str) -> None:
    assert error in complaint(*arguments)


# ---------------------------------------------------------------- endings


def test_a_crash_is_exit_code_2_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**_: object) -> None:
        raise RuntimeError("\x1b[31m::error::boom")

    monkeypatch.setattr(group, "app", crash)
    told = complaint()
    assert told.startswith("error: dscalc itself failed: RuntimeError: \\x1b[31m::error::boom\n")
    assert "Please report it" in told


def test_an_interrupt_is_exit_code_130(tmp_path: Path) -> None:
    """Interrupted while it waits for a file that nobody writes."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        signalled(signal.SIGINT, "SIG_DFL", sys.executable, "-m", "dscalc", "net", str(pipe)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with pipe.open("wb"):  # returns once the other side reads
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


@pytest.mark.parametrize("module", ["typer", "yaml", "dscalc.language.files"])
def test_an_interrupt_while_modules_are_loaded_shows_no_traceback(
    module: str, tmp_path: Path
) -> None:
    """Wherever in the loading it comes, and into whichever module."""
    file = tmp_path / "n.yaml"
    file.write_text("---  # such a line is for PyYAML to read\ninput: [8, 8, 3]\nlayers: [relu]\n")
    program = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from dscalc.cli import main\n"
        f"sys.argv = ['dscalc', 'net', {str(file)!r}]\n"
        "main()\n"
    )
    done = subprocess.run(
        signalled(signal.SIGINT, "SIG_DFL", sys.executable, "-c", program),
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_other_signals_end_it_quietly(name: str, code: int, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    number = getattr(signal, name)
    process = subprocess.Popen(
        signalled(number, "SIG_DFL", sys.executable, "-m", "dscalc", "net", str(pipe)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with pipe.open("wb"):  # returns once the other side reads
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")


def test_a_module_that_is_missing_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ImportError('no typer')\n")
    search = os.pathsep.join([str(tmp_path), *sys.path])
    result = run("check", "mobilenet", env={"PYTHONPATH": search}, cwd=tmp_path)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: dscalc itself failed: ImportError: no typer\n")


@pytest.mark.parametrize(
    "arguments",
    [NET, (*NET, "--format", "json"), ("--help",)],
)
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    """As in `dscalc net … | head -1`: here the reader is gone before the first word."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "dscalc", *arguments],
            env=environment(),
            stdout=gone,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.stderr == b""
    assert done.returncode in (0, 1)


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (
            'exec "$0" -m dscalc list >&-',
            "error: cannot write the result: standard output is closed\n",
        ),
        (
            'exec "$0" -m dscalc list >/dev/full',
            "error: cannot write the result: No space left on device\n",
        ),
        ('exec "$0" -m dscalc net nowhere 2>&-', ""),
        ('exec "$0" -m dscalc net 2>&-', ""),
        ('exec "$0" -m dscalc nett 2>&-', ""),
        ('exec "$0" -m dscalc net >&- 2>&-', ""),
        *(
            (
                f'exec "$0" -m dscalc {asked} >&-',
                "error: cannot write the result: standard output is closed\n",
            )
            for asked in ("--help", "net --help", "--version", "net mobilenet --format json")
        ),
        ('exec "$0" -m dscalc net - <&-', "error: <stdin>: standard input is closed\n"),
    ],
)
def test_streams_that_are_closed_or_full_are_no_verdict(command: str, error: str) -> None:
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", error)


# ---------------------------------------------------------------- screens


def test_a_pipe_gets_no_colours_and_the_whole_width() -> None:
    whole, narrow = run(*NET).out, run(*NET, env={"COLUMNS": "60"}).out
    assert "\x1b" not in whole + narrow
    assert max(map(len, whole.splitlines())) > 100
    assert max(map(len, narrow.splitlines())) <= 75


@pytest.mark.parametrize("columns", ["", "0", "-5", "x", "²", "٨٠", "80.0", "9" * 5000])
def test_a_width_that_is_none_is_no_width(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = call(*LAYER)
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)
    assert call(*LAYER) == whole
    assert call("--help").code == 0


def test_no_color_and_force_color(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = call(*LAYER).out
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    forced = call(*LAYER).out
    assert "\x1b[32m" in forced
    assert run(*LAYER).out == forced
    for form in ("json", "csv", "markdown"):
        assert "\x1b" not in call(*LAYER, "--format", form).out
    monkeypatch.setenv("NO_COLOR", "1")
    both = call(*LAYER).out
    assert "\x1b[32m" not in both
    assert strip(forced) == strip(both) == plain


def test_errors_and_their_carets_are_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = b"input: [8, 8, 3]\nlayers:\n  - conv: {n: 4, kernal: ^^}\n"
    assert call("net", "-", stdin=text).err == (
        "\x1b[1;31merror:\x1b[0m <stdin>:3:18: unknown key 'kernal' in conv; did you mean 'k'?\n"
        "    3 |   - conv: {n: 4, kernal: ^^}\n"
        "      |                  \x1b[31m^^^^^^\x1b[0m\n"
    )
    assert "\x1b[1;31mError:\x1b[0m No such option: --kernal" in call("net", "--kernal").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in call("net", "-", stdin=text).err + call("net", "--kernal").err


def test_what_changed_is_in_colour_and_said_in_words_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for name, layers in (("old", "a b c"), ("new", "a c")):
        convs = "".join(f"  - {{name: {one}, conv: {{n: {ord(one)}}}}}\n" for one in layers.split())
        (tmp_path / f"{name}.yaml").write_text(f"input: [8, 8, 3]\nlayers:\n{convs}")
    for old, new, words in (("old", "new", ("removed", 32)), ("new", "old", ("added", 31))):
        text = call("diff", str(tmp_path / f"{old}.yaml"), str(tmp_path / f"{new}.yaml")).out
        for word, colour in (words, ("changed", 33)):
            assert f"\x1b[{colour}m{word}\x1b[0m" in text
        assert re.search(rf"\x1b\[{words[1]}m[+-][\d,]+\x1b\[0m", text)


def strip(text: str) -> str:
    """The text without the escapes that colour it."""
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def on_a_terminal(columns: int, *arguments: str, cwd: Path | None = None, **env: str) -> str:
    """What a command writes to a terminal of so many columns."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "dscalc", *arguments],
        stdout=theirs,
        env=environment(**env),
        cwd=cwd,
    )
    os.close(theirs)
    read = b""
    try:
        while block := os.read(ours, 4096):
            read += block
    except OSError:  # how Linux says that the other side has closed
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) in (0, 1)
    return read.decode()


def test_a_terminal_gets_its_own_width_and_colours() -> None:
    read = on_a_terminal(70, *NET, TERM="xterm")
    assert "\x1b[32m" in read
    lines = strip(read).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 75
    assert any("149,497,088" in line for line in lines)


@pytest.mark.parametrize("term", ["dumb", "unknown", "xterm", ""])
@pytest.mark.parametrize("columns", [60, 100, 200])
def test_no_terminal_is_taken_for_80_columns(term: str, columns: int) -> None:
    """Rich takes those that it knows nothing of for that, whatever they say."""
    expected = call(*NET, columns=columns).out
    read = strip(on_a_terminal(columns, *NET, TERM=term)).replace("\r\n", "\n")
    assert read == expected
    assert run(*NET, env={"TERM": term, "FORCE_COLOR": "1", "COLUMNS": str(columns)}).code == 0
    for variables in ({"COLUMNS": str(columns)}, {}):
        forced = run(*NET, env={"TERM": term, "FORCE_COLOR": "1", **variables}).out
        assert strip(forced) == (expected if variables else call(*NET).out)


def test_an_error_on_a_terminal_breaks_at_blanks(tmp_path: Path) -> None:
    """What is quoted stays above its carets."""
    import pty

    (tmp_path / "n.yaml").write_text(
        "input: [8, 8, 3]\nlayers:\n  - conv: {n: 4, dilation_rate: 12345678, k: 12345}\n"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "dscalc", "net", "n.yaml"],
        stderr=theirs,
        env=environment(TERM="dumb", COLUMNS="40"),
        cwd=tmp_path,
        check=False,
    )
    os.close(theirs)
    lines = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    assert done.returncode == 2
    said = [line for line in lines if " | " not in line]
    assert said[0].startswith("error: n.yaml:3:")
    assert len(said) > 1
    assert max(map(len, said)) <= 40
    assert "    3 |   - conv: {n: 4, dilation_rate: 12345678, k: 12345}" in lines


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_long_name_does_not_push_a_limit_off_a_terminal(term: str, tmp_path: Path) -> None:
    name = "a_network_of_a_long_name" * 4
    (tmp_path / f"{name}.yaml").write_text("input: [8, 8, 3]\nlayers:\n  - conv: {n: 4}\n")
    limits = ("--max-params", "107", "--max-mult-adds", "1234567890123")
    read = strip(on_a_terminal(80, "check", f"{name}.yaml", *limits, cwd=tmp_path, TERM=term))
    assert "1,234,567,890,123" in read
    rows = [line for line in read.splitlines() if line.split()[:1] in (["fail"], ["pass"])]
    assert [row.split()[:1] + row.split()[-3:] for row in rows] == [
        ["fail", "params", "108", "107"],
        ["pass", "mult-adds", "6,912", "1,234,567,890,123"],
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        (*LAYER, "--df", "8", "--alpha", "0.5", "--explain"),
        NET,
        (*NET, "--format", "markdown"),
        ("sweep", "--help"),
        ("list",),
        ("layer", "--m", "3", "--n", "4", "--alpha", "0"),
    ],
)
def test_an_ascii_stream_gets_ascii(arguments: tuple[str, ...]) -> None:
    result = call(*arguments, encoding="ascii")
    assert result.code == (2 if arguments[-1] == "0" else 0)
    assert (result.out + result.err).isascii()
    assert "\\u" not in result.out + result.err
    assert "?" not in result.out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "utf-16", "utf-8"])
@pytest.mark.parametrize("form", ["csv", "html"])
def test_what_programs_read_is_utf_8_whatever_the_terminal_shows(encoding: str, form: str) -> None:
    whole = run(*NET, "--format", form)
    assert "112×112×16" in whole.out
    assert run(*NET, "--format", form, env={"PYTHONIOENCODING": encoding}) == whole


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
@pytest.mark.parametrize("command", ["net", "sweep", "check", "diff"])
def test_help_is_shown_whatever_the_terminal_shows(encoding: str, command: str) -> None:
    """Windows writes cp1252 into a pipe, which knows no α."""
    result = run(command, "--help", env={"PYTHONIOENCODING": encoding})
    assert (result.code, result.err) == (0, "")
    assert "--alpha alpha" in result.out
    assert result.out.isascii()


def test_the_encoding_is_the_stream_s() -> None:
    result = run(*NET, env={"PYTHONIOENCODING": "ascii"})
    assert result == call(*NET, encoding="ascii")
    assert result.out.isascii()


# ---------------------------------------------------------------- JSON, whose keys are a promise


def keys(value: dict[str, Any]) -> set[str]:
    """The keys of an object but for those that later features have added."""
    return set(value) - {"memory"}


def test_the_promised_keys_of_layer() -> None:
    found = document(*LAYER, "--df", "14", "--g", "1", "--alpha", "0.75", "--rho", "0.714")
    assert keys(found) == {"schema_version", "command", "inputs", "costs"}
    assert (found["schema_version"], found["command"]) == (1, "layer")
    assert found["inputs"] == {
        "df": [14, 14],
        "k": [3, 3],
        "m": 3,
        "n": 4,
        "g": 1,
        "stride": [1, 1],
        "padding": "same",
        "dilation": [1, 1],
        "bias": False,
        "multiplier": 1,
        "alpha": 0.75,
        "rho": 0.714,
    }
    for cost in found["costs"]:
        assert keys(cost) == {
            *("kind", "alpha", "rho", "output", "params", "mult_adds", "flops"),
            *("mult_adds_per_position", "params_ratio", "mult_adds_ratio"),
        }
    assert found["costs"][-1] == {
        "kind": "separable",
        "alpha": 0.75,
        "rho": 0.714,
        "output": [10, 10, 3],
        "params": 24,
        "mult_adds": 2400,
        "flops": 4800,
        "mult_adds_per_position": 24,
        "params_ratio": 24 / 108,
        "mult_adds_ratio": 2400 / (108 * 196),
    }


def test_a_layer_without_a_map_has_none() -> None:
    found = document(*LAYER)
    assert found["inputs"]["df"] is None
    for cost in found["costs"]:
        assert (cost["output"], cost["mult_adds"]) == (None, None)
    assert [cost["mult_adds_per_position"] for cost in found["costs"]] == [108, 27, 12, 39]


def test_a_layer_of_other_axes_and_numbers_for_each() -> None:
    inputs = document("layer", "--m", "3", "--n", "4", "--df", "9x8x7", "--padding", "1")["inputs"]
    assert (inputs["df"], inputs["k"], inputs["padding"]) == ([9, 8, 7], [3, 3, 3], [1, 1, 1])
    inputs = document("layer", "--m", "3", "--n", "4", "--dims", "1")["inputs"]
    assert (inputs["df"], inputs["k"], inputs["padding"]) == (None, [3], "same")


@pytest.mark.parametrize("groups", ["2", "4"])
def test_a_convolution_with_groups_is_a_group_row(groups: str) -> None:
    found = document("layer", "--m", "4", "--n", "8", "--g", groups)
    assert [cost["kind"] for cost in found["costs"]] == [
        *("standard", "group", "depthwise", "pointwise", "separable"),
    ]


def test_the_promised_keys_of_net() -> None:
    found = document(*NET)
    assert keys(found) == {
        *("schema_version", "command", "network", "file", "alpha", "rho", "input", "count"),
        *("layers", "by_kind", "total", "standard", "reduction"),
        *("depth", "parameters", "inputs", "output", "outputs", "notes"),
    }
    assert (found["schema_version"], found["command"]) == (1, "net")
    assert (found["network"], found["alpha"], found["rho"]) == ("MobileNet", 0.5, 1.0)
    assert found["file"].endswith("mobilenet.yaml")
    assert (found["input"], found["count"]) == ([224, 224, 3], "trainable")
    for layer in found["layers"]:
        assert keys(layer) == {
            *("name", "kind", "line", "input", "output", "params", "mult_adds"),
            *("flops", "params_ratio", "mult_adds_ratio"),
            *("k", "stride", "receptive_field", "receptive_stride"),
        }
    assert (
        found["layers"][1].items()
        >= {
            "name": "separable2",
            "kind": "separable",
            "line": found["layers"][0]["line"] + 1,
            "input": [112, 112, 16],
            "output": [112, 112, 32],
            "params": 752,
            "mult_adds": 8_228_864,
            "flops": 16_457_728,
            "params_ratio": 752 / 4_672,
            "mult_adds_ratio": 8_228_864 / 57_802_752,
        }.items()
    )
    assert keys(found["by_kind"]) == {"conv", "depthwise", "pointwise", "linear"}
    assert found["by_kind"]["linear"] == {
        "params": 513_000,
        "mult_adds": 512_000,
        "flops": 1_024_000,
    }
    assert found["total"] == {
        "params": 1_331_592,
        "weights": 1_319_648,
        "biases": 1_000,
        "norms": 10_944,
        "norm_statistics": 10_944,
        "other": 0,
        "mult_adds": 149_497_088,
        "flops": 298_994_176,
    }
    assert found["standard"] == {
        "params": 7_583_480,
        "mult_adds": 1_219_788_800,
        "flops": 2_439_577_600,
    }
    assert found["reduction"] == {
        "params": 1_331_592 / 7_583_480,
        "mult_adds": 149_497_088 / 1_219_788_800,
    }


def test_nothing_to_compare_is_null() -> None:
    found = document("net", "-", stdin=b"input: [8, 3]\nlayers: [{conv: {n: 4}}]\n")
    assert found["reduction"] == {"params": None, "mult_adds": None}
    assert found["standard"] == {"params": 36, "mult_adds": 288, "flops": 576}
    (layer,) = found["layers"]
    assert (layer["params_ratio"], layer["mult_adds_ratio"], layer["line"]) == (None, None, 2)


def test_integers_are_exact_however_large() -> None:
    text = b"input: [1000000000000, 1000000000000, 1]\nlayers: [{conv: {n: 999999999999}}]\n"
    found = document("net", "-", stdin=text)
    assert found["total"]["mult_adds"] == 9 * 999_999_999_999 * 10**24


@pytest.mark.parametrize("options", [("--expand",), ("--resolution", "160"), ("--rho", "0.714")])
def test_options_of_net(options: tuple[str, ...]) -> None:
    found = document("net", "mobilenet", *options)
    if options[0] == "--expand":
        assert [layer["name"] for layer in found["layers"][:3]] == [
            *("conv1", "separable2.depthwise", "separable2.pointwise"),
        ]
        assert len(found["layers"]) == 29
    else:
        assert found["input"] == [160, 160, 3]
        assert found["total"]["mult_adds"] == 290_675_200
        assert round(found["rho"], 3) == 0.714


@pytest.mark.parametrize(
    ("count", "params"), [("weights", 1_319_648), ("trainable", 1_331_592), ("total", 1_342_536)]
)
def test_counts_of_parameters(count: str, params: int) -> None:
    found = document(*NET, "--count", count)
    assert (found["count"], found["total"]["params"]) == (count, params)
    assert f"{params:,}" in call(*NET, "--count", count).out


@pytest.mark.parametrize("command", [LAYER, NET, ("list",)])
def test_json_is_alone_on_standard_output(command: tuple[str, ...]) -> None:
    result = run(*command, "--format", "json")
    assert (result.code, result.err) == (0, "")
    assert isinstance(json.loads(result.out), dict)
    assert result.out.isascii()
    assert "NaN" not in result.out
    assert "Infinity" not in result.out


def test_every_command_is_a_function_with_a_sentence() -> None:
    from importlib import import_module

    for place in group.COMMANDS.values():
        module, function = place.split(":")
        command: Callable[..., object] = getattr(
            import_module(f"dscalc.commands.{module}"), function
        )
        assert command.__doc__


@pytest.mark.parametrize("arguments", ["--help", "--version", "net --help"])
def test_help_whose_reader_has_gone_is_no_verdict(arguments: str) -> None:
    command = f'"{sys.executable}" -m dscalc {arguments} | true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    "arguments", ["net mobilenet", "check mobilenet --max-params 5M", "diff mobilenet mobilenet"]
)
def test_a_closed_standard_output_is_told(arguments: str) -> None:
    command = f'"{sys.executable}" -m dscalc {arguments} >&-'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "error: cannot write the result: standard output is closed\n",
    )
