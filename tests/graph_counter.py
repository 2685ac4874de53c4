"""Parameters and mult-adds straight from the graph of a model file: the readers' oracle.

Written from the definitions in dscalc.models.graph alone, in the plainest way: what each operator
multiplies, and which stored tensors stand where weights stand.
"""

from __future__ import annotations

from math import prod

from dscalc.models.graph import Graph, Operator, elements, stored_numbers
from dscalc.models.kinds import (
    Activation,
    Arithmetic,
    Attention,
    Concat,
    Conv,
    ConvTranspose,
    Embedding,
    Expand,
    Linear,
    Matmul,
    Norm,
    Opaque,
    Recurrent,
)

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
WEIGHTED = (Conv, ConvTranspose, Linear, Matmul, Attention, Recurrent, Embedding, Norm, Activation)

# A stored tensor that is compared with, or chosen by, is no parameter: one-hot codes, masks.
LEARNED = ("add", "subtract", "multiply", "divide")


def mult_adds(graph: Graph) -> int:
    """Mult-adds of one example."""
    total = sum(_cost(graph, operator) for operator in graph.operators)
    assert total % graph.batch == 0
    return total // graph.batch


def _cost(graph: Graph, operator: Operator) -> int:
    kind = operator.kind

    def size(name: str) -> int:
        return elements(graph.tensors[name])

    if isinstance(kind, Conv):
        x = graph.tensors[operator.inputs[0]].shape or ()
        made = size(operator.outputs[0])
        return made * (x[kind.channels] or 0) // kind.groups * prod(kind.kernel)
    if isinstance(kind, ConvTranspose):
        out = graph.tensors[operator.outputs[0]].shape or ()
        return (
            size(operator.inputs[0]) * (out[kind.channels] or 0) // kind.groups * prod(kind.kernel)
        )
    if isinstance(kind, Linear):
        x = graph.tensors[operator.inputs[0]].shape or ()
        return size(operator.outputs[0]) * (x[kind.axis] or 0)
    if isinstance(kind, Matmul):
        return size(operator.outputs[0]) * kind.contracted
    if isinstance(kind, Attention):
        return size(operator.outputs[0]) // kind.value * kind.keys * (kind.key + kind.value)
    if isinstance(kind, Recurrent):
        x = graph.tensors[operator.inputs[0]].shape or ()
        examples = prod(side or 0 for side in x) // kind.features // kind.steps
        gates = GATES[kind.type] * kind.directions * kind.hidden
        return examples * kind.steps * gates * (kind.features + kind.hidden)
    return kind.mult_adds if isinstance(kind, Opaque) else 0


def parameters(graph: Graph) -> int:
    """Trainable parameters: each storage once, running statistics left out."""
    found: dict[str, int] = {}
    for operator in graph.operators:
        for name in _weights(graph, operator):
            tensor = graph.tensors[name]
            found[tensor.storage] = max(found.get(tensor.storage, 0), stored_numbers(tensor))
    return sum(found.values())


def _weights(graph: Graph, operator: Operator) -> list[str]:
    tensors = graph.tensors
    stored = [
        name
        for name in operator.inputs
        if name and tensors[name].storage and tensors[name].learned is not False
    ]
    kind = operator.kind
    if isinstance(kind, Norm):
        return [name for name in operator.inputs[1:3] if name in stored]
    if isinstance(kind, WEIGHTED) or (isinstance(kind, Opaque) and kind.weights):
        return stored
    if isinstance(kind, (Concat, Expand)) or (
        isinstance(kind, Arithmetic) and kind.type in LEARNED
    ):
        return [name for name in stored if elements(tensors[name]) > 1 or tensors[name].learned]
    return []
