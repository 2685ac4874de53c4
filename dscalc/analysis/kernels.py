"""What TensorFlow Lite's operators are of layers, and what their kernels need besides."""

from __future__ import annotations

from dscalc.analysis.memory import elements
from dscalc.analysis.terms import Terms
from dscalc.law.attention import MatMul, Scores, Weighing
from dscalc.law.convolutions import Conv, ConvTranspose, Depthwise, Linear, Pointwise
from dscalc.law.layer import Layer, Shape
from dscalc.law.recurrent import Lstm
from dscalc.law.rows import Row
from dscalc.law.stored import LayerScale, Parameters, PositionEmbedding
from dscalc.law.weightless import (
    Concat,
    Crop,
    Flatten,
    GlobalPool,
    Pad,
    PixelShuffle,
    Pool,
    Slice,
    SpaceToDepth,
    Tokens,
    Upsample,
)
from dscalc.law.window import pads, per_axis, same_pad

KINDS: dict[type[Layer], str] = {
    Conv: "CONV_2D",
    Pointwise: "CONV_2D",
    Depthwise: "DEPTHWISE_CONV_2D",
    ConvTranspose: "TRANSPOSE_CONV",
    Linear: "FULLY_CONNECTED",
    Pool: "POOL_2D",
    GlobalPool: "MEAN",
    Flatten: "RESHAPE",
    Tokens: "RESHAPE",
    Upsample: "RESIZE",
    PixelShuffle: "DEPTH_TO_SPACE",
    SpaceToDepth: "SPACE_TO_DEPTH",
    Pad: "PAD",
    Slice: "STRIDED_SLICE",
    Crop: "STRIDED_SLICE",
    Concat: "CONCATENATION",
    MatMul: "BATCH_MATMUL",
    Weighing: "BATCH_MATMUL",
    Scores: "BATCH_MATMUL",
    LayerScale: "MUL",
    PositionEmbedding: "ADD",
    Parameters: "PRELU",
    Lstm: "UNIDIRECTIONAL_SEQUENCE_LSTM",
}
"""The operator of each kind of layer; others are one operator of their own name."""
ACTIVATIONS = {
    "swish": ("LOGISTIC", "MUL"),
    "silu": ("LOGISTIC", "MUL"),
    "hard_sigmoid": ("MUL",),
    "sigmoid": ("LOGISTIC",),
}
"""The operators of activations that are not one of their own name."""
SIDEWAYS = (Conv, Depthwise, Pointwise, Pool)
"""What needs an image: on a row of positions a RESHAPE makes one, and another undoes it."""
CONSTANTS = {"MEAN": 1, "RESHAPE": 1, "RESIZE": 1, "PAD": 1, "STRIDED_SLICE": 3, "SPLIT": 1,
             "TRANSPOSE_CONV": 1, "TRANSPOSE": 1}  # fmt: skip
"""Tensors of shapes and axes, which operators with equal ones share."""


def scratch(row: Row, layer: Layer, terms: Terms) -> list[int]:
    """What the reference kernel of a layer writes for itself, in bytes."""
    quantised = {"int8": 4, "int4": 4, "int16": 8}.get(terms.dtype, 0)
    own: list[int] = []
    if isinstance(layer, GlobalPool):
        axes = len(row.input.sides)
        own = [4 * (axes + 2), 4 * axes]
        own += [4 * row.output.channels] if quantised else []
    elif isinstance(layer, ConvTranspose) and quantised:
        own = [quantised * elements(row.output)]
    elif isinstance(layer, Lstm):
        own = [(2 if quantised else 4) * layer.n] * 4
    if terms.of_weights == "int4" and isinstance(layer, Conv | Depthwise | Pointwise | Linear):
        own.append(row.cost.weights)
    return own


def explicit_pads(layer: Layer, x: Shape) -> tuple[tuple[int, int], ...] | None:
    """The zeros before and behind on each axis that have to be put there; None if none have."""
    own = vars(layer)
    padding = own.get("padding", "same")
    if padding in ("same", "valid") or isinstance(layer, ConvTranspose):
        return None
    axes = len(x.sides)
    kernel = per_axis(own["k"], axes, "k")
    strides = per_axis(own["stride"] or own["k"], axes, "stride")
    dilations = per_axis(own.get("dilation", 1), axes, "dilation")
    around = pads(padding, kernel, dilations)
    windows = zip(x.sides, kernel, strides, dilations, strict=True)
    same = tuple([_same_pads(*window) for window in windows])
    return None if around == same or not any(map(any, around)) else around


def _same_pads(side: int, k: int, stride: int, dilation: int) -> tuple[int, int]:
    """The zeros that `same` puts before and behind: the smaller half before."""
    total = same_pad(side, k, stride, dilation)
    return total // 2, total - total // 2
