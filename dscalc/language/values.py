"""What a YAML text holds: values that know their line and column, by YAML 1.2 meanings."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from dscalc.errors import Place

DEEPEST = 64  # levels of nesting; the deepest network in configs/ has fewer than 20
MOST_VALUES = 250_000  # in a file once its aliases are followed: 25 for each of 10,000 layers
LONGEST_NUMBER = 40  # digits; more are not a size of anything

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMERIC = "+-.0123456789"  # what numbers begin with
OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


class Scalar(NamedTuple):
    """A string, number, truth value or null; `text` is how the file writes it."""

    value: str | int | float | None
    text: str
    place: Place


class Listing(NamedTuple):
    """A list of values."""

    items: list[Value]
    place: Place


class Table(NamedTuple):
    """Values by key, and the place of each key."""

    items: dict[str, Value]
    keys: dict[str, Place]
    place: Place


Value: TypeAlias = Scalar | Listing | Table


def plain(text: str) -> str | int | float | None:
    """What an unquoted scalar means by the core schema of YAML 1.2."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMERIC:
        return text
    if INTEGER.fullmatch(text):
        return int(text)
    if OCTAL_OR_HEX.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text):
        return float(text)
    return text
