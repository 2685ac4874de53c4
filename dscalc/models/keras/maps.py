"""Keras's layers without weights: windows, joins, and maps in other shapes.

The meanings: https://keras.io/api/layers.
"""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.models.json_text import integer, sequence
from dscalc.models.keras.layer import (
    Layer,
    activation_of,
    apply,
    channel_axis,
    emit,
    spatial,
    with_sides,
)
from dscalc.models.keras.weights import flat
from dscalc.models.kinds import (
    Activation,
    AdaptivePool,
    Arithmetic,
    Concat,
    Expand,
    Matmul,
    Pad,
    Pads,
    Reduce,
    Resize,
    Slice,
    Softmax,
    Transpose,
)
from dscalc.models.tensorflow import layers as laws
from dscalc.models.tensorflow.moves import put_shape
from dscalc.models.tensorflow.numbers import broadcast
from dscalc.models.tensorflow.run import Call, Run, Sides, axis_of


def identity(run: Run, layer: Layer) -> None:
    """Dropout, noise, augmentation: at inference the map goes through."""
    run.same(layer.call("", (layer.x,), layer.output), layer.x)


def activation(run: Run, layer: Layer) -> None:
    """Activation by name."""
    apply(run, layer, activation_of(layer), layer.x)


def elementwise(run: Run, layer: Layer, kind: str) -> None:
    """A function of each number: ReLU, Rescaling and the like."""
    emit(run, layer, Activation(kind), (layer.x,), run.open_shape(layer.x))


def relu(run: Run, layer: Layer) -> None:
    """ReLU, bounded above or with a slope below zero where it says so."""
    bounded = "relu" if layer.config.get("max_value") is None else "relu6"
    elementwise(run, layer, "leaky_relu" if layer.config.get("negative_slope") else bounded)


def softmax(run: Run, layer: Layer) -> None:
    """Softmax over an axis."""
    shape = run.shape(layer.x)
    axis = layer.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    kind = Softmax(axis_of(integer(axis, "'axis'"), len(shape)))
    emit(run, layer, kind, (layer.x,), shape)


def pool(run: Run, layer: Layer, dims: int, kind: str) -> None:
    """MaxPooling, AveragePooling."""
    kernel = layer.sides("pool_size", dims, 2)
    window = {
        "kernel": kernel,
        "strides": layer.sides("strides", dims, kernel),
        "padding": layer.word("padding", "valid").upper(),
        "channels_first": layer.channels_first,
    }
    spatial(layer, run.shape(layer.x), dims)
    laws.pool(run, layer.call("", (layer.x,), layer.output, **window), kind)


def global_pool(run: Run, layer: Layer, dims: int, kind: str) -> None:
    """GlobalAveragePooling, GlobalMaxPooling."""
    shape = run.shape(layer.x)
    spatial(layer, shape, dims)
    channels = channel_axis(layer, len(shape))
    axes = tuple(axis for axis in range(1, len(shape)) if axis != channels)
    keep = layer.flag("keepdims", False)
    if keep:
        out = tuple(1 if axis in axes else side for axis, side in enumerate(shape))
    else:
        out = (shape[0], shape[channels])
    emit(run, layer, Reduce(kind, axes, keep), (layer.x,), out)


def adaptive_pool(run: Run, layer: Layer, dims: int, kind: str) -> None:
    """AdaptiveAveragePooling, AdaptiveMaxPooling."""
    shape = run.shape(layer.x)
    spatial(layer, shape, dims)
    size = layer.sides("output_size", dims, ())
    pooled = AdaptivePool(kind, size, channel_axis(layer, len(shape)))
    emit(run, layer, pooled, (layer.x,), with_sides(layer, shape, size))


def upsample(run: Run, layer: Layer, dims: int) -> None:
    """UpSampling by whole factors."""
    shape = run.shape(layer.x)
    factors = layer.sides("size", dims, 2)
    sides = [side * f for side, f in zip(spatial(layer, shape, dims), factors, strict=True)]
    kind = layer.word("interpolation", "nearest")
    out = with_sides(layer, shape, sides)
    emit(run, layer, Resize("linear" if kind == "bilinear" else kind), (layer.x,), out)


def resizing(run: Run, layer: Layer) -> None:
    """Resizing, and crops, to a height and a width."""
    shape = run.shape(layer.x)
    spatial(layer, shape, 2)
    out = with_sides(layer, shape, (layer.number("height"), layer.number("width")))
    emit(run, layer, Resize("linear"), (layer.x,), out)


def zero_padding(run: Run, layer: Layer, dims: int) -> None:
    """ZeroPadding."""
    _pad(run, layer, layer.pairs("padding", dims))


def cropping(run: Run, layer: Layer, dims: int) -> None:
    """Cropping."""
    crops = layer.pairs("cropping", dims)
    shape = run.shape(layer.x)
    sides = spatial(layer, shape, dims)
    kept = [side - sum(pair) for side, pair in zip(sides, crops, strict=True)]
    if min(kept) < 1:
        raise DscalcError(f"it crops {list(crops)} of {list(sides)}")
    starts = with_sides(layer, (0,) * len(shape), [pair[0] for pair in crops])
    cut = Slice(starts, (1,) * len(shape))
    emit(run, layer, cut, (layer.x,), with_sides(layer, shape, kept))


def _pad(run: Run, layer: Layer, pairs: Pads) -> None:
    shape = run.shape(layer.x)
    sides = [
        side + sum(p) for side, p in zip(spatial(layer, shape, len(pairs)), pairs, strict=True)
    ]
    none = (0, 0)
    pads = (none, none, *pairs) if layer.channels_first else (none, *pairs, none)
    emit(run, layer, Pad(pads), (layer.x,), with_sides(layer, shape, sides))


def join(run: Run, layer: Layer, kind: str) -> None:
    """Add, Multiply, Maximum, …: of maps, the shorter ones with more axes behind the batch."""
    shapes = [run.shape(name) for name in layer.inputs]
    if len(shapes) < 2:
        raise DscalcError(f"it joins {len(shapes)} maps")
    rank = max(map(len, shapes))
    names, full = [], []
    for i, (name, shape) in enumerate(zip(layer.inputs, shapes, strict=True)):
        if len(shape) < rank:
            shape = (*shape[:1], *(1,) * (rank - len(shape)), *shape[1:])
            name = flat(run, layer, name, shape, f"{i}")
        names.append(name)
        full.append(shape)
    emit(run, layer, Arithmetic(kind), names, broadcast(full))


def concat(run: Run, layer: Layer) -> None:
    """Concatenate."""
    shapes = [run.shape(name) for name in layer.inputs]
    if not shapes:
        raise DscalcError("it joins no maps")
    rank = len(shapes[0])
    axis = axis_of(integer(layer.config.get("axis", -1), "'axis'"), rank)
    if len({(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}) > 1:
        raise DscalcError(f"{', '.join(str(list(s)) for s in shapes[:4])} do not join at {axis}")
    out = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
    emit(run, layer, Concat(axis), layer.inputs, out)


def dot(run: Run, layer: Layer) -> None:
    """Dot: two maps contracted over an axis of each."""
    if len(layer.inputs) != 2:
        raise DscalcError(f"it takes {len(layer.inputs)} maps")
    a, b = (run.shape(name) for name in layer.inputs)
    axes = layer.config.get("axes")
    both = axes if isinstance(axes, list) else [axes, axes]
    if len(both) != 2:
        raise DscalcError(f"it contracts over {len(both)} axes")
    first = axis_of(integer(both[0], "'axes'"), len(a))
    second = axis_of(integer(both[1], "'axes'"), len(b))
    if a[first] != b[second] or 0 in (first, second):
        raise DscalcError(f"{list(a)} and {list(b)} do not contract over axes {first}, {second}")
    out = (*a[:first], *a[first + 1 :], *b[1:second], *b[second + 1 :])
    out = out if len(out) > 1 else (*out, 1)
    emit(run, layer, Matmul(a[first]), layer.inputs, out)


def reshape(run: Run, layer: Layer) -> None:
    """Reshape of all axes but the batch."""
    shape = run.shape(layer.x)
    target = layer.config.get("target_shape")
    sides = target if isinstance(target, list) else [target]
    numbers = [-1 if side is None else integer(side, "'target_shape'") for side in sides]
    put_shape(run, _call(layer), layer.x, (*shape[:1], *numbers))


def flatten(run: Run, layer: Layer) -> None:
    """Flatten of all axes but the batch."""
    shape = run.shape(layer.x)
    count = 1
    for side in shape[1:]:
        count *= side
    put_shape(run, _call(layer), layer.x, (*shape[:1], count))


def permute(run: Run, layer: Layer) -> None:
    """Permute of all axes but the batch, which are counted from 1."""
    shape = run.shape(layer.x)
    dims = sequence(layer.config.get("dims"), "'dims'")
    order = (0, *(integer(axis, "'dims'") for axis in dims))
    if sorted(order) != list(range(len(shape))):
        raise DscalcError(f"{list(order[1:])} is no order of the axes of {list(shape)}")
    emit(run, layer, Transpose(order), (layer.x,), tuple(shape[axis] for axis in order))


def repeat_vector(run: Run, layer: Layer) -> None:
    """RepeatVector: one vector at each of n positions."""
    shape, n = run.shape(layer.x), layer.number("n")
    if len(shape) != 2:
        raise DscalcError(f"it takes {list(shape)}, where 2 axes are expected")
    thin = flat(run, layer, layer.x, (shape[0], 1, shape[1]), "thin")
    emit(run, layer, Expand(), (thin,), (shape[0], n, shape[1]))


def scaled_sum(run: Run, layer: Layer) -> None:
    """Inception-ResNet's CustomScaleLayer: the first map and a fraction of the second."""
    join(run, layer, "add")


def _call(layer: Layer) -> Call:
    return layer.call("Reshape", layer.inputs, layer.output)


def folded(shape: Sides) -> Sides:
    """A map whose steps are examples: axis 1 goes into axis 0."""
    return (shape[0] * shape[1], *shape[2:])
