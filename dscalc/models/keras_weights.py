"""What Keras's layers with weights are: their kernels, and the operators of the graph.

Shapes of weights are those of https://keras.io/api/layers. Where a layer slides a window or
multiplies a matrix, the laws of TensorFlow's operators say what comes out.
"""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models import tf_layers as laws
from dscalc.models.graph import (
    Activation,
    Arithmetic,
    Attention,
    Embedding,
    Linear,
    Norm,
    Opaque,
)
from dscalc.models.json_text import integer
from dscalc.models.keras_layer import (
    Layer,
    activate,
    before_activation,
    channel_axis,
    emit,
    spatial,
    weights,
    with_sides,
)
from dscalc.models.tf_run import Run, Sides, axis_of
from dscalc.models.tf_shapes import put_shape

LETTERS = {1: "W", 2: "HW", 3: "DHW"}


def conv(run: Run, layer: Layer, dims: int) -> None:
    """Conv1D, Conv2D, Conv3D."""
    kernel, window = _window(run, layer, dims)
    made, groups = layer.number("filters"), layer.number("groups", 1)
    taken = _channels(run, layer)
    if taken % groups or made % groups:
        raise DscalcError(f"{groups} groups do not divide {taken} and {made} channels")
    names = [layer.x, weights(run, layer, "kernel", (*kernel, taken // groups, made))]
    names += _bias(run, layer, made)
    _law(run, layer, "Conv", names, filter=f"{LETTERS[dims]}IO", **window)
    activate(run, layer)


def depthwise(run: Run, layer: Layer, dims: int) -> None:
    """DepthwiseConv1D, DepthwiseConv2D."""
    kernel, window = _window(run, layer, dims)
    taken, times = _channels(run, layer), layer.number("depth_multiplier", 1)
    names = [layer.x, weights(run, layer, "kernel", (*kernel, taken, times))]
    names += _bias(run, layer, taken * times)
    _law(run, layer, "DepthwiseConv", names, filter=f"{LETTERS[dims]}IO", **window)
    activate(run, layer)


def separable(run: Run, layer: Layer, dims: int) -> None:
    """SeparableConv1D, SeparableConv2D: a depthwise convolution, then a pointwise one."""
    kernel, window = _window(run, layer, dims)
    taken, times = _channels(run, layer), layer.number("depth_multiplier", 1)
    made, letters = layer.number("filters"), f"{LETTERS[dims]}IO"
    inner = layer.inner("depthwise")
    first = [layer.x, weights(run, layer, "depthwise_kernel", (*kernel, taken, times))]
    call = layer.call("DepthwiseConv", first, inner, filter=letters, **window)
    laws.depthwise(run, call._replace(name=f"{layer.path}/depthwise"))
    kernel = (*(1,) * dims, taken * times, made)
    names = [inner, weights(run, layer, "pointwise_kernel", kernel), *_bias(run, layer, made)]
    point = {"channels_first": layer.channels_first, "padding": "VALID"}
    call = layer.call("Conv", names, before_activation(layer), filter=letters, **point)
    laws.conv(run, call._replace(name=f"{layer.path}/pointwise"))
    activate(run, layer)


def conv_transpose(run: Run, layer: Layer, dims: int) -> None:
    """Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""
    kernel, window = _window(run, layer, dims)
    x = run.shape(layer.x)
    made, taken = layer.number("filters"), _channels(run, layer)
    same = window["padding"] == "SAME"
    more = layer.config.get("output_padding")
    extras = [None] * dims if more is None else [more] * dims if not isinstance(more, list) else more
    if len(extras) != dims or not isinstance(window["padding"], str):
        raise DscalcError(f"its padding is {window['padding']}, its output_padding {more}")
    sides = [
        _grown(side, s, d * (k - 1) + 1, same, None if extra is None else integer(extra, "padding"))
        for side, s, d, k, extra in zip(
            spatial(layer, x, dims), window["strides"], window["dilations"], kernel, extras, strict=True
        )
    ]
    target = layer.inner("sides")
    run.make_number(target, (dims + 2,), with_sides(layer, x, sides))
    names = [target, weights(run, layer, "kernel", (*kernel, made, taken)), layer.x]
    names += _bias(run, layer, made)
    _law(run, layer, "ConvTranspose", names, filter=f"{LETTERS[dims]}OI", **window)
    activate(run, layer)


def _grown(side: int, stride: int, span: int, same: bool, extra: int | None) -> int:
    """The side that comes out of a transposed convolution, as Keras computes it."""
    if extra is None:
        return side * stride if same else side * stride + max(span - stride, 0)
    return (side - 1) * stride + span - (2 * (span // 2) if same else 0) + extra


def _window(run: Run, layer: Layer, dims: int) -> tuple[Sides, dict[str, object]]:
    """The kernel of a convolution, and the attributes of its law."""
    kernel = layer.sides("kernel_size", dims, ())
    if len(kernel) != dims:
        raise DscalcError("it has no 'kernel_size'")
    dilation = layer.sides("dilation_rate", dims, 1)
    padding: object = layer.word("padding", "valid").upper()
    if padding == "CAUSAL" and dims == 1:
        padding = ((dilation[0] * (kernel[0] - 1), 0),)
    return kernel, {
        "strides": layer.sides("strides", dims, 1),
        "dilations": dilation,
        "padding": padding,
        "channels_first": layer.channels_first,
    }


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
    laws.einsum(run, call)
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


def batch_norm(run: Run, layer: Layer) -> None:
    """BatchNormalization: scale and shift if they are not left out, and statistics."""
    if layer.config.get("renorm"):
        raise DscalcError("batch renormalisation is not read")
    shape = run.shape(layer.x)
    axis = _one_axis(layer, len(shape))
    scale, shift = _affine(run, layer, (shape[axis],))
    mean, variance = (
        weights(run, layer, part, (shape[axis],)) for part in ("moving_mean", "moving_variance")
    )
    emit(run, layer, Norm("batch", axis), (layer.x, scale, shift, mean, variance), shape)


def layer_norm(run: Run, layer: Layer) -> None:
    """LayerNormalization, over one axis or several."""
    shape = run.shape(layer.x)
    kind = "rms" if layer.flag("rms_scaling", False) else "layer"
    scale, shift = _affine(run, layer, tuple(shape[axis] for axis in _axes(layer, len(shape))))
    if kind == "rms":
        shift = ""
    norm = Norm(kind, _axes(layer, len(shape))[-1])
    emit(run, layer, norm, (layer.x, scale, shift), shape)


def rms_norm(run: Run, layer: Layer) -> None:
    """RMSNormalization: a scale alone."""
    shape = run.shape(layer.x)
    axes = _axes(layer, len(shape))
    scale = weights(run, layer, "scale", tuple(shape[axis] for axis in axes))
    emit(run, layer, Norm("rms", axes[-1]), (layer.x, scale), shape)


def group_norm(run: Run, layer: Layer) -> None:
    """GroupNormalization."""
    shape = run.shape(layer.x)
    axis = _one_axis(layer, len(shape))
    groups = integer(layer.config.get("groups", 32), "'groups'")
    groups = shape[axis] if groups == -1 else groups
    if groups < 1 or shape[axis] % groups:
        raise DscalcError(f"{groups} groups do not divide {shape[axis]} channels")
    scale, shift = _affine(run, layer, (shape[axis],))
    emit(run, layer, Norm("group", axis, groups), (layer.x, scale, shift), shape)


def unit_norm(run: Run, layer: Layer) -> None:
    """UnitNormalization: a map by its length along an axis."""
    shape = run.shape(layer.x)
    emit(run, layer, Norm("l2", _axes(layer, len(shape))[-1]), (layer.x,), shape)


def normalization(run: Run, layer: Layer) -> None:
    """Normalization of the input by statistics that were found once, or are given as numbers."""
    shape = run.shape(layer.x)
    if layer.config.get("mean") is not None:
        emit(run, layer, Activation("normalize"), (layer.x,), shape)
        return
    axis = layer.config.get("axis", -1)
    if axis is None or axis == []:
        raise DscalcError("a Normalization over all axes is not read")
    channels = _one_axis(layer, len(shape))
    names = [weights(run, layer, part, (shape[channels],)) for part in ("mean", "variance")]
    emit(run, layer, Norm("batch", channels), (layer.x, "", "", *names), shape)
    note = f"'{layer.path}' normalises the input by statistics that are not trained"
    if note not in run.notes:
        run.notes.append(note)


def _affine(run: Run, layer: Layer, shape: Sides) -> tuple[str, str]:
    """The names of scale and shift; what there is not has no name."""
    scale = weights(run, layer, "gamma", shape) if layer.flag("scale", True) else ""
    shift = weights(run, layer, "beta", shape) if layer.flag("center", True) else ""
    return scale, shift


def _axes(layer: Layer, rank: int) -> Sides:
    value = layer.config.get("axis", -1)
    values = value if isinstance(value, list) else [value]
    axes = tuple(sorted(axis_of(integer(axis, "'axis'"), rank) for axis in values))
    if not axes or len(set(axes)) != len(axes):
        raise DscalcError(f"its axes are {list(axes)}")
    return axes


def _one_axis(layer: Layer, rank: int) -> int:
    axes = _axes(layer, rank)
    if len(axes) != 1:
        raise DscalcError(f"its axes are {list(axes)}, where one is expected")
    return axes[0]


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


def multi_head(run: Run, layer: Layer) -> None:
    """MultiHeadAttention and GroupQueryAttention, with projections in and out."""
    grouped = layer.kind != "MultiHeadAttention"
    heads = layer.number("num_query_heads" if grouped else "num_heads")
    key = layer.number("head_dim" if grouped else "key_dim")
    value = key if grouped else layer.number("value_dim", key)
    kept = layer.number("num_key_value_heads") if grouped else heads
    if layer.config.get("attention_axes") not in (None, [1], 1) or heads % kept:
        raise DscalcError("attention over other axes than the first is not read")
    query, source, keys = _roles(layer)
    q, v, k = (run.shape(name) for name in (query, source, keys))
    if len(q) != 3 or len(v) != 3 or k[:2] != v[:2] or len(k) != 3:
        raise DscalcError(f"it attends over {list(q)}, {list(k)} and {list(v)}, not 3 axes each")
    given = layer.config.get("output_shape")
    given = given[0] if isinstance(given, list) and len(given) == 1 else given
    width = q[2] if given is None else integer(given, "'output_shape'")
    parts = [
        _projected(run, layer, part, name, made)
        for part, name, made in (
            ("query", query, heads * key),
            ("key", keys, kept * key),
            ("value", source, kept * value),
        )
    ]
    inner = layer.inner("attended")
    attention = Attention(heads, kept, q[1], v[1], key, value)
    emit(run, layer, attention, parts, (q[0], q[1], heads * value), inner)
    names = [inner, weights(run, layer, "output/kernel", (heads * value, width))]
    if layer.flag("use_bias", True):
        names.append(weights(run, layer, "output/bias", (width,)))
    emit(run, layer, Linear(2), names, (q[0], q[1], width))


def _roles(layer: Layer) -> tuple[str, str, str]:
    """Query, value and key, by their places or their names."""
    given = dict(zip(("query", "value", "key"), layer.inputs, strict=False))
    given.update({name: tensor for name, tensor in layer.named.items() if "mask" not in name})
    if "query" not in given or "value" not in given:
        raise DscalcError("it takes no query and value")
    return given["query"], given["value"], given.get("key", given["value"])


def _projected(run: Run, layer: Layer, part: str, x: str, made: int) -> str:
    shape = run.shape(x)
    names = [x, weights(run, layer, f"{part}/kernel", (shape[2], made))]
    if layer.flag("use_bias", True):
        names.append(weights(run, layer, f"{part}/bias", (made,)))
    return emit(run, layer, Linear(2), names, (*shape[:2], made), layer.inner(part))


def attention(run: Run, layer: Layer) -> None:
    """Attention: scaled products without projections, of query, value and key."""
    if layer.flag("use_scale", False) or layer.word("score_mode", "dot") != "dot":
        raise DscalcError("attention with weights of its own is not read")
    query, source, keys = _roles(layer)
    q, v, k = (run.shape(name) for name in (query, source, keys))
    if not len(q) == len(v) == len(k) == 3 or q[2] != k[2] or k[1] != v[1]:
        raise DscalcError(f"it attends over {list(q)}, {list(k)} and {list(v)}")
    kind = Attention(1, 1, q[1], v[1], q[2], v[2])
    emit(run, layer, kind, (query, keys, source), (*q[:2], v[2]))


def conv_lstm(run: Run, layer: Layer, dims: int) -> None:
    """ConvLSTM: an LSTM whose products are convolutions, of the input and of the last output."""
    shape = run.shape(layer.x)
    if len(shape) != dims + 3 or layer.channels_first:
        raise DscalcError(f"it takes {list(shape)}; channels last and {dims + 3} axes are read")
    kernel, window = _window(run, layer, dims)
    made, taken, steps = layer.number("filters"), shape[-1], shape[1]
    slid = layer.call("Conv", (), "", **window)
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
