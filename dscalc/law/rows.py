"""A row for each measured layer, and the scope in which layers take each other's maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dscalc.errors import DscalcError, Place, Problem
from dscalc.law.fields import LARGEST
from dscalc.law.layer import Block, BySides, Composite, Cost, Layer, Node, Shape, Step, add_costs


class Row(NamedTuple):
    """One layer as it was met; a block has the rows of its parts.

    `inputs` are names in the list that the row stands in; a dotted one is a part of an earlier
    block. What a block's parts take from outside they call by the names of `layer.given`.
    `shared` names the earlier layer whose parameters it has: its own cost has none.
    """

    name: str
    kind: str
    layer: Layer
    input: Shape
    output: Shape
    cost: Cost
    inputs: tuple[str, ...]
    parts: tuple[Row, ...] = ()
    places: Mapping[str, Place] | None = None
    shared: str = ""

    @property
    def line(self) -> int | None:
        """The line of the file that the layer stands on."""
        return self.places[""].line if self.places else None

    @property
    def node(self) -> Node:
        """The layer with its name and inputs, to be measured again."""
        return Node(self.name, self.layer, self.inputs, self.places, self.shared)

    def expanded(self, prefix: str = "") -> Iterator[Row]:
        """The rows of the elementary layers, named "block.part"."""
        if not self.parts:
            yield Row(prefix + self.name, *self[1:]) if prefix else self
        for part in self.parts:
            yield from part.expanded(f"{prefix}{self.name}.")

    def part(self, path: str) -> Row | None:
        """The part of a block by its name, "depthwise" or "inner.depthwise", if there is one."""
        for part in self.parts:
            if part.name == path:
                return part
            if path.startswith(f"{part.name}."):
                found = part.part(path[len(part.name) + 1 :])
                if found is not None:
                    return found
        return None


class Scope:
    """The rows of one list of layers so far, and the shape of every map by its name.

    `asked` says that a shape was wanted before it was decided which layer comes next: the list may
    have other layers on other shapes.
    """

    def __init__(
        self,
        given: Iterable[tuple[str, Shape]],
        measured: dict[tuple[int, tuple[Shape, ...]], tuple[Layer, Step]],
    ) -> None:
        self.shapes = dict(given)
        self.rows: list[Row] = []
        self.by_name: dict[str, Row] = {}
        self.by_sides: list[BySides] = []
        self.measured = measured
        self.asked = False

    def shape(self, name: str) -> Shape:
        """The shape of the map called `name`, for a decision; raises DscalcError as below."""
        self.asked = True
        return self.known(name)

    def known(self, name: str) -> Shape:
        """The shape of the map called `name`; raises DscalcError where there is none before."""
        if name not in self.shapes:
            row = self.inner(name)
            if row is None:
                raise DscalcError(f"takes the output of '{name}', which is not before it")
            self.shapes[name] = row.output
        return self.shapes[name]

    def inner(self, path: str) -> Row | None:
        """The part of an earlier block that a dotted name means."""
        end = path.rfind(".")
        while end > 0:
            row = self.by_name.get(path[:end])
            if row is not None:
                return row.part(path[end + 1 :])
            end = path.rfind(".", 0, end)
        return None

    def measure(
        self,
        name: str,
        layer: Layer,
        inputs: tuple[str, ...],
        places: Mapping[str, Place] | None,
        shared: str,
    ) -> None:
        """Measures a layer of whole numbers on what it takes.

        Copies of one layer on equal inputs, of which networks are full, are measured once.
        Raises DscalcError, with the layer's name and place, where it does not fit them.
        """
        try:
            if name in self.shapes:
                raise DscalcError("this name is taken by an earlier layer")
            shapes = tuple([self.known(one) for one in inputs])
            output, cost, kind, parts = self.measured_once(layer, shapes)
            row = Row(name, kind, layer, shapes[0], output, cost, inputs, parts, places)
            self.append(self.sharing(row, shared) if shared else row)
        except DscalcError as error:
            raise DscalcError(*(locate(p, name, places) for p in error.problems)) from None

    def measured_once(self, layer: Layer, shapes: tuple[Shape, ...]) -> Step:
        """What a layer makes of these shapes; it is asked once, and kept with its id."""
        key = id(layer), shapes
        found = self.measured.get(key)
        if found is None:
            found = self.measured[key] = layer, measured(layer, shapes)
        return found[1]

    def append(self, row: Row) -> None:
        """Takes a measured row into the list."""
        self.rows.append(row)
        self.by_name[row.name] = row
        self.shapes[row.name] = row.output

    def replace(self, place: int, row: Row) -> None:
        """Puts another row of the same name in the place of one."""
        self.rows[place] = self.by_name[row.name] = row

    def sharing(self, row: Row, first: str) -> Row:
        """The row with the parameters of an earlier one, which are counted there.

        Raises DscalcError where these are not those that the row needs.
        """
        owner = self.by_name.get(first) or self.inner(first)
        if owner is None:
            raise DscalcError(Problem(f"no earlier layer is called '{first}'", "shared"))
        if not alike(owner, row):
            message = f"cannot share the parameters of {first}: {described(owner)}, "
            raise DscalcError(Problem(f"{message}not {described(row)}", "shared"))
        return without_parameters(row)._replace(shared=first)


def measured(layer: Layer, shapes: tuple[Shape, ...]) -> Step:
    """What a layer makes of inputs of these shapes.

    Raises DscalcError where it does not fit them.
    """
    if not shapes or (len(shapes) > 1 and not layer.joins):
        raise DscalcError(f"takes one input{' or more' if layer.joins else ''}, not {len(shapes)}")
    if isinstance(layer, Composite):
        scope = Scope(zip(layer.given, shapes, strict=False), {})
        for node in layer.nodes:
            scope.measure(*node)
        return composite(layer, scope)
    if isinstance(layer, Block):
        return _sum(layer.kind, tuple(_parts(layer, shapes)))
    step = layer.step(*shapes)
    if max((step.output.channels, *step.output.sides)) > LARGEST:
        raise DscalcError(f"its output {step.output} has a size over {LARGEST:,}")
    return step


def composite(layer: Composite, scope: Scope) -> Step:
    """What a block makes whose layers a scope has."""
    step = _sum(layer.of, tuple(scope.rows))
    return step._replace(output=scope.known(layer.outputs[-1])) if layer.outputs else step


def _sum(kind: str, parts: tuple[Row, ...]) -> Step:
    """What layers one after the other make."""
    return Step(parts[-1].output, add_costs([part.cost for part in parts]), kind, parts)


def _parts(layer: Block, shapes: tuple[Shape, ...]) -> Iterator[Row]:
    """The rows of a kind that is made of others, whose names are its own."""
    known = dict(zip(layer.given, shapes, strict=False))
    for name, part, inputs, _, _ in layer.body(*shapes):
        taken = tuple([known[one] for one in inputs])
        try:
            output, cost, kind, parts = measured(part, taken)
        except DscalcError as error:
            raise DscalcError(*(locate(p, name, None) for p in error.problems)) from None
        known[name] = output
        yield Row(name, kind, part, taken[0], output, cost, inputs, parts)


def locate(problem: Problem, name: str, places: Mapping[str, Place] | None) -> Problem:
    """The problem with the name of its layer and, where a file is known, its place."""
    inner = f"{name}.{problem.layer}" if problem.layer else name
    known = places or {}
    place = problem.place or known.get(problem.key) or known.get("")
    return problem._replace(layer=inner, place=place)


# ---------------------------------------------------------------- shared parameters


def alike(row: Row, other: Row) -> bool:
    """Whether two layers can have the same parameters: kind, channels that come in, and fields.

    Equal counts do not say it: 3×3 and 1×9 have as many weights. Activations have none.
    """
    if len(row.parts) != len(other.parts) or type(row.layer) is not type(other.layer):
        return False
    if row.parts:
        return all(alike(*pair) for pair in zip(row.parts, other.parts, strict=True))
    if not row.shared and row.cost[:5] != other.cost[:5]:
        return False
    fields = [{**vars(one.layer), "activation": None} for one in (row, other)]
    same = fields[0] == fields[1] and row.input.channels == other.input.channels
    return same or not (row.shared or any(other.cost[:5]))


def described(row: Row) -> str:
    """A layer as an error names it."""
    return f"{row.kind} of {row.input.channels} channels to {row.output.channels}"


def without_parameters(row: Row) -> Row:
    """The row and its parts with their mult-adds alone."""
    parts = tuple([without_parameters(part) for part in row.parts])
    return row._replace(parts=parts, cost=Cost(mult_adds=row.cost.mult_adds))


def nodes_of(rows: Sequence[Row]) -> tuple[Node, ...]:
    """The layers of whole numbers that rows were measured of."""
    return tuple([Node(row.name, row.layer, row.inputs, row.places, row.shared) for row in rows])
