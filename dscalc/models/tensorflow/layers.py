"""What TensorFlow's operators with weights and windows do to shapes, and which layers they are.

Each function takes a run and a call whose inputs are known and makes the call's outputs. The
readers have brought attributes to one form: `strides` and `dilations` with one number a spatial
axis, `padding` "SAME", "VALID" or pairs of positions, `channels_first`, and `filter`, the axes of
the weights as letters (D, H, W spatial, I and O channels in and out).
"""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.law.window import same_pad
from dscalc.models.kinds import (
    Activation,
    Arithmetic,
    Conv,
    ConvTranspose,
    DepthToSpace,
    Norm,
    Pads,
    Pool,
    Rearrange,
    Resize,
    Softmax,
    SpaceToDepth,
)
from dscalc.models.tensorflow.numbers import broadcast
from dscalc.models.tensorflow.products import flatten
from dscalc.models.tensorflow.run import Call, Run, Sides, exactly, take, weights_of


def conv(run: Run, call: Call) -> None:
    """A convolution in 1 to 3 dimensions: x, weights, and a bias where there is one."""
    x, weights = run.shape(take(call, 0)), weights_of(run, call, 1)
    kernel, taken, made = _filter(call, weights, len(x))
    axis = _channel_axis(call, len(x))
    if taken == 0 or x[axis] % taken or made % max(1, x[axis] // taken):
        raise DscalcError(f"weights {list(weights)} do not fit {x[axis]} channels")
    _convolve(run, call, kernel, x[axis] // taken, made)


def depthwise(run: Run, call: Call) -> None:
    """A depthwise convolution: each channel by itself, its multiplier the last of the weights."""
    x, weights = run.shape(take(call, 0)), weights_of(run, call, 1)
    kernel, taken, multiplier = _filter(call, weights, len(x))
    channels = x[_channel_axis(call, len(x))]
    # TFLite: 1, kernel, channels × multiplier; TensorFlow: kernel, channels, multiplier.
    expected = 1 if call.attributes.get("filter") == "IHWO" else channels
    made = taken * multiplier
    if not channels or made % channels or taken != expected:
        raise DscalcError(f"weights {list(weights)} do not fit {channels} channels")
    _convolve(run, call, kernel, channels, made)


def _convolve(run: Run, call: Call, kernel: Sides, groups: int, made: int) -> None:
    x = run.shape(call.inputs[0])
    axis = _channel_axis(call, len(x))
    stride, dilation, pads, same, sides = window_of(call, x, kernel)
    shape = [x[0], *sides]
    shape.insert(axis, made)
    kind = Conv(kernel, stride, pads, dilation, groups, axis, same)
    run.emit(call, kind, _with_bias(run, call, made), (tuple(shape),))


def _with_bias(run: Run, call: Call, made: int) -> tuple[str, ...]:
    """x, weights and the bias, which has a number for each channel that is made."""
    inputs = tuple(name for name in call.inputs[:3] if name)
    if len(inputs) == 3 and prod(weights_of(run, call, 2)) != made:
        raise DscalcError(f"a bias of shape {list(run.shape(inputs[2]))} for {made} channels")
    return inputs


def _channel_axis(call: Call, rank: int) -> int:
    if rank < 3:
        raise DscalcError(f"it slides over a map of {rank} axes")
    return 1 if call.attributes.get("channels_first") else rank - 1


def _filter(call: Call, weights: Sides, rank: int) -> tuple[Sides, int, int]:
    """The kernel's sides and the channels that weights take and make."""
    letters = str(call.attributes.get("filter", "HWIO"))
    if len(weights) != len(letters) or len(weights) != rank:
        raise DscalcError(f"weights of shape {list(weights)} over a map of {rank} axes")
    sides = dict(zip(letters, weights, strict=True))
    kernel = tuple(side for letter, side in zip(letters, weights, strict=True) if letter in "DHW")
    if 0 in kernel:
        raise DscalcError(f"weights of shape {list(weights)} have no positions")
    return kernel, sides["I"], sides["O"]


def window_of(call: Call, x: Sides, kernel: Sides) -> tuple[Sides, Sides, Pads, bool, Sides]:
    """Stride, dilation, pads, whether SAME, and the sides that a window leaves of a map."""
    axis, count = _channel_axis(call, len(x)), len(x) - 2
    spatial = tuple(side for i, side in enumerate(x) if i not in (0, axis))
    stride, dilation = call.integers("strides", count), call.integers("dilations", count)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    same = call.attributes.get("padding") == "SAME"
    if same:
        sides = tuple(-(-side // s) for side, s in zip(spatial, stride, strict=True))
        lacks = [same_pad(*window) for window in zip(spatial, spans, stride, strict=True)]
        return stride, dilation, tuple((n // 2, n - n // 2) for n in lacks), same, sides
    pads = explicit(call, count)
    room = [side + sum(pair) for side, pair in zip(spatial, pads, strict=True)]
    if any(span > side for span, side in zip(spans, room, strict=True)):
        raise DscalcError(f"a window of {spans} is larger than a map of {list(spatial)}")
    sides = tuple((side - span) // s + 1 for side, span, s in zip(room, spans, stride, strict=True))
    return stride, dilation, pads, same, sides


def explicit(call: Call, count: int) -> Pads:
    """The pads of VALID (none) or those that are given."""
    padding = call.attributes.get("padding", "VALID")
    if padding == "VALID":
        return ((0, 0),) * count
    if isinstance(padding, str):
        raise DscalcError(f"its padding is {padding!r}; SAME, VALID or numbers are read")
    if len(padding) != count or any(min(pair) < 0 for pair in padding):
        raise DscalcError(f"its padding is {padding}")
    return tuple((before, behind) for before, behind in padding)


def conv_transpose(run: Run, call: Call) -> None:
    """A transposed convolution: output shape, weights, x, bias; the shape may follow instead."""
    weights, x = weights_of(run, call, 1), run.shape(take(call, 2))
    kernel, taken, made = _filter(call, weights, len(x))
    axis, count = _channel_axis(call, len(x)), len(x) - 2
    if taken == 0 or x[axis] != taken:
        raise DscalcError(f"weights {list(weights)} do not fit {x[axis]} channels")
    spatial = tuple(side for i, side in enumerate(x) if i not in (0, axis))
    stride, dilation = call.integers("strides", count), call.integers("dilations", count)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    same = call.attributes.get("padding") == "SAME"
    target = run.value(call.inputs[0])
    if target is not None and None not in target:
        shape = tuple(side for side in target if side is not None)
        sides = tuple(
            s for i, s in enumerate(exactly(shape, len(x), "output shape")) if i not in (0, axis)
        )
    else:
        sides = tuple(
            side * s if same else (side - 1) * s + span
            for side, s, span in zip(spatial, stride, spans, strict=True)
        )
    if same:
        steps = tuple(-(-side // s) for side, s in zip(sides, stride, strict=True))
    else:
        steps = tuple(
            (side - span) // s + 1 for side, span, s in zip(sides, spans, stride, strict=True)
        )
    if steps != spatial:
        raise DscalcError(f"a map of {list(spatial)} does not come of one of {list(sides)}")
    pads, more = _cut_off(sides, spatial, stride, spans, same)
    full = [x[0], *sides]
    full.insert(axis, made)
    kind = ConvTranspose(kernel, stride, pads, dilation, 1, axis, more)
    moved = call._replace(inputs=(call.inputs[2], call.inputs[1], *call.inputs[3:4]))
    run.emit(moved, kind, _with_bias(run, moved, made), (tuple(full),))


def _cut_off(
    sides: Sides, spatial: Sides, stride: Sides, spans: list[int], same: bool
) -> tuple[Pads, Sides]:
    """What is cut off the output of a transposed convolution, and what is put behind it."""
    pads, more = [], []
    for out, side, s, span in zip(sides, spatial, stride, spans, strict=True):
        surplus = (side - 1) * s + span - out
        before = max(0, surplus) // 2 if same else 0
        pads.append((before, max(0, surplus) - before))
        more.append(max(0, -surplus))
    return tuple(pads), tuple(more)


def conv_transpose_bias(run: Run, call: Call) -> None:
    """MediaPipe's: x, weights and bias, the output's shape out of the stride alone."""
    conv_transpose(run, call._replace(inputs=("", take(call, 1), take(call, 0), *call.inputs[2:3])))


def pool(run: Run, call: Call, kind: str) -> None:
    """The largest, or the mean, of each window."""
    x = run.shape(take(call, 0))
    axis = _channel_axis(call, len(x))
    kernel = call.integers("kernel", len(x) - 2)
    stride, _, pads, same, sides = window_of(call, x, kernel)
    shape = [x[0], *sides]
    shape.insert(axis, x[axis])
    kept = Pool(kind, kernel, stride, pads, axis, (), False, same)
    rest = [tuple(shape)] * len(call.outputs[:2])
    run.emit(call, kept, call.inputs[:1], rest)


def bias_add(run: Run, call: Call) -> None:
    """A number for each channel, added."""
    x, bias = run.shape(take(call, 0)), run.shape(take(call, 1))
    name = call.inputs[1]
    if call.attributes.get("channels_first") and len(x) > 2:
        bias = (*bias, *(1,) * (len(x) - 2))
        name = flatten(run, call, name, bias)
    run.emit(call, Arithmetic("add"), (call.inputs[0], name), (broadcast([x, bias]),))


def batch_norm(run: Run, call: Call) -> None:
    """A batch norm as it is run: x, scale, shift, mean, variance; statistics are outputs, too."""
    x = run.shape(take(call, 0))
    axis = _channel_axis(call, len(x))
    for index in range(1, 5):
        if run.shape(take(call, index)) not in ((x[axis],), (0,)):
            raise DscalcError(
                f"'{call.inputs[index]}' has not one number for each of {x[axis]} channels"
            )
    first = call._replace(outputs=call.outputs[:1])
    run.emit(first, Norm("batch", axis), call.inputs[:5], (x,))
    for output in call.outputs[1:]:
        run.make_number(output, (x[axis],), None)


def norm(run: Run, call: Call, kind: str) -> None:
    """The last axis by its length, or by that of its neighbours."""
    x = run.shape(take(call, 0))
    run.emit(call, Norm(kind, max(0, len(x) - 1)), call.inputs[:1], (x,))


def activation(run: Run, call: Call, kind: str) -> None:
    """A function of each number by itself."""
    source = take(call, 0)
    values = run.value(source) if kind == "negate" else None
    run.emit(call, Activation(kind), (source,), (run.open_shape(source),))
    if values is not None:
        run.keep(call.outputs[0], tuple(None if value is None else -value for value in values))


def prelu(run: Run, call: Call) -> None:
    """A stored slope below zero."""
    x, slope = run.shape(take(call, 0)), weights_of(run, call, 1)
    run.emit(call, Activation("prelu"), call.inputs[:2], (broadcast([x, slope]),))


def softmax(run: Run, call: Call) -> None:
    """Softmax over the last axis."""
    x = run.open_shape(take(call, 0))
    run.emit(call, Softmax(max(0, len(x) - 1)), call.inputs[:1], (x,))


def resize(run: Run, call: Call, kind: str) -> None:
    """A map at the sides that the second input says."""
    x = run.shape(take(call, 0))
    height, width = exactly(run.known(take(call, 1), "sides"), 2, "sides")
    if len(x) != 4:
        raise DscalcError(f"it resizes a map of {len(x)} axes")
    run.emit(call, Resize(kind), call.inputs[:1], ((x[0], height, width, x[3]),))


def depth_to_space(run: Run, call: Call) -> None:
    """Channels become positions."""
    x, factor = _blocks(run, call)
    if x[3] % factor**2:
        raise DscalcError(f"{x[3]} channels do not divide into {factor}×{factor} positions")
    shape = (x[0], x[1] * factor, x[2] * factor, x[3] // factor**2)
    run.emit(call, DepthToSpace(factor, 3), call.inputs[:1], (shape,))


def space_to_depth(run: Run, call: Call) -> None:
    """Positions become channels."""
    x, factor = _blocks(run, call)
    if x[1] % factor or x[2] % factor:
        raise DscalcError(f"{x[1]}×{x[2]} positions do not divide by {factor}")
    shape = (x[0], x[1] // factor, x[2] // factor, x[3] * factor**2)
    run.emit(call, SpaceToDepth(factor, 3), call.inputs[:1], (shape,))


def _blocks(run: Run, call: Call) -> tuple[Sides, int]:
    x, (factor,) = run.shape(take(call, 0)), call.integers("block", 1)
    if len(x) != 4 or call.attributes.get("channels_first"):
        raise DscalcError("it is read for maps of 4 axes, channels last")
    return x, factor


def space_to_batch(run: Run, call: Call) -> None:
    """Positions become examples: how a dilated convolution was written once."""
    x, blocks, pads = _batches(run, call)
    room = [side + before + behind for side, (before, behind) in zip(x[1:], pads, strict=False)]
    if any(side % block for side, block in zip(room, blocks, strict=True)):
        raise DscalcError(f"{room} positions do not divide by {list(blocks)}")
    sides = [side // block for side, block in zip(room, blocks, strict=True)]
    shape = (x[0] * prod(blocks), *sides, *x[1 + len(blocks) :])
    run.emit(call, Rearrange("space to batch"), call.inputs[:1], (shape,))


def batch_to_space(run: Run, call: Call) -> None:
    """Examples become positions again."""
    x, blocks, crops = _batches(run, call)
    if x[0] % prod(blocks):
        raise DscalcError(f"{x[0]} examples do not divide by {list(blocks)}")
    sides = [
        side * block - before - behind
        for side, block, (before, behind) in zip(x[1:], blocks, crops, strict=False)
    ]
    shape = (x[0] // prod(blocks), *sides, *x[1 + len(blocks) :])
    run.emit(call, Rearrange("batch to space"), call.inputs[:1], (shape,))


def _batches(run: Run, call: Call) -> tuple[Sides, Sides, list[tuple[int, int]]]:
    x, blocks = run.shape(take(call, 0)), run.known(take(call, 1), "blocks")
    flat = exactly(run.known(take(call, 2), "paddings"), 2 * len(blocks), "paddings")
    if len(blocks) >= len(x) or any(block < 1 for block in blocks) or any(n < 0 for n in flat):
        raise DscalcError(f"blocks of {list(blocks)} in a map of {list(x)}")
    return x, blocks, list(zip(flat[::2], flat[1::2], strict=True))


def crop_and_resize(run: Run, call: Call) -> None:
    """Boxes of a map at one size."""
    x, boxes = run.shape(take(call, 0)), run.open_shape(take(call, 1))
    height, width = exactly(run.known(take(call, 3), "sides"), 2, "sides")
    if len(x) != 4 or not boxes:
        raise DscalcError(f"it crops boxes out of a map of {len(x)} axes")
    run.emit(call, Resize("linear"), call.inputs[:2], ((boxes[0], height, width, x[3]),))
