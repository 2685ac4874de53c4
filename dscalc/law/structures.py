"""Structures and blocks on the walk: lists beside each other, shortcuts, parts, uses of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import written
from dscalc.law.items import Branch, Definition, Item, Join, Residual, Split, Use
from dscalc.law.items import Sequence as ItemsOf
from dscalc.law.layer import INPUT, Compared, Composite, Layer, Projected, Shape
from dscalc.law.names import Flow
from dscalc.law.rows import Row, Scope, composite, nodes_of
from dscalc.law.weightless import ADD, Concat, Slice

if TYPE_CHECKING:
    from dscalc.law.walk import At, Walk

DEEPEST_BLOCKS = 64


def structure(walk: Walk, item: Item, at: At, name: str, flow: Flow) -> Flow:
    """Lays out an item that is made of other items."""
    before = len(walk.scope.rows)
    what, full, inside = item.what, at.prefix + name, at.inside(name)
    if isinstance(what, ItemsOf):
        given = walk.entries(what.items, inside, flow)
    elif isinstance(what, Residual):
        given = residual(walk, item, what, inside, full, flow)
    elif isinstance(what, Split):
        given = split(walk, item, what, inside, full, flow)
    else:
        assert isinstance(what, Join)
        given = join(walk, item, what, inside, full, flow)
    if item.shared:
        share(walk, item, full, before)
    return given


def join(walk: Walk, item: Item, what: Join, at: At, name: str, flow: Flow) -> Flow:
    """What names and lists give, put together; without any, what comes in."""
    inputs = list(() if what.parts else flow)
    for number, part in enumerate(what.parts, 1):
        if isinstance(part, Branch):
            inputs += branch(walk, part, at.inside(str(number)), flow)
        else:
            inputs += walk.referred((part,), at.around())
    if len(inputs) < 2:
        raise DscalcError(f"{item.kind} joins two maps or more, not {len(inputs)}")
    return walk.layer(name, what.layer, tuple(inputs), item)


def branch(walk: Walk, what: Branch, at: At, flow: Flow) -> Flow:
    """What a list beside others gives; `at` stands inside it."""
    walk.tally.count(1)
    if what.values:
        given = {
            name: walk.given(value, what.roles[name], at, flow, {})
            for name, value in what.values.items()
        }
        at = at._replace(values={**at.values, **given})
    return walk.entries(what.items, at, flow)


def residual(walk: Walk, item: Item, what: Residual, at: At, name: str, flow: Flow) -> Flow:
    """The body's output and what the input passed beside it, added."""
    if len(flow) != 1:
        raise DscalcError(f"residual takes one map, not {len(flow)}")
    before = len(walk.scope.rows)
    body = walk.entries(what.body, at, flow)
    if not what.conditional:
        around = walk.entries(what.shortcut, at.inside("shortcut"), flow)
        return walk.layer(name, ADD, (*body, *around), item)
    if len(body) != 1:
        raise DscalcError(f"the body of a residual gives one map, not {len(body)}")
    if not changes_shape(walk, flow[0], body[0], walk.scope.rows[before:]):
        return walk.layer(name, ADD, (*body, *flow), item)
    if what.project is None:
        return body
    if isinstance(what.project, Layer):
        made = projection(what.project, walk.scope.shape(flow[0]), walk.scope.shape(body[0]))
        walk.scope.by_sides.append(Projected(flow[0], body[0]))
        around = walk.layer(f"{at.prefix}project", made, flow, item)
    else:
        around = walk.entries(what.project, at.inside("project"), flow)
    return walk.layer(name, ADD, (*body, *around), item)


def changes_shape(walk: Walk, before: str, after: str, rows: Sequence[Row]) -> bool:
    """Whether a body changes the shape; a stride counts as that on maps of one position.

    Where the channels stay that is decided by the sides, which the scope remembers.
    """
    shape, given = walk.scope.shape(before), walk.scope.shape(after)
    if shape.channels != given.channels:
        return True
    strided = any(map(_has_stride, rows))
    walk.scope.by_sides.append(Compared(before, after, strided))
    return changes_sides(shape.sides, given.sides, strided)


def changes_sides(before: tuple[int, ...], after: tuple[int, ...], strided: bool) -> bool:
    """Whether a body that keeps the channels changes the shape."""
    return before != after or (strided and math.prod(before) == 1)


def _has_stride(row: Row) -> bool:
    """Whether a layer, or a part of it, moves its window by more than one position."""
    if row.parts:
        return any(map(_has_stride, row.parts))
    stride = vars(row.layer).get("stride")
    return stride not in (None, 1) and (not isinstance(stride, tuple) or set(stride) != {1})


def projection(layer: Layer, shape: Shape, wanted: Shape) -> Layer:
    """The 1×1 convolution to the body's channels, with the stride that its sides need.

    Raises DscalcError where no stride leads to these sides.
    """
    pairs = list(zip(shape.sides, wanted.sides, strict=True))
    stride = stride_between(shape.sides, wanted.sides)
    if any(-(-side // s) != other for (side, other), s in zip(pairs, stride, strict=True)):
        message = f"no stride takes {shape} to {wanted}; write the projection out"
        raise DscalcError(Problem(message, "project"))
    return layer.replaced(n=wanted.channels, stride=stride[0] if len(set(stride)) == 1 else stride)


def stride_between(sides: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The only stride on every axis that may lead from one map to the other."""
    return tuple([-(-side // other) for side, other in zip(sides, wanted, strict=True)])


def split(walk: Walk, item: Item, what: Split, at: At, name: str, flow: Flow) -> Flow:
    """Parts of the channels, which flow on together or go through a branch each."""
    if len(flow) != 1:
        raise DscalcError(f"split takes one map, not {len(flow)}")
    widths = parts_of(walk, what, at, flow)
    outputs: list[str] = []
    offset = 0
    for number, width in enumerate(widths, 1):
        part = Slice(width, offset)
        offset += width
        if what.branches:
            inside = at.inside(str(number))
            cut = walk.layer(f"{inside.prefix}part", part, flow, item)
            outputs += branch(walk, what.branches[number - 1], inside, cut)
        else:
            outputs += walk.layer(f"{name}.{number}", part, flow, item)
            walk.names.flows[f"{name}.{number}"] = (f"{name}.{number}",)
    if not what.branches:
        return tuple(outputs)
    return walk.layer(name, Concat(), tuple(outputs), item)


def parts_of(walk: Walk, what: Split, at: At, flow: Flow) -> list[int]:
    """The channels of every part; of unequal ones the first takes what rounding leaves."""
    channels = walk.scope.shape(flow[0]).channels
    if not what.shares:
        parts = walk.value(what.parts, at, flow)
        if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
            raise DscalcError(f"split takes a number of parts, not {written(parts)}")
        walk.tally.count(parts)
        if channels % parts:
            raise DscalcError(f"cannot split {channels} channels into {parts} equal parts")
        return [channels // parts] * parts
    shares = [walk.value(share, at, flow) for share in what.shares]
    rest = [channels * share // sum(shares) for share in shares[1:]]
    widths = [channels - sum(rest), *rest]
    if min(widths) < 1:
        raise DscalcError(f"{channels} channels leave none for a share of {min(shares)}")
    return widths


def share(walk: Walk, item: Item, name: str, before: int) -> None:
    """Gives the layers of a structure the parameters of those of its first copy."""
    rows = walk.scope.rows[before:]
    if isinstance(item.shared, str):
        raise DscalcError(Problem("only a layer or a block shares with a name", "shared"))
    first = walk.first_rows.setdefault(id(item), rows)
    if first is rows:
        return
    if len(first) != len(rows):
        raise DscalcError(Problem(f"{name} has other layers than its first copy", "shared"))
    for place, (row, owner) in enumerate(zip(rows, first, strict=True), before):
        walk.scope.replace(place, walk.scope.sharing(row, owner.name))


# ---------------------------------------------------------------- blocks


class Laid(NamedTuple):
    """A block laid out once for given arguments.

    The layer that it is, if it has any inside; the names of its outputs with the layers that make
    them, and what flows on; whether it may have other layers on other shapes; how much was laid
    out.
    """

    layer: Composite | None
    outputs: tuple[tuple[str, str], ...]
    flow: Flow
    asked: bool
    copies: int
    joined: int


def use(walk: Walk, item: Item, what: Use, at: At, name: str, flow: Flow) -> Flow:
    """A block: laid out in a scope of its own, which knows its parameters alone; one row."""
    block = what.block
    inputs = block.inputs or (INPUT,)
    if len(flow) != len(inputs):
        needed = f"{len(inputs)} maps ({', '.join(inputs)})" if block.inputs else "one map"
        raise DscalcError(f"{block.name} takes {needed}, not {len(flow)}")
    values = arguments(walk, item, what, at, flow)
    laid = laid_out(walk, item, name, values, tuple([walk.scope.known(one) for one in flow]))
    outer = dict(zip(inputs, flow, strict=True))
    seen = {inner: outer.get(inner, f"{name}.{inner}") for inner in laid.flow}
    for alias, inner in laid.outputs:
        walk.names.flows[f"{name}.{alias}"] = (seen[inner],)
    if laid.layer is None:
        return tuple(seen.values())
    walk.layer(name, laid.layer, flow, item)
    return tuple([seen[inner] for inner in laid.flow]) if laid.layer.outputs else (name,)


def arguments(walk: Walk, item: Item, what: Use, at: At, flow: Flow) -> dict[str, Any]:
    """The values of a block's parameters, given or by default."""
    values = {}
    for name, role in what.block.roles.items():
        given = what.arguments.get(name, what.block.parameters[name])
        try:
            rule = what.rule if role == "channels" else {}
            values[name] = walk.given(given, role, at, flow, rule)
            if role == "channels":
                walk.note(name, given, values[name], item.places)
        except DscalcError as error:
            raise DscalcError(*(p._replace(key=name) for p in error.problems)) from None
    return values


def laid_out(
    walk: Walk, item: Item, name: str, values: dict[str, Any], shapes: tuple[Shape, ...]
) -> Laid:
    """The block for these arguments, laid out when it is first used so, and measured.

    It is laid out anew for other shapes only where these had a say in which layers it has, and
    where it does not fit them: then the walk says at which item, and which blocks are used there.
    """
    assert isinstance(item.what, Use)
    block, known = item.what.block, walk.tally.laid
    key = id(block), tuple([(type(one), one) for one in values.values()])
    laid = known.get(key) or known.get((*key, shapes))
    try:
        if laid is None or not fits(walk, laid, shapes):
            laid = walk.lay_out(block, values, shapes)
            known[(*key, shapes) if laid.asked else key] = laid
        else:
            walk.tally.count(laid.copies, laid.joined)
    except DscalcError as error:
        raise DscalcError(*(used(p, item, name, block) for p in error.problems)) from None
    walk.scope.asked = walk.scope.asked or laid.asked
    return laid


def fits(walk: Walk, laid: Laid, shapes: tuple[Shape, ...]) -> bool:
    """Whether the layers of a block take these shapes, too; it is measured on them."""
    try:
        if laid.layer is not None:
            walk.scope.measured_once(laid.layer, shapes)
    except DscalcError:
        return False
    return True


def composed(block: Definition, scope: Scope, flow: Flow) -> Composite | None:
    """The layer that a block is whose layers a scope has, measured, if there is any."""
    rows, inputs = scope.rows, block.inputs or (INPUT,)
    if not rows:
        return None
    last = not block.outputs and flow == (rows[-1].name,)
    outputs = () if last else flow
    layer = Composite(block.name, nodes_of(rows), inputs, outputs, tuple(scope.by_sides))
    shapes = tuple([scope.known(name) for name in inputs])
    scope.measured[id(layer), shapes] = layer, composite(layer, scope)
    return layer


def used(problem: Problem, item: Item, name: str, block: Definition) -> Problem:
    """A problem inside a block, with the way to it and the place where the block is used."""
    inner = f"{name}.{problem.layer}" if problem.layer else name
    place = item.places.get("")
    line = f"; {block.name} is used at line {place.line}" if place else ""
    return problem._replace(layer=inner, message=problem.message + line)
