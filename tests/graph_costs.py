"""Counts what a graph costs, for tests of the front ends: no law of the package is used."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from dscalc.models.graph import (
    Activation,
    Arithmetic,
    Attention,
    Concat,
    Conv,
    ConvTranspose,
    Embedding,
    Graph,
    Linear,
    Matmul,
    Norm,
    Opaque,
    Operator,
    Recurrent,
)

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


class Costs(NamedTuple):
    """Trainable parameters, norm statistics, and the mult-adds of one example."""

    params: int
    statistics: int
    mult_adds: int


def costs(graph: Graph) -> Costs:
    """Goes through the operators once; each storage is counted once."""
    seen: dict[str, int] = {}
    statistics: dict[str, int] = {}
    total = 0
    for operator in graph.operators:
        total += _mult_adds(graph, operator)
        for name in _parameters(graph, operator):
            seen[graph.tensors[name].storage] = _size(graph, name)
        if isinstance(operator.kind, Norm):
            for name in operator.inputs[3:5]:
                statistics[graph.tensors[name].storage] = _size(graph, name)
    assert total % graph.batch == 0
    return Costs(sum(seen.values()), sum(statistics.values()), total // graph.batch)


def _size(graph: Graph, name: str) -> int:
    shape = graph.tensors[name].shape
    assert shape is not None
    return prod(side for side in shape if side is not None)


def _parameters(graph: Graph, operator: Operator) -> list[str]:
    kind, inputs = operator.kind, operator.inputs
    stored = [name for name in inputs if name and graph.tensors[name].storage]
    match kind:
        case Conv() | ConvTranspose() | Linear() | Recurrent() | Matmul():
            return stored
        case Activation():
            return [name for name in stored if name in inputs[1:]]
        case Embedding():
            return stored[:1]
        case Norm():
            return [name for name in inputs[1:3] if name]
        case Opaque():
            return stored if kind.weights else []
        case Arithmetic() | Concat():
            return [name for name in stored if _along_channels(graph, operator, name)]
        case _:
            return []


def _along_channels(graph: Graph, operator: Operator, name: str) -> bool:
    """Whether a stored tensor has a number for each channel (last axis) of what comes out."""
    shape, out = graph.tensors[name].shape, graph.tensors[operator.outputs[0]].shape
    assert shape is not None
    assert out is not None
    return bool(shape) and bool(out) and _size(graph, name) > 1 and shape[-1] == out[-1]


def _mult_adds(graph: Graph, operator: Operator) -> int:
    kind, inputs = operator.kind, operator.inputs
    out = _size(graph, operator.outputs[0]) if operator.outputs else 0
    match kind:
        case Conv():
            shape = graph.tensors[operator.outputs[0]].shape
            assert shape is not None
            made = shape[kind.channels]
            assert made is not None
            return out // made * _size(graph, inputs[1])
        case ConvTranspose():
            shape = graph.tensors[inputs[0]].shape
            assert shape is not None
            taken = shape[kind.channels]
            assert taken is not None
            return _size(graph, inputs[0]) // taken * _size(graph, inputs[1])
        case Linear():
            shape = graph.tensors[operator.outputs[0]].shape
            assert shape is not None
            made = shape[kind.axis]
            assert made is not None
            return out // made * _size(graph, inputs[1])
        case Matmul():
            return out * kind.contracted
        case Attention():
            per_query = kind.heads * kind.keys * (kind.key + kind.value)
            return out // (kind.heads * kind.value) * per_query
        case Recurrent():
            weights = kind.hidden * (kind.features + kind.hidden)
            return kind.directions * GATES[kind.type] * weights * kind.steps * graph.batch
        case Opaque():
            return kind.mult_adds
        case _:
            return 0
