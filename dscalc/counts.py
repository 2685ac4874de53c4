"""Counts as people write them, 4_200_000 or 4.2M, read without rounding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from fractions import Fraction

POWERS = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12}
COUNT = re.compile(r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))?([kMGT]?)")
SLIPS = {"m": "M", "K": "k", "g": "G", "t": "T", "B": "G", "b": "G"}
LONGEST = 40  # characters

Exact: TypeAlias = "int | Fraction"


class Quantity(NamedTuple):
    """A count as it was written: its exact value, and what its last digit is worth."""

    value: Exact
    unit: Exact
    text: str


def quantity(written: object) -> Quantity:
    """The quantity that a file or a flag writes as 4253864, 4_253_864, 4.25M or 1.5G (decimal).

    Raises DscalcError for anything else.
    """
    if isinstance(written, int) and not isinstance(written, bool) and written >= 0:
        return Quantity(written, 1, str(written))
    text = written if isinstance(written, str) else repr(written)
    match = COUNT.fullmatch(text) if len(text) <= LONGEST else None
    if match is None or (match[2] and not match[3]):  # 4.2 of what? Half a weight is no count
        raise DscalcError(_complaint(text))
    whole, decimals, unit = match[1].replace("_", ""), match[2] or "", match[3]
    digits, power = int(whole + decimals), POWERS[unit] - len(decimals)
    if power >= 0:
        return Quantity(digits * 10**power, 10**power, text)
    from fractions import Fraction

    return Quantity(Fraction(digits, 10**-power), Fraction(1, 10**-power), text)


def _complaint(text: str) -> str:
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    message = f"must be a count such as 4200000, 4.2M or 1.5G, not '{shown}'"
    bare = len(text) <= LONGEST and COUNT.fullmatch(text)
    meant = f"{text}M" if bare else f"{text[:-1]}{SLIPS.get(text[-1:], ' ')}"
    known = len(text) <= LONGEST and COUNT.fullmatch(meant)
    return f"{message}; did you mean '{meant}'?" if known else message


def rule(written: object) -> str:
    """What is wrong with a count, or nothing: a rule for readers of files."""
    try:
        quantity(written)
    except DscalcError as error:
        return error.problems[0].message
    return ""
