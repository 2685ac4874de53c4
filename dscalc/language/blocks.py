"""The blocks of a file: parameters, inputs, layers, outputs → definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dscalc.errors import Place
from dscalc.language.context import Context, parameter_complaint
from dscalc.language.items import ItemReader
from dscalc.language.mappings import Reader
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.law.items import Definition, Given, Item, Levels, Reference, Required, levels
from dscalc.law.kinds import KINDS, STRUCTURES
from dscalc.law.structures import DEEPEST_BLOCKS

DEEPEST_LISTS = 100  # lists of layers inside each other, blocks followed
BLOCK_KEYS = ("with", "input", "layers", "outputs")


class BlockReader(Reader):
    """Reads `blocks`; each may use those that are written before it."""

    def blocks(self, value: Value | None, defaults: Mapping[str, Any]) -> dict[str, Definition]:
        """The definitions by name, in the order of the file."""
        found: dict[str, Definition] = {}
        if value is None:
            return found
        if not isinstance(value, Table):
            self.complain("blocks is a mapping of names to lists of layers", value.place)
            return found
        for name, body in value.items.items():
            place = value.keys[name]
            if not name[:1].isupper():
                message = (
                    f"a block's name begins with a capital letter: {name[:1].upper()}{name[1:]}"
                )
                self.complain(f"{message}, not {name}", place)
                continue
            found[name] = self.block(name, body, place, defaults, found)
        return found

    def block(
        self,
        name: str,
        value: Value,
        place: Place,
        defaults: Mapping[str, Any],
        known: Mapping[str, Definition],
    ) -> Definition:
        """One definition; what is wrong in it is left out of it."""
        table = value
        if isinstance(value, Listing):
            table = Table({"layers": value}, {"layers": value.place}, value.place)
        if not isinstance(table, Table):
            self.complain(f"{name} is a list of layers, or a mapping with layers", value.place)
            return Definition(name, {}, {}, (), ())
        kinds = [key for key in table.items if key in KINDS or key in STRUCTURES]
        if kinds and "layers" not in table.items:
            self.complain(f"{name} is a list of layers: put a dash before {kinds[0]}", table.place)
            return Definition(name, {}, {}, (), ())
        self.check_keys(table, BLOCK_KEYS, f"the block {name}")
        if "layers" not in table.items:
            self.complain(f"'layers' is missing in {name}", place)
        parameters = self.parameters(table.items.get("with"))
        inputs = self.inputs(table.items.get("input"))
        context = Context(parameters, dict(known), single=len(inputs) < 2)
        reader = ItemReader(self.problems, defaults, context)
        items = reader.items(table.items.get("layers"))
        outputs = self.outputs(table.items.get("outputs"))
        self.check_used(parameters, context, table.items.get("with"))
        roles = {name: context.found.get(name, "plain") for name in parameters}
        found = self.check_levels(items, place)
        return Definition(name, parameters, roles, inputs, items, outputs, place, found)

    def check_levels(self, items: tuple[Item, ...], place: Place) -> Levels:
        """The levels of a list, before anything goes down them; too many are told once."""
        found = levels(items)
        for count, most, what in zip(found, (DEEPEST_LISTS, DEEPEST_BLOCKS), ("lists", "blocks"),
                                     strict=True):  # fmt: skip
            if count > most:
                self.complain(f"{what} inside each other, more than {most} deep", place)
                return Levels()
        return found

    def parameters(self, value: Value | None, needs_values: bool = False) -> dict[str, Given]:
        """The parameters of `with` and their defaults; Required where there is none."""
        if value is None:
            return {}
        if not isinstance(value, Table):
            self.complain("with is a mapping of parameters to their defaults", value.place)
            return {}
        found: dict[str, Given] = {}
        for name, default in value.items.items():
            complaint = parameter_complaint(name)
            if complaint:
                self.complain(f"a parameter {complaint}", value.keys[name])
                continue
            plain = self.default(default)
            if plain is None and needs_values:
                self.complain(f"the parameter '{name}' of a file needs a value", value.keys[name])
            found[name] = Required if plain is None else plain
        return found

    def default(self, value: Value) -> Given:
        """A number, a word, a flag, or a list of numbers."""
        plain = self.plain(value)
        parts = plain if isinstance(plain, tuple) else (plain,)
        if not all(isinstance(part, int | float | str | None) for part in parts):
            self.complain("a default is a number, a word, true or false", value.place)
            return 1
        return plain

    def check_used(self, parameters: Mapping[str, Given], context: Context, value: Value | None
                   ) -> None:  # fmt: skip
        for name in parameters:
            if name not in context.used and isinstance(value, Table):
                self.complain(f"the parameter '{name}' is never used", value.keys[name])

    def inputs(self, value: Value | None) -> tuple[str, ...]:
        """The names of what comes into a block; none for a single map, which is `input`."""
        if value is None:
            return ()
        names = self.plain(value) if isinstance(value, Listing) else ()
        if not names or not all(isinstance(name, str) for name in names):
            self.complain("input of a block is a list of names, as [p, q]", value.place)
            return ()
        if len(set(names)) < len(names):
            self.complain("input names a map twice", value.place)
        return tuple(dict.fromkeys(names))

    def outputs(self, value: Value | None) -> tuple[Reference, ...]:
        """The layers whose maps go out."""
        if value is None:
            return ()
        listed = value.items if isinstance(value, Listing) else []
        words = [one for one in listed if isinstance(one, Scalar) and isinstance(one.value, str)]
        if not words or len(words) < len(listed):
            self.complain("outputs is a list of the names of layers", value.place)
        names = [str(one.value) for one in words]
        if len(set(names)) < len(names):
            self.complain("outputs names a layer twice", value.place)
        return tuple(Reference(str(one.value), one.place) for one in words)
