"""One layer of a measured network, or a part of a block, with what stands before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dscalc.errors import DscalcError, nearest
from dscalc.law.layer import INPUT, Block, Layer, Node
from dscalc.law.network import Report, Row


class Named(NamedTuple):
    """A row under its full name; the network's input has none."""

    name: str
    row: Row | None


class Found(NamedTuple):
    """A layer under its full name, the rows whose output it takes, and those that take its own."""

    name: str
    layer: Layer
    row: Row
    before: tuple[Named, ...]
    after: tuple[Named, ...]

    def elementary(self) -> list[tuple[str, Layer, Row]]:
        """The elementary layers of a block, named within it; of another layer, itself."""
        return list(_elementary("", self.layer, self.row))


def find(report: Report, name: str) -> Found:
    """The layer called `name`, as `Report.expanded` and its rows name them.

    Raises DscalcError where there is none.
    """
    source = (Named(INPUT, None),)
    for found in _all(report.network.nodes, report.rows, "", source, ()):
        if found.name == name:
            return found
    names = [row.name for row in (*report.rows, *report.expanded())]
    hint = nearest(name, names) or "; `dscalc net NETWORK --expand` names them"
    raise DscalcError(f"{report.network.name} has no layer '{name}'{hint}")


def _all(
    nodes: Iterable[Node],
    rows: Sequence[Row],
    prefix: str,
    source: tuple[Named, ...],
    target: tuple[Named, ...],
) -> Iterator[Found]:
    """The layers of a list with the parts of its blocks, where INPUT is `source`."""
    named = {INPUT: source} | {row.name: (Named(prefix + row.name, row),) for row in rows}
    takers: dict[str, list[Named]] = {row.name: [] for row in rows}
    for row in rows:
        for name in set(row.inputs) & takers.keys():
            takers[name] += named[row.name]
    for node, row in zip(nodes, rows, strict=True):
        before = [one for name in row.inputs for one in named[name]]
        after = (*takers[row.name], *(target if row is rows[-1] else ()))
        found = Found(prefix + row.name, node.layer, row, tuple(before), after)
        yield found
        if isinstance(node.layer, Block):
            body = node.layer.body(row.input)
            yield from _all(body, row.parts, f"{found.name}.", found.before, found.after)


def _elementary(name: str, layer: Layer, row: Row) -> Iterator[tuple[str, Layer, Row]]:
    if not isinstance(layer, Block):
        yield name, layer, row
        return
    for node, part in zip(layer.body(row.input), row.parts, strict=True):
        yield from _elementary(f"{name}.{node.name}".lstrip("."), node.layer, part)
