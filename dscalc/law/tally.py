"""What is counted and remembered while a network is laid out."""

from __future__ import annotations

from typing import Any, NamedTuple

from dscalc.errors import DscalcError, Place
from dscalc.law.layer import Layer, Shape
from dscalc.law.rows import Measured

MOST_COPIES = 100_000  # layers, and lists entered, in one network
MOST_JOINED = 3 * MOST_COPIES  # inputs of all joins together


class Rebuilt(NamedTuple):
    """A written number of channels that the width rule builds as another at α = 1."""

    field: str
    written: int
    built: int
    place: Place | None


class Tally:
    """How much of a network has been laid out, counted before it takes memory.

    What is equal is done once: `made` has the layers of items, `measured` what layers make of
    shapes, `laid` the blocks for arguments and shapes. `rebuilt` are the written numbers that were
    found to be built as others at α = 1.
    """

    def __init__(self) -> None:
        self.copies = 0
        self.joined = 0
        self.rebuilt: list[Rebuilt] = []
        self.made: dict[tuple[Any, ...], Layer] = {}
        self.measured: dict[tuple[int, tuple[Shape, ...]], Measured] = {}
        self.laid: dict[tuple[Any, ...], Any] = {}

    def count(self, copies: int, joined: int = 0) -> None:
        """Raises DscalcError where the network becomes too large."""
        self.copies += copies
        self.joined += joined
        if self.copies > MOST_COPIES:
            raise DscalcError(f"more than {MOST_COPIES:,} layers")
        if self.joined > MOST_JOINED:
            raise DscalcError(f"more than {MOST_JOINED:,} inputs of layers")
