"""What a planner of memory is asked to place: so many bytes each, from when to when."""

from __future__ import annotations

from typing import NamedTuple


class Buffer(NamedTuple):
    """Memory of `size` bytes that is needed from clock `first` to clock `last`, both included.

    `at` is the byte that it begins at, where that is decided already.
    """

    name: str
    size: int
    first: int
    last: int
    at: int | None = None


class Kept(NamedTuple):
    """What a runtime keeps records of: tensors, operators, output channels that weights have.

    `tables` are bytes that it looks values up in.
    """

    tensors: int
    operators: int
    channels: int
    tables: int = 0


class Lives(NamedTuple):
    """The buffers of a network that is run once, in the order in which a planner takes them.

    The first `tensors` of them are tensors, the others what operators write for themselves.
    `clocks` names what runs at each clock, the first of which is before anything does. `dtype` is
    the type that most maps have, as far as it is one that sizes can be asked in; `refused` says
    why nothing can be planned, where that is so.
    """

    buffers: tuple[Buffer, ...]
    tensors: int
    clocks: tuple[str, ...]
    kept: Kept
    dtype: str = ""
    refused: str = ""
