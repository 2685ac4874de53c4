"""Where a memory planner puts every tensor: TensorFlow Lite Micro's first fit, largest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.lives import Buffer

ALIGNED = 16  # bytes that every size in TensorFlow Lite Micro's arena is a multiple of
MOST_MOMENTS = 20_000_000  # moments of life of all tensors together; networks have thousands


class Placed(NamedTuple):
    """A buffer and the byte it begins at; `size` is what it takes there, rounded up."""

    buffer: Buffer
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


def plan(buffers: Sequence[Buffer], aligned: int = ALIGNED, by_time: bool = False) -> list[Placed]:
    """Where each buffer goes, in the order given; sizes are rounded up to `aligned`.

    Those whose place is decided go first, in their order.
    By size, the largest first and of equal ones the last: each at the first gap between those
    that are needed at the same time as it. Buffers without bytes stand at 0. With `by_time` the
    one that is needed first goes first, which no planner of a device does.
    Raises DscalcError where planning would not end.
    Source: GreedyMemoryPlanner of TensorFlow Lite Micro, found again by running it.
    """
    sizes = [-(-buffer.size // aligned) * aligned for buffer in buffers]
    if sum(buffer.last - buffer.first + 1 for buffer in buffers) > MOST_MOMENTS:
        raise DscalcError(f"{len(buffers):,} tensors live too long to be planned")
    placed: list[Placed | None] = [None] * len(buffers)
    # At every clock, of what is placed there: offset, turn and end.
    there: dict[int, list[tuple[int, int, int]]] = {}
    order = sorted(
        range(len(buffers)),
        key=lambda one: (0, 0, one) if buffers[one].at is not None else (1, -sizes[one], -one),
    )
    if by_time:
        order = sorted(range(len(buffers)), key=lambda number: buffers[number].first)
    for turn, number in enumerate(order):
        buffer, size = buffers[number], sizes[number]
        clocks = range(buffer.first, buffer.last + 1)
        near = sorted({one for clock in clocks for one in there.get(clock, ())}) if size else []
        offset = _first_gap(near, size) if buffer.at is None else buffer.at
        placed[number] = Placed(buffer, offset, size)
        for clock in clocks if size else ():
            there.setdefault(clock, []).append((offset, turn, offset + size))
    return [one for one in placed if one is not None]


def _first_gap(near: Sequence[tuple[int, int, int]], size: int) -> int:
    """The first offset at which so many bytes are free, among neighbours in order of offset."""
    at = 0
    for offset, _, end in near:
        if offset - at >= size:
            break
        at = max(at, end)
    return at


def head(placed: Sequence[Placed]) -> int:
    """The bytes that the planned buffers take: the largest end."""
    return max((one.end for one in placed), default=0)


def alive(placed: Sequence[Placed]) -> Iterator[int]:
    """The bytes that are needed at every clock, from 0 on."""
    last = max((one.buffer.last for one in placed), default=-1)
    changes = [0] * (last + 2)
    for one in placed:
        changes[one.buffer.first] += one.size
        changes[one.buffer.last + 1] -= one.size
    now = 0
    for change in changes[:-1]:
        now += change
        yield now
