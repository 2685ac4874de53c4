"""What TensorFlow's operators without weights do to shapes and to small whole numbers.

Each function takes a run and a call whose inputs are known and makes the call's outputs.
The meanings: https://www.tensorflow.org/api_docs/python/tf/raw_ops.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from dscalc.errors import DscalcError
from dscalc.models.graph import (
    Arithmetic,
    Concat,
    Expand,
    Opaque,
    Pad,
    Rearrange,
    Reduce,
    Reshape,
    Shape,
    Slice,
    Split,
    Transpose,
)
from dscalc.models.tf_run import MOST_VALUES, Call, Run, Sides, Values, axis_of


def take(call: Call, index: int) -> str:
    """The name of an input that the call must have."""
    if index >= len(call.inputs) or not call.inputs[index]:
        raise DscalcError(f"it has {len(call.inputs)} inputs, and input {index} is missing")
    return call.inputs[index]


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape that these broadcast to, as in numpy; DscalcError where they do not."""
    rank = max(map(len, shapes))
    sides: list[int | None] = []
    for i in range(rank):
        column = {shape[i - rank] for shape in shapes if i - rank >= -len(shape)}
        known = {side for side in column if side not in (None, 1)}
        if len(known) > 1:
            raise DscalcError(f"{' and '.join(str(list(s)) for s in shapes)} do not broadcast")
        sides.append(known.pop() if known else (None if None in column else 1))
    return tuple(sides)


_ON_NUMBERS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a // b if b and a % b == 0 else None,
    "floor_divide": lambda a, b: a // b if b else None,
    "remainder": lambda a, b: a % b if b else None,
    "maximum": max,
    "minimum": min,
}


def arithmetic(run: Run, call: Call, kind: str) -> None:
    """Numbers by numbers, of inputs that broadcast."""
    shape = broadcast([run.open_shape(name) for name in call.inputs or ("",)])
    values = _arithmetic_values(run, call, kind)
    run.emit(call, Arithmetic(kind), call.inputs, (shape,))
    run.keep(call.outputs[0], values)


def _arithmetic_values(run: Run, call: Call, kind: str) -> Values | None:
    if kind not in _ON_NUMBERS or len(call.inputs) != 2:
        return None
    a, b = (run.value(name) for name in call.inputs)
    if a is None or b is None or max(len(run.open_shape(name)) for name in call.inputs) > 1:
        return None
    if len(a) != len(b):
        if 1 not in (len(a), len(b)):
            return None
        a, b = a * len(b) if len(a) == 1 else a, b * len(a) if len(b) == 1 else b
    pairs = zip(a, b, strict=True)
    return tuple(
        None if x is None or y is None else _ON_NUMBERS[kind](x, y) for x, y in pairs
    )


def reshape(run: Run, call: Call) -> None:
    """Another shape for the same numbers: an input or an attribute `shape`, -1 for one side."""
    source = take(call, 0)
    if len(call.inputs) > 1 and call.inputs[1]:
        target = run.value(call.inputs[1])
    else:
        target = tuple(call.attributes.get("shape") or ()) or None
    told = run.told.get(run.output(call))
    if target is None and len(call.inputs) < 2 and told is None:
        target = ()
    if target is None or None in target:
        if told is None or None in told:
            raise DscalcError("the shape that it gives is known only in a run")
        target = told
    put_shape(run, call, source, tuple(side for side in target if side is not None))


def put_shape(run: Run, call: Call, source: str, target: Sides) -> None:
    """The numbers of `source` under the shape `target`, in which one side may be -1."""
    count = prod(run.shape(source))
    if any(side < -1 for side in target) or target.count(-1) > 1:
        raise DscalcError(f"{list(target)} is no shape")
    rest = prod(side for side in target if side != -1)
    if -1 in target:
        if rest == 0 or count % rest:
            raise DscalcError(f"{count} numbers do not fill the shape {list(target)}")
        target = tuple(count // rest if side == -1 else side for side in target)
    elif rest != count:
        raise DscalcError(f"{count} numbers do not fill the shape {list(target)}")
    values = run.value(source)
    run.reorder(call, Reshape(), source, target)
    run.keep(call.outputs[0], values)


def squeeze(run: Run, call: Call) -> None:
    """Axes with one position go: those named, or all of them."""
    shape = run.shape(take(call, 0))
    axes = {axis_of(axis, len(shape)) for axis in call.attributes.get("axes") or ()}
    if not axes:
        axes = {axis for axis, side in enumerate(shape) if side == 1}
    if any(shape[axis] != 1 for axis in axes):
        raise DscalcError(f"axes {sorted(axes)} of {list(shape)} have more than one position")
    put_shape(run, call, call.inputs[0], tuple(s for i, s in enumerate(shape) if i not in axes))


def expand_dims(run: Run, call: Call) -> None:
    """One more axis, where the second input says."""
    shape = run.shape(take(call, 0))
    (axis,) = exactly(run.known(take(call, 1), "axes"), 1, "axis")
    axis = axis_of(axis, len(shape) + 1)
    put_shape(run, call, call.inputs[0], (*shape[:axis], 1, *shape[axis:]))


def exactly(values: Sides, count: int, what: str) -> Sides:
    """The values, if they are so many."""
    if len(values) != count:
        raise DscalcError(f"{len(values)} numbers for its {what}, where {count} belong")
    return values


def concat(run: Run, call: Call) -> None:
    """Inputs one behind the other on the attribute `axis`; stored ones alone stay stored."""
    join(run, call, call.inputs, call.integer("axis"))


def join(run: Run, call: Call, inputs: Sequence[str], axis: int) -> None:
    """What `concat` does, for inputs and an axis that are given."""
    shapes = [run.open_shape(name) for name in inputs or ("",)]
    rank = len(shapes[0])
    axis = axis_of(axis, rank)
    rests = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if any(len(shape) != rank for shape in shapes) or len(rests) > 1:
        raise DscalcError(f"{', '.join(str(list(s)) for s in shapes[:4])} do not join at {axis}")
    sides = [shape[axis] for shape in shapes]
    side = None if None in sides else sum(side for side in sides if side is not None)
    values = [run.value(name) for name in inputs] if rank == 1 else [None]
    known = [value for value in values if value is not None]
    run.emit(call, Concat(axis), inputs, ((*shapes[0][:axis], side, *shapes[0][axis + 1 :]),))
    if len(known) == len(values):
        run.keep(call.outputs[0], tuple(value for part in known for value in part))


def pack(run: Run, call: Call) -> None:
    """Inputs of one shape side by side on a new axis."""
    shapes = {run.shape(name) for name in call.inputs or ("",)}
    if len(shapes) != 1:
        raise DscalcError(f"it stacks tensors of {len(shapes)} shapes")
    shape = shapes.pop()
    axis = axis_of(call.integer("axis", 0), len(shape) + 1)
    thin = (*shape[:axis], 1, *shape[axis:])
    values = [run.value(name) for name in call.inputs]
    parts = [_reshaped(run, call, name, thin, f"→{i}") for i, name in enumerate(call.inputs)]
    join(run, call, parts, axis)
    if not shape and None not in values:
        run.keep(call.outputs[0], tuple(value[0] for value in values if value))


def _reshaped(run: Run, call: Call, name: str, shape: Sides, part: str) -> str:
    """The name of a tensor's numbers under another shape, inside of a call."""
    output = f"{call.outputs[0] if call.outputs else call.name}{part}"
    put_shape(run, call._replace(inputs=(name,), outputs=(output,)), name, shape)
    return output


def unpack(run: Run, call: Call) -> None:
    """The positions of an axis as tensors of their own."""
    source = take(call, 0)
    shape = run.shape(source)
    axis = axis_of(call.integer("axis", 0), len(shape))
    if shape[axis] != len(call.outputs):
        raise DscalcError(f"it takes {shape[axis]} positions apart into {len(call.outputs)}")
    thin = tuple(f"{name}→thin" for name in call.outputs)
    parts = call._replace(outputs=thin)
    cut(run, parts, source, axis, (1,) * len(thin))
    values = run.value(source) if len(shape) == 1 else None
    for i, (part, output) in enumerate(zip(thin, call.outputs, strict=True)):
        one = call._replace(inputs=(part,), outputs=(output,))
        put_shape(run, one, part, (*shape[:axis], *shape[axis + 1 :]))
        if values is not None and i < len(values):
            run.keep(output, (values[i],))


def cut(run: Run, call: Call, source: str, axis: int, sizes: Sides) -> None:
    """A tensor in parts of `sizes` on an axis, of which one may be -1, the rest."""
    shape = run.shape(source)
    axis = axis_of(axis, len(shape))
    if sizes.count(-1) == 1:
        rest = shape[axis] - sum(size for size in sizes if size != -1)
        sizes = tuple(rest if size == -1 else size for size in sizes)
    if any(size < 0 for size in sizes) or sum(sizes) != shape[axis]:
        raise DscalcError(f"parts of {list(sizes)[:20]} do not make up {shape[axis]}")
    shapes = [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]
    run.emit(call, Split(axis, sizes), (source,), shapes)


def split(run: Run, call: Call) -> None:
    """Equal parts; the first input is the axis."""
    (axis,) = exactly(run.known(take(call, 0), "axis"), 1, "axis")
    shape = run.shape(take(call, 1))
    axis, count = axis_of(axis, len(shape)), len(call.outputs)
    if not count or shape[axis] % count:
        raise DscalcError(f"{shape[axis]} does not divide into {count} parts")
    cut(run, call, call.inputs[1], axis, (shape[axis] // count,) * count)


def split_v(run: Run, call: Call) -> None:
    """Parts of sizes that the second input says, on the axis that the third says."""
    sizes = run.known(take(call, 1), "sizes")
    (axis,) = exactly(run.known(take(call, 2), "axis"), 1, "axis")
    cut(run, call, take(call, 0), axis, sizes)


def slice_(run: Run, call: Call) -> None:
    """A box of a tensor: where it begins and its size, -1 for all the rest."""
    shape = run.shape(take(call, 0))
    rank = len(shape)
    begin = exactly(run.known(take(call, 1), "starts"), rank, "starts")
    size = exactly(run.known(take(call, 2), "sizes"), rank, "sizes")
    sides = tuple(
        side - start if extent == -1 else extent
        for side, start, extent in zip(shape, begin, size, strict=True)
    )
    for side, start, extent in zip(shape, begin, sides, strict=True):
        if start < 0 or extent < 0 or start + extent > side:
            raise DscalcError(f"{extent} positions from {start} are not in an axis of {side}")
    values = run.value(call.inputs[0]) if rank == 1 else None
    run.emit(call, Slice(begin, (1,) * rank), call.inputs[:1], (sides,))
    if values is not None:
        run.keep(call.outputs[0], values[begin[0] : begin[0] + sides[0]])


def strided_slice(run: Run, call: Call) -> None:
    """Python's slices on every axis, with the masks of TensorFlow's operator."""
    source = take(call, 0)
    shape = run.shape(source)
    ranges, kept = _ranges(run, call, shape)
    values = run.value(source) if len(shape) == 1 else None
    if values is not None:
        values = tuple(values[i] for i in ranges[0])
    starts = tuple(r.start for r in ranges)
    steps = tuple(r.step for r in ranges)
    boxed = tuple(len(r) for r in ranges)
    if boxed == kept:
        run.emit(call, Slice(starts, steps), (source,), (boxed,))
    else:
        output = f"{run.output(call)}→slice"
        part = call._replace(outputs=(output,))
        run.emit(part, Slice(starts, steps), (source,), (boxed,))
        put_shape(run, call, output, kept)
    run.keep(call.outputs[0], values)


def _ranges(run: Run, call: Call, shape: Sides) -> tuple[list[range], Sides]:
    """The positions taken of each axis, and the shape that is left in the end."""
    begin, end, steps = (run.known(take(call, i), "bounds") for i in (1, 2, 3))
    masks = {key: call.integer(f"{key}_mask", 0) for key in _MASKS}
    count = len(begin)
    if len(end) != count or len(steps) != count:
        raise DscalcError("its starts, ends and steps are not equally many")
    ellipses = [i for i in range(count) if masks["ellipsis"] >> i & 1]
    if len(ellipses) > 1:
        raise DscalcError("it has more than one ellipsis")
    given = sum(1 for i in range(count) if i not in ellipses and not masks["new_axis"] >> i & 1)
    ranges: list[range] = []
    kept: list[int] = []
    for i in range(count):
        if i in ellipses:
            free = range(len(ranges), len(ranges) + len(shape) - given)
            ranges += [range(shape[axis]) for axis in free if axis < len(shape)]
            kept += [shape[axis] for axis in free if axis < len(shape)]
        elif masks["new_axis"] >> i & 1:
            kept.append(1)
        else:
            if len(ranges) >= len(shape):
                raise DscalcError(f"it slices more axes than {list(shape)} has")
            side = shape[len(ranges)]
            taken = _positions(side, begin[i], end[i], steps[i], i, masks, call)
            ranges.append(taken)
            if not masks["shrink_axis"] >> i & 1:
                kept.append(len(taken))
    rest = shape[len(ranges) :]
    return [*ranges, *map(range, rest)], (*kept, *rest)


_MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def _positions(
    side: int, begin: int, end: int, step: int, i: int, masks: dict[str, int], call: Call
) -> range:
    if masks["shrink_axis"] >> i & 1:
        if not -side <= begin < side:
            raise DscalcError(f"position {begin} of an axis that has {side}")
        start = begin % side
        return range(start, start + 1)
    if step == 0:
        raise DscalcError("it slices in steps of 0")
    if call.attributes.get("offset"):
        end += begin
    first = None if masks["begin"] >> i & 1 else begin
    last = None if masks["end"] >> i & 1 else end
    return range(*slice(first, last, step).indices(side))


def gather(run: Run, call: Call) -> None:
    """Positions of an axis by number; rows of a stored table are `tf_layers.gather`'s."""
    table, indices = run.shape(take(call, 0)), run.shape(take(call, 1))
    axis = axis_of(call.integer("axis", 0), len(table))
    batch = call.integer("batch_dims", 0)
    if not 0 <= batch <= min(axis, len(indices)):
        raise DscalcError(f"{batch} batch axes of a gather on axis {axis}")
    values, places = run.value(call.inputs[0]), run.value(call.inputs[1])
    shape = (*table[:axis], *indices[batch:], *table[axis + 1 :])
    run.emit(call, Rearrange("gather"), call.inputs[:2], (shape,))
    if len(table) == 1 and values is not None and places is not None and None not in places:
        at = [place for place in places if place is not None and -len(values) <= place < len(values)]
        if len(at) == len(places):
            run.keep(call.outputs[0], tuple(values[place] for place in at))


def gather_nd(run: Run, call: Call) -> None:
    """Entries of a tensor by their places."""
    shape, places = run.shape(take(call, 0)), run.shape(take(call, 1))
    if not places or places[-1] > len(shape):
        raise DscalcError(f"places of shape {list(places)} in a tensor of shape {list(shape)}")
    sides = (*places[:-1], *shape[places[-1] :])
    run.emit(call, Rearrange("gather"), call.inputs[:2], (sides,))


def pad(run: Run, call: Call) -> None:
    """Positions before and behind, a pair for each axis in the second input."""
    shape = run.shape(take(call, 0))
    flat = exactly(run.known(take(call, 1), "paddings"), 2 * len(shape), "paddings")
    pads = tuple(zip(flat[::2], flat[1::2], strict=True))
    if any(before < 0 or behind < 0 for before, behind in pads):
        raise DscalcError(f"paddings of {list(pads)}")
    sides = tuple(side + sum(pair) for side, pair in zip(shape, pads, strict=True))
    run.emit(call, Pad(pads), call.inputs[:1], (sides,))


def tile(run: Run, call: Call) -> None:
    """A tensor repeated along each axis."""
    shape = run.shape(take(call, 0))
    times = exactly(run.known(take(call, 1), "multiples"), len(shape), "multiples")
    if any(count < 0 for count in times):
        raise DscalcError(f"multiples of {list(times)}")
    sides = tuple(side * count for side, count in zip(shape, times, strict=True))
    values = run.value(call.inputs[0])
    run.emit(call, Expand(), call.inputs[:1], (sides,))
    if len(shape) == 1 and values is not None and len(values) * times[0] <= MOST_VALUES:
        run.keep(call.outputs[0], values * times[0])


def broadcast_to(run: Run, call: Call) -> None:
    """A tensor repeated to the shape that the second input says."""
    target = run.known(take(call, 1), "sides")
    shape = broadcast([run.shape(take(call, 0)), target])
    if shape != target:
        raise DscalcError(f"{list(run.shape(call.inputs[0]))} does not broadcast to {list(target)}")
    run.emit(call, Expand(), call.inputs[:1], (shape,))


def broadcast_args(run: Run, call: Call) -> None:
    """The shape that two shapes broadcast to, as numbers."""
    a, b = (run.known(take(call, i), "sides") for i in (0, 1))
    shape = broadcast([a, b])
    run.make_number(run.output(call), (len(shape),), shape)


def transpose(run: Run, call: Call) -> None:
    """Axes in the order that the second input says; without one, the other way round."""
    source = take(call, 0)
    shape = run.shape(source)
    if len(call.inputs) > 1:
        order = run.known(call.inputs[1], "order")
    else:
        order = tuple(reversed(range(len(shape))))
    order = tuple(axis_of(axis, len(shape)) for axis in order)
    if sorted(order) != list(range(len(shape))):
        raise DscalcError(f"{list(order)} is no order of the axes of {list(shape)}")
    values = run.value(source) if len(shape) == 1 else None
    run.reorder(call, Transpose(order), source, tuple(shape[axis] for axis in order))
    run.keep(call.outputs[0], values)


def reduce(run: Run, call: Call, kind: str) -> None:
    """One number for all positions of some axes, which the second input or `axes` names."""
    shape = run.shape(take(call, 0))
    named = call.attributes.get("axes")
    if named is None:
        named = run.known(take(call, 1), "axes")
    axes = tuple(sorted({axis_of(axis, len(shape)) for axis in named}))
    keep = bool(call.attributes.get("keep"))
    sides = tuple(
        1 if axis in axes else side for axis, side in enumerate(shape) if keep or axis not in axes
    )
    values = run.value(call.inputs[0]) if len(shape) == 1 and axes == (0,) else None
    if not axes:
        run.same(call, call.inputs[0])
        return
    run.emit(call, Reduce(kind, axes, keep), call.inputs[:1], (sides,))
    if values and None not in values and kind in _ON_VALUES:
        known = [value for value in values if value is not None]
        run.keep(call.outputs[0], (_ON_VALUES[kind](known),))


_ON_VALUES = {"product": prod, "sum": sum, "max": max, "min": min}


def shape_of(run: Run, call: Call) -> None:
    """The shape of a tensor as numbers."""
    shape = run.open_shape(take(call, 0))
    run.make_number(run.output(call), (len(shape),), shape)


def rank_of(run: Run, call: Call) -> None:
    """How many axes a tensor has."""
    run.make_number(run.output(call), (), (len(run.open_shape(take(call, 0))),))


def size_of(run: Run, call: Call) -> None:
    """How many numbers a tensor has."""
    run.make_number(run.output(call), (), (prod(run.shape(take(call, 0))),))


def fill(run: Run, call: Call) -> None:
    """One number everywhere, under the shape that the first input says."""
    shape = run.known(take(call, 0), "sides")
    value = run.value(take(call, 1))
    known = value if value is not None and prod(shape) <= MOST_VALUES else None
    if any(side < 0 for side in shape):
        raise DscalcError(f"{list(shape)} is no shape")
    run.make_number(run.output(call), shape, known and known[:1] * prod(shape))


def zeros_like(run: Run, call: Call) -> None:
    """Zeros, or ones, under the shape of the input."""
    run.make_number(run.output(call), run.shape(take(call, 0)), None)


def range_(run: Run, call: Call) -> None:
    """Numbers from the first input to the second in steps of the third."""
    bounds = [run.value(take(call, i)) for i in (0, 1, 2)]
    if any(value is None or len(value) != 1 or None in value for value in bounds):
        told = run.told.get(run.output(call), (None,))
        run.make_number(run.output(call), told, None)
        return
    start, end, step = (value[0] or 0 for value in bounds if value)
    if step == 0:
        raise DscalcError("it counts in steps of 0")
    numbers = range(start, end, step)
    few = tuple(numbers) if len(numbers[: MOST_VALUES + 1]) <= MOST_VALUES else None
    run.make_number(run.output(call), (max(0, -(-(end - start) // step)),), few)


def one_hot(run: Run, call: Call) -> None:
    """Numbers as vectors: indices, depth, and two values that are no matter."""
    indices = run.shape(take(call, 0))
    (depth,) = exactly(run.known(take(call, 1), "depth"), 1, "depth")
    axis = axis_of(call.integer("axis", -1), len(indices) + 1)
    shape = (*indices[:axis], depth, *indices[axis:])
    run.emit(call, Opaque("numbers as vectors"), call.inputs[:1], (shape,))


def top_k(run: Run, call: Call) -> None:
    """The largest of the last axis, and where they are."""
    shape = run.shape(take(call, 0))
    (count,) = exactly(run.known(take(call, 1), "count"), 1, "count")
    if not shape or not 0 <= count <= shape[-1]:
        raise DscalcError(f"the {count} largest along the last axis of {list(shape)}")
    shapes = [(*shape[:-1], count)] * 2
    run.emit(call, Opaque("a choice of the largest"), call.inputs[:1], shapes)
