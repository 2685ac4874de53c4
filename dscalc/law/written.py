"""The numbers of channels that a network writes, each with its rule: all that α can change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as ListOf
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
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
from dscalc.law.numbers import Number, fraction
from dscalc.law.scaling import Scaling


class Written(NamedTuple):
    """A written number of channels, the rule that stands beside it, and what must divide it.

    `needed` says that the network is refused where it is; a layer that may be left out is not.
    """

    n: int
    multiple_of: int | None = None
    at_least: int = 1
    divisor: int = 1
    needed: bool = True

    def at(self, scaling: Scaling) -> int:
        """The channels that it becomes; 0 where none is left."""
        try:
            return scaling.channels(self.n, {}, self.multiple_of, self.at_least)
        except DscalcError:
            return 0

    def refuses(self, channels: int) -> bool:
        """Whether the network refuses that it becomes so many."""
        return self.needed and (channels == 0 or channels % self.divisor != 0)


def written_channels(network: Network) -> tuple[Written, ...]:
    """Every number that α scales, each once; equal results mean an equal network."""
    divisors = Divisors()
    found = [*_of_entries(network.nodes, _Context(divisors, True, set()))]
    for name, value in network.parameters.items():
        divisor = divisors.of(name, network.nodes)
        found += _of_role(network.roles[name], value, {}, divisor)
    return tuple(dict.fromkeys(found))


class _Context(NamedTuple):
    """Whether the items here are always there, and which were met, as such or not."""

    divisors: Divisors
    needed: bool
    seen: set[tuple[int, bool]]

    def meets(self, what: object) -> bool:
        """Whether it is new here; what is always there need not be met again."""
        if self.seen.isdisjoint({(id(what), True), (id(what), self.needed)}):
            self.seen.add((id(what), self.needed))
            return True
        return False


def _of_entries(entries: Iterable[Entry], here: _Context) -> Iterator[Written]:
    for entry in entries:
        if here.meets(entry):
            if isinstance(entry, Node):
                yield from _of_layer(entry.layer, {})
            elif entry.condition is None and here.needed:
                yield from _of_item(entry, here)
            else:
                maybe = here._replace(needed=False)
                yield from (one._replace(divisor=1, needed=False) for one in _of_item(entry, maybe))


def _of_item(item: Item, here: _Context) -> Iterator[Written]:
    what = item.what
    rule: Mapping[str, Any] = {}
    match what:
        case Made():
            yield from _of_layer(what.layer, what.follows)
            rule = _rule(what.layer)
        case Use():
            rule = what.rule
            yield from _of_use(what, here)
        case Residual():
            project = () if isinstance(what.project, Layer | None) else what.project
            maybe = here._replace(needed=False)
            yield from (one._replace(needed=False) for one in _of_entries(project, maybe))
    for part in _lists_in(what):
        yield from _of_entries(part.items, here)
        for name, value in part.values.items():
            divisor = here.divisors.of(name, part.items)
            yield from _of_role(part.roles[name], value, {}, divisor)
    for name, values in item.each.items():
        divisor = here.divisors.of_one(name, item)
        for value in values:
            yield from _of_role(item.roles[name], value, rule, divisor)


def _lists_in(what: What) -> Iterator[Branch]:
    """The lists of a structure that are there wherever it is."""
    match what:
        case Sequence():
            yield Branch(what.items)
        case Residual():
            yield from (Branch(what.body), Branch(what.shortcut))
        case Join() | Split():
            parts = what.parts if isinstance(what, Join) else what.branches
            yield from (part for part in parts if isinstance(part, Branch))


def _of_use(use: Use, here: _Context) -> Iterator[Written]:
    block = use.block
    for name, role in block.roles.items():
        given = use.arguments.get(name, block.parameters[name])
        yield from _of_role(role, given, use.rule, here.divisors.of(name, block.items, use))
    if here.meets(block):
        yield from _of_entries(block.items, here)


def _of_layer(layer: Layer, follows: Mapping[str, Given]) -> Iterator[Written]:
    for field in layer.wide:
        given = follows.get(field, vars(layer)[field])
        if given is not None:
            grouped = field == "n" and field not in follows and "g" not in follows
            divisor = vars(layer).get("g", 1) if grouped else 1
            yield from _of_given(given, _rule(layer), divisor)


def _rule(layer: Layer) -> Mapping[str, Any]:
    own = vars(layer)
    return {key: own[key] for key in ("multiple_of", "at_least", "scale") if key in own}


def _of_role(role: str, given: Given, rule: Mapping[str, Any], divisor: int) -> Iterator[Written]:
    if role == "channels":
        yield from _of_given(given, rule, divisor)


def _of_given(given: Given, rule: Mapping[str, Any], divisor: int) -> Iterator[Written]:
    """The number itself, or the literal terms of one that follows."""
    if not rule.get("scale", True):
        return
    least, multiple = rule.get("at_least", 1), rule.get("multiple_of")
    if isinstance(given, Number):
        for term in given.terms:
            if term.literal:
                top, bottom = fraction(Number("", (term._replace(sign=1),)), {}, lambda one: one)
                if top % bottom == 0:
                    yield Written(top // bottom, multiple)
    elif isinstance(given, int) and not isinstance(given, bool):
        yield Written(given, multiple, least, divisor)


# ---------------------------------------------------------------- what must divide


class Divisors:
    """What must divide the number that a name stands for, lest the network be refused.

    A layer's groups divide its channels, and quotients come out whole. Only what is there
    wherever the name is counts.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[int, str, int], int] = {}

    def of(self, name: str, entries: ListOf[Entry], use: Use | None = None) -> int:
        """By all items of a list, in which the name stands for one number.

        Those of a block are as one `use` of it has them, whose whole numbers are known.
        """
        key = id(entries), name, id(use)
        if key not in self.known:
            items = (entry for entry in entries if isinstance(entry, Item))
            found = [
                self.of_one(name, item, None if item.each else use)
                for item in items
                if item.condition is None and name not in item.each
            ]
            self.known[key] = math.lcm(*found)
        return self.known[key]

    def of_one(self, name: str, item: Item, use: Use | None = None) -> int:
        """By one item, and those inside it."""
        what = item.what
        if isinstance(what, Made):
            own = vars(what.layer)
            groups = own.get("g", 1)
            if "g" in what.follows:
                groups = 1 if use is None else _literal(what.follows["g"], use)
            rounded = bool(own.get("multiple_of")) or own.get("at_least", 1) > 1
            of_n = 1 if rounded else _divisor(what.follows.get("n"), name, groups)
            return math.lcm(of_n, _divisor(what.follows.get("g"), name, 1))
        if isinstance(what, Use):
            block = what.block
            wide = (
                [] if what.rule else [key for key in block.roles if block.roles[key] == "channels"]
            )
            return math.lcm(
                *(
                    _divisor(what.arguments.get(key), name, self.of(key, block.items, what))
                    for key in wide
                )
            )
        lists = [part for part in _lists_in(what) if name not in part.values]
        return math.lcm(
            *(self.of(name, part.items, None if part.values else use) for part in lists)
        )


def _literal(given: Given, use: Use) -> int:
    """The whole number that a use of a block gives to a parameter of no other role; else 1."""
    name = given.name if isinstance(given, Number) else ""
    if use.block.roles.get(name) != "plain":
        return 1
    value = use.arguments.get(name, use.block.parameters[name])
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def _divisor(given: Given, name: str, divisor: int) -> int:
    """What must divide a name so that `divisor` divides a multiple or a quotient of it."""
    if not isinstance(given, Number) or len(given.terms) != 1 or given.names() != [name]:
        return 1
    (term,) = given.terms
    if term.above.count(name) != 1:
        return 1
    factor, bottom = fraction(given, {name: 1}, lambda one: one)
    whole = abs(bottom) * divisor
    return whole // math.gcd(factor, whole)
