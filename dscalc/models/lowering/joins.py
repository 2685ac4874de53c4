"""Operators that put maps together, or change each number by itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer
from dscalc.law.weightless import Add, Multiply
from dscalc.law.weightless import Concat as ConcatLayer
from dscalc.models.graph import Operator
from dscalc.models.kinds import Arithmetic, Concat
from dscalc.models.lowering.layout import are_sides, is_channels, length, with_channels
from dscalc.models.lowering.state import Held, State

LEARNED = ("add", "subtract", "multiply", "divide")


def activation(state: State, operator: Operator) -> None:
    """No layer, but for a slope that is learned."""
    x = state.get(operator.inputs[0])
    slopes = [name for name in operator.inputs[1:] if state.is_stored(name)]
    if slopes:
        x = state.beside(state.written(operator.inputs[0]), slopes, operator)
    if x.node:
        state.activated.add(x.node)
    state.put(operator.outputs[0], x._replace(direct=False))


def softmax(state: State, operator: Operator) -> None:
    state.put(operator.outputs[0], state.get(operator.inputs[0])._replace(direct=False))


def arithmetic(state: State, operator: Operator) -> None:
    """Maps are joined; what is stored along the channels are parameters beside the result."""
    kind = operator.kind
    assert isinstance(kind, Arithmetic)
    output = operator.outputs[0]
    maps = list(dict.fromkeys(name for name in operator.inputs if name in state.held))
    stored = [name for name in operator.inputs if state.is_stored(name)]
    joined = _joined(state, operator, maps, kind.type)
    if joined is None:
        new = _new_axes(state, output, maps)
        wide = new[0] if len(new) == 1 else None
        state.derive(operator, maps, "maps of different shapes put together", wide)
        joined = state.get(output)
    state.put(output, joined)
    if kind.type in LEARNED:
        for name in stored:
            _learned(state, operator, name, kind.type)


def _new_axes(state: State, output: str, maps: Sequence[str]) -> list[int]:
    """The axes along which no map has positions, so that a stored tensor brings them."""
    sizes = state.sizes(output)
    reach = [
        axis + len(sizes) - len(own)
        for own in map(state.sizes, maps)
        for axis, side in enumerate(own)
        if side > 1
    ]
    return [axis for axis, side in enumerate(sizes) if side > 1 and axis not in reach]


def _joined(state: State, operator: Operator, maps: Sequence[str], type_: str) -> Held | None:
    """What holds the result; None where no law says what it is."""
    wanted = prod(state.sizes(operator.outputs[0]))
    held = [state.get(name) for name in maps]
    sizes = [prod(state.sizes(name)) for name in maps]
    if wanted not in sizes:
        return None
    large = sizes.index(wanted)
    if len(maps) == 1:
        return held[0]
    if len({one.source for one in held}) == 1 and held[0].source:
        return held[large]._replace(direct=False)
    order = [maps[large], *(name for i, name in enumerate(maps) if i != large)]
    written = [state.written(name) for name in order]
    first, rank = written[0], len(state.sizes(operator.outputs[0]))
    nodes = list(dict.fromkeys(one.node for one in written))
    if len(nodes) == 1:
        return first._replace(direct=False)
    layer: Layer = Multiply() if type_ in ("multiply", "divide") else Add()
    if state.cost(layer, nodes) is None and min(sizes) == wanted:
        first, nodes = _aligned(state, order)
    if state.cost(layer, nodes) is None or len(first.axes) != rank:
        return None
    node = state.add(layer, nodes, operator)
    return Held(node, first.shape, first.axes, source=node)


def _aligned(state: State, names: Sequence[str]) -> tuple[Held, list[str]]:
    """Maps of one size in one layout: that of the first that has an axis for its channels."""
    for name in names:
        held = state.written(name)
        for channels, axis in enumerate(held.axes):
            rest = [i for i in range(len(held.axes)) if i != channels]
            sides = [i for i in rest if i or length(held.axes[0]) > 1]
            wide = is_channels(axis, held.shape) and length(axis) > 1
            if wide and are_sides([held.axes[i] for i in sides], held.shape):
                laid = [state.laid_out(one, sides, channels).node for one in names]
                return held, list(dict.fromkeys([held.node, *laid]))
    return state.written(names[0]), [state.written(one).node for one in names]


def _learned(state: State, operator: Operator, name: str, type_: str) -> None:
    """A stored tensor that is added to a map, or multiplied with it."""
    output = operator.outputs[0]
    count = state.numbers(name)
    if not count or not _is_parameter(state, name, output):
        return
    x = state.written(output)
    before = operator.inputs[0] if operator.inputs[0] != name else operator.inputs[1]
    alone = x.direct and state.uses[before] == 1 and x.node in state.places
    layer = state.layer(x.node) if x.node in state.places else None
    vector = count == x.shape.channels and _along(state, name, output)
    if vector and type_ in LEARNED[2:]:
        node = state.add(KINDS["layer_scale"](), (x.node,), operator)
        state.count(name, node)
        state.put(output, Held(node, x.shape, x.axes, source=node, direct=True))
        if x.source in state.centred:
            state.centred.add(node)
        return
    fields = vars(layer) if layer and alone else {}
    once = (
        not state.nodes[state.places[x.node]].shared and state.weights_once(x.node)
        if alone
        else False
    )
    if vector and fields.get("bias") is False and fields.get("norm", "none") == "none" and once:
        assert layer is not None
        state.replace(x.node, layer.replaced(bias=True))
        state.count(name, x.node)
        state.put(output, x)
    elif vector and alone and x.node in state.centred and layer and layer.kind == "layer_scale":
        state.behind.forget(state, state.nodes[state.places[x.node]].inputs[0])
        state.replace(x.node, KINDS["norm"](type="layer"))
        state.count(name, x.node)
        state.put(output, x._replace(direct=False))
    else:
        state.put(output, state.beside(x, [name], operator))


def _is_parameter(state: State, name: str, output: str) -> bool:
    """By what the file says; else it must have all the channels of the map, or all of the map."""
    tensor = state.tensor(name)
    if tensor.learned is not None:
        return tensor.learned
    return _along(state, name, output) or (
        prod(state.sizes(name)) > 1
        and prod(state.sizes(name)) * state.graph.batch >= prod(state.sizes(output))
    )


def _along(state: State, name: str, output: str) -> bool:
    """Whether a stored tensor has one number for each channel of the map, and no more."""
    held = state.get(output)
    sizes = state.sizes(name)
    axes = held.axes[len(held.axes) - len(sizes) :] if len(sizes) <= len(held.axes) else ()
    wide = [axis for axis, size in zip(axes, sizes, strict=False) if size > 1]
    if not wide:
        return held.shape.channels == 1 and prod(sizes) == 1 and state.tensor(name).learned is True
    factors = tuple(factor for axis in wide for factor in axis)
    return is_channels(factors, held.shape)


def concat(state: State, operator: Operator) -> None:
    """Along the channels a layer; a token in front of others; else numbers side by side."""
    kind = operator.kind
    assert isinstance(kind, Concat)
    output = operator.outputs[0]
    maps = [name for name in operator.inputs if name in state.held]
    stored = [name for name in operator.inputs if state.is_stored(name)]
    learned = [
        name
        for name in stored
        if state.numbers(name) and _has_channels(state, name, maps[0], kind.axis)
    ]
    if len(operator.inputs) == 1:
        state.put(output, state.get(maps[0])._replace(direct=False))
        return
    if not stored:
        held = [state.get(name) for name in maps]
        if all(is_channels(one.axes[kind.axis], one.shape) for one in held):
            written = [state.written(name) for name in maps]
            nodes = [one.node for one in written]
            if len(nodes) > 1 and state.cost(ConcatLayer(), nodes) is not None:
                first = written[0]
                node = state.add(ConcatLayer(), nodes, operator)
                axes = with_channels(
                    first.axes, first.shape, kind.axis, state.shapes[node].channels
                )
                state.put(output, Held(node, state.shapes[node], axes, source=node))
                return
    elif len(maps) == len(learned) == 1 and _token(state, operator, maps[0], learned[0], kind.axis):
        return
    state.derive(operator, maps, "maps put together along their positions")
    if learned:
        state.put(output, state.beside(state.written(output), learned, operator))


def _has_channels(state: State, name: str, x: str, axis: int) -> bool:
    """Whether a stored tensor is as wide as a map beside it, on all other axes than one."""
    own, others = state.sizes(name), state.sizes(x)
    pairs = [(a, b) for i, (a, b) in enumerate(zip(own, others, strict=False)) if i != axis]
    wide = any(b > 1 for _, b in pairs)
    return state.tensor(name).learned is True or (wide and all(a == b for a, b in pairs))


def _token(state: State, operator: Operator, name: str, token: str, axis: int) -> bool:
    sizes = state.sizes(name)
    others = [i for i in range(len(sizes)) if i != axis and length(state.get(name).axes[i]) > 1]
    if len(others) != 1 or state.numbers(token) != sizes[others[0]]:
        return False
    x = state.laid_out(name, [axis], others[0])
    node = state.add(KINDS["class_token"](), (x.node,), operator)
    state.count(token, node)
    shape, axes = state.fresh(operator.outputs[0], others[0])
    if shape != state.shapes[node]:
        return False
    state.put(operator.outputs[0], Held(node, shape, axes, source=node))
    return True
