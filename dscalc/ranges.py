"""Lists and ranges as people write them, 0.25,0.5 or 0.25:1.0:0.25, read in exact decimals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from typing import TypeVar

from dscalc.counts import LONGEST
from dscalc.errors import DscalcError
from dscalc.layers import Sizes

MOST = 1_000_000  # values of a range, points of a sweep
DECIMAL = re.compile(r"-?[0-9]*\.?[0-9]+(?:[eE]-?[0-9]{1,2})?")
WHOLE = re.compile(r"[0-9]+")
EXACT = Context(prec=400)  # no sum of a million numbers of LONGEST characters needs as many

T = TypeVar("T")


def decimals(text: str, what: str) -> tuple[float, ...]:
    """The numbers of "0.25,0.5" or of "0.25:1.0:0.25", whose ends both belong to it.

    Raises DscalcError for what is no number, and for ranges that are empty, backward or endless.
    """
    return _values(text, what, lambda value: float(_number(value, what)), float)


def sides(text: str, what: str) -> tuple[Sizes, ...]:
    """The sides of "224,192", "96:224:32" or "160x128,224", as numbers or one for each axis."""

    def whole(value: str) -> int:
        if WHOLE.fullmatch(value) is None or len(value) > LONGEST:
            raise DscalcError(f"{what} must be whole numbers, not '{_shown(value)}'")
        return int(value)

    def one(value: str) -> Sizes:
        numbers = tuple(whole(part) for part in value.replace("×", "x").split("x"))
        return numbers if len(numbers) > 1 else numbers[0]

    def of_range(value: Decimal) -> Sizes:
        return whole(format(value.normalize(EXACT), "f"))

    return _values(text, what, one, of_range)


def _values(
    text: str, what: str, one: Callable[[str], T], of_range: Callable[[Decimal], T]
) -> tuple[T, ...]:
    """The values of a list of values and ranges, each once."""
    values: dict[T, None] = {}
    for part in text.split(","):
        if ":" in part:
            values |= dict.fromkeys(map(of_range, _range(part.strip(), what)))
        else:
            values[one(part.strip())] = None
    return tuple(values)


def _range(text: str, what: str) -> Iterator[Decimal]:
    """The numbers of from:to:step; the last one is `to` where the steps meet it."""
    parts = text.split(":")
    if len(parts) != 3:
        raise DscalcError(f"{what} takes a range as from:to:step, not '{_shown(text)}'")
    start, stop, step = (_number(part.strip(), what) for part in parts)
    if step == 0:
        raise DscalcError(f"{what} {text}: a step of zero never arrives; say how far apart")
    if stop < start or step < 0:
        low, high = sorted((parts[0], parts[1]), key=Decimal)
        meant = f"{low}:{high}:{parts[2].removeprefix('-')}"
        raise DscalcError(f"{what} {text}: ranges go upward; did you mean '{meant}'?")
    count = int(EXACT.divide_int(EXACT.subtract(stop, start), step)) + 1
    check_count(count, f"{what} {text}: its values")
    return (EXACT.fma(step, index, start) for index in range(count))


def check_count(count: int, what: str) -> None:
    """Raises DscalcError, before anything is done, where `what` are more than MOST."""
    if count > MOST:
        raise DscalcError(
            f"{what} are more than {MOST:,}; take larger steps, or split it and run the parts apart"
        )


def _number(text: str, what: str) -> Decimal:
    if len(text) > LONGEST or DECIMAL.fullmatch(text) is None:
        raise DscalcError(f"{what} must be numbers, not '{_shown(text)}'")
    return Decimal(text)


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
