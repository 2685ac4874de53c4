"""Which items of a network may cost less as α rises, and whether its layers stay the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from dscalc.law.items import Branch, Entry, Given, Item, Join, Made, Residual, Sequence, Split, Use
from dscalc.law.layer import Layer, Node
from dscalc.law.network import Network
from dscalc.law.numbers import INCOMING, Number
from dscalc.law.weightless import Concat, Pool


class Growth(NamedTuple):
    """By the identity of their `places`, which rows keep, the items that need care.

    `falling`: their channels or costs may fall as α rises. `echoing`: their channels follow from
    those that come in. `projecting`: they project only where their body changes the channels.
    `restoring`: they put together what comes in and a number less what comes in.
    """

    falling: frozenset[int]
    echoing: frozenset[int]
    projecting: frozenset[int]
    restoring: frozenset[int]


def growth(network: Network) -> Growth | None:
    """What of a network may fall as α rises; None where even its layers may be others.

    All width rules keep the order of numbers, and sums and products of what rises rise. What may
    fall is a difference, a quotient by channels, any other field that follows from channels (more
    groups cost less), unequal parts of a split, and whatever has a parameter that is given so.
    """
    if network.conversions:
        return None
    items = list(_items(network.nodes, set()))
    wide = _names_of_channels(network, items)
    falling = _names_given(items, lambda value: _falls(value, wide))
    passing = _names_given(items, lambda value: bool(_names(value).intersection(INCOMING)))
    odd: set[int] = set()
    echoing: set[int] = set()
    passed: set[int] = set()
    for item in items:
        what = item.what
        if _may_leave_out(item, wide):
            return None
        if isinstance(what, Split) and what.shares:
            odd.add(id(item.places))
        if not isinstance(what, Made):
            continue
        for field, given in what.follows.items():
            names, channels = _names(given), field in what.layer.wide
            if _falls(given, wide) or names & falling or (names & wide and not channels):
                odd.add(id(item.places))
            elif names & {*INCOMING}:
                echoing.add(id(item.places))
            if names & passing:
                passed.add(id(item.places))
    restoring = [_restoring(item, falling | passing) for item in items]
    return Growth(
        frozenset(odd | passed if odd else odd),  # from where is not followed
        frozenset(echoing),
        frozenset(id(item.places) for item in items if _is_conditional(item)),
        frozenset(id(item.places) for item in restoring if item is not None),
    )


def _is_conditional(item: Item) -> bool:
    return isinstance(item.what, Residual) and item.what.conditional


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


def _items(entries: Iterable[Entry], seen: set[int]) -> Iterator[Item]:
    """All items of lists, of those inside them, and of the blocks that they use."""
    for entry in entries:
        if isinstance(entry, Node) or id(entry) in seen:
            continue
        seen.add(id(entry))
        yield entry
        match entry.what:
            case Sequence():
                yield from _items(entry.what.items, seen)
            case Residual() as what:
                yield from _items((*what.body, *what.shortcut), seen)
                if isinstance(what.project, tuple):
                    yield from _items(what.project, seen)
            case Join() | Split() as what:
                for part in what.parts if isinstance(what, Join) else what.branches:
                    if isinstance(part, Branch):
                        yield from _items(part.items, seen)
            case Use() as what:
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


def _names_of_channels(network: Network, items: list[Item]) -> set[str]:
    """Every name that somewhere stands for channels, or follows from such a name."""
    wide = {*INCOMING, *(name for name, role in network.roles.items() if role == "channels")}
    given = [one for item in items for one in _given(item)]
    while True:
        more = {name for name, role, value in given if role == "channels" or _names(value) & wide}
        if more <= wide:
            return wide
        wide |= more


def _names_given(items: list[Item], kind: Callable[[Given], bool]) -> set[str]:
    """The names that somewhere are given such a value, or one that follows from such a name."""
    given = [one for item in items for one in _given(item)]
    found: set[str] = set()
    while True:
        more = {name for name, _, value in given if kind(value) or _names(value) & found}
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
    """Whether a value may fall as channels rise."""
    if isinstance(given, Number):
        return any(term.sign < 0 or wide.intersection(term.below) for term in given.terms)
    return isinstance(given, tuple) and any(_falls(part, wide) for part in given)


def _may_leave_out(item: Item, wide: set[str]) -> bool:
    """Whether the layers of an item, or their number, may change with channels."""
    what = item.what
    deciding: list[Given] = [item.repeat, *item.sources]
    if item.condition is not None:
        deciding += [item.condition.left, item.condition.right]
    if isinstance(what, Split):
        deciding.append(what.parts)
    if any(_names(given) & wide for given in deciding):
        return True
    if isinstance(what, Residual) and what.conditional:
        return not isinstance(what.project, Layer)
    return False
