"""What names stand for while a list of layers is read: parameters, variables, and their roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dscalc.errors import DscalcError, nearest
from dscalc.language.expressions import NAME
from dscalc.law.items import Definition, Role
from dscalc.law.numbers import INCOMING, Number

RESERVED = (
    *("in", "input", "none", "auto", "same", "valid", "causal", "batch", "layer", "group"),
    *("instance", "true", "false"),
)
"""Words that stand as values, which no parameter may be called."""

WORDS_OF_ROLES: Mapping[Role, str] = {
    "channels": "channels",
    "repeat": "copies",
    "stride": "a stride",
    "source": "a layer",
}


class Context:
    """The names of one block, or of a file, and what each was found to stand for.

    `single` says whether one map comes in, which `input` needs; `blocks` are those before it.
    """

    def __init__(
        self, parameters: Mapping[str, Any], blocks: Mapping[str, Definition], single: bool = True
    ) -> None:
        self.parameters, self.blocks, self.single = parameters, blocks, single
        self.variables: dict[str, None] = {}
        self.used: set[str] = set()
        self.found: dict[str, Role] = {}

    def knows(self, name: str) -> bool:
        """Whether a name is a parameter or a variable here."""
        return name in self.variables or name in self.parameters

    def names(self, name: str) -> bool:
        """Whether a name may stand in a number here."""
        return name in INCOMING or self.knows(name)

    def known(self) -> list[str]:
        """All that a number may name here."""
        return [*self.variables, *self.parameters, "in", *(["input"] if self.single else [])]

    def enter(self, names: Iterable[str]) -> None:
        """The variables of an `each` begin to be known."""
        for name in names:
            self.variables[name] = None
            self.used.discard(name)
            self.found.pop(name, None)

    def leave(self, names: Iterable[str]) -> dict[str, Role]:
        """They end to be known; returns what they stood for."""
        roles: dict[str, Role] = {}
        for name in names:
            self.variables.pop(name, None)
            roles[name] = self.found.pop(name, "plain")
        return roles

    def stands(self, name: str, role: Role) -> None:
        """Notes what a name stands for; raises DscalcError where that contradicts another place."""
        self.used.add(name)
        before = self.found.get(name, "plain")
        if role == "plain" or role == before:
            self.found.setdefault(name, before)
            return
        if before != "plain":
            message = f"{name} stands for {WORDS_OF_ROLES[before]} and for {WORDS_OF_ROLES[role]}"
            raise DscalcError(message)
        self.found[name] = role

    def follow(self, number: Number, role: Role) -> None:
        """Notes the names of a number that stands at a place of this role.

        What multiplies `in` or `input` is a factor; any other name at channels is a size.
        Raises DscalcError for names that are unknown, and for products of parameters.
        """
        for name in number.names():
            if name == "input" and not self.single:
                raise DscalcError(f"{number.text}: several maps come into the block, not one input")
            if name not in INCOMING and not self.knows(name):
                hint = nearest(name, self.known()) or f"; there are {', '.join(self.known())}"
                raise DscalcError(f"{number.text}: unknown name '{name}'{hint}")
        for term in number.terms:
            parameters = [one for one in term.above if isinstance(one, str) and one not in INCOMING]
            if len(parameters) > 1:
                both = " and ".join(parameters)
                raise DscalcError(f"{number.text}: parameters are not multiplied, as {both} are")
            names = [one for one in (*term.above, *term.below) if isinstance(one, str)]
            factor = any(name in INCOMING for name in names)
            for name in names:
                if name not in INCOMING:
                    self.stands(name, "plain" if factor or name in term.below else role)


def parameter_complaint(name: str) -> str:
    """What is wrong with the name of a parameter or variable, or nothing."""
    if not NAME.fullmatch(name):
        return f"is called by a word, not '{name}'"
    return f"cannot be called '{name}', which is a value" if name in RESERVED else ""
