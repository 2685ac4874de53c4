"""Numbers that follow from others: sums of products of literals, parameters, `in` and `input`.

They are computed exactly, as fractions of whole numbers, and must come out whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import LARGEST

Fraction: TypeAlias = tuple[int, int]
"""Numerator and denominator; the standard library's fractions take 5 ms of every start."""

INCOMING = ("in", "input")
"""The channels that come into the layer, and those that come into the block."""


class Term(NamedTuple):
    """One product of a sum: factors above and below the line, each a literal or a name."""

    sign: int
    above: tuple[str | Fraction, ...]
    below: tuple[str | Fraction, ...] = ()

    @property
    def literal(self) -> bool:
        """Whether it is written out, with no name in it."""
        return not any(isinstance(one, str) for one in (*self.above, *self.below))


class Number(NamedTuple):
    """A number as it is written, and the terms that add up to it."""

    text: str
    terms: tuple[Term, ...]

    @property
    def name(self) -> str:
        """The one name that it consists of; nothing where it is more."""
        (sign, above, below), *more = self.terms
        single = sign == 1 and len(above) == 1 and not below and not more
        return above[0] if single and isinstance(above[0], str) else ""

    def names(self) -> list[str]:
        """The names in it, in order, each once."""
        parts = [one for term in self.terms for one in (*term.above, *term.below)]
        return list(dict.fromkeys(one for one in parts if isinstance(one, str)))


def fraction(number: Number, names: Mapping[str, Any], scale: Callable[[Fraction], Fraction]
             ) -> Fraction:  # fmt: skip
    """The value of a number where names stand for these; literal terms go through `scale`.

    Raises DscalcError for what is no number, for a division by nothing, or above 10¹².
    """
    top, bottom = 0, 1
    for term in number.terms:
        value = _product(term, names, number)
        if term.literal:
            value = scale(value)
        top, bottom = top * value[1] + term.sign * value[0] * bottom, bottom * value[1]
        _check_size(number, top, bottom)
    return top, bottom


def _product(term: Term, names: Mapping[str, Any], number: Number) -> Fraction:
    top, bottom = 1, 1
    for atom in term.above:
        up, down = _value(atom, names, number)
        top, bottom = top * up, bottom * down
        _check_size(number, top, bottom)
    for atom in term.below:
        up, down = _value(atom, names, number)
        if up == 0:
            raise DscalcError(f"{number.text} divides by {atom}, which is 0")
        top, bottom = top * down, bottom * up
        _check_size(number, top, bottom)
    return top, bottom


def _value(atom: str | Fraction, names: Mapping[str, Any], number: Number) -> Fraction:
    if not isinstance(atom, str):
        return atom
    value = names[atom]
    if isinstance(value, bool) or not isinstance(value, int | float):
        from dscalc.law.fields import written

        raise DscalcError(f"{number.text}: {atom} is {written(value)}, which is no number")
    return (value, 1) if isinstance(value, int) else decimal(str(value))


def decimal(text: str) -> Fraction:
    """A decimal number exactly: "0.25" is 25 / 100."""
    digits, _, power = text.lower().partition("e")
    whole, _, decimals = digits.partition(".")
    shift = len(decimals) - int(power or 0)
    if abs(shift) > 40:
        raise DscalcError(f"{text} is no number of a size that anything has")
    value = int(f"{whole}{decimals}")
    return (value, 10**shift) if shift > 0 else (value * 10**-shift, 1)


def _check_size(number: Number, top: int, bottom: int) -> None:
    if abs(top) > LARGEST * abs(bottom):
        raise DscalcError(f"{number.text} is over {LARGEST:,} on the way")


def whole(number: Number, value: Fraction, names: Mapping[str, Any]) -> int:
    """The value as a whole number of at least 0.

    Raises DscalcError where it is none, with what the names in it stand for.
    """
    top, bottom = value
    if top % bottom == 0 and top * bottom >= 0:
        return top // bottom
    how = "which is no whole number" if top % bottom else "which is below 0"
    raise DscalcError(Problem(f"{number.text} is {top / bottom:g}, {how}{known(number, names)}"))


def known(number: Number, names: Mapping[str, Any]) -> str:
    """What the names in a number stand for: " (n = 47)"."""
    from dscalc.law.fields import written

    found = ", ".join(f"{name} = {written(names[name])}" for name in number.names())
    return f" ({found})" if found else ""
