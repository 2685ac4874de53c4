"""Rules of ONNX operators that move numbers: other axes, other sides, other places."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.graph import MOST_AXES, Shape
from dscalc.models.kinds import (
    Concat,
    Expand,
    Opaque,
    Pad,
    Rearrange,
    Reshape,
    Slice,
    Split,
    Transpose,
)
from dscalc.models.onnx.call import Call, Made, Rule, whole
from dscalc.models.onnx.elementwise import axes_of, broadcast
from dscalc.models.onnx.values import slices, span


def constant_shape(call: Call) -> Made:
    sides = call.value(0).shape
    count = None if sides is None else len(span(call, sides))
    return call.made(Opaque("a shape"), (count,), 0)


def size(call: Call) -> Made:
    return call.made(Opaque("a number of elements"), (), 0)


def filled(call: Call) -> Made:
    return call.made(Opaque("one number everywhere"), call.numbers(0) or rank_only(call, 0))


def rank_only(call: Call, index: int) -> Shape | None:
    """Open sides, as many as a list of sides has numbers."""
    (count,) = call.known(index) if call.shape(index) != (None,) else (None,)
    if count is not None and count > MOST_AXES:
        raise DscalcError(f"a tensor of {count} axes")
    return None if count is None else (None,) * count


def counting(call: Call) -> Made:
    values = [call.value(i).values for i in range(3)]
    if any(value is None or not value for value in values):
        return call.made(Opaque("a range"), (None,))
    start, limit, step = (value[0] for value in values if value)
    if not step:
        raise DscalcError("a range in steps of 0")
    return call.made(Opaque("a range"), (max(0, -whole((start - limit) // step)),))


def reshape(call: Call) -> Made:
    source = call.value(0).shape
    target = call.wholes("shape") if call.opset < 5 else call.numbers(1)
    if target is None:
        return call.made(Reshape(), rank_only(call, 1), 0)
    return call.made(Reshape(), fill_in(call, source, target), 0)


def fill_in(call: Call, source: Shape | None, target: tuple[int, ...]) -> Shape:
    """The sides of a Reshape: 0 keeps that of the input, one -1 takes what is left."""
    sides: list[int | None] = list(target)
    if not call.whole("allowzero", 0):
        for axis, side in enumerate(target):
            if side == 0:
                sides[axis] = source[axis] if source and axis < len(source) else None
    rest = prod(side for side in sides if side is not None and side != -1)
    total = None if source is None or None in source else prod(call.known(0))
    if -1 in sides:
        known = total is not None and None not in sides and rest
        sides[sides.index(-1)] = total // rest if known and total is not None else None
    if total is not None and None not in sides and prod(s for s in sides if s is not None) != total:
        raise DscalcError(f"{list(source or ())} does not go into the shape {list(target)}")
    if any(side is not None and side < 0 for side in sides):
        raise DscalcError(f"{list(target)} is no shape")
    return tuple(sides)


def flatten(call: Call) -> Made:
    shape = call.shape(0)
    axis = call.whole("axis", 1)
    at = len(shape) if axis == len(shape) else call.axis(axis, len(shape))
    halves = [
        None if None in part else prod(call.known(0, part)) for part in (shape[:at], shape[at:])
    ]
    return call.made(Reshape(), tuple(halves), 0)


def squeeze(call: Call) -> Made:
    shape = call.shape(0)
    axes = axes_of(call, 1, 13)
    if axes is None:
        gone = {axis for axis, side in enumerate(call.known(0)) if side == 1}
    else:
        gone = {call.axis(axis, len(shape)) for axis in axes}
    if any(shape[axis] not in (1, None) for axis in gone):
        raise DscalcError(f"an axis of {list(shape)} to take away has more than one position")
    return call.made(Reshape(), tuple(s for i, s in enumerate(shape) if i not in gone), 0)


def unsqueeze(call: Call) -> Made:
    shape = call.shape(0)
    axes = axes_of(call, 1, 13)
    if axes is None:
        raise DscalcError("it says no axes")
    rank = len(shape) + len(axes)
    new = {call.axis(axis, rank) for axis in axes}
    if len(new) < len(axes):
        raise DscalcError(f"the axes {list(axes)} name one twice")
    rest = iter(shape)
    return call.made(Reshape(), tuple(1 if i in new else next(rest) for i in range(rank)), 0)


def transpose(call: Call) -> Made:
    rank = len(call.shape(0))
    order = call.wholes("perm") or tuple(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        raise DscalcError(f"{list(order)} is no order of {rank} axes")
    return call.made(Transpose(order), tuple(call.shape(0)[axis] for axis in order), 0)


def concat(call: Call) -> Made:
    shapes = [call.shape(i) for i in range(len(call.inputs))]
    if not shapes or len({len(shape) for shape in shapes}) > 1:
        raise DscalcError("inputs with different numbers of axes")
    axis = call.axis(call.whole("axis", 1), len(shapes[0]))
    sides = [shape[axis] for shape in shapes]
    total = None if None in sides else sum(side for side in sides if side is not None)
    others = broadcast(call, *((*shape[:axis], *shape[axis + 1 :]) for shape in shapes)) or ()
    return Made(Concat(axis), ((*others[:axis], total, *others[axis:]),), call.inputs)


def split(call: Call) -> Made:
    shape = call.known(0)
    axis = call.axis(call.whole("axis", 0), len(shape))
    sizes = call.wholes("split") if call.opset < 13 else call.numbers(1)
    if sizes is None:
        part = -(-shape[axis] // max(1, call.outputs))
        sizes = tuple(min(part, shape[axis] - part * i) for i in range(call.outputs))
    if len(sizes) != call.outputs or sum(sizes) != shape[axis] or min(sizes, default=0) < 0:
        raise DscalcError(f"{shape[axis]} does not split into {list(sizes)}")
    parts = tuple((*shape[:axis], size, *shape[axis + 1 :]) for size in sizes)
    return Made(Split(axis, sizes), parts, (call.value(0),))


def cut(call: Call) -> Made:
    if call.opset >= 10 and any(call.numbers(i) is None for i in (1, 2)):
        return call.made(Rearrange("slice"), (None,) * len(call.shape(0)), 0)
    begin, stride, count = slices(call)
    return call.made(Slice(tuple(begin), tuple(stride)), tuple(count), 0)


def gather(call: Call) -> Made:
    source, indices = call.shape(0), call.shape(1)
    axis = call.axis(call.whole("axis", 0), len(source))
    shape = (*source[:axis], *indices, *source[axis + 1 :])
    return call.made(Rearrange("gather"), shape, 0, 1)


def gather_nd(call: Call) -> Made:
    source, indices = call.shape(0), call.known(1)
    batch = call.whole("batch_dims", 0)
    if not indices or not 0 < indices[-1] + batch <= len(source):
        raise DscalcError(f"indices of the shape {list(indices)} into {list(source)}")
    shape = (*indices[:-1], *source[batch + indices[-1] :])
    return call.made(Rearrange("gather"), shape, 0, 1)


def like_second(call: Call) -> Made:
    return call.made(Rearrange("gather"), call.shape(1), 0, 1)


def scatter(call: Call) -> Made:
    return Made(Rearrange("scatter"), (call.value(0).shape,), call.inputs)


def rearranged(call: Call) -> Made:
    return call.made(Rearrange(call.op.lower()), call.value(0).shape, 0)


def pad(call: Call) -> Made:
    shape = call.shape(0)
    pads = call.wholes("pads") if call.opset < 11 else call.numbers(1)
    if pads is None:
        raise DscalcError("how much it pads depends on numbers that only a run has")
    axes = call.numbers(3) if call.has(3) else tuple(range(len(shape)))
    if axes is None or len(pads) != 2 * len(axes):
        raise DscalcError(f"{len(pads)} pads for {len(shape)} axes")
    pairs = [(0, 0)] * len(shape)
    for i, axis in enumerate(axes):
        pairs[call.axis(axis, len(shape))] = (pads[i], pads[i + len(axes)])
    sides = [None if s is None else s + sum(p) for s, p in zip(shape, pairs, strict=True)]
    if any(side is not None and side < 0 for side in sides):
        raise DscalcError(f"pads {list(pads)} cut more than {list(shape)} has")
    return call.made(Pad(tuple(pairs)), tuple(sides), 0)


def expand(call: Call) -> Made:
    target = call.numbers(1)
    shape = None if target is None else broadcast(call, call.value(0).shape, target)
    return call.made(Expand(), shape or (rank_only(call, 1) if target is None else ()), 0)


def tile(call: Call) -> Made:
    shape, times = call.shape(0), call.numbers(1)
    if times is None:
        return call.made(Expand(), (None,) * len(shape), 0)
    if len(times) != len(shape) or min(times, default=0) < 0:
        raise DscalcError(f"{list(times)} copies of {list(shape)}")
    sides = [None if s is None else s * t for s, t in zip(shape, times, strict=True)]
    return call.made(Expand(), tuple(sides), 0)


def top_k(call: Call) -> Made:
    shape = list(call.shape(0))
    count = (call.whole("k", 1),) if call.opset < 10 else call.numbers(1)
    shape[call.axis(call.whole("axis", -1), len(shape))] = count[0] if count else None
    return Made(Opaque("the largest are chosen"), (tuple(shape),) * 2, (call.value(0),))


def one_hot(call: Call) -> Made:
    shape = list(call.shape(0))
    depth = call.numbers(1)
    axis = call.axis(call.whole("axis", -1), len(shape) + 1)
    shape.insert(axis, depth[0] if depth else None)
    return call.made(Opaque("numbers as ones and zeros"), tuple(shape), 0)


def chosen_boxes(call: Call) -> Made:
    return call.made(Opaque("boxes are chosen"), (None, 3), 0, 1)


def non_zero(call: Call) -> Made:
    return call.made(Opaque("places of what is not zero"), (len(call.shape(0)), None), 0)


def compress(call: Call) -> Made:
    shape = list(call.shape(0))
    if "axis" not in call.attributes:
        return call.made(Opaque("numbers are chosen"), (None,), 0)
    shape[call.axis(call.whole("axis", 0), len(shape))] = None
    return call.made(Opaque("numbers are chosen"), tuple(shape), 0)


def fourier(call: Call) -> Made:
    """DFT [..., n, 1 or 2] → [..., bins, 2]; it multiplies by fixed numbers, not by weights."""
    shape = list(call.shape(0))
    given = call.numbers(2) if call.opset >= 20 else (call.whole("axis", 1),)
    axis = call.axis(given[0] if given else -2, len(shape))
    length = call.numbers(1)
    side = length[0] if length else shape[axis]
    one_sided = call.whole("onesided", 0) and side is not None
    shape[axis] = side // 2 + 1 if one_sided and side is not None else side
    one_sided_inverse = one_sided and call.whole("inverse", 0)
    if one_sided_inverse:
        raise DscalcError("a one-sided inverse transform is not read")
    shape[-1] = 2
    return call.made(Opaque("a Fourier transform, which has no weights"), tuple(shape), 0)


def short_fourier(call: Call) -> Made:
    """STFT: signal [batch, length, 1], step, window, frame length → [batch, frames, bins, 2]."""
    batch, length, *_ = call.known(0)
    step, frame = call.numbers(1), call.numbers(3)
    width = frame[0] if frame else call.known(2)[0]
    if not step or step[0] < 1 or width > length:
        raise DscalcError("how far its frames are apart depends on numbers that only a run has")
    bins = width // 2 + 1 if call.whole("onesided", 1) else width
    shape = (batch, (length - width) // step[0] + 1, bins, 2)
    return call.made(Opaque("a Fourier transform, which has no weights"), shape, 0)


RULES: dict[str, Rule] = {
    "Shape": constant_shape,
    "Size": size,
    "ConstantOfShape": filled,
    "Range": counting,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Concat": concat,
    "Split": split,
    "Slice": cut,
    "Gather": gather,
    "GatherND": gather_nd,
    "GatherElements": like_second,
    **dict.fromkeys(("ScatterND", "ScatterElements", "Scatter"), scatter),
    **dict.fromkeys(("ReverseSequence", "Trilu"), rearranged),
    "Pad": pad,
    "Expand": expand,
    "Tile": tile,
    "TopK": top_k,
    "OneHot": one_hot,
    "NonMaxSuppression": chosen_boxes,
    "NonZero": non_zero,
    "Compress": compress,
    "DFT": fourier,
    "STFT": short_fourier,
}
