"""The protobuf walker, on bytes written by hand from the encoding's own page."""

from __future__ import annotations

import random
import struct

import pytest

from dscalc.errors import DscalcError
from dscalc.models import protobuf
from dscalc.models.protobuf import Wire, signed, text


def varint(number: int) -> bytes:
    number %= 2**64
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def walk(data: bytes) -> list[tuple[int, int | bytes]]:
    return [
        (number, value if isinstance(value, int) else bytes(value))
        for number, value in Wire().fields(memoryview(data))
    ]


def test_the_examples_of_the_encoding_s_page() -> None:
    # https://protobuf.dev/programming-guides/encoding: 150 is 08 96 01, "testing" is 12 07 ...
    assert walk(bytes.fromhex("089601")) == [(1, 150)]
    assert walk(bytes.fromhex("120774657374696e67")) == [(2, b"testing")]
    assert walk(bytes.fromhex("1a03089601")) == [(3, bytes.fromhex("089601"))]
    numbers = dict(Wire().fields(memoryview(bytes.fromhex("3206038e029ea705"))))[6]
    assert Wire().integers(numbers) == [3, 270, 86942]


def test_every_wire_type_in_the_order_of_the_file() -> None:
    data = (
        field(1, 7)
        + varint(2 << 3 | 5)
        + struct.pack("<f", 1.5)
        + varint(3 << 3 | 1)
        + struct.pack("<d", -2.5)
        + field(500, b"\0\1")
        + field(1, -1)
    )
    found = list(Wire().fields(memoryview(data)))
    assert [number for number, _ in found] == [1, 2, 3, 500, 1]
    assert Wire().reals(found[1][1]) == [1.5]
    assert Wire().reals(found[2][1], "d") == [-2.5]
    assert signed(found[4][1]) == -1


@pytest.mark.parametrize("number", [0, 1, 127, 128, 2**31, 2**63 - 1, -1, -(2**63)])
def test_numbers_come_back_as_written(number: int) -> None:
    ((_, value),) = Wire().fields(memoryview(field(9, number)))
    assert signed(value) == number
    packed = field(4, varint(number) * 3)
    ((_, value),) = Wire().fields(memoryview(packed))
    assert Wire().integers(value) == [number] * 3


def test_bytes_are_a_view_into_the_file_and_no_copy() -> None:
    data = bytearray(field(9, b"x" * 1000))
    ((_, value),) = Wire().fields(memoryview(data))
    data[500] = ord("y")
    assert isinstance(value, memoryview)
    assert value.tobytes().count(b"y") == 1


def test_text_that_is_no_utf8_is_shown_and_long_text_is_refused() -> None:
    assert text(memoryview(b"a\xff")) == "a\\xff"
    with pytest.raises(DscalcError, match="a name of 3,000 bytes"):
        text(memoryview(b"a" * 3000))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08", "does not end"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "does not end"),
        (b"\x0a\x05abc", "beyond the end"),
        (b"\x0a" + varint(2**63) + b"abc", "beyond the end"),
        (b"\x0d\x01\x02", "beyond the end"),
        (b"\x0b", "wire type 3"),
        (b"\x0c", "wire type 4"),
        (b"\x0e", "wire type 6"),
    ],
)
def test_what_is_damaged_is_said(data: bytes, message: str) -> None:
    with pytest.raises(DscalcError, match=message):
        walk(data)


def test_a_value_of_the_wrong_type_is_said() -> None:
    wire = Wire()
    with pytest.raises(DscalcError, match="a number stands where bytes belong"):
        list(wire.fields(7))
    with pytest.raises(DscalcError, match="bytes stand where a number belongs"):
        signed(memoryview(b"x"))
    with pytest.raises(DscalcError, match="3 bytes are no numbers of 4 bytes"):
        wire.reals(memoryview(b"abc"))


def test_fields_are_counted_over_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "MOST_FIELDS", 10)
    wire = Wire()
    assert len(list(wire.fields(memoryview(field(1, 1) * 6)))) == 6
    with pytest.raises(DscalcError, match="more than 10 fields"):
        wire.integers(memoryview(b"\1" * 5))


def test_no_cut_and_no_noise_makes_anything_but_an_error_of_ours() -> None:
    whole = field(1, 300) + field(2, b"abc" * 9) + varint(3 << 3 | 5) + b"\0\0\1\0" + field(4, -5)
    for end in range(len(whole)):
        cut = walk_or_none(whole[:end])
        assert cut is None or cut == walk(whole)[: len(cut)]
    chance = random.Random(1)
    outcomes = {walk_or_none(chance.randbytes(chance.randrange(40))) is None for _ in range(2000)}
    assert outcomes == {True, False}


def walk_or_none(data: bytes) -> list[tuple[int, int | bytes]] | None:
    try:
        return walk(data)
    except DscalcError:
        return None
