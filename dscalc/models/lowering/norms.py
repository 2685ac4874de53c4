"""Norms: behind a convolution with nothing between it is the convolution's own."""

from __future__ import annotations

from dscalc.law.kinds import KINDS
from dscalc.models.graph import Operator
from dscalc.models.kinds import Norm
from dscalc.models.lowering.state import Held, State


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
    if kind.type == "instance" and all(_of_groups(n, x.shape.channels) for n in counts):
        names, counts = [], set()
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


def _of_groups(numbers: int, channels: int) -> bool:
    """Whether they stand along groups: exporters write a group norm as an instance norm of a map
    of groups, whose scale of ones and shift of zeros nobody trains; its own come behind it."""
    return numbers < channels and channels % numbers == 0


def _own_norm(state: State, operator: Operator, x: Held, type_: str, without: str) -> str:
    alone = x.direct and state.uses[operator.inputs[0]] == 1 and x.node in state.places
    layer = state.layer(x.node) if alone else None
    bare = layer and vars(layer).get("norm") == "none" and state.weights_once(x.node)
    if layer and bare and not state.nodes[state.places[x.node]].shared:
        state.replace(x.node, layer.replaced(norm=(type_, without) if without else type_))
        return x.node
    return state.add(KINDS["norm"](type=type_, without=without or None), (x.node,), operator)
