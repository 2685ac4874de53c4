"""Layers in a row that are equal → one entry with `repeat`, which reads to the same layers.

What repeats is a layer, a residual of layers in a row, or a few of these one after the other. As
in what people write, the first copy may have a stride, and those behind it have none. Copies take
each what the one before gives, and nobody else takes it, so names inside a row may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

from dscalc.language.flat import entry, fields, flat_nodes
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer, Node, Shape
from dscalc.law.rows import Row
from dscalc.law.weightless import Add

LONGEST_PERIOD = 8  # parts of what repeats
SCOPE = re.compile(r"(.+)[/_.-]")  # of a name, as far as the last separator


class Part(NamedTuple):
    """A layer, or those of a residual with the sum at its end: nodes in a row."""

    nodes: tuple[Node, ...]

    @property
    def source(self) -> tuple[str, ...]:
        return self.nodes[0].inputs

    @property
    def name(self) -> str:
        """Of what it gives."""
        return self.nodes[-1].name

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(node.layer for node in self.nodes)


class Run(NamedTuple):
    """Equal copies one after the other, each of the same parts; or one of a single part."""

    copies: tuple[tuple[Part, ...], ...]

    @property
    def first(self) -> tuple[Part, ...]:
        return self.copies[0]

    def nodes(self, copy: int) -> list[Node]:
        return [node for part in self.copies[copy] for node in part.nodes]


def runs(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> list[Run]:
    """The nodes in their order, equal neighbours together. `shapes` are those of all maps."""
    sharing = {one for node in nodes if node.shared for one in (node.name, node.shared)}
    takers: dict[str, set[str]] = {}
    for node in nodes:
        for name in node.inputs:
            takers.setdefault(name, set()).add(node.name)
    parts = list(_parts(nodes, shapes, sharing, takers))
    found, at = [], 0
    while at < len(parts):
        run = _longest(parts, at, sharing, takers)
        found.append(run)
        at += len(run.copies) * len(run.first)
    return found


# ---------------------------------------------------------------- residuals


def _parts(
    nodes: Sequence[Node],
    shapes: Mapping[str, Shape],
    sharing: set[str],
    takers: Mapping[str, set[str]],
) -> Iterator[Part]:
    """Single nodes, and residuals as one."""
    begins: dict[int, int] = {}  # of a residual, and its sum
    for place, node in enumerate(nodes):
        start = _start(nodes, place, takers) if isinstance(node.layer, Add) else None
        if start is None or any(one.name in sharing for one in nodes[start : place + 1]):
            continue
        (source,) = nodes[start].inputs
        if source in shapes and shapes[source] == shapes.get(nodes[place - 1].name):
            begins[start] = place
    at = 0
    while at < len(nodes):
        end = begins.get(at, at) + 1
        yield Part(tuple(nodes[at:end]))
        at = end


def _start(nodes: Sequence[Node], end: int, takers: Mapping[str, set[str]]) -> int | None:
    """Where the row of layers begins whose input is added to its output at `end`."""
    total = nodes[end]
    if len(set(total.inputs)) != 2 or vars(total.layer).get("crop"):
        return None
    at, taken = end - 1, total
    while at >= 0 and nodes[at].name in taken.inputs and takers[nodes[at].name] == {taken.name}:
        if not _alone(nodes[at]):
            return None
        if {nodes[at].inputs[0], nodes[end - 1].name} == set(total.inputs):
            return at
        at, taken = at - 1, nodes[at]
    return None


def _alone(node: Node) -> bool:
    """Whether a file says the layer by its kind, and it takes one map."""
    return len(node.inputs) == 1 and node.layer.kind in KINDS


# ---------------------------------------------------------------- copies


def _longest(
    parts: Sequence[Part], at: int, sharing: set[str], takers: Mapping[str, set[str]]
) -> Run:
    """The run that begins at a part and spares the most entries."""
    best, spared = Run(((parts[at],),)), 0
    for period in range(1, min(LONGEST_PERIOD, (len(parts) - at) // 2) + 1):
        run = _run(parts, at, period, sharing, takers)
        saves = (len(run.copies) - 1) * period
        if saves > spared:
            best, spared = run, saves
    return best


def _run(
    parts: Sequence[Part], at: int, period: int, sharing: set[str], takers: Mapping[str, set[str]]
) -> Run:
    """As many copies of so many parts as there are; one, if it cannot be repeated."""
    first = tuple(parts[at : at + period])
    copies = [first]
    wanted = [tuple(map(_later, part.layers)) for part in first]
    end = at + period
    while end + period <= len(parts):
        more = tuple(parts[end : end + period])
        if [part.layers for part in more] != wanted:
            break
        row = parts[end - period : end + period]
        if not all(map(_repeatable, row)) or any(n.name in sharing for p in row for n in p.nodes):
            break
        if not all(_leads_only_to(one, two, takers) for one, two in pairwise(row)):
            break
        copies.append(more)
        end += period
    return Run(tuple(copies))


def _later(layer: Layer) -> Layer:
    """What it is in a later copy."""
    return layer.replaced(stride=1) if layer.strided and vars(layer)["stride"] != 1 else layer


def _repeatable(part: Part) -> bool:
    return len(part.nodes) > 1 or _alone(part.nodes[0])


def _leads_only_to(one: Part, two: Part, takers: Mapping[str, set[str]]) -> bool:
    inside = {node.name for node in two.nodes}
    return two.source == (one.name,) and takers.get(one.name, set()) <= inside


# ---------------------------------------------------------------- entries


def repeated_layers(
    rows: Sequence[Row], inputs: Mapping[str, Shape], defaults: Mapping[str, Any]
) -> list[Any]:
    """The layers of a document on these inputs, where convolutions have these defaults."""
    nodes = flat_nodes(rows)
    shapes = {**inputs, **{row.name: row.output for row in rows}}
    taken = {*inputs, *(node.name for node in nodes)}
    renamed: dict[str, str] = {}
    layers, before = [], tuple(inputs)
    for run in runs(nodes, shapes):
        if len(run.copies) > 1:
            stem = _stem(run, taken)
            renamed[run.copies[-1][-1].name] = stem
            taken |= _names(stem, len(run.copies))
            sources = _called(run.first[0].source, renamed)
            layers.append(_repeated(run, stem, () if sources == before else sources, defaults))
            before = (stem,)
            continue
        for node in run.nodes(0):
            node = node._replace(inputs=_called(node.inputs, renamed))
            layers.append(entry(node, before, defaults))
            before = (node.name,)
    return layers


def _called(names: Iterable[str], renamed: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(renamed.get(name, name) for name in names)


def _repeated(
    run: Run, name: str, sources: tuple[str, ...], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """The one entry of several copies, which take `sources` where that is not what is before."""
    items = [_unnamed(part, defaults) for part in run.first]
    what = _mapping(items[0]) if len(items) == 1 else {"sequence": items}
    beside = {"name": name, **({"from": sources[0]} if sources else {})}
    return {**what, **beside, "repeat": len(run.copies)}


def _unnamed(part: Part, defaults: Mapping[str, Any]) -> Any:
    """A part as an item of a list, whose inner names nobody asks for."""
    bodies = part.layers[:-1] or part.layers
    items = [
        {one.kind: fields(one, defaults)} if fields(one, defaults) else one.kind for one in bodies
    ]
    return items[0] if len(part.nodes) == 1 else {"residual": items}


def _mapping(item: Any) -> dict[str, Any]:
    return item if isinstance(item, dict) else {item: None}


# ---------------------------------------------------------------- names


def _stem(run: Run, taken: set[str]) -> str:
    """What the copies are called before their numbers: the file's own names, if they count them.

    No other layer has such a name.
    """
    copies = range(len(run.copies))
    others = taken - {node.name for copy in copies for node in run.nodes(copy)}
    names = [_scope(run.nodes(copy)) for copy in copies]
    stem = names[0].removesuffix("1")
    if names != [f"{stem}{copy + 1}" for copy in copies]:
        stem = f"{names[0]}_"
    while _names(stem, len(copies)) & others:
        stem += "_"
    return stem


def _names(stem: str, copies: int) -> set[str]:
    """All that the copies are called: each by its number, the last by the stem, too."""
    return {stem, *(f"{stem}{number}" for number in range(1, copies + 1))}


def _scope(nodes: Sequence[Node]) -> str:
    """What the names of a copy have in common; else its last name."""
    if len(nodes) == 1:
        return nodes[0].name
    names = [node.name for node in nodes]
    pairs = zip(min(names), max(names), strict=False)
    found = SCOPE.match("".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)))
    return found[1] if found else nodes[-1].name
