"""Behind the word of an item: the keys of a kind, or the parameters of a block."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from dscalc.errors import DscalcError, Place, Problem
from dscalc.language.context import Context
from dscalc.language.expressions import computable
from dscalc.language.given import GivenReader, follows
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.language.words import ITEM_KEYS, VALUES_ALONE
from dscalc.law.convolutions import Convolution, Pointwise
from dscalc.law.fields import RULES
from dscalc.law.items import Definition, Given, Made, Required, Role, Use
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer

RULE_KEYS = ("multiple_of", "at_least", "scale")


class UseReader(GivenReader):
    """Reads kinds and uses of blocks; `defaults` are keys of every convolution."""

    def __init__(
        self, problems: list[Problem], defaults: Mapping[str, Any], context: Context
    ) -> None:
        super().__init__(problems, context)
        self.defaults = defaults

    def use(self, block: Definition, value: Value, place: Place) -> Use | None:
        """A block that is used as a kind, with the values of its parameters."""
        table = self.arguments(value, list(block.parameters), place, block.name)
        if table is None:
            return None
        if self.beside(table, block.name, block.parameters):
            return None
        rules = [key for key in RULE_KEYS if key not in block.parameters]
        self.check_keys(table, (*block.parameters, *rules), block.name)
        for name, default in block.parameters.items():
            if default is Required and name not in table.items:
                self.complain(f"'{name}' is missing in {block.name}", place)
        given = {
            name: self.argument(value, block.roles[name], name)
            for name, value in table.items.items()
            if name in block.parameters
        }
        rule = {key: table.items[key] for key in rules if key in table.items}
        channels = [name for name, role in block.roles.items() if role == "channels"]
        for key, item in rule.items():
            if len(channels) != 1:
                message = f"{key} is for the one parameter of channels; {block.name} has "
                self.complain(f"{message}{len(channels)}", item.place)
        read = {key: self.given(item, key, "literal", RULES[key]) for key, item in rule.items()}
        return Use(block, given, {key: item for key, item in read.items() if item is not None})

    def argument(self, value: Value, role: Role, name: str) -> Given:
        """A value handed to a parameter or a variable: a number, a word, a flag, a list."""
        if role == "source":
            return self.plain(value)
        if isinstance(value, Table):
            self.complain(f"{name} is a number, a word, a flag or a list of them", value.place)
            return None
        if isinstance(value, Listing):
            return tuple(self.argument(one, role, name) for one in value.items)
        if isinstance(value, Scalar) and role in ("channels", "repeat", "stride"):
            rule = RULES["stride" if role == "stride" else "n"]
            return self.given(value, name, role, rule)
        if isinstance(value, Scalar) and isinstance(value.value, str) and computable(value.text):
            return self.computed(value, name, role, lambda plain: "")
        return self.given(value, name, role, lambda plain: "")

    # ------------------------------------------------------------ kinds

    def made(self, kind: str, value: Value, place: Place) -> Made | None:
        """The layer of an item, with what follows to be filled in."""
        cls = KINDS[kind]
        names = [key_alone(kind), *cls.fields] if cls.fields else []
        table = self.arguments(value, names, place, kind)
        if table is None:
            return None
        known, before = keys_of(kind), len(self.problems)
        if self.beside(table, kind, known):
            return None
        self.check_keys(table, known, kind)
        given = {
            key: self.field(cls, key, item, table)
            for key, item in table.items.items()
            if key in known
        }
        missing = [key for key, required in known.items() if required and key not in given]
        for name in missing:
            self.complain(f"'{name}' is missing in {kind}", place)
        if len(self.problems) > before:
            return None
        following = {key: one for key, one in given.items() if follows(one)}
        literals = {key: one for key, one in given.items() if key not in following}
        stand_ins = {key: _stand_in(cls, key) for key in following}
        try:
            layer = cls(**{**self.convolution_defaults(cls), **literals, **stand_ins})
        except DscalcError as error:
            for problem in error.problems:
                at = table.items.get(problem.key)
                self.complain(problem.message, at.place if at else place)
            return None
        return Made(layer, following)

    def beside(self, table: Table, kind: str, known: Collection[str]) -> bool:
        """Complains of keys of an item that stand inside the braces of its kind."""
        inside = [key for key in table.items if key in ITEM_KEYS and key not in known]
        for key in inside:
            message = f"'{key}' stands beside {kind}, not inside it: {{{kind}: {{…}}, {key}: …}}"
            self.complain(message, table.keys[key])
        return bool(inside)

    def convolution_defaults(self, cls: type[Layer]) -> dict[str, Any]:
        """The file's defaults, which are those of convolutions."""
        if not (issubclass(cls, Convolution | Pointwise)):
            return {}
        return {key: value for key, value in self.defaults.items() if key in cls.fields}

    def field(self, cls: type[Layer], key: str, value: Value, table: Table) -> Given:
        """The value of one field; None where it is a mistake."""
        role: Role = "plain"
        if key in cls.wide and self.scales(cls, table):
            role = "channels"
        elif key == "stride" and cls.strided:
            role = "stride"
        if key in ("norm", "depthwise_norm") and isinstance(value, Table):
            return self.norm(value)
        if key in RULE_KEYS and key in cls.fields and "n" in cls.wide:
            return self.given(value, key, "literal", cls.rules[key])
        return self.given(value, key, role, cls.rules[key])

    def scales(self, cls: type[Layer], table: Table) -> bool:
        """Whether α scales the channels of an item."""
        scale = table.items.get("scale")
        if isinstance(scale, Scalar):
            return scale.value is True
        return bool(cls.defaults.get("scale", False))

    def norm(self, value: Table) -> Given:
        """A norm as {type, without}: without scale, shift or both."""
        self.check_keys(value, ("type", "without"), "norm")
        rules = {"type": RULES["type"], "without": RULES["without"]}
        good = self.record(value, rules, rules, "norm")
        if good.get("without") is None:
            return good.get("type", "batch")
        return good.get("type", "batch"), good["without"]

    def arguments(self, value: Value, known: list[str], place: Place, what: str) -> Table | None:
        """What stands behind a kind: nothing, a mapping, or the value of its first key alone."""
        if isinstance(value, Table):
            return value
        if isinstance(value, Scalar) and value.value is None:
            return Table({}, {}, place)
        if known and (isinstance(value, Scalar) or what in VALUES_ALONE):
            return Table({known[0]: value}, {known[0]: value.place}, place)
        keys = ", ".join(dict.fromkeys(known)) or "nothing: it has no keys"
        self.complain(f"{what} must be a mapping of {keys}", value.place)
        return None


def _stand_in(cls: type[Layer], key: str) -> object:
    """What a field takes while it is not known what follows there: a number, or a word."""
    usual = cls.defaults.get(key)
    some = (1, None, "none") if usual is None else (usual,)
    return next(one for one in some if not cls.rules[key](one))


@cache
def keys_of(kind: str) -> dict[str, bool]:
    """The keys of a kind, and which of them it cannot do without."""
    made = KINDS[kind]
    return {key: key not in made.defaults for key in made.fields}


@cache
def key_alone(kind: str) -> str:
    """The key whose value may stand alone behind a kind: the first that it needs, or has."""
    keys = keys_of(kind)
    return next((key for key, required in keys.items() if required), next(iter(keys), ""))
