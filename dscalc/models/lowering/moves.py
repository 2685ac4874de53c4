"""Operators without weights on one map: other axes, other sides, parts of it."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer
from dscalc.models.graph import Operator
from dscalc.models.kinds import (
    AdaptivePool,
    DepthToSpace,
    Pad,
    Pool,
    Reduce,
    Slice,
    SpaceToDepth,
    Split,
    Transpose,
)
from dscalc.models.lowering.layout import (
    Axes,
    Factor,
    dims,
    is_channels,
    length,
    reshaped,
)
from dscalc.models.lowering.state import Held, State
from dscalc.models.lowering.windows import is_even, padding_of, simple


def of_map(state: State, operator: Operator) -> str:
    """The map that an operator takes."""
    return next(name for name in operator.inputs if name in state.held)


def reshape(state: State, operator: Operator) -> None:
    name = of_map(state, operator)
    x = state.get(name)
    axes = reshaped(x.axes, state.sizes(operator.outputs[0]))
    if axes is None:
        state.derive(operator, [name], "the same numbers under another shape")
    else:
        state.put(operator.outputs[0], x._replace(axes=axes))


def transpose(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Transpose)
    name = of_map(state, operator)
    x = state.get(name)
    state.put(operator.outputs[0], x._replace(axes=tuple(x.axes[i] for i in kind.order)))


def rearrange(state: State, operator: Operator) -> None:
    """What keeps the shape is the map itself, with its numbers at other places."""
    name = of_map(state, operator)
    output = operator.outputs[0]
    shape = state.graph.tensors[output].shape
    learned = [n for n in operator.inputs if state.is_stored(n) and state.tensor(n).learned]
    if shape == state.graph.tensors[name].shape and name == operator.inputs[0]:
        state.put(output, state.get(name)._replace(direct=False))
    else:
        state.derive(operator, [name], "numbers at other places")
    if learned and output in state.held:
        state.put(output, state.beside(state.written(output), learned, operator))


def layer_on(state: State, operator: Operator, name: str, layer: Layer, axes: Axes) -> bool:
    """A layer without cost on a map, written if it is asked for; False where it does not fit."""
    x = state.get(name)
    if x.layer is not None:
        x = state.written(name)
    made = state.cost(layer, (x.node,))
    if made is None or any(made[1]):
        return False
    output = operator.outputs[0]
    state.put(output, Held("", made[0], axes, layer, (name,), operator))
    return True


def spatial(state: State, operator: Operator, name: str, channels: int, layer: Layer) -> None:
    """A layer without cost on the sides of a map, which has its channels on an axis."""
    output = operator.outputs[0]
    rank = len(state.sizes(name))
    if length(state.get(name).axes[0]) > 1:
        state.derive(operator, [name], "a window over a part of the positions")
        return
    x = state.laid_out(name, [axis for axis in range(rank) if axis not in (0, channels)], channels)
    shape, axes = state.fresh(output, channels)
    choices = [layer]
    if shape.channels == x.shape.channels and shape.sides:
        choices.append(KINDS["adaptive_pool"](size=simple(shape.sides)))
    for choice in choices:
        made = state.cost(choice, (x.node,))
        if made is not None and made[0] == shape:
            node = state.add(choice, (x.node,), operator)
            state.put(output, Held(node, shape, axes, source=node))
            return
    state.derive(operator, [name], "a window without a law")


def pool(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Pool)
    name = of_map(state, operator)
    dilation = kind.dilation or (1,) * len(kind.kernel)
    padding = padding_of(kind.kernel, kind.stride, dilation, kind.pads, kind.same)
    layer = KINDS["pool"](
        k=simple(kind.kernel),
        stride=None if kind.stride == kind.kernel else simple(kind.stride),
        padding=padding,
        ceil=kind.ceil and padding != "same",
        type="max" if kind.type == "max" else "avg",
    )
    sizes = enumerate(state.sizes(name))
    sides = tuple(size for axis, size in sizes if axis not in (0, kind.channels))
    if padding == "same" and is_even(kind.kernel, kind.stride, dilation, kind.pads, sides):
        state.behind.padded += 1
    spatial(state, operator, name, kind.channels, layer)


def adaptive_pool(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, AdaptivePool)
    name = of_map(state, operator)
    layer = KINDS["adaptive_pool"](size=simple(kind.size))
    spatial(state, operator, name, kind.channels, layer)


def reduce(state: State, operator: Operator) -> None:
    """Over all sides it is a global pool; over the channels a number that each position has."""
    kind = operator.kind
    assert isinstance(kind, Reduce)
    name, output = of_map(state, operator), operator.outputs[0]
    x = state.get(name)
    gone = [axis for axis in kind.axes if axis < len(x.axes)]
    axes = tuple(() if i in gone else a for i, a in enumerate(x.axes) if kind.keep or i not in gone)
    over = {dim for axis in gone for dim in dims(x.axes[axis])}
    reach = [f for axis in gone for f in x.axes[axis]]
    channels = len(x.shape.sides)
    if not over:
        state.put(output, x._replace(axes=axes, direct=False))
        return
    full = channels not in over and length(tuple(reach)) == x.shape.positions
    if full and x.shape.sides and (x.layer is None or x.node):
        layer_on(state, operator, name, KINDS["global_pool"](), axes)
        state.put(output, state.get(output)._replace(source=x.source))
        return
    if channels in over and kind.type == "mean" and x.node:
        state.centred.add(x.node)
    whole = all(
        length(x.axes[i]) == x.shape.sides[d] for i in gone for d in dims(x.axes[i]) if d < channels
    )
    if channels not in over and whole and all(len(dims(x.axes[i])) < 2 for i in gone):
        size = tuple(1 if d in over else side for d, side in enumerate(x.shape.sides))
        if layer_on(state, operator, name, KINDS["adaptive_pool"](size=simple(size)), axes):
            state.put(output, state.get(output)._replace(source=x.source))
            return
    state.derive(operator, [name], f"the {kind.type} over some axes")


def split(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Split)
    name = of_map(state, operator)
    begin = 0
    for output, size in zip(operator.outputs, kind.sizes, strict=False):
        if output:
            one = operator._replace(outputs=(output,))
            if not _part(state, one, name, kind.axis, begin, size):
                state.derive(one, [name], "a part of the positions")
        begin += size


def _part(state: State, operator: Operator, name: str, axis: int, begin: int, size: int) -> bool:
    """So many positions of one axis, if these are channels one behind the other."""
    x = state.get(name)
    factors = x.axes[axis]
    channels = len(x.shape.sides)
    total = length(factors)
    if total == size:
        state.put(operator.outputs[0], x._replace(direct=False))
        return True
    if is_channels(factors, x.shape) and len(factors) > 1:  # shuffled, which costs nothing
        state.behind.take(x.source, factors)
        factors = (Factor(channels, total, 1),)
    first = factors[0] if factors else None
    if first is None or dims(factors) != {channels} or len(factors) != 1:
        return False
    if first.size * first.step != x.shape.channels:
        return False
    layer = KINDS["slice"](n=size * first.step, offset=begin * first.step)
    kept = list(x.axes)
    kept[axis] = (Factor(channels, size, first.step),) if size > 1 else ()
    if not layer_on(state, operator, name, layer, tuple(kept)):
        return False
    state.put(operator.outputs[0], state.get(operator.outputs[0])._replace(source=x.source))
    return True


def cut(state: State, operator: Operator) -> None:
    """Slice: channels one behind the other, every n-th position, or other parts."""
    kind = operator.kind
    assert isinstance(kind, Slice)
    name, output = of_map(state, operator), operator.outputs[0]
    before, after = state.sizes(name), state.sizes(output)
    x = state.get(name)
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    if not changed:
        state.put(output, x._replace(direct=False))
        return
    if len(changed) == 1 and kind.steps[changed[0]] == 1:
        axis = changed[0]
        if _part(state, operator, name, axis, kind.starts[axis], after[axis]):
            return
    axes = list(x.axes)
    stride = [1] * len(x.shape.sides)
    for axis in changed:
        found = dims(x.axes[axis])
        if len(found) != 1 or length(x.axes[axis]) != (*x.shape.sides, -1)[min(found)]:
            state.derive(operator, [name], "a part of the positions")
            return
        stride[min(found)] = abs(kind.steps[axis])
        axes[axis] = (Factor(min(found), after[axis], 1),) if after[axis] > 1 else ()
    layer = KINDS["pool"](k=1, stride=simple(stride), type="max") if max(stride) > 1 else None
    sides = tuple(-(-side // step) for side, step in zip(x.shape.sides, stride, strict=True))
    wanted = [after[axis] for axis in changed]
    fits = layer and [sides[min(dims(x.axes[a]))] for a in changed] == wanted
    if not fits or layer is None or not layer_on(state, operator, name, layer, tuple(axes)):
        state.derive(operator, [name], "a part of the positions")


def pad(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Pad)
    name, output = of_map(state, operator), operator.outputs[0]
    x = state.get(name)
    changed = [axis for axis, pair in enumerate(kind.pads) if any(pair)]
    channels = len(x.shape.sides)
    sides = [(0, 0)] * channels
    wide = (0, 0)
    after = state.sizes(output)
    axes = list(x.axes)
    for axis in changed:
        dim = _dim_of(x, axis, changed)
        if dim is None or min(kind.pads[axis]) < 0:
            state.derive(operator, [name], "a map cut or padded")
            return
        if dim == channels:
            wide = kind.pads[axis]
        else:
            sides[dim] = kind.pads[axis]
        axes[axis] = (Factor(dim, after[axis], 1),)
    layer = KINDS["pad"](sides=_written(sides), channels=wide if any(wide) else 0)
    if not layer_on(state, operator, name, layer, tuple(axes)):
        state.derive(operator, [name], "a map padded")


def _dim_of(x: Held, axis: int, changed: Sequence[int]) -> int | None:
    """The dimension of the map that an axis is all of; a side of one position by its place."""
    found = dims(x.axes[axis])
    all_sides = (*x.shape.sides, x.shape.channels)
    if len(found) == 1:
        dim = min(found)
        return dim if length(x.axes[axis]) == all_sides[dim] else None
    if found:
        return None
    ones = [dim for dim, size in enumerate(x.shape.sides) if size == 1]
    return ones[0] if len(ones) == 1 and len(changed) == 1 else None


def _written(pairs: Sequence[tuple[int, int]]) -> object:
    if not any(map(any, pairs)):
        return 0
    if all(p == q for p, q in pairs):
        return simple([p for p, _ in pairs])
    return tuple(pairs)


def resize(state: State, operator: Operator) -> None:
    """Other sides; the axes that keep theirs may be sides or channels."""
    name, output = of_map(state, operator), operator.outputs[0]
    x = state.get(name)
    before, after = state.sizes(name), state.sizes(output)
    if len(before) != len(after):
        state.derive(operator, [name], "a map at other sides")
        return
    sides = list(x.shape.sides)
    axes = list(x.axes)
    for axis, (a, b) in enumerate(zip(before, after, strict=True)):
        if a == b:
            continue
        dim = _dim_of(x, axis, [axis])
        if dim is None or dim == len(sides):
            if not _spread(state, operator, name):
                state.derive(operator, [name], "a map at other sides")
            return
        sides[dim] = b
        axes[axis] = (Factor(dim, b, 1),) if b > 1 else ()
    pairs = list(zip(sides, x.shape.sides, strict=True))
    if not pairs:
        state.derive(operator, [name], "a map at other sides")
        return
    if all(a % b == 0 for a, b in pairs):
        layer = KINDS["upsample"](factor=simple([a // b for a, b in pairs]))
    else:
        layer = KINDS["upsample"](size=simple(sides))
    if not layer_on(state, operator, name, layer, tuple(axes)):
        state.derive(operator, [name], "a map at other sides")


def _spread(state: State, operator: Operator, name: str) -> bool:
    """A map of one position on all the positions of another one."""
    x = state.get(name)
    if x.shape.positions != 1 or not x.shape.sides:
        return False
    sizes = state.sizes(operator.outputs[0])
    wide = [axis for axis in range(len(sizes)) if not dims(x.axes[axis]) and sizes[axis] > 1]
    if len(wide) != len(x.shape.sides):
        return False
    axes = list(x.axes)
    for dim, axis in enumerate(wide):
        axes[axis] = (Factor(dim, sizes[axis], 1),)
    layer = KINDS["upsample"](size=simple([sizes[axis] for axis in wide]))
    return layer_on(state, operator, name, layer, tuple(axes))


def depth_to_space(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, DepthToSpace)
    name = of_map(state, operator)
    spatial(state, operator, name, kind.channels, KINDS["pixel_shuffle"](factor=kind.factor))


def space_to_depth(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, SpaceToDepth)
    name = of_map(state, operator)
    spatial(state, operator, name, kind.channels, KINDS["space_to_depth"](factor=kind.factor))
