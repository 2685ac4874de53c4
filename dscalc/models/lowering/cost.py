"""What an operator of the graph costs by its definition; layers made of it are held to that."""

from __future__ import annotations

from math import prod

from dscalc.models.graph import Graph, Operator, elements
from dscalc.models.kinds import Attention, Conv, ConvTranspose, Linear, Matmul, Opaque, Recurrent

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def mult_adds(graph: Graph, operator: Operator) -> int:
    """Of one run, with all its examples; raises DscalcError where a shape is open."""
    kind = operator.kind
    if isinstance(kind, Conv):
        used = side(graph, operator.inputs[0], kind.channels) // kind.groups
        return elements(graph.tensors[operator.outputs[0]]) * used * prod(kind.kernel)
    if isinstance(kind, ConvTranspose):
        made = side(graph, operator.outputs[0], kind.channels) // kind.groups
        return elements(graph.tensors[operator.inputs[0]]) * made * prod(kind.kernel)
    if isinstance(kind, Linear):
        used = side(graph, operator.inputs[0], kind.axis)
        return elements(graph.tensors[operator.outputs[0]]) * used
    if isinstance(kind, Matmul):
        return elements(graph.tensors[operator.outputs[0]]) * kind.contracted
    if isinstance(kind, Attention):
        queries = elements(graph.tensors[operator.outputs[0]]) // max(1, kind.value)
        return queries * kind.keys * (kind.key + kind.value)
    if isinstance(kind, Recurrent):
        examples = elements(graph.tensors[operator.inputs[0]]) // max(1, kind.features * kind.steps)
        gates = GATES[kind.type] * kind.directions * kind.hidden
        return examples * kind.steps * gates * (kind.features + kind.hidden)
    return kind.mult_adds if isinstance(kind, Opaque) else 0


def side(graph: Graph, name: str, axis: int) -> int:
    """One side of a tensor, which must be known."""
    tensor = graph.tensors[name]
    elements(tensor)
    return (tensor.shape or ())[axis] or 0
