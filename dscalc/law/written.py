"""The numbers of channels that a network writes, each with its rule: all that α can change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
)
from dscalc.law.layer import Layer, Node
from dscalc.law.network import Network
from dscalc.law.numbers import Number, fraction
from dscalc.law.scaling import Scaling


class Written(NamedTuple):
    """A written number of channels, the rule that stands beside it, and what must divide it."""

    n: int
    multiple_of: int | None = None
    at_least: int = 1
    divisor: int = 1

    def at(self, scaling: Scaling) -> int:
        """The channels that it becomes; 0 where none is left, which the network refuses."""
        try:
            return scaling.channels(self.n, {}, self.multiple_of, self.at_least)
        except DscalcError:
            return 0


def written_channels(network: Network) -> tuple[Written, ...]:
    """Every number that α scales, each once; equal results mean an equal network."""
    found = [*_of_entries(network.nodes, set())]
    for name, value in network.parameters.items():
        if network.roles[name] == "channels":
            found += _of_given(value, {})
    return tuple(dict.fromkeys(found))


def _of_entries(entries: Iterable[Entry], seen: set[int]) -> Iterator[Written]:
    for entry in entries:
        if id(entry) in seen:
            continue
        seen.add(id(entry))
        if isinstance(entry, Node):
            yield from _of_layer(entry.layer, {})
        else:
            yield from _of_item(entry, seen)


def _of_item(item: Item, seen: set[int]) -> Iterator[Written]:
    what = item.what
    rule: Mapping[str, Any] = {}
    match what:
        case Made():
            yield from _of_layer(what.layer, what.follows)
            rule = _rule(what.layer)
        case Use():
            rule = what.rule
            yield from _of_use(what, seen)
        case Sequence():
            yield from _of_entries(what.items, seen)
        case Residual():
            project = () if isinstance(what.project, Layer | None) else what.project
            for entries in (what.body, what.shortcut, project):
                yield from _of_entries(entries, seen)
        case Join() | Split():
            parts = what.parts if isinstance(what, Join) else what.branches
            for part in parts:
                if isinstance(part, Branch):
                    yield from _of_entries(part.items, seen)
                    for name, value in part.values.items():
                        yield from _of_role(part.roles[name], value, {})
    for name, values in item.each.items():
        for value in values:
            yield from _of_role(item.roles[name], value, rule)


def _of_use(use: Use, seen: set[int]) -> Iterator[Written]:
    block = use.block
    for name, role in block.roles.items():
        given = use.arguments.get(name, block.parameters[name])
        yield from _of_role(role, given, use.rule)
    if id(block) not in seen:
        seen.add(id(block))
        yield from _of_entries(block.items, seen)


def _of_layer(layer: Layer, follows: Mapping[str, Given]) -> Iterator[Written]:
    for field in layer.wide:
        given = follows.get(field, vars(layer)[field])
        if given is not None:
            grouped = field == "n" and field not in follows and "g" not in follows
            for one in _of_given(given, _rule(layer)):
                yield one._replace(divisor=vars(layer).get("g", 1)) if grouped else one


def _rule(layer: Layer) -> Mapping[str, Any]:
    own = vars(layer)
    return {key: own[key] for key in ("multiple_of", "at_least", "scale") if key in own}


def _of_role(role: str, given: Given, rule: Mapping[str, Any]) -> Iterator[Written]:
    if role == "channels":
        yield from _of_given(given, rule)


def _of_given(given: Given, rule: Mapping[str, Any]) -> Iterator[Written]:
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
        yield Written(given, multiple, least)
