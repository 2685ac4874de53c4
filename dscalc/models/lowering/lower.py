"""Graph → Network: every operator in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.law.layer import INPUT, Shape
from dscalc.law.network import Network
from dscalc.models import kinds as g
from dscalc.models.graph import Graph, Operator, label
from dscalc.models.lowering import joins, moves, norms, products, weights, windows
from dscalc.models.lowering.finish import note_on_unplanned, notes_on, with_fixed_heads
from dscalc.models.lowering.layout import Axes, dims, plain
from dscalc.models.lowering.state import Held, State

Rule = Callable[[State, Operator], None]

RULES: dict[type, Rule] = {
    g.Conv: windows.conv,
    g.ConvTranspose: windows.conv_transpose,
    g.Linear: weights.linear,
    g.Matmul: products.product,
    g.Attention: products.attention,
    g.Recurrent: products.recurrent,
    g.Embedding: products.embedding,
    g.Norm: norms.norm,
    g.Opaque: products.opaque,
    g.Activation: joins.activation,
    g.Softmax: joins.softmax,
    g.Arithmetic: joins.arithmetic,
    g.Concat: joins.concat,
    g.Pool: moves.pool,
    g.AdaptivePool: moves.adaptive_pool,
    g.Reduce: moves.reduce,
    g.Split: moves.split,
    g.Slice: moves.cut,
    g.Pad: moves.pad,
    g.Reshape: moves.reshape,
    g.Transpose: moves.transpose,
    g.Expand: moves.resize,
    g.Resize: moves.resize,
    g.DepthToSpace: moves.depth_to_space,
    g.SpaceToDepth: moves.space_to_depth,
    g.Rearrange: moves.rearrange,
}
KEPT = (
    *(g.Activation, g.Arithmetic, g.Concat, g.Expand, g.Pad, g.Resize, g.Slice, g.Softmax, g.Split),
)
COSTLY = (g.Conv, g.ConvTranspose, g.Linear, g.Recurrent, g.Matmul, g.Attention)
ALIGNED = (g.Conv, g.ConvTranspose, g.Pool, g.AdaptivePool, g.DepthToSpace, g.SpaceToDepth, g.Norm)


class Input(NamedTuple):
    """An input of the file that is one of the network: its tensor's sizes, and which are sides."""

    tensor: str
    sizes: tuple[int, ...]
    sides: tuple[int, ...]


class Lowered(NamedTuple):
    """The network that a graph is, flat, and what is known of it besides.

    `activated` are the layers behind which an activation stands, `inputs` the file's inputs by
    the names that the network has for them.
    """

    network: Network
    activated: frozenset[str]
    inputs: Mapping[str, Input]


def lower(graph: Graph) -> Lowered:
    """The network that the graph is, with notes for people.

    Raises DscalcError, with the operator's name, where a layer cannot be told.
    """
    state = State(graph)
    inputs: dict[str, Shape] = {}
    tensors: dict[str, Input] = {}
    only = len(graph.inputs) == 1
    for name in graph.inputs:
        shape, axes = _input(graph, name)
        node = INPUT if only else state.names.word(name)
        inputs[node] = shape
        tensors[node] = _read_at(graph, name, axes, shape)
        state.shapes[node] = shape
        state.put(name, Held(node, shape, axes, source=node))
    for operator in graph.operators:
        try:
            _apply(state, operator)
            state.behind.follow(state, operator)
        except DscalcError as error:
            raise _named(error, operator) from None
    return _lowered(graph, state, inputs, tensors)


def _read_at(graph: Graph, name: str, axes: Axes, shape: Shape) -> Input:
    """The tensor of an input, with the axis that each side of its map has in the file."""
    sizes = tuple(side or 0 for side in graph.tensors[name].shape or ())
    held = [axis for axis, of in enumerate(axes) if dims(of) - {len(shape.sides)}]
    if len(held) < len(shape.sides):  # a side of one position stands on no axis of its own
        channels = _channels(graph, name)
        held = [axis for axis in range(len(sizes)) if axis != channels][-len(shape.sides) :]
    return Input(name, sizes, tuple(held))


def _lowered(
    graph: Graph, state: State, inputs: dict[str, Shape], tensors: dict[str, Input]
) -> Lowered:
    """The layers under the inputs that they take, with what is guessed of them."""
    taken = {one for node in state.nodes for one in node.inputs}
    named = {name: shape for name, shape in inputs.items() if name in taken}
    if not named:
        raise DscalcError("no layer of the model costs anything, or joins maps")
    left = state.behind.settle(state)
    nodes = tuple(state.nodes)
    if len(named) == 1:
        (old,) = named
        nodes = tuple(
            node._replace(inputs=tuple(INPUT if one == old else one for one in node.inputs))
            for node in nodes
        )
    nodes = with_fixed_heads(nodes)
    first = next(iter(named.values()))
    several = named if len(named) > 1 else {}
    name = graph.name or graph.format
    notes = notes_on(graph, nodes)
    network = Network(
        name,
        first,
        nodes,
        named_inputs=several,
        notes=notes,
        lives=graph.lives,
        unplanned=note_on_unplanned(left),
    )
    names = {INPUT: tensors[next(iter(named))]} if len(named) == 1 else tensors
    kept = {name: names[name] for name in network.inputs}
    return Lowered(network, frozenset(state.activated), kept)


def _apply(state: State, operator: Operator) -> None:
    """On maps by the rule of its kind; on stored tensors alone it makes stored ones."""
    missing = [n for n in operator.inputs if n and n not in state.held and not state.is_stored(n)]
    if missing:
        raise DscalcError(f"the shape of '{missing[0]}' depends on numbers that only a run has")
    if any(name in state.held for name in operator.inputs):
        RULES[type(operator.kind)](state, operator)
    elif isinstance(operator.kind, COSTLY):
        weights.constant(state, operator)
    else:
        stored = [name for name in operator.inputs if state.is_stored(name)]
        for name in filter(None, operator.outputs):
            state.keep(name, stored)


def _named(error: DscalcError, operator: Operator) -> DscalcError:
    where = label(operator)
    return DscalcError(*(p if p.layer else Problem(p.message, layer=where) for p in error.problems))


def _input(graph: Graph, name: str) -> tuple[Shape, Axes]:
    """The map of an input: its channels are where the first layer that says so takes them."""
    tensor = graph.tensors[name]
    sizes = tuple(side or 0 for side in tensor.shape or ())
    if not sizes:
        return Shape((), 1), ()
    channels = _channels(graph, name)
    return plain(sizes, channels, graph.batch)


def _channels(graph: Graph, name: str) -> int | None:
    """The axis of an input that has the channels; None if each number is a position of its own."""
    places: dict[str, list[int | None]] = {name: list(range(len(graph.tensors[name].shape or ())))}
    for operator in graph.operators:
        source = next((one for one in operator.inputs if one in places), "")
        if not source:
            continue
        where, kind = places[source], operator.kind
        if isinstance(kind, ALIGNED) and kind.channels < len(where):
            return where[kind.channels]
        if isinstance(kind, (g.Linear,)):
            return where[kind.axis]
        if isinstance(kind, (g.Embedding,)):
            return None
        if isinstance(kind, g.Recurrent):
            return where[-1]
        moved = _moved(graph, operator, where)
        if moved is not None:
            for output in filter(None, operator.outputs):
                if len(graph.tensors[output].shape or ()) == len(moved):
                    places[output] = moved
    last = len(graph.tensors[name].shape or ()) - 1
    return last if last > 0 else None


def _moved(graph: Graph, operator: Operator, where: list[int | None]) -> list[int | None] | None:
    """Where the axes of an input are behind an operator that keeps them apart."""
    kind = operator.kind
    if isinstance(kind, g.Transpose):
        return [where[axis] for axis in kind.order]
    if isinstance(kind, g.Reshape):
        before = graph.tensors[operator.inputs[0]].shape or ()
        after = graph.tensors[operator.outputs[0]].shape or ()
        wide = [axis for axis, side in zip(where, before, strict=True) if side != 1]
        if [s for s in before if s != 1] != [s for s in after if s != 1]:
            return None
        rest = iter(wide)
        return [next(rest) if side != 1 else None for side in after]
    return where if isinstance(kind, KEPT) else None
