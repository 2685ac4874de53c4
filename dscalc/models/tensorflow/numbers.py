"""What TensorFlow's operators make of numbers, as far as shapes follow from them.

Each function takes a run and a call whose inputs are known and makes the call's outputs.
The meanings: https://www.tensorflow.org/api_docs/python/tf/raw_ops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from dscalc.errors import DscalcError
from dscalc.models.graph import Shape
from dscalc.models.kinds import Arithmetic, Reduce
from dscalc.models.tensorflow.run import MOST_VALUES, Call, Run, Values, axis_of, take

_ON_NUMBERS: dict[str, Callable[[int, int], int | None]] = {
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
    return tuple(None if x is None or y is None else _ON_NUMBERS[kind](x, y) for x, y in pairs)


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


_ON_VALUES: dict[str, Callable[[list[int]], int]] = {
    "product": prod,
    "sum": sum,
    "max": max,
    "min": min,
}


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


def broadcast_args(run: Run, call: Call) -> None:
    """The shape that two shapes broadcast to, as numbers."""
    a, b = (run.known(take(call, i), "sides") for i in (0, 1))
    shape = broadcast([a, b])
    run.make_number(run.output(call), (len(shape),), shape)
