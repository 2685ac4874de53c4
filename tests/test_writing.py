"""Files written whole or not at all: links, signals, and what cannot be replaced."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dscalc.errors import DscalcError
from dscalc.render.writing import write_whole
from tests.commands import environment, signalled

NET = "input: [8, 8, 3]\nlayers:\n  - conv: {n: 4}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    """What is in a folder: the text of each file, and where each link leads."""
    return {
        path.name: f"→ {path.readlink()}" if path.is_symlink() else path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if not path.is_dir()
    }


def test_files_old_and_new(folder: Path) -> None:
    (folder / "old").write_text("before")
    write_whole({"old": "after", "new": b"\xce\xb1"})
    assert contents(folder) == {"old": "after", "new": "α"}


def test_a_text_that_comes_part_by_part_is_whole_or_not_there(folder: Path) -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise DscalcError("no more")

    write_whole({"file": iter(["one, ", "α"])})
    assert contents(folder) == {"file": "one, α"}
    with pytest.raises(DscalcError, match="no more"):
        write_whole({"new": "whole", "file": broken()})
    assert contents(folder) == {"file": "one, α"}


# ---------------------------------------------------------------- links


def test_a_link_stays_and_what_it_leads_to_is_written(folder: Path) -> None:
    (folder / "file").write_text("before")
    (folder / "file").chmod(0o640)
    (folder / "link").symlink_to("file")
    (folder / "again").symlink_to(folder / "link")
    (folder / "dangling").symlink_to("fresh")
    write_whole({"again": "one", "dangling": "two"})
    assert contents(folder) == {
        "again": f"→ {folder / 'link'}",
        "dangling": "→ fresh",
        "file": "one",
        "fresh": "two",
        "link": "→ file",
    }
    assert (folder / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("no/where", "No such file or directory"),
        ("sub", "Is a directory"),
        ("to_sub", "Is a directory"),
        ("loop", "Too many levels of symbolic links"),
        ("nowhere", "No such file or directory"),
        ("file/x", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_where_one_cannot_be_written_no_link_and_no_device_is(
    folder: Path, bad: str, why: str
) -> None:
    (folder / "file").write_text("before")
    (folder / "link").symlink_to("file")
    (folder / "loop").symlink_to("loop")
    (folder / "nowhere").symlink_to("no/where")
    (folder / "sub").mkdir()
    (folder / "to_sub").symlink_to("sub")
    before = contents(folder)
    os.mkfifo("pipe")
    pipe = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(DscalcError) as error:
            write_whole({"link": "after", "new": "after", "pipe": "after", bad: "after"})
        assert os.read(pipe, 100) == b""
    finally:
        os.close(pipe)
        Path("pipe").unlink()
    assert str(error.value) == f"{bad}: {why}"
    assert contents(folder) == before


def test_what_cannot_be_replaced_leaves_those_before_it_as_they_were(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file that a container mounts: it can be written beside, and not replaced."""
    (folder / "old").write_text("before")
    (folder / "mounted").write_text("before")
    replace = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if target.name == "mounted":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refused)
    for names in (("old", "new", "mounted"), ("mounted", "old"), ("mounted",)):
        with pytest.raises(DscalcError, match="mounted: Device or resource busy"):
            write_whole(dict.fromkeys(names, "after"))
        assert contents(folder) == {"old": "before", "mounted": "before"}


def test_a_full_disk_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if mode == "xb" and path.exists() is False and list(folder.glob(".dscalc-*")):
            path.touch()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, mode, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DscalcError, match="two: No space left on device"):
        write_whole({"one": "1", "two": "2"})
    assert contents(folder) == {}


# ---------------------------------------------------------------- streams


def test_a_pipe_and_a_device_are_written_to_as_they_are(folder: Path) -> None:
    os.mkfifo("pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    write_whole({"pipe": "into the pipe", os.devnull: "gone", "file": "text"})
    reader.join(timeout=60)
    assert read == ["into the pipe"]
    assert Path("file").read_text() == "text"
    assert not Path("pipe").is_file()


@pytest.mark.parametrize("name", ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"])
def test_what_is_open_already_is_written_to_and_not_replaced(folder: Path, name: str) -> None:
    """Standard error that goes into a file: one put in its place would never be read."""
    if not Path(name).exists():
        pytest.skip(f"this system has no {name}")
    program = (
        "import sys; from dscalc.render.writing import write_whole\n"
        "print('before', file=sys.stderr)\n"
        f"write_whole({{{name!r}: 'told\\n'}})\n"
        "print('after', file=sys.stderr)\n"
    )
    with Path("log").open("wb") as log:
        inode = os.fstat(log.fileno()).st_ino
        subprocess.run(
            [sys.executable, "-c", program], env=environment(), stderr=log, check=True, timeout=60
        )
    assert Path("log").stat().st_ino == inode
    assert contents(folder) == {"log": "before\ntold\nafter\n"}


def test_a_report_in_standard_output_s_own_file_stands_before_the_result(folder: Path) -> None:
    (folder / "n.yaml").write_text(NET)
    with Path("out").open("wb") as out:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "dscalc",
                "net",
                "n.yaml",
                *("--format", "csv"),
                *("--output", "csv:/dev/stdout"),
            ],
            env=environment(),
            stdout=out,
            check=True,
            timeout=60,
        )
    lines = Path("out").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    assert lines[:2] == lines[2:]


# ---------------------------------------------------------------- signals

SLOW = """
import os, sys, time
from pathlib import Path
from dscalc import cli
from dscalc.commands import group
from dscalc.render import writing

replace, wrote = Path.replace, writing._write_new

def slowly(path, target):
    print("replacing", flush=True)
    time.sleep(0.05)
    return replace(path, target)

def waits(file, data):
    wrote(file, data)
    if sys.argv[1] == "writing":
        print("writing", flush=True)
        time.sleep(30)

Path.replace, writing._write_new = slowly, waits
group.app = lambda **_: writing.write_whole(dict.fromkeys(map(str, range(20)), "after"))
cli.main()
"""
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize("stage", ["writing", "replacing"])
@pytest.mark.parametrize("number", ENDINGS, ids=lambda number: number.name)
def test_a_signal_leaves_all_files_or_none(
    folder: Path, number: signal.Signals, stage: str
) -> None:
    for name in range(0, 20, 2):
        (folder / str(name)).write_text("before")
    before = contents(folder)
    process = subprocess.Popen(
        signalled(number, "SIG_DFL", sys.executable, "-c", SLOW, stage),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"{stage}\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (ENDINGS[number], "")
    after = dict.fromkeys(sorted(map(str, range(20))), "after")
    assert contents(folder) == (before if stage == "writing" else after)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_is_ignored_stays_so(folder: Path, number: signal.Signals) -> None:
    """As under nohup, and in a shell's background."""
    (folder / "net.yaml").write_text(NET)
    os.mkfifo("pipe.yaml")
    process = subprocess.Popen(
        signalled(number, "SIG_IGN", sys.executable, "-m", "dscalc", "net", "pipe.yaml"),
        env=environment(),
        stdout=subprocess.PIPE,
    )
    with Path("pipe.yaml").open("w") as pipe:  # returns once the other side reads
        process.send_signal(number)
        time.sleep(0.1)
        pipe.write(NET)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"conv1" in out
