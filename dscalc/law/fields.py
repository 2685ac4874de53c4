"""The rules of the fields that kinds share: what may stand in n, k, stride and the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

LARGEST = 10**12  # of any one number that a user writes; no network comes near it

Sizes: TypeAlias = int | tuple[int, ...]
Padding: TypeAlias = str | Sizes
Rule: TypeAlias = Callable[[object], str]


def _shown(value: object) -> str:
    """The value as an error quotes it, never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _whole(value: object, least: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"must be a whole number, not {_shown(value)}"
    if value < least:
        return f"must be at least {least}, not {value}"
    return f"must be at most {LARGEST:,}" if value > LARGEST else ""


def _size(value: object) -> str:
    return _whole(value, 1)


def _count(value: object) -> str:
    return _whole(value, 0)


def _sizes(value: object, least: int = 1) -> str:
    if not isinstance(value, tuple):
        return _whole(value, least)
    if not 1 <= len(value) <= 3:
        return f"must be a number, or one for each of 1 to 3 axes, not {len(value)} of them"
    return next(filter(None, (_whole(item, least) for item in value)), "")


def _padding(value: object) -> str:
    if not isinstance(value, str):
        return _sizes(value, least=0)
    return (
        "" if value in ("same", "valid") else f"must be same, valid or numbers, not {_shown(value)}"
    )


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"


def optional(rule: Rule) -> Rule:
    """A rule that leaves out what need not be said."""
    return lambda value: "" if value is None else rule(value)


def one_of(*words: str) -> Rule:
    """A rule: the value must be one of these words."""
    return lambda value: (
        "" if value in words else f"must be {' or '.join(words)}, not {_shown(value)}"
    )


def factor(value: object) -> str:
    """A rule: the value must be a positive number, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {_shown(value)}"
    if not 0 < value <= LARGEST:
        return f"must be a positive number, not {_shown(value)}"
    return "" if value * LARGEST >= 1 else f"must be at least {1 / LARGEST:g}, not {_shown(value)}"


NORMS = ("batch", "layer", "none")

RULES: dict[str, Rule] = {
    "n": _size,
    "k": _sizes,
    "stride": _sizes,
    "padding": _padding,
    "dilation": _sizes,
    "g": _size,
    "multiplier": _size,
    "bias": _flag,
    "norm": one_of(*NORMS),
    "depthwise_norm": optional(one_of(*NORMS)),
    "scale": _flag,
    "at_least": _size,
    "less": _count,
    "type": one_of(*NORMS[:2]),
}
"""One rule for each word of the vocabulary, which means the same in every kind."""
