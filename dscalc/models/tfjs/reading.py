"""A TensorFlow.js graph model as a graph: a list of nodes whose stored numbers lie in files beside.

The format: https://www.tensorflow.org/js/guide/conversion, GraphDef in protobuf's JSON with a
manifest of weights. No shape stands in it but those of inputs and weights, so each follows from
the ones before. Of the files beside, only small whole numbers are read (what a Reshape is given).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from struct import unpack
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import LARGEST_SIDE, MOST_AXES, MOST_OPERATORS, Graph, Shape
from dscalc.models.inputs import Given
from dscalc.models.json_text import integer, mapping, sequence, text
from dscalc.models.order import ordered
from dscalc.models.tensorflow.operators import perform
from dscalc.models.tensorflow.run import MOST_VALUES, Call, Run, Sides, Values, finished, set_inputs
from dscalc.models.tfjs.operators import OPERATORS, OUTPUT_COUNTS, Attributes

# What brings a file that lies beside the model, or None where there is none.
Beside = Callable[[str], memoryview | None]

SIZES = {"float32": 4, "int32": 4, "bool": 1, "complex64": 8, "uint8": 1, "uint16": 2, "float16": 2}
WHOLE_NUMBERS = {"int32": "i", "bool": "b"}
MOST_PATHS = 10_000


class _Weight(NamedTuple):
    """A stored tensor: its type, its shape, and where its bytes lie in the shards of its group."""

    type: str
    shape: Sides
    paths: tuple[str, ...]
    start: int  # -1 where what is before it has no known length
    length: int


class _Node(NamedTuple):
    op: str
    inputs: tuple[str, ...]
    attributes: Attributes


def read_tfjs_graph(document: Any, beside: Beside, given: Given | None = None) -> Graph:
    """The graph of a graph model's `model.json`, parsed, run at the inputs that are `given`.

    Raises DscalcError for what is no graph model, for sides that are open and not given, for
    operators whose cost is not known, and where a shape follows from numbers that lie in a file
    which `beside` does not bring.
    """
    document = mapping(document, "the file")
    nodes = _nodes(mapping(document.get("modelTopology"), "'modelTopology'"))
    weights = _weights(document.get("weightsManifest", []))
    signature = _signature(document)
    order = ordered({name: [_made_by(wire) for wire in nodes[name].inputs] for name in nodes})
    last = _last_outputs(nodes)
    run = Run({}, lambda name: _numbers(nodes, weights, beside, name), {})
    run.lacking = _lacking(weights, beside)
    maps: dict[str, Shape] = {}
    told = {_tensor(name): value for name, value in (given or {}).items()}
    for name in order:
        if nodes[name].op == "Const":
            _store(run, weights, name, nodes[name])
        elif nodes[name].op.startswith("Placeholder") and not nodes[name].inputs:
            maps[name] = _declared(name, nodes[name], signature, told.get(name))
    shapes = set_inputs(run, maps, told)
    for name in order:
        if name not in run.tensors and nodes[name].op not in ("NoOp", "Assert"):
            perform(run, _call(run, nodes, name, last))
    outputs = [run.names.get(name, name) for name in _outputs(signature, nodes)]
    return finished(run, "TensorFlow.js graph model", "", tuple(shapes), outputs)


def _nodes(topology: Mapping[str, Any]) -> dict[str, _Node]:
    nodes: dict[str, _Node] = {}
    for entry in sequence(topology.get("node"), "'node'"):
        raw = mapping(entry, "a node")
        name = text(raw.get("name"), "a node's name")
        if name in nodes:
            raise DscalcError(f"two nodes are called '{name}'")
        taken = sequence(raw.get("input", []), f"the inputs of '{name}'")
        wires = [text(wire, f"an input of '{name}'") for wire in taken]
        inputs = tuple(_tensor(wire) for wire in wires if not wire.startswith("^"))
        attributes = Attributes(mapping(raw.get("attr", {}), f"the attributes of '{name}'"))
        nodes[name] = _Node(text(raw.get("op"), f"the operator of '{name}'"), inputs, attributes)
    if len(nodes) > 4 * MOST_OPERATORS:
        raise DscalcError(f"{len(nodes):,} nodes; at most {4 * MOST_OPERATORS:,} are read")
    return nodes


def _tensor(wire: str) -> str:
    """The name of a tensor: `node`, or `node:1` for what is not its first output."""
    return wire.removesuffix(":0")


def _made_by(wire: str) -> str:
    """The node that makes a tensor."""
    name, colon, index = wire.rpartition(":")
    return name if colon and index.isdecimal() else wire


def _last_outputs(nodes: Mapping[str, _Node]) -> dict[str, int]:
    """The highest number of an output that is taken of each node."""
    last: dict[str, int] = {}
    for node in nodes.values():
        for wire in node.inputs:
            source = _made_by(wire)
            index = wire[len(source) + 1 :]
            if len(index) > 4:
                raise DscalcError(f"output {index[:20]} of '{source}' is taken")
            last[source] = max(last.get(source, 0), int(index or 0))
    return last


def _call(run: Run, nodes: Mapping[str, _Node], name: str, last: Mapping[str, int]) -> Call:
    """A node as a call of a law, its attributes in the laws' form."""
    node = nodes[name]
    count = 1 + last.get(name, 0)
    if node.op in OUTPUT_COUNTS:
        count = node.attributes.number(OUTPUT_COUNTS[node.op], count)
    if not 1 <= count <= MOST_PATHS:
        raise DscalcError(f"{node.op} '{name}': it makes {count} tensors")
    outputs = (name, *(f"{name}:{i}" for i in range(1, count)))
    op, adapt = OPERATORS.get(node.op, (node.op, None))
    call = Call(op, node.op, name, node.inputs, outputs, {})
    try:
        return _with_axis(run, adapt(call, node.attributes) if adapt else call)
    except DscalcError as error:
        raise DscalcError(*(f"{call}: {problem.message}" for problem in error.problems)) from None


def _with_axis(run: Run, call: Call) -> Call:
    """A call whose axis is an input of its own, with the number that the input holds."""
    axis = call.attributes.get("axis_input")
    if axis is None:
        return call
    values = run.known(run.names.get(axis, axis), "axis")
    return call._replace(attributes={**call.attributes, "axis": values[0] if values else None})


def _signature(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the file says of its inputs and outputs; older converters wrote it elsewhere."""
    old = mapping(document.get("userDefinedMetadata") or {}, "'userDefinedMetadata'")
    found = document.get("signature") or old.get("signature") or {}
    return mapping(found, "'signature'")


def _infos(signature: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """What the signature says of each input or output, by the tensor's name."""
    infos = {}
    for name, entry in mapping(signature.get(key) or {}, f"'{key}'").items():
        info = mapping(entry, f"'{name}'")
        infos[_tensor(text(info.get("name", name), f"the name of '{name}'"))] = info
    return infos


def _declared(name: str, node: _Node, signature: Mapping[str, Any], told: object) -> Shape:
    """The shape of an input as the file says it, None for open sides."""
    shape = node.attributes.one("shape", "shape")
    if shape is None or mapping(shape, "a shape").get("unknownRank"):
        shape = _infos(signature, "inputs").get(name, {}).get("tensorShape")
    if isinstance(told, tuple) and shape is None:
        return (None,) * len(told)
    if shape is None:
        raise DscalcError(
            f"nothing is said of the shape of the input '{name}';"
            f" say it, as in --input {name}=1x224x224x3"
        )
    dims = sequence(mapping(shape, "a shape").get("dim", []), "its sides")
    sides = [integer(mapping(dim, "a side").get("size", 0), "a side") for dim in dims]
    return tuple(None if side < 0 else side for side in sides)


def _outputs(signature: Mapping[str, Any], nodes: Mapping[str, _Node]) -> list[str]:
    """What comes out: what the signature says, or else what nobody takes."""
    named = [name for name in _infos(signature, "outputs") if _made_by(name) in nodes]
    if named:
        return named
    taken = {_made_by(wire) for node in nodes.values() for wire in node.inputs}
    return [name for name, node in nodes.items() if name not in taken and node.op != "Const"]


def _store(run: Run, weights: Mapping[str, _Weight], name: str, node: _Node) -> None:
    """A stored tensor, whose shape stands in the manifest, or in the node itself."""
    if name in weights:
        run.make(name, weights[name].shape, name)
        return
    tensor = node.attributes.one("value", "tensor")
    shape = mapping(mapping(tensor, f"the value of '{name}'").get("tensorShape", {}), "a shape")
    dims = sequence(shape.get("dim", []), "its sides")
    run.make(
        name, tuple(integer(mapping(d, "a side").get("size", 0), "a side") for d in dims), name
    )


def _weights(manifest: Any) -> dict[str, _Weight]:
    """The stored tensors of a manifest, with the places of their bytes."""
    weights: dict[str, _Weight] = {}
    for entry in sequence(manifest, "'weightsManifest'"):
        group = mapping(entry, "a group of weights")
        named = sequence(group.get("paths", []), "'paths'")[:MOST_PATHS]
        paths = tuple(text(path, "a path") for path in named)
        at = 0
        for one in sequence(group.get("weights", []), "'weights'"):
            raw = mapping(one, "a weight")
            kind = text(raw.get("dtype"), "a weight's type")
            sides = [integer(side, "a side") for side in sequence(raw.get("shape"), "a shape")]
            if len(sides) > MOST_AXES or any(not 0 <= side <= LARGEST_SIDE for side in sides):
                raise DscalcError(f"a weight of shape {sides[:20]}")
            packed = mapping(raw.get("quantization") or {}, "'quantization'").get("dtype", kind)
            length = SIZES.get(packed, -1) * prod(sides) if isinstance(packed, str) else -1
            name = text(raw.get("name"), "a weight's name")
            weights[name] = _Weight(kind, tuple(sides), paths, at, length)
            at = -1 if at < 0 or length < 0 else at + length
    return weights


def _numbers(
    nodes: Mapping[str, _Node], weights: Mapping[str, _Weight], beside: Beside, name: str
) -> Values | None:
    """The whole numbers of a stored tensor, where they are few and to be had."""
    weight = weights.get(name)
    if weight is None:
        return _inner_numbers(nodes[name]) if name in nodes else None
    code = WHOLE_NUMBERS.get(weight.type)
    plain = weight.length == SIZES.get(weight.type, 0) * prod(weight.shape)
    if code is None or weight.start < 0 or prod(weight.shape) > MOST_VALUES or not plain:
        return None
    raw = bytearray()
    start, end = weight.start, weight.start + weight.length
    for path in weight.paths:
        shard = beside(path)
        if shard is None:
            return None
        raw += shard[max(0, start) : max(0, end)]
        start, end = start - len(shard), end - len(shard)
        if end <= 0:
            break
    return unpack(f"<{prod(weight.shape)}{code}", raw) if len(raw) == weight.length else None


def _inner_numbers(node: _Node) -> Values | None:
    """The numbers of a constant that stand in its node, as lists of numbers."""
    value = node.attributes.one("value", "tensor")
    tensor = mapping(value, "a value") if value is not None else {}
    for key in ("intVal", "int64Val", "boolVal"):
        if found := tensor.get(key):
            return tuple(
                integer(int(n) if n is True else n, "a value") for n in found[:MOST_VALUES]
            )
    return None


def _lacking(weights: Mapping[str, _Weight], beside: Beside) -> str:
    """The sentence about files that should lie beside the model and do not."""
    paths = dict.fromkeys(path for weight in weights.values() for path in weight.paths)
    absent = next((path for path in paths if beside(path) is None), None)
    return (
        f"its numbers are in '{absent[:200]}', which does not lie beside the file" if absent else ""
    )
