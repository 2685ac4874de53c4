"""What the lowering knows while it walks the graph: maps so far, layers written, what is stored.

A tensor is `Held`: by a map that is there, or by a layer that is written only if somebody asks
for it. So what costs nothing and what nobody multiplies afterwards (a detector's boxes put
together) makes no layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Cost, Layer, Node, Shape
from dscalc.law.rows import measured
from dscalc.models.graph import Graph, Operator, Tensor, elements, stored_numbers
from dscalc.models.lowering.activations import Behind
from dscalc.models.lowering.cost import mult_adds
from dscalc.models.lowering.layout import Axes, are_sides, is_channels, length, plain
from dscalc.models.lowering.naming import Names


class Held(NamedTuple):
    """A tensor as the network has it.

    `node` makes the map, of `shape`; `axes` say where the file's axes are in it. With a `layer` it
    is not written yet, and takes the tensors `inputs`, for `operator`. `source` is the map of
    which alone it is made, without weights. `direct`: nothing is done to the map behind its node.
    """

    node: str
    shape: Shape
    axes: Axes
    layer: Layer | None = None
    inputs: tuple[str, ...] = ()
    operator: Operator | None = None
    source: str = ""
    direct: bool = False


class State:
    """The walk's memory."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = Names(graph)
        self.held: dict[str, Held] = {}
        self.loose: dict[str, Tensor] = {}  # what is made of stored tensors alone
        self.made_of: dict[str, tuple[str, ...]] = {}
        self.nodes: list[Node] = []
        self.places: dict[str, int] = {}
        self.shapes: dict[str, Shape] = {}
        self.counted: dict[str, str] = {}  # storages, and the layer that has them
        self.uses = Counter(n for o in graph.operators for n in set(o.inputs) if n)
        self.uses.update(graph.outputs)
        self.owners = Counter(
            storage
            for operator in graph.operators
            for storage in {graph.tensors[n].storage for n in operator.inputs if n}
            if storage
        )
        self.centred: set[str] = set()  # maps of which the mean over channels is taken
        self.activated: set[str] = set()
        self.behind = Behind()

    # ------------------------------------------------------------ tensors

    def tensor(self, name: str) -> Tensor:
        """A tensor of the graph; what is made of stored ones alone is stored, too."""
        return self.loose.get(name) or self.graph.tensors[name]

    def keep(self, name: str, stored: Sequence[str]) -> None:
        """A tensor is made of stored ones alone: their numbers are its own."""
        shape = self.graph.tensors[name].shape
        learned = [self.tensor(one).learned for one in stored]
        known = True if True in learned else None if None in learned else False
        self.loose[name] = Tensor(name, shape, name, known)
        self.made_of[name] = tuple(stored)

    def sizes(self, name: str) -> tuple[int, ...]:
        """Its sides, which must be known."""
        tensor = self.tensor(name)
        elements(tensor)
        return tuple(side or 0 for side in tensor.shape or ())

    def is_stored(self, name: str) -> bool:
        """Whether the file holds it, and no run makes it."""
        return bool(name) and bool(self.tensor(name).storage)

    def put(self, name: str, held: Held) -> None:
        """Says what a tensor is held by."""
        if name:
            self.held[name] = held

    def get(self, name: str) -> Held:
        """What holds a tensor."""
        if name not in self.held:
            raise DscalcError(f"the shape of '{name}' depends on numbers that only a run has")
        return self.held[name]

    def fresh(self, name: str, channels: int | None) -> tuple[Shape, Axes]:
        """The map that is a tensor itself, with this axis for its channels."""
        shape, axes = plain(self.sizes(name), channels, self.graph.batch)
        if prod(self.sizes(name)) != self.graph.batch * shape.positions * shape.channels:
            raise DscalcError(f"'{name}' is not {self.graph.batch} examples of one map")
        return shape, axes

    # ------------------------------------------------------------ layers

    def written(self, name: str) -> Held:
        """What holds a tensor, as a map that is there."""
        held = self.get(name)
        if held.layer is None:
            return held
        inputs = [self.written(one).node for one in held.inputs]
        node = self.add(held.layer, inputs, held.operator)
        made = Held(node, self.shapes[node], held.axes, source=node)
        self.put(name, made)
        return made

    def derive(
        self, operator: Operator, maps: Sequence[str], why: str, channels: int | None = None
    ) -> None:
        """Outputs that cost nothing, and that no kind has a law for: written if asked for."""
        sources = {self.get(name).source for name in maps}
        source = sources.pop() if len(sources) == 1 else ""
        for name in filter(None, operator.outputs):
            shape = self.graph.tensors[name].shape
            if shape is None or None in shape:
                continue  # how many there are only a run knows; who takes it is an error
            wide = self._channels(name, maps[0]) if channels is None else channels
            map_shape, axes = self.fresh(name, wide)
            layer = self.opaque(map_shape, why)
            made = Held("", map_shape, axes, layer, tuple(maps), operator, source)
            self.put(name, made)

    def _channels(self, name: str, source: str) -> int | None:
        """The axis that has the channels of what it is made of, as far as one has; the last one."""
        sizes, held = self.sizes(name), self.get(source)
        channels = len(held.shape.sides)
        wide = [i for i, axis in enumerate(held.axes) if any(f.dim == channels for f in axis)]
        same = [i for i, size in enumerate(sizes) if size == held.shape.channels]
        if wide and len(sizes) == len(held.axes):
            return wide[0]
        if wide and same:
            return min(same, key=lambda axis: abs(axis - wide[0]))
        return len(sizes) - 1 if sizes else None

    def add(
        self,
        layer: Layer,
        inputs: Sequence[str],
        operator: Operator | None = None,
        shared: str = "",
    ) -> str:
        """Writes a layer and gives its name; raises DscalcError where it does not fit its input."""
        shapes = tuple(self.shapes[name] for name in inputs)
        name = self.names.of(operator, layer.kind)
        self.shapes[name] = measured(layer, shapes).output
        self.places[name] = len(self.nodes)
        self.nodes.append(Node(name, layer, tuple(inputs), None, shared))
        return name

    def cost(self, layer: Layer, inputs: Sequence[str]) -> tuple[Shape, Cost] | None:
        """What a layer would make of these maps, None where it does not fit them."""
        try:
            made = measured(layer, tuple(self.shapes[name] for name in inputs))
        except DscalcError:
            return None
        return made.output, made.cost

    def layer(self, name: str) -> Layer:
        """A layer that has been written."""
        return self.nodes[self.places[name]].layer

    def replace(self, name: str, layer: Layer) -> None:
        """Another layer in the place of one that makes the same map."""
        place = self.places[name]
        self.nodes[place] = self.nodes[place]._replace(layer=layer)

    # ------------------------------------------------------------ layouts

    def laid_out(self, name: str, sides: Sequence[int], channels: int | None) -> Held:
        """The tensor as a map with these axes for sides and channels.

        Where it is one already, no layer is needed; else `flatten`, `tokens`, or an opaque one
        that only puts numbers in another order.
        """
        held = self.written(name)
        fits = are_sides([held.axes[axis] for axis in sides], held.shape)
        if channels is None:
            fits = fits and held.shape.channels == 1
        else:
            fits = fits and is_channels(held.axes[channels], held.shape)
        if fits:
            if channels is not None:
                self.behind.take(held.node, held.axes[channels])
            return held
        _, axes = plain(self.sizes(name), channels, self.graph.batch)
        wide = 1 if channels is None else length(held.axes[channels])
        shape = Shape(tuple(length(held.axes[axis]) for axis in sides), wide)
        node = self.add(self._moved(held, shape), (held.node,))
        return Held(node, self.shapes[node], axes, source=node)

    def _moved(self, held: Held, shape: Shape) -> Layer:
        """The layer that puts a map's numbers into another shape."""
        for layer in (KINDS["flatten"](), KINDS["tokens"](channels=shape.channels)):
            made = self.cost(layer, (held.node,))
            if made and made[0] == shape:
                return layer
        return self.opaque(shape, "the same numbers in another order")

    def opaque(self, shape: Shape, why: str, **parts: int) -> Layer:
        """A layer that says what comes out and what it costs; it writes at most two sides."""
        sides = shape.sides
        if len(sides) > 2:
            sides = (prod(sides[:-1]), sides[-1])
        return KINDS["opaque"](output=(*sides, shape.channels), why=why, **parts)

    # ------------------------------------------------------------ parameters

    def numbers(self, name: str) -> int:
        """How many parameters a stored tensor has that no layer before has counted."""
        if name in self.made_of:
            return sum(map(self.numbers, self.made_of[name]))
        tensor = self.tensor(name)
        if tensor.learned is False or tensor.storage in self.counted:
            return 0
        return stored_numbers(tensor)

    def count(self, name: str, node: str) -> None:
        """A stored tensor's parameters stand at a layer from now on."""
        for one in self.made_of.get(name, ()):
            self.count(one, node)
        self.counted.setdefault(self.tensor(name).storage, node)

    def beside(self, held: Held, names: Sequence[str], operator: Operator) -> Held:
        """The map with the parameters of these stored tensors beside it."""
        total = 0
        for name in names:
            total += self.numbers(name)
            self.count(name, held.node)
        if not total:
            return held
        node = self.add(KINDS["parameters"](n=total), (held.node,), operator)
        return held._replace(node=node, source=node, direct=False)

    def weights_once(self, node: str) -> bool:
        """Whether the weights of a layer are those of no other operator."""
        held = [storage for storage, owner in self.counted.items() if owner == node]
        return all(self.owners[storage] <= 1 for storage in held)

    def mult_adds(self, operator: Operator) -> int:
        """What an operator costs for one example, by its definition."""
        total = mult_adds(self.graph, operator)
        if total % self.graph.batch:
            raise DscalcError(f"{total:,} mult-adds for {self.graph.batch} examples")
        return total // self.graph.batch
