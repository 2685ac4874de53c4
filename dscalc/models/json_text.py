"""JSON out of a model file: bounded in size, and asked for its values with their types checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dscalc.errors import DscalcError

# What this many bytes and values take up in memory is less than 200 MB, whatever they are; the
# largest network of Keras's own has 1 MB and 60,000 values.
MOST_BYTES = 16 * 2**20
MOST_VALUES = 600_000


def parse_json(data: memoryview) -> Any:
    """The value of a JSON text; DscalcError for what is none, or too large or deep for a model."""
    import json

    if len(data) > MOST_BYTES:
        raise DscalcError(f"JSON of {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    text = bytes(data)
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise DscalcError(f"JSON of more than {MOST_VALUES:,} values")
    try:
        return json.loads(text)
    except RecursionError:
        raise DscalcError("JSON that is nested too deep") from None
    except ValueError as error:
        raise DscalcError(f"no JSON: {error}") from None


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise DscalcError(f"{what} is no object but {shown(value)}")
    return value


def sequence(value: Any, what: str) -> list[Any]:
    """The value, which must be a list."""
    if not isinstance(value, list):
        raise DscalcError(f"{what} is no list but {shown(value)}")
    return value


def text(value: Any, what: str) -> str:
    """The value, which must be a string."""
    if not isinstance(value, str):
        raise DscalcError(f"{what} is no text but {shown(value)}")
    return value


def integer(value: Any, what: str) -> int:
    """The value, which must be a whole number, as protobuf's JSON has it: perhaps in a string."""
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 21:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise DscalcError(f"{what} is no whole number but {shown(value)}")
    return value


def shown(value: Any) -> str:
    """A value of a file, cut to what an error can hold."""
    # What is deep or long is not written out: its own text may be as long as the file.
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return repr(value if not isinstance(value, str) else value[:80])
