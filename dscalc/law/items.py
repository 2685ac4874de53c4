"""What a network consists of before it is laid out: items whose numbers may follow from others.

A list of items is what a file says. A walk along it (walk.py) makes layers of whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from dscalc.errors import DscalcError, Place, Problem
from dscalc.law.fields import written
from dscalc.law.layer import Layer, Node
from dscalc.law.numbers import Number

Given: TypeAlias = Any
"""A literal, a Number that follows from others, or a tuple of these."""

Role: TypeAlias = Literal["channels", "repeat", "stride", "source", "plain"]
"""For what a parameter stands: channels that α scales, copies that depth scales, a stride."""

Places: TypeAlias = Mapping[str, Place]


class Made(NamedTuple):
    """An item of a kind: a layer in which what follows is to be filled in, by field."""

    layer: Layer
    follows: Mapping[str, Given]


class Use(NamedTuple):
    """A block that is used as a kind: the values given to its parameters, and a rule of width.

    `rule` may hold multiple_of, at_least and scale, for the one parameter of channels.
    """

    block: Definition
    arguments: Mapping[str, Given]
    rule: Mapping[str, Any]


class Sequence(NamedTuple):
    """A list of items under one name."""

    items: tuple[Entry, ...]


class Residual(NamedTuple):
    """A body, and what its input passes before it is added to the body's output.

    `shortcut` is passed always, `project` only where the body changes the shape: a list of items,
    or AUTO with a pointwise layer to fill in; None adds nothing there.
    """

    body: tuple[Entry, ...]
    shortcut: tuple[Entry, ...] = ()
    project: tuple[Entry, ...] | Layer | None = None
    conditional: bool = False


class Branch(NamedTuple):
    """A list of items that stands beside others; `values` are those of an `each` around it."""

    items: tuple[Entry, ...]
    values: Mapping[str, Given] = {}
    roles: Mapping[str, Role] = {}


class Reference(NamedTuple):
    """The name of an earlier layer, or of several: `a`, `a.inner`, `a*.skip`."""

    name: str
    place: Place | None = None


class Join(NamedTuple):
    """A layer that puts together what its parts give; without parts, what comes in."""

    layer: Layer
    parts: tuple[Branch | Reference | Number, ...] = ()


class Split(NamedTuple):
    """Parts of the channels: equal ones, or by shares, each through a branch or as it is.

    `shares` are Numbers or whole numbers; with branches the parts are joined again.
    """

    parts: Given
    shares: tuple[Given, ...] = ()
    branches: tuple[Branch, ...] = ()


What: TypeAlias = Made | Use | Sequence | Residual | Join | Split


class Condition(NamedTuple):
    """`a > b`, or a flag that must have the value `wanted`."""

    text: str
    left: Number
    right: Number | None = None
    wanted: bool = True

    def exceeds(self, left: Any, right: Any) -> bool:
        """Whether one value is larger than another on any axis.

        Raises DscalcError where they are no numbers, or of different axes.
        """
        axes = max(len(one) if isinstance(one, tuple) else 1 for one in (left, right))
        pair = [one if isinstance(one, tuple) else (one,) * axes for one in (left, right)]
        for one in (*pair[0], *pair[1]):
            if isinstance(one, bool) or not isinstance(one, int | float):
                message = f"{self.text} compares numbers, not {written(one)}"
                raise DscalcError(Problem(message, "if"))
        if len(pair[0]) != len(pair[1]):
            message = f"{self.text} compares {len(pair[0])} axes with {len(pair[1])}"
            raise DscalcError(Problem(message, "if"))
        return any(one > other for one, other in zip(*pair, strict=True))


class Item(NamedTuple):
    """One entry of a list: what it is, what it is called, what it takes, how often it stands."""

    what: What
    kind: str
    place: Place
    places: Places
    name: str = ""
    sources: tuple[Reference | Number, ...] = ()
    repeat: Given = None
    each: Mapping[str, tuple[Given, ...]] = {}
    roles: Mapping[str, Role] = {}
    condition: Condition | None = None
    shared: bool | str = False


Entry: TypeAlias = Item | Node


class Levels(NamedTuple):
    """How many lists stand inside each other, blocks followed, and how many blocks."""

    lists: int = 1
    blocks: int = 0


class Definition(NamedTuple):
    """A block: parameters with their defaults and roles, names of what comes in, items, outputs.

    Where its default is Required, a parameter must be given. `inputs` is empty for a single one.
    `levels` are those of its items.
    """

    name: str
    parameters: Mapping[str, Given]
    roles: Mapping[str, Role]
    inputs: tuple[str, ...]
    items: tuple[Entry, ...]
    outputs: tuple[Reference, ...] = ()
    place: Place | None = None
    levels: Levels = Levels()


def levels(entries: Iterable[Entry]) -> Levels:
    """The levels of a list of items, itself counted."""
    lists, blocks = _most(_levels_of(entry.what) for entry in entries if isinstance(entry, Item))
    return Levels(lists + 1, blocks)


def _levels_of(what: What) -> Levels:
    match what:
        case Use():
            return Levels(what.block.levels.lists, what.block.levels.blocks + 1)
        case Sequence():
            return levels(what.items)
        case Residual():
            project = () if isinstance(what.project, Layer | None) else what.project
            return _most(map(levels, (what.body, what.shortcut, project)))
        case Join() | Split():
            parts = what.parts if isinstance(what, Join) else what.branches
            return _most(levels(part.items) for part in parts if isinstance(part, Branch))
    return Levels(0)


def _most(found: Iterable[Levels]) -> Levels:
    return Levels(*map(max, zip(Levels(0), *found, strict=True)))


class Required:
    """What stands in place of a default where there is none."""
