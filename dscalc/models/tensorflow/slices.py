"""Which positions TensorFlow's operators take out of a tensor: slices, entries by number."""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.models.kinds import Opaque, Rearrange, Slice
from dscalc.models.tensorflow.moves import put_shape
from dscalc.models.tensorflow.run import Call, Run, Sides, axis_of, exactly, take


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
        at = [
            place for place in places if place is not None and -len(values) <= place < len(values)
        ]
        if len(at) == len(places):
            run.keep(call.outputs[0], tuple(values[place] for place in at))


def gather_nd(run: Run, call: Call) -> None:
    """Entries of a tensor by their places."""
    shape, places = run.shape(take(call, 0)), run.shape(take(call, 1))
    if not places or places[-1] > len(shape):
        raise DscalcError(f"places of shape {list(places)} in a tensor of shape {list(shape)}")
    sides = (*places[:-1], *shape[places[-1] :])
    run.emit(call, Rearrange("gather"), call.inputs[:2], (sides,))


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
