"""The one walk that lays out and measures: items → layers of whole numbers → rows.

Written channels go through the width rule, copies through the depth rule, the strides of later
copies become 1; what follows from them is computed from the results. Then the layer is made, and
its law asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from dscalc.errors import DscalcError, Place, Problem
from dscalc.law import structures
from dscalc.law.fields import written
from dscalc.law.items import (
    Condition,
    Definition,
    Entry,
    Given,
    Item,
    Made,
    Reference,
    Use,
)
from dscalc.law.layer import INPUT, Layer, Like, Node, Shape
from dscalc.law.names import Flow, Names
from dscalc.law.numbers import Number
from dscalc.law.rows import Row, Scope, locate
from dscalc.law.scaling import Scaling
from dscalc.law.tally import MOST_COPIES, Rebuilt, Tally
from dscalc.law.weightless import Upsample

LONGEST_NAME = 400  # characters of a layer's name, those of the lists around it counted


class At(NamedTuple):
    """Where in a list of layers the walk stands, and what names mean there.

    `prefix` is of the names here, `outer` are those of the lists around; `later` says that this is
    a later copy of something repeated, where strides are 1; `top` that depth scales copies here.
    """

    values: Mapping[str, Any]
    prefix: str = ""
    outer: tuple[str, ...] = ()
    later: bool = False
    top: bool = False

    def inside(self, name: str) -> At:
        """Inside the list called `name`."""
        values, prefix, outer, later, top = self
        return At(values, f"{prefix}{name}.", (prefix, *outer), later, top)

    def around(self) -> At:
        """The list that this one stands in."""
        return At(self.values, self.outer[0], self.outer[1:], self.later, self.top)


class Walk:
    """Lays out one list of items, and measures it."""

    def __init__(
        self,
        scaling: Scaling,
        given: Sequence[tuple[str, Shape]],
        tally: Tally,
        depth: int = 0,
    ) -> None:
        self.scaling, self.tally, self.depth = scaling, tally, depth
        self.scope = Scope(given, tally.measured)
        self.names = Names(self.scope)
        self.first_copies: dict[int, str] = {}
        self.first_rows: dict[int, list[Row]] = {}
        self.input = given[0][1].channels if len(given) == 1 else None

    # ------------------------------------------------------------ lists

    def entries(self, entries: Sequence[Entry], at: At, flow: Flow) -> Flow:
        """Lays out a list of items that takes `flow`; returns what its last one gives."""
        self.tally.count(len(entries))
        index = 0
        for entry in entries:
            index += 1
            if isinstance(entry, Node):
                flow = self.by_hand(entry)
            elif entry.repeat is None and not entry.each:
                flow = self.one(entry, at, entry.name or f"{entry.kind}{index}", flow)
            else:
                flow, copies = self.copies(entry, at, index, flow)
                index += copies - 1
        return flow

    def by_hand(self, node: Node) -> Flow:
        """A layer that was made by hand: its channels are scaled, and that is all."""
        name, layer, inputs, places, shared = node
        try:
            made = self.tally.made.get((id(layer),))
            if made is None:
                made = self.tally.made[(id(layer),)] = self.scaling.widened(layer)
            self.scope.measure(name, made, inputs, places, shared)
        except DscalcError as error:
            self.fail(error, name, places)
        self.names.flows[name] = (name,)
        return (name,)

    def copies(self, item: Item, at: At, index: int, flow: Flow) -> tuple[Flow, int]:
        """Lays out the copies of one item, each taking what the one before gives."""
        full = f"{at.prefix}{item.name}"
        try:
            variants = self.each(item, at, flow) if item.each else self.repeat(item, at, flow)
            self.tally.count(max(0, len(variants) - 1))
            names = self.called(item, index, len(variants))
            for number, (called, variant) in enumerate(zip(names, variants, strict=True)):
                flow = self.one(item, variant, called, flow, number > 0)
            if item.name and (len(names) > 1 or item.each):
                self.names.repeated(full, [at.prefix + called for called in names], flow)
            elif item.name:
                self.names.copies[full] = [full]
        except DscalcError as error:
            self.fail(error, full if item.name else f"{full}{item.kind}{index}", item.places)
        return flow, max(1, len(variants))

    def called(self, item: Item, index: int, copies: int) -> list[str]:
        """The names of copies: NAME1, NAME2, …, or by kind and place."""
        if not item.name:
            return [f"{item.kind}{index + copy}" for copy in range(copies)]
        if copies == 1 and not item.each:
            return [item.name]
        return [f"{item.name}{copy}" for copy in range(1, copies + 1)]

    def each(self, item: Item, at: At, flow: Flow) -> list[At]:
        """A copy for each value of the variables, which then stand for it."""
        rule = _own_rule(item.what)
        columns = []
        for name, values in item.each.items():
            role = item.roles[name]
            columns.append([self.given(value, role, at, flow, rule) for value in values])
            if role == "channels":
                for value, built in zip(values, columns[-1], strict=True):
                    self.note(name, value, built, item.places, "each")
        rows = zip(*columns, strict=True)
        return [
            at._replace(values={**at.values, **dict(zip(item.each, row, strict=True))})
            for row in rows
        ]

    def repeat(self, item: Item, at: At, flow: Flow) -> list[At]:
        """The copies of something repeated; in all but the first strides are 1."""
        repeat = self.given(item.repeat, "repeat", at, flow, {})
        if not isinstance(repeat, int) or isinstance(repeat, bool) or repeat < 1:
            message = f"repeat must be a whole number of at least 1, not {written(repeat)}"
            raise DscalcError(Problem(message, "repeat"))
        if repeat > MOST_COPIES:
            raise DscalcError(f"more than {MOST_COPIES:,} layers")
        return [at] + [at if at.later else at._replace(later=True)] * (repeat - 1)

    def one(self, item: Item, at: At, name: str, flow: Flow, follows: bool = False) -> Flow:
        """Lays out one copy of an item; returns what it gives."""
        full = at.prefix + name
        try:
            what, condition = item.what, item.condition
            if condition is not None and not self.there(item, condition, at, flow, follows):
                return flow
            if item.sources:
                flow = self.sources(item, at, flow, follows)
            if full in self.names.flows:
                raise DscalcError(f"an earlier layer is called '{full}' too")
            if len(full) > LONGEST_NAME:
                raise DscalcError(f"a name of more than {LONGEST_NAME} characters")
            if isinstance(what, Made):
                flow = self.layer(full, self.making(full, item, what, at, flow), flow, item)
            elif isinstance(what, Use):
                flow = structures.use(self, item, what, at, full, flow)
            else:
                flow = structures.structure(self, item, at, name, flow)
            self.names.flows[full] = flow
            return flow
        except DscalcError as error:
            self.fail(error, full, item.places)

    def fail(self, error: DscalcError, name: str, places: Mapping[str, Place] | None) -> NoReturn:
        """The error with the layer's name and its place, where they are not said yet."""
        shown = name if len(name) <= LONGEST_NAME else f"{name[:60]}…"
        told = (p if p.layer else locate(p, shown, places) for p in error.problems)
        raise DscalcError(*told) from None

    def sources(self, item: Item, at: At, flow: Flow, follows: bool) -> Flow:
        """What `from` says; a name is for the first copy, a variable for each."""
        if follows and not any(isinstance(source, Number) for source in item.sources):
            return flow
        return self.referred(item.sources, at)

    def referred(self, sources: Sequence[Reference | Number], at: At) -> Flow:
        """The maps of names, and of variables that stand for names."""
        flow: list[str] = []
        for source in sources:
            if isinstance(source, Number):
                source = Reference(str(at.values[source.name]))
            flow += self.names.refer(source, (at.prefix, *at.outer))
        return tuple(flow)

    # ------------------------------------------------------------ numbers

    def values(self, given: Given, at: At, flow: Flow) -> Mapping[str, Any]:
        """What the names in a number stand for here."""
        if not isinstance(given, Number) or "in" not in given.text:
            return at.values
        return {**at.values, **self.incoming(flow)}

    def incoming(self, flow: Flow) -> dict[str, int]:
        """What `in` and `input` are here."""
        self.scope.asked = True
        found = {"in": self.scope.shape(flow[0]).channels} if flow else {}
        return found if self.input is None else {**found, "input": self.input}

    def number(self, number: Number, at: At, flow: Flow) -> Any:
        """What a number that follows comes to; a single name may stand for anything."""
        if number.name in at.values:
            return at.values[number.name]
        return self.scaling.plain(number, self.values(number, at, flow))

    def value(self, given: Given, at: At, flow: Flow) -> Any:
        """A value whose parts may follow."""
        if isinstance(given, Number):
            return self.number(given, at, flow)
        if isinstance(given, tuple):
            return tuple([self.value(part, at, flow) for part in given])
        return given

    def given(self, given: Given, role: str, at: At, flow: Flow, rule: Mapping[str, Any]) -> Any:
        """A value handed to a parameter or a variable, for the place where that stands."""
        if role == "channels" and not isinstance(given, bool | str):
            if isinstance(given, Number) and given.name in at.values and not rule:
                return at.values[given.name]
            return self.scaling.channels(given, self.values(given, at, flow), **rule)
        if role == "stride" and at.later:
            return 1
        if role == "repeat" and at.top and isinstance(given, int):
            return self.scaling.copies(given)
        return self.value(given, at, flow)

    def there(self, item: Item, condition: Condition, at: At, flow: Flow, follows: bool) -> bool:
        """Whether an item is there; its `from` is read for the sake of `in` alone."""
        numbers = [number for number in (condition.left, condition.right) if number is not None]
        if item.sources and any("in" in number.names() for number in numbers):
            flow = self.sources(item, at, flow, follows)
        return self.holds(condition, at, flow)

    def holds(self, condition: Condition, at: At, flow: Flow) -> bool:
        """Whether the condition of an `if` is met."""
        left = self.number(condition.left, at, flow)
        if condition.right is None:
            if not isinstance(left, bool):
                message = f"{condition.text} must be true or false, not {written(left)}"
                raise DscalcError(Problem(message, "if"))
            return left is condition.wanted
        return condition.exceeds(left, self.number(condition.right, at, flow))

    # ------------------------------------------------------------ layers

    def making(self, name: str, item: Item, what: Made, at: At, flow: Flow) -> Layer:
        """The layer of an item in whole numbers; equal ones are one."""
        layer, follows = what
        key: tuple[Any, ...] = (id(item), at.later)
        if not follows:
            made = self.tally.made.get(key)
            if made is not None:
                return made
        if isinstance(layer, Upsample) and layer.like is not None:
            named = Reference(layer.like, item.places.get("like"))
            like = self.names.single(named, (at.prefix, *at.outer))
            self.scope.by_sides.append(Like(name, like))
            return layer.replaced(size=self.scope.shape(like).sides, like=None)
        values = self.following(layer, follows, at, flow) if follows else {}
        if at.later and layer.strided:
            values["stride"] = 1
        if follows:
            key = (*key, *values.values())
        made = self.tally.made.get(key)
        if made is None:
            made = self.tally.made[key] = self.scaling.widened(layer, values)
            if self.scaling.alpha == 1.0 and layer.wide:
                self.note_rebuilt(item, what, made)
        return made

    def following(
        self, layer: Layer, follows: Mapping[str, Given], at: At, flow: Flow
    ) -> dict[str, Any]:
        """The fields of a layer that follow from others."""
        found = {}
        for field, given in follows.items():
            try:
                names = self.values(given, at, flow)
                if field in layer.wide:
                    found[field] = self.scaling.field(layer, field, given, names)
                else:
                    found[field] = self.value(given, at, flow)
                    self.scaling.check(given, found[field], layer.rules[field], names)
            except DscalcError as error:
                raise DscalcError(*(p._replace(key=field) for p in error.problems)) from None
        return found

    def note_rebuilt(self, item: Item, what: Made, made: Layer) -> None:
        """Keeps the written channels of a layer that became others at α = 1."""
        for field in made.wide:
            if field not in what.follows:
                self.note(field, vars(what.layer)[field], vars(made)[field], item.places)

    def note(
        self, name: str, given: Given, built: Any, places: Mapping[str, Place], key: str = ""
    ) -> None:
        """Keeps a written number of channels where it became another at α = 1."""
        if self.scaling.alpha == 1.0 and isinstance(given, int) and given != built:
            place = places.get(key or name) or places.get("")
            self.tally.rebuilt.append(Rebuilt(name, given, built, place))

    def layer(self, name: str, layer: Layer, inputs: Flow, item: Item) -> Flow:
        """Measures a layer of whole numbers under a name."""
        if len(inputs) > 1:
            self.tally.count(0, len(inputs))
        alone = isinstance(item.what, Made | Use)  # a structure shares all of its layers at once
        shared = self.shared_with(item, name) if item.shared and alone else ""
        self.scope.measure(name, layer, inputs, item.places, shared)
        return (name,)

    def lay_out(
        self, block: Definition, values: Mapping[str, Any], shapes: Sequence[Shape]
    ) -> structures.Laid:
        """The layers of a block, in a scope of its own."""
        if self.depth >= structures.DEEPEST_BLOCKS:
            most = structures.DEEPEST_BLOCKS
            raise DscalcError(f"blocks inside each other, more than {most} deep")
        copies, joined = self.tally.copies, self.tally.joined
        inputs = block.inputs or (INPUT,)
        inner = self.within(list(zip(inputs, shapes, strict=True)))
        flow = inner.entries(block.items, At(values), inputs)
        outputs = [(o.name, name) for o in block.outputs for name in inner.names.refer(o, ("",))]
        if outputs:
            flow = tuple([name for _, name in outputs])
        return structures.Laid(
            structures.composed(block, inner.scope, flow),
            tuple(outputs),
            flow,
            inner.scope.asked,
            self.tally.copies - copies,
            self.tally.joined - joined,
        )

    def within(self, given: Sequence[tuple[str, Shape]]) -> Walk:
        """The walk along the layers of a block."""
        return Walk(self.scaling, given, self.tally, self.depth + 1)

    def shared_with(self, item: Item, name: str) -> str:
        """The layer whose parameters a copy has: the first copy, or the one that is named."""
        if isinstance(item.shared, str):
            return self.names.owner(item.shared, name)
        first = self.first_copies.setdefault(id(item), name)
        return "" if first == name else first


def _own_rule(what: Any) -> Mapping[str, Any]:
    """The rule of width that stands beside the channels of an item."""
    if isinstance(what, Use):
        return what.rule
    if isinstance(what, Made) and what.layer.wide:
        return {key: vars(what.layer)[key] for key in ("multiple_of", "at_least", "scale")}
    return {}
