"""What an ONNX file says, as records: nodes, stored tensors by size, inputs and their sides.

Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import MOST_AXES
from dscalc.models.protobuf import Value, Wire, signed, text

MOST_INTEGERS = 4096  # of one stored tensor that are read: shapes, indices, pads
MOST_REALS = 64  # scales of a resize, single numbers
DEEPEST = 16  # graphs inside each other
FLOAT, INT32, INT64, BOOL, DOUBLE = 1, 6, 7, 9, 11
CODES = {FLOAT: "f", 2: "B", 3: "b", 4: "H", 5: "h", INT32: "i", INT64: "q", BOOL: "?"}
CODES |= {10: "e", DOUBLE: "d", 12: "I", 13: "Q"}
REAL_TYPES = frozenset({FLOAT, 10, DOUBLE, 16})

Number = int | float


class Stored(NamedTuple):
    """A stored tensor; `values` are there if it is small enough to decide a shape."""

    name: str
    shape: tuple[int, ...]
    values: tuple[Number, ...] | None


class Open(NamedTuple):
    """What a file says of an input: its sides, a number or the name of an open one ("" for none).

    `sides` is None where not even the number of axes is said.
    """

    name: str
    sides: tuple[int | str, ...] | None


class Body(NamedTuple):
    """A graph, or a function (whose inputs and outputs are names alone)."""

    name: str
    nodes: tuple[Node, ...]
    stored: Mapping[str, Stored]
    inputs: tuple[Open, ...]
    outputs: tuple[str, ...]


Attribute = int | float | str | tuple[Number, ...] | tuple[str, ...] | Stored | Body


class Node(NamedTuple):
    """One node; `op` has its domain in front where that is not ONNX's own."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    references: Mapping[str, str]  # attributes that a function takes from its call


class Function(NamedTuple):
    """A function of the file; `defaults` are attributes that a call may leave out."""

    body: Body
    defaults: Mapping[str, Attribute]


class Model(NamedTuple):
    """One ONNX file."""

    graph: Body
    functions: Mapping[str, Function]
    opset: int


def read_model(data: memoryview) -> Model:
    """The records of a file, weights passed over unread; raises DscalcError if it is damaged."""
    wire = Wire()
    graph: Body | None = None
    functions: dict[str, Function] = {}
    opsets: dict[str, int] = {}
    for number, value in wire.fields(data):
        if number == 7:
            graph = _body(wire, value, 0)
        elif number == 8:
            opsets.update([_opset(wire, value)])
        elif number == 25:
            functions.update([_function(wire, value)])
    if graph is None:
        raise DscalcError("an ONNX file without a graph: cut off, or no ONNX file")
    return Model(graph, functions, opsets.get("", 1))


def _opset(wire: Wire, data: Value) -> tuple[str, int]:
    domain, version = "", 1
    for number, value in wire.fields(data):
        if number == 1:
            domain = _domain(text(value))
        elif number == 2:
            version = signed(value)
    return domain, version


def _domain(name: str) -> str:
    return "" if name == "ai.onnx" else name


def operator_name(domain: str, op: str, overload: str = "") -> str:
    """What an operator is called here: "Conv", "com.microsoft.Gelu"."""
    name = f"{domain}.{op}" if _domain(domain) else op
    return f"{name}:{overload}" if overload else name


def _body(wire: Wire, data: Value, depth: int) -> Body:
    if depth > DEEPEST:
        raise DscalcError(f"more than {DEEPEST} graphs inside each other")
    name = ""
    nodes: list[Node] = []
    stored: dict[str, Stored] = {}
    inputs: list[Open] = []
    outputs: list[str] = []
    for number, value in wire.fields(data):
        if number == 1:
            nodes.append(_node(wire, value, depth))
        elif number == 2:
            name = text(value)
        elif number == 5:
            tensor = _stored(wire, value)
            stored[tensor.name] = tensor
        elif number == 11:
            inputs.append(_open(wire, value))
        elif number == 12:
            outputs.append(_open(wire, value).name)
        elif number == 15:
            tensor = _sparse(wire, value)
            stored[tensor.name] = tensor
    return Body(name, tuple(nodes), stored, tuple(inputs), tuple(outputs))


def _function(wire: Wire, data: Value) -> tuple[str, Function]:
    name = domain = overload = ""
    nodes: list[Node] = []
    inputs: list[Open] = []
    outputs: list[str] = []
    defaults: dict[str, Attribute] = {}
    for number, value in wire.fields(data):
        if number == 1:
            name = text(value)
        elif number == 4:
            inputs.append(Open(text(value), None))
        elif number == 5:
            outputs.append(text(value))
        elif number == 7:
            nodes.append(_node(wire, value, 0))
        elif number == 10:
            domain = text(value)
        elif number == 11:
            key, attribute, _ = _attribute(wire, value, 0)
            if attribute is not None:
                defaults[key] = attribute
        elif number == 13:
            overload = text(value)
    body = Body(name, tuple(nodes), {}, tuple(inputs), tuple(outputs))
    return operator_name(domain, name, overload), Function(body, defaults)


def _node(wire: Wire, data: Value, depth: int) -> Node:
    name = op = domain = overload = ""
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, Attribute] = {}
    references: dict[str, str] = {}
    for number, value in wire.fields(data):
        if number == 1:
            inputs.append(text(value))
        elif number == 2:
            outputs.append(text(value))
        elif number == 3:
            name = text(value)
        elif number == 4:
            op = text(value)
        elif number == 5:
            key, attribute, reference = _attribute(wire, value, depth)
            if reference:
                references[key] = reference
            elif attribute is not None:
                attributes[key] = attribute
        elif number == 7:
            domain = text(value)
        elif number == 8:
            overload = text(value)
    full = operator_name(domain, op, overload)
    return Node(full, name, tuple(inputs), tuple(outputs), attributes, references)


def _attribute(wire: Wire, data: Value, depth: int) -> tuple[str, Attribute | None, str]:
    """Its name, its value (None where no operator here asks for such), and what it refers to."""
    name = reference = ""
    kind = 0
    single: Attribute | None = None
    numbers: list[Number] = []
    words: list[str] = []
    for number, value in wire.fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            single = sum(wire.reals(value)[:1])
        elif number == 3:
            single = signed(value)
        elif number == 4:
            single = _word(value)
        elif number == 5:
            single = _stored(wire, value)
        elif number == 6:
            single = _body(wire, value, depth + 1)
        elif number == 7:
            numbers += wire.reals(value)
        elif number == 8:
            numbers += wire.integers(value)
        elif number == 9:
            words.append(_word(value))
        elif number == 20:
            kind = signed(value)
        elif number == 21:
            reference = text(value)
        elif number == 22:
            single = _sparse(wire, value)
    if single is None and (numbers or kind in (6, 7)):
        return name, tuple(numbers), reference
    return name, tuple(words) if words else single, reference


def _word(value: Value) -> str:
    """A string attribute; a long one is a blob of some tool, which no operator here asks for."""
    return text(value) if isinstance(value, int) or len(value) <= 1000 else ""


def _open(wire: Wire, data: Value) -> Open:
    name = ""
    sides: tuple[int | str, ...] | None = None
    for number, value in wire.fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            for kind, inner in wire.fields(value):
                if kind == 1:  # a tensor; sequences and options have no sides
                    sides = _sides(wire, inner)
    return Open(name, sides)


def _sides(wire: Wire, data: Value) -> tuple[int | str, ...] | None:
    sides: list[int | str] | None = None
    for number, value in wire.fields(data):
        if number == 2:
            sides = []
            for inner, side in wire.fields(value):
                if inner == 1:
                    sides.append(_side(wire, side))
    return None if sides is None else tuple(sides)


def _side(wire: Wire, data: Value) -> int | str:
    side: int | str = ""
    for number, value in wire.fields(data):
        if number == 1 and signed(value) > 0:  # some exporters write 0 or -1 for an open side
            side = signed(value)
        elif number == 2:
            side = text(value)
    return side


def _sparse(wire: Wire, data: Value) -> Stored:
    """A sparse tensor has the size that it unpacks to."""
    name = ""
    dims: list[int] = []
    for number, value in wire.fields(data):
        if number == 1:
            name = _stored(wire, value).name
        elif number == 3:
            dims += wire.integers(value)
    return Stored(name, _shape(name, dims), None)


def _shape(name: str, dims: list[int]) -> tuple[int, ...]:
    if len(dims) > MOST_AXES or any(side < 0 for side in dims):
        raise DscalcError(f"the stored tensor '{name}' has the shape {dims[: MOST_AXES + 1]}")
    return tuple(dims)


def _stored(wire: Wire, data: Value) -> Stored:
    name = ""
    kind = 0
    dims: list[int] = []
    payload: list[tuple[int, Value]] = []
    for number, value in wire.fields(data):
        if number == 1:
            dims += wire.integers(value)
        elif number == 2:
            kind = signed(value)
        elif number in (4, 5, 7, 9, 10, 11):
            payload.append((number, value))
        elif number == 8:
            name = text(value)
    shape = _shape(name, dims)
    return Stored(name, shape, _values(wire, kind, prod(shape), payload))


def _values(
    wire: Wire, kind: int, count: int, payload: list[tuple[int, Value]]
) -> tuple[Number, ...] | None:
    """The numbers of a small tensor, None of a large one, or of one that is in another file."""
    most = MOST_REALS if kind in REAL_TYPES else MOST_INTEGERS
    code = CODES.get(kind)
    if count > most or code is None:
        return None
    numbers: list[Number] = []
    for number, value in payload:
        if number == 9 and not isinstance(value, int):
            size = struct.calcsize(code)
            if len(value) != count * size:
                return None
            numbers += struct.unpack(f"<{count}{code}", value)
        elif number == 4:
            numbers += wire.reals(value)
        elif number == 10:
            numbers += wire.reals(value, "d")
        elif number in (5, 7, 11) and kind not in REAL_TYPES:
            numbers += wire.integers(value)
    return tuple(numbers) if len(numbers) == count else None
