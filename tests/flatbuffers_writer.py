"""Writes FlatBuffers: tables as dicts by field number, every field in a slot of eight bytes."""

from __future__ import annotations

import struct
from typing import NamedTuple


class Number(NamedTuple):
    """A scalar of a table, with its `struct` code."""

    code: str
    value: float


class Numbers(NamedTuple):
    """A vector of scalars, with their `struct` code."""

    code: str
    values: tuple[float, ...]


Value = Number | Numbers | bytes | str | dict[int, "Value"] | list[dict[int, "Value"]]


def flatbuffer(root: dict[int, Value], identifier: bytes = b"TFL3") -> bytes:
    """The file whose root is the table given; a field's value None leaves it out."""
    out = bytearray(b"\0\0\0\0" + identifier)
    _put(out, 0, root)
    return bytes(out)


def _put(out: bytearray, slot: int, value: Value) -> None:
    """Appends what a slot of the file points to, and points the slot there."""
    if isinstance(value, dict):
        at, inner = _table(out, value)
    elif isinstance(value, list):
        at, inner = _vector(out, len(value), bytes(4 * len(value))), []
        inner = [(at + 4 + 4 * i, entry) for i, entry in enumerate(value)]
    elif isinstance(value, Numbers):
        data = struct.pack(f"<{len(value.values)}{value.code}", *value.values)
        at, inner = _vector(out, len(value.values), data), []
    elif isinstance(value, str):
        at, inner = _vector(out, len(value.encode()), value.encode() + b"\0"), []
    else:
        assert isinstance(value, bytes)
        at, inner = _vector(out, len(value), value), []
    struct.pack_into("<I", out, slot, at - slot)
    for place, entry in inner:
        _put(out, place, entry)


def _table(out: bytearray, fields: dict[int, Value]) -> tuple[int, list[tuple[int, Value]]]:
    """A vtable and its table; returns where the table is and what its slots are to point to."""
    count = max(fields, default=-1) + 1
    distances = [4 + 8 * field if field in fields else 0 for field in range(count)]
    _align(out, 8, 0)
    vtable = len(out)
    out += struct.pack(f"<{2 + count}H", 4 + 2 * count, 4 + 8 * count, *distances)
    _align(out, 8, 4)
    table = len(out)
    out += struct.pack("<i", table - vtable) + bytes(8 * count)
    inner: list[tuple[int, Value]] = []
    for field, value in fields.items():
        place = table + 4 + 8 * field
        if isinstance(value, Number):
            struct.pack_into(f"<{value.code}", out, place, value.value)
        else:
            inner.append((place, value))
    return table, inner


def _vector(out: bytearray, count: int, data: bytes) -> int:
    _align(out, 16, 12)
    at = len(out)
    out += struct.pack("<I", count) + data
    return at


def _align(out: bytearray, modulus: int, rest: int) -> None:
    out += bytes((rest - len(out)) % modulus)
