"""Sizes in memory as people write them, 600kB or 2MiB, read without rounding."""

from __future__ import annotations

import re

from dscalc.counts import LONGEST, Exact, Quantity
from dscalc.errors import DscalcError

UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
SIZE = re.compile(r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))? ?([A-Za-z]*)")


def size(written: str) -> Quantity:
    """The bytes that a flag writes as 600kB, 1.5MB or 2MiB; the unit is required.

    Raises DscalcError for anything else.
    """
    match = SIZE.fullmatch(written) if len(written) <= LONGEST else None
    if match is None or match[3] not in UNITS:
        raise DscalcError(_complaint(written, match))
    decimals = match[2] or ""
    bytes_each, parts = UNITS[match[3]], 10 ** len(decimals)
    digits = int(match[1].replace("_", "") + decimals)
    return Quantity(_exact(digits * bytes_each, parts), _exact(bytes_each, parts), written)


def _exact(numerator: int, denominator: int) -> Exact:
    if numerator % denominator == 0:
        return numerator // denominator
    from fractions import Fraction

    return Fraction(numerator, denominator)


def _complaint(text: str, match: re.Match[str] | None) -> str:
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    message = f"must be a size such as 600kB, 1.5MB or 2MiB, not '{shown}'"
    if match is None:
        return message
    if not match[3]:
        return f"{message}; it needs one of the units {', '.join(UNITS)}"
    meant = [unit for unit in UNITS if unit.lower() == match[3].lower()]
    meant += [unit for unit in UNITS if unit.lower() == f"{match[3].lower()}b"]
    return f"{message}; did you mean '{text[: match.start(3)]}{meant[0]}'?" if meant else message
