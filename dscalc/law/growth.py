"""Which items of a network may cost less as α rises, and whether its layers stay the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from dscalc.law.items import (
    Branch,
    Entry,
    Given,
    Item,
    Join,
    Made,
    Residual,
    Sequence,
    Split,
    Use,
    What,
)
from dscalc.law.layer import Layer, Node
from dscalc.law.network import Network
from dscalc.law.numbers import INCOMING, Number, Term
from dscalc.law.weightless import Concat, Pool, Upsample

RISING = frozenset({"n", "multiplier", "key", "value"})
"""The fields, besides those that α scales, with which channels and costs rise in every law."""

STEADY = frozenset({"g", "heads", "kv_heads", "expand", "reduction", "se", "words"})
"""The fields that have no part in the sides of what comes out."""


class Growth(NamedTuple):
    """By the identity of their `places`, which rows keep, the items that need care.

    `falling`: their channels or costs may fall as α rises. `reshaping`: their sides may, too.
    `echoing`: their numbers follow from channels that come in. `grouped`: their groups rise.
    `conditional`: residuals that project only where their body changes the shape; `bare` of these
    add nothing there. `projecting`: items of a list that they project by; `entering`: the first of
    such a list, where it takes what comes into the residual. `restoring`: they put together what
    comes in and a number less what comes in. `deciding`: they are there from one α on, or up to
    one, as their `if` says.
    """

    falling: frozenset[int]
    reshaping: frozenset[int]
    echoing: frozenset[int]
    grouped: frozenset[int]
    conditional: frozenset[int]
    bare: frozenset[int]
    projecting: frozenset[int]
    entering: frozenset[int]
    restoring: frozenset[int]
    deciding: frozenset[int]


def growth(network: Network) -> Growth | None:
    """What of a network may fall as α rises; None where even its layers may be others.

    All width rules keep the order of numbers, and sums and products of what rises rise. What may
    fall is a difference, a quotient by channels, any field but RISING that follows from channels
    (more groups cost less), unequal parts of a split, and whatever has a parameter that is given
    so. Layers may be others where channels decide on an `if`, on copies or on parts. Where an `if`
    changes its mind but once as α rises, and in a residual that projects only where it must, they
    are as `least_between` sees to.
    """
    if network.conversions:
        return None
    items = list(_items(network.nodes, set()))
    given = [one for item in items for one in _given(item)]
    given += [(name, network.roles[name], value) for name, value in network.parameters.items()]
    wide = _names_of_channels(given)
    falling = _names_given(given, lambda value: _falls(value, wide))
    passing = _names_given(given, lambda value: bool(_names(value).intersection(INCOMING)))
    doubtful = {*INCOMING, *falling, *passing}
    if any(_may_leave_out(item, wide, doubtful) for item in items):
        return None
    found: dict[str, set[int]] = {kind: set() for kind in Growth._fields}
    passed: set[int] = set()
    for item in items:
        for kind in _kinds_of(item, wide, falling):
            found[kind].add(id(item.places))
        if _follows_any(item, passing):
            passed.add(id(item.places))
        first = _restoring(item, falling | passing)
        if first is not None:
            found["restoring"].add(id(first.places))
        if isinstance(item.what, Residual) and isinstance(item.what.project, tuple):
            _note_projection(item.what.project, found)
    if found["falling"]:
        found["falling"] |= passed  # from where is not followed
    if found["reshaping"] and any(_is_like_another(item) for item in items):
        return None
    return Growth(*map(frozenset, found.values()))


def _kinds_of(item: Item, wide: set[str], falling: set[str]) -> Iterator[str]:
    """The sets of Growth that an item belongs to by what it says itself."""
    what = item.what
    if any(not wide.isdisjoint(_names(number)) for number in _compared(item)):
        yield "deciding"
    if isinstance(what, Split) and what.shares:
        yield "falling"
    if isinstance(what, Residual) and what.conditional:
        yield "conditional"
        if what.project is None:
            yield "bare"
    if not isinstance(what, Made):
        return
    for field, given in what.follows.items():
        names = _names(given)
        falls = _falls(given, wide) or not names.isdisjoint(falling)
        if falls or not names.isdisjoint(wide):
            yield from _kinds_by_field(what.layer, field, falls)
            if names.intersection(INCOMING):
                yield "echoing"


def _kinds_by_field(layer: Layer, field: str, falls: bool) -> Iterator[str]:
    """The same by one field that follows from channels."""
    rises = field in layer.wide or field in RISING
    if field == "g" and not falls:
        yield "grouped"
    elif falls or not rises:
        yield "falling"
        if not rises and field not in STEADY:
            yield "reshaping"


def _follows_any(item: Item, names: set[str]) -> bool:
    follows = item.what.follows if isinstance(item.what, Made) else {}
    return any(not names.isdisjoint(_names(given)) for given in follows.values())


def _is_like_another(item: Item) -> bool:
    """Whether an item has the sides of a layer that it does not take."""
    layer = item.what.layer if isinstance(item.what, Made) else None
    return isinstance(layer, Upsample) and layer.like is not None


def _note_projection(project: tuple[Entry, ...], found: dict[str, set[int]]) -> None:
    """Keeps the items of a list that a residual projects by, and the first of them."""
    items = list(_items(project, set(), blocks=False))
    found["projecting"].update(id(item.places) for item in items)
    first = project[0] if project else None
    nested = any(isinstance(item.what, Residual) and item.what.conditional for item in items)
    if not isinstance(first, Item) or not isinstance(first.what, Made | Use) or nested:
        return
    if not first.sources and first.condition is None:
        found["entering"].add(id(first.places))


def _restoring(item: Item, doubtful: set[str]) -> Item | None:
    """The first item of a block, if it puts `input` and `n - input` channels together.

    `doubtful` are names that such an n must not be, since they may fall themselves.
    """
    what = item.what
    first = what.block.items[0] if isinstance(what, Use) and what.block.items else None
    if not isinstance(first, Item) or not isinstance(first.what, Join) or first.sources:
        return None
    branches = [part.items for part in first.what.parts if isinstance(part, Branch)]
    if not isinstance(first.what.layer, Concat) or [len(branches), len(first.what.parts)] != [2, 2]:
        return None
    kept = [items for items in branches if all(map(_keeps_channels, items))]
    rest = [items for items in branches if items and _is_rest(items[-1], doubtful)]
    return first if len(kept) == 1 == len(rest) else None


def _keeps_channels(entry: Entry) -> bool:
    if not isinstance(entry, Item) or entry.sources or not isinstance(entry.what, Made):
        return False
    return isinstance(entry.what.layer, Pool)


def _is_rest(entry: Entry, doubtful: set[str]) -> bool:
    """Whether an item always has the channels of one name less those of the block's input."""
    if not isinstance(entry, Item) or entry.condition or not isinstance(entry.what, Made):
        return False
    layer, given = entry.what.layer, entry.what.follows.get("n")
    if not isinstance(given, Number) or len(given.terms) != 2 or layer.wide != ("n",):
        return False
    own = vars(layer)
    if own["at_least"] > 1 or own["multiple_of"] or any(term.below for term in given.terms):
        return False
    name = next((term.above for term in given.terms if term.sign > 0), ())
    less = next((term.above for term in given.terms if term.sign < 0), ())
    return (
        less == ("input",)
        and len(name) == 1
        and isinstance(name[0], str)
        and (name[0] not in {*INCOMING, *doubtful})
    )


def _items(entries: Iterable[Entry], seen: set[int], blocks: bool = True) -> Iterator[Item]:
    """All items of lists, of those inside them, and of the `blocks` that they use."""
    for entry in entries:
        if isinstance(entry, Node) or id(entry) in seen:
            continue
        seen.add(id(entry))
        yield entry
        match entry.what:
            case Sequence():
                yield from _items(entry.what.items, seen, blocks)
            case Residual() as what:
                yield from _items((*what.body, *what.shortcut), seen, blocks)
                if isinstance(what.project, tuple):
                    yield from _items(what.project, seen, blocks)
            case Join() | Split() as what:
                for part in what.parts if isinstance(what, Join) else what.branches:
                    if isinstance(part, Branch):
                        yield from _items(part.items, seen, blocks)
            case Use() as what if blocks:
                yield from _items(what.block.items, seen)


def _given(item: Item) -> Iterator[tuple[str, str, Given]]:
    """What an item gives to names: the name, what it stands for, and the value."""
    for name, values in item.each.items():
        for value in values:
            yield name, item.roles[name], value
    what = item.what
    if isinstance(what, Use):
        for name, role in what.block.roles.items():
            yield name, role, what.arguments.get(name, what.block.parameters[name])
    for part in what.parts if isinstance(what, Join) else ():
        if isinstance(part, Branch):
            for name, value in part.values.items():
                yield name, part.roles[name], value
    for branch in what.branches if isinstance(what, Split) else ():
        for name, value in branch.values.items():
            yield name, branch.roles[name], value


Values: TypeAlias = list[tuple[str, str, Given]]
"""What is given to names: the name, what it stands for, and the value."""


def _names_of_channels(given: Values) -> set[str]:
    """Every name that somewhere stands for channels, or follows from such a name."""
    wide = {*INCOMING, *(name for name, role, _ in given if role == "channels")}
    return wide | _names_given(given, lambda value: not wide.isdisjoint(_names(value)))


def _names_given(given: Values, kind: Callable[[Given], bool]) -> set[str]:
    """The names that somewhere are given such a value, or one that follows from such a name."""
    found = {name for name, _, value in given if kind(value)}
    while True:
        more = {name for name, _, value in given if not found.isdisjoint(_names(value))}
        if more <= found:
            return found
        found |= more


def _names(given: Given) -> set[str]:
    """The names in a value."""
    if isinstance(given, Number):
        return set(given.names())
    if isinstance(given, tuple):
        return {name for part in given for name in _names(part)}
    return set()


def _falls(given: Given, wide: set[str]) -> bool:
    """Whether a value may fall as channels rise; one below 0 makes its products fall."""
    if isinstance(given, Number):
        return any(_term_falls(term, wide) for term in given.terms)
    if isinstance(given, tuple):
        return any(_falls(part, wide) for part in given)
    return isinstance(given, int | float) and given < 0


def _term_falls(term: Term, wide: set[str]) -> bool:
    if not wide.isdisjoint(term.below):
        return True
    return term.sign < 0 and (term.literal or not wide.isdisjoint(term.above))


def _may_leave_out(item: Item, wide: set[str], doubtful: set[str]) -> bool:
    """Whether channels decide which layers an item stands for, or how many, more than once.

    `doubtful` are names that may fall where others rise.
    """
    deciding: list[Given] = [item.repeat, *item.sources]
    if not _decides_once(item, wide, doubtful):
        deciding += _compared(item)
    if isinstance(item.what, Split):
        deciding.append(item.what.parts)
    return any(_names(given) & wide for given in deciding)


def _compared(item: Item) -> list[Number]:
    """The numbers that an `if` compares; of a flag alone that."""
    condition = item.condition
    both = (condition.left, condition.right) if condition is not None else ()
    return [number for number in both if number is not None]


def _decides_once(item: Item, wide: set[str], doubtful: set[str]) -> bool:
    """Whether an `if` compares what rises with what stays, and its layers tell what it decides."""
    compared = _compared(item)
    rising = [number for number in compared if not wide.isdisjoint(_names(number))]
    return (
        len(compared) == 2
        and len(rising) == 1
        and doubtful.isdisjoint(_names(rising[0]))
        and not _falls(rising[0], wide)
        and _has_layer(item.what)
    )


def _has_layer(what: What) -> bool:
    """Whether an item is a layer, or has one, wherever it is there."""
    if isinstance(what, Sequence):
        items = [one for one in what.items if isinstance(one, Item) and one.condition is None]
        return any(_has_layer(one.what) for one in items)
    return isinstance(what, Made)
