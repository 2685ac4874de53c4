"""The protobuf wire format, walked field by field; what a caller does not look into stays unread.

By hand, since importing the `protobuf` package and describing ONNX to it takes 40 to 80 ms, parsing
a file of 54 MB with it 130 ms and 118 MiB, and files of 2 GiB and more not at all. Here a field of
bytes is a view into the file: weights are stepped over and never come into memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dscalc.errors import DscalcError

MOST_FIELDS = 1_000_000  # of one file: what is kept of each takes some hundred bytes
LONGEST_TEXT = 2_000  # bytes of a name
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MASK64 = 2**64 - 1

Value = int | memoryview


class Wire:
    """Walks the messages of one file, and counts what it walks."""

    def __init__(self) -> None:
        self.left = MOST_FIELDS

    def fields(self, data: Value) -> Iterator[tuple[int, Value]]:
        """The fields of one message, as (number, value): unsigned ints, or views of bytes.

        Raises DscalcError for what is no protobuf message: a length beyond the end, a number that
        does not end, a group (which no format in use writes); and for more fields than any file
        of a network has.
        """
        view = _bytes(data)
        at, end = 0, len(view)
        while at < end:
            self._count(1)
            tag, at = _varint(view, at)
            wire = tag & 7
            if wire == VARINT:
                value, at = _varint(view, at)
                yield tag >> 3, value
                continue
            if wire == BYTES:
                length, at = _varint(view, at)
            elif wire in (FIXED32, FIXED64):
                length = 4 if wire == FIXED32 else 8
            else:
                raise DscalcError(
                    f"field {tag >> 3} is of wire type {wire}: damaged, or no protobuf"
                )
            if length > end - at:
                raise DscalcError(
                    f"field {tag >> 3} goes beyond the end of what holds it: cut off?"
                )
            inner = view[at : at + length]
            at += length
            yield tag >> 3, (inner if wire == BYTES else int.from_bytes(inner, "little"))

    def integers(self, value: Value) -> list[int]:
        """The int64 numbers of a repeated field, which stand alone or packed."""
        if isinstance(value, int):
            return [signed(value)]
        numbers, at = [], 0
        while at < len(value):
            self._count(1)
            number, at = _varint(value, at)
            numbers.append(signed(number))
        return numbers

    def reals(self, value: Value, code: str = "f") -> list[float]:
        """The numbers of a repeated float field (code "f", or "d" for double)."""
        size = struct.calcsize(code)
        if isinstance(value, int):
            value = memoryview(value.to_bytes(8, "little"))[:size]
        if len(value) % size:
            raise DscalcError(f"{len(value)} bytes are no numbers of {size} bytes")
        self._count(len(value) // size)
        return list(struct.unpack(f"<{len(value) // size}{code}", value))

    def _count(self, fields: int) -> None:
        self.left -= fields
        if self.left < 0:
            raise DscalcError(f"more than {MOST_FIELDS:,} fields, which no network's file has")


def signed(value: Value) -> int:
    """A varint as the int64 that was written."""
    if not isinstance(value, int):
        raise DscalcError("bytes stand where a number belongs: damaged, or no such file")
    return value - 2**64 if value >= 2**63 else value


def text(value: Value) -> str:
    """A string; bytes that are no UTF-8 are shown as escapes."""
    view = _bytes(value)
    if len(view) > LONGEST_TEXT:
        raise DscalcError(f"a name of {len(view):,} bytes; at most {LONGEST_TEXT:,} are read")
    return view.tobytes().decode("utf-8", "backslashreplace")


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise DscalcError("a number stands where bytes belong: damaged, or no such file")
    return value


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(view[at : at + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value & MASK64, at + shift + 1
    raise DscalcError("a number does not end: cut off, or no protobuf")
