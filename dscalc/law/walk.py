"""The one walk that lays out and measures: items → layers of whole numbers → rows.

Written channels go through the width rule, copies through the depth rule, the strides of later
copies become 1; what follows from them is computed from the results. Then the layer is made, and
its law asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias

from dscalc.errors import DscalcError, Place, Problem, nearest
from dscalc.law.items import (
    Branch,
    Condition,
    Definition,
    Entry,
    Given,
    Item,
    Join,
    Made,
    Reference,
    Residual,
    Split,
    Use,
)
from dscalc.law.items import (
    Sequence as SequenceOf,
)
from dscalc.law.layer import INPUT, Composite, Layer, Node, Shape, add_costs
from dscalc.law.numbers import Number
from dscalc.law.rows import Row, Scope, nodes_of
from dscalc.law.scaling import Scaling
from dscalc.law.weightless import Add, Concat, Slice, Upsample

MOST_COPIES = 100_000  # layers, and lists entered, in one network
MOST_JOINED = 3 * MOST_COPIES  # inputs of all joins together
DEEPEST_BLOCKS = 64
LONGEST_NAME = 400  # characters of a layer's name, those of the lists around it counted

Flow: TypeAlias = tuple[str, ...]
"""What goes from item to item: the name of one map, or those of several."""


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
        return self._replace(prefix=f"{self.prefix}{name}.", outer=(self.prefix, *self.outer))

    def around(self) -> At:
        """The list that this one stands in."""
        return self._replace(prefix=self.outer[0], outer=self.outer[1:])


class Rebuilt(NamedTuple):
    """A written number of channels that the width rule builds as another at α = 1."""

    field: str
    written: int
    built: int
    place: Place | None


class Bounds:
    """How much of a network has been laid out, counted before it takes memory.

    `rebuilt` are the written numbers that were found to be built as others at α = 1.
    """

    def __init__(self) -> None:
        self.copies = 0
        self.joined = 0
        self.rebuilt: list[Rebuilt] = []

    def count(self, copies: int, joined: int = 0) -> None:
        """Raises DscalcError where the network becomes too large."""
        self.copies += copies
        self.joined += joined
        if self.copies > MOST_COPIES:
            raise DscalcError(f"more than {MOST_COPIES:,} layers")
        if self.joined > MOST_JOINED:
            raise DscalcError(f"more than {MOST_JOINED:,} inputs of layers")


class Laid(NamedTuple):
    """A block laid out once for given arguments and inputs: rows, what goes out, how much it is."""

    rows: tuple[Row, ...]
    outputs: tuple[tuple[str, str], ...]
    flow: Flow
    output: Shape
    copies: int
    joined: int


class Walk:
    """Lays out one list of items, and measures it; `blocks` remembers equal uses of blocks."""

    def __init__(
        self,
        scaling: Scaling,
        given: Sequence[tuple[str, Shape]],
        bounds: Bounds,
        blocks: dict[Any, Laid],
        depth: int = 0,
    ) -> None:
        self.scaling, self.bounds, self.blocks, self.depth = scaling, bounds, blocks, depth
        self.scope = Scope(given)
        self.flows: dict[str, Flow] = {name: (name,) for name, _ in given}
        self.latest: dict[str, str] = {}  # what a name stands for that means the last of its copies
        self.copies_of: dict[str, list[str]] = {}
        self.made: dict[tuple[Any, ...], Layer] = {}
        self.shared_first: dict[int, str] = {}
        self.shared_rows: dict[int, list[Row]] = {}
        self.input = given[0][1].channels if len(given) == 1 else None

    # ------------------------------------------------------------ lists

    def entries(self, entries: Sequence[Entry], at: At, flow: Flow) -> Flow:
        """Lays out a list of items that takes `flow`; returns what its last one gives."""
        index = 0
        for entry in entries:
            if isinstance(entry, Node):
                flow = self.by_hand(entry)
                index += 1
            else:
                flow, copies = self.copies(entry, at, index, flow)
                index += copies
        return flow

    def by_hand(self, node: Node) -> Flow:
        """A layer that was made by hand: its channels are scaled, and that is all."""
        self.bounds.count(1)
        key = (id(node.layer),)
        if key not in self.made:
            try:
                self.made[key] = self.scaling.widened(node.layer)
            except DscalcError as error:
                raise DscalcError(*(_named(p, node.name, node.places) for p in error.problems)
                                  ) from None  # fmt: skip
        self.scope.add(node._replace(layer=self.made[key]))
        self.flows[node.name] = (node.name,)
        return (node.name,)

    def copies(self, item: Item, at: At, index: int, flow: Flow) -> tuple[Flow, int]:
        """Lays out the copies of one item, each taking what the one before gives."""
        name, number = item.name, 0
        try:
            variants = self.variants(item, at, flow)
        except DscalcError as error:
            self.fail(error, item, f"{at.prefix}{name or f'{item.kind}{index + 1}'}")
        several = len(variants) > 1 or bool(item.each)
        names = []
        for number, (values, later) in enumerate(variants, 1):
            if not name:
                called = f"{item.kind}{index + number}"
            else:
                called = f"{name}{number}" if several else name
            inside = at._replace(values=values, later=at.later or later)
            flow = self.one(item, inside, called, flow, number == 1)
            names.append(at.prefix + called)
        full = at.prefix + name
        if name and several and names:
            if full in self.flows:
                self.fail(DscalcError(f"an earlier layer is called '{full}' too"), item, full)
            self.flows[full], self.latest[full] = self.flows.get(names[-1], flow), names[-1]
        if name:
            self.copies_of[full] = names
        return flow, max(1, len(variants))

    def variants(self, item: Item, at: At, flow: Flow) -> list[tuple[Mapping[str, Any], bool]]:
        """What names mean in each copy of an item, and whether it is a later one of equals."""
        if item.each:
            rule = item.what.rule if isinstance(item.what, Use) else _own_rule(item.what)
            columns = {
                name: [self.given(value, item.roles[name], at, flow, rule) for value in values]
                for name, values in item.each.items()
            }
            rows = zip(*columns.values(), strict=True)
            found = [{**at.values, **dict(zip(columns, row, strict=True))} for row in rows]
            self.bounds.count(0)
            return [(values, False) for values in found]
        repeat = item.repeat
        if repeat is None:
            return [(at.values, False)]
        if isinstance(repeat, Number):
            repeat = self.number(repeat, at, flow)
            if repeat < 1 or isinstance(repeat, bool):
                raise DscalcError(Problem(f"repeat must be at least 1, not {repeat}", "repeat"))
        elif at.top:
            repeat = self.scaling.copies(repeat)
        if repeat > MOST_COPIES:
            raise DscalcError(f"more than {MOST_COPIES:,} layers")
        return [(at.values, copy > 0) for copy in range(repeat)]

    def one(self, item: Item, at: At, name: str, flow: Flow, first: bool) -> Flow:
        """Lays out one copy of an item; returns what it gives."""
        full = at.prefix + name
        try:
            self.bounds.count(1)
            if len(full) > LONGEST_NAME:
                raise DscalcError(f"a name of more than {LONGEST_NAME} characters")
            if item.sources:
                varies = any(isinstance(source, Number) for source in item.sources)
                if first or varies:
                    flow = self.sources(item.sources, at)
            if item.condition is not None and not self.holds(item.condition, at, flow):
                return flow
            if full in self.flows:
                raise DscalcError(f"an earlier layer is called '{full}' too")
            before = len(self.scope.rows)
            flow = self.what(item, at, name, flow)
            self.flows[full] = flow
            if item.shared and not isinstance(item.what, Made | Use):
                self.share(item, full, before)
            return flow
        except DscalcError as error:
            self.fail(error, item, full)

    def fail(self, error: DscalcError, item: Item, name: str) -> NoReturn:
        """The error with the layer's name and its place, where they are not said yet."""
        raise DscalcError(*(_named(p, name, item.places) for p in error.problems)) from None

    # ------------------------------------------------------------ names

    def sources(self, sources: Sequence[Reference | Number], at: At) -> Flow:
        """The maps that names mean."""
        flow: list[str] = []
        for source in sources:
            reference = source
            if isinstance(source, Number):
                reference = Reference(str(at.values[source.name]))
            assert isinstance(reference, Reference)
            flow += self.refer(reference, at)
        return tuple(flow)

    def refer(self, reference: Reference, at: At) -> Flow:
        """The maps that a name means here: in this list, else in the lists around it."""
        for prefix in (at.prefix, *at.outer):
            found = self.find(prefix + reference.name)
            if found is not None:
                return found
        hint = nearest(reference.name, self.flows)
        raise DscalcError(
            Problem(f"no earlier layer is called '{reference.name}'{hint}", place=reference.place)
        )

    def find(self, full: str) -> Flow | None:
        """The maps of a full name: of a layer, of all copies (`a*`), or of what is inside one."""
        if "*" in full:
            stem, _, rest = full.partition("*")
            found = [self.find(copy + rest) for copy in self.copies_of.get(stem, ())]
            if not found or None in found:
                return None
            return tuple(name for flow in found if flow for name in flow)
        if full in self.flows:
            return self.flows[full]
        end = full.rfind(".")
        while end > 0:
            head, tail = full[:end], full[end:]
            if head in self.latest:
                return self.find(self.latest[head] + tail)
            row = self.scope.by_name.get(head)
            if row is not None:
                return (full,) if row.part(tail[1:]) is not None else None
            end = full.rfind(".", 0, end)
        return None

    # ------------------------------------------------------------ numbers

    def names(self, at: At, flow: Flow) -> dict[str, Any]:
        """What every name in a number stands for here."""
        names = dict(at.values)
        if flow:
            names["in"] = self.scope.shape(flow[0]).channels
        if self.input is not None:
            names["input"] = self.input
        return names

    def number(self, number: Number, at: At, flow: Flow) -> Any:
        """What a number that follows comes to; a single name may stand for anything."""
        if number.name in at.values:
            return at.values[number.name]
        return self.scaling.plain(number, self.names(at, flow))

    def value(self, given: Given, at: At, flow: Flow) -> Any:
        """A value whose parts may follow."""
        if isinstance(given, Number):
            return self.number(given, at, flow)
        if isinstance(given, tuple):
            return tuple([self.value(part, at, flow) for part in given])
        return given

    def given(
        self, given: Given, role: str, at: At, flow: Flow, rule: Mapping[str, Any]
    ) -> Any:  # fmt: skip
        """A value handed to a parameter, for the place where that stands."""
        if role == "channels" and not isinstance(given, bool | str | tuple):
            return self.scaling.channels(given, self.names(at, flow), **rule)
        if role == "stride" and at.later:
            return 1
        if role == "repeat" and at.top and isinstance(given, int):
            return self.scaling.copies(given)
        return self.value(given, at, flow)

    def holds(self, condition: Condition, at: At, flow: Flow) -> bool:
        """Whether the condition of an `if` is met."""
        left = self.number(condition.left, at, flow)
        if condition.right is None:
            if not isinstance(left, bool):
                message = f"{condition.text} must be true or false, not {left}"
                raise DscalcError(Problem(f"if: {message}", "if"))
            return left is condition.wanted
        right = self.number(condition.right, at, flow)
        lefts = left if isinstance(left, tuple) else (left,)
        rights = right if isinstance(right, tuple) else (right,) * len(lefts)
        lefts = lefts if isinstance(left, tuple) else lefts * len(rights)
        return any(one > other for one, other in zip(lefts, rights, strict=True))

    # ------------------------------------------------------------ one item

    def what(self, item: Item, at: At, name: str, flow: Flow) -> Flow:
        what = item.what
        full = at.prefix + name
        if isinstance(what, Made):
            return self.layer(full, self.making(item, what, at, flow), flow, item)
        if isinstance(what, Use):
            return self.use(item, what, at, full, flow)
        inside = at.inside(name)
        if isinstance(what, SequenceOf):
            return self.entries(what.items, inside, flow)
        if isinstance(what, Residual):
            return self.residual(item, what, inside, full, flow)
        if isinstance(what, Split):
            return self.split(item, what, inside, full, flow)
        inputs = self.parts(what, inside, flow) if what.parts else flow
        if len(inputs) < 2:
            raise DscalcError(f"{item.kind} joins two maps or more, not {len(inputs)}")
        return self.layer(full, what.layer, inputs, item)

    def making(self, item: Item, what: Made, at: At, flow: Flow) -> Layer:
        """The layer of an item in whole numbers; equal ones are one."""
        layer = what.layer
        if isinstance(layer, Upsample) and layer.like:
            (like,) = self.refer(Reference(layer.like, item.places.get("like")), at)
            return layer.replaced(size=self.scope.shape(like).sides, like=None)
        follows = what.follows
        values = {key: self.value(given, at, flow) for key, given in follows.items()
                  if key not in layer.wide} if follows else {}  # fmt: skip
        if at.later and layer.strided:
            values["stride"] = 1
        key: tuple[Any, ...] = (id(item), at.later)
        if follows:
            names = self.names(at, flow)
            for field in layer.wide:
                if field in follows:
                    values[field] = self.scaling.field(layer, field, follows[field], names)
            key = (*key, *values.items())
        made = self.made.get(key)
        if made is None:
            made = self.made[key] = self.scaling.widened(layer, values)
            if self.scaling.alpha == 1.0:
                self.note_rebuilt(item, layer, made)
        return made

    def note_rebuilt(self, item: Item, layer: Layer, made: Layer) -> None:
        """Keeps the written channels that became others at α = 1."""
        assert isinstance(item.what, Made)
        for field in layer.wide:
            written, built = vars(layer)[field], vars(made)[field]
            if field not in item.what.follows and written != built:
                place = item.places.get(field) or item.places.get("")
                self.bounds.rebuilt.append(Rebuilt(field, written, built, place))

    def layer(self, name: str, layer: Layer, inputs: Flow, item: Item) -> Flow:
        """Measures a layer of whole numbers under a name."""
        if len(inputs) > 1:
            self.bounds.count(0, len(inputs))
        shared = self.shared_with(item, name) if item.shared else ""
        self.scope.add(Node(name, layer, inputs, item.places, shared))
        return (name,)

    def shared_with(self, item: Item, name: str) -> str:
        """The layer whose parameters a copy has: the first copy, or the one that is named."""
        if isinstance(item.shared, str):
            return item.shared
        first = self.shared_first.setdefault(id(item), name)
        return "" if first == name else first

    def parts(self, join: Join, at: At, flow: Flow) -> Flow:
        """What the parts of a join give, lists and names as they stand."""
        inputs: list[str] = []
        for number, part in enumerate(join.parts, 1):
            if not isinstance(part, Branch):
                inputs += self.sources((part,), at.around())
            else:
                inputs += self.branch(part, at.inside(str(number)), flow)
        self.bounds.count(0, len(inputs))
        return tuple(inputs)

    def branch(self, branch: Branch, at: At, flow: Flow) -> Flow:
        """What a list beside others gives; `at` stands inside it."""
        self.bounds.count(1)
        if branch.values:
            given = {
                name: self.given(value, branch.roles[name], at, flow, {})
                for name, value in branch.values.items()
            }
            at = at._replace(values={**at.values, **given})
        return self.entries(branch.items, at, flow)

    def residual(
        self, item: Item, what: Residual, at: At, name: str, flow: Flow
    ) -> Flow:  # fmt: skip
        """The body's output and what the input passed beside it, added."""
        if len(flow) != 1:
            raise DscalcError(f"residual takes one map, not {len(flow)}")
        before = len(self.scope.rows)
        body = self.entries(what.body, at, flow)
        if not what.conditional:
            around = self.entries(what.shortcut, at.inside("shortcut"), flow)
            return self.layer(name, Add(), (*body, *around), item)
        if len(body) != 1:
            raise DscalcError(f"the body of a residual gives one map, not {len(body)}")
        changed = self.changes(flow[0], body[0], self.scope.rows[before:])
        if not changed:
            return self.layer(name, Add(), (body[0], flow[0]), item)
        if what.project is None:
            return body
        if isinstance(what.project, Layer):
            around = self.projection(item, what.project, at, flow[0], body[0])
        else:
            around = self.entries(what.project, at.inside("project"), flow)
        return self.layer(name, Add(), (*body, *around), item)

    def changes(self, before: str, after: str, rows: Sequence[Row]) -> bool:
        """Whether a body changes the shape; a stride counts as that on maps of one position."""
        shape = self.scope.shape(before)
        if shape != self.scope.shape(after):
            return True
        return shape.positions == 1 and any(map(_has_stride, rows))

    def projection(self, item: Item, layer: Layer, at: At, before: str, after: str) -> Flow:
        """The 1×1 convolution to the body's channels, with the stride that its sides need."""
        shape, wanted = self.scope.shape(before), self.scope.shape(after)
        stride = tuple(
            -(-side // other) for side, other in zip(shape.sides, wanted.sides, strict=True)
        )
        sides = tuple(-(-side // s) for side, s in zip(shape.sides, stride, strict=True))
        if sides != wanted.sides:
            message = f"no stride takes {shape} to {wanted}; write the projection out"
            raise DscalcError(Problem(message, "project"))
        made = layer.replaced(n=wanted.channels, stride=stride if set(stride) != {1} else 1)
        return self.layer(f"{at.prefix}project", made, (before,), item)

    def split(self, item: Item, what: Split, at: At, name: str, flow: Flow) -> Flow:
        """Parts of the channels, which flow on together or go through a branch each."""
        if len(flow) != 1:
            raise DscalcError(f"split takes one map, not {len(flow)}")
        channels = self.scope.shape(flow[0]).channels
        widths = self.widths(what, at, flow, channels)
        branches = what.branches or (None,) * len(widths)
        outputs: list[str] = []
        offset = 0
        for number, (width, branch) in enumerate(zip(widths, branches, strict=True), 1):
            part = Slice(width, offset)
            offset += width
            if branch is None:
                outputs += self.layer(f"{name}.{number}", part, flow, item)
                self.flows[f"{name}.{number}"] = (f"{name}.{number}",)
            else:
                inside = at.inside(str(number))
                cut = self.layer(f"{inside.prefix}part", part, flow, item)
                outputs += self.branch(branch, inside, cut)
        if not what.branches:
            return tuple(outputs)
        return self.layer(name, Concat(), tuple(outputs), item)

    def widths(self, what: Split, at: At, flow: Flow, channels: int) -> list[int]:
        """The channels of every part; of unequal ones the first takes what rounding leaves."""
        if not what.shares:
            parts = self.value(what.parts, at, flow)
            if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
                raise DscalcError(f"split takes a number of parts, not {parts}")
            self.bounds.count(parts)
            if channels % parts:
                raise DscalcError(f"cannot split {channels} channels into {parts} equal parts")
            return [channels // parts] * parts
        shares = [self.value(share, at, flow) for share in what.shares]
        total = sum(shares)
        rest = [channels * share // total for share in shares[1:]]
        widths = [channels - sum(rest), *rest]
        if min(widths) < 1:
            raise DscalcError(f"{channels} channels leave none for a share of {min(shares)}")
        return widths

    # ------------------------------------------------------------ blocks

    def use(self, item: Item, use: Use, at: At, name: str, flow: Flow) -> Flow:
        """A block: laid out in a scope of its own, which knows its parameters alone."""
        block = use.block
        inputs = block.inputs or (INPUT,)
        if len(flow) != len(inputs):
            needed = f"{len(inputs)} maps ({', '.join(inputs)})" if block.inputs else "one map"
            raise DscalcError(f"{block.name} takes {needed}, not {len(flow)}")
        values = self.arguments(use, at, flow)
        laid = self.laid_out(item, name, inputs, values, [self.scope.shape(one) for one in flow])
        outer = dict(zip(inputs, flow, strict=True))
        last = laid.rows[-1].name if laid.rows else ""
        whole = laid.flow == (last,) and not block.outputs

        def seen(inner: str) -> str:
            return outer.get(inner, f"{name}.{inner}")

        if laid.rows:
            outputs = () if whole else tuple(one for one in laid.flow if one not in outer)
            layer = Composite(block.name, nodes_of(laid.rows), inputs, outputs)
            self.append(item, self.composite_row(item, layer, name, flow, laid))
        for alias, inner in laid.outputs:
            self.flows[f"{name}.{alias}"] = (seen(inner),)
        return (name,) if whole else tuple(map(seen, laid.flow))

    def composite_row(
        self, item: Item, layer: Composite, name: str, flow: Flow, laid: Laid
    ) -> Row:  # fmt: skip
        """The row of a block, with those of its layers as its parts."""
        cost = add_costs([row.cost for row in laid.rows])
        shape = self.scope.shape(flow[0])
        return Row(name, layer.of, layer, shape, laid.output, cost, flow, laid.rows, item.places)

    def append(self, item: Item, row: Row) -> None:
        """Takes the row of a block into the list, with an earlier one's parameters if shared."""
        if item.shared:
            first = self.shared_with(item, row.name)
            row = self.scope.sharing(row, first) if first else row
        self.scope.append(row)

    def share(self, item: Item, name: str, before: int) -> None:
        """Gives the layers of a structure the parameters of those of its first copy."""
        rows = self.scope.rows[before:]
        if isinstance(item.shared, str):
            raise DscalcError(Problem("only a layer or a block shares with a name", "shared"))
        first = self.shared_rows.setdefault(id(item), rows)
        if first is rows:
            return
        if len(first) != len(rows):
            raise DscalcError(Problem(f"{name} has other layers than its first copy", "shared"))
        for place, (row, owner) in enumerate(zip(rows, first, strict=True), before):
            self.scope.replace(place, self.scope.sharing(row, owner.name))

    def arguments(self, use: Use, at: At, flow: Flow) -> dict[str, Any]:
        """The values of a block's parameters, given or by default."""
        values = {}
        for name, role in use.block.roles.items():
            given = use.arguments.get(name, use.block.parameters[name])
            rule = use.rule if role == "channels" else {}
            try:
                values[name] = self.given(given, role, at, flow, rule)
            except DscalcError as error:
                raise DscalcError(*(p._replace(key=name) for p in error.problems)) from None
        return values

    def laid_out(
        self, item: Item, name: str, inputs: Flow, values: dict[str, Any], shapes: list[Shape]
    ) -> Laid:  # fmt: skip
        """The block for these arguments and shapes, laid out when it is first used so."""
        assert isinstance(item.what, Use)
        block = item.what.block
        key = id(block), tuple((type(one), one) for one in values.values()), tuple(shapes)
        laid = self.blocks.get(key)
        if laid is not None:
            self.bounds.count(laid.copies, laid.joined)
            return laid
        if self.depth >= DEEPEST_BLOCKS:
            raise DscalcError(f"blocks inside each other, more than {DEEPEST_BLOCKS} deep")
        copies, joined = self.bounds.copies, self.bounds.joined
        given = list(zip(inputs, shapes, strict=True))
        inner = Walk(self.scaling, given, self.bounds, self.blocks, self.depth + 1)
        here = At(values)
        try:
            flow = inner.entries(block.items, here, inputs)
            outputs = [(one.name, name) for one in block.outputs for name in inner.refer(one, here)]
        except DscalcError as error:
            raise DscalcError(*(_used(p, item, name, block) for p in error.problems)) from None
        if outputs:
            flow = tuple(name for _, name in outputs)
        laid = self.blocks[key] = Laid(
            tuple(inner.scope.rows), tuple(outputs), flow, inner.scope.shape(flow[-1]),
            self.bounds.copies - copies, self.bounds.joined - joined,
        )  # fmt: skip
        return laid


def _has_stride(row: Row) -> bool:
    """Whether a layer, or a part of it, moves its window by more than one position."""
    if row.parts:
        return any(map(_has_stride, row.parts))
    stride = vars(row.layer).get("stride")
    return stride is not None and stride != 1 and set(_tuple(stride)) != {1}


def _used(problem: Problem, item: Item, name: str, block: Definition) -> Problem:
    """A problem inside a block, with the way to it and the place where the block is used."""
    inner = f"{name}.{problem.layer}" if problem.layer else name
    place = item.places.get("")
    used = f"; {block.name} is used at line {place.line}" if place else ""
    return problem._replace(layer=inner, message=problem.message + used)


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _own_rule(what: Any) -> Mapping[str, Any]:
    """The rule of width that stands beside the channels of an item."""
    if isinstance(what, Made) and what.layer.wide:
        return {key: vars(what.layer)[key] for key in ("multiple_of", "at_least", "scale")}
    return {}


def _named(problem: Problem, name: str, places: Mapping[str, Place] | None) -> Problem:
    """The problem with its layer and place, where they are not said yet."""
    if problem.layer:
        return problem
    known = places or {}
    place = problem.place or known.get(problem.key) or known.get("")
    return problem._replace(layer=name, place=place)
