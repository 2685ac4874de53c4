"""Writes small TFLite files for the tests: tensors, operators by number, options by field."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tests.flatbuffers_writer import Number, Numbers, Value, flatbuffer

FLOAT, HALF, INT32, INT64, BOOL, INT16, INT8, INT4 = 0, 1, 2, 4, 6, 7, 9, 17
# Which table an operator's options are, by the operator's number (the union BuiltinOptions).
OPTIONS = {1: 5, 2: 10, 3: 1, 4: 2, 5: 94, 9: 8, 16: 14, 17: 5, 22: 17, 26: 19, 27: 6, 31: 16}
OPTIONS |= {35: 31, 36: 23, 40: 27, 43: 30, 44: 71, 45: 32, 49: 35, 52: 69, 56: 40, 67: 49}
OPTIONS |= {
    82: 27,
    100: 77,
    119: 93,
    102: 79,
    83: 59,
    85: 61,
    88: 64,
    118: 92,
    126: 101,
    129: 103,
    132: 106,
    142: 111,
}
SIZES = {FLOAT: 4, HALF: 2, INT32: 4, INT64: 8, BOOL: 1, INT16: 2, INT8: 1, INT4: 1}


class T(NamedTuple):
    """A tensor: stored where `data` is a number (all its entries) or whole numbers."""

    name: str
    shape: tuple[int, ...]
    data: int | tuple[int, ...] | None = None
    type: int = FLOAT
    signature: tuple[int, ...] = ()
    buffer: int | None = None  # of another tensor's, where it is not its own
    sparse: bool = False
    variable: bool = False  # kept from run to run
    scales: tuple[float, ...] = ()  # of quantisation, one for all or one a channel


class O(NamedTuple):  # noqa: E742 - beside T, as in a list of operators
    """An operator: its number or its custom name, tensors by name, and its options."""

    code: int | str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: Mapping[int, Value] = MappingProxyType({})
    custom: bytes = b""


class G(NamedTuple):
    """A subgraph."""

    tensors: list[T]
    operators: list[O]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def ints(*values: int) -> dict[int, Value]:
    """Options whose fields from 0 are int32."""
    return {field: Number("i", value) for field, value in enumerate(values)}


def conv(padding: int, stride: int = 1, activation: int = 0, dilation: int = 1) -> dict[int, Value]:
    """The options of a CONV_2D: padding 0 is SAME, 1 VALID."""
    steps = {1: Number("i", stride), 2: Number("i", stride)}
    more = {4: Number("i", dilation), 5: Number("i", dilation)}
    return {0: Number("b", padding), **steps, 3: Number("b", activation), **more}


def depthwise(padding: int, stride: int, multiplier: int) -> dict[int, Value]:
    """The options of a DEPTHWISE_CONV_2D."""
    steps = {1: Number("i", stride), 2: Number("i", stride), 3: Number("i", multiplier)}
    return {0: Number("b", padding), **steps, 5: Number("i", 1), 6: Number("i", 1)}


def tflite(*subgraphs: G, offline: tuple[int, ...] = ()) -> bytes:
    """The file; `offline` has the places of its tensors in memory, -1 where a planner decides."""
    codes = list(dict.fromkeys(o.code for graph in subgraphs for o in graph.operators))
    buffers: list[dict[int, Value]] = [{}]
    tables: list[dict[int, Value]] = [_subgraph(graph, codes, buffers) for graph in subgraphs]
    model: dict[int, Value] = {
        0: Number("I", 3),
        1: [_code(code) for code in codes],
        2: tables,
        3: "test",
        4: buffers,
    }
    if offline:
        model[6] = [{0: "OfflineMemoryAllocation", 1: Number("I", len(buffers))}]
        buffers.append({0: struct.pack(f"<{3 + len(offline)}i", 1, 0, len(offline), *offline)})
    return flatbuffer(model)


def _code(code: int | str) -> dict[int, Value]:
    if isinstance(code, str):
        return {0: Number("b", 32), 1: code, 2: Number("i", 1), 3: Number("i", 32)}
    version = 2 if code == 130 else 1  # BROADCAST_TO has no first version
    return {0: Number("b", min(code, 127)), 2: Number("i", version), 3: Number("i", code)}


def _subgraph(
    graph: G, codes: list[int | str], buffers: list[dict[int, Value]]
) -> dict[int, Value]:
    places = {tensor.name: i for i, tensor in enumerate(graph.tensors)}

    def numbers(names: tuple[str, ...]) -> Numbers:
        return Numbers("i", tuple(places[name] if name else -1 for name in names))

    tensors = [_tensor(tensor, buffers) for tensor in graph.tensors]
    operators: list[dict[int, Value]] = []
    for o in graph.operators:
        table: dict[int, Value] = {
            0: Number("I", codes.index(o.code)),
            1: numbers(o.inputs),
            2: numbers(o.outputs),
        }
        if o.options:
            table[3] = Number("B", OPTIONS[int(o.code)])
            table[4] = dict(o.options)
        if o.custom:
            table[5] = o.custom
        operators.append(table)
    ends = {1: numbers(graph.inputs), 2: numbers(graph.outputs)}
    return {0: tensors, **ends, 3: operators, 4: "main"}


def _tensor(tensor: T, buffers: list[dict[int, Value]]) -> dict[int, Value]:
    index = tensor.buffer or 0
    if tensor.buffer is None and tensor.data is not None:
        index = len(buffers)
        buffers.append({0: _data(tensor)})
    table: dict[int, Value] = {
        0: Numbers("i", tensor.shape),
        1: Number("b", tensor.type),
        2: Number("I", index),
        3: tensor.name,
    }
    if tensor.signature:
        table[7] = Numbers("i", tensor.signature)
    if tensor.scales:
        zeros = Numbers("q", (0,) * len(tensor.scales))
        table[4] = {2: Numbers("f", tensor.scales), 3: zeros, 6: Number("i", 0)}
    if tensor.variable:
        table[5] = Number("B", 1)
    if tensor.sparse:
        table[6] = {}
    return table


def _data(tensor: T) -> bytes:
    if isinstance(tensor.data, tuple):
        code = {INT32: "i", INT64: "q"}[tensor.type]
        return struct.pack(f"<{len(tensor.data)}{code}", *tensor.data)
    count = SIZES[tensor.type]
    for side in tensor.shape:
        count *= side
    return bytes([tensor.data or 0]) * count
