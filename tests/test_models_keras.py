"""Keras configurations read into graphs: of Keras 2 and 3, of TensorFlow.js, in zip and HDF5 files.

Keras itself is the oracle where it is installed: the shapes that its layers give, the weights that
they have. Mult-adds are by hand, in the form in which they follow.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dscalc.errors import DscalcError
from dscalc.models.graph import Graph
from dscalc.models.inputs import Given
from dscalc.models.json_text import MOST_BYTES, parse_json
from dscalc.models.keras.model import read_keras_model
from dscalc.models.keras.reading import read_keras, read_keras_h5, read_tfjs_layers
from dscalc.models.kinds import Attention, Norm, Recurrent
from tests.graph_counter import mult_adds, parameters
from tests.mutations import mutated

Json = dict[str, Any]


def read(model: Json, given: Given | None = None) -> Graph:
    return read_keras_model(json.loads(json.dumps(model)), given, "Keras")


def sequential(shape: list[int | None], *layers: tuple[str, Json]) -> Json:
    """A sequential model as Keras 3 writes it."""
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, *shape], "name": "x"}}
    entries = [
        {"class_name": kind, "config": {"name": f"layer{i}", **config}}
        for i, (kind, config) in enumerate(layers)
    ]
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [first, *entries]}}


def tensor(layer: str, call: int = 0, index: int = 0) -> Json:
    """A tensor as Keras 3 writes it among the arguments of a call."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [layer, call, index]}}


def node(kind: str, name: str, config: Json, *calls: list[Any] | Json) -> Json:
    """A layer of a functional model of Keras 3, and the arguments of its calls."""
    nodes = [call if isinstance(call, dict) else {"args": call, "kwargs": {}} for call in calls]
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def functional(layers: list[Json], inputs: Any, outputs: Any) -> Json:
    """A functional model."""
    config = {"name": "net", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def entry(name: str, shape: list[int | None]) -> Json:
    """An input."""
    return node("InputLayer", name, {"batch_shape": [None, *shape]})


COSTS: dict[str, tuple[Json, int, int]] = {
    # name: (model, parameters, mult-adds)
    "conv": (
        sequential([9, 7, 3], ("Conv2D", {"filters": 8, "kernel_size": [3, 3], "strides": [2, 2]})),
        8 * 27 + 8,
        8 * 27 * 12,
    ),
    "conv_same_groups": (
        sequential(
            [9, 7, 4],
            (
                "Conv2D",
                {
                    "filters": 6,
                    "kernel_size": 3,
                    "padding": "same",
                    "groups": 2,
                    "use_bias": False,
                },
            ),
        ),
        6 * 18,
        6 * 18 * 63,
    ),
    "conv_channels_first": (
        sequential(
            [3, 9, 7],
            (
                "Conv2D",
                {"filters": 8, "kernel_size": [3, 1], "data_format": "channels_first"},
            ),
        ),
        8 * 9 + 8,
        8 * 9 * 49,
    ),
    "conv_causal": (
        sequential(
            [20, 4],
            (
                "Conv1D",
                {"filters": 5, "kernel_size": [3], "padding": "causal", "dilation_rate": [4]},
            ),
        ),
        60 + 5,
        60 * 20,
    ),
    "depthwise_multiplier": (
        sequential(
            [8, 8, 4],
            (
                "DepthwiseConv2D",
                {"kernel_size": [3, 3], "depth_multiplier": 2, "strides": [2, 2]},
            ),
        ),
        9 * 8 + 8,
        9 * 8 * 9,
    ),
    "separable_multiplier": (
        sequential(
            [8, 8, 4],
            (
                "SeparableConv2D",
                {"filters": 5, "kernel_size": [3, 3], "depth_multiplier": 3, "padding": "same"},
            ),
        ),
        9 * 12 + 12 * 5 + 5,
        (9 * 12 + 12 * 5) * 64,
    ),
    "transposed": (
        sequential(
            [5, 5, 4],
            (
                "Conv2DTranspose",
                {"filters": 6, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same"},
            ),
        ),
        9 * 24 + 6,
        9 * 24 * 25,
    ),
    "dense_at_positions": (sequential([7, 12], ("Dense", {"units": 5})), 65, 60 * 7),
    "embedding": (
        sequential([9], ("Embedding", {"input_dim": 100, "output_dim": 16})),
        1600,
        0,
    ),
    "lstm": (
        sequential([6, 10], ("LSTM", {"units": 8, "return_sequences": True})),
        4 * (80 + 64 + 8),
        4 * (80 + 64) * 6,
    ),
    "gru_reset_after": (
        sequential([6, 10], ("GRU", {"units": 8, "reset_after": True})),
        3 * (80 + 64 + 16),
        3 * (80 + 64) * 6,
    ),
    "bidirectional": (
        sequential(
            [6, 10],
            (
                "Bidirectional",
                {"merge_mode": "concat", "layer": {"class_name": "LSTM", "config": {"units": 8}}},
            ),
        ),
        2 * 4 * (80 + 64 + 8),
        2 * 4 * (80 + 64) * 6,
    ),
    "each_step": (
        sequential(
            [5, 8, 8, 3],
            (
                "TimeDistributed",
                {
                    "layer": {
                        "class_name": "Conv2D",
                        "config": {"filters": 4, "kernel_size": [3, 3]},
                    }
                },
            ),
        ),
        108 + 4,
        108 * 36 * 5,
    ),
    "conv_lstm": (
        sequential([5, 8, 8, 3], ("ConvLSTM2D", {"filters": 4, "kernel_size": [3, 3]})),
        9 * 3 * 16 + 9 * 4 * 16 + 16,
        (9 * 3 * 16 + 9 * 4 * 16) * 36 * 5,
    ),
    "attention": (
        functional(
            [
                entry("x", [10, 16]),
                node(
                    "MultiHeadAttention",
                    "mha",
                    {"num_heads": 2, "key_dim": 8, "value_dim": 4},
                    [tensor("x"), tensor("x")],
                ),
            ],
            [["x", 0, 0]],
            [["mha", 0, 0]],
        ),
        2 * (16 * 16 + 16) + 16 * 8 + 8 + 8 * 16 + 16,
        (2 * 16 * 16 + 16 * 8 + 8 * 16) * 10 + 2 * 10 * 10 * (8 + 4),
    ),
}


@pytest.mark.parametrize("case", COSTS)
def test_what_a_layer_costs(case: str) -> None:
    model, params, cost = COSTS[case]
    graph = read(model)
    assert (parameters(graph), mult_adds(graph)) == (params, cost)


Build = Callable[[Any], Any]

# Layers of every kind, on an input of the shape: Keras says what comes out and what it weighs.
LAYERS: dict[str, tuple[tuple[int, ...], Build]] = {
    "Conv1D": ((20, 4), lambda k: k.Conv1D(5, 3, strides=2, padding="same")),
    "Conv1D causal": ((20, 4), lambda k: k.Conv1D(5, 3, padding="causal", dilation_rate=2)),
    "Conv3D": ((6, 8, 9, 2), lambda k: k.Conv3D(4, (2, 3, 3), strides=(1, 2, 2))),
    "Conv1DTranspose": ((7, 4), lambda k: k.Conv1DTranspose(5, 4, strides=3)),
    "Conv2DTranspose": ((5, 6, 4), lambda k: k.Conv2DTranspose(3, 2, strides=3)),
    "Conv2DTranspose padded": (
        (5, 6, 4),
        lambda k: k.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1),
    ),
    "Conv3DTranspose": ((3, 4, 5, 2), lambda k: k.Conv3DTranspose(3, 3, strides=2)),
    "DepthwiseConv1D": ((20, 4), lambda k: k.DepthwiseConv1D(3, depth_multiplier=2)),
    "DepthwiseConv2D": ((9, 8, 4), lambda k: k.DepthwiseConv2D(3, padding="same", strides=2)),
    "SeparableConv1D": ((20, 4), lambda k: k.SeparableConv1D(6, 3, use_bias=False)),
    "SeparableConv2D": ((9, 8, 4), lambda k: k.SeparableConv2D(6, 3, depth_multiplier=2)),
    "Dense": ((3, 4, 5), lambda k: k.Dense(7, activation="relu", use_bias=False)),
    "Dense softmax": ((5,), lambda k: k.Dense(7, activation="softmax")),
    "EinsumDense": ((6, 8), lambda k: k.EinsumDense("abc,cd->abd", (6, 5), bias_axes="d")),
    "EinsumDense dots": ((6, 8), lambda k: k.EinsumDense("...x,xy->...y", 5, bias_axes="y")),
    "EinsumDense heads": (
        (6, 8),
        lambda k: k.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"),
    ),
    "Embedding": ((9,), lambda k: k.Embedding(50, 8)),
    "BatchNormalization": ((4, 4, 6), lambda k: k.BatchNormalization(scale=False)),
    "LayerNormalization": ((4, 4, 6), lambda k: k.LayerNormalization(axis=[-2, -1])),
    "RMSNormalization": ((4, 6), lambda k: k.RMSNormalization()),
    "GroupNormalization": ((4, 4, 6), lambda k: k.GroupNormalization(groups=3)),
    "UnitNormalization": ((4, 6), lambda k: k.UnitNormalization()),
    "PReLU": ((4, 4, 6), lambda k: k.PReLU(shared_axes=[1, 2])),
    "PReLU whole": ((4, 4, 6), lambda k: k.PReLU()),
    "LeakyReLU": ((4, 6), lambda k: k.LeakyReLU()),
    "ELU": ((4, 6), lambda k: k.ELU()),
    "ReLU": ((4, 6), lambda k: k.ReLU(6.0)),
    "Softmax": ((4, 6), lambda k: k.Softmax()),
    "Activation": ((4, 6), lambda k: k.Activation("hard_silu")),
    "Rescaling": ((4, 6), lambda k: k.Rescaling(0.5, 1.0)),
    "MaxPooling1D": ((21, 4), lambda k: k.MaxPooling1D(3, strides=2)),
    "MaxPooling2D": ((9, 8, 4), lambda k: k.MaxPooling2D(2, padding="same")),
    "AveragePooling2D": ((9, 8, 4), lambda k: k.AveragePooling2D((3, 2))),
    "AveragePooling3D": ((6, 9, 8, 4), lambda k: k.AveragePooling3D(2)),
    "GlobalAveragePooling1D": ((9, 4), lambda k: k.GlobalAveragePooling1D()),
    "GlobalMaxPooling2D": ((9, 8, 4), lambda k: k.GlobalMaxPooling2D(keepdims=True)),
    "GlobalAveragePooling3D": ((3, 9, 8, 4), lambda k: k.GlobalAveragePooling3D()),
    "AdaptiveAveragePooling2D": ((9, 8, 4), lambda k: k.AdaptiveAveragePooling2D((3, 2))),
    "UpSampling1D": ((9, 4), lambda k: k.UpSampling1D(3)),
    "UpSampling2D": ((9, 8, 4), lambda k: k.UpSampling2D((2, 3), interpolation="bilinear")),
    "UpSampling3D": ((3, 9, 8, 4), lambda k: k.UpSampling3D(2)),
    "ZeroPadding1D": ((9, 4), lambda k: k.ZeroPadding1D((1, 2))),
    "ZeroPadding2D": ((9, 8, 4), lambda k: k.ZeroPadding2D(((0, 1), (2, 3)))),
    "ZeroPadding3D": ((3, 9, 8, 4), lambda k: k.ZeroPadding3D(2)),
    "Cropping1D": ((9, 4), lambda k: k.Cropping1D((1, 2))),
    "Cropping2D": ((9, 8, 4), lambda k: k.Cropping2D(((0, 1), (2, 3)))),
    "Cropping3D": ((7, 9, 8, 4), lambda k: k.Cropping3D(2)),
    "Reshape": ((4, 6), lambda k: k.Reshape((2, -1))),
    "Flatten": ((4, 6, 2), lambda k: k.Flatten()),
    "Permute": ((4, 6, 2), lambda k: k.Permute((3, 1, 2))),
    "RepeatVector": ((6,), lambda k: k.RepeatVector(5)),
    "Resizing": ((9, 8, 3), lambda k: k.Resizing(12, 10)),
    "CenterCrop": ((9, 8, 3), lambda k: k.CenterCrop(5, 4)),
    "Dropout": ((4, 6), lambda k: k.Dropout(0.5)),
    "SpatialDropout2D": ((9, 8, 4), lambda k: k.SpatialDropout2D(0.5)),
    "GaussianNoise": ((4, 6), lambda k: k.GaussianNoise(0.1)),
    "RandomFlip": ((9, 8, 3), lambda k: k.RandomFlip()),
    "Masking": ((4, 6), lambda k: k.Masking()),
    "LSTM": ((6, 10), lambda k: k.LSTM(8)),
    "LSTM all steps": ((6, 10), lambda k: k.LSTM(8, return_sequences=True, use_bias=False)),
    "GRU": ((6, 10), lambda k: k.GRU(8)),
    "GRU reset before": ((6, 10), lambda k: k.GRU(8, reset_after=False)),
    "SimpleRNN": ((6, 10), lambda k: k.SimpleRNN(8, return_sequences=True)),
    "RNN of a cell": ((6, 10), lambda k: k.RNN(k.GRUCell(8))),
    "RNN of cells": ((6, 10), lambda k: k.RNN([k.LSTMCell(8), k.LSTMCell(4)])),
    "Bidirectional": ((6, 10), lambda k: k.Bidirectional(k.GRU(8, return_sequences=True))),
    "Bidirectional sum": ((6, 10), lambda k: k.Bidirectional(k.LSTM(8), merge_mode="sum")),
    "TimeDistributed": ((5, 8, 8, 3), lambda k: k.TimeDistributed(k.Conv2D(4, 3))),
    "TimeDistributed dense": ((5, 8, 3), lambda k: k.TimeDistributed(k.Dense(4))),
    "ConvLSTM1D": ((5, 8, 3), lambda k: k.ConvLSTM1D(4, 3, return_sequences=True)),
    "ConvLSTM2D": ((5, 8, 8, 3), lambda k: k.ConvLSTM2D(4, 3, strides=2, padding="same")),
    "Normalization given": ((4, 3), lambda k: k.Normalization(mean=[0, 0, 1], variance=[1, 1, 1])),
}


@pytest.fixture(scope="module")
def keras() -> ModuleType:
    module = pytest.importorskip("keras", reason="Keras says what its own layers are")
    assert isinstance(module, ModuleType)
    return module


def held_to(model: Any, graph: Graph) -> None:
    """The graph has Keras's shapes, and its weights."""
    outputs = model.outputs
    assert len(graph.outputs) == len(outputs)
    for name, output in zip(graph.outputs, outputs, strict=True):
        shape = graph.tensors[name].shape
        assert shape is not None
        theirs = tuple(output.shape)
        assert len(shape) == len(theirs)
        pairs = zip(shape[1:], theirs[1:], strict=True)
        assert all(side == other for side, other in pairs if other is not None)
    weights = {id(weight): weight for weight in model.trainable_weights}
    trainable = 0
    for weight in weights.values():
        count = 1
        for side in weight.shape:
            count *= side
        trainable += count
    assert parameters(graph) == trainable


@pytest.mark.parametrize("case", LAYERS)
def test_keras_says_the_same_of_a_layer(case: str, keras: Any) -> None:
    shape, build = LAYERS[case]
    x = keras.Input(shape, name="x")
    model = keras.Model(x, build(keras.layers)(x))
    held_to(model, read(json.loads(model.to_json())))


def wired(keras: Any) -> dict[str, Any]:
    """Functional models: joins, shared layers, models inside, several inputs and outputs."""
    k = keras.layers
    a, b = keras.Input((8, 8, 4), name="a"), keras.Input((8, 8, 4), name="b")
    shared = k.Conv2D(4, 3, padding="same", name="shared")
    inner = keras.Sequential([k.Conv2D(6, 3, strides=2), k.BatchNormalization()], name="inner")
    left, right = shared(a), shared(b)
    joined = k.Concatenate()([left, right])
    p = keras.Input((4,), name="p")
    q = keras.Input((5, 4), name="q")
    sub_in = keras.Input((8, 8, 4))
    branches = keras.Model(sub_in, [k.Conv2D(2, 1)(sub_in), k.MaxPooling2D()(sub_in)])
    one, two = branches(a)
    states = k.LSTM(3, return_state=True)(q)
    begins = k.LSTM(3)(q, initial_state=[k.Dense(3)(p), k.Dense(3)(p)])
    return {
        "joins": keras.Model([a, b], k.Add()([left, right]) * k.Multiply()([a, b])),
        "shared": keras.Model([a, b], joined),
        "inside": keras.Model([a, b], [inner(left), inner(b)]),
        "two_outputs": keras.Model(a, [one, two]),
        "named": keras.Model({"a": a, "b": b}, {"out": k.Maximum()([a, b])}),
        "ranks": keras.Model([p, q], k.Add()([p, q])),
        "states": keras.Model(q, states),
        "begins": keras.Model([p, q], begins),
        "by_keyword": keras.Model([a, b], keras.ops.add(x1=a, x2=shared(inputs=b))),
        "dot": keras.Model(q, k.Dot(axes=(2, 2))([q, q])),
        "attention": keras.Model(q, k.Attention()([q, q])),
        "heads": keras.Model(q, k.MultiHeadAttention(2, 3)(query=q, value=q, key=q)),
        "groups": keras.Model(q, k.GroupQueryAttention(3, 4, 2)(q, q)),
        "numbers": keras.Model(a, keras.ops.relu(2.0 * a + 1.0)),
    }


@pytest.mark.parametrize(
    "case",
    [
        "joins", "shared", "inside", "two_outputs", "named", "ranks", "states", "begins",
        "by_keyword", "dot",
        "attention", "heads", "groups", "numbers",
    ],
)  # fmt: skip
def test_keras_says_the_same_of_a_model(case: str, keras: Any) -> None:
    model = wired(keras)[case]
    held_to(model, read(json.loads(model.to_json())))


APPLICATIONS = [
    ("MobileNetV2", {"alpha": 0.35}), ("MobileNetV3Small", {}), ("NASNetMobile", {}),
    ("EfficientNetB0", {}), ("ConvNeXtTiny", {}), ("Xception", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), APPLICATIONS)
def test_networks_of_keras_applications(name: str, options: Json, keras: Any) -> None:
    side = 299 if "ception" in name else 224
    build = getattr(keras.applications, name)
    model = build(weights=None, input_shape=(side, side, 3), **options)
    graph = read(json.loads(model.to_json()))
    statistics = 0
    for layer in model._flatten_layers(include_self=False):
        if type(layer).__name__ in ("BatchNormalization", "Normalization"):
            statistics += layer.count_params() - sum(
                int(w.shape[0]) for w in layer.trainable_weights
            )
    assert parameters(graph) == model.count_params() - statistics
    assert mult_adds(graph) == keras_mult_adds(model)


def keras_mult_adds(model: Any) -> int:
    """Weights times positions, of the kernels that Keras's layers hold."""
    total = 0
    for layer in model._flatten_layers(include_self=False):
        kernels = [w for w in layer.trainable_weights if "kernel" in w.name]
        if not kernels or hasattr(layer, "layers"):
            continue
        positions = 1
        for side in tuple(layer.output.shape)[1:-1]:
            positions *= side
        for kernel in kernels:
            count = 1
            for side in kernel.shape:
                count *= side
            total += count * positions
    return total


OLD: Json = {
    # Keras 2.0: lists of calls, a list of layers, shapes as `batch_input_shape`.
    "class_name": "Model",
    "config": {
        "name": "old",
        "layers": [
            {
                "name": "in",
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 8, 8, 3], "name": "in"},
                "inbound_nodes": [],
            },
            {
                "name": "body",
                "class_name": "Sequential",
                "config": [
                    {
                        "class_name": "Conv2D",
                        "config": {
                            "name": "c",
                            "batch_input_shape": [None, 8, 8, 3],
                            "filters": 3,
                            "kernel_size": [3, 3],
                            "padding": "same",
                        },
                    },
                    {"class_name": "Activation", "config": {"name": "r", "activation": "relu"}},
                ],
                "inbound_nodes": [[["in", 0, 0, {}]], [["body", 0, 0, {}]]],
            },
            {
                "name": "sum",
                "class_name": "Add",
                "config": {"name": "sum"},
                "inbound_nodes": [[["body", 0, 0, {}], ["body", 1, 0, {}]]],
            },
            {
                "name": "scaled",
                "class_name": "TFOpLambda",
                "config": {"name": "scaled", "function": "math.multiply"},
                "inbound_nodes": [["sum", 0, 0, {"y": 0.5, "name": None}]],
            },
            {
                "name": "both",
                "class_name": "TFOpLambda",
                "config": {"name": "both", "function": "math.add"},
                "inbound_nodes": [["in", 0, 0, {"y": ["scaled", 0, 0], "name": None}]],
            },
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["both", 0, 0]],
    },
}


def test_keras_2_models_inside_are_called_again_by_the_same_weights() -> None:
    graph = read(OLD)
    assert (parameters(graph), mult_adds(graph)) == (81 + 3, 2 * 81 * 64)
    assert graph.name == "old"
    assert graph.inputs == ("in",)


def test_a_list_of_layers_is_a_sequential_model_of_keras_2() -> None:
    body = OLD["config"]["layers"][1]
    graph = read({"class_name": "Sequential", "config": body["config"]})
    assert (parameters(graph), mult_adds(graph)) == (84, 81 * 64)
    assert graph.inputs == ("c_input",)


def test_keys_of_layers_models_of_tensorflow_js() -> None:
    topology = {"keras_version": "2.2.4", "model_config": OLD}
    for document in ({"modelTopology": topology}, {"modelTopology": OLD, "weightsManifest": []}):
        graph = read_tfjs_layers(document)
        assert mult_adds(graph) == 2 * 81 * 64
        assert graph.format == "TensorFlow.js layers model"


def test_a_norm_s_statistics_are_not_learned() -> None:
    graph = read(sequential([4, 4, 6], ("BatchNormalization", {"axis": [3]})))
    (norm,) = graph.operators
    assert norm.kind == Norm("batch", 3)
    learned = [graph.tensors[name].learned for name in norm.inputs[1:]]
    assert learned == [True, True, False, False]


def test_statistics_of_the_input_are_told() -> None:
    graph = read(sequential([4, 4, 3], ("Normalization", {"axis": [-1]})))
    assert parameters(graph) == 0
    assert graph.notes == ("'layer0' normalises the input by statistics that are not trained",)


def test_kinds() -> None:
    (attention,) = [o.kind for o in read(COSTS["attention"][0]).operators if "attended" in str(o)][
        :1
    ]
    assert attention == Attention(2, 2, 10, 10, 8, 4)
    kinds = [o.kind for o in read(COSTS["bidirectional"][0]).operators]
    assert kinds[0] == Recurrent("lstm", 10, 8, 2, 6)


def test_open_sides_are_asked_for_and_given() -> None:
    layer = ("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "same"})
    model = sequential([None, None, 3], layer)
    with pytest.raises(DscalcError) as error:
        read(model)
    assert str(error.value) == (
        "the input 'x' has open sides: 1×?×?×3; say them, as in --input x=1x224x224x3"
    )
    assert mult_adds(read(model, {"x": (1, 5, 6, 3)})) == 216 * 30
    assert mult_adds(read(model, {"x": (4, 5, 6, 3)})) == 216 * 30


def test_a_model_that_was_not_built_is_given_a_shape() -> None:
    layers = [{"class_name": "Dense", "config": {"name": "d", "units": 3}}]
    model = {"class_name": "Sequential", "config": {"layers": layers}}
    with pytest.raises(DscalcError, match="or say it, as in --input d_input="):
        read(model)
    assert mult_adds(read(model, {"d_input": (1, 5)})) == 15


X = [["x", 0, 0]]
CYCLE = functional(
    [
        entry("x", [4]),
        node("Add", "a", {}, [[tensor("x"), tensor("b")]]),
        node("ReLU", "b", {}, [tensor("a")]),
    ],
    X,
    [["b", 0, 0]],
)


def nested(depth: int) -> Json:
    """Sequential models inside each other."""
    model: Json = sequential([4], ("Dense", {"units": 3}))
    for i in range(depth):
        inner = {**model, "config": {**model["config"], "name": f"m{i}"}}
        first = model["config"]["layers"][0]
        model = {"class_name": "Sequential", "config": {"name": "net", "layers": [first, inner]}}
    return model


REFUSED: dict[str, tuple[Any, str]] = {
    "own_layer": (
        sequential([4], ("Custom>MyBlock", {"units": 3})),
        "MyBlock 'layer0': it is no layer of Keras whose cost is known",
    ),
    "misspelt": (sequential([4], ("Denze", {"units": 3})), "did you mean 'Dense'?"),
    "code": (
        sequential([4], ("Lambda", {"function": ["4wEAAAA", None, None]})),
        "Lambda 'layer0': it runs code that is not in the file",
    ),
    "own_activation": (
        sequential([4], ("Dense", {"units": 3, "activation": "my_gate"})),
        "the activation 'my_gate' is not one of Keras's own",
    ),
    "own_model": (
        {"class_name": "MyModel", "config": {}},
        "the model is of the class 'MyModel': what it does is in its code",
    ),
    "operation": (
        functional(
            [
                entry("x", [4]),
                {**node("Einsum", "e", {}, [tensor("x")]), "module": "keras.src.ops.numpy"},
            ],
            X,
            [["e", 0, 0]],
        ),
        "it is not known what the operation 'einsum' costs",
    ),
    "cycle": (CYCLE, "'b:0' takes from 'a:0', which takes from it"),
    "nothing_makes_it": (
        functional([entry("x", [4]), node("ReLU", "r", {}, [tensor("y")])], X, [["r", 0, 0]]),
        "'r:0' takes 'y:0', which nothing makes",
    ),
    "output_of_nobody": (functional([entry("x", [4])], X, [["y", 0, 0]]), "tensor 0 of 'y'"),
    "input_of_nobody": (
        functional([entry("x", [4])], [["y", 0, 0]], X),
        "the input 'y' is no layer",
    ),
    "too_deep": (nested(40), "more than 32 models inside each other"),
    "vast": (
        sequential([2**63, 4], ("Dense", {"units": 3})),
        "which nothing can have",
    ),
    "vast_units": (
        sequential([4], ("Dense", {"units": 2**63})),
        "'units' is 9223372036854775808; a number from 1 belongs here",
    ),
    "no_units": (sequential([4], ("Dense", {})), "'units' is no whole number but None"),
    "half_units": (
        sequential([4], ("Dense", {"units": 2.5})),
        "'units' is no whole number but 2.5",
    ),
    "zero_stride": (
        sequential([4, 4, 1], ("Conv2D", {"filters": 1, "kernel_size": 1, "strides": [0, 1]})),
        "'strides' is [0, 1]; 2 numbers from 1 belong here",
    ),
    "groups": (
        sequential([4, 4, 3], ("Conv2D", {"filters": 4, "kernel_size": 1, "groups": 2})),
        "2 groups do not divide 3 and 4 channels",
    ),
    "window": (
        sequential([2, 2, 3], ("Conv2D", {"filters": 4, "kernel_size": 3})),
        "a window of [3, 3] is larger than a map of [2, 2]",
    ),
    "join": (
        functional(
            [
                entry("x", [4]),
                entry("z", [5]),
                node("Add", "a", {}, [[tensor("x"), tensor("z")]]),
            ],
            [["x", 0, 0], ["z", 0, 0]],
            [["a", 0, 0]],
        ),
        "[1, 4] and [1, 5] do not broadcast",
    ),
    "no_shape": (
        {
            "class_name": "Sequential",
            "config": {"layers": [{"class_name": "Flatten", "config": {}}]},
        },
        "the shape of the input 'Flatten_input' is not in the file",
    ),
    "equal_names": (
        sequential([4], ("Dense", {"units": 3, "name": "a"}), ("ReLU", {"name": "a"})),
        "3 layers have 2 names between them",
    ),
    "no_layers": ({"class_name": "Sequential", "config": {"layers": []}}, "has no layers"),
    "no_object": ([1], "the model is no object but a list of 1"),
    "no_class": ({}, "the model's class is no text but None"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    model, message = REFUSED[case]
    with pytest.raises(DscalcError) as error:
        read_keras_model(json.loads(json.dumps(model)), None, "Keras")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "JSON that is nested too deep"),
        (b'{"a": ', "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" + b"1" * 5000 + b"]", "no JSON"),
        (b"[" + b"{}," * 700_000 + b"1]", "JSON of more than 600,000 values"),
        (b" " * (MOST_BYTES + 1), "at most 16,777,216 are read"),
    ],
)
def test_json_that_is_none_or_too_much(text: bytes, message: str) -> None:
    with pytest.raises(DscalcError, match=message):
        parse_json(memoryview(text))


def archive(model: Json, method: int = zipfile.ZIP_DEFLATED, weights: int = 0) -> bytes:
    """A `.keras` file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        out.writestr("metadata.json", "{}")
        out.writestr("config.json", json.dumps(model))
        if weights:
            out.writestr("model.weights.h5", bytes(weights), zipfile.ZIP_STORED)
    return file.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_keras_archive(method: int) -> None:
    graph = read_keras(memoryview(archive(OLD, method, 10_000)))
    assert (graph.format, mult_adds(graph)) == ("Keras", 2 * 81 * 64)


def test_archives_that_are_none() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("other", "")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("config.json", bytes(MOST_BYTES + 1))
    for data, message in (
        (b"", "a damaged zip archive"),
        (file.getvalue(), "a zip archive without 'config.json'"),
        (bomb.getvalue(), "'config.json' unpacks to more than 16,777,216 bytes"),
        (archive(OLD)[:-30], "a damaged zip archive"),
    ):
        with pytest.raises(DscalcError, match=message):
            read_keras(memoryview(data))


def h5(attributes: dict[str, Any]) -> bytes:
    """An HDF5 file with attributes at its root."""
    h5py = pytest.importorskip("h5py", reason="HDF5 files are read with it")
    file = io.BytesIO()
    with h5py.File(file, "w") as out:
        out.attrs.update(attributes)
        out.create_dataset("weights", data=[0.0] * 1000)
    return file.getvalue()


def test_hdf5_files() -> None:
    for config in (json.dumps(OLD), json.dumps(OLD).encode()):
        graph = read_keras_h5(memoryview(h5({"model_config": config})))
        assert (graph.format, mult_adds(graph)) == ("Keras HDF5", 2 * 81 * 64)
    for data, message in (
        (h5({"layer_names": [b"a"]}), "weights alone"),
        (h5({}), "without a Keras model in it"),
        (h5({"model_config": 3}), "without a Keras model in it"),
        (h5({"model_config": "{"}), "no JSON"),
        (h5({"model_config": json.dumps(OLD)})[:900], "a damaged HDF5 file"),
        (b"\x89HDF\r\n\x1a\n", "a damaged HDF5 file"),
    ):
        with pytest.raises(DscalcError, match=message):
            read_keras_h5(memoryview(data))


def test_without_h5py_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DscalcError, match=r"pip install 'dscalc\[h5\]'"):
        read_keras_h5(memoryview(b"\x89HDF\r\n\x1a\n"))


@pytest.mark.parametrize("seed", range(4))
def test_mutations_are_errors_of_ours_or_other_networks(seed: int) -> None:
    """500 each of configurations, and 500 of archives' bytes."""
    draw = random.Random(seed)
    models = [OLD, CYCLE, nested(3), *(model for model, _, _ in COSTS.values())]
    files = [archive(model) for model in models]
    refused = 0
    for _ in range(500):
        data = bytearray(draw.choice(files))
        for _ in range(draw.choice((1, 2, 8))):
            data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            read_keras(memoryview(bytes(data)))
        except DscalcError:
            refused += 1
        try:
            read_keras_model(mutated(draw.choice(models), draw), None, "Keras")
        except DscalcError:
            refused += 1
    assert 0 < refused < 1000


def test_every_truncation_of_an_archive_is_an_error() -> None:
    file = archive(OLD)
    for length in range(0, len(file), 7):
        with pytest.raises(DscalcError):
            read_keras(memoryview(file[:length]))


MEMORY = """
import mmap, resource, sys
from dscalc.models.keras.reading import read_keras
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        view = memoryview(data)
        try:
            read_keras(view)
        finally:
            view.release()
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_weights_of_two_gigabytes_stay_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "large.keras"
    file = archive(OLD)
    with path.open("wb") as out:
        out.truncate(2 * 10**9)  # a hole in front, where weights would be
        out.seek(0, io.SEEK_END)
        out.write(file)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert int(done.stdout) < 20_000  # KiB
