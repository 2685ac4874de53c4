"""Activations that do not fuse, in files of five formats: their arena is that of the TFLite file.

What a TFLite file needs is planned of its own tensors, by a reader that shares nothing with that of
layers; the same network in the other formats, and as YAML by hand, must need the same. Each writer
says an activation as its format does: an operator of that name, its parts, or a key of a layer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dscalc.analysis.planned import _lives, planned_bytes
from dscalc.analysis.terms import Terms
from dscalc.language.network_file import read_network
from dscalc.language.writer import network_text
from dscalc.law.layer import Layer
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import scale
from dscalc.models.from_torch import from_torch
from dscalc.models.kinds import (
    Activation,
    Arithmetic,
    Conv,
    Linear,
    Norm,
    Pool,
    Reduce,
    Reshape,
    Softmax,
    Split,
    Transpose,
)
from dscalc.models.lowering.lower import lower
from dscalc.models.source import load
from tests import onnx_files, test_models_alike
from tests.commands import call, document
from tests.flatbuffers_writer import Number
from tests.test_arena import DTYPES, FILES, model_file, read_model
from tests.test_models_alike import folder
from tests.test_models_keras import node as keras_node
from tests.test_models_keras import tensor
from tests.test_models_lowering import Drawn
from tests.tflite_files import O, T

__all__ = ["folder"]
LOGISTIC, MUL, MEAN, HARD_SWISH = 14, 18, 40, 117  # operators
RELU6 = 3  # of what fuses
ARENA = Terms(dtype="float32", memory="arena")


class Onnx(test_models_alike.Onnx):
    def does(self, op: str, inputs: str, name: str) -> str:
        self.add(onnx_files.node(op, inputs, name), name)
        return name

    def hard_swish(self, name: str) -> None:
        self.does("HardSwish", self.at, name)

    def swish(self, name: str) -> None:
        x = self.at
        self.does("Mul", f"{x} {self.does('Sigmoid', x, f'{name}/sigmoid')}", name)

    def pool(self, name: str) -> None:
        self.does("GlobalAveragePool", self.at, name)
        self.side = 1

    def gate(self, name: str, x: str, side: int, hard: bool) -> None:
        op = "HardSigmoid" if hard else "Sigmoid"
        self.does("Mul", f"{x} {self.does(op, self.at, f'{name}/sigmoid')}", name)
        self.side = side


class TFLite(test_models_alike.TFLite):
    def does(self, code: int, name: str, *inputs: str, side: int = 0) -> str:
        self.side = side or self.side
        self.tensors.append(T(name, (1, self.side, self.side, self.channels)))
        keeps = {0: Number("b", 1)} if code == MEAN else {}
        self.operators.append(O(code, inputs, (name,), keeps))
        self.at = name
        return name

    def hard_swish(self, name: str) -> None:
        self.does(HARD_SWISH, name, self.at)

    def swish(self, name: str) -> None:
        x = self.at
        self.does(MUL, name, x, self.does(LOGISTIC, f"{name}/sigmoid", x))

    def pool(self, name: str) -> None:
        axes = T(f"{name}/axes", (2,), (1, 2), 2)
        self.tensors.append(axes)
        self.does(MEAN, name, self.at, axes.name, side=1)

    def gate(self, name: str, x: str, side: int, hard: bool) -> None:
        """A hard sigmoid is a clip, which fuses, and a product with a sixth."""
        if hard:
            clipped = {**self.operators[-1].options, 3: Number("b", RELU6)}
            self.operators[-1] = self.operators[-1]._replace(options=clipped)
            self.tensors.append(T(f"{name}/sixth", (), 0))
            gate = self.does(MUL, f"{name}/sigmoid", self.at, f"{name}/sixth")
        else:
            gate = self.does(LOGISTIC, f"{name}/sigmoid", self.at)
        self.does(MUL, name, x, gate, side=side)


class Keras(test_models_alike.Keras):
    def by(self, op: str, name: str, number: float) -> None:
        """An operation of a map and a number."""
        one = keras_node(op, name, {}, [tensor(self.at), number])
        self.layers.append({"module": "keras.src.ops.numpy", **one})
        self.at = name

    def hard_swish(self, name: str) -> None:
        self.layer("Activation", name, {"activation": "hard_silu"}, self.at)
        self.at = name

    def swish(self, name: str) -> None:
        """The key of the layer before."""
        self.layers[-1]["config"]["activation"] = "swish"

    def pool(self, name: str) -> None:
        self.layer("GlobalAveragePooling2D", name, {"keepdims": True}, self.at)
        self.at, self.side = name, 1

    def gate(self, name: str, x: str, side: int, hard: bool) -> None:
        """A hard sigmoid in the parts that keras.applications has."""
        if hard:
            self.by("Add", f"{name}/moved", 3.0)
            self.layer("ReLU", f"{name}/clipped", {"max_value": 6.0}, self.at)
            self.at = f"{name}/clipped"
            self.by("Multiply", f"{name}/sixth", 1 / 6)
        else:
            self.layers[-1]["config"]["activation"] = "sigmoid"
        self.layer("Multiply", name, {}, x, self.at)
        self.at, self.side = name, side

    def head(self, n: int) -> Keras:
        self.layer("GlobalAveragePooling2D", "pool", {}, self.at)
        self.layer("Dense", "head", {"units": n}, "pool")
        return self


class TensorFlowJS(test_models_alike.TensorFlowJS):
    def does(self, op: str, name: str, *inputs: str) -> str:
        self.at = self.model.node(op, name, *inputs)
        return name

    def number(self, name: str) -> str:
        return self.model.weight(name)

    def sixth(self, name: str) -> str:
        """A map and three, between 0 and 6, by six."""
        moved = self.does("AddV2", f"{name}/moved", self.at, self.number(f"{name}/3"))
        clipped = self.does("Relu6", f"{name}/clipped", moved)
        return self.does("Mul", f"{name}/hard", clipped, self.number(f"{name}/6"))

    def hard_swish(self, name: str) -> None:
        x = self.at
        self.does("Mul", name, x, self.sixth(name))

    def swish(self, name: str) -> None:
        x = self.at
        self.does("Mul", name, x, self.does("Sigmoid", f"{name}/sigmoid", x))

    def pool(self, name: str) -> None:
        axes = self.model.whole(f"{name}/axes", 1, 2)
        self.at = self.model.node("Mean", name, self.at, axes, keep_dims={"b": True})
        self.side = 1

    def gate(self, name: str, x: str, side: int, hard: bool) -> None:
        sigmoid = self.sixth(name) if hard else self.does("Sigmoid", f"{name}/s", self.at)
        self.does("Mul", name, x, sigmoid)
        self.side = side

    def head(self, n: int) -> TensorFlowJS:
        axes = self.model.whole("axes", 1, 2)
        pool = self.model.node("Mean", "pool", self.at, axes)
        weights = self.model.weight("head/w", self.channels, n)
        made = self.model.node("MatMul", "head", pool, weights)
        self.at = self.model.node("BiasAdd", "end", made, self.model.weight("head/b", n))
        return self


class PyTorch(test_models_alike.PyTorch):
    def does(self, op: str, name: str, given: dict[str, str]) -> str:
        self.made(op, name, self.channels, self.side, self.side, given=given)
        return self.at

    def hard_swish(self, name: str) -> None:
        self.does("hardswish_", name, {"self": self.at})

    def swish(self, name: str) -> None:
        self.does("silu_", name, {"self": self.at})

    def pool(self, name: str) -> None:
        given: dict[str, Any] = {"self": self.at, "output_size": [1, 1]}
        self.side = 1
        self.made("adaptive_avg_pool2d", name, self.channels, 1, 1, given=given)

    def gate(self, name: str, x: str, side: int, hard: bool) -> None:
        gate = self.does("hardsigmoid" if hard else "sigmoid", f"{name}/sigmoid", {"self": self.at})
        self.side = side
        self.does("torch.ops.aten.mul.Tensor", name, {"self": x, "other": gate})

    def head(self, n: int) -> PyTorch:
        self.made("torch.ops.aten.mean.dim", "pool", self.channels,
                  given={"self": self.at, "dim": [2, 3]})  # fmt: skip
        weight, bias = self.weights("head/weight", n, self.channels), self.weights("head/bias", n)
        self.made("linear", "y", n, given={"input": self.at, "weight": weight, "bias": bias})
        return self


FORMATS: dict[str, Callable[[], Any]] = {
    "net.onnx": Onnx,
    "net.keras": Keras,
    "model.json": TensorFlowJS,
    "net.pt2": PyTorch,
    "net.tflite": TFLite,
}


def conv(net: Any, activation: str, name: str, *window: int) -> None:
    """A convolution, and the activation behind it: relu, hard_swish, swish, or none."""
    net.conv(name, *window, relu=activation == "relu")
    if activation in ("hard_swish", "swish"):
        getattr(net, activation)(f"{name}/act")


def squeeze(net: Any, name: str, n: int, activation: str, hard: bool) -> None:
    x, channels, side = net.at, net.channels, net.side
    net.pool(f"{name}/pool")
    conv(net, activation, f"{name}/reduce", n)
    conv(net, "none", f"{name}/expand", channels)
    net.gate(f"{name}/gate", x, side, hard)


def mobilenet_v3(net: Any) -> Any:
    """A stem and three blocks of MobileNetV3, as Howard et al. 2019 have them."""
    conv(net, "hard_swish", "stem", 16, 3, 2)
    conv(net, "relu", "b0/dw", 16, 3, 2, 16)
    squeeze(net, "b0/se", 4, "relu", hard=True)
    conv(net, "none", "b0/project", 24)
    for name, stride in (("b1", 2), ("b2", 1)):
        before = net.at
        conv(net, "hard_swish", f"{name}/expand", 72)
        conv(net, "hard_swish", f"{name}/dw", 72, 5, stride, 72)
        squeeze(net, f"{name}/se", 24, "relu", hard=True)
        conv(net, "none", f"{name}/project", 24)
        if stride == 1:
            net.sum(f"{name}/add", before)
    conv(net, "hard_swish", "last", 96)
    return net.head(10)


def efficientnet(net: Any) -> Any:
    """A stem and three blocks of EfficientNet, as Tan and Le 2019 have them."""
    conv(net, "swish", "stem", 32, 3, 2)
    conv(net, "swish", "b0/dw", 32, 3, 1, 32)
    squeeze(net, "b0/se", 8, "swish", hard=False)
    conv(net, "none", "b0/project", 16)
    for name, stride in (("b1", 2), ("b2", 1)):
        before = net.at
        wide, squeezed = 6 * net.channels, net.channels // 4
        conv(net, "swish", f"{name}/expand", wide)
        conv(net, "swish", f"{name}/dw", wide, 3, stride, wide)
        squeeze(net, f"{name}/se", squeezed, "swish", hard=False)
        conv(net, "none", f"{name}/project", 24)
        if stride == 1:
            net.sum(f"{name}/add", before)
    conv(net, "swish", "last", 128)
    return net.head(10)


def mixed(net: Any) -> Any:
    """Blocks in which not every convolution has the same activation behind it."""
    conv(net, "swish", "stem", 16, 3, 2)
    conv(net, "none", "a/dw", 16, 3, 1, 16)
    conv(net, "swish", "a/pw", 16)
    before = net.at
    conv(net, "relu", "b/expand", 64)
    conv(net, "swish", "b/dw", 64, 3, 1, 64)
    conv(net, "none", "b/project", 16)
    net.sum("b/add", before)
    conv(net, "hard_swish", "last", 32)
    return net.head(10)


STRIDED: dict[Callable[[Any], Any], int] = {mixed: 1, mobilenet_v3: 3, efficientnet: 2}
"""Convolutions that ONNX and PyTorch pad alike on both sides, for which TFLite has a PAD."""
BY_HAND: dict[Callable[[Any], Any], str] = {
    mixed: """
input: [224, 224, 3]
width: {multiple_of: 8}
defaults: {bias: true, activation: swish}
layers:
  - conv: {n: 16, stride: 2}
  - separable: {n: 16, depthwise_activation: none}
  - residual:
      - pointwise: {n: 64, activation: relu}
      - depthwise
      - pointwise: {n: 16, activation: none}
  - pointwise: {n: 32, activation: hard_swish}
  - global_pool
  - linear: {n: 10, bias: true}
""",
    mobilenet_v3: """
input: [224, 224, 3]
width: {multiple_of: 8}
defaults: {bias: true, activation: hard_swish}
layers:
  - conv: {n: 16, stride: 2}
  - inverted_residual: {n: 24, expand: 1, stride: 2, se: 4, activation: relu}
  - {inverted_residual: {n: 24, expand: 3, k: 5, stride: 2, se: 3}, repeat: 2}
  - pointwise: {n: 96}
  - global_pool
  - linear: {n: 10, bias: true}
""",
    efficientnet: """
input: [224, 224, 3]
width: {multiple_of: 8}
defaults: {bias: true, activation: swish}
layers:
  - conv: {n: 32, stride: 2}
  - inverted_residual: {n: 16, expand: 1, se: 4, se_activation: swish}
  - {inverted_residual: {n: 24, stride: 2, se: 4, se_of: input, se_activation: swish}, repeat: 2}
  - pointwise: {n: 128}
  - global_pool
  - linear: {n: 10, bias: true}
""",
}


def read(build: Callable[[Any], Any], name: str) -> Network:
    """The network from a file of this format, written now."""
    Path(name).write_bytes(build(FORMATS[name]()).file())
    return load(name)


def left_out(which: str | int, count: int) -> str:
    """What is told of operators that the arena leaves out."""
    verbs = "belongs to no layer, and is" if count == 1 else "belong to no layer, and are"
    noun = "operator" if count == 1 else "operators"
    return f"{count} {noun} {verbs} left out of the arena: {which}" if count else ""


def layers(network: Network) -> list[Layer]:
    return [row.layer for row in measure(network).rows]


def planned(network: Network) -> tuple[int, Counter[tuple[int, int, int]]]:
    """What the arena needs, and what is planned in it: sizes, and from when to when."""
    report = measure(network)
    lives = Counter((one.size, one.first, one.last) for one in _lives(report, ARENA).buffers)
    return planned_bytes(report, ARENA), lives


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("build", BY_HAND)
def test_the_arena_is_that_of_the_tflite_file(
    folder: Path, build: Callable[[Any], Any], name: str
) -> None:
    exact = read(build, "net.tflite")
    assert exact.lives is not None
    found = read(build, name)._replace(lives=None)
    pads = STRIDED[build] if name in ("net.onnx", "net.pt2") else 0
    assert found.unplanned == left_out(pads and f"pad ({pads})", pads)
    assert planned(found) == planned(exact)
    assert planned(read_network(network_text(found)).network) == planned(exact)
    assert planned(read_network(BY_HAND[build]).network) == planned(exact)
    fused = re.sub(r"\b(hard_)?swish", "relu", network_text(found))
    assert planned(read_network(fused).network)[0] < planned(exact)[0]


@pytest.mark.parametrize("build", BY_HAND)
def test_at_other_channels_and_sides_all_formats_need_the_same(
    folder: Path, build: Callable[[Any], Any]
) -> None:
    by_hand = read_network(BY_HAND[build]).network
    for name in FORMATS:
        found = read(build, name)
        assert planned(scale(found, alpha=0.5))[0] == planned(scale(by_hand, alpha=0.5))[0]
        if name != "net.pt2":  # exported at its sides alone
            assert planned(scale(found, rho=0.5)) == planned(scale(by_hand, rho=0.5))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0", "convnext_tiny"])
def test_exports_of_torchvision_need_what_the_shipped_networks_do(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch exports the files")
    models = pytest.importorskip("torchvision", reason="torchvision has the networks").models
    found = from_torch(models.get_model(name, weights=None), torch.zeros(1, 3, 224, 224))
    assert re.fullmatch(r"(\d+ operators .*: pad \(\d+\))?", found.unplanned)
    assert planned(found) == planned(load(name))


# ---------------------------------------------------------------- what a file writes out

HEADS = {model: int(row["arena_head"]) for model, row in FILES.items()}
APART = {
    "shufflenet_v2_48.int8": "shuffle (6)",
    "gates_and_norms_40.int8": "sigmoid (2), multiply (2), tanh (1)",
    "gates_and_norms_40.float32": "sigmoid (2), multiply (2), tanh (1)",
    "mobilenet_v1_025_96_keras.int8io": "",
}
"""Files of which layers do not say all, and what is told of that: the last has inputs of floats."""


@pytest.mark.parametrize("model", [model for model in HEADS if model not in APART])
def test_layers_of_converted_files_need_the_heads_that_were_reported(model: str) -> None:
    network = read_model(model_file(model))
    assert network.lives is not None
    terms = ARENA._replace(dtype=DTYPES[model.rpartition(".")[2]])
    for same in (network._replace(lives=None), read_network(network_text(network)).network):
        assert planned_bytes(measure(same), terms) == HEADS[model]


@pytest.mark.parametrize("model", APART)
def test_what_layers_of_converted_files_do_not_say_is_told(model: str) -> None:
    assert read_model(model_file(model)).unplanned.endswith(APART[model])


def drawn(steps: str) -> Network:
    """A convolution that makes x, these steps behind it, and a convolution that takes y.

    A step is "y = sigmoid x" or "y = add x 3"; another convolution takes what "also" names.
    """
    graph = Drawn((1, 3, 8, 8))
    named = {"x": graph.conv(graph.inputs[0], 4)}
    ends = []
    for step in steps.split("; "):
        output, _, rest = step.partition(" = ")
        if not rest:
            ends.append(graph.conv(named[output.removeprefix("also ")], 2))
            continue
        op, *given = rest.split()
        inputs = [graph.stored() if one.isdigit() else named[one] for one in given]
        arithmetic = op in ("add", "subtract", "multiply", "divide", "power")
        kind = Arithmetic(op) if arithmetic else Softmax(1) if op == "softmax" else Activation(op)
        named[output] = graph.do(kind, (1, 4, 8, 8), *inputs)
    return lower(graph.graph(graph.conv(named["y"], 2), *ends)).network


@pytest.mark.parametrize(
    ("steps", "activation", "left"),
    [
        ("y = relu x", None, ""),
        ("y = relu6 x", None, ""),
        ("y = clip x", None, ""),
        ("z = relu x; y = clip z", None, ""),
        ("z = add x 3; y = multiply z 2", None, ""),  # they fold into the weights
        ("z = add x 3; y = relu6 z", None, ""),
        ("y = silu x", "swish", ""),
        ("y = HardSwish x", "hard_swish", ""),
        ("y = hard_silu x", "hard_swish", ""),
        ("y = leaky_relu x", "leaky_relu", ""),
        ("y = LeakyRelu x", "leaky_relu", ""),
        ("y = mish x", "mish", ""),
        ("y = softmax x", "softmax", ""),
        ("s = sigmoid x; y = multiply x s", "swish", ""),
        ("s = sigmoid x; y = multiply s x", "swish", ""),
        ("s = hard_sigmoid x; y = multiply x s", "hard_swish", ""),
        ("z = add x 3; c = clip z; h = divide c 6; y = multiply x h", "hard_swish", ""),
        ("z = add x 3; c = clip z; p = multiply x c; y = divide p 6", "hard_swish", ""),
        ("z = add x 3; c = clip z; s = divide x 6; y = multiply s c", "hard_swish", ""),
        ("z = add x 3; c = relu6 z; y = multiply c 6", "hard_sigmoid", ""),
        ("d = divide x 2; e = erf d; o = add e 1; p = multiply x o; y = multiply p 2", "gelu", ""),
        ("d = divide x 2; e = erf d; o = add e 1; h = multiply x 2; y = multiply h o", "gelu", ""),
        ("d = divide x 2; e = erf d; o = add e 1; h = multiply o 2; y = multiply x h", "gelu", ""),
        ("s = softplus x; t = tanh s; y = multiply x t", "mish", ""),
        ("y = exp x", None, left_out("exp (1)", 1)),
        ("y = divide 1 x", None, "divide (1)"),
        ("y = multiply x x", None, "multiply (1)"),
        ("y = power x 2", None, "power (1)"),
        ("s = sigmoid x; y = exp s", "sigmoid", "exp (1)"),
        ("r = relu x; y = sqrt r", None, "sqrt (1)"),
        ("s = silu x; z = multiply s 2; y = add z 2", "swish", "multiply (1), add (1)"),
        ("q = multiply x 2; s = sigmoid q; y = multiply x s", "swish", "multiply (1)"),
        ("q = exp x; s = sigmoid q; y = multiply x s", None,
         left_out("exp (1), sigmoid (1), multiply (1)", 3)),
        ("y = silu x; also x", None, "swish (1)"),
        ("y = relu x; also x", None, "relu (1)"),  # nor does it fuse
        ("s = sigmoid x; y = multiply x s; also s", None, "sigmoid (1), multiply (1)"),
        ("y = silu x; z = silu x; also z", "swish", ""),
    ],
)  # fmt: skip
def test_what_is_behind_a_convolution(steps: str, activation: str | None, left: str) -> None:
    network = drawn(steps.lower())
    assert vars(layers(network)[0])["activation"] == activation
    assert network.unplanned.endswith(left)
    assert bool(network.unplanned) == bool(left)


def test_a_norm_behind_an_activation_does_not_fold() -> None:
    """Not even where that fuses: the layer says so, or the norm would fold into its weights."""
    graph = Drawn((1, 3, 8, 8))
    x = graph.conv(graph.inputs[0], 4)
    x = graph.do(Activation("relu"), (1, 4, 8, 8), x)
    x = graph.do(Norm("batch", 1), (1, 4, 8, 8), x, *(graph.stored(4) for _ in range(4)))
    network = lower(graph.graph(x)).network
    assert vars(layers(network)[0])["activation"] == "relu"
    assert [layer.kind for layer in layers(network)] == ["pointwise", "norm"]


def test_what_stands_behind_no_layer_that_could_say_it_is_counted() -> None:
    graph = Drawn((1, 3, 8, 8))
    x = graph.do(Activation("rescale"), (1, 3, 8, 8), graph.inputs[0])
    a, b = graph.conv(x, 4), graph.conv(x, 4)
    x = graph.do(Arithmetic("add"), (1, 4, 8, 8), a, b)
    x = graph.do(Activation("silu"), (1, 4, 8, 8), x)
    x = graph.do(Reduce("mean", (2, 3), True), (1, 4, 1, 1), x)
    x = graph.do(Softmax(1), (1, 4, 1, 1), x)
    network = lower(graph.graph(graph.conv(x, 2))).network
    assert network.unplanned == left_out("rescale (1), swish (1), softmax (1)", 3)


@pytest.mark.parametrize(
    ("side", "stride", "pads", "left"),
    [
        (8, 1, (1, 1), 0),
        (8, 2, (1, 1), 1),
        (7, 2, (1, 1), 0),  # as SAME pads it, too
        (8, 2, (0, 1), 0),
        (8, 2, (0, 0), 0),
    ],
)
def test_windows_that_are_padded_alike_take_a_pad(
    side: int, stride: int, pads: tuple[int, int], left: int
) -> None:
    made = (side + sum(pads) - 3) // stride + 1
    window = ((3, 3), (stride, stride), (pads, pads))
    graph = Drawn((1, 4, side, side))
    weights = graph.stored(4, 4, 3, 3)
    conv = Conv(*window, (1, 1), 1, 1)
    ends = [
        graph.do(conv, (1, 4, made, made), graph.inputs[0], weights),
        graph.do(Pool("max", *window, 1), (1, 4, made, made), graph.inputs[0]),
    ]
    network = lower(graph.graph(*ends)).network
    assert network.unplanned == left_out(f"pad ({2 * left})", 2 * left)


def test_a_channel_shuffle_is_counted_once() -> None:
    graph = Drawn((1, 6, 4, 4))
    x = graph.conv(graph.inputs[0], 6)
    x = graph.do(Reshape(), (1, 2, 3, 4, 4), x)
    x = graph.do(Transpose((0, 2, 1, 3, 4)), (1, 3, 2, 4, 4), x)
    x = graph.do(Reshape(), (1, 6, 4, 4), x)
    a, b = graph.parts(Split(1, (2, 4)), [(1, 2, 4, 4), (1, 4, 4, 4)], x)
    network = lower(graph.graph(graph.conv(x, 2), graph.conv(a, 2), graph.conv(b, 2))).network
    assert network.unplanned == left_out("shuffle (1)", 1)


def test_a_layer_norm_in_its_parts_leaves_nothing() -> None:
    graph, wide = Drawn((1, 7, 8)), (1, 7, 8)
    x = graph.do(Linear(2), wide, graph.inputs[0], graph.stored(8, 8))
    mean = graph.do(Reduce("mean", (2,), True), (1, 7, 1), x)
    centred = graph.do(Arithmetic("subtract"), wide, x, mean)
    square = graph.do(Arithmetic("power"), wide, centred, graph.stored())
    variance = graph.do(Reduce("mean", (2,), True), (1, 7, 1), square)
    moved = graph.do(Arithmetic("add"), (1, 7, 1), variance, graph.stored())
    spread = graph.do(Activation("sqrt"), (1, 7, 1), moved)
    y = graph.do(Arithmetic("divide"), wide, centred, spread)
    y = graph.do(Arithmetic("multiply"), wide, y, graph.stored(8))
    y = graph.do(Arithmetic("add"), wide, y, graph.stored(8))
    network = lower(graph.graph(y)).network
    assert [layer.kind for layer in layers(network)] == ["linear", "norm"]
    assert network.unplanned == ""


def test_layers_with_the_same_weights_may_have_other_activations() -> None:
    graph = Drawn((1, 3, 8, 8))
    weights = graph.stored(4, 3, 1, 1, storage="kernel")
    first, second = (graph.conv(graph.inputs[0], 4, weights=weights) for _ in range(2))
    gate = graph.do(Activation("sigmoid"), (1, 4, 8, 8), second)
    report = measure(lower(graph.graph(first, gate)).network)
    assert [vars(row.layer)["activation"] for row in report.rows] == [None, "sigmoid"]
    assert report.rows[1].shared == report.rows[0].name
    assert report.total.weights == 12


# ---------------------------------------------------------------- in the commands


def test_what_the_arena_leaves_out_is_told_below_it(folder: Path) -> None:
    net = Onnx()
    net.conv("stem", 8, 3, 2, relu=False)
    net.does("Erf", net.at, "erf")
    conv(net, "swish", "last", 8)
    Path("net.onnx").write_bytes(net.file())
    note = left_out("erf (1), pad (1)", 2) + "."
    for command in ("memory", "net"):
        assert note in call(command, "net.onnx", "--memory", "arena").out
        assert note not in call(command, "net.onnx").out
    assert document("memory", "net.onnx", "--memory", "arena")["notes"] == [note]
    assert document("memory", "net.onnx")["notes"] == []
    assert note in call("fit", "net.onnx", "--memory", "arena", "--max-memory", "1GB").out
    written = " ".join(call("yaml", "net.onnx").out.replace("#   ", "").split())
    assert f"# {note} name:" in written
