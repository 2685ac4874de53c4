"""Files are written whole or not at all, several of them all or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

from dscalc.errors import DscalcError

ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has


class _File(NamedTuple):
    """A file as it was asked for, where that really is, and its text until it gets there."""

    path: str
    target: Path
    temporary: Path


Content: TypeAlias = str | bytes | Iterator[str]
"""What a file is to hold; of a text that comes part by part, no more is there at once."""


def write_whole(contents: Mapping[str, Content]) -> None:
    """Writes texts, or bytes, by path, each file whole and none where one of them cannot be.

    A link stays, and the file that it leads to is replaced. A device, a pipe, and a file that is
    open already, such as /dev/stderr, are written to as they are, before any file is replaced.
    Raises DscalcError where a path cannot be written.
    """
    files: list[_File] = []
    streams: dict[str, Content] = {}
    try:
        for path, content in contents.items():
            with _named(path):
                if _is_stream(Path(path)):
                    streams[path] = content
                    continue
                target = Path(os.path.realpath(path))
                files.append(_File(path, target, _new_name(target)))
                _write_new(files[-1], content)
        for path, content in streams.items():
            with _named(path):
                _write_stream(Path(path), content)
        with _signals_held():
            _replace_all(files)
    finally:
        with _signals_held():
            _remove(file.temporary for file in files)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Errors of the system, told with the path as it was given."""
    try:
        yield
    except OSError as error:
        raise DscalcError(f"{path}: {error.strerror}") from None


def _is_stream(path: Path) -> bool:
    """Whether a path leads to something that cannot be replaced by a file.

    Raises OSError where its links go round in a circle, or lead to a folder.
    """
    try:
        path.stat()
    except FileNotFoundError:
        return False
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return not path.is_file() or _descriptor(path) is not None


def _descriptor(path: Path) -> int | None:
    """The number under which what a path leads to is open already, as 2 for /dev/stderr."""
    folders = (f"/proc/{os.getpid()}/fd", "/dev/fd")
    while not (os.path.realpath(path.parent) in folders and path.name.isdecimal()):
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return int(path.name)


def _parts(content: Content) -> Iterator[bytes]:
    """The bytes of a file, one part after the other."""
    if isinstance(content, bytes):
        yield content
        return
    for part in [content] if isinstance(content, str) else content:
        yield part.encode("utf-8")


def _write_stream(path: Path, content: Content) -> None:
    """Writes where the process's own writing goes on, or to a device or pipe of that name."""
    number = _descriptor(path)
    stream = path.open("wb") if number is None else os.fdopen(os.dup(number), "wb")
    with stream:
        stream.writelines(_parts(content))


def _new_name(target: Path) -> Path:
    return target.parent / f".dscalc-{os.urandom(8).hex()}"


def _write_new(file: _File, content: Content) -> None:
    """Writes the text beside its target, with the target's mode where there is one already."""
    with file.temporary.open("xb") as opened:
        opened.writelines(_parts(content))
    if file.target.exists():
        file.temporary.chmod(file.target.stat().st_mode)


def _replace_all(files: Sequence[_File]) -> None:
    """Puts every text in its place; where one cannot be put there, all is as it was."""
    before: dict[Path, Path | None] = {}
    try:
        for file in files:
            with _named(file.path):
                if len(files) > 1:
                    before[file.target] = _kept(file.target)
                file.temporary.replace(file.target)
    except DscalcError:
        for target, old in before.items():
            with suppress(OSError):
                old.replace(target) if old else target.unlink(missing_ok=True)
        raise
    finally:
        _remove(old for old in before.values() if old)


def _kept(target: Path) -> Path | None:
    """A second name of a file that is about to be replaced, or a copy where there are none."""
    import shutil

    if not target.exists():
        return None
    kept = _new_name(target)
    try:
        kept.hardlink_to(target)
    except OSError:  # as on a stick with FAT
        shutil.copy2(target, kept)
    return kept


def _remove(paths: Iterator[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def _signals_held() -> Iterator[None]:
    """What would end the process waits until the block has ended.

    By handlers and not by a mask, since a library's threads would take what is masked here.
    """
    import signal
    import threading

    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ENDINGS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (None, signal.SIG_IGN):
                before[number] = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
