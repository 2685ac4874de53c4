"""One layer of a measured network, or a part of a block, with what stands before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dscalc.errors import DscalcError, nearest
from dscalc.law.layer import Block, Layer
from dscalc.law.network import Report
from dscalc.law.rows import Row


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
    given = {name: (Named(name, None),) for name in report.network.inputs}
    for found in _all(report.rows, "", given, ()):
        if found.name == name:
            return found
    names = [row.name for row in (*report.rows, *report.expanded())]
    hint = nearest(name, names) or "; `dscalc net NETWORK --expand` names them"
    raise DscalcError(f"{report.network.name} has no layer '{name}'{hint}")


def _all(
    rows: Sequence[Row],
    prefix: str,
    given: Mapping[str, tuple[Named, ...]],
    target: tuple[Named, ...],
) -> Iterator[Found]:
    """The layers of a list with the parts of its blocks, where `given` names what comes in."""
    by_name = {row.name: row for row in rows}
    takers: dict[str, list[Named]] = {row.name: [] for row in rows}
    before: dict[str, list[Named]] = {}
    for row in rows:
        before[row.name] = [
            one for name in row.inputs for one in _source(name, prefix, given, by_name)
        ]
        for owner in {_owner(name, by_name) for name in row.inputs} & takers.keys():
            takers[owner].append(Named(prefix + row.name, row))
    for row in rows:
        after = (*takers[row.name], *(target if row is rows[-1] else ()))
        found = Found(prefix + row.name, row.layer, row, tuple(before[row.name]), after)
        yield found
        if row.parts and isinstance(row.layer, Block):
            sources = [_source(name, prefix, given, by_name) for name in row.inputs]
            inner = dict(zip(row.layer.given, sources, strict=False))
            yield from _all(row.parts, f"{found.name}.", inner, found.after)


def _owner(name: str, rows: Mapping[str, Row]) -> str:
    """The row that a name, dotted or not, belongs to."""
    while name not in rows and "." in name:
        name = name.rpartition(".")[0]
    return name


def _source(
    name: str, prefix: str, given: Mapping[str, tuple[Named, ...]], rows: Mapping[str, Row]
) -> tuple[Named, ...]:
    """The row whose output a name means: of this list, inside one of it, or what comes in."""
    if name in given:
        return given[name]
    owner = _owner(name, rows)
    row = rows[owner]
    part = row if owner == name else row.part(name[len(owner) + 1 :])
    return (Named(prefix + name, part),)


def _elementary(name: str, layer: Layer, row: Row) -> Iterator[tuple[str, Layer, Row]]:
    if not row.parts:
        yield name, layer, row
    for part in row.parts:
        yield from _elementary(f"{name}.{part.name}".lstrip("."), part.layer, part)
