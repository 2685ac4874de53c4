"""Small values that decide shapes, computed as ONNX would: arithmetic, gathering, slicing, ranges.

A value is the flat tuple of its numbers beside a shape. Each function takes the call and the shape
of the output, which the operator's own rule has found, and gives the numbers of the output.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, product

from dscalc.errors import DscalcError
from dscalc.models.onnx.call import Call, Value, Values, whole
from dscalc.models.onnx.file import MOST_INTEGERS, REAL_TYPES, Number

MOST_VALUES = MOST_INTEGERS
LARGEST = 2**63  # what does not fit into an int64 is no size, and could grow without end

Rule = Callable[[Call, tuple[int, ...]], Values]


def evaluate(call: Call, shapes: Sequence[tuple[int, ...]]) -> list[Values | None]:
    """The numbers of each output, None where they are many, or not known."""
    unknown: list[Values | None] = [None] * len(shapes)
    rule = RULES.get(call.op)
    if any(math.prod(shape) > MOST_VALUES for shape in shapes):
        return unknown
    given = [value for value in call.inputs if value is not None]
    if call.op not in ("Shape", "Size") and any(value.values is None for value in given):
        return unknown
    if call.op == "Split":
        return list(_split(call, shapes))
    if rule is None or len(shapes) != 1:
        return unknown
    try:
        values = rule(call, shapes[0])
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, DscalcError):
            raise
        return unknown  # a logarithm of 0, 10^400: numbers that no shape is made of
    except TypeError:
        raise DscalcError(f"{len(call.inputs)} inputs are not what it takes") from None
    fits = len(values) == math.prod(shapes[0]) and all(abs(number) <= LARGEST for number in values)
    return [values if fits else None]


def _numbers(call: Call, index: int) -> Values:
    value = call.value(index).values
    if value is None:
        raise DscalcError(f"the values of '{call.value(index).name}' are not known")
    return value


def strides(shape: Sequence[int]) -> list[int]:
    """How far apart the neighbours on each axis are in the flat tuple."""
    return list(accumulate(reversed(shape[1:]), operator.mul, initial=1))[::-1] if shape else []


def _spread(value: Value, values: Values, shape: tuple[int, ...]) -> Iterator[Number]:
    """The numbers broadcast to a shape."""
    own = call_shape(value)
    padded = (1,) * (len(shape) - len(own)) + own
    steps = [step if side > 1 else 0 for step, side in zip(strides(padded), padded, strict=True)]
    for place in product(*map(range, shape)):
        yield values[sum(map(operator.mul, place, steps))]


def call_shape(value: Value) -> tuple[int, ...]:
    """The shape of a value that is known, and so has no open side."""
    return tuple(side for side in value.shape or () if side is not None)


def _elementwise(function: Callable[..., Number]) -> Rule:
    def rule(call: Call, shape: tuple[int, ...]) -> Values:
        columns = [
            _spread(call.value(i), _numbers(call, i), shape) for i in range(len(call.inputs))
        ]
        return tuple(function(*row) for row in zip(*columns, strict=True))

    return rule


def _divide(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int):
        return int(math.copysign(1, a) * math.copysign(1, b)) * (abs(a) // abs(b)) if b else 0
    return a / b


def _power(a: Number, b: Number) -> Number:
    if abs(b) > 64 or abs(a) > 2**63:
        raise DscalcError(f"{a} to the power {b} is no size")
    result: Number = a**b
    return result


def _nearest_even(a: Number) -> Number:
    return float(round(a))


def _modulo(a: Number, b: Number) -> Number:
    return a % b if b else 0


def span(call: Call, sides: Sequence[int | None]) -> Sequence[int | None]:
    """The sides from `start` to `end` of a Shape, as Python would cut them."""
    end = call.attributes.get("end")
    return sides[call.whole("start", 0) : end if isinstance(end, int) else None]


def _shape(call: Call, shape: tuple[int, ...]) -> Values:
    call.known(0)
    return tuple(side for side in span(call, call.shape(0)) if side is not None)


def _size(call: Call, shape: tuple[int, ...]) -> Values:
    return (math.prod(call.known(0)),)


def _same_numbers(call: Call, shape: tuple[int, ...]) -> Values:
    return _numbers(call, 0)


def _cast(call: Call, shape: tuple[int, ...]) -> Values:
    kind = call.whole("to", 1) if call.op == "Cast" else 1
    if kind in REAL_TYPES:
        return tuple(float(number) for number in _numbers(call, 0))
    if kind == 9:
        return tuple(bool(number) for number in _numbers(call, 0))
    return tuple(int(number) for number in _numbers(call, 0))


def _gather(call: Call, shape: tuple[int, ...]) -> Values:
    source = call_shape(call.value(0))
    axis = call.axis(call.whole("axis", 0), len(source))
    inner = math.prod(source[axis + 1 :])
    side = source[axis]
    numbers = _numbers(call, 0)
    found: list[Number] = []
    for outer in range(math.prod(source[:axis])):
        for index in _numbers(call, 1):
            at = whole(index)
            if not -side <= at < side:
                raise DscalcError(f"row {at} of {side} is asked for")
            begin = (outer * side + at % side) * inner
            found += numbers[begin : begin + inner]
    return tuple(found)


def _concat(call: Call, shape: tuple[int, ...]) -> Values:
    axis = call.axis(call.whole("axis", 0), len(shape))
    rows = []
    for i in range(len(call.inputs)):
        row = math.prod(call_shape(call.value(i))[axis:])
        rows.append((_numbers(call, i), row))
    return tuple(
        number
        for outer in range(math.prod(shape[:axis]))
        for numbers, row in rows
        for number in numbers[outer * row : (outer + 1) * row]
    )


def _split(call: Call, shapes: Sequence[tuple[int, ...]]) -> Iterator[Values]:
    source = call_shape(call.value(0))
    axis = call.axis(call.whole("axis", 0), len(source))
    row = math.prod(source[axis:])
    numbers, begin = _numbers(call, 0), 0
    for shape in shapes:
        width = math.prod(shape[axis:])
        yield tuple(
            number
            for outer in range(math.prod(source[:axis]))
            for number in numbers[outer * row + begin : outer * row + begin + width]
        )
        begin += width


def slices(call: Call) -> tuple[list[int], list[int], list[int]]:
    """Start, step and number of positions for each axis of the first input of a Slice."""
    source = call.known(0)
    if call.opset < 10:
        starts, ends, axes = (call.wholes(n) for n in ("starts", "ends", "axes"))
        steps = None
    else:
        starts, ends, axes, steps = (call.numbers(i) for i in range(1, 5))
    if starts is None or ends is None or len(starts) != len(ends):
        raise DscalcError("where it begins and ends depends on numbers that only a run has")
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = (1,) * len(starts) if steps is None else steps
    begin, stride, count = [0] * len(source), [1] * len(source), list(source)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=False):
        at = call.axis(axis, len(source))
        chosen = range(*slice(start, end, step or 1).indices(source[at]))
        begin[at], stride[at], count[at] = chosen.start, chosen.step, len(chosen)
    return begin, stride, count


def _slice(call: Call, shape: tuple[int, ...]) -> Values:
    begin, stride, count = slices(call)
    jumps = strides(call_shape(call.value(0)))
    numbers = _numbers(call, 0)
    ranges = [range(b, b + s * c, s) for b, s, c in zip(begin, stride, count, strict=True)]
    return tuple(numbers[sum(map(operator.mul, place, jumps))] for place in product(*ranges))


def _transpose(call: Call, shape: tuple[int, ...]) -> Values:
    order = call.wholes("perm") or tuple(reversed(range(len(shape))))
    jumps = strides(call_shape(call.value(0)))
    moved = [jumps[axis] for axis in order]
    numbers = _numbers(call, 0)
    return tuple(numbers[sum(map(operator.mul, at, moved))] for at in product(*map(range, shape)))


def _expand(call: Call, shape: tuple[int, ...]) -> Values:
    return tuple(_spread(call.value(0), _numbers(call, 0), shape))


def _tile(call: Call, shape: tuple[int, ...]) -> Values:
    source = call_shape(call.value(0))
    jumps = strides(source)
    numbers = _numbers(call, 0)
    return tuple(
        numbers[sum(at % side * jump for at, side, jump in zip(place, source, jumps, strict=True))]
        for place in product(*map(range, shape))
    )


def _range(call: Call, shape: tuple[int, ...]) -> Values:
    start, _, step = (_numbers(call, i)[0] for i in range(3))
    return tuple(start + step * i for i in range(shape[0]))


def _filled(call: Call, shape: tuple[int, ...]) -> Values:
    from dscalc.models.onnx.file import Stored

    fill = call.attributes.get("value")
    numbers = fill.values if isinstance(fill, Stored) and fill.values else (0.0,)
    return numbers[:1] * math.prod(shape)


def _clip(call: Call, shape: tuple[int, ...]) -> Values:
    low, high = (_limit(call, at, name) for at, name in ((1, "min"), (2, "max")))
    above = (number if low is None else max(number, low) for number in _numbers(call, 0))
    return tuple(number if high is None else min(number, high) for number in above)


def _limit(call: Call, index: int, name: str) -> Number | None:
    """A limit of Clip: an input since operator set 11, an attribute before, or none.

    Raises ValueError where an input has another number of limits than one.
    """
    if (given := call.reals(index)) is not None:
        (number,) = given
        return number
    limit = call.attributes.get(name)
    return limit if isinstance(limit, int | float) else None


def _reduced(function: Callable[[Sequence[Number]], Number]) -> Rule:
    def rule(call: Call, shape: tuple[int, ...]) -> Values:
        if math.prod(shape) != 1:
            raise ValueError("only reductions of everything are needed for shapes")
        return (function(_numbers(call, 0)),)

    return rule


def _mean(numbers: Sequence[Number]) -> Number:
    return sum(numbers) / len(numbers)


def _sign(number: Number) -> Number:
    return (number > 0) - (number < 0)


RULES: dict[str, Rule] = {
    "Shape": _shape,
    "Size": _size,
    "Cast": _cast,
    "Gather": _gather,
    "Concat": _concat,
    "Slice": _slice,
    "Transpose": _transpose,
    "Expand": _expand,
    "Tile": _tile,
    "Range": _range,
    "ConstantOfShape": _filled,
    **dict.fromkeys(("Squeeze", "Unsqueeze", "Reshape", "Flatten", "Identity"), _same_numbers),
    "Add": _elementwise(operator.add),
    "Sub": _elementwise(operator.sub),
    "Mul": _elementwise(operator.mul),
    "Div": _elementwise(_divide),
    "Mod": _elementwise(_modulo),
    "Pow": _elementwise(_power),
    "Max": _elementwise(lambda *numbers: max(numbers)),
    "Min": _elementwise(lambda *numbers: min(numbers)),
    "Sum": _elementwise(lambda *numbers: sum(numbers)),
    "Where": _elementwise(lambda condition, a, b: a if condition else b),
    "Equal": _elementwise(operator.eq),
    "Less": _elementwise(operator.lt),
    "LessOrEqual": _elementwise(operator.le),
    "Greater": _elementwise(operator.gt),
    "GreaterOrEqual": _elementwise(operator.ge),
    "And": _elementwise(lambda a, b: bool(a and b)),
    "Or": _elementwise(lambda a, b: bool(a or b)),
    "Xor": _elementwise(lambda a, b: bool(a) != bool(b)),
    "Not": _elementwise(operator.not_),
    "Clip": _clip,
    "Relu": _elementwise(lambda number: max(number, 0)),
    "Neg": _elementwise(operator.neg),
    "Abs": _elementwise(abs),
    "Sign": _elementwise(_sign),
    "Floor": _elementwise(math.floor),
    "Ceil": _elementwise(math.ceil),
    "Round": _elementwise(_nearest_even),
    "Sqrt": _elementwise(math.sqrt),
    "Reciprocal": _elementwise(lambda number: 1 / number),
    "ReduceProd": _reduced(math.prod),
    "ReduceSum": _reduced(sum),
    "ReduceMax": _reduced(max),
    "ReduceMin": _reduced(min),
    "ReduceMean": _reduced(_mean),
}
