"""A convolution the slow way, which counts every multiplication: the judge of dscalc's law.

It multiplies real numbers in plain nested loops and shares no code and no formula with dscalc:
it walks the positions at which a window fits, every tap of the kernel there, every pair of
channels that belong together, and keeps the set of weights that it met.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple, TypeAlias

Sizes: TypeAlias = tuple[int, ...]
Map: TypeAlias = dict[tuple[Sizes, int], int]


class Counted(NamedTuple):
    """What was met on the walk; `values` holds the output by position and channel."""

    sides: Sizes
    channels: int
    weights: int
    biases: int
    mult_adds: int
    values: Map


def convolution(
    sides: Sizes,
    m: int,
    n: int,
    k: Sizes,
    *,
    stride: Sizes,
    padding: str | Sizes,
    dilation: Sizes,
    groups: int = 1,
    bias: bool = False,
) -> Counted | None:
    """The convolution of a map of `sides` with `m` channels; None where no window fits."""
    axes = [
        _starts(side, tap, step, pad, gap)
        for side, tap, step, pad, gap in zip(
            sides, k, stride, _per_axis(padding, len(sides)), dilation, strict=True
        )
    ]
    if not all(axes):
        return None
    values: Map = {}
    weights, biases = set(), set()
    mult_adds = 0
    for position in product(*(range(len(starts)) for starts in axes)):
        corner = [starts[i] for starts, i in zip(axes, position, strict=True)]
        for o in range(n):
            total = 0
            for i in _partners(o, m, n, groups):
                for tap in product(*map(range, k)):
                    at = tuple(c + t * d for c, t, d in zip(corner, tap, dilation, strict=True))
                    total += _pixel(at, i, sides) * _weight(o, i, tap)
                    weights.add((o, i, tap))
                    mult_adds += 1
            if bias:
                total += o
                biases.add(o)
            values[position, o] = total
    return Counted(tuple(map(len, axes)), n, len(weights), len(biases), mult_adds, values)


def transposed(
    sides: Sizes,
    m: int,
    n: int,
    k: Sizes,
    *,
    stride: Sizes,
    padding: str | Sizes,
    dilation: Sizes,
    groups: int = 1,
    bias: bool = False,
) -> Counted | None:
    """The transposed convolution: every pixel is spread over the taps, then the rim is cut off."""
    spread: Map = {}
    weights = set()
    mult_adds = 0
    for position in product(*map(range, sides)):
        for o in range(n):
            for i in _partners(o, m, n, groups):
                for tap in product(*map(range, k)):
                    at = tuple(
                        p * s + t * d
                        for p, s, t, d in zip(position, stride, tap, dilation, strict=True)
                    )
                    spread[at, o] = spread.get((at, o), 0) + _pixel(position, i, sides) * _weight(
                        o, i, tap
                    )
                    weights.add((o, i, tap))
                    mult_adds += 1
    extent = [1 + max(at[axis] for at, _ in spread) for axis in range(len(sides))]
    if padding == "same":
        kept = [len(range(side * step)) for side, step in zip(sides, stride, strict=True)]
    else:
        pads = _per_axis(padding, len(sides))
        assert not isinstance(pads, str)
        kept = [
            len(range(int(pad or 0), end - int(pad or 0)))
            for pad, end in zip(pads, extent, strict=True)
        ]
    if not all(kept):
        return None
    biases = n if bias else 0
    return Counted(tuple(kept), n, len(weights), biases, mult_adds, spread)


def _per_axis(padding: str | Sizes, axes: int) -> tuple[int | None, ...]:
    """The pad of each axis; None for "same"."""
    if isinstance(padding, str):
        return (None if padding == "same" else 0,) * axes
    return padding


def _starts(side: int, k: int, stride: int, pad: int | None, dilation: int) -> list[int]:
    """Where windows start along a side; with "same", at every stride-th pixel."""
    if pad is None:
        reach = (k - 1) * dilation
        return [start - reach // 2 for start in range(0, side, stride)]
    starts = []
    start = -pad
    while start + (k - 1) * dilation < side + pad:
        starts.append(start)
        start += stride
    return starts


def _partners(o: int, m: int, n: int, groups: int) -> list[int]:
    """The input channels that output channel `o` sees: those of its group."""
    mine = [i for i in range(m) if i * groups // m == o * groups // n]
    assert len(mine) * groups == m
    return mine


def _pixel(at: Sizes, channel: int, sides: Sizes) -> int:
    """The input: some number inside the map, zero around it."""
    inside = all(0 <= p < side for p, side in zip(at, sides, strict=True))
    return 1 + channel + sum(at) if inside else 0


def _weight(o: int, i: int, tap: Sizes) -> int:
    return 1 + o - 2 * i + sum((axis + 1) * t for axis, t in enumerate(tap))
