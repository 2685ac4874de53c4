"""TensorFlow.js graph models made here, read into graphs: their shapes all follow from the first.

The figures are by hand, in the form in which they follow (weights × positions).
"""

from __future__ import annotations

import base64
import json
import random
import struct
from typing import Any

import pytest

from dscalc.errors import DscalcError
from dscalc.models.graph import Graph
from dscalc.models.inputs import Given
from dscalc.models.kinds import Activation, Arithmetic, Conv, Linear, Matmul, Norm
from dscalc.models.order import ordered
from dscalc.models.tfjs.reading import read_tfjs_graph
from tests.graph_counter import mult_adds, parameters
from tests.mutations import mutated

Json = dict[str, Any]


class Model:
    """A graph model that is written node by node, its numbers in one shard beside it."""

    def __init__(self) -> None:
        self.nodes: list[Json] = []
        self.weights: list[Json] = []
        self.shard = bytearray()

    def input(self, name: str, *sides: int) -> str:
        """An input; -1 for an open side."""
        return self.node("Placeholder", name, shape={"shape": _sides(sides)})

    def node(self, op: str, name: str, *inputs: str, **attributes: Json) -> str:
        """A node; returns its name."""
        self.nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attributes})
        return name

    def weight(self, name: str, *shape: int) -> str:
        """A stored tensor of floats."""
        self._stored(name, shape, "float32", bytes(4 * _count(shape)))
        return name

    def whole(self, name: str, *values: int) -> str:
        """A stored vector of whole numbers; one alone is a scalar."""
        shape = () if len(values) == 1 else (len(values),)
        self._stored(name, shape, "int32", struct.pack(f"<{len(values)}i", *values))
        return name

    def matrix(self, name: str, *rows: tuple[int, ...]) -> str:
        """A stored matrix of whole numbers."""
        flat = [value for row in rows for value in row]
        shape = (len(rows), len(rows[0]))
        self._stored(name, shape, "int32", struct.pack(f"<{len(flat)}i", *flat))
        return name

    def _stored(self, name: str, shape: tuple[int, ...], kind: str, data: bytes) -> None:
        self.weights.append({"name": name, "shape": list(shape), "dtype": kind})
        self.shard += data
        self.node("Const", name)

    def document(self, *outputs: str) -> Json:
        """The `model.json`."""
        named = {f"out{i}": {"name": f"{name}:0"} for i, name in enumerate(outputs)}
        manifest = [{"paths": ["shard1", "shard2"], "weights": self.weights}]
        return {
            "format": "graph-model",
            "signature": {"outputs": named},
            "modelTopology": {"node": self.nodes},
            "weightsManifest": manifest,
        }

    def read(self, *outputs: str, given: Given | None = None, beside: bool = True) -> Graph:
        """The graph; the numbers lie in two shards, of which one ends within a number."""
        middle = len(self.shard) // 2 + 1
        shards = {"shard1": self.shard[:middle], "shard2": self.shard[middle:]}
        document = json.loads(json.dumps(self.document(*outputs)))

        def find(path: str) -> memoryview | None:
            return memoryview(bytes(shards[path])) if beside else None

        return read_tfjs_graph(document, find, given)


def _sides(sides: tuple[int, ...]) -> Json:
    return {"dim": [{"size": str(side)} for side in sides]}


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def s(text: str) -> Json:
    """Text as an attribute."""
    return {"s": base64.b64encode(text.encode()).decode()}


def i(number: int) -> Json:
    """A whole number as an attribute."""
    return {"i": str(number)}


def b(flag: bool) -> Json:
    """A flag as an attribute."""
    return {"b": flag}


def many(*numbers: int) -> Json:
    """Whole numbers as an attribute."""
    return {"list": {"i": [str(number) for number in numbers]}}


def words(*texts: str) -> Json:
    """Texts as an attribute."""
    return {"list": {"s": [base64.b64encode(text.encode()).decode() for text in texts]}}


def conv(model: Model, x: str, *shape: int, name: str = "conv", **attributes: Json) -> str:
    """A convolution with weights of the shape."""
    weights = model.weight(f"{name}/w", *shape)
    given = {"strides": many(1, 1, 1, 1), "padding": s("SAME"), **attributes}
    return model.node("Conv2D", name, x, weights, **given)


def kinds(graph: Graph) -> list[str]:
    """The operators in their order."""
    return [type(operator.kind).__name__ for operator in graph.operators]


def test_a_convolution_and_its_neighbours() -> None:
    model = Model()
    x = conv(model, model.input("x", -1, 9, 7, 3), 3, 3, 3, 8, strides=many(1, 2, 2, 1))
    x = model.node("BiasAdd", "bias", x, model.weight("b", 8))
    x = model.node("Relu6", "relu", x)
    graph = model.read(x)
    assert kinds(graph) == ["Conv", "Arithmetic", "Activation"]
    assert (parameters(graph), mult_adds(graph)) == (216 + 8, 216 * 5 * 4)
    kind = graph.operators[0].kind
    assert isinstance(kind, Conv)
    assert kind == Conv((3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1), 1, 3, True)


def test_channels_first() -> None:
    model = Model()
    layout = {"data_format": s("NCHW"), "strides": many(1, 1, 2, 1), "padding": s("VALID")}
    x = conv(model, model.input("x", 1, 3, 9, 7), 3, 1, 3, 8, name="conv", **layout)
    x = model.node("BiasAdd", "bias", x, model.weight("b", 8), data_format=s("NCHW"))
    graph = model.read(x)
    assert graph.tensors["bias"].shape == (1, 8, 4, 7)
    assert (parameters(graph), mult_adds(graph)) == (72 + 8, 72 * 28)


def test_explicit_padding_and_dilation() -> None:
    model = Model()
    attributes = {
        "padding": s("EXPLICIT"),
        "explicit_paddings": many(0, 0, 1, 2, 3, 0, 0, 0),
        "dilations": many(1, 2, 1, 1),
    }
    graph = model.read(
        conv(model, model.input("x", 1, 8, 8, 2), 3, 3, 2, 4, name="conv", **attributes)
    )
    assert graph.tensors["conv"].shape == (1, 7, 9, 4)
    assert mult_adds(graph) == 72 * 63


FUSED = [
    (("BiasAdd",), 4, []),
    (("BiasAdd", "Relu"), 4, ["relu"]),
    (("Relu",), 0, ["relu"]),
    (("BiasAdd", "Prelu"), 8, ["prelu"]),
]


@pytest.mark.parametrize(("steps", "more", "activations"), FUSED)
def test_what_is_fused_is_taken_apart(
    steps: tuple[str, ...], more: int, activations: list[str]
) -> None:
    model = Model()
    names = [model.input("x", 1, 8, 8, 3), model.weight("w", 3, 3, 3, 4)]
    if "BiasAdd" in steps:
        names.append(model.weight("b", 4))
    if "Prelu" in steps:
        names.append(model.weight("slope", 4))
    window = {"strides": many(1, 1, 1, 1), "padding": s("SAME"), "fused_ops": words(*steps)}
    graph = model.read(model.node("_FusedConv2D", "conv", *names, **window))
    assert (parameters(graph), mult_adds(graph)) == (108 + more, 108 * 64)
    assert [o.kind.type for o in graph.operators if isinstance(o.kind, Activation)] == activations
    assert graph.outputs == ("conv",)


def test_depthwise_with_a_multiplier() -> None:
    model = Model()
    weights = model.weight("w", 3, 3, 4, 2)
    x = model.input("x", 1, 8, 8, 4)
    window = {"strides": many(1, 2, 2, 1), "padding": s("VALID"), "fused_ops": words("BiasAdd")}
    name = model.node(
        "FusedDepthwiseConv2dNative", "dw", x, weights, model.weight("b", 8), **window
    )
    graph = model.read(name)
    assert (parameters(graph), mult_adds(graph)) == (72 + 8, 72 * 9)


def test_transposed() -> None:
    model = Model()
    sides, weights = model.whole("sides", 1, 8, 8, 2), model.weight("w", 3, 3, 2, 5)
    x = model.input("x", 1, 4, 4, 5)
    window = {"strides": many(1, 2, 2, 1), "padding": s("SAME")}
    graph = model.read(model.node("Conv2DBackpropInput", "up", sides, weights, x, **window))
    assert graph.tensors["up"].shape == (1, 8, 8, 2)
    assert mult_adds(graph) == 90 * 16


def test_products() -> None:
    model = Model()
    x = model.input("x", -1, 10)
    x = model.node(
        "_FusedMatMul", "fc", x, model.weight("w", 10, 6), model.weight("b", 6),
        fused_ops=words("BiasAdd"), transpose_a=b(False), transpose_b=b(False),
    )  # fmt: skip
    graph = model.read(x)
    assert (parameters(graph), mult_adds(graph)) == (66, 60)
    assert graph.operators[0].kind == Linear(1)
    model = Model()
    maps = model.input("a", 2, 5, 6), model.input("c", 2, 7, 6)
    graph = model.read(model.node("BatchMatMulV2", "m", *maps, adj_y=b(True)))
    assert graph.operators[0].kind == Matmul(6)
    assert mult_adds(graph) == 5 * 7 * 6
    model = Model()
    names = model.input("q", 1, 5, 8), model.weight("w", 8, 2, 4)
    graph = model.read(model.node("Einsum", "e", *names, equation=s("abc,cde->abde")))
    assert (parameters(graph), mult_adds(graph)) == (64, 64 * 5)


def test_a_norm_that_was_not_folded() -> None:
    model = Model()
    x = model.input("x", 1, 4, 4, 6)
    stored = [model.weight(name, 6) for name in ("scale", "shift", "mean", "variance")]
    graph = model.read(model.node("FusedBatchNormV3", "bn", x, *stored))
    assert graph.operators[0].kind == Norm("batch", 3)
    assert parameters(graph) == 12


def test_shapes_that_follow_from_stored_numbers_and_from_shapes() -> None:
    """Pad, slice, shape, pack, reshape, concat, transpose, squeeze, expand, gather, split, tile."""
    model = Model()
    x = model.input("x", -1, 6, 6, 4)
    x = model.node("Pad", "pad", x, model.matrix("pads", (0, 0), (1, 2), (0, 1), (0, 0)))
    assert model.read(x).tensors["pad"].shape == (1, 9, 7, 4)
    bounds = [
        model.whole(name, *values)
        for name, values in (("f", (0, 1, 0, 0)), ("t", (0, -1, 0, 2)), ("by", (1, 2, 1, 1)))
    ]
    x = model.node("StridedSlice", "cut", x, *bounds, begin_mask=i(5), end_mask=i(5))
    assert model.read(x).tensors["cut"].shape == (1, 4, 7, 2)
    x = model.node("Transpose", "turned", x, model.whole("order", 0, 3, 1, 2))
    shape = model.node("Shape", "shape", x)
    ends = model.whole("zero", 0, 0)[:4], model.whole("one", 1)
    first = model.node(
        "GatherV2", "batch", shape, model.whole("at", 0), model.whole("axis", 0), batch_dims=i(0)
    )
    packed = model.node("Pack", "target", first, model.whole("rest", -1), N=i(2), axis=i(0))
    x = model.node("Reshape", "flat", x, packed)
    assert model.read(x).tensors["flat"].shape == (1, 56)
    x = model.node("ExpandDims", "wide", x, model.whole("last", -1))
    x = model.node("ConcatV2", "twice", x, x, model.whole("join", -1), N=i(2))
    x = model.node("Split", "halves", model.whole("where", 1), x, num_split=i(2))
    x = model.node("Squeeze", "thin", model.node("Mean", "mean", "halves:1", ends[1]))
    graph = model.read(x)
    assert graph.tensors["halves:1"].shape == (1, 28, 2)
    assert graph.tensors["thin"].shape == (2,)
    assert parameters(graph) == mult_adds(graph) == 0


def test_numbers_that_stand_in_the_node() -> None:
    model = Model()
    value = {"tensor": {"tensorShape": _sides((2,)), "intVal": [1, 36]}}
    target = model.node("Const", "target", value=value)
    graph = model.read(model.node("Reshape", "flat", model.input("x", 1, 6, 6), target))
    assert graph.tensors["flat"].shape == (1, 36)


def test_weights_that_are_packed_have_another_length() -> None:
    model = Model()
    x = model.input("x", 1, 6, 6, 1)
    weights = model.weight("w", 3, 3, 1, 8)
    model.weights[-1]["quantization"] = {"dtype": "uint8", "scale": 0.1, "min": 0}
    del model.shard[72:]
    x = model.node("Conv2D", "c", x, weights, strides=many(1, 1, 1, 1), padding=s("SAME"))
    graph = model.read(model.node("Reshape", "r", x, model.whole("target", 1, -1)))
    assert graph.tensors["r"].shape == (1, 288)
    assert mult_adds(graph) == 72 * 36


def test_a_file_beside_that_is_not_there_is_named_where_a_shape_needs_it() -> None:
    model = Model()
    x = conv(model, model.input("x", 1, 8, 8, 3), 1, 1, 3, 4)
    assert mult_adds(model.read(x, beside=False)) == 12 * 64
    x = model.node("Reshape", "flat", x, model.whole("target", 1, -1))
    with pytest.raises(DscalcError) as error:
        model.read(x, beside=False)
    assert str(error.value) == (
        "Reshape 'flat': its sides ('target') decide a shape, but its numbers are in 'shard1',"
        " which does not lie beside the file"
    )


def test_constants_are_computed_once_and_kept_as_stored() -> None:
    model = Model()
    scale = model.node("Sqrt", "root", model.weight("lengths", 1, 1, 4))
    x = model.node("Mul", "scaled", model.input("x", 1, 5, 5, 4), scale)
    graph = model.read(x)
    assert kinds(graph) == ["Arithmetic"]
    assert graph.operators[0].kind == Arithmetic("multiply")
    assert graph.tensors["root"].storage == "root"
    assert parameters(graph) == 4


def test_a_number_that_only_a_shape_gives_enters_where_a_map_meets_it() -> None:
    model = Model()
    x = model.input("x", 1, 5)
    size = model.node("Cast", "float", model.node("Size", "size", x))
    graph = model.read(model.node("RealDiv", "mean", x, size))
    assert kinds(graph) == ["Opaque", "Arithmetic"]
    assert parameters(graph) == 0


def test_inputs_and_outputs() -> None:
    model = Model()
    x = model.input("images", -1, -1, -1, 3)
    conv(model, x, 3, 3, 3, 4, name="a")
    conv(model, x, 1, 1, 3, 2, name="b")
    with pytest.raises(DscalcError, match="the input 'images' has open sides: 1×"):
        model.read("a", "b")
    graph = model.read("a", "b", given={"images:0": (2, 8, 8, 3)})
    assert (graph.inputs, graph.outputs, graph.batch) == (("images",), ("a", "b"), 2)
    assert mult_adds(graph) == (108 + 6) * 64
    alone = model.read("a", given={"images": (1, 8, 8, 3)})
    assert mult_adds(alone) == 108 * 64
    assert alone.notes == ("1 operators that no output needs are left out",)


def test_an_input_without_a_shape_is_given_one() -> None:
    model = Model()
    conv(model, model.node("Placeholder", "x"), 3, 3, 3, 4)
    with pytest.raises(DscalcError, match="nothing is said of the shape of the input 'x'"):
        model.read("conv")
    assert mult_adds(model.read("conv", given={"x": (1, 8, 8, 3)})) == 108 * 64


def test_without_a_signature_what_nobody_takes_comes_out() -> None:
    model = Model()
    conv(model, model.input("x", 1, 8, 8, 3), 3, 3, 3, 4)
    document = model.document()
    del document["signature"]
    graph = read_tfjs_graph(document, lambda path: None)
    assert graph.outputs == ("conv",)


def test_nodes_stand_in_any_order() -> None:
    model = Model()
    x = conv(model, model.input("x", 1, 8, 8, 3), 3, 3, 3, 4, name="a")
    conv(model, x, 1, 1, 4, 2, name="b")
    model.nodes.reverse()
    assert mult_adds(model.read("b")) == (108 + 8) * 64


def test_order() -> None:
    assert ordered({"c": ["a", "b"], "b": ["a"], "a": []}) == ["a", "b", "c"]
    chain = {str(n): [str(n - 1)] if n else [] for n in range(50_000)}
    assert ordered(dict(reversed(chain.items()))) == list(chain)


def small() -> Model:
    model = Model()
    x = conv(model, model.input("x", -1, 8, 8, 3), 3, 3, 3, 4, name="a")
    x = model.node("Relu", "r", x)
    x = model.node("Mean", "pool", x, model.whole("axes", 1, 2), keep_dims=b(False))
    model.node("MatMul", "fc", x, model.weight("w", 4, 10), transpose_b=b(False))
    return model


def broken(**change: Any) -> Json:
    """A small model with one node changed."""
    document = small().document("fc")
    node = next(n for n in document["modelTopology"]["node"] if n["name"] == "r")
    node.update(change)
    return document


REFUSED: dict[str, tuple[Any, str]] = {
    "unknown": (
        broken(op="Dilation2D"),
        "Dilation2D 'r': it is not known what this operator costs",
    ),
    "loop": (broken(op="StatelessWhile"), "StatelessWhile 'r': control flow is not read"),
    "cycle": (broken(input=["fc"]), "which takes from it"),
    "nothing_makes_it": (broken(input=["q"]), "'r' takes 'q', which nothing makes"),
    "output_that_is_not_made": (broken(input=["a:3"]), "Conv2D 'a'"),
    "vast_output": (broken(input=["a:99999"]), "output 99999 of 'a' is taken"),
    "no_inputs": (broken(input=[]), "Relu 'r': it has 0 inputs, and input 0 is missing"),
    "inputs_no_list": (broken(input=3), "the inputs of 'r' is no list but 3"),
    "no_name": (broken(name=None), "a node's name is no text but None"),
    "equal_names": (broken(name="a"), "two nodes are called 'a'"),
    "no_base64": (
        broken(op="Conv2D", input=["a", "a/w"], attr={"padding": {"s": "é"}}),
        "'padding' is no base64",
    ),
    "odd_padding": (
        broken(op="MaxPool", attr={"padding": s("FULL"), "ksize": many(1, 2, 2, 1)}),
        "its padding is 'FULL'; SAME, VALID or numbers are read",
    ),
    "fused_norm": (
        broken(op="_FusedConv2D", input=["a", "a/w"], attr={"fused_ops": words("FusedBatchNorm")}),
        "_FusedConv2D 'r': it is fused with FusedBatchNorm, which is not read",
    ),
    "no_topology": ({}, "'modelTopology' is no object but None"),
    "no_object": ([], "the file is no object but a list of 0"),
    "vast_weight": (
        {
            "modelTopology": {"node": []},
            "weightsManifest": [{"weights": [{"name": "w", "shape": [2**63], "dtype": "float32"}]}],
        },
        "a weight of shape [9223372036854775808]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    document, message = REFUSED[case]
    shard = memoryview(bytes(small().shard))
    with pytest.raises(DscalcError) as error:
        read_tfjs_graph(json.loads(json.dumps(document)), lambda path: shard)
    assert message in str(error.value)


@pytest.mark.parametrize("seed", range(4))
def test_mutations_are_errors_of_ours_or_other_networks(seed: int) -> None:
    """500 each."""
    draw = random.Random(seed)
    model = small()
    document, shard = model.document("fc"), memoryview(bytes(model.shard))
    refused = 0
    for _ in range(500):
        changed = mutated(document, draw)
        lies = {"shard1": shard[: draw.choice((len(shard), 7))]} if draw.random() < 0.9 else {}
        try:
            read_tfjs_graph(changed, lies.get)
        except DscalcError:
            refused += 1
    assert 0 < refused < 500
