"""What costs at most as much as a network does at any step of α between two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dscalc.law.attention import Scores, Weighing
from dscalc.law.blocks import InvertedResidual, StandardResidual
from dscalc.law.convolutions import Widening
from dscalc.law.growth import Growth
from dscalc.law.kinds import KINDS
from dscalc.law.layer import INPUT, Composite, Cost, add_costs
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.law.stored import Opaque
from dscalc.law.weightless import Add, Concat, Crop, Multiply

GROWING = frozenset(
    {*KINDS.values(), Add, Concat, Crop, Multiply, Scores, StandardResidual, Weighing, Composite}
) - {Opaque}
"""The kinds whose laws rise with the channels that come in and with those that they have."""


def least_between(low: Report, high: Report | None, growth: Growth) -> Report | None:
    """What costs at most as much as a network does at any step from `low` on and up to `high`.

    `low` and `high` are one network at two steps of α. Between them no number of channels is
    smaller than at `low`, but for those that may fall, and all laws of GROWING rise with the
    channels: products in convolutions, sums in norms and biases, maps. So costs can be less than
    at `low` only

    - in layers whose channels may fall, or that take such: they count nothing here, and maps that
      may shrink have no channels. That ends with a layer that says its own channels, with an
      addition of equal maps of which one does not shrink, and where n - input channels are put
      beside the input's;
    - where a layer goes away, which three do: an inverted residual has no expansion at a step
      where its hidden channels equal its input's, and no addition where its output's channels do
      not; a residual that projects where its channels change does not where they do not. Those of
      `low` that could be gone at some step between are left out.

    Each layer that is left is there at every step, at least as wide, its map as large for at
    least as long; where an expansion or a projection is left out, the map that it takes stands
    for one that is at least as large. None where that last is not so, for fewer channels than
    come in, or where the layers are others for another reason. Beyond a `high` of None nothing is
    known of the channels.
    """
    least = _Least(growth)
    rows = least.rows(low.rows, high.rows if high else None, set())
    if rows is None:
        return None
    return low._replace(rows=tuple(rows), total=add_costs([row.cost for row in rows]))


class _Least:
    """Goes through the rows of a network and of its blocks."""

    def __init__(self, growth: Growth) -> None:
        self.growth = growth

    def rows(
        self, lows: Sequence[Row], highs: Sequence[Row] | None, shrinking: set[str]
    ) -> list[Row] | None:
        """The least of a list; adds the names of maps that may shrink to those that come in."""
        given = bool(shrinking)
        above = None if highs is None else {row.name: row for row in highs}
        inner = _prefixes(lows)
        found: list[Row] = []
        passed: dict[str, str] = {}
        for row in lows:
            row = row._replace(inputs=tuple([passed.get(name, name) for name in row.inputs]))
            high = above.get(row.name) if above is not None else None
            if above is not None and high is None and not self.projects(row):
                return None
            if isinstance(row.layer, Composite) and row.parts:
                whole = self.composite(row, high, shrinking)
            elif self.falls(row, shrinking, given) or not shrinking.isdisjoint(row.inputs):
                whole = self.nothing(row, shrinking, given)
            elif self.projects(row) and _may_meet(row, row.output.channels, high):
                if row.output.channels < row.input.channels:
                    return None
                passed[row.name] = row.inputs[0]
                continue
            elif isinstance(row.layer, InvertedResidual):
                whole = _without(row, _may_go(row, high))
            else:
                whole = row
            if whole is None or (row.name in inner and _part_names(whole) != _part_names(row)):
                return None
            found.append(whole)
        return found

    def composite(self, row: Row, high: Row | None, shrinking: set[str]) -> Row | None:
        """The least of a block that a file defines."""
        assert isinstance(row.layer, Composite)
        pairs = zip(row.layer.given, row.inputs, strict=True)
        inside = {given for given, name in pairs if name in shrinking}
        parts = self.rows(row.parts, high.parts if high else None, inside)
        if not parts:
            return None
        shrinking |= {f"{row.name}.{name}" for name in inside}
        if row.parts[-1].name in inside:
            shrinking.add(row.name)
        return row._replace(parts=tuple(parts), cost=add_costs([part.cost for part in parts]))

    def projects(self, row: Row) -> bool:
        """Whether a row is the projection of a residual, there only where the shape changes."""
        return id(row.places) in self.growth.projecting and not isinstance(row.layer, Add)

    def falls(self, row: Row, shrinking: set[str], given: bool) -> bool:
        """Whether the channels of a row may be fewer at a larger α; `given`, if what comes in."""
        if id(row.places) in self.growth.falling or type(row.layer) not in GROWING:
            return True
        return id(row.places) in self.growth.echoing and (
            given or not shrinking.isdisjoint(row.inputs)
        )

    def nothing(self, row: Row, shrinking: set[str], given: bool) -> Row:
        """A layer that may cost less, at no cost."""
        said = (
            isinstance(row.layer, Widening)
            or (isinstance(row.layer, Add) and not shrinking.issuperset(row.inputs))
            or (isinstance(row.layer, Concat) and self.restores(row) and not given)
        )
        output = row.output
        if self.falls(row, shrinking, given) or not said:
            shrinking.add(row.name)
            output = output._replace(channels=0)
        return row._replace(parts=(), cost=Cost(), output=output)

    def restores(self, row: Row) -> bool:
        """Whether a row has the channels of a number that does not fall, however it is parted."""
        return id(row.places) in self.growth.restoring


def _part_names(row: Row) -> list[str]:
    return [part.name for part in row.expanded()]


def _prefixes(rows: Iterable[Row]) -> set[str]:
    """The names of rows whose parts are taken by others."""
    return {
        name[:end]
        for row in rows
        for name in row.inputs
        for end in range(len(name))
        if name[end] == "."
    }


def _may_meet(row: Row, channels: int, high: Row | None) -> bool:
    """Whether a row's projection may be to the channels, and the sides, that come in."""
    if row.input.sides != row.output.sides:
        return False
    if high is None:
        return True
    return channels <= high.input.channels and high.output.channels >= row.input.channels


def _may_go(low: Row, high: Row | None) -> set[str] | None:
    """The parts of an inverted residual that it may lack at some step between two.

    None where the expansion may go that has fewer channels than come in.
    """
    parts = {part.name for part in low.parts}
    x, hidden, n = low.input.channels, _hidden(low), low.output.channels
    gone = parts & {"expand", "add"}
    if high is not None:
        if hidden > high.input.channels or _hidden(high) < x:
            gone.discard("expand")
        if (x, n) == (high.input.channels, high.output.channels):
            gone.discard("add")
    return None if "expand" in gone and hidden < x else gone


def _hidden(row: Row) -> int:
    """The hidden channels of an inverted residual."""
    first = row.parts[0]
    return first.output.channels if first.name == "expand" else row.input.channels


def _without(row: Row, gone: set[str] | None) -> Row | None:
    """The row of a block without some of its parts; who takes them takes what the block takes."""
    if not gone:
        return None if gone is None else row
    parts = [
        part._replace(inputs=tuple(INPUT if name in gone else name for name in part.inputs))
        for part in row.parts
        if part.name not in gone
    ]
    return row._replace(parts=tuple(parts), cost=add_costs([part.cost for part in parts]))
