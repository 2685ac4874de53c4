"""Operators that multiply, and norms, as layers of the law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from dscalc.errors import DscalcError
from dscalc.law.fields import Padding
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer
from dscalc.models.graph import (
    Attention,
    Conv,
    ConvTranspose,
    Embedding,
    Linear,
    Norm,
    Opaque,
    Operator,
    Pads,
    Recurrent,
    elements,
)
from dscalc.models.lowering.cost import GATES
from dscalc.models.lowering.layout import (
    BATCH,
    Axes,
    Factor,
    are_sides,
    dims,
    is_channels,
    length,
    with_channels,
)
from dscalc.models.lowering.state import Held, State

T = TypeVar("T")


def simple(numbers: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all axes have the same."""
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def padding_of(
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    pads: Pads,
    same: bool,
) -> Padding:
    """The padding in the shortest word that means it at every size of the input."""
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if same or all(2 * p == r and p == q for (p, q), r in zip(pads, reach, strict=True)):
        return "same"
    if not any(map(any, pads)):
        return "valid"
    if len(pads) == 1 and pads[0] == (reach[0], 0) and set(stride) == {1}:
        return "causal"
    if all(p == q for p, q in pads):
        return simple([p for p, _ in pads])
    return pads


class Windows(NamedTuple):
    """The fields of a window for each side of the map that it goes over."""

    map: Held
    places: tuple[int | None, ...]  # which of the operator's axes each side is; None: a window of 1

    def each(self, numbers: Sequence[T], default: T) -> tuple[T, ...]:
        """One entry for each side of the map."""
        return tuple(default if at is None else numbers[at] for at in self.places)


def windows(state: State, name: str, channels: int, kernel: Sequence[int], pads: Pads) -> Windows:
    """A map for a window, with axes left out on which there is one position and nothing to do.

    So a convolution over rows that a format writes as one over images is one over rows, and
    examples with several frames each have these for a side.
    """
    sizes = state.sizes(name)
    spatial = [axis for axis in range(len(sizes)) if axis not in (0, channels)]
    frames = [0] if length(state.get(name).axes[0]) > 1 else []
    held = state.written(name)
    idle = [
        at
        for at, axis in enumerate(spatial)
        if sizes[axis] == 1 and kernel[at] == 1 and not any(pads[at])
    ]
    places: list[int | None] = [None] * len(frames)
    wanted = [*frames, *(axis for at, axis in enumerate(spatial) if at not in idle)]
    if are_sides([held.axes[a] for a in wanted], held.shape) and wanted:
        places += [at for at in range(len(spatial)) if at not in idle]
        return Windows(state.laid_out(name, wanted, channels), tuple(places))
    places += list(range(len(spatial)))
    return Windows(state.laid_out(name, [*frames, *spatial], channels), tuple(places))


def conv(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Conv)
    on = windows(state, operator.inputs[0], kind.channels, kind.kernel, kind.pads)
    x = on.map
    kernel, stride = on.each(kind.kernel, 1), on.each(kind.stride, 1)
    dilation, pads = on.each(kind.dilation, 1), on.each(kind.pads, (0, 0))
    padding = padding_of(kernel, stride, dilation, pads, kind.same)
    n, m = state.sizes(operator.outputs[0])[kind.channels], x.shape.channels
    window = {"k": simple(kernel), "stride": simple(stride), "padding": padding}
    window["dilation"] = simple(dilation)
    if kind.groups == m and n % m == 0 and m > 1:
        layer = KINDS["depthwise"](multiplier=n // m, **window)
    elif max(kernel) == 1 and padding in ("same", "valid"):
        layer = KINDS["pointwise"](n=n, g=kind.groups, stride=simple(stride))
    else:
        layer = KINDS["conv"](n=n, g=kind.groups, **window)
    weighted(state, operator, layer, x, kind.channels)


def conv_transpose(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, ConvTranspose)
    on = windows(state, operator.inputs[0], kind.channels, kind.kernel, kind.pads)
    x = on.map
    made = state.sizes(operator.outputs[0])
    spatial = [side for axis, side in enumerate(made) if axis not in (0, kind.channels)]
    kernel, stride = on.each(kind.kernel, 1), on.each(kind.stride, 1)
    dilation, sides = on.each(kind.dilation, 1), on.each(spatial, x.shape.sides[0])
    pads, added = [], []
    fields = zip(
        x.shape.sides, sides, kernel, stride, dilation, on.each(kind.pads, (0, 0)), strict=True
    )
    for before, after, k, s, d, (p, q) in fields:
        spare = after - ((before - 1) * s - p - q + d * (k - 1) + 1)
        pads.append((p, q - min(spare, 0)))
        added.append(max(spare, 0))
    same = tuple(side * s for side, s in zip(x.shape.sides, stride, strict=True)) == sides
    even = all(p == q for p, q in pads)
    layer = KINDS["conv_transpose"](
        n=made[kind.channels],
        k=simple(kernel),
        stride=simple(stride),
        padding="same" if same else simple([p for p, _ in pads]) if even else tuple(pads),
        dilation=simple(dilation),
        g=kind.groups,
        output_padding=0 if same else simple(added),
    )
    weighted(state, operator, layer, x, kind.channels)


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


def product(state: State, operator: Operator) -> None:
    """A product of two maps, or with stored weights that are no one matrix."""
    stored = any(map(state.is_stored, operator.inputs))
    maps = [name for name in operator.inputs if not state.is_stored(name)]
    why = "a product with weights that are no one matrix" if stored else "the product of two maps"
    opaque_of(state, operator, state.written(maps[0]), why)


def attention(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Attention)
    why = f"scores and weighing of attention, {kind.heads} heads"
    x = state.written(operator.inputs[0])
    added = [name for name in operator.inputs[3:] if state.is_stored(name)]
    opaque_of(state, operator._replace(inputs=operator.inputs[:3]), x, why)
    held = state.beside(state.get(operator.outputs[0]), added, operator)
    state.put(operator.outputs[0], held)


def recurrent(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Recurrent)
    name, *weights = operator.inputs
    weights = [w for w in weights if state.is_stored(w)]
    sizes = state.sizes(name)
    steps = next((axis for axis in (0, 1) if sizes[axis] == kind.steps), 0)
    if len(sizes) > 2 and sizes[1] == kind.steps and sizes[0] == state.graph.batch:
        steps = 1
    x = state.laid_out(name, [steps], len(sizes) - 1)
    total = sum(state.numbers(w) for w in weights)
    gates = GATES[kind.type] * kind.directions * kind.hidden
    biases, odd = divmod(total - gates * (kind.features + kind.hidden), gates)
    if kind.type == "rnn" or odd or biases < 0 or len(x.shape.sides) != 1:
        opaque_of(state, operator, x, f"a recurrent layer ({kind.type}) of {kind.hidden}")
        return
    layer = KINDS[kind.type](
        n=kind.hidden, bidirectional=kind.directions == 2, biases=biases, scale=False
    )
    node = state.add(layer, (x.node,), operator)
    if measured_mult_adds(state, node) != state.mult_adds(operator):
        raise DscalcError(f"the law of {kind.type} gives other mult-adds than the file")
    for w in weights:
        state.count(w, node)
    shape = state.shapes[node]
    state.put(
        operator.outputs[0], Held(node, shape, _recurrent_axes(state, operator, kind), source=node)
    )
    further = operator._replace(outputs=operator.outputs[1:])
    state.derive(further, operator.outputs[:1], "the state behind the last position")


def measured_mult_adds(state: State, node: str) -> int:
    """What the law says of a layer that has been written."""
    written = state.nodes[state.places[node]]
    found = state.cost(written.layer, written.inputs)
    return found[1].mult_adds if found else -1


def _recurrent_axes(state: State, operator: Operator, kind: Recurrent) -> Axes:
    """Where steps, directions and hidden numbers are in the output, by the sizes of its axes."""
    parts = [
        (Factor(BATCH, state.graph.batch, 1), state.graph.batch),
        (Factor(0, kind.steps, 1), kind.steps),
        (Factor(1, kind.directions, kind.hidden), kind.directions),
        (Factor(1, kind.hidden, 1), kind.hidden),
    ]
    sizes = state.sizes(operator.outputs[0])
    both = kind.hidden * kind.directions
    axes: list[tuple[Factor, ...]] = []
    left = [factor for factor, size in parts if size > 1]
    if sizes[-1] == both and kind.directions > 1:
        left = [f for f in left if f.dim != 1] + [Factor(1, both, 1)]
    for axis, size in enumerate(sizes):
        last = axis == len(sizes) - 1
        found = next((f for f in (reversed(left) if last else left) if f.size == size), None)
        axes.append((found,) if found and size > 1 else ())
        if found and size > 1:
            left.remove(found)
    if left:
        return state.fresh(operator.outputs[0], len(sizes) - 1)[1]
    return tuple(axes)


def embedding(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Embedding)
    table, rows = operator.inputs
    if not state.numbers(table):
        state.derive(operator, [rows], f"rows of {kind.n} out of a table")
        return
    sizes = state.sizes(rows)
    sides = [axis for axis in range(len(sizes)) if axis or length(state.get(rows).axes[0]) > 1]
    x = state.laid_out(rows, sides, None)
    node = state.add(KINDS["embedding"](n=kind.n, words=kind.words), (x.node,), operator)
    state.count(table, node)
    shape, axes = state.fresh(operator.outputs[0], len(sizes))
    state.put(operator.outputs[0], Held(node, shape, axes, source=node, direct=True))


def norm(state: State, operator: Operator) -> None:
    """Behind a convolution with nothing between it is the convolution's own."""
    kind = operator.kind
    assert isinstance(kind, Norm)
    x = state.written(operator.inputs[0])
    stored = [n if state.is_stored(n) and state.numbers(n) else "" for n in operator.inputs[1:3]]
    scale, shift = (*stored, "", "")[:2]
    statistics = [n for n in operator.inputs[3:5] if state.is_stored(n)]
    names = [name for name in (scale, shift) if name]
    counts = {state.numbers(name) for name in names}
    kinds = {"batch": "batch", "layer": "layer", "group": "group", "instance": "instance"}
    plain = counts == {x.shape.channels} and (kind.type != "batch" or len(statistics) == 2)
    if not names and not (kind.type == "batch" and statistics):
        state.put(operator.outputs[0], x._replace(direct=False))
    elif plain and scale != shift:
        without = "" if scale and shift else "shift" if scale else "scale"
        type_ = kinds.get(kind.type, "layer")
        node = _own_norm(state, operator, x, type_, without)
        for name in (*names, *statistics):
            state.count(name, node)
        state.put(operator.outputs[0], x._replace(node=node, source=node, direct=False))
    else:
        state.put(operator.outputs[0], state.beside(x, names, operator))


def _own_norm(state: State, operator: Operator, x: Held, type_: str, without: str) -> str:
    alone = x.direct and state.uses[operator.inputs[0]] == 1 and x.node in state.places
    layer = state.layer(x.node) if alone else None
    bare = layer and vars(layer).get("norm") == "none" and state.weights_once(x.node)
    if layer and bare and not state.nodes[state.places[x.node]].shared:
        state.replace(x.node, layer.replaced(norm=(type_, without) if without else type_))
        return x.node
    return state.add(KINDS["norm"](type=type_, without=without or None), (x.node,), operator)


def opaque(state: State, operator: Operator) -> None:
    """What no kind covers; without cost it is written only if somebody needs it."""
    kind = operator.kind
    assert isinstance(kind, Opaque)
    maps = [name for name in operator.inputs if name in state.held]
    if kind.mult_adds or kind.weights:
        opaque_of(state, operator, state.written(maps[0]), kind.why)
    else:
        state.derive(operator, maps, kind.why)
