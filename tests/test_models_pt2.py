"""PyTorch's `.pt2` files, written here by hand as torch.export writes them, and by torch itself.

A program by hand needs nothing; torch's own `parameters()` and FlopCounterMode are the oracle for
exported networks, where torch is installed.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dscalc.errors import DscalcError
from dscalc.models.graph import Graph
from dscalc.models.inputs import Given
from dscalc.models.kinds import Conv, Norm
from dscalc.models.pt2.reading import read_pt2
from dscalc.models.pt2.sides import evaluate_side
from tests.graph_counter import mult_adds, parameters

Side = int | str
Sides = tuple[Side, ...]


def size(side: Side) -> dict[str, Any]:
    if isinstance(side, int):
        return {"as_int": side}
    return {"as_expr": {"expr_str": side, "hint": {"as_int": 8}}}


def argument(value: Any) -> dict[str, Any]:
    kinds = {bool: "as_bool", int: "as_int", float: "as_float"}
    if value is None:
        return {"as_none": True}
    if isinstance(value, str):
        return {"as_tensor": {"name": value}}
    if isinstance(value, tuple):
        return {"as_tensors": [{"name": name} for name in value]}
    if isinstance(value, list):
        return {"as_ints": value}
    return {kinds[type(value)]: value}


def call(op: str, outputs: str, **arguments: Any) -> dict[str, Any]:
    names = outputs.split()
    return {
        "target": op if "." in op else f"torch.ops.aten.{op}.default",
        "inputs": [{"name": k, "arg": argument(v), "kind": 1} for k, v in arguments.items()],
        "outputs": [{"as_tensor": {"name": name}} for name in names],
        "metadata": {},
        "name": names[0] if names else None,
    }


def program(
    nodes: list[dict[str, Any]],
    shapes: Mapping[str, Sides],
    stored: Mapping[str, str],
    buffers: Mapping[str, str] | None = None,
    outputs: str = "y",
) -> dict[str, Any]:
    specs: list[dict[str, Any]] = []
    for kind, known in (("parameter", stored), ("buffer", buffers or {})):
        for name, full in known.items():
            specs.append({kind: {"arg": {"name": name}, f"{kind}_name": full}})
    specs.append({"user_input": {"arg": {"as_tensor": {"name": "x"}}}})
    given = [{"user_output": {"arg": {"as_tensor": {"name": name}}}} for name in outputs.split()]
    values = {name: {"sizes": [size(side) for side in sides]} for name, sides in shapes.items()}
    graph = {
        "inputs": [],
        "outputs": [],
        "nodes": nodes,
        "tensor_values": values,
        "sym_int_values": {},
    }
    signature = {"input_specs": specs, "output_specs": given}
    return {
        "graph_module": {"graph": graph, "signature": signature},
        "schema_version": {"major": 8},
    }


def packed(content: dict[str, Any], homes: Mapping[str, str] | None = None) -> bytes:
    config = {"config": {name: {"path_name": home} for name, home in (homes or {}).items()}}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/models/model.json", json.dumps(content))
        archive.writestr("net/data/weights/model_weights_config.json", json.dumps(config))
        archive.writestr("net/data/weights/weight_0", b"\0" * 64)
    return file.getvalue()


def read(data: bytes, given: Given | None = None) -> Graph:
    return read_pt2(memoryview(data), given)


CONV = call("conv2d", "c", input="x", weight="w", bias=None, stride=[2, 2], padding=[1, 1])
NORM = call("batch_norm", "n", input="c", weight="s", bias="t", running_mean="m", running_var="v")
RELU = call("relu_", "y", self="n")
SHAPES: dict[str, Sides] = {
    "x": (1, 3, 8, 8),
    "w": (4, 3, 3, 3),
    "c": (1, 4, 4, 4),
    "n": (1, 4, 4, 4),
    "y": (1, 4, 4, 4),
    **dict.fromkeys("stmv", (4,)),
}
STORED = {"w": "stem.conv.weight", "s": "stem.bn.weight", "t": "stem.bn.bias"}
BUFFERS = {"m": "stem.bn.running_mean", "v": "stem.bn.running_var"}
NET = program([CONV, NORM, RELU], SHAPES, STORED, BUFFERS)


def test_a_convolution_with_its_norm() -> None:
    graph = read(packed(NET))
    conv, norm, _ = graph.operators
    assert conv.kind == Conv((3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1), 1, 1)
    assert norm.kind == Norm("batch", 1)
    assert (conv.name, norm.name) == ("stem.conv", "stem.bn")
    assert (parameters(graph), mult_adds(graph)) == (108 + 8, 108 * 16)
    assert graph.tensors["m"].learned is False


def test_the_archive_of_older_versions_is_read_too() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("serialized_exported_program.json", json.dumps(NET))
    assert parameters(read(file.getvalue())) == 116


def test_two_names_of_one_stored_tensor_are_counted_once() -> None:
    nodes = [
        call("linear", "h", input="x", weight="w", bias=None),
        call("linear", "y", input="h", weight="u", bias=None),
    ]
    shapes: dict[str, Sides] = {"x": (1, 5), "h": (1, 5), "y": (1, 5), "w": (5, 5), "u": (5, 5)}
    content = program(nodes, shapes, {"w": "a.weight", "u": "b.weight"})
    apart = read(packed(content, {"a.weight": "weight_0", "b.weight": "weight_1"}))
    tied = read(packed(content, {"a.weight": "weight_0", "b.weight": "weight_0"}))
    assert (parameters(apart), parameters(tied)) == (50, 25)
    assert mult_adds(apart) == mult_adds(tied) == 50


def test_weights_that_are_a_direction_and_a_length_are_both() -> None:
    nodes = [
        call("_weight_norm", "k", v="w", g="g", dim=0),
        call("conv2d", "y", input="x", weight="k", bias=None, stride=[2, 2], padding=[1, 1]),
    ]
    shapes = {**SHAPES, "g": (4, 1, 1, 1), "k": (4, 3, 3, 3)}
    graph = read(packed(program(nodes, shapes, {"w": "conv.weight_v", "g": "conv.weight_g"})))
    assert (parameters(graph), mult_adds(graph)) == (108 + 4, 108 * 16)


def test_open_sides_are_those_of_the_export_or_those_that_are_said() -> None:
    shapes = {**SHAPES, "x": (1, 3, "s0", "s1")}
    for name in "cny":
        shapes[name] = (1, 4, "((s0 - 1)//2) + 1", "((s1 - 1)//2) + 1")
    data = packed(program([CONV, NORM, RELU], shapes, STORED, BUFFERS))
    assert mult_adds(read(data)) == 108 * 16
    assert mult_adds(read(data, {"x": (1, 3, 20, 31)})) == 108 * 10 * 16
    with pytest.raises(DscalcError, match="exported with 3 on axis 1, not 4"):
        read(data, {"x": (1, 4, 20, 31)})
    with pytest.raises(DscalcError, match="the model has no input 'image'; there are: x"):
        read(data, {"image": (1, 3, 20, 31)})


def test_parameters_that_nothing_runs_are_named_in_a_note() -> None:
    shapes: dict[str, Sides] = {**SHAPES, "aux": (7, 4)}
    graph = read(
        packed(program([CONV, NORM, RELU], shapes, {**STORED, "aux": "aux1.fc.weight"}, BUFFERS))
    )
    assert parameters(graph) == 116
    assert graph.notes[0].startswith("28 parameters of the file take part in nothing that runs")
    assert graph.notes[0].endswith("aux1")


@pytest.mark.parametrize(
    ("text", "value"),
    [("s0", 7), ("s0 + 2*s1", 27), ("(s0 - 1)//2 + 1", 4), ("Mod(s1, 4)", 2), ("-s0 + 9", 2)],
)
def test_sides_that_are_expressions(text: str, value: int) -> None:
    assert evaluate_side(text, {"s0": 7, "s1": 10}) == value


@pytest.mark.parametrize(
    "text",
    ["s9", "s0**9", "__import__('os')", "s0.real", "1//0", "s0 if s0 else 1", "(", "1" * 3000],
)
def test_sides_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(DscalcError, match="side"):
        evaluate_side(text, {"s0": 7})


def test_what_is_not_known_names_the_node() -> None:
    mystery = call("mystery", "y", self="n")
    with pytest.raises(DscalcError, match=r"aten.mystery.default 'y': the operator is not known"):
        read(packed(program([CONV, NORM, mystery], SHAPES, STORED, BUFFERS)))
    foreign = call("torch.ops.mylib.relu.default", "y", self="n")
    with pytest.raises(DscalcError, match=r"mylib.relu.default 'y': the operator is not known"):
        read(packed(program([CONV, NORM, foreign], SHAPES, STORED, BUFFERS)))


def test_archives_that_hold_no_program_say_how_to_make_one() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
    with pytest.raises(DscalcError, match=r"torch\.export\.save"):
        read(file.getvalue())
    with pytest.raises(DscalcError, match="damaged zip archive"):
        read(b"no archive at all")


def test_no_mutation_makes_anything_but_an_error_of_ours() -> None:
    """Bytes of the archive, and values of the JSON in it."""
    chance = random.Random(4)
    whole = packed(NET)
    text = json.dumps(NET)
    read_well = refused = 0
    for turn in range(2000):
        if turn % 2:
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            mutated = bytes(data)
        else:
            words = text.split(" ")
            for _ in range(chance.randrange(1, 3)):
                words[chance.randrange(len(words))] = chance.choice(
                    ["1,", "-1,", "{},", "[],", "null,", '"x",', '"as_int":', "1e400,", f"{2**70},"]
                )
            try:
                mutated = packed(json.loads(" ".join(words)))
            except ValueError:
                continue
        try:
            read(mutated)
            read_well += 1
        except DscalcError:
            refused += 1
    assert read_well > 50
    assert refused > 50


def test_a_program_that_unpacks_to_more_than_any_has_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/models/model.json", b" " * 2**26)
    with pytest.raises(DscalcError, match="unpacks to more than"):
        read(file.getvalue())


def exported(module: Any, *inputs: Any, path: Path) -> tuple[Graph, int, int]:
    """The graph of an export, and torch's own figures: parameters, mult-adds."""
    torch = import_module("torch")
    counter = import_module("torch.utils.flop_counter").FlopCounterMode(display=False)
    attention = import_module("torch.nn.attention")
    module.eval()
    torch.backends.mha.set_fastpath_enabled(False)  # fused, it is invisible to the counter
    with torch.no_grad(), attention.sdpa_kernel(attention.SDPBackend.MATH), counter:
        module(*inputs)
    torch.export.save(torch.export.export(module, inputs), path)
    count = sum(parameter.numel() for parameter in module.parameters())
    return read(path.read_bytes()), count, counter.get_total_flops() // 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "shufflenet_v2_x1_0", "swin_t"])
def test_networks_of_torchvision_cost_what_torch_counts(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch exports the files")
    models = pytest.importorskip("torchvision", reason="torchvision has the networks").models
    module = models.get_model(name, weights=None)
    graph, count, cost = exported(module, torch.zeros(1, 3, 224, 224), path=tmp_path / "net.pt2")
    assert (parameters(graph), mult_adds(graph)) == (count, cost)


@pytest.mark.filterwarnings("ignore")
def test_layers_of_torch_cost_what_torch_counts(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch exports the files")
    nn = torch.nn
    cases = {
        "conv1d": (nn.Conv1d(6, 4, 3, padding="same", groups=2), torch.zeros(1, 6, 9)),
        "conv3d": (nn.Conv3d(2, 4, 3, bias=False), torch.zeros(1, 2, 5, 6, 7)),
        "transposed": (
            nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2),
            torch.zeros(1, 4, 5, 5),
        ),
        "attention": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), torch.zeros(1, 5, 8)),
        "prelu": (nn.Sequential(nn.Conv2d(3, 4, 1), nn.PReLU(4)), torch.zeros(1, 3, 5, 5)),
        "embedding": (nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 2)), torch.zeros(1, 7).long()),
        "weight_norm": (
            nn.utils.parametrizations.weight_norm(nn.Conv1d(4, 8, 3)),
            torch.zeros(1, 4, 9),
        ),
        "spectral_norm": (
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3)),
            torch.zeros(1, 3, 9, 9),
        ),
        "group_norm": (nn.GroupNorm(2, 4), torch.zeros(1, 4, 5, 5)),
    }
    for name, (module, x) in cases.items():
        graph, count, cost = exported(module, x, path=tmp_path / f"{name}.pt2")
        assert (parameters(graph), mult_adds(graph)) == (count, cost), name


@pytest.mark.filterwarnings("ignore")
def test_recurrent_layers_of_torch_have_its_parameters(tmp_path: Path) -> None:
    """FlopCounterMode does not see into them: their mult-adds are by hand."""
    torch = pytest.importorskip("torch", reason="torch exports the files")
    for gates, kind in ((4, torch.nn.LSTM), (3, torch.nn.GRU)):
        module = kind(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        graph, count, _ = exported(module, torch.zeros(1, 7, 6), path=tmp_path / "net.pt2")
        assert parameters(graph) == count
        assert mult_adds(graph) == 7 * 2 * gates * 5 * ((6 + 5) + (10 + 5))
