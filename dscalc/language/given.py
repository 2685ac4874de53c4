"""Values of keys → what is written, or follows from parameters, `in` and `input`."""

from __future__ import annotations

import re
from typing import cast, get_args

from dscalc.errors import DscalcError, Problem, nearest
from dscalc.language.context import Context
from dscalc.language.expressions import expression, literal
from dscalc.language.mappings import Reader
from dscalc.language.values import INTEGER, Listing, Scalar, Value
from dscalc.law.fields import Rule
from dscalc.law.items import Given, Role
from dscalc.law.numbers import Number

AXES = "[0-9]{1,20}( ?[x×] ?[0-9]{1,20}){1,2}"
"""Numbers for each axis as people say them: 3x5."""


class GivenReader(Reader):
    """Reads the values of one block, or of a file, whose names `context` knows."""

    def __init__(self, problems: list[Problem], context: Context) -> None:
        super().__init__(problems)
        self.context = context

    def given(self, value: Value, key: str, role: Role | str, rule: Rule) -> Given:
        """The value of a key that is written, or follows; None where it is neither.

        At the role "literal" nothing may follow.
        """
        if isinstance(value, Listing):
            before = len(self.problems)
            found: Given = tuple(self.part(one, key, role) for one in value.items)
            if len(self.problems) > before:
                return None
            return found if self.right(value, key, stand_ins(found), rule) else None
        if isinstance(value, Scalar) and isinstance(value.value, str):
            if role != "literal" and self.context.knows(value.value):
                return self.following(value, key, role)
            if rule(value.value):
                return self.computed(value, key, role, rule)
        plain = self.plain(value)
        return plain if self.right(value, key, plain, rule) else None

    def right(self, value: Value, key: str, plain: object, rule: Rule) -> bool:
        """Whether a value keeps the rule of its key; complains where it does not."""
        message = rule(plain)
        if message:
            self.complain(f"{key} {message}", value.place)
        return not message

    def part(self, value: Value, key: str, role: Role | str) -> Given:
        """One number of a list, which may follow."""
        if isinstance(value, Listing):
            return tuple(self.part(one, key, role) for one in value.items)
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return self.computed(value, key, role, lambda plain: "")
        return self.plain(value)

    def computed(self, value: Scalar, key: str, role: Role | str, rule: Rule) -> Given:
        """A text that is no word of its place: a number with underscores, or an expression."""
        try:
            number = expression(value.text)
        except DscalcError as error:
            sides = re.fullmatch(AXES, value.text)
            meant = ", ".join(re.split("[ x×]+", value.text)) if sides else ""
            message = f"write [{meant}] for {value.text}" if meant else error.problems[0].message
            self.complain(f"{key}: {message}", value.place)
            return None
        alone: object = literal(number)
        if alone is not None:
            if INTEGER.fullmatch(value.text):  # a word, since it stands in quotes
                alone = value.value
            return alone if self.right(value, key, alone, rule) else None
        if role == "literal" or (number.name and not self.context.names(number.name)):
            message = rule(value.value) or f"must be written out, not {value.text}"
            hint = "" if message[-1] == "?" else nearest(value.text, self.context.known())
            self.complain(f"{key} {message}{hint}", value.place)
            return None
        return self.following(value, key, role)

    def following(self, value: Scalar, key: str, role: Role | str) -> Given:
        number = expression(value.text)
        try:
            self.context.follow(number, as_role(role))
        except DscalcError as error:
            self.complain(f"{key}: {error.problems[0].message}", value.place)
            return None
        return number


def as_role(role: Role | str) -> Role:
    """The role of a place, where "literal" is as plain as any other."""
    for known in get_args(Role):
        if known == role:
            return cast(Role, known)
    return "plain"


def follows(given: Given) -> bool:
    """Whether a value, or a part of it, follows from others."""
    if isinstance(given, Number):
        return True
    return isinstance(given, tuple) and any(map(follows, given))


def stand_ins(given: Given) -> Given:
    """The value with 1 in place of what follows."""
    if isinstance(given, Number):
        return 1
    return tuple(map(stand_ins, given)) if isinstance(given, tuple) else given
