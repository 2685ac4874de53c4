"""Where the numbers of a tensor are in the map that holds it: axes of a file, sides and channels.

A map is channels last; a file has its axes in any order, split and merged. Each axis is written as
factors of the map's dimensions, so that a transpose or a reshape only writes them otherwise and
needs no layer: a channel shuffle is the channels again, NHWC and NCHW are one map.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from dscalc.law.layer import Shape

BATCH = -1  # the dimension of examples, which a map does not have


class Factor(NamedTuple):
    """Some of the positions of a dimension of the map: `size` of them, each `step` apart."""

    dim: int
    size: int
    step: int


Axis = tuple[Factor, ...]
Axes = tuple[Axis, ...]


def plain(sizes: Sequence[int], channels: int | None, examples: int = 1) -> tuple[Shape, Axes]:
    """A map that is the tensor itself: the other axes are sides in their order, `channels` last.

    Without `channels` all axes are sides, of one channel. Axis 0 has the `examples`; it is a side
    only where it has more positions than these.
    """
    left, examples_of = examples, []
    for size in sizes:
        batch = left if left > 1 and size % left == 0 else 1
        left //= batch
        examples_of.append(batch)
    own = [size // batch for size, batch in zip(sizes, examples_of, strict=True)]
    sides = [
        axis
        for axis in range(len(sizes))
        if axis != channels and (axis or own[0] > 1 or len(sizes) == 1)
    ]
    order = [*sides, channels]
    axes = []
    for axis, (batch, size) in enumerate(zip(examples_of, own, strict=True)):
        dim = order.index(axis) if axis in order else BATCH
        parts = (Factor(BATCH, batch, 1), Factor(dim, size, 1))
        axes.append(tuple(part for part in parts if part.size > 1))
    shape = Shape(tuple(own[axis] for axis in sides), 1 if channels is None else own[channels])
    return shape, tuple(axes)


def reshaped(axes: Axes, sizes: Sequence[int]) -> Axes | None:
    """The axes under another shape; None where a factor would have to be cut unevenly."""
    factors = [factor for axis in axes for factor in axis]
    found: list[Axis] = []
    for size in sizes:
        axis: list[Factor] = []
        need = size
        while need > 1:
            if not factors:
                return None
            factor = factors.pop(0)
            if need % factor.size == 0:
                axis.append(factor)
                need //= factor.size
            elif factor.size % need == 0:
                rest = factor.size // need
                axis.append(Factor(factor.dim, need, factor.step * rest))
                factors.insert(0, Factor(factor.dim, rest, factor.step))
                need = 1
            else:
                return None
        found.append(_joined(axis))
    return tuple(found) if not factors else None


def _joined(axis: list[Factor]) -> Axis:
    """Factors that are neighbours in the map again, as one."""
    kept: list[Factor] = []
    for factor in axis:
        last = kept[-1] if kept else None
        if last and last.dim == factor.dim and last.step == factor.step * factor.size:
            kept[-1] = Factor(factor.dim, last.size * factor.size, factor.step)
        else:
            kept.append(factor)
    return tuple(kept)


def dims(axis: Axis) -> set[int]:
    """The dimensions of the map that an axis has positions of; examples are none."""
    return {factor.dim for factor in axis if factor.dim != BATCH}


def length(axis: Axis) -> int:
    """How many positions an axis has in one example."""
    return prod(factor.size for factor in axis if factor.dim != BATCH)


def is_channels(axis: Axis, shape: Shape) -> bool:
    """Whether an axis is all the channels of the map, and nothing else, in whatever order."""
    return dims(axis) <= {len(shape.sides)} and length(axis) == shape.channels


def are_sides(axes: Sequence[Axis], shape: Shape) -> bool:
    """Whether axes are the sides of the map, one each, in their order."""
    if tuple(map(length, axes)) != shape.sides:
        return False
    return all(dims(axis) <= {place} for place, axis in enumerate(axes))


def with_channels(axes: Axes, old: Shape, axis: int, new: int) -> Axes:
    """Axes of a map of other channels, which one axis has all of."""
    channels = len(old.sides)
    made = list(axes)
    made[axis] = (Factor(channels, new, 1),) if new > 1 else ()
    return tuple(made)
