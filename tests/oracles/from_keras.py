"""Networks of Keras on PyTorch: MobileNet of its applications, and MLPerf Tiny's four."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import keras
from keras import Model, layers
from keras.applications import MobileNet, MobileNetV2

from tests.oracles.cases import Case, image
from tests.oracles.counting import Held

VERSION = f"keras {keras.__version__}"
TINY = f"{VERSION}, as mlcommons/tiny benchmark/training"
KERNELS = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)


def cases() -> Iterator[Case]:
    """Every network that Keras builds here; what is trained is counted, as everywhere."""
    for alpha, side in (
        (1.0, 224),
        (0.75, 192),
        (0.5, 160),
        (0.25, 128),
        (0.25, 224),
        (0.9, 224),
        (1.25, 224),
    ):
        yield Case(
            f"keras/MobileNet@w{alpha:g}@r{side}",
            "mobilenet",
            image(side),
            f"{VERSION}, applications.MobileNet(alpha={alpha:g})",
            partial(MobileNet, (side, side, 3), alpha, weights=None),
            alpha=alpha,
            note="its classifier is a 1x1 convolution",
            run=_channels_last,
            held=held,
        )
    for alpha, side in ((0.35, 96), (0.5, 224), (1.3, 224)):
        yield Case(
            f"keras/MobileNetV2@w{alpha:g}@r{side}",
            "mobilenet_v2",
            image(side),
            f"{VERSION}, applications.MobileNetV2(alpha={alpha:g})",
            partial(MobileNetV2, input_shape=(side, side, 3), alpha=alpha, weights=None),
            alpha=alpha,
            run=_channels_last,
            held=held,
        )
    yield from _tiny()


def _tiny() -> Iterator[Case]:
    for case, network, sides, source, build, alpha in (
        (
            "ds_cnn",
            "mlperf_tiny_ds_cnn",
            (49, 10, 1),
            "keyword_spotting ds_cnn",
            partial(_ds_cnn, 64),
            1.0,
        ),
        (
            "resnet8",
            "mlperf_tiny_resnet8",
            image(32),
            "image_classification",
            partial(_resnet8, 16),
            1.0,
        ),
        (
            "resnet8@w1.625",
            "mlperf_tiny_resnet8",
            image(32),
            "image_classification",
            partial(_resnet8, 26),
            1.625,
        ),
        ("vww", "mlperf_tiny_mobilenet_vww", image(96), "visual_wake_words", _mobilenet, 1.0),
    ):
        yield Case(
            f"keras/mlperf_tiny_{case}",
            network,
            sides,
            f"{TINY}/{source}",
            build,
            alpha=alpha,
            note="every convolution has a bias before its norm",
            run=_channels_last,
            held=held,
        )
    for size, *sizes in (("s", 64, 2, 1, 4), ("m", 172, 1, 2, 4), ("l", 276, 1, 2, 5)):
        yield Case(
            f"keras/ds_cnn_{size}",
            f"ds_cnn_{size}",
            (49, 10, 1),
            f"{VERSION}, as arXiv:1711.07128, Table 9, DS-CNN {size.upper()}",
            partial(_ds_cnn, *sizes, bias=False),
            run=_channels_last,
            held=held,
        )
    yield Case(
        "keras/mlperf_tiny_autoencoder",
        "mlperf_tiny_autoencoder",
        (640,),
        f"{TINY}/anomaly_detection",
        _autoencoder,
        held=held,
        note="every hidden layer is normed",
    )


def held(model: Any) -> Held:
    """The trained variables of a Keras model by what holds them."""
    weights = biases = norms = other = 0
    for layer in model._flatten_layers(include_self=False):
        for variable in layer._trainable_variables:
            size = variable.value.numel()
            if isinstance(layer, layers.BatchNormalization):
                norms += size
            elif isinstance(layer, KERNELS) and variable is layer.kernel:
                weights += size
            elif isinstance(layer, KERNELS) and variable is layer.bias:
                biases += size
            else:
                other += size
    total = sum(v.value.numel() for v in model.trainable_variables)
    if weights + biases + norms + other != total:
        raise ValueError("the parts do not add up to trainable_variables")
    return Held(weights, biases, norms, other)


def _channels_last(model: Any, x: Any) -> Any:
    return model(x.permute(0, 2, 3, 1))


def _normed(x: Any, layer: Any, act: bool = True) -> Any:
    x = layers.BatchNormalization()(layer(x))
    return layers.Activation("relu")(x) if act else x


def _separable(x: Any, n: int, stride: int = 1, bias: bool = True) -> Any:
    x = _normed(x, layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=bias))
    return _normed(x, layers.Conv2D(n, 1, padding="same", use_bias=bias))


def _classified(inputs: Any, x: Any, classes: int) -> Any:
    return Model(inputs, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def _ds_cnn(
    n: int, across: int = 2, second: int = 1, separables: int = 4, *, bias: bool = True
) -> Any:
    """The first convolution strides 2 in time and `across` in frequency, the next one `second`.

    MLPerf Tiny's last pool is (24, 5) on a map of 25 by 5: one position, as a global pool leaves.
    """
    inputs = layers.Input((49, 10, 1))
    first = layers.Conv2D(n, (10, 4), strides=(2, across), padding="same", use_bias=bias)
    x = _normed(inputs, first)
    for index in range(separables):
        x = _separable(x, n, second if index == 0 else 1, bias)
    return _classified(inputs, x, 12)


def _resnet8(filters: int) -> Any:
    inputs = layers.Input((32, 32, 3))
    x = _normed(inputs, layers.Conv2D(filters, 3, padding="same"))
    for n, stride in ((filters, 1), (2 * filters, 2), (4 * filters, 2)):
        y = _normed(x, layers.Conv2D(n, 3, strides=stride, padding="same"))
        y = _normed(y, layers.Conv2D(n, 3, padding="same"), act=False)
        if stride > 1:
            x = layers.Conv2D(n, 1, strides=stride, padding="same")(x)
        x = layers.Activation("relu")(layers.add([x, y]))
    return _classified(inputs, x, 10)


def _mobilenet() -> Any:
    """MobileNet V1 at α 0.25, written out with its channels of a quarter, for two classes."""
    inputs = layers.Input((96, 96, 3))
    x = _normed(inputs, layers.Conv2D(8, 3, strides=2, padding="same"))
    table = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)]
    table += [(128, 1)] * 5 + [(256, 2), (256, 1)]
    for n, stride in table:
        x = _separable(x, n, stride)
    return _classified(inputs, x, 2)


def _autoencoder() -> Any:
    inputs = layers.Input((640,))
    x = inputs
    for n in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = _normed(x, layers.Dense(n))
    return Model(inputs, layers.Dense(640)(x))
