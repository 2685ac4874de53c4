"""Lists of layers in a file → named nodes: names, copies, references and structures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from dscalc.errors import DscalcError, Place, Problem, nearest
from dscalc.language.mappings import Reader
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.law.fields import RULES
from dscalc.law.kinds import KINDS, STRUCTURES
from dscalc.law.layer import INPUT, Layer, Node
from dscalc.law.weightless import Add, Concat, Part

MOST_LAYERS = 100_000  # in one network, copies counted
MOST_JOINED = 3 * MOST_LAYERS  # inputs of all layers together, as of the branches of a concat
LONGEST_NAME = 400  # characters of a layer's name, those of the lists around it counted

ITEM_KEYS = ("name", "repeat", "from")

KIND_SYNONYMS = {
    "conv2d": "conv",
    "conv1d": "conv",
    "convolution": "conv",
    "separable_conv": "separable",
    "depthwise_conv": "depthwise",
    "dense": "linear",
    "fc": "linear",
    "fully_connected": "linear",
    "max_pool": "pool",
    "avg_pool": "pool",
    "batch_norm": "norm",
    "layer_norm": "norm",
}
COSTLESS = ("relu", "relu6", "swish", "sigmoid", "softmax", "gelu", "activation", "dropout")


class _Item(NamedTuple):
    """An entry of a list of layers, taken apart."""

    kind: str
    arguments: Value | None
    name: str | None
    repeat: int
    source: Scalar | None
    place: Place


class _Scope(NamedTuple):
    """A list of layers: the prefix of its names, those of the lists around it, and whether it
    belongs to a later copy of something repeated, where strides are 1."""

    prefix: str = ""
    outer: tuple[str, ...] = ()
    later: bool = False

    def inside(self, name: str, later: bool) -> _Scope:
        return _Scope(f"{self.prefix}{name}.", (self.prefix, *self.outer), later)

    def around(self) -> _Scope:
        """The scope of the list that this one stands in."""
        return _Scope(self.outer[0], self.outer[1:], self.later)


class LayerReader(Reader):
    """Reads the layers of one network; `defaults` are keys of every convolution."""

    def __init__(self, problems: list[Problem], defaults: Mapping[str, Any]) -> None:
        super().__init__(problems)
        self.defaults = defaults
        self.nodes: list[Node] = []
        self.outputs = {INPUT: INPUT}
        self.items_read: dict[int, _Item | None] = {}
        self.layers_made: dict[tuple[int, bool], Layer | None] = {}
        self.places_of: dict[int, Mapping[str, Place]] = {}
        self.copies_made = 0
        self.joined = 0

    def network_nodes(self, value: Value | None) -> tuple[Node, ...]:
        """The nodes of a network's `layers`, in the order of execution."""
        if isinstance(value, Listing) and not value.items:
            self.complain("a network without layers", value.place)
        self.items(value, _Scope(), INPUT)
        return tuple(self.nodes)

    def items(self, value: Value | None, scope: _Scope, current: str) -> str:
        """Appends the nodes of a list of layers; returns the name of its last output."""
        if value is None:
            return current
        if not isinstance(value, Listing):
            self.complain("here must be a list of layers", value.place)
            return current
        index = 0
        for entry in value.items:
            if id(entry) not in self.items_read:
                self.items_read[id(entry)] = self.item(entry)
            item = self.items_read[id(entry)]
            if item is not None:
                current = self.copies(item, scope, index, current)
                index += item.repeat
        return current

    def item(self, value: Value) -> _Item | None:
        """Takes one entry apart: a kind, or a mapping with one kind and the keys of an item."""
        if isinstance(value, Scalar) and isinstance(value.value, str):
            if not self.known_kind(value.value, value.place):
                return None
            return _Item(value.value, None, None, 1, None, value.place)
        if not isinstance(value, Table):
            self.complain("a layer is a kind, or a mapping with one kind", value.place)
            return None
        kinds = [key for key in value.items if key not in ITEM_KEYS]
        unknown = [kind for kind in kinds if not self.known_kind(kind, value.keys[kind])]
        if unknown:
            return None
        if len(kinds) != 1:
            found = f"has {' and '.join(kinds)}" if kinds else "names none"
            self.complain(f"a layer has one kind; this one {found}", value.place)
            return None
        return _Item(
            kinds[0],
            value.items[kinds[0]],
            self.words(value, "name") or None,
            self.repeat(value.items.get("repeat")),
            self.source(value.items.get("from")),
            value.keys[kinds[0]],
        )

    def known_kind(self, kind: str, place: Place) -> bool:
        if kind in KINDS or kind in STRUCTURES:
            return True
        if kind.lower() in COSTLESS:
            hint = "; activations and dropout cost nothing and are left out"
        else:
            hint = nearest(kind, (*KINDS, *STRUCTURES, *ITEM_KEYS), KIND_SYNONYMS)
        self.complain(f"unknown kind '{kind}'{hint}", place)
        return False

    def repeat(self, value: Value | None) -> int:
        if value is None:
            return 1
        count = self.plain(value)
        message = RULES["n"](count)
        if not message and count > MOST_LAYERS:
            message = f"must be at most {MOST_LAYERS:,}, not {count}"
        if message:
            self.complain(f"repeat {message}", value.place)
            return 1
        return int(count)

    def source(self, value: Value | None) -> Scalar | None:
        if value is None or (isinstance(value, Scalar) and isinstance(value.value, str)):
            return value
        self.complain("from must be the name of an earlier layer", value.place)
        return None

    def copies(self, item: _Item, scope: _Scope, index: int, current: str) -> str:
        """Appends the copies of one item, each taking the output of the one before."""
        if item.source is not None:
            current = self.lookup(item.source, scope)
        for copy in range(1, item.repeat + 1):
            self.copies_made += 1
            if self.copies_made > MOST_LAYERS:
                message = f"more than {MOST_LAYERS:,} layers"
                raise DscalcError(*self.problems, Problem(message, place=item.place))
            if item.name is None:
                name = f"{item.kind}{index + copy}"
            else:
                name = f"{item.name}{copy}" if item.repeat > 1 else item.name
            current = self.one(item, scope, name, current, later=scope.later or copy > 1)
        if item.name is not None and item.repeat > 1:
            self.outputs.setdefault(scope.prefix + item.name, current)
        return current

    def lookup(self, name: Scalar, scope: _Scope) -> str:
        """The node that `name` means here: in this list, else in the lists around it."""
        for prefix in (scope.prefix, *scope.outer):
            if f"{prefix}{name.value}" in self.outputs:
                return self.outputs[f"{prefix}{name.value}"]
        hint = nearest(str(name.value), self.outputs)
        self.complain(f"no earlier layer is called '{name.value}'{hint}", name.place)
        return INPUT

    def one(self, item: _Item, scope: _Scope, name: str, current: str, later: bool) -> str:
        """Appends one copy of an item; returns the name of its output."""
        full = scope.prefix + name
        if len(full) > LONGEST_NAME:
            message = f"a name of more than {LONGEST_NAME} characters"
            raise DscalcError(*self.problems, Problem(message, place=item.place))
        if full in self.outputs:
            self.complain(f"an earlier layer is called '{full}' too", item.place)
        if item.kind in STRUCTURES:
            current = self.structure(item, scope.inside(name, later), full, current)
        else:
            layer = self.layer(item, later)
            if layer is not None:
                current = self.append(full, layer, (current,), item)
        self.outputs[full] = current
        return current

    def count_joined(self, inputs: int, item: _Item) -> None:
        """Counts what layers take, and what lists of layers there are, before they take memory."""
        self.joined += inputs
        if self.joined > MOST_JOINED:
            message = f"more than {MOST_JOINED:,} inputs of layers"
            raise DscalcError(*self.problems, Problem(message, place=item.place))

    def append(self, name: str, layer: Layer, inputs: tuple[str, ...], item: _Item) -> str:
        self.count_joined(1, item)
        self.nodes.append(Node(name, layer, inputs, self.places(item)))
        return name

    # ------------------------------------------------------------ structures

    def structure(self, item: _Item, scope: _Scope, name: str, current: str) -> str:
        """Appends the layers of a structure; returns the name of its output."""
        if item.kind == "sequence":
            return self.items(item.arguments, scope, current)
        if item.kind == "residual":
            return self.append(name, Add(), self.residual(item, scope, current), item)
        if item.kind == "split":
            return self.append(name, Concat(), self.split(item, scope, current), item)
        if self.names_layers(item):
            inputs = self.named(item, scope)
        elif item.kind == "concat":
            inputs = self.branches(item, scope, current)
        else:
            self.complain("add takes a list of the names of earlier layers", item.place)
            return current
        join = Add() if item.kind == "add" else self.concat(item)
        return self.append(name, join, inputs, item)

    def residual(self, item: _Item, scope: _Scope, current: str) -> tuple[str, str]:
        """The outputs of the body and of the shortcut, which is the input itself by default."""
        value = item.arguments
        if not isinstance(value, Table):
            return self.items(self.required(item), scope, current), current
        self.check_keys(value, ("body", "shortcut"), "residual")
        body, shortcut = value.items.get("body"), value.items.get("shortcut")
        if body is None:
            self.complain("'body' is missing in residual", item.place)
        output = self.items(body, scope, current)
        return output, self.items(shortcut, scope.inside("shortcut", scope.later), current)

    def required(self, item: _Item) -> Value | None:
        if item.arguments is None:
            self.complain(f"{item.kind} needs a list", item.place)
        return item.arguments

    def branches(self, item: _Item, scope: _Scope, current: str) -> tuple[str, ...]:
        """The outputs of lists of layers that all take the current output."""
        return tuple(
            self.items(branch, scope.inside(str(number), scope.later), current)
            for number, branch in enumerate(self.listed(item), 1)
        )

    def split(self, item: _Item, scope: _Scope, current: str) -> tuple[str, ...]:
        """The outputs of lists of layers that take an equal part of the channels each."""
        branches = self.listed(item)
        outputs = []
        for number, branch in enumerate(branches, 1):
            inside = scope.inside(str(number), scope.later)
            part = self.append(f"{inside.prefix}part", Part(len(branches)), (current,), item)
            outputs.append(self.items(branch, inside, part))
        return tuple(outputs) or (current,)

    def listed(self, item: _Item) -> list[Value]:
        """The branches of a structure."""
        value = _of(item.arguments)
        if isinstance(value, Listing) and value.items:
            self.count_joined(len(value.items), item)
            return value.items
        self.complain(f"{item.kind} takes a list of lists of layers", item.place)
        return []

    def names_layers(self, item: _Item) -> bool:
        value = _of(item.arguments)
        return (
            isinstance(value, Listing)
            and bool(value.items)
            and all(isinstance(entry, Scalar) for entry in value.items)
        )

    def named(self, item: _Item, scope: _Scope) -> tuple[str, ...]:
        """The outputs of the earlier layers that a join names."""
        value = _of(item.arguments)
        assert isinstance(value, Listing)
        if len(value.items) < 2:
            self.complain(f"{item.kind} joins two layers or more", value.place)
        if item.source is not None:
            self.complain(f"{item.kind} names what it takes; from has no say", item.source.place)
        self.count_joined(len(value.items), item)
        names = [entry for entry in value.items if isinstance(entry, Scalar)]
        return tuple(self.lookup(name, scope.around()) for name in names)

    def concat(self, item: _Item) -> Concat:
        """The join itself; `{of: [...], crop: true}` cuts the larger maps to the smallest."""
        if not isinstance(item.arguments, Table):
            return Concat()
        self.check_keys(item.arguments, ("of", "crop"), "concat")
        crop = item.arguments.items.get("crop")
        message = RULES["bias"](self.plain(crop)) if crop else ""
        if crop and message:
            self.complain(f"crop {message}", crop.place)
            return Concat()
        return Concat(crop=bool(crop and self.plain(crop)))

    # ------------------------------------------------------------ one layer

    def layer(self, item: _Item, later: bool) -> Layer | None:
        """The layer of an item, made once for all its equal copies."""
        key = id(item), later
        if key not in self.layers_made:
            made = self.layer(item, False) if later else self.new_layer(item)
            self.layers_made[key] = made.repeated() if made and later else made
        return self.layers_made[key]

    def new_layer(self, item: _Item) -> Layer | None:
        known = _keys(item.kind)
        arguments = self.arguments(item, known)
        if arguments is None:
            return None
        self.check_keys(arguments, known, item.kind)
        values = {key: self.plain(value) for key, value in arguments.items.items() if key in known}
        missing = [key for key, required in known.items() if required and key not in values]
        for name in missing:
            self.complain(f"'{name}' is missing in {item.kind}", item.place)
        if missing:
            return None
        if "norm" in known:
            values = {**{k: v for k, v in self.defaults.items() if k in known}, **values}
        try:
            return KINDS[item.kind](**values)
        except DscalcError as error:
            for problem in error.problems:
                self.complain(problem.message, arguments.items[problem.key].place)
            return None

    def arguments(self, item: _Item, known: Mapping[str, bool]) -> Table | None:
        """What stands behind a kind: nothing, a mapping, or the one value of a kind with one."""
        value = item.arguments
        if isinstance(value, Table):
            return value
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return Table({}, {}, item.place)
        if len(known) == 1:
            (only,) = known
            return Table({only: value}, {only: value.place}, item.place)
        self.complain(f"{item.kind} must be a mapping of {', '.join(known)}", value.place)
        return None

    def places(self, item: _Item) -> Mapping[str, Place]:
        """Where the item and each of its keys stand."""
        if id(item) not in self.places_of:
            keys = item.arguments.items if isinstance(item.arguments, Table) else {}
            places = {key: value.place for key, value in keys.items()}
            self.places_of[id(item)] = {"": item.place, **places}
        return self.places_of[id(item)]


def _of(value: Value | None) -> Value | None:
    """What a join joins: its list, or the list under `of`."""
    return value.items.get("of") if isinstance(value, Table) else value


@cache
def _keys(kind: str) -> dict[str, bool]:
    """The keys of a kind, and which of them it cannot do without."""
    made = KINDS[kind]
    return {key: key not in made.defaults for key in made.fields}
