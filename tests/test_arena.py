"""The planner of TensorFlow Lite Micro, against heads that it reported and against itself.

tests/data/arena.csv was measured with tflite-micro 0.dev20261023182759 on models that TensorFlow
2.21's converter made of the networks in tests/data/arena: models.zip has these files, all numbers
of their weights zero, of which the package plans the same. tests/data/arena_zoo.csv has what it
reported of networks of keras.applications.
"""

from __future__ import annotations

import csv
import random
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dscalc.analysis.arena import MOST_MOMENTS, Placed, alive, head, plan
from dscalc.analysis.lowering import lower
from dscalc.analysis.operators import Deployed, Operator, Stored, Tensor, moments, running_order
from dscalc.analysis.planned import memory_map, planned_bytes
from dscalc.analysis.storage import OF_NAME, OF_STRUCTURE, besides, stored_bytes
from dscalc.analysis.terms import Dtype, Terms
from dscalc.errors import DscalcError
from dscalc.language.files import load
from dscalc.language.network_file import read_network
from dscalc.law.lives import Buffer
from dscalc.law.network import Network, Report, measure
from dscalc.law.setting import Setting, apply
from dscalc.models.model_source import Source
from tests.micro import head_in_package, package

DATA = Path(__file__).parent / "data"
DTYPES: dict[str, Dtype] = {"int8": "int8", "int16x8": "int16", "float32": "float32"}


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(model: str) -> tuple[Report, Terms]:
    name, _, form = model.rpartition(".")
    return measure(load(str(DATA / "arena" / f"{name}.yaml"))), Terms(dtype=DTYPES[form])


FILES = {row["model"]: row for row in rows_of("arena.csv")}
MODELS = {
    model: row for model, row in FILES.items() if "_keras" not in model
}  # written in YAML too


def model_file(model: str) -> bytes:
    with zipfile.ZipFile(DATA / "arena" / "models.zip") as archive:
        return archive.read(f"{model}.tflite")


def read_model(data: bytes) -> Network:
    """The network of a model file, as a path to it would give it."""
    network = Source("model.tflite", data, {}).network()
    assert network is not None
    return network


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize("model", FILES)
def test_heads_of_the_files_as_they_stand(model: str, dtype: Dtype) -> None:
    # The types are the file's, whatever sizes are asked in.
    report = measure(read_model(model_file(model)))
    found = memory_map(report, Terms(dtype=dtype, memory="arena"))
    assert found.peak == int(FILES[model]["arena_head"])
    assert planned_bytes(report, Terms(dtype=dtype, memory="arena")) == found.peak
    assert len(found.regions) == int(FILES[model]["planned_tensors"])
    assert found.tail is not None
    assert abs(found.tail - int(FILES[model]["arena_tail"])) < 320
    assert found.dtype == DTYPES[model.rpartition(".")[2].removesuffix("io")]


@pytest.mark.parametrize("model", MODELS)
def test_heads_that_were_reported(model: str) -> None:
    report, terms = measured(model)
    found = memory_map(report, terms._replace(memory="arena"))
    assert found.peak == int(MODELS[model]["arena_head"])
    assert planned_bytes(report, terms._replace(memory="arena")) == found.peak


@pytest.mark.parametrize("model", MODELS)
def test_tails_that_were_reported(model: str) -> None:
    # The README of the measurements gives 274 bytes; the files of ours say neither a softmax at
    # the end nor its reshapes, and with activations of int16 kernels keep tables of 2 kB.
    report, terms = measured(model)
    tail = memory_map(report, terms._replace(memory="arena")).tail
    missing = (int(MODELS[model]["ops"]) - len(lower(report, terms).operators)) * 150
    tables = 2048 if terms.dtype == "int16" else 0
    assert tail is not None
    assert abs(tail + missing + tables - int(MODELS[model]["arena_tail"])) < 400


@pytest.mark.parametrize("model", MODELS)
def test_bytes_of_weights_and_biases(model: str) -> None:
    report, terms = measured(model)
    row, stored = MODELS[model], lower(report, terms).stored
    if terms.dtype == "float32":
        kept = int(row["float32_bytes"])
        # Axes and shapes are kept as float constants' neighbours; there are 4 bytes of them.
        assert 0 <= 4 * (stored.weights + stored.biases) - kept < 8
        return
    # A hard sigmoid's factor of a sixth is a weight of one byte that files of ours do not say.
    assert stored.weights == int(row["int8_bytes"]) - ("hswish" in model)
    of_biases = stored.biases * terms.bias_bytes
    if terms.dtype == "int16":
        assert of_biases == int(row["int64_bytes"])
    else:
        # Up to 208 bytes are shapes and axes; equal biases, as of zeros, are stored once.
        once = {"autoencoder_ad.int8": 3 * 4 * 128, "densenet_block_32.int8": 3 * 4 * 12}
        assert 0 <= int(row["int32_bytes"]) - of_biases + once.get(model, 0) <= 208
    assert stored_bytes(report, terms._replace(size="stored")) == stored.weights + of_biases


@pytest.mark.parametrize("model", [model for model in MODELS if model.endswith(".int8")])
def test_bytes_of_whole_files(model: str) -> None:
    # A file is W + 28 · O + 185 to 310 bytes a tensor; scales are 24 of each output channel's 28.
    report, terms = measured(model)
    row, stored = MODELS[model], lower(report, terms).stored
    flash = stored_bytes(report, terms._replace(size="flash"))
    named = len(lower(report, terms).tensors) + stored.parameters
    assert flash == stored.weights + 28 * stored.biases + 12 * named
    rest = int(row["file_bytes"]) - flash
    assert 150 * int(row["tensors"]) < rest < 310 * int(row["tensors"])
    assert besides(report, terms) == (OF_NAME + OF_STRUCTURE) * (named + stored.shapes)


def test_the_engineers_question() -> None:
    network = apply(load("mobilenet_v2"), Setting(0.555, 1.0, 128, 1.0, (("classes", 2),)))
    report, terms = measure(network), Terms(dtype="int8")
    assert stored_bytes(report, terms._replace(size="stored")) == 823_896
    assert stored_bytes(report, terms._replace(size="flash")) == 1_063_884
    assert planned_bytes(report, terms._replace(memory="arena")) == 262_144


@pytest.mark.parametrize(("alpha", "arena"), [(0.35, 101_376), (0.36, 78_336)])
def test_the_arena_is_not_monotone(alpha: float, arena: int) -> None:
    network = apply(load("mobilenet"), Setting(alpha, resolution=96))
    assert planned_bytes(measure(network), Terms(dtype="int8", memory="arena")) == arena


ZOO = rows_of("arena_zoo.csv")


@pytest.mark.parametrize("row", ZOO, ids=lambda row: " ".join(list(row.values())[:3]))
def test_arenas_of_shipped_networks(row: dict[str, str]) -> None:
    # What the package reported of the networks of keras.applications, converted to int8.
    setting = Setting(float(row["alpha"]), resolution=int(row["resolution"]))
    network = apply(load(row["network"]), setting)
    found = memory_map(measure(network), Terms(dtype="int8", memory="arena"))
    assert found.peak == int(row["head"])
    assert found.tail is not None
    assert abs(found.tail / int(row["tail"]) - 1) < 0.025


# ---------------------------------------------------------------- the planner by itself


def test_a_gap_between_others_is_used() -> None:
    found = plan([Buffer("a", 64, 0, 1), Buffer("b", 48, 1, 2), Buffer("c", 30, 2, 3)])
    assert [(one.offset, one.size) for one in found] == [(0, 64), (64, 48), (0, 32)]
    assert (head(found), list(alive(found))) == (112, [64, 112, 80, 32])


def test_of_equal_sizes_the_last_goes_first() -> None:
    found = plan([Buffer("a", 16, 0, 1), Buffer("b", 16, 1, 2)])
    assert [one.offset for one in found] == [16, 0]


def test_nothing_takes_nothing() -> None:
    assert head(plan([])) == 0
    assert plan([Buffer("empty", 0, 0, 3)]) == [Placed(Buffer("empty", 0, 0, 3), 0, 0)]


def test_lives_that_are_too_long_are_refused() -> None:
    with pytest.raises(DscalcError, match="live too long to be planned"):
        plan([Buffer("a", 1, 0, MOST_MOMENTS)])


def by_the_rules(buffers: list[Buffer]) -> list[int]:
    """Offsets, by the rules as they are written, without any index."""
    sizes = [(buffer.size + 15) // 16 * 16 for buffer in buffers]
    placed: list[tuple[int, int]] = []  # offset and which, in order of offset
    for which in sorted(range(len(buffers)), key=lambda one: (sizes[one], one), reverse=True):
        own, at = buffers[which], 0
        for offset, other in placed:
            there = buffers[other]
            if there.first <= own.last and own.first <= there.last:
                if offset - at >= sizes[which]:
                    break
                at = max(at, offset + sizes[other])
        place = sum(offset <= at for offset, _ in placed)
        placed.insert(place, (at, which))
    return [{which: offset for offset, which in placed}[one] for one in range(len(buffers))]


@pytest.mark.parametrize("seed", range(200))
def test_random_lives(seed: int) -> None:
    rng = random.Random(seed)
    buffers = []
    for number in range(rng.randint(1, 40)):
        first = rng.randint(0, 20)
        size = rng.choice([1, 16, 17, 64, rng.randint(1, 400)])
        buffers.append(Buffer(str(number), size, first, first + rng.randint(0, 6)))
    found = plan(buffers)
    assert [one.offset for one in found] == by_the_rules(buffers)
    assert head(found) >= max(alive(found))
    for one in found:
        for other in found:
            apart = one.buffer.last < other.buffer.first or other.buffer.last < one.buffer.first
            assert one is other or apart or one.end <= other.offset or other.end <= one.offset


# ---------------------------------------------------------------- what is planned


def lowered(layers: str, dtype: Dtype = "int8", sides: str = "8, 8, 4") -> Deployed:
    text = f"input: [{sides}]\nlayers:\n{layers}"
    return lower(measure(read_network(text).network), Terms(dtype=dtype))


@pytest.mark.parametrize(
    ("layers", "kinds"),
    [
        ("  - conv: {n: 4, activation: relu6, norm: batch}\n", "CONV_2D"),
        ("  - conv: {n: 4, activation: swish}\n", "CONV_2D LOGISTIC MUL"),
        ("  - conv: {n: 4, activation: hard_swish}\n", "CONV_2D HARD_SWISH"),
        ("  - conv: {n: 4, norm: layer}\n", "CONV_2D MUL ADD"),
        ("  - conv: {n: 4}\n  - norm\n", "CONV_2D"),
        ("  - norm\n", "MUL ADD"),
        ("  - conv: {n: 4, padding: 1}\n", "CONV_2D"),  # as `same` pads
        ("  - conv: {n: 4, padding: 1, stride: 2}\n", "PAD CONV_2D"),  # `same` pads behind alone
        ("  - pool: {k: 3, stride: 2, padding: 1}\n", "PAD POOL_2D"),
        ("  - flatten\n  - linear: {n: 3}\n", "RESHAPE FULLY_CONNECTED"),
        ("  - global_pool\n  - flatten\n  - linear: {n: 3}\n", "MEAN FULLY_CONNECTED"),
        ("  - split: 2\n  - concat\n", "SPLIT CONCATENATION"),
        ("  - slice: {n: 2}\n", "STRIDED_SLICE"),
        ("  - shuffle: {groups: 2}\n", "RESHAPE TRANSPOSE RESHAPE"),
        ("  - add: [[], [pointwise: {n: 4}], [conv: {n: 4}]]\n", "CONV_2D ADD CONV_2D ADD"),
        ("  - squeeze_excite\n", "MEAN CONV_2D CONV_2D LOGISTIC MUL"),
        (
            "  - squeeze_excite: {activation: swish}\n",
            "MEAN CONV_2D LOGISTIC MUL CONV_2D LOGISTIC MUL",
        ),
        (
            "  - inverted_residual: {n: 8, expand: 1, se: 4, se_activation: gelu}\n",
            "DEPTHWISE_CONV_2D MEAN CONV_2D GELU CONV_2D LOGISTIC MUL CONV_2D",
        ),
        ("  - separable: {n: 4, activation: mish}\n", "DEPTHWISE_CONV_2D MISH CONV_2D MISH"),
        (
            "  - separable: {n: 4, activation: elu, depthwise_activation: none}\n",
            "DEPTHWISE_CONV_2D CONV_2D ELU",
        ),
        ("  - add: [[], []]\n  - activation: swish\n", "ADD LOGISTIC MUL"),
        ("  - add: [[], []]\n  - activation: relu\n", "ADD"),
        ("  - add: [[], []]\n  - activation: hard_sigmoid\n", "ADD ADD MUL"),
        ("  - conv: {n: 4}\n  - activation: hard_sigmoid\n", "CONV_2D MUL"),
        ("  - conv: {n: 4, norm: layer, activation: hard_sigmoid}\n", "CONV_2D MUL ADD ADD MUL"),
        ("  - conv: {n: 4, activation: gelu}\n  - norm\n", "CONV_2D GELU MUL ADD"),
        ("  - linear: {n: 64, over: positions}\n", "TRANSPOSE FULLY_CONNECTED TRANSPOSE"),
    ],
)
def test_operators_of_layers(layers: str, kinds: str) -> None:
    assert " ".join(one.kind for one in running_order(lowered(layers))) == kinds


def test_rows_of_positions_are_images_between_convolutions() -> None:
    found = lowered("  - conv: {n: 4}\n    repeat: 2\n  - linear: {n: 2}\n", sides="16, 4")
    kinds = [one.kind for one in found.operators]
    assert kinds == ["RESHAPE", "CONV_2D", "CONV_2D", "RESHAPE", "FULLY_CONNECTED"]


@pytest.mark.parametrize(("dtype", "size"), [("int8", 4), ("int16", 8), ("float32", None)])
def test_scratch_of_transposed_convolutions(dtype: Dtype, size: int | None) -> None:
    (found,) = lowered("  - conv_transpose: {n: 2, k: 2, stride: 2}\n", dtype).operators
    assert found.scratch == (() if size is None else (size * 16 * 16 * 2,))


@pytest.mark.parametrize(("dtype", "scratch"), [("int8", (16, 8, 16)), ("float32", (16, 8))])
def test_scratch_of_means(dtype: Dtype, scratch: tuple[int, ...]) -> None:
    assert lowered("  - global_pool\n", dtype).operators[0].scratch == scratch


def test_weights_of_four_bits_are_unpacked() -> None:
    text = "input: [8, 8, 4]\nlayers: [conv: {n: 2}]"
    found = lower(measure(read_network(text).network), Terms(dtype="int8", weight_dtype="int4"))
    assert found.operators[0].scratch == (2 * 4 * 9,)


def test_the_deeper_branch_runs_first() -> None:
    concat = "  - concat: [[pointwise: {n: 1}], [pointwise: {n: 2}, conv: {n: 3}]]\n"
    order = [one.layer for one in running_order(lowered(concat))]
    assert order == ["concat1.2.pointwise1", "concat1.2.conv2", "concat1.1.pointwise1", "concat1"]


def test_outputs_run_in_their_order() -> None:
    order = [one.layer for one in running_order(measured_operators("detector_two_heads_96"))]
    assert order.index("conv9") < order.index("separable6.depthwise") < order.index("conv11")


def measured_operators(name: str) -> Deployed:
    return lower(*measured(f"{name}.int8"))


@pytest.mark.parametrize("layers", ["  - gru: {n: 2}\n", "  - lstm: {n: 2, bidirectional: true}\n"])
def test_what_no_kernel_is_there_for(layers: str) -> None:
    with pytest.raises(DscalcError, match="no operator for it"):
        lowered(layers, sides="8, 4")


# ---------------------------------------------------------------- against the package itself


def random_graph(rng: random.Random) -> Deployed:
    """Operators that TensorFlow Lite Micro has in float32: layers, sums, concatenations."""
    widths = [rng.randint(1, 60)]
    operators: list[Operator] = []
    for number in range(1, rng.randint(2, 25)):
        one, other = (rng.randrange(number) for _ in range(2))
        takes: tuple[int, ...]
        kind = rng.choice(["FULLY_CONNECTED", "FULLY_CONNECTED", "ADD", "CONCATENATION"])
        if kind == "ADD" and widths[one] == widths[other]:
            takes, width = (one, other), widths[one]
        elif kind == "CONCATENATION" and widths[one] + widths[other] < 200:
            takes, width = (one, other), widths[one] + widths[other]
        else:
            kind, takes, width = "FULLY_CONNECTED", (one,), rng.randint(1, 60)
        widths.append(width)
        operators.append(Operator("", kind, takes, (number,)))
    outputs = tuple(rng.sample(range(1, len(widths)), min(2, len(widths) - 1)))
    tensors = tuple(Tensor("", 4 * width) for width in widths)
    return Deployed(tensors, 1, outputs, tuple(operators), Stored(0, 0, 0, 0))


def flatbuffer(schema: Any, graph: Deployed) -> bytes:
    """The graph as a model file."""
    flatbuffers = import_module("flatbuffers")
    model, subgraph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs = 3, [subgraph]
    model.buffers = [schema.BufferT()]
    kinds = ["FULLY_CONNECTED", "ADD", "CONCATENATION"]
    model.operatorCodes = []
    for kind in kinds:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, kind)
        code.version = 1
        model.operatorCodes.append(code)
    subgraph.tensors, subgraph.operators = [], []

    def tensor(shape: list[int], data: bytes | None = None) -> int:
        made = schema.TensorT()
        made.shape, made.type, made.name = shape, schema.TensorType.FLOAT32, "t"
        made.buffer = len(model.buffers)
        buffer = schema.BufferT()
        buffer.data = None if data is None else list(data)
        model.buffers.append(buffer)
        subgraph.tensors.append(made)
        return len(subgraph.tensors) - 1

    widths = [one.size // 4 for one in graph.tensors]
    for width in widths:
        tensor([1, width])
    for one in graph.operators:
        made, takes = schema.OperatorT(), list(one.takes)
        made.opcodeIndex = kinds.index(one.kind)
        options = {"FULLY_CONNECTED": "FullyConnected", "ADD": "Add",
                   "CONCATENATION": "Concatenation"}[one.kind]  # fmt: skip
        made.builtinOptionsType = getattr(schema.BuiltinOptions, f"{options}Options")
        made.builtinOptions = getattr(schema, f"{options}OptionsT")()
        if one.kind == "FULLY_CONNECTED":
            out, into = widths[one.makes[0]], widths[one.takes[0]]
            takes += [tensor([out, into], bytes(4 * out * into)), -1]
        elif one.kind == "CONCATENATION":
            made.builtinOptions.axis = 1
        made.inputs, made.outputs = takes, list(one.makes)
        subgraph.operators.append(made)
    subgraph.inputs, subgraph.outputs = [0], list(graph.outputs)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def head_of(graph: Deployed) -> int:
    lives = moments(graph, graph.operators)
    return head(
        plan([Buffer("", one.size, *life) for one, life in zip(graph.tensors, lives, strict=True)])
    )


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_in_the_package_itself(seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    schema = import_module(f"{package()}.tensorflow.lite.micro.python.schema_py_generated")
    graph = random_graph(random.Random(seed))
    assert head_of(graph) == head_in_package(flatbuffer(schema, graph), capfd)


@pytest.mark.parametrize("model", FILES)
def test_files_in_the_package_itself(model: str, capfd: pytest.CaptureFixture[str]) -> None:
    report = measure(read_model(model_file(model)))
    planned = planned_bytes(report, Terms(memory="arena"))
    assert planned == head_in_package(model_file(model), capfd)
