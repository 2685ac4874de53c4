"""Numbers as people write them: 4.2M, 512kB, 0.25:1.0:0.25, 160x128, all read without rounding."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from decimal import Context, Decimal
    from fractions import Fraction

T = TypeVar("T")

Sides: TypeAlias = int | tuple[int, ...]
"""A side for every axis, or one for each."""

# ---------------------------------------------------------------- counts


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

    @property
    def whole(self) -> int:
        """The largest whole number within it: what whole figures are held against."""
        return int(self.value // 1)


def quantity(written: object) -> Quantity:
    """The quantity that a file or a flag writes as 4253864, 4_253_864, 4.25M or 1.5G (decimal).

    Raises DscalcError for anything else.
    """
    if isinstance(written, int) and not isinstance(written, bool) and written >= 0:
        return Quantity(written, 1, str(written))
    text = written if isinstance(written, str) else repr(written)
    match = COUNT.fullmatch(text) if len(text) <= LONGEST else None
    if match is None or (match[2] and not match[3]):  # 4.2 of what? Half a weight is no count
        raise DscalcError(_count_complaint(text))
    whole, decimals, unit = match[1].replace("_", ""), match[2] or "", match[3]
    digits, power = int(whole + decimals), POWERS[unit] - len(decimals)
    if power >= 0:
        return Quantity(digits * 10**power, 10**power, text)
    from fractions import Fraction

    return Quantity(Fraction(digits, 10**-power), Fraction(1, 10**-power), text)


def _count_complaint(text: str) -> str:
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


# ---------------------------------------------------------------- sizes in memory


UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
SIZE = r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))? ?([A-Za-z]*)"


def size(written: str) -> Quantity:
    """The bytes that a flag writes as 600kB, 1.5MB or 2MiB; the unit is required.

    Raises DscalcError for anything else.
    """
    match = re.fullmatch(SIZE, written) if len(written) <= LONGEST else None
    if match is None or match[3] not in UNITS:
        raise DscalcError(_size_complaint(written, match))
    decimals = match[2] or ""
    bytes_each, parts = UNITS[match[3]], 10 ** len(decimals)
    digits = int(match[1].replace("_", "") + decimals)
    return Quantity(_exact(digits * bytes_each, parts), _exact(bytes_each, parts), written)


def _exact(numerator: int, denominator: int) -> Exact:
    if numerator % denominator == 0:
        return numerator // denominator
    from fractions import Fraction

    return Fraction(numerator, denominator)


def _size_complaint(text: str, match: re.Match[str] | None) -> str:
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    message = f"must be a size such as 600kB, 1.5MB or 2MiB, not '{shown}'"
    if match is None:
        return message
    if not match[3]:
        return f"{message}; it needs one of the units {', '.join(UNITS)}"
    meant = [unit for unit in UNITS if unit.lower() == match[3].lower()]
    meant += [unit for unit in UNITS if unit.lower() == f"{match[3].lower()}b"]
    return f"{message}; did you mean '{text[: match.start(3)]}{meant[0]}'?" if meant else message


# ---------------------------------------------------------------- percentages


PERCENTAGE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?")


class Percentage(NamedTuple):
    """A percentage as it was written, in the number that a printed accuracy is read as, too."""

    value: float
    text: str


def percentage(text: str) -> Percentage:
    """The percentage that a file or a flag writes as 70 or 70.6.

    Raises DscalcError for anything else, and below 1, where a share was meant.
    """
    if PERCENTAGE.fullmatch(text) and 1 <= float(text) <= 100:
        return Percentage(float(text), text)
    shown = _shown(text)
    message = f"must be a percentage from 1 to 100, such as 70.6, not '{shown}'"
    bare = text.removesuffix("%").strip()
    if PERCENTAGE.fullmatch(bare) and 0 < float(bare) < 1:
        bare = f"{100 * float(bare):.10g}"
    meant = bare != text and PERCENTAGE.fullmatch(bare) and 1 <= float(bare) <= 100
    raise DscalcError(f"{message}; did you mean '{bare}'?" if meant else message)


def read_percentage(text: str, what: str) -> Percentage:
    """The same of a flag, which an error names."""
    try:
        return percentage(text)
    except DscalcError as error:
        raise DscalcError(f"{what} {error.problems[0].message}") from None


# ---------------------------------------------------------------- lists and ranges


MOST = 1_000_000  # values of a range, points of a sweep
DECIMAL = r"-?[0-9]*\.?[0-9]+(?:[eE]-?[0-9]{1,2})?"
WHOLE = "[0-9]+"


def decimals(text: str, what: str) -> tuple[float, ...]:
    """The numbers of "0.25,0.5" or of "0.25:1.0:0.25", whose ends both belong to it.

    Raises DscalcError for what is no number, and for ranges that are empty, backward or endless.
    """
    return _values(text, what, lambda value: float(_number(value, what)), float)


def sides(text: str, what: str) -> tuple[Sides, ...]:
    """The sides of "224,192", "96:224:32" or "160x128,224", as numbers or one for each axis."""

    def whole(value: str) -> int:
        if re.fullmatch(WHOLE, value) is None or len(value) > LONGEST:
            raise DscalcError(f"{what} must be whole numbers, not '{_shown(value)}'")
        return int(value)

    def one(value: str) -> Sides:
        numbers = tuple(whole(part) for part in value.replace("×", "x").split("x"))
        return numbers if len(numbers) > 1 else numbers[0]

    def of_range(value: Decimal) -> Sides:
        return whole(format(value.normalize(_exact_context()), "f"))

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
        low, high = sorted((parts[0], parts[1]), key=float)
        meant = f"{low}:{high}:{parts[2].removeprefix('-')}"
        raise DscalcError(f"{what} {text}: ranges go upward; did you mean '{meant}'?")
    exact = _exact_context()
    count = int(exact.divide_int(exact.subtract(stop, start), step)) + 1
    check_count(count, f"{what} {text}: its values")
    return (exact.fma(step, index, start) for index in range(count))


def check_count(count: int, what: str) -> None:
    """Raises DscalcError, before anything is done, where `what` are more than MOST."""
    if count > MOST:
        raise DscalcError(
            f"{what} are more than {MOST:,}; take larger steps, or split it and run the parts apart"
        )


@cache
def _exact_context() -> Context:
    """Digits enough for any sum of a million numbers of LONGEST characters."""
    from decimal import Context

    return Context(prec=400)


def _number(text: str, what: str) -> Decimal:
    if len(text) > LONGEST or re.fullmatch(DECIMAL, text) is None:
        raise DscalcError(f"{what} must be numbers, not '{_shown(text)}'")
    from decimal import Decimal

    return Decimal(text)


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
