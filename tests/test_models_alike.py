"""MobileNetV2 written in five formats, as exports for inference have it, is one network.

Each format's writer of the tests builds it from the same steps, layers and sides in the format's
own order; the totals are those of the shipped file, with its norms folded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dscalc.analysis.folding import folded
from dscalc.language.network_file import read_network
from dscalc.language.writer import network_text
from dscalc.law.layer import Cost
from dscalc.law.network import Network, Report, measure
from dscalc.law.rewrite import scale
from dscalc.law.rows import Row
from dscalc.models.source import load
from tests import onnx_files, tflite_files
from tests.flatbuffers_writer import Number
from tests.onnx_files import Drawn
from tests.test_models_keras import archive, entry, functional, tensor
from tests.test_models_keras import node as keras_node
from tests.test_models_protobuf import varint
from tests.test_models_pt2 import call, packed, program
from tests.test_models_tfjs import Model, many, s
from tests.tflite_files import G, O, T

STAGES = (  # expansion, channels, blocks, stride (Sandler et al. 2018, Table 2)
    *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
    *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)


def mobilenet_v2(net: Any) -> Any:
    """The network by a writer that has conv, add and head, each of which names what it makes."""
    net.conv("stem", 32, 3, 2)
    block = 0
    for expand, n, blocks, first in STAGES:
        for copy in range(blocks):
            name, before, came, stride = f"b{block}", net.at, net.channels, 1 if copy else first
            if expand > 1:
                net.conv(f"{name}/expand", expand * came)
            net.conv(f"{name}/dw", net.channels, 3, stride, net.channels)
            net.conv(f"{name}/project", n, relu=False)
            if copy:
                net.sum(f"{name}/add", before)
            block += 1
    net.conv("last", 1280)
    return net.head(1000)


class Writer:
    """Where a writer stands: at which map, of which channels and sides."""

    def __init__(self) -> None:
        self.at, self.channels, self.side = "x", 3, 224

    def moved(self, name: str, n: int, stride: int = 1) -> int:
        """To another map; returns the channels of the one before."""
        before, self.channels = self.channels, n
        self.at, self.side = name, self.side // stride
        return before


class Onnx(Drawn):
    def __init__(self) -> None:
        super().__init__(side=224)

    def sum(self, name: str, other: str) -> None:
        self.add(onnx_files.node("Add", f"{other} {self.at}", name), name)

    def file(self) -> bytes:
        return self.data


class TFLite(Writer):
    def __init__(self) -> None:
        super().__init__()
        self.tensors = [T("x", (1, 224, 224, 3))]
        self.operators: list[O] = []

    def conv(
        self, name: str, n: int, k: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
    ) -> None:
        source, came = self.at, self.moved(name, n, stride)
        deep = groups > 1
        self.tensors += [
            T(f"{name}/w", (1, k, k, n) if deep else (n, k, k, came), 0),
            T(f"{name}/b", (n,), 0),
            T(name, (1, self.side, self.side, n)),
        ]
        options = tflite_files.conv(0, stride, 3 * relu)
        if deep:
            options = tflite_files.depthwise(0, stride, 1)
            options[4] = Number("b", 3 * relu)
        code = 4 if deep else 3
        self.operators.append(O(code, (source, f"{name}/w", f"{name}/b"), (name,), options))

    def sum(self, name: str, other: str) -> None:
        self.tensors.append(T(name, (1, self.side, self.side, self.channels)))
        self.operators.append(O(0, (other, self.at), (name,)))
        self.moved(name, self.channels)

    def head(self, n: int) -> TFLite:
        came = self.channels
        self.tensors += [
            T("axes", (2,), (1, 2), tflite_files.INT32),
            *(T("pool", (1, came)), T("head/w", (n, came), 0), T("head/b", (n,), 0)),
            T("head", (1, n)),
        ]
        self.operators += [
            O(40, (self.at, "axes"), ("pool",)),
            O(9, ("pool", "head/w", "head/b"), ("head",)),
        ]
        return self

    def file(self) -> bytes:
        return tflite_files.tflite(G(self.tensors, self.operators, ("x",), ("head",)))


class Keras(Writer):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [entry("x", [224, 224, 3])]

    def layer(self, kind: str, name: str, config: dict[str, Any], *inputs: str) -> None:
        tensors = [tensor(one) for one in inputs]
        self.layers.append(
            keras_node(kind, name, config, [tensors if len(tensors) > 1 else tensors[0]])
        )

    def conv(
        self, name: str, n: int, k: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
    ) -> None:
        config = {"kernel_size": [k, k], "strides": [stride, stride], "padding": "same"}
        config["activation"] = "relu6" if relu else "linear"
        kind, own = ("DepthwiseConv2D", {}) if groups > 1 else ("Conv2D", {"filters": n})
        self.layer(kind, name, {**config, **own}, self.at)
        self.moved(name, n, stride)

    def sum(self, name: str, other: str) -> None:
        self.layer("Add", name, {}, other, self.at)
        self.moved(name, self.channels)

    def head(self, n: int) -> Keras:
        self.layer("GlobalAveragePooling2D", "pool", {}, self.at)
        self.layer("Dense", "head", {"units": n, "activation": "softmax"}, "pool")
        return self

    def file(self) -> bytes:
        return archive(functional(self.layers, [["x", 0, 0]], [["head", 0, 0]]))


class TensorFlowJS(Writer):
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.model.input("x", -1, 224, 224, 3)

    def conv(
        self, name: str, n: int, k: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
    ) -> None:
        came, kind = self.channels, "DepthwiseConv2dNative" if groups > 1 else "Conv2D"
        weights = self.model.weight(f"{name}/w", k, k, came, 1 if groups > 1 else n)
        given = {"strides": many(1, stride, stride, 1), "padding": s("SAME")}
        made = self.model.node(kind, f"{name}/{kind}", self.at, weights, **given)
        made = self.model.node("BiasAdd", name, made, self.model.weight(f"{name}/b", n))
        self.moved(self.model.node("Relu6", f"{name}/relu", made) if relu else made, n, stride)

    def sum(self, name: str, other: str) -> None:
        self.moved(self.model.node("AddV2", name, other, self.at), self.channels)

    def head(self, n: int) -> TensorFlowJS:
        axes = self.model.whole("axes", 1, 2)
        pool = self.model.node("Mean", "pool", self.at, axes)
        made = self.model.node("MatMul", "head", pool, self.model.weight("head/w", 1280, n))
        self.moved(self.model.node("BiasAdd", "end", made, self.model.weight("head/b", n)), n)
        return self

    def file(self) -> bytes:
        Path("shard1").write_bytes(self.model.shard)
        Path("shard2").write_bytes(b"")
        return json.dumps(self.model.document(self.at)).encode()


class PyTorch(Writer):
    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[dict[str, Any]] = []
        self.shapes: dict[str, tuple[int | str, ...]] = {"x": (1, 3, 224, 224)}
        self.stored: dict[str, str] = {}

    def made(self, op: str, name: str, *shape: int, given: dict[str, Any]) -> None:
        word = name.replace("/", "_")
        self.nodes.append(call(op, word, **given))
        self.shapes[word] = (1, *shape)
        self.at = word

    def weights(self, name: str, *shape: int) -> str:
        word = name.replace("/", "_")
        self.shapes[word], self.stored[word] = shape, name.replace("/", ".")
        return word

    def conv(
        self, name: str, n: int, k: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
    ) -> None:
        source, came = self.at, self.moved(name, n, stride)
        weight = self.weights(f"{name}/weight", n, came // groups, k, k)
        given: dict[str, Any] = {"input": source, "weight": weight}
        given |= {"bias": self.weights(f"{name}/bias", n), "groups": groups}
        given |= {"stride": [stride] * 2, "padding": [k // 2] * 2, "dilation": [1, 1]}
        self.made("conv2d", name, n, self.side, self.side, given=given)
        if relu:
            self.made("hardtanh", f"{name}/relu", n, self.side, self.side, given={"self": self.at})

    def sum(self, name: str, other: str) -> None:
        shape = (self.channels, self.side, self.side)
        self.made(
            "torch.ops.aten.add.Tensor", name, *shape, given={"self": other, "other": self.at}
        )

    def head(self, n: int) -> PyTorch:
        pool, flatten = "adaptive_avg_pool2d", "torch.ops.aten.flatten.using_ints"
        self.made(pool, "pool", 1280, 1, 1, given={"self": self.at, "output_size": [1, 1]})
        self.made(flatten, "flat", 1280, given={"self": self.at, "start_dim": 1})
        weight, bias = self.weights("head/weight", n, 1280), self.weights("head/bias", n)
        self.made("linear", "y", n, given={"input": self.at, "weight": weight, "bias": bias})
        return self

    def file(self) -> bytes:
        return packed(program(self.nodes, self.shapes, self.stored))


FORMATS: dict[str, Callable[[], Any]] = {
    "mobilenet_v2.onnx": Onnx,
    "mobilenet_v2.tflite": TFLite,
    "mobilenet_v2.keras": Keras,
    "model.json": TensorFlowJS,
    "mobilenet_v2.pt2": PyTorch,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name: str) -> Network:
    """The network from a file of this format, written now."""
    Path(name).write_bytes(mobilenet_v2(FORMATS[name]()).file())
    return load(name)


def rows(report: Report) -> list[tuple[str, Any, Any, Any]]:
    return [(row.kind, row.input, row.output, row.cost) for row in report.rows]


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_the_layers_of_the_shipped_file(folder: Path, name: str) -> None:
    """Those of the paper in its order, but for the first block, which two kinds may tell."""
    shipped = folded(measure(load("mobilenet_v2")))
    found = measure(read(name))
    assert found.total.mult_adds == shipped.total.mult_adds == 300_774_272
    assert found.total.params() == shipped.total.params("folded") == 3_487_816
    assert [row.output for row in found.rows] == [row.output for row in shipped.rows]
    assert [row.kind for row in found.rows[2:]] == [row.kind for row in shipped.rows[2:]]
    assert [weights(row) for row in found.rows] == [weights(row) for row in shipped.rows]


def weights(row: Row) -> tuple[int, int]:
    return row.cost.weights, row.cost.mult_adds


def test_all_formats_are_one_network(folder: Path) -> None:
    """At another width, too; and at other sides, where a format does not fix those."""
    first, *others = [read(name) for name in FORMATS]
    for other in others:
        assert rows(measure(other)) == rows(measure(first))
        assert other.width == first.width
        for alpha in (0.35, 0.5, 0.75, 1.4):
            assert total(other, alpha) == total(first, alpha)
        if other.file != "mobilenet_v2.pt2":  # exported at its sides alone
            assert total(other, rho=3 / 7) == total(first, rho=3 / 7)


@pytest.mark.parametrize("alpha", [0.35, 0.75, 1.4])
@pytest.mark.parametrize("name", FORMATS)
def test_written_as_yaml_with_the_least_number_of_channels_it_scales_as_built(
    folder: Path, name: str, alpha: float
) -> None:
    """What no file says is how few channels the last convolution may have."""
    text = network_text(read(name))
    assert text.count("repeat: ") >= 4
    said = text.replace("pointwise: {n: 1280", "pointwise: {n: 1280, at_least: 1280")
    assert said != text
    shipped = folded(measure(scale(load("mobilenet_v2"), alpha=alpha))).total
    found = total(read_network(said).network, alpha)
    assert (found.mult_adds, found.params()) == (shipped.mult_adds, shipped.params("folded"))


def total(network: Network, alpha: float = 1.0, rho: float = 1.0) -> Cost:
    return measure(scale(network, alpha=alpha, rho=rho)).total


# ---------------------------------------------------------------- two gigabytes

HOLE = 2 * 10**9  # bytes on no disk
PEAK = """
import atexit, sys
from pathlib import Path
def told():
    status = Path("/proc/self/status").read_text()
    print(status.partition("VmHWM:")[2].split()[0], file=sys.stderr)
atexit.register(told)
"""
MAIN = "from dscalc.cli import main\nmain()"
BEFORE = ("mobilenet_v2.keras", "mobilenet_v2.pt2")  # a zip is found from its end


def with_a_hole(name: str) -> None:
    """Makes the file as large as if it had weights of two gigabytes."""
    data = mobilenet_v2(FORMATS[name]()).file()
    if name.endswith(".onnx"):  # a field of the model that is none of its graph: 20, training_info
        data += varint(20 << 3 | 2) + varint(HOLE)
    with Path(name).open("wb") as file:
        if name in BEFORE:
            file.write(b"PK\x03\x04")
            file.seek(HOLE)
        file.write(data)
        if name not in BEFORE:
            file.truncate(len(data) + HOLE)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is told by Linux")
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "model.json"])
def test_a_command_reads_two_gigabytes_in_200_megabytes(folder: Path, name: str) -> None:
    with_a_hole(name)
    command = [sys.executable, "-c", PEAK + MAIN, "net", name, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert json.loads(done.stdout)["total"]["mult_adds"] == 300_774_272
    assert int(done.stderr.split()[-1]) < 200_000  # KiB
