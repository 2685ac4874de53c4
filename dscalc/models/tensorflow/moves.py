"""What TensorFlow's operators without weights do to shapes and to small whole numbers.

Each function takes a run and a call whose inputs are known and makes the call's outputs.
The meanings: https://www.tensorflow.org/api_docs/python/tf/raw_ops.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from dscalc.errors import DscalcError
from dscalc.models.kinds import Concat, Expand, Pad, Reshape, Split, Transpose
from dscalc.models.tensorflow.numbers import broadcast
from dscalc.models.tensorflow.run import (
    MOST_VALUES,
    Call,
    Run,
    Sides,
    axis_of,
    exactly,
    take,
)


def reshape(run: Run, call: Call) -> None:
    """Another shape for the same numbers: an input or an attribute `shape`, -1 for one side."""
    source, told = take(call, 0), run.told.get(run.output(call))
    if len(call.inputs) > 1 and call.inputs[1]:
        values = run.value(call.inputs[1])
        if values is None or None in values:
            target = told if told is not None else run.known(call.inputs[1], "sides")
        else:
            target = values
    else:
        target = tuple(call.attributes.get("shape") or ()) or told or ()
    put_shape(run, call, source, tuple(-1 if side is None else side for side in target))


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
