"""Where the numbers of one layer come from: what follows, α with its rule, depth, later copies.

The network is laid out once more, with an eye on the layer that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dscalc.law import structures
from dscalc.law.blocks import InvertedResidual, SqueezeExcite
from dscalc.law.fields import written
from dscalc.law.items import Given, Item, Made, Use
from dscalc.law.layer import Layer, Shape
from dscalc.law.names import Flow
from dscalc.law.network import Network, lay_out
from dscalc.law.numbers import Number, Term, fraction
from dscalc.law.scaling import Scaling
from dscalc.law.tally import Tally
from dscalc.law.walk import At, Walk


class Origin(NamedTuple):
    """How a layer, or the use of a block, was met: its item, what names stood for, its values."""

    name: str
    item: Item
    names: Mapping[str, Any]
    values: Mapping[str, Any]
    at: At
    input: Shape


class _Tracing(Walk):
    """A walk that keeps how the layers on the way to `wanted` were met."""

    wanted: str
    found: list[Origin]
    entered: str

    def one(self, item: Item, at: At, name: str, flow: Flow, follows: bool = False) -> Flow:
        full = at.prefix + name
        self.entered = full
        if isinstance(item.what, Use) and self.wanted.startswith(f"{full}."):
            self.tally.laid = {}  # it is laid out once more, though it may have been before
        given = super().one(item, at, name, flow, follows)
        if isinstance(item.what, Use) and full == self.wanted and full in self.scope.by_name:
            flow = self.scope.by_name[full].inputs
            values = structures.arguments(self, item, item.what, at, flow)
            self.keep(full, item, at, flow, values)
        return given

    def making(self, name: str, item: Item, what: Made, at: At, flow: Flow) -> Layer:
        layer = super().making(name, item, what, at, flow)
        full = self.entered
        if full == self.wanted or self.wanted.startswith(f"{full}."):
            self.keep(full, item, at, flow, vars(layer))
        return layer

    def keep(self, name: str, item: Item, at: At, flow: Flow, values: Mapping[str, Any]) -> None:
        names = {**at.values, **self.incoming(flow)}
        self.found.append(Origin(name, item, names, values, at, self.scope.shape(flow[0])))

    def within(self, given: Sequence[tuple[str, Shape]]) -> Walk:
        path = f"{self.entered}."
        inner = _Tracing(self.scaling, given, self.tally, self.depth + 1)
        inner.wanted = self.wanted.removeprefix(path) if self.wanted.startswith(path) else ""
        inner.found, inner.entered = self.found, ""
        return inner


def origins(network: Network, name: str) -> list[str]:
    """What each number of the layer called `name` comes from, a sentence each.

    Numbers that stand in the file as they are built are not told.
    """
    walk = _Tracing(network.scaling, list(network.inputs.items()), Tally())
    walk.wanted, walk.found, walk.entered = name, [], ""
    lay_out(walk, network)
    return [one for origin in walk.found[-1:] for one in _told(origin, network.scaling)]


def _told(origin: Origin, scaling: Scaling) -> list[str]:
    item, what = origin.item, origin.item.what
    found: list[str] = []
    rule: Mapping[str, Any] | None
    if isinstance(what, Made):
        for field in what.layer.fields:
            given = what.follows.get(field, vars(what.layer)[field])
            rule = vars(what.layer) if field in what.layer.wide else None
            found.append(_value(field, given, origin, scaling, rule))
        found += _inside(what.layer, origin)
    elif isinstance(what, Use):
        for name, role in what.block.roles.items():
            given = what.arguments.get(name, what.block.parameters[name])
            rule = what.rule if role == "channels" else None
            found.append(_value(name, given, origin, scaling, rule))
    return [*filter(None, found), *_copies(item, origin.at, scaling)]


def _value(
    name: str, given: Given, origin: Origin, scaling: Scaling, rule: Mapping[str, Any] | None
) -> str:
    """Where one value comes from; nothing where it stands in the file as it is."""
    built = origin.values[name]
    if name == "stride" and origin.at.later and built == 1 and given != 1:
        return "stride = 1 in all copies but the first"
    if isinstance(given, Number):
        return _following(name, given, built, origin, scaling, rule)
    if rule is None or given is None or not rule.get("scale", True) or given == built:
        return ""
    multiple, least = rule.get("multiple_of"), rule.get("at_least") or 1
    return f"{name} = {written_out(given, built, scaling, multiple, least)}"


def _following(
    name: str,
    number: Number,
    built: Any,
    origin: Origin,
    scaling: Scaling,
    rule: Mapping[str, Any] | None,
) -> str:
    """`n = t · in = 3 · 24 = 72`, with what rounds it."""
    if number.name == name:
        return f"{name} = {written(built)}, as it was given"
    if number.name:
        return f"{name} = {number.name} = {written(built)}"
    rule = rule or {}
    scales = rule.get("scale", True) and rule != {}
    multiple = rule.get("multiple_of")

    def literal(value: tuple[int, int]) -> str:
        plain = _plain(value)
        if not scales or scaling.alpha == 1.0:
            return plain
        if multiple:
            return f"{scaling.alpha:g} · {plain}"
        return str(scaling.channels(value[0] // value[1], {}))

    numbers = _written(number, origin.names, literal)
    said = f"{name} = {_written(number, {}, None)} = {numbers}"
    if multiple:
        top, bottom = scaling.alpha.as_integer_ratio() if scales else (1, 1)
        exact = fraction(number, origin.names, lambda one: (one[0] * top, one[1] * bottom))
        rounded = "" if _plain(exact) == str(built) else f", to a multiple of {multiple}: {built}"
        return f"{said} = {_plain(exact)}{rounded}"
    exact = fraction(number, origin.names, lambda one: one)
    if not isinstance(built, int) or _plain(exact) == str(built) or scaling.alpha != 1.0:
        return f"{said} = {written(built)}"
    return f"{said} = {_plain(exact)}, at least {built}"


def _plain(value: tuple[int, int]) -> str:
    top, bottom = value
    return str(top // bottom) if top % bottom == 0 else f"{top / bottom:g}"


def _written(number: Number, names: Mapping[str, Any], literal: Any) -> str:
    """The terms of a number, names replaced by what they stand for where that is given."""

    def atom(one: Any) -> str:
        return str(names.get(one, one)) if isinstance(one, str) else _plain(one)

    def product(term: Term) -> str:
        if term.literal and literal is not None and not term.below and len(term.above) == 1:
            return str(literal(term.above[0]))
        above = " · ".join(map(atom, term.above))
        return " / ".join([above, *map(atom, term.below)])

    told = ""
    for term in number.terms:
        sign = " − " if term.sign < 0 else " + "
        told += (sign if told or term.sign < 0 else "") + product(term)
    return told.strip()


def written_out(
    n: int, built: int, scaling: Scaling, multiple_of: int | None = None, at_least: int = 1
) -> str:
    """What α and the rule of width make of a written number: `0.75 · 512 = 384`."""
    width, value = scaling.width, n * scaling.alpha
    said = f"{scaling.alpha:g} · {n} = {value:g}" if scaling.alpha != 1.0 else str(n)
    if not multiple_of and width.round:
        whole = int(value) if width.round == "floor" else round(value)
        said += f", {'cut' if width.round == 'floor' else 'to the nearest'}: {whole}" * (
            whole != value
        )
        value = whole
    multiple = multiple_of or width.multiple_of
    if multiple:
        said, value = _to_multiple(said, value, multiple, width.up and not multiple_of)
    elif int(value) != value:
        said, value = f"{said}, cut: {int(value)}", int(value)
    return said if value == built else f"{said}, at least {built}"


def _to_multiple(said: str, value: float, multiple: int, up: bool) -> tuple[str, int]:
    """A multiple, by the rule of 90 % or the next one."""
    from dscalc.law.width import to_multiple

    built = to_multiple(value, multiple, up)
    if built == value:
        return said, built
    if up:
        return f"{said}, the next multiple of {multiple}: {built}", built
    near = max(multiple, int(value + multiple / 2) // multiple * multiple)
    said = f"{said}, the nearest multiple of {multiple}: {near}"
    if near == built:
        return said, built
    return f"{said}, which is less than 90 % of it ({0.9 * value:g}), so {built}", built


def _inside(layer: Layer, origin: Origin) -> list[str]:
    """The channels inside a kind that follow from those that come in."""
    m, values = origin.input.channels, origin.values
    rule = f", to a multiple of {values['multiple_of']}" if values.get("multiple_of") else ""
    if isinstance(layer, InvertedResidual) and values["hidden"] is None:
        hidden = layer.replaced(**values).body(origin.input)[0].layer
        built = vars(hidden).get("n", m)
        return [f"hidden = expand · M = {values['expand']:g} · {m}{rule} = {built}"]
    if isinstance(layer, SqueezeExcite) and values["n"] is None:
        squeezed = vars(layer.replaced(**values).body(origin.input)[1].layer)["n"]
        return [f"squeezed = M / reduction = {m} / {values['reduction']:g}{rule} = {squeezed}"]
    return []


def _copies(item: Item, at: At, scaling: Scaling) -> list[str]:
    """What depth makes of the copies."""
    repeat = item.repeat
    if scaling.depth_rule is None or scaling.depth == 1.0 or not at.top:
        return []
    if not isinstance(repeat, int):
        return []
    copies, exact = scaling.copies(repeat), repeat * scaling.depth
    said = f"copies = {scaling.depth:g} · {repeat} = {exact:g}"
    return [said if copies == exact else f"{said}, {scaling.depth_rule.round}: {copies}"]
