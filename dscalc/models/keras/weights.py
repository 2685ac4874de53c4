"""What Keras's layers with weights are: their kernels, and the operators of the graph.

Shapes of weights are those of https://keras.io/api/layers. Where a layer slides a window or
multiplies a matrix, the laws of TensorFlow's operators say what comes out.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.json_text import integer, shown
from dscalc.models.keras.layer import (
    Layer,
    activate,
    before_activation,
    channel_axis,
    emit,
    spatial,
    weights,
    with_sides,
)
from dscalc.models.kinds import Activation, Arithmetic, Embedding, Linear, Opaque, Pads
from dscalc.models.tensorflow import layers as laws
from dscalc.models.tensorflow import products
from dscalc.models.tensorflow.moves import put_shape
from dscalc.models.tensorflow.run import Run, Sides, axis_of

LETTERS = {1: "W", 2: "HW", 3: "DHW"}


class _Window(NamedTuple):
    """How a kernel slides, as the laws' attributes."""

    strides: Sides
    dilations: Sides
    padding: str | Pads
    channels_first: bool


def conv(run: Run, layer: Layer, dims: int) -> None:
    """Conv1D, Conv2D, Conv3D."""
    kernel, window = _window(layer, dims)
    made, groups = layer.number("filters"), layer.number("groups", 1)
    taken = _channels(run, layer)
    if taken % groups or made % groups:
        raise DscalcError(f"{groups} groups do not divide {taken} and {made} channels")
    names = [layer.x, weights(run, layer, "kernel", (*kernel, taken // groups, made))]
    names += _bias(run, layer, made)
    _law(run, layer, "Conv", names, filter=f"{LETTERS[dims]}IO", **window._asdict())
    activate(run, layer)


def depthwise(run: Run, layer: Layer, dims: int) -> None:
    """DepthwiseConv1D, DepthwiseConv2D."""
    kernel, window = _window(layer, dims)
    taken, times = _channels(run, layer), layer.number("depth_multiplier", 1)
    names = [layer.x, weights(run, layer, "kernel", (*kernel, taken, times))]
    names += _bias(run, layer, taken * times)
    _law(run, layer, "DepthwiseConv", names, filter=f"{LETTERS[dims]}IO", **window._asdict())
    activate(run, layer)


def separable(run: Run, layer: Layer, dims: int) -> None:
    """SeparableConv1D, SeparableConv2D: a depthwise convolution, then a pointwise one."""
    kernel, window = _window(layer, dims)
    taken, times = _channels(run, layer), layer.number("depth_multiplier", 1)
    made, letters = layer.number("filters"), f"{LETTERS[dims]}IO"
    inner = layer.inner("depthwise")
    first = [layer.x, weights(run, layer, "depthwise_kernel", (*kernel, taken, times))]
    call = layer.call("DepthwiseConv", first, inner, filter=letters, **window._asdict())
    laws.depthwise(run, call._replace(name=f"{layer.path}/depthwise"))
    kernel = (*(1,) * dims, taken * times, made)
    names = [inner, weights(run, layer, "pointwise_kernel", kernel), *_bias(run, layer, made)]
    point = {"channels_first": layer.channels_first, "padding": "VALID"}
    call = layer.call("Conv", names, before_activation(layer), filter=letters, **point)
    laws.conv(run, call._replace(name=f"{layer.path}/pointwise"))
    activate(run, layer)


def conv_transpose(run: Run, layer: Layer, dims: int) -> None:
    """Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""
    kernel, window = _window(layer, dims)
    x = run.shape(layer.x)
    made, taken = layer.number("filters"), _channels(run, layer)
    more = layer.config.get("output_padding")
    extras = more if isinstance(more, list) else [more] * dims
    if len(extras) != dims or window.padding not in ("SAME", "VALID"):
        raise DscalcError(f"its padding is {window.padding}, and output_padding {shown(more)}")
    sides = []
    for axis, side in enumerate(spatial(layer, x, dims)):
        span = window.dilations[axis] * (kernel[axis] - 1) + 1
        sides.append(_grown(side, window, window.strides[axis], span, extras[axis]))
    target = layer.inner("sides")
    run.make_number(target, (dims + 2,), with_sides(layer, x, sides))
    names = [target, weights(run, layer, "kernel", (*kernel, made, taken)), layer.x]
    names += _bias(run, layer, made)
    _law(run, layer, "ConvTranspose", names, filter=f"{LETTERS[dims]}OI", **window._asdict())
    activate(run, layer)


def _grown(side: int, window: _Window, stride: int, span: int, extra: object) -> int:
    """The side that comes out of a transposed convolution, as Keras computes it."""
    same = window.padding == "SAME"
    if extra is None:
        return side * stride if same else side * stride + max(span - stride, 0)
    more = integer(extra, "'output_padding'")
    return (side - 1) * stride + span - (2 * (span // 2) if same else 0) + more


def _window(layer: Layer, dims: int) -> tuple[Sides, _Window]:
    """The kernel of a convolution, and how it slides."""
    kernel = layer.sides("kernel_size", dims, ())
    if len(kernel) != dims:
        raise DscalcError("it has no 'kernel_size'")
    dilation = layer.sides("dilation_rate", dims, 1)
    padding: str | Pads = layer.word("padding", "valid").upper()
    if padding == "CAUSAL" and dims == 1:
        padding = ((dilation[0] * (kernel[0] - 1), 0),)
    strides = layer.sides("strides", dims, 1)
    return kernel, _Window(strides, dilation, padding, layer.channels_first)


def _channels(run: Run, layer: Layer) -> int:
    shape = run.shape(layer.x)
    return shape[channel_axis(layer, len(shape))]


def _bias(run: Run, layer: Layer, made: int) -> list[str]:
    return [weights(run, layer, "bias", (made,))] if layer.flag("use_bias", True) else []


def _law(run: Run, layer: Layer, op: str, names: list[str], **attributes: object) -> None:
    """A convolution by its law, with the layer's activation still to come."""
    law = {"Conv": laws.conv, "DepthwiseConv": laws.depthwise, "ConvTranspose": laws.conv_transpose}
    law[op](run, layer.call(op, names, before_activation(layer), **attributes))


def dense(run: Run, layer: Layer) -> None:
    """Dense: the last axis by a matrix."""
    shape, made = run.shape(layer.x), layer.number("units")
    if len(shape) < 2:
        raise DscalcError(f"it takes a map of {len(shape)} axes")
    names = [layer.x, weights(run, layer, "kernel", (shape[-1], made)), *_bias(run, layer, made)]
    kind = Linear(len(shape) - 1)
    emit(run, layer, kind, names, (*shape[:-1], made), before_activation(layer))
    activate(run, layer)


def einsum_dense(run: Run, layer: Layer) -> None:
    """EinsumDense: a sum of products by letters, its weights as the equation and `output_shape`."""
    equation = layer.word("equation", "").replace(" ", "")
    left, _, right = equation.partition("->")
    mine, comma, theirs = left.partition(",")
    shape = run.shape(layer.x)
    mine, right = _spelled(mine, right, len(shape))
    given = layer.config.get("output_shape")
    given = given if isinstance(given, list) else [given]
    if not comma or not right or len(mine) != len(shape) or len(given) > len(right):
        raise DscalcError(f"its equation is '{equation[:80]}', which does not fit {list(shape)}")
    sides = dict(zip(mine, shape, strict=True))
    for letter, side in zip(right[len(right) - len(given) :], given, strict=True):
        if side is not None:
            sides.setdefault(letter, integer(side, "'output_shape'"))
    if not set(theirs) | set(right) <= set(sides):
        raise DscalcError(f"its equation is '{equation[:80]}', with axes that have no side")
    kernel = weights(run, layer, "kernel", tuple(sides[letter] for letter in theirs))
    axes = layer.config.get("bias_axes")
    output = before_activation(layer)
    product = output if not axes else layer.inner("product")
    call = layer.call("Einsum", (layer.x, kernel), product, equation=f"{mine},{theirs}->{right}")
    products.einsum(run, call)
    if axes:
        out = run.shape(product)
        kept = [side if letter in axes else 1 for letter, side in zip(right, out, strict=True)]
        while kept and kept[0] == 1:
            kept.pop(0)
        bias = weights(run, layer, "bias", tuple(kept))
        emit(run, layer, Arithmetic("add"), (product, bias), out, output)
    activate(run, layer)


def _spelled(mine: str, right: str, rank: int) -> tuple[str, str]:
    """An equation whose ellipsis has letters of its own."""
    if "..." not in mine:
        return mine, right
    free = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in mine + right]
    letters = "".join(free[: max(0, rank - len(mine) + 3)])
    return mine.replace("...", letters), right.replace("...", letters)


def embedding(run: Run, layer: Layer) -> None:
    """Embedding: rows of a table."""
    words, n = layer.number("input_dim"), layer.number("output_dim")
    table = weights(run, layer, "embeddings", (words, n))
    emit(run, layer, Embedding(words, n), (table, layer.x), (*run.shape(layer.x), n))


def prelu(run: Run, layer: Layer) -> None:
    """PReLU: a slope for each number, or for all along `shared_axes`."""
    shape = run.shape(layer.x)
    shared = layer.config.get("shared_axes") or []
    axes = {axis_of(integer(axis, "'shared_axes'"), len(shape)) for axis in shared}
    slope = tuple(1 if i in axes else side for i, side in enumerate(shape) if i)
    name = weights(run, layer, "alpha", slope)
    emit(run, layer, Activation("prelu"), (layer.x, name), shape)


def layer_scale(run: Run, layer: Layer) -> None:
    """ConvNeXt's LayerScale: a number for each channel, multiplied."""
    shape, channels = run.shape(layer.x), layer.number("projection_dim")
    if not shape or shape[-1] != channels:
        raise DscalcError(f"{channels} numbers for a map of {list(shape)}")
    name = weights(run, layer, "gamma", (channels,))
    emit(run, layer, Arithmetic("multiply"), (layer.x, name), shape)


def conv_lstm(run: Run, layer: Layer, dims: int) -> None:
    """ConvLSTM: an LSTM whose products are convolutions, of the input and of the last output."""
    shape = run.shape(layer.x)
    if len(shape) != dims + 3 or layer.channels_first:
        raise DscalcError(f"it takes {list(shape)}; channels last and {dims + 3} axes are read")
    kernel, window = _window(layer, dims)
    made, taken, steps = layer.number("filters"), shape[-1], shape[1]
    slid = layer.call("Conv", (), "", **window._asdict())
    sides = laws.window_of(slid, (shape[0], *shape[2:]), kernel)[-1]
    first = weights(run, layer, "kernel", (*kernel, taken, 4 * made))
    again = weights(run, layer, "recurrent_kernel", (*kernel, made, 4 * made))
    cost = shape[0] * steps * prod(sides) * prod(kernel) * (taken + made) * 4 * made
    kind = Opaque("a convolutional LSTM", cost, weights=True)
    out = (shape[0], *sides, made)
    if layer.flag("return_sequences", False):
        out = (shape[0], steps, *sides, made)
    emit(run, layer, kind, (layer.x, first, again, *_bias(run, layer, 4 * made)), out)


def flat(run: Run, layer: Layer, x: str, shape: Sides, part: str) -> str:
    """The name of a map's numbers under another shape, inside of a layer."""
    name = layer.inner(part)
    put_shape(run, layer.call("Reshape", (x,), name), x, shape)
    return name
