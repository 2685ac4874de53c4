"""Text → numbers that follow from others: "3 * in", "n / 2", "n - input", "stride > 1"."""

from __future__ import annotations

import re

from dscalc.errors import DscalcError
from dscalc.law.items import Condition
from dscalc.law.numbers import INCOMING, Fraction, Number, Term, decimal

LONGEST = 100  # characters
TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?|[-+*/()])")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def expression(text: str) -> Number:
    """Sums and differences of products and quotients, without brackets.

    Raises DscalcError for anything else.
    """
    if len(text) > LONGEST:
        raise DscalcError(f"an expression of {len(text)} characters; the longest has {LONGEST}")
    tokens = _tokens(text)
    terms: list[Term] = []
    place = 0
    while place < len(tokens):
        sign = 1
        if tokens[place] in "+-" and (terms or tokens[place] == "-"):
            sign = -1 if tokens[place] == "-" else 1
            place += 1
        elif terms:
            raise DscalcError(f"'{text}' is no expression: {tokens[place]} stands behind a number")
        term, place = _term(text, tokens, place, sign)
        terms.append(term)
    if not terms:
        raise DscalcError(f"'{text}' is no expression")
    return Number(text.strip(), tuple(terms))


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise DscalcError(f"'{text}' is no expression: '{text[place:].strip()[:1]}' is unknown")
        if match[1] in "()":
            if re.fullmatch(r"\([0-9, ]+\)?", text):
                told = "numbers for each axis stand in square brackets: [3, 5]"
                raise DscalcError(f"'{text}': {told}")
            raise DscalcError(f"'{text}': brackets are not part of an expression; write it out")
        tokens.append(match[1])
        place = match.end()
    return tokens


def _term(text: str, tokens: list[str], place: int, sign: int) -> tuple[Term, int]:
    """The product that starts at a token, and where the next one starts."""
    above: list[str | Fraction] = []
    below: list[str | Fraction] = []
    side = above
    while True:
        if place >= len(tokens) or tokens[place] in "+-*/":
            raise DscalcError(f"'{text}' is no expression: a number or a name is missing")
        side.append(_atom(tokens[place]))
        place += 1
        if place >= len(tokens) or tokens[place] not in "*/":
            return Term(sign, tuple(above), tuple(below)), place
        side = above if tokens[place] == "*" else below
        place += 1


def _atom(token: str) -> str | Fraction:
    return token if NAME.fullmatch(token) else decimal(token.replace("_", ""))


def literal(number: Number) -> int | float | None:
    """The number that a text writes out; None where something follows, or is computed."""
    (sign, above, below), *more = number.terms
    if more or below or len(above) != 1 or isinstance(above[0], str):
        return None
    top, bottom = above[0]
    return sign * (top // bottom if top % bottom == 0 else top / bottom)


def computable(text: str) -> bool:
    """Whether a text is to be computed where a word might stand as well."""
    try:
        number = expression(text)
    except DscalcError:
        return text[:1].isdigit()  # a number that is written wrong
    return number.name in ("", *INCOMING)


def condition(text: str) -> Condition:
    """NAME, `not NAME`, or `A > B`; raises DscalcError for anything else."""
    left, more, right = text.partition(">")
    if more:
        return Condition(text, expression(left), expression(right))
    words = text.split()
    wanted = words[:1] != ["not"]
    name = words if wanted else words[1:]
    if len(name) != 1 or not NAME.fullmatch(name[0]):
        raise DscalcError(f"if takes a NAME, not NAME, or A > B, and no '{text}'")
    return Condition(text, expression(name[0]), None, wanted)
