"""Products of maps, attention, recurrent layers, tables of words, and what is opaque itself."""

from __future__ import annotations

from dscalc.law.kinds import KINDS
from dscalc.models.graph import Operator, elements
from dscalc.models.kinds import Attention, Embedding, Opaque, Recurrent
from dscalc.models.lowering.cost import GATES
from dscalc.models.lowering.layout import BATCH, Axes, Factor, length
from dscalc.models.lowering.state import Held, State
from dscalc.models.lowering.weights import opaque_of


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
    total = sum(state.numbers(w) for w in weights)
    gates = GATES[kind.type] * kind.directions * kind.hidden
    biases, odd = divmod(total - gates * (kind.features + kind.hidden), gates)
    why = f"a recurrent layer ({kind.type}) of {kind.hidden}"
    rows = kind.features * kind.steps * state.graph.batch
    if kind.type == "rnn" or odd or biases < 0 or elements(state.tensor(name)) != rows:
        opaque_of(state, operator, state.written(name), why)
        return
    x = state.laid_out(name, [steps], len(sizes) - 1)
    layer = KINDS[kind.type](
        n=kind.hidden, bidirectional=kind.directions == 2, biases=biases, scale=False
    )
    found = state.cost(layer, (x.node,))
    if found is None or found[1].mult_adds != state.mult_adds(operator):
        opaque_of(state, operator, x, why)
        return
    node = state.add(layer, (x.node,), operator)
    for w in weights:
        state.count(w, node)
    shape = state.shapes[node]
    state.put(
        operator.outputs[0], Held(node, shape, _recurrent_axes(state, operator, kind), source=node)
    )
    further = operator._replace(outputs=operator.outputs[1:])
    state.derive(further, operator.outputs[:1], "the state behind the last position")


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


def opaque(state: State, operator: Operator) -> None:
    """What no kind covers; without cost it is written only if somebody needs it."""
    kind = operator.kind
    assert isinstance(kind, Opaque)
    maps = [name for name in operator.inputs if name in state.held]
    if kind.mult_adds or kind.weights:
        opaque_of(state, operator, state.written(maps[0]), kind.why)
    else:
        state.derive(operator, maps, kind.why)
