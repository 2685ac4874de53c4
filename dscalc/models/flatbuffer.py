"""FlatBuffers, walked by offsets: the tables of a hostile file, its weights left unread.

By hand, since importing `flatbuffers` costs more than reading a model does (0.13 to 0.4 s: it
brings numpy). The format: https://flatbuffers.dev/internals. All numbers are little-endian. A table
begins with the distance back to its vtable, which holds the table's fields as distances from its
beginning.
"""

from __future__ import annotations

from struct import Struct, error, unpack_from
from typing import NamedTuple

from dscalc.errors import DscalcError

MOST_ENTRIES = 100_000  # of one vector of tables; a vector of bytes may be as long as the file

_SIZES = {code: Struct(f"<{code}") for code in "bBhHiIqQf"}


class Table(NamedTuple):
    """A table at a place of the file; fields are told by their number in the schema, from 0.

    Every method raises DscalcError where an offset or a length leaves the file.
    """

    data: memoryview
    at: int

    def scalar(self, field: int, code: str, default: int = 0) -> int:
        """A number of the `struct` code given, or its default where the table leaves it out."""
        at = _field(self, field)
        return _number(self.data, at, code) if at else default

    def real(self, field: int, default: float = 0.0) -> float:
        """A 32-bit float, or its default where the table leaves it out."""
        at = _field(self, field)
        return float(_number(self.data, at, "f")) if at else default

    def table(self, field: int) -> Table | None:
        """The table that the field points to; none where it is left out."""
        at = _field(self, field)
        return Table(self.data, at + _number(self.data, at, "I")) if at else None

    def tables(self, field: int) -> list[Table]:
        """The tables of a vector of them, in order."""
        start, count = self._vector(field, 4)
        if count > MOST_ENTRIES:
            raise DscalcError(f"a vector of {count:,} tables; at most {MOST_ENTRIES:,} are read")
        places = range(start, start + 4 * count, 4)
        return [Table(self.data, at + _number(self.data, at, "I")) for at in places]

    def numbers(self, field: int, code: str, most: int) -> tuple[int, ...]:
        """The numbers of a vector of them; DscalcError where it has more than `most`."""
        start, count = self._vector(field, _SIZES[code].size)
        if count > most:
            raise DscalcError(f"a vector of {count:,} numbers where at most {most:,} make sense")
        return unpack_from(f"<{count}{code}", self.data, start)

    def span(self, field: int) -> tuple[int, int]:
        """Where the bytes of a vector of bytes begin, and how many they are; (0, 0) without it."""
        return self._vector(field, 1)

    def text(self, field: int, most: int = 1000) -> str:
        """A string, cut after `most` bytes; what is no UTF-8 is shown as escapes."""
        start, count = self._vector(field, 1)
        return bytes(self.data[start : start + min(count, most)]).decode(
            "utf-8", "backslashreplace"
        )

    def _vector(self, field: int, size: int) -> tuple[int, int]:
        at = _field(self, field)
        if not at:
            return 0, 0
        start = at + _number(self.data, at, "I")
        count = _number(self.data, start, "I")
        if start + 4 + count * size > len(self.data):
            raise DscalcError(f"the {count:,} entries of a vector at byte {start:,} leave the file")
        return start + 4, count


def root(data: memoryview) -> Table:
    """The table that a FlatBuffers file is."""
    return Table(data, _number(data, 0, "I"))


def _field(table: Table, field: int) -> int:
    """Where a field of a table stands; 0 where the table leaves it out."""
    data, at = table
    vtable = at - _number(data, at, "i")
    slot = 4 + 2 * field
    if slot + 2 > _number(data, vtable, "H"):
        return 0
    distance = _number(data, vtable + slot, "H")
    return at + distance if distance else 0


def _number(data: memoryview, at: int, code: str) -> int:
    """The number of a `struct` code at a byte; under "f" a real one."""
    if at < 0:
        raise DscalcError(f"an offset leads to byte {at:,}, before the file begins")
    try:
        value: int = _SIZES[code].unpack_from(data, at)[0]
    except error:
        message = f"an offset leads to byte {at:,} of {len(data):,}: the file is cut or damaged"
        raise DscalcError(message) from None
    return value
