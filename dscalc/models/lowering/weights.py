"""Layers with weights: held to what their operator costs, shared, or opaque with its numbers."""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer
from dscalc.models.graph import Operator, elements
from dscalc.models.kinds import Linear
from dscalc.models.lowering.layout import BATCH, Axes, dims, is_channels, length, with_channels
from dscalc.models.lowering.state import Held, State


def linear(state: State, operator: Operator) -> None:
    """On the channels where its axis has them; on the positions; else on everything in a row."""
    kind = operator.kind
    assert isinstance(kind, Linear)
    name, axis = operator.inputs[0], kind.axis
    x = state.written(name)
    n = state.sizes(operator.outputs[0])[axis]
    if not is_channels(x.axes[axis], x.shape):
        sides = dims(x.axes[axis])
        mixed = len(x.shape.sides) not in sides and length(x.axes[axis]) == x.shape.positions
        if mixed and x.shape.positions > 1 and x.shape.channels > 1:
            _over_positions(state, operator, x, n)
            return
        others = [i for i in range(len(x.axes)) if i != axis and (i or length(x.axes[0]) > 1)]
        kept = [i for i in others if length(x.axes[i]) > 1]
        x = state.laid_out(name, kept, axis)
    state.behind.take(x.node, x.axes[axis])
    weighted(state, operator, KINDS["linear"](n=n), x, axis)


def _over_positions(state: State, operator: Operator, x: Held, n: int) -> None:
    layer = KINDS["linear"](n=n, over="positions")
    made = state.cost(layer, (x.node,))
    axis = next(i for i, a in enumerate(x.axes) if is_channels(a, x.shape) and length(a) > 1)
    shape, axes = state.fresh(operator.outputs[0], axis)
    if made is None or made[0] != shape:
        opaque_of(state, operator, x, "a linear layer over positions")
        return
    weighted(state, operator, layer, x, axis)
    held = state.get(operator.outputs[0])
    state.put(operator.outputs[0], held._replace(axes=axes))


def weighted(state: State, operator: Operator, layer: Layer, x: Held, axis: int) -> None:
    """Writes a layer with weights, held to what the operator costs by its definition.

    Where the law says otherwise, or the weights are those of a layer of another kind, it is an
    opaque one with the right numbers.
    """
    _, w, *rest = operator.inputs
    tensor = state.tensor(w)
    cost = state.mult_adds(operator)
    biases = [name for name in rest if state.is_stored(name)]
    one_bias = len(biases) == 1 and state.numbers(biases[0]) in (n_of(layer, x), 0)
    if one_bias and state.numbers(biases[0]):
        layer = layer.replaced(bias=True)
    first = state.counted.get(tensor.storage, "")
    if first:
        if (
            biases
            and first in state.places
            and vars(state.layer(first)).get("bias")
            and not vars(layer).get("bias")
        ):
            layer = layer.replaced(bias=True)
        node = _shared(state, operator, layer, x, first, cost)
    else:
        found = state.cost(layer, (x.node,))
        learned = tensor.learned is not False
        fits = (
            found and learned and (found[1].mult_adds, found[1].weights) == (cost, elements(tensor))
        )
        if not fits:
            fixed = f"a {layer.kind} with weights that are never trained"
            why = f"what no law of {layer.kind} gives" if learned else fixed
            opaque_of(state, operator, x, why, axis)
            return
        node = state.add(layer, (x.node,), operator)
        state.count(w, node)
    shape = state.shapes[node]
    held = Held(
        node, shape, with_channels(x.axes, x.shape, axis, shape.channels), source=node, direct=True
    )
    if shape.sides != x.shape.sides:
        held = held._replace(axes=_resided(state, operator.outputs[0], held, axis))
    extra = (tensor.held or elements(tensor)) - elements(tensor) if not first else 0
    if vars(layer).get("bias") and one_bias:
        state.count(biases[0], node)
    left = [name for name in biases if state.numbers(name)]
    held = state.beside(held, left, operator)
    if extra > 0:
        more = state.add(KINDS["parameters"](n=extra), (held.node,), operator)
        held = held._replace(node=more, source=more, direct=False)
    state.put(operator.outputs[0], held)


def n_of(layer: Layer, x: Held) -> int:
    """The channels that a layer makes."""
    fields = vars(layer)
    return int(fields["n"]) if "n" in fields else int(fields["multiplier"]) * x.shape.channels


def _resided(state: State, name: str, held: Held, channels: int) -> Axes:
    """The axes of a map whose sides a window has changed; those of one position are nowhere."""
    shape, axes = state.fresh(name, channels)
    if shape == held.shape:
        return axes
    wide = [side for side in shape.sides if side > 1]
    if wide != [side for side in held.shape.sides if side > 1]:
        raise DscalcError(f"'{name}' should be {shape}, and the law says {held.shape}")
    old = [dim for dim, side in enumerate(shape.sides) if side > 1]
    new = [dim for dim, side in enumerate(held.shape.sides) if side > 1]
    places = {**dict(zip(old, new, strict=True)), len(shape.sides): len(held.shape.sides)}
    return tuple(
        tuple(f if f.dim == BATCH else f._replace(dim=places[f.dim]) for f in axis) for axis in axes
    )


def _shared(state: State, operator: Operator, layer: Layer, x: Held, first: str, cost: int) -> str:
    """A layer with the weights of an earlier one; opaque where it is no equal layer."""

    if first in state.places:
        own = state.nodes[state.places[first]]
        same = own.layer == layer and state.shapes[own.inputs[0]].channels == x.shape.channels
        if same:
            return state.add(layer, (x.node,), operator, first)
    found = state.cost(layer, (x.node,))
    if found is None:
        raise DscalcError(f"{layer.kind} does not fit {x.shape}")
    why = f"a {layer.kind} with the weights of {first}"
    return state.add(state.opaque(found[0], why, mult_adds=cost), (x.node,), operator)


def opaque_of(
    state: State, operator: Operator, x: Held, why: str, channels: int | None = None
) -> None:
    """An operator as numbers: its outputs' shapes, what it stores, what it multiplies."""
    names = [name for name in operator.inputs if name and not state.is_stored(name)]
    maps = dict.fromkeys(state.written(name).node for name in names if name in state.held)
    stored = [name for name in operator.inputs if state.is_stored(name)]
    total = sum(state.numbers(name) for name in stored)
    rank = len(state.sizes(operator.outputs[0]))
    axis = channels if channels is not None else max(0, rank - 1)
    shape, axes = state.fresh(operator.outputs[0], axis if rank else None)
    layer = state.opaque(shape, why, weights=total, mult_adds=state.mult_adds(operator))
    node = state.add(layer, tuple(maps) or (x.node,), operator)
    for name in stored:
        state.count(name, node)
    state.put(operator.outputs[0], Held(node, state.shapes[node], axes, source=node))
    further = operator._replace(outputs=operator.outputs[1:])
    state.derive(further, operator.outputs[:1], why)


def constant(state: State, operator: Operator) -> None:
    """A layer with weights on what every run has alike: it has no map to stand on but the first."""
    first = next(iter(state.shapes))
    shape, axes = state.fresh(operator.outputs[0], len(state.sizes(operator.outputs[0])) - 1)
    stored = [name for name in operator.inputs if state.is_stored(name)]
    total = sum(state.numbers(name) for name in dict.fromkeys(stored))
    why = "a layer on numbers that are the same in every run"
    layer = state.opaque(shape, why, weights=total, mult_adds=state.mult_adds(operator))
    node = state.add(layer, (first,), operator)
    for name in stored:
        state.count(name, node)
    state.put(operator.outputs[0], Held(node, state.shapes[node], axes, source=node))
