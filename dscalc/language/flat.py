"""Layers of whole numbers → a list that reads to the same, each taking earlier ones by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dscalc.law.convolutions import Convolution, Pointwise
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Block, Layer, Node, Shape
from dscalc.law.rows import Row
from dscalc.law.weightless import Add, Concat, Multiply
from dscalc.law.width import to_multiple

JOINS = (Add, Concat, Multiply)


def flat_layers(
    rows: Sequence[Row], inputs: Mapping[str, Shape], defaults: Mapping[str, Any]
) -> list[Any]:
    """The layers of a document on these inputs, where convolutions have these defaults."""
    layers, before = [], tuple(inputs)
    for node in flat_nodes(rows):
        layers.append(entry(node, before, defaults))
        before = (node.name,)
    return layers


def flat_nodes(rows: Sequence[Row]) -> list[Node]:
    """The layers that a file can say, under names that they keep."""
    return list(nodes_of(rows, Around("", {}, "", {})))


class Around(NamedTuple):
    """Where a list of layers stands: the prefix of its names, what comes in, whose it shares.

    `outer` are the names that a block's layers have for what comes in. `apart` are the blocks
    that were taken apart, with the layer that makes what each gives.
    """

    prefix: str
    outer: Mapping[str, str]
    shared: str
    apart: dict[str, str]

    def named(self, name: str) -> str:
        """What a map is called in the file."""
        head, dot, tail = name.partition(".")
        if name in self.outer:
            full = self.outer[name]
        else:
            full = f"{self.outer[head]}{dot}{tail}" if head in self.outer else self.prefix + name
        return self.apart.get(full, full)


def nodes_of(rows: Sequence[Row], around: Around) -> Iterator[Node]:
    """The layers that a file can say, blocks that it cannot say taken apart into theirs."""
    for row in rows:
        full = around.prefix + row.name
        inputs = tuple(map(around.named, row.inputs))
        shared = around.shared and around.shared + row.name
        if row.shared:
            shared = around.prefix + row.shared
        if kind_of(row.layer) or not isinstance(row.layer, Block):
            yield Node(full, row.layer, inputs, None, shared)
            continue
        given = dict(zip(row.layer.given, inputs, strict=False))
        inner = Around(f"{full}.", given, shared and f"{shared}.", around.apart)
        yield from nodes_of(row.parts, inner)
        last = f"{full}.{row.parts[-1].name}"
        around.apart[full] = around.apart.get(last, last)


def entry(node: Node, before: tuple[str, ...], defaults: Mapping[str, Any]) -> Any:
    """One layer with its name, and what it takes where that is not the one before."""
    name, layer, inputs, _, shared = node
    beside: dict[str, Any] = {"name": name}
    value: Any = fields(layer, defaults)
    if isinstance(layer, JOINS):
        value = {"of": list(inputs), **value} if value else list(inputs)
    elif inputs != before:
        beside["from"] = inputs[0] if len(inputs) == 1 else list(inputs)
    if shared and not isinstance(layer, JOINS):
        beside["shared"] = shared
    return {layer.kind: value or None, **beside}


def fields(layer: Layer, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a layer that are not as they are by default, those that come first first.

    `defaults` are those that the file says of convolutions.
    """
    usual = {**layer.defaults, **(defaults if takes_defaults(layer) else {})}
    ordered = sorted(layer.fields, key=lambda key: key not in layer.positional)
    values = {key: vars(layer)[key] for key in ordered}
    if any(rounds_again(values[key], values) for key in layer.wide):
        values["scale"] = False
    return {
        key: written(key, value)
        for key, value in values.items()
        if key not in usual or value != usual[key]
    }


def takes_defaults(layer: Layer) -> bool:
    """Whether what a file says once of all convolutions is said of the layer."""
    return isinstance(layer, Convolution | Pointwise)


def rounds_again(channels: Any, rule: Mapping[str, Any]) -> bool:
    """Whether the rule beside channels that it has made would make others of them."""
    multiple, least = rule.get("multiple_of"), rule.get("at_least") or 1
    if not multiple or not isinstance(channels, int) or not rule.get("scale", True):
        return False
    return max(to_multiple(channels, multiple), least) != channels


def written(key: str, value: Any) -> Any:
    """A value as a document holds it."""
    if key in ("norm", "depthwise_norm"):
        return norm_value(value)
    return [written("", one) for one in value] if isinstance(value, tuple) else value


def norm_value(norm: Any) -> Any:
    """A norm as a file writes it: a type, or {type, without}."""
    return {"type": norm[0], "without": norm[1]} if isinstance(norm, tuple) else norm


def kind_of(layer: Layer) -> str | None:
    """The word of a layer's kind, where a file can say it."""
    said = KINDS.get(layer.kind) is type(layer) or isinstance(layer, JOINS)
    return layer.kind if said else None
