"""Lists of layers in a file → items: kinds, structures and uses of blocks, read once each.

All mistakes that can be found without measuring are found here, once for each item and not for
each of its copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from dscalc.errors import Place, Problem
from dscalc.language.context import Context
from dscalc.language.item_keys import ItemKeyReader
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.language.words import (
    ITEM_KEYS,
    unknown_kind,
)
from dscalc.law.convolutions import Pointwise
from dscalc.law.fields import RULES
from dscalc.law.items import (
    Branch,
    Item,
    Join,
    Reference,
    Residual,
    Sequence,
    Split,
    What,
)
from dscalc.law.kinds import KINDS, STRUCTURES
from dscalc.law.layer import Layer
from dscalc.law.numbers import Number
from dscalc.law.weightless import Add, Concat, Multiply

Parts: TypeAlias = tuple[Branch | Reference | Number, ...]
JOINS: dict[str, type[Layer]] = {"add": Add, "multiply": Multiply, "concat": Concat}


class ItemReader(ItemKeyReader):
    """Reads the lists of layers of one block, or of a file."""

    def __init__(
        self, problems: list[Problem], defaults: Mapping[str, Any], context: Context
    ) -> None:
        super().__init__(problems, defaults, context)
        self.items_read: dict[int, Item | None] = {}
        self.lists_read: dict[int, tuple[Item, ...]] = {}

    # ------------------------------------------------------------ lists and items

    def items(self, value: Value | None) -> tuple[Item, ...]:
        """The items of a list of layers, those left out that are mistakes."""
        if value is None:
            return ()
        if not isinstance(value, Listing):
            self.complain(f"here must be a list of layers{self.list_hint(value)}", value.place)
            return ()
        if id(value) not in self.lists_read or self.context.variables:
            read = [self.item(entry) for entry in value.items]
            self.lists_read[id(value)] = tuple([item for item in read if item is not None])
        return self.lists_read[id(value)]

    def list_hint(self, value: Value) -> str:
        """How the one layer would be written as a list that stands where a list belongs."""
        if isinstance(value, Scalar):
            return f"; write [{value.value}]" if value.value in KINDS else ""
        for key in value.items if isinstance(value, Table) else ():
            if key in ("layers", "body"):
                return f", which stands here without '{key}'"
            if key in KINDS or key in STRUCTURES or key in self.context.blocks:
                return f": put a dash before {key} (- {key}: …)"
        return ""

    def item(self, value: Value) -> Item | None:
        """One entry: a kind, or a mapping with one kind and the keys of an item."""
        if self.context.variables:  # what they stand for may differ from place to place
            return self.new_item(value)
        if id(value) not in self.items_read:
            self.items_read[id(value)] = self.new_item(value)
        return self.items_read[id(value)]

    def new_item(self, value: Value) -> Item | None:
        if isinstance(value, Scalar) and isinstance(value.value, str):
            table = Table({value.value: Scalar(None, "", value.place)},
                          {value.value: value.place}, value.place)  # fmt: skip
        elif isinstance(value, Table):
            table = value
        else:
            message = "a layer is a kind, or a mapping with one kind"
            if isinstance(value, Listing):
                message += "; a list stands here, as behind two dashes (- - conv)"
            self.complain(message, value.place)
            return None
        kind = self.kind_of(table)
        if kind is None:
            return None
        return self.read_item(table, kind)

    def kind_of(self, table: Table) -> str | None:
        """The one key of an item that names what it is."""
        kinds = [key for key in table.items if key not in ITEM_KEYS]
        unknown = [kind for kind in kinds if not self.known_kind(kind, table)]
        if unknown:
            return None
        if len(kinds) != 1:
            found = f"has {' and '.join(kinds)}" if kinds else "names none"
            message = f"a layer has one kind; this one {found}{_key_of(kinds)}"
            self.complain(message, table.place)
            return None
        return kinds[0]

    def known_kind(self, kind: str, table: Table) -> bool:
        if kind in KINDS or kind in STRUCTURES or kind in self.context.blocks:
            return True
        others = {key: KINDS[key].fields if key in KINDS else () for key in table.items
                  if key in KINDS or key in STRUCTURES}  # fmt: skip
        known = (*KINDS, *STRUCTURES, *self.context.blocks, *ITEM_KEYS)
        message = unknown_kind(kind, known, others)
        self.complain(message, table.keys[kind])
        return False

    def read_item(self, table: Table, kind: str) -> Item | None:
        """An item whose kind is known; its variables are known while it is read."""
        each = self.each_names(table)
        repeat = table.items.get("repeat")
        if each and repeat is not None:
            self.complain("each and repeat: one of them says the copies", table.keys["repeat"])
        self.context.enter(each)
        what = self.what(kind, table.items[kind], table.keys[kind])
        count = self.copies(repeat)
        test = self.condition(table.items.get("if"))
        sources = self.sources(table.items.get("from"))
        shared = self.shared(table.items.get("shared"))
        if sources and isinstance(what, Join) and what.parts and not _lists(what):
            message = f"{kind} names what it takes; from has no say"
            self.complain(message, table.items["from"].place)
        self.check_used(each, table)
        roles = self.context.leave(each)
        values = self.each_values(table.items.get("each"), roles)
        if what is None:
            return None
        arguments = table.items[kind]
        inner = arguments.items if isinstance(arguments, Table) else {}
        places = {key: value.place for key, value in inner.items()}
        own = {key: value.place for key, value in table.items.items() if key in ITEM_KEYS}
        place = table.keys[kind]
        name = self.words(table, "name")
        return Item(what, kind, place, {**places, **own, "": place}, name, sources, count,
                    values, roles, test, shared)  # fmt: skip

    # ------------------------------------------------------------ what an item is

    def what(self, kind: str, value: Value, place: Place) -> What | None:
        if kind in self.context.blocks:
            return self.use(self.context.blocks[kind], value, place)
        if kind in KINDS:
            return self.made(kind, value, place)
        if isinstance(value, Scalar) and value.value is None and kind not in JOINS:
            self.complain(f"{kind} needs a list", place)
            return None
        structures: dict[str, Callable[[Value, Place], What | None]] = {
            "sequence": lambda value, place: Sequence(self.items(value)),
            "residual": self.residual,
            "split": self.split,
        }
        if kind in structures:
            return structures[kind](value, place)
        return self.join(kind, value)

    def residual(self, value: Value, place: Place) -> Residual | None:
        keys = ("body", "shortcut", "project")
        if not isinstance(value, Table) or (value.items and self.list_hint(value)[:1] == ":"):
            return Residual(self.items(value))
        if self.beside(value, "residual", keys):
            return None
        self.check_keys(value, keys, "residual")
        if "body" not in value.items:
            self.complain("'body' is missing in residual", place)
        if "shortcut" in value.items and "project" in value.items:
            message = "shortcut is passed always, project where the shape changes: say one of them"
            self.complain(message, value.keys["project"])
        body = self.items(value.items.get("body"))
        if "project" not in value.items:
            return Residual(body, self.items(value.items.get("shortcut")))
        return Residual(body, project=self.project(value.items["project"]), conditional=True)

    def project(self, value: Value) -> tuple[Item, ...] | Layer | None:
        word = value.value if isinstance(value, Scalar) else ""
        if word == "auto":
            return Pointwise(1, **self.convolution_defaults(Pointwise))
        if word == "none":
            return None
        if not isinstance(value, Listing):
            self.complain("project must be auto, none or a list of layers", value.place)
        return self.items(value if isinstance(value, Listing) else None)

    def join(self, kind: str, value: Value) -> Join | None:
        layer = JOINS[kind]()
        if isinstance(value, Scalar) and value.value is None:
            return Join(layer)
        listed: Value | None = value
        if isinstance(value, Table) and "each" not in value.items:
            keys = ("of", "crop") if kind == "concat" else ("of",)
            if self.beside(value, kind, keys):
                return None
            self.check_keys(value, keys, kind)
            listed = value.items.get("of")
            crop = value.items.get("crop")
            if crop is not None and kind == "concat":
                layer = Concat(crop=bool(self.given(crop, "crop", "plain", RULES["bias"])))
            if listed is None:
                self.complain(f"'of' is missing in {kind}", value.place)
                return None
        parts = self.parts(listed, kind, value.place)
        return None if parts is None else Join(layer, parts)

    def parts(self, value: Value | None, kind: str, place: Place) -> Parts | None:
        """The names and lists that a join puts together."""
        if isinstance(value, Table) and "each" in value.items:
            return self.branches_of_each(value)
        if not isinstance(value, Listing) or not value.items:
            message = f"{kind} takes a list of names of earlier layers and lists of layers"
            self.complain(message, value.place if value else place)
            return None
        found: list[Branch | Reference | Number] = []
        for entry in value.items:
            if isinstance(entry, Scalar):
                source = self.source(entry)
                if entry.value in KINDS or entry.value in self.context.blocks:
                    message = f"a list of lists: write [{entry.value}], or - - {entry.value}"
                    self.complain(f"{kind} takes {message}", entry.place)
                found += [source] if source is not None else []
            elif isinstance(entry, Table) and "each" in entry.items and "layers" in entry.items:
                found += self.branches_of_each(entry)
            elif isinstance(entry, Table):
                kinds = " and ".join(entry.items)
                message = f"{kind} takes lists of layers: put a second dash before {kinds} (- - …)"
                self.complain(message, entry.place)
            else:
                found.append(Branch(self.items(entry)))
        return tuple(found)

    def branches_of_each(self, table: Table) -> tuple[Branch, ...]:
        """One list for each value of the variables."""
        self.check_keys(table, ("each", "layers"), "a list for each value")
        names = self.each_names(table)
        self.context.enter(names)
        items = self.items(table.items.get("layers"))
        if "layers" not in table.items:
            self.complain("'layers' is missing: the list for each value", table.place)
        self.check_used(names, table)
        roles = self.context.leave(names)
        values = self.each_values(table.items.get("each"), roles)
        rows = zip(*values.values(), strict=True) if values else ()
        return tuple(Branch(items, dict(zip(values, row, strict=True)), roles) for row in rows)

    def split(self, value: Value, place: Place) -> Split | None:
        if isinstance(value, Scalar):
            return Split(self.given(value, "split", "plain", RULES["n"]))
        if isinstance(value, Table) and "each" in value.items:
            branches = self.branches_of_each(value)
            return Split(len(branches), (), branches)
        sizes: Value | None = None
        listed: Value | None = value
        if isinstance(value, Table):
            if self.beside(value, "split", ("of", "sizes")):
                return None
            self.check_keys(value, ("of", "sizes"), "split")
            listed, sizes = value.items.get("of"), value.items.get("sizes")
        if (
            isinstance(listed, Listing)
            and listed.items
            and sizes is None
            and all(isinstance(one, Scalar) for one in listed.items)
        ):
            shares = [self.given(one, "split", "plain", RULES["n"]) for one in listed.items]
            return Split(len(shares), tuple(shares))
        if isinstance(listed, Table) and "each" in listed.items:
            branches = self.branches_of_each(listed)
        elif isinstance(listed, Listing) and listed.items:
            parts = self.parts(listed, "split", place) or ()
            branches = tuple(part for part in parts if isinstance(part, Branch))
            if len(branches) < len(parts):
                self.complain("split takes a list of lists of layers", listed.place)
        else:
            message = "split takes a number of parts, their sizes, or a list of lists of layers"
            self.complain(message, place)
            return None
        shares = []
        if sizes is not None:
            listing = sizes.items if isinstance(sizes, Listing) else []
            shares = [self.given(one, "split", "plain", RULES["n"]) for one in listing]
            if len(shares) != len(branches):
                message = f"{len(shares)} sizes for {len(branches)} lists; each needs one"
                self.complain(message, sizes.place)
                return None
        return Split(len(branches), tuple(shares), branches)


def _key_of(kinds: list[str]) -> str:
    """Where one of several kinds belongs that is a key of another, as norm and activation are."""
    for kind in kinds:
        for key in kinds if kind in KINDS else ():
            if key in KINDS[kind].fields:
                return f"; keys of {kind} stand inside it: {kind}: {{{key}: …}}"
    return ""


def _lists(join: Join) -> bool:
    """Whether a join puts lists of layers together, which take what comes in."""
    return any(isinstance(part, Branch) for part in join.parts)
