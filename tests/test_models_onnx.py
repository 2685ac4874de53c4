"""ONNX files made here, and the format's own test cases, read into graphs.

Figures are by hand, in the form in which they follow (weights × positions). The shapes of some
1,400 cases are held to the outputs that the `onnx` package has for them.
"""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dscalc.errors import DscalcError
from dscalc.models.graph import Graph, Operator
from dscalc.models.inputs import Given
from dscalc.models.kinds import Activation, Conv, ConvTranspose, Embedding, Linear, Reduce
from dscalc.models.onnx.file import read_model
from dscalc.models.onnx.reading import read_onnx
from tests.graph_counter import mult_adds, parameters
from tests.model_files import inputs_of, published, table
from tests.test_models_protobuf import field

onnx = pytest.importorskip("onnx", reason="small files are made with the onnx package")
np = pytest.importorskip("numpy", reason="small files are made with numpy")
helper, types = onnx.helper, onnx.TensorProto


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    domain = attributes.pop("domain", "")
    return helper.make_node(
        op,
        inputs.split(" "),
        outputs.split(" "),
        name=f"{op}_{outputs}",
        domain=domain,
        **attributes,
    )


def zeros(**shapes: tuple[int, ...]) -> list[Any]:
    return [
        onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name)
        for name, shape in shapes.items()
    ]


def numbers(**values: Any) -> list[Any]:
    return [
        onnx.numpy_helper.from_array(np.asarray(value, np.int64), name)
        for name, value in values.items()
    ]


def made(
    nodes: list[Any],
    stored: list[Any] = [],  # noqa: B006
    inputs: dict[str, Any] | None = None,
    outputs: str = "y",
    opset: int = 18,
    functions: list[Any] = [],  # noqa: B006
) -> bytes:
    shapes = {"x": (1, 3, 8, 8)} if inputs is None else inputs
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(n, types.FLOAT, shape) for n, shape in shapes.items()],
        [helper.make_tensor_value_info(n, types.FLOAT, None) for n in outputs.split(" ")],
        stored,
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("own", 1)]
    model = helper.make_model(graph, opset_imports=opsets, functions=functions)
    data: bytes = model.SerializeToString()
    return data


def read(data: bytes, given: Given | None = None) -> Graph:
    return read_onnx(memoryview(data), given)


def shape(graph: Graph) -> Any:
    return graph.tensors[graph.outputs[0]].shape


def only(graph: Graph, kind: type) -> Operator:
    (found,) = [o for o in graph.operators if isinstance(o.kind, kind)]
    return found


CONV = [node("Conv", "x w b", "y", pads=[1, 1, 1, 1])]
CONV_STORED = zeros(w=(4, 3, 3, 3), b=(4,))

LAYERS: dict[str, tuple[bytes, int, int]] = {
    # name: (file, parameters, mult-adds)
    "conv": (made(CONV, CONV_STORED), 4 * 27 + 4, 4 * 27 * 64),
    "conv_strided_same": (
        made([node("Conv", "x w", "y", auto_pad="SAME_UPPER", strides=[3, 3])], CONV_STORED),
        4 * 27,
        4 * 27 * 9,
    ),
    "depthwise": (
        made([node("Conv", "x w", "y", group=3, dilations=[2, 2])], zeros(w=(6, 1, 3, 3))),
        6 * 9,
        6 * 9 * 16,
    ),
    "conv_transpose": (
        made([node("ConvTranspose", "x w b", "y", strides=[2, 2])], zeros(w=(3, 5, 2, 2), b=(5,))),
        3 * 5 * 4 + 5,
        3 * 5 * 4 * 64,
    ),
    "gemm": (
        made(
            [node("Flatten", "x", "f"), node("Gemm", "f w b", "y", transB=1)],
            zeros(w=(10, 192), b=(10,)),
        ),
        1920 + 10,
        1920,
    ),
    "matmul_on_positions": (
        made([node("MatMul", "x w", "y")], zeros(w=(6, 5)), {"x": (1, 7, 6)}),
        30,
        30 * 7,
    ),
    "matmul_of_maps": (
        made([node("MatMul", "x z", "y")], [], {"x": (1, 2, 7, 6), "z": (1, 2, 6, 5)}),
        0,
        2 * 7 * 6 * 5,
    ),
    "batch_norm": (
        made([node("BatchNormalization", "x s b m v", "y")], zeros(s=(3,), b=(3,), m=(3,), v=(3,))),
        6,
        0,
    ),
    "lstm_both_ways": (
        made(
            [node("LSTM", "x w r b", "y", hidden_size=5, direction="bidirectional")],
            zeros(w=(2, 20, 6), r=(2, 20, 5), b=(2, 40)),
            {"x": (7, 1, 6)},
        ),
        2 * 20 * (6 + 5 + 2),
        7 * 2 * 20 * (6 + 5),
    ),
    "gru": (
        made(
            [node("GRU", "x w r b", "y", hidden_size=5)],
            zeros(w=(1, 15, 6), r=(1, 15, 5), b=(1, 30)),
            {"x": (7, 1, 6)},
        ),
        15 * (6 + 5 + 2),
        7 * 15 * (6 + 5),
    ),
    "embedding": (
        made([node("Gather", "t x", "y")], zeros(t=(50, 8)), {"x": (1, 9)}),
        50 * 8,
        0,
    ),
    "prelu": (made([node("PRelu", "x s", "y")], zeros(s=(3, 1, 1))), 3, 0),
    "bias_as_an_addition": (
        made([node("MatMul", "x w", "m"), node("Add", "m b", "y")], zeros(w=(8, 5), b=(5,))),
        45,
        3 * 8 * 8 * 5,
    ),
    "einsum": (
        made([node("Einsum", "x w", "y", equation="bchw,cd->bdhw")], zeros(w=(3, 4))),
        12,
        12 * 64,
    ),
    "attention": (
        made(
            [node("Attention", "x z v", "y", q_num_heads=2, kv_num_heads=2)],
            [],
            {"x": (1, 5, 8), "z": (1, 9, 8), "v": (1, 9, 6)},
            opset=23,
        ),
        0,
        5 * 9 * (8 + 6),
    ),
    "one_kernel_used_twice": (
        made([node("Conv", "x w", "m"), node("Conv", "m w", "y")], zeros(w=(3, 3, 1, 1))),
        9,
        2 * 9 * 64,
    ),
    "equal_kernels_are_two": (
        made(
            [node("Conv", "x w", "m"), node("Conv", "m u", "y")],
            zeros(w=(3, 3, 1, 1), u=(3, 3, 1, 1)),
        ),
        18,
        2 * 9 * 64,
    ),
    "what_no_output_needs": (
        made([*CONV, node("Conv", "y u", "z")], [*CONV_STORED, *zeros(u=(9, 4, 1, 1))]),
        4 * 27 + 4,
        4 * 27 * 64,
    ),
    "two_outputs": (
        made(
            [node("Conv", "x w", "y"), node("Conv", "x u", "z")],
            zeros(w=(2, 3, 1, 1), u=(5, 3, 1, 1)),
            outputs="y z",
        ),
        21,
        21 * 64,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_cost_what_their_weights_and_positions_say(name: str) -> None:
    data, weights, cost = LAYERS[name]
    graph = read(data)
    assert (parameters(graph), mult_adds(graph)) == (weights, cost)


def constant(name: str, tensor: Any) -> Any:
    return helper.make_node("Constant", [], [name], value=tensor)


WAYS_TO_STORE: dict[str, tuple[list[Any], list[Any]]] = {
    "initializer": ([], zeros(w=(4, 3, 3, 3))),
    "Constant": ([constant("w", zeros(w=(4, 3, 3, 3))[0])], []),
    "ConstantOfShape": ([node("ConstantOfShape", "s", "w")], numbers(s=[4, 3, 3, 3])),
    "half precision, cast": (
        [node("Cast", "h", "w", to=types.FLOAT)],
        [onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.float16), "h")],
    ),
    "whole numbers with scales": (
        [node("DequantizeLinear", "q s z", "w", axis=0)],
        [
            onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.int8), "q"),
            onnx.numpy_helper.from_array(np.zeros(4, np.int8), "z"),
            *zeros(s=(4,)),
        ],
    ),
    "another order": ([node("Transpose", "t", "w", perm=[3, 2, 0, 1])], zeros(t=(3, 3, 3, 4))),
    "a function": ([helper.make_node("Weights", [], ["w"], domain="own")], []),
}


@pytest.mark.parametrize("way", WAYS_TO_STORE)
def test_weights_are_the_same_however_they_are_stored(way: str) -> None:
    nodes, stored = WAYS_TO_STORE[way]
    inner = constant("k", zeros(k=(4, 3, 3, 3))[0])
    function = helper.make_function(
        "own", "Weights", [], ["k"], [inner], [helper.make_opsetid("", 18)]
    )
    graph = read(made([*nodes, node("Conv", "x w", "y")], stored, functions=[function]))
    assert [type(operator.kind) for operator in graph.operators] == [Conv]
    assert (parameters(graph), mult_adds(graph)) == (108, 108 * 36)


def test_weights_in_a_file_that_is_not_there_have_their_size() -> None:
    model = onnx.load_from_string(made(CONV, CONV_STORED))
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.data_location = types.EXTERNAL
        tensor.external_data.add(key="location", value="../elsewhere.bin")
    graph = read(model.SerializeToString())
    assert parameters(graph) == 112


def test_a_quantised_convolution_and_its_float_form_are_one_graph() -> None:
    scale = [*zeros(s=()), *[onnx.numpy_helper.from_array(np.uint8(0), "z")]]
    kernel = onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.int8), "q")
    zero = onnx.numpy_helper.from_array(np.zeros(4, np.int8), "qz")
    stored = [*scale, kernel, zero, *zeros(qs=(4,), b=(4,))]
    around = [
        node("QuantizeLinear", "x s z", "xq"),
        node("DequantizeLinear", "xq s z", "xf"),
        node("DequantizeLinear", "q qs qz", "w", axis=0),
        node("Conv", "xf w b", "c"),
        node("QuantizeLinear", "c s z", "cq"),
        node("DequantizeLinear", "cq s z", "y"),
    ]
    fused = [
        node("QuantizeLinear", "x s z", "xq"),
        node("QLinearConv", "xq s z q qs qz s z b", "c"),
        node("DequantizeLinear", "c s z", "y"),
    ]
    integer = [
        node("DynamicQuantizeLinear", "x", "xq xs xz"),
        node("ConvInteger", "xq q xz", "c"),
        node("Cast", "c", "f", to=types.FLOAT),
        node("Mul", "xs s", "ss"),
        node("Mul", "f ss", "m"),
        node("Add", "m b1", "y"),
    ]
    stored += zeros(b1=(1, 4, 1, 1))
    for nodes in (around, fused, integer):
        graph = read(made(nodes, stored))
        assert (parameters(graph), mult_adds(graph)) == (112, 108 * 36)
        assert only(graph, Conv).kind == Conv((3, 3), (1, 1), ((0, 0),) * 2, (1, 1), 1, 1)


def test_shapes_that_the_file_computes_are_followed() -> None:
    # The tail of many exports: the sides of the map, times two, for a Resize and a Reshape.
    nodes = [
        node("Shape", "x", "s"),
        node("Slice", "s two four", "hw"),
        node("Mul", "hw twice", "big"),
        node("Slice", "s zero two", "nc"),
        node("Concat", "nc big", "sizes", axis=0),
        node("Resize", "x   sizes", "r"),
        node("Gather", "s zero", "n", axis=0),
        node("Concat", "n minus", "flat", axis=0),
        node("Reshape", "r flat", "y"),
    ]
    stored = numbers(zero=[0], two=[2], four=[4], twice=[2, 2], minus=[-1])
    assert shape(read(made(nodes, stored))) == (1, 3 * 16 * 16)


def branches(cost: int) -> list[Any]:
    """An If whose branches are a convolution to `cost` channels and nothing at all."""
    out = [helper.make_tensor_value_info("o", types.FLOAT, None)]
    kernel = zeros(k=(cost, 3, 1, 1))
    then = helper.make_graph([node("Conv", "x k", "o")], "then", [], out, kernel)
    other = helper.make_graph([node("Identity", "x", "o")], "else", [], out)
    return [
        helper.make_node("If", ["c"], ["y"], name="choice", then_branch=then, else_branch=other)
    ]


def test_the_branch_that_an_if_takes_is_run() -> None:
    by_rank = [
        node("Shape", "x", "s"),
        node("Gather", "s one", "n"),
        node("Equal", "n three", "c"),
        *branches(7),
    ]
    taken = read(made(by_rank, numbers(one=1, three=3)))
    assert (parameters(taken), mult_adds(taken)) == (21, 21 * 64)
    skipped = read(made(by_rank, numbers(one=1, three=4)))
    assert (parameters(skipped), mult_adds(skipped)) == (0, 0)
    by_value = [node("Equal", "rate want", "c"), *branches(7)]
    data = made(by_value, numbers(want=16000), {"x": (1, 3, 8, 8), "rate": ()})
    assert parameters(read(data, {"rate": 16000})) == 21
    assert parameters(read(data, {"rate": 8000})) == 0
    with pytest.raises(DscalcError, match=r"If 'choice': which branch.*say the value of rate"):
        read(data)


def test_a_function_is_run_wherever_it_is_called_and_holds_its_constants_once() -> None:
    body = [
        constant("w", zeros(w=(3, 3, 3, 3))[0]),
        helper.make_node("Conv", ["a", "w"], ["c"]),
        helper.make_node("LeakyRelu", ["c"], ["d"]),
    ]
    body[1].attribute.append(onnx.AttributeProto(name="pads", ref_attr_name="pads", type=7))
    opsets = [helper.make_opsetid("", 18)]
    function = helper.make_function("own", "Layer", ["a"], ["d"], body, opsets, ["pads"])
    calls = [
        helper.make_node("Layer", ["x"], ["m"], domain="own", pads=[1, 1, 1, 1]),
        helper.make_node("Layer", ["m"], ["y"], domain="own", pads=[0, 0, 0, 0]),
    ]
    graph = read(made(calls, functions=[function]))
    assert (parameters(graph), mult_adds(graph)) == (81, 81 * (64 + 36))
    assert shape(graph) == (1, 3, 6, 6)


def test_a_batch_is_one_example_with_a_note_where_it_is_many() -> None:
    graph = read(made(CONV, CONV_STORED, {"x": (20, 3, 8, 8)}))
    assert mult_adds(graph) == 108 * 64
    assert graph.notes == ("the file runs 20 examples at once; figures are for one",)
    named = made(CONV, CONV_STORED, {"x": ("N", 3, 8, 8)})
    assert (mult_adds(read(named)), read(named).notes) == (108 * 64, ())


def test_open_sides_are_asked_for_by_name() -> None:
    data = made(CONV, CONV_STORED, {"x": ("N", 3, "H", "W")})
    with pytest.raises(DscalcError, match=r"'x' has open sides: .*--input x=1x3x224x224"):
        read(data)
    assert mult_adds(read(data, {"x": (1, 3, 10, 12)})) == 108 * 120
    with pytest.raises(DscalcError, match="no input 'X'; did you mean 'x'"):
        read(data, {"X": (1, 3, 10, 12)})
    with pytest.raises(DscalcError, match="'x' has 4 axes"):
        read(data, {"x": (3, 10, 12)})


def test_one_name_of_an_open_batch_is_one_wherever_it_stands() -> None:
    data = made([node("Add", "x s", "y")], [], {"x": ("batch", 4), "s": (2, "batch", 4)})
    assert shape(read(data)) == (2, 1, 4)


UNKNOWN: dict[str, tuple[list[Any], str]] = {
    "operator": ([node("Mystery", "x", "y")], r"Mystery 'Mystery_y': the operator is not known"),
    "domain": ([node("Conv", "x w b", "y", domain="own")], r"own.Conv 'Conv_y': the operator is"),
    "loop": (
        [helper.make_node("Loop", ["x"], ["y"], name="l", body=helper.make_graph([], "b", [], []))],
        "Loop 'l': how often a Loop runs",
    ),
    "no such tensor": ([node("Relu", "nothing", "y")], r"Relu 'Relu_y': it takes 'nothing'"),
    "a cycle": ([node("Relu", "b1", "a1"), node("Relu", "a1", "b1")], "it takes 'b1'"),
    "wrong channels": ([node("Conv", "x v", "y")], r"weights of the shape \[4, 5, 3, 3\]"),
    "wrong features": ([node("Gemm", "g v2", "y")], "8 numbers come in and its weights take 9"),
    "peepholes": ([node("LSTM", "l w3 r3 b3   p3", "y")], "input 1 is missing|takes 'l'"),
    "too small": ([node("Conv", "x w9", "y")], "a window of 9 positions on 8"),
    "data decides": ([node("NonZero", "x", "n"), node("MatMul", "n n", "y")], "only a run has"),
    "no output": ([node("Relu", "x", "z")], "the output 'y' is made by no node"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_understood_names_the_node(name: str) -> None:
    nodes, message = UNKNOWN[name]
    stored = [*CONV_STORED, *zeros(v=(4, 5, 3, 3), g=(1, 8), v2=(9, 3), w9=(1, 3, 9, 9))]
    with pytest.raises(DscalcError, match=message):
        read(made(nodes, stored))


def test_activations_stand_behind_what_they_are_fused_into() -> None:
    fused = helper.make_node(
        "FusedConv", ["x", "w", "b"], ["y"], domain="com.microsoft", activation="Relu"
    )
    graph = read(made([fused], CONV_STORED))
    assert [type(operator.kind) for operator in graph.operators] == [Conv, Activation]
    assert graph.outputs == ("y",)


def test_names_are_those_of_the_nodes_and_may_be_missing() -> None:
    named = read(made(CONV, CONV_STORED))
    assert named.operators[0].name == "Conv_y"
    bare = helper.make_node("Conv", ["x", "w"], ["y"])
    assert read(made([bare], CONV_STORED)).operators[0].name == ""


def test_kinds_say_which_axis_has_the_channels_and_which_are_reduced() -> None:
    graph = read(made([node("GlobalAveragePool", "x", "y")]))
    assert only(graph, Reduce).kind == Reduce("mean", (2, 3), True)
    graph = read(made([node("Einsum", "x w", "y", equation="bchw,cd->bdhw")], zeros(w=(3, 4))))
    assert only(graph, Linear).kind == Linear(1)
    graph = read(
        made(
            [node("ConvTranspose", "x w", "y", auto_pad="SAME_LOWER", strides=[2, 2])],
            zeros(w=(3, 5, 3, 3)),
        )
    )
    assert shape(graph) == (1, 5, 16, 16)
    assert only(graph, ConvTranspose).kind == ConvTranspose(
        (3, 3), (2, 2), ((0, 1), (0, 1)), (1, 1), 1, 1, (0, 0)
    )
    graph = read(made([node("Gather", "t x", "y")], zeros(t=(50, 8)), {"x": (1, 9)}))
    assert only(graph, Embedding).kind == Embedding(50, 8)


@pytest.mark.parametrize(
    ("nodes", "opset", "sides"),
    [
        ([node("Clip", "f low high", "c")], 18, (4, 4, 6, 5)),
        ([node("Clip", "f  high", "c")], 18, (1, 3, 6, 5)),
        ([node("Clip", "f low", "c")], 18, (4, 4, 9, 5)),
        ([node("Clip", "f", "c", min=4.0, max=6.0)], 9, (4, 4, 6, 5)),
        ([node("Sub", "f high", "s"), node("Relu", "s", "c")], 18, (0, 0, 3, 0)),
    ],
)
def test_clipped_sides_are_computed(nodes: list[Any], opset: int, sides: tuple[int, ...]) -> None:
    before = [node("Shape", "x", "s0"), node("Cast", "s0", "f", to=1)]
    after = [node("Cast", "c", "s1", to=7), node("ConstantOfShape", "s1", "y")]
    limits = [
        onnx.numpy_helper.from_array(np.array(number, np.float32), name)
        for name, number in {"low": 4.0, "high": 6.0}.items()
    ]
    graph = read(made([*before, *nodes, *after], limits, {"x": (1, 3, 9, 5)}, opset=opset))
    assert shape(graph) == sides


def test_sides_that_are_clipped_to_no_number_stay_open() -> None:
    nodes = [node("Shape", "x", "s0"), node("Cast", "s0", "f", to=1), node("Clip", "f low", "c"),
             node("Cast", "c", "s1", to=7), node("ConstantOfShape", "s1", "y")]  # fmt: skip
    assert shape(read(made(nodes, zeros(low=(0,)), {"x": (1, 3, 9, 5)}))) == (None,) * 4


# What costs nothing here but is not read, or trains, or is not of numbers.
NOT_READ = {
    *("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss", "Scan", "Loop", "If", "StringSplit"),
    *("LinearAttention", "CausalConvWithState", "ai.onnx.preview.FlexAttention", "StringConcat"),
    *("StringNormalizer", "ImageDecoder", "TfIdfVectorizer", "Unique", "SplitToSequence", "Add"),
    *("ai.onnx.ml.LabelEncoder", "SequenceConstruct", "ai.onnx.preview.training.Momentum", "Det"),
    *("RegexFullMatch", "SwiGLU", "TensorScatter", "ai.onnx.preview.training.Adagrad", "Einsum"),
    *("ai.onnx.preview.training.Adam", "ai.onnx.ml.TreeEnsemble", "DFT", "MelWeightMatrix"),
    *(
        "ai.onnx.preview.training.Gradient",
        "ai.onnx.ml.ArrayFeatureExtractor",
        "OptionalGetElement",
    ),
    *("ai.onnx.ml.Binarizer", "LSTM", "SequenceEmpty", "OptionalHasElement", "the output"),
}


def cases() -> list[tuple[str, Any, list[Any], list[Any]]]:
    """The format's own cases: a model, what goes in, and what comes out of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = import_module("onnx.backend.test.case.node").collect_testcases(None)
    kept = []
    for case in found:
        model, (given, wanted) = case.model, case.data_sets[0]
        if isinstance(given, dict):
            given = [given[entry.name] for entry in model.graph.input]
            wanted = [wanted[entry.name] for entry in model.graph.output]
        tensors = (*given, *wanted)
        if given and all(isinstance(value, (np.ndarray, np.generic)) for value in tensors):
            kept.append((case.name, model, given, wanted))
    return kept


def test_shapes_are_those_of_the_format_s_own_cases() -> None:
    outcomes: Counter[str] = Counter()
    wrong = []
    for name, model, given, wanted in cases():
        first, *others = model.graph.input
        stored = [
            onnx.numpy_helper.from_array(np.asarray(value), entry.name)
            for entry, value in zip(others, given[1:], strict=True)
        ]
        model.graph.initializer.extend(stored)
        try:
            graph = read(model.SerializeToString(), {first.name: np.shape(given[0])})
        except DscalcError as error:
            outcomes[str(error).split(" '")[0]] += 1
            continue
        found = [graph.tensors[output].shape for output in graph.outputs]
        fits = [
            ours is not None
            and len(ours) == value.ndim
            and all(side in (None, true) for side, true in zip(ours, value.shape, strict=True))
            for ours, value in zip(found, wanted, strict=True)
        ]
        outcomes["read"] += 1
        if not all(fits):
            wrong.append((name, found, [value.shape for value in wanted]))
    assert wrong == []
    assert outcomes.pop("read") > 1400
    assert set(outcomes) <= NOT_READ


def test_records_are_what_the_official_package_reads() -> None:
    for name, model, _, _ in cases()[::7]:
        data = model.SerializeToString()
        ours, theirs = read_model(memoryview(data)).graph, model.graph
        assert [entry.name for entry in ours.inputs] == [entry.name for entry in theirs.input]
        assert list(ours.outputs) == [entry.name for entry in theirs.output]
        assert len(ours.nodes) == len(theirs.node), name
        for mine, other in zip(ours.nodes, theirs.node, strict=True):
            assert (mine.name, mine.op.rpartition(".")[2]) == (other.name, other.op_type)
            assert (mine.inputs, mine.outputs) == (tuple(other.input), tuple(other.output))
            for attribute in other.attribute:
                value = helper.get_attribute_value(attribute)
                if attribute.type in (1, 2, 6, 7):
                    plain = tuple(value) if attribute.type in (6, 7) else value
                    assert mine.attributes[attribute.name] == plain
                elif attribute.type == 3:
                    assert mine.attributes[attribute.name] == value.decode()
        for tensor in theirs.initializer:
            mine_stored = ours.stored[tensor.name]
            assert mine_stored.shape == tuple(tensor.dims)
            if mine_stored.values is not None:
                array = onnx.numpy_helper.to_array(tensor)
                assert np.array_equal(np.asarray(mine_stored.values, array.dtype), array.ravel())


@pytest.mark.parametrize("row", table("onnx_files.csv"), ids=lambda row: row["file"])
def test_real_files_cost_what_onnxruntime_executes(row: dict[str, str]) -> None:
    graph = read_onnx(published(row), inputs_of(row))
    assert (parameters(graph), mult_adds(graph)) == (int(row["params"]), int(row["mult_adds"]))


def test_no_mutation_of_small_files_makes_anything_but_an_error_of_ours() -> None:
    chance = random.Random(3)
    seeds = [data for data, _, _ in LAYERS.values()]
    outcomes: Counter[bool] = Counter()
    for _ in range(2000):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(data))
            if chance.random() < 0.7:
                data[at] = chance.randrange(256)
            elif chance.random() < 0.5:
                del data[at : at + chance.randrange(1, 9)]
            else:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
        try:
            read(bytes(data))
            outcomes[True] += 1
        except DscalcError:
            outcomes[False] += 1
    assert min(outcomes[True], outcomes[False]) > 100


def test_every_cut_of_a_file_is_an_error_or_a_whole_graph() -> None:
    data = made(CONV, CONV_STORED)
    for end in range(len(data)):
        try:
            graph = read(data[:end])
        except DscalcError:
            continue
        assert mult_adds(graph) == 108 * 64  # only what stands behind the graph is cut


def test_sizes_that_nothing_has_are_refused() -> None:
    huge = onnx.TensorProto(name="w", dims=[4, 3, 2**62, 2**62], data_type=1)
    with pytest.raises(DscalcError, match="a window of 4611686018427387904 positions"):
        read(made([node("Conv", "x w", "y")], [huge]))
    many = numbers(s=[2**40, 2**40])
    with pytest.raises(DscalcError, match="which nothing can have"):
        read(made([node("ConstantOfShape", "s", "y")], many))
    with pytest.raises(DscalcError, match="a tensor of 1000000 axes"):
        read(made([node("ConstantOfShape", "x", "y")], [], {"x": (10**6,)}))


def test_graphs_inside_each_other_have_a_bottom() -> None:
    body = b""
    for _ in range(400):
        body = field(1, field(5, field(1, "then_branch") + field(6, body)) + field(4, "If"))
    with pytest.raises(DscalcError, match="more than 16 graphs inside each other"):
        read(field(7, body))


def test_functions_that_call_each_other_or_double_are_refused() -> None:
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]

    def function(name: str, inner: list[str]) -> Any:
        own = [helper.make_node(op, ["a"], ["b"], domain="own") for op in inner]
        body = own or [helper.make_node("Relu", ["a"], ["b"])]
        return helper.make_function("own", name, ["a"], ["b"], body, opsets)

    call = [helper.make_node("F0", ["x"], ["y"], domain="own")]
    with pytest.raises(DscalcError, match="more than 16 graphs or functions inside each other"):
        read(made(call, functions=[function("F0", ["F1"]), function("F1", ["F0"])]))
    doubled = [function(f"F{i}", [f"F{i + 1}"] * 8) for i in range(12)]
    with pytest.raises(DscalcError, match="more than 100,000 nodes"):
        read(made(call, functions=[*doubled, function("F12", [])]))


def test_a_million_nodes_are_refused() -> None:
    relu = field(1, field(1, "x") + field(2, "x") + field(4, "Relu"))
    with pytest.raises(DscalcError, match="more than 1,000,000 fields"):
        read(field(7, relu * 10**6))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is told by Linux")
def test_two_gigabytes_of_weights_stay_unread(tmp_path: Path) -> None:
    """A file with a hole in place of the weights, read in a process of its own."""
    head = made(CONV, CONV_STORED)
    tensor = field(8, "big") + field(2, 1) + b"".join(field(1, n) for n in (2**20, 512))
    length = 2**31
    opened = b"\x4a" + varint_of(length)  # field 9, the raw data
    inner = len(tensor) + len(opened) + length
    initializer = b"\x2a" + varint_of(inner) + tensor + opened
    model = onnx.load_from_string(head)
    graph = model.graph.SerializeToString()
    start = b"\x3a" + varint_of(len(graph) + len(initializer) + length) + graph + initializer
    path = tmp_path / "big.onnx"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + length)
        file.seek(0, 2)
        file.write(field(8, field(2, 18)))
    code = (
        "import mmap, sys\n"
        "from dscalc.models.onnx.reading import read_onnx\n"
        "with open(sys.argv[1], 'rb') as file:\n"
        "    data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
        "    graph = read_onnx(memoryview(data))\n"
        "with open('/proc/self/status') as file:\n"
        "    print(len(graph.operators), file.read().partition('VmHWM:')[2].split()[0])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    operators, peak = map(int, run.stdout.split())
    assert operators == 1
    assert peak < 200 * 1024  # KiB


def varint_of(number: int) -> bytes:
    from tests.test_models_protobuf import varint

    return varint(number)
