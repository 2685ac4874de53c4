"""Network, a list of named layers, and `measure`, the one walk that carries shapes along it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import LARGEST
from dscalc.law.layer import INPUT, Block, Cost, Node, Shape, add_costs
from dscalc.law.width import FLOOR, Width


class Network(NamedTuple):
    """Named layers in the order of execution, each naming the earlier ones whose output it takes.

    `input` is the shape of one example, channels last. `alpha` and `rho` are what `scale` has
    applied so far.
    """

    name: str
    input: Shape
    nodes: tuple[Node, ...]
    width: Width = FLOOR
    source: str = ""
    file: str = ""
    alpha: float = 1.0
    rho: float = 1.0


class Row(NamedTuple):
    """One layer as it was met on the walk; a block has the rows of its parts."""

    name: str
    kind: str
    input: Shape
    output: Shape
    cost: Cost
    inputs: tuple[str, ...]
    parts: tuple[Row, ...] = ()
    line: int | None = None

    def expanded(self, prefix: str = "") -> Iterator[Row]:
        """The rows of the elementary layers, named "block.part"."""
        if not self.parts:
            yield self._replace(name=prefix + self.name)
        for part in self.parts:
            yield from part.expanded(f"{prefix}{self.name}.")


class Report(NamedTuple):
    """A network with what each layer costs, and their sum."""

    network: Network
    rows: tuple[Row, ...]
    total: Cost

    @property
    def output(self) -> Shape:
        return self.rows[-1].output if self.rows else self.network.input

    def expanded(self) -> list[Row]:
        """The rows with every block as the elementary layers it consists of."""
        return [part for row in self.rows for part in row.expanded()]

    def by_kind(self) -> dict[str, Cost]:
        """The cost of each kind of convolution, dearest first; kinds without cost left out."""
        kinds: dict[str, list[Cost]] = {}
        for row in self.expanded():
            if any(row.cost):
                kinds.setdefault(row.kind, []).append(row.cost)
        sums = [(kind, add_costs(costs)) for kind, costs in kinds.items()]
        return dict(sorted(sums, key=lambda item: -item[1].mult_adds))


def measure(network: Network) -> Report:
    """What every layer of `network` costs.

    Raises DscalcError, naming the layer and its place, where a layer does not fit its input.
    """
    try:
        rows = walk(network.nodes, network.input)
    except DscalcError as error:
        if network.alpha == 1.0:
            raise
        context = f" (channels at α = {network.alpha:g})"
        problems = [p._replace(message=p.message + context) for p in error.problems]
        raise DscalcError(*problems) from None
    return Report(network, rows, add_costs([row.cost for row in rows]) if rows else Cost())


def walk(nodes: Iterable[Node], x: Shape) -> tuple[Row, ...]:
    """The rows of `nodes` in order, where INPUT has the shape `x`."""
    shapes = {INPUT: x}
    rows = []
    # Copies of one layer on equal inputs, of which networks are full, are measured once.
    measured: dict[tuple[int, tuple[Shape, ...]], Row] = {}
    for node in nodes:
        name, layer, sources, _ = node
        try:
            if name in shapes:
                raise DscalcError("this name is taken by an earlier layer")
            inputs = tuple([shapes[source] for source in sources])
            row = measured.get((id(layer), inputs))
            if row is None:
                row = measured[id(layer), inputs] = _row(node, inputs)
            else:
                row = row._replace(name=name, inputs=sources, line=node.line)
        except DscalcError as error:
            raise DscalcError(*(locate(problem, node) for problem in error.problems)) from None
        except KeyError as missing:
            raise DscalcError(
                locate(Problem(f"takes the output of {missing}, which is not before it"), node)
            ) from None
        shapes[name] = row.output
        rows.append(row)
    return tuple(rows)


def _row(node: Node, inputs: tuple[Shape, ...]) -> Row:
    layer = node.layer
    parts: tuple[Row, ...] = ()
    if len(inputs) != 1 and not (layer.joins and inputs):
        raise DscalcError(f"takes one input{' or more' if layer.joins else ''}, not {len(inputs)}")
    if isinstance(layer, Block):
        parts = walk(layer.body(inputs[0]), inputs[0])
        cost = add_costs([part.cost for part in parts])
        output, kind = parts[-1].output, layer.kind
    else:
        output, cost, kind = layer.step(*inputs)
    if max((output.channels, *output.sides)) > LARGEST:
        raise DscalcError(f"its output {output} has a size over {LARGEST:,}")
    return Row(node.name, kind, inputs[0], output, cost, node.inputs, parts, node.line)


def locate(problem: Problem, node: Node) -> Problem:
    """The problem with the name of its layer and, where a file is known, its place."""
    name = f"{node.name}.{problem.layer}" if problem.layer else node.name
    places = node.places or {}
    place = problem.place or places.get(problem.key) or places.get("")
    return problem._replace(layer=name, place=place)
