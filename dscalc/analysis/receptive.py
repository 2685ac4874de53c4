"""The windows of layers, and what of a network's input one position of their output sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dscalc.law.convolutions import Conv, Convolution, Depthwise, Linear, Norm, Pointwise
from dscalc.law.fields import Sizes
from dscalc.law.layer import Block, Composite
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.law.stored import LayerScale, Parameters
from dscalc.law.weightless import (
    Activation,
    AdaptivePool,
    Add,
    Concat,
    GlobalPool,
    Multiply,
    Pad,
    Pool,
    Shuffle,
    Slice,
    SpaceToDepth,
)
from dscalc.law.window import per_axis


class Window(NamedTuple):
    """The side and the stride of a layer's window, a number for each axis."""

    k: tuple[int, ...]
    stride: tuple[int, ...]


class Sight(NamedTuple):
    """What one position sees of the network's input: its sides, and how far the next one is on."""

    sides: tuple[int, ...]
    stride: tuple[int, ...]


EACH_POSITION = (Norm, Activation, Add, Concat, Multiply, LayerScale, Parameters, Slice, Shuffle,
                 Pad)  # fmt: skip
"""Layers whose output at a position follows from their inputs there."""


def window_of(row: Row) -> Window | None:
    """The window that a layer, or a block by its fields, slides over its input; None without."""
    layer, axes = row.layer, len(row.input.sides)
    if isinstance(layer, Convolution):
        return _window(layer.k, layer.stride, axes)
    if isinstance(layer, Pool):
        return _window(layer.k, layer.k if layer.stride is None else layer.stride, axes)
    return _window(1, layer.stride, axes) if isinstance(layer, Pointwise) else None


def _window(k: Sizes, stride: Sizes, axes: int) -> Window:
    return Window(per_axis(k, axes, "k"), per_axis(stride, axes, "stride"))


def sights(report: Report) -> dict[str, Sight | None]:
    """What a position of every layer sees, by the layer's name; of parts as "block.part".

    By the usual recurrence for convolutions and pools: r + (d·(k − 1))·j, and j·s, with dilation d
    and j positions of the input between two of the map that comes in. Of several maps a join sees
    the most, but a product what its first one does: a gate, as in squeeze-and-excitation, looks
    at everything and is not counted. None where a layer is neither, as with attention or
    upsampling, and after it. Source: Araujo et al. 2019, doi:10.23915/distill.00021.
    """
    found: dict[str, Sight | None] = {}
    scope: dict[str, Sight | None] = {}
    for name, shape in report.network.inputs.items():
        ones = (1,) * len(shape.sides)
        scope[name] = Sight(ones, ones)
    _walk(report.rows, scope, "", found)
    return found


def _walk(
    rows: Sequence[Row],
    scope: dict[str, Sight | None],
    prefix: str,
    found: dict[str, Sight | None],
) -> None:
    for row in rows:
        taken = [scope[name] for name in row.inputs]
        sight = _of_block(row, taken, scope, prefix, found) if row.parts else _after(row, taken)
        scope[row.name] = found[prefix + row.name] = sight


def _of_block(
    row: Row,
    taken: Sequence[Sight | None],
    scope: dict[str, Sight | None],
    prefix: str,
    found: dict[str, Sight | None],
) -> Sight | None:
    given = row.layer.given if isinstance(row.layer, Block) else ()
    inner = dict(zip(given, taken, strict=False))
    _walk(row.parts, inner, f"{prefix}{row.name}.", found)
    scope |= {f"{row.name}.{name}": sight for name, sight in inner.items()}
    outputs = row.layer.outputs if isinstance(row.layer, Composite) else ()
    return inner[outputs[-1] if outputs else row.parts[-1].name]


def _after(row: Row, taken: Sequence[Sight | None]) -> Sight | None:
    """What a position of an elementary layer sees, where the maps it takes see that."""
    if isinstance(row.layer, Multiply):
        return taken[0]
    seen = [sight for sight in taken if sight is not None]
    if len(seen) < len(taken) or len({len(sight.sides) for sight in seen}) != 1:
        return None
    sight, layer = _widest(seen), row.layer
    axes = len(sight.sides)
    here = isinstance(layer, EACH_POSITION) or row.input.positions == 1
    if axes != len(row.input.sides):  # the axes are others than those of the network's input
        return sight if here and not row.output.sides else None
    if isinstance(layer, Conv | Depthwise | Pool | Pointwise):
        window = window_of(row)
        assert window is not None
        dilation = layer.dilation if isinstance(layer, Convolution) else 1
        return _through(sight, window, per_axis(dilation, axes, "dilation"))
    if isinstance(layer, GlobalPool):
        return _through(sight, Window(row.input.sides, row.input.sides), (1,) * axes)
    if isinstance(layer, SpaceToDepth):
        return _through(sight, _window(layer.factor, layer.factor, axes), (1,) * axes)
    same = isinstance(layer, AdaptivePool) and row.output == row.input
    plain = isinstance(layer, Linear) and layer.over == "channels"
    return sight if here or same or plain else None


def _widest(seen: Sequence[Sight]) -> Sight:
    """The most that any of the maps sees, on every axis, at the stride of the finest."""
    sides = tuple(max(axis) for axis in zip(*(sight.sides for sight in seen), strict=True))
    return Sight(sides, tuple(map(min, zip(*(sight.stride for sight in seen), strict=True))))


def _through(sight: Sight, window: Window, dilation: tuple[int, ...]) -> Sight:
    axes = zip(sight.sides, sight.stride, window.k, window.stride, dilation, strict=True)
    grown = [(r + d * (k - 1) * j, j * s) for r, j, k, s, d in axes]
    return Sight(tuple(r for r, _ in grown), tuple(j for _, j in grown))
