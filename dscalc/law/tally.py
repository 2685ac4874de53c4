"""What is counted and remembered while a network is laid out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dscalc.errors import DscalcError, Place
from dscalc.law.layer import Layer, Shape, Step

MOST_COPIES = 100_000  # layers, and lists entered, in one network
MOST_JOINED = 3 * MOST_COPIES  # inputs of all joins together


class Rebuilt(NamedTuple):
    """A written number of channels that the width rule builds as another at α = 1."""

    field: str
    written: int
    built: int
    place: Place | None

    @property
    def sentence(self) -> str:
        """What was written, and what it is built as."""
        return f"{self.field}: {self.written} is built as {self.built}; scale: false keeps it"


def told(rebuilt: Iterable[Rebuilt]) -> dict[str, list[Place]]:
    """Each sentence once, with the places where it is so."""
    found: dict[str, list[Place]] = {}
    for one in rebuilt:
        places = found.setdefault(one.sentence, [])
        if one.place and one.place not in places:
            places.append(one.place)
    return found


def at_lines(sentence: str, places: Sequence[Place]) -> str:
    """The sentence with the lines of its places."""
    lines = list(dict.fromkeys(str(place.line) for place in places))
    if not lines:
        return sentence
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return f"{sentence} (line{'s' if len(lines) > 1 else ''} {', '.join(lines[:3])}{more})"


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
        self.measured: dict[tuple[int, tuple[Shape, ...]], tuple[Layer, Step]] = {}
        self.laid: dict[tuple[Any, ...], Any] = {}

    def count(self, copies: int, joined: int = 0) -> None:
        """Raises DscalcError where the network becomes too large."""
        self.copies += copies
        self.joined += joined
        if self.copies > MOST_COPIES:
            raise DscalcError(f"more than {MOST_COPIES:,} layers")
        if self.joined > MOST_JOINED:
            raise DscalcError(f"more than {MOST_JOINED:,} inputs of layers")
