"""Members of a zip archive that may be hostile, without what is not asked for."""

from __future__ import annotations

from collections.abc import Callable
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase, UnsupportedOperation
from typing import TYPE_CHECKING, TypeVar

from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from zipfile import ZipFile

T = TypeVar("T")
PIECE = 2**20  # bytes
LARGEST_READ = 4 * 2**20  # bytes at once; a longer directory than this has more than 40,000 members


class View(RawIOBase):
    """A file of which only what is read is copied into memory, and never `most` bytes at once."""

    def __init__(self, data: memoryview, most: int) -> None:
        self._data = data
        self._most = most
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Goes to a place of the file."""
        starts = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: len(self._data)}
        if starts[whence] + offset < 0:
            raise OSError(f"byte {starts[whence] + offset:,} is before the file begins")
        self._at = starts[whence] + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, or all that are left."""
        left = max(0, len(self._data) - self._at)
        count = left if size is None or size < 0 else min(size, left)
        if count > self._most:
            raise OSError(f"{count:,} bytes at once; at most {self._most:,} are read")
        piece = bytes(self._data[self._at : self._at + count])
        self._at += count
        return piece

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills a buffer."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def write(self, data: object) -> int:
        """Never."""
        raise UnsupportedOperation("a model file is read only")


def members(data: memoryview) -> list[str]:
    """The names in an archive; DscalcError where it is damaged."""
    return _from_archive(data, lambda archive: archive.namelist())


def member(data: memoryview, name: str, most: int) -> bytes:
    """The bytes of a member; DscalcError where there is none, or it unpacks to more than `most`."""
    content = _from_archive(data, lambda archive: _unpacked(archive, name, most))
    if len(content) > most:
        raise DscalcError(f"'{name}' unpacks to more than {most:,} bytes")
    return content


def _unpacked(archive: ZipFile, name: str, most: int) -> bytes:
    if name not in archive.namelist():
        raise DscalcError(f"a zip archive without '{name}'")
    pieces: list[bytes] = []
    with archive.open(name) as file:
        while sum(map(len, pieces)) <= most and (piece := file.read(PIECE)):
            pieces.append(piece)
    return b"".join(pieces)


def _from_archive(data: memoryview, ask: Callable[[ZipFile], T]) -> T:
    import zipfile
    import zlib
    from struct import error

    # What zipfile raises for damaged archives, encryption and methods that it does not know.
    damage = (
        zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, error, EOFError, OSError,
        RuntimeError, ValueError, OverflowError, NotImplementedError,
    )  # fmt: skip
    try:
        with zipfile.ZipFile(View(data, LARGEST_READ)) as archive:
            return ask(archive)
    except DscalcError:
        raise
    except damage as cause:
        raise DscalcError(f"a damaged zip archive: {cause}") from None
