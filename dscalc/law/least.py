"""What costs at most as much as a network does at any step of α between two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dscalc.law.attention import Scores, Weighing
from dscalc.law.blocks import InvertedResidual, StandardResidual
from dscalc.law.convolutions import Linear, Widening
from dscalc.law.growth import Growth
from dscalc.law.kinds import KINDS
from dscalc.law.layer import INPUT, Composite, Cost, Shape, add_costs
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.law.stored import Opaque
from dscalc.law.weightless import Add, Concat, Crop, Multiply, Tokens

GROWING = frozenset(
    {*KINDS.values(), Add, Concat, Crop, Multiply, Scores, StandardResidual, Weighing, Composite}
) - {Opaque}
"""The kinds whose laws rise with the channels that come in and with those that they have."""


def least_between(low: Report, high: Report | None, growth: Growth) -> Report | None:
    """What costs at most as much as a network does at any step from `low` on and up to `high`.

    `low` and `high` are one network at two steps of α. Between them no number of channels is
    smaller than at `low` or larger than at `high`, but for those that may fall, and all laws of
    GROWING rise with the channels: products in convolutions, sums in norms and biases, maps. So
    costs can be less than at `low` only

    - in layers whose channels may fall, or that take such: they count nothing here, and maps that
      may have fewer channels have none. That ends with a layer that says its own channels, with an
      addition of equal maps of which one does not shrink, and where n - input channels are put
      beside the input's. It does not end where a map's sides may shrink;
    - where groups rise: the weights are those of the groups at `high`;
    - where a layer goes away: an inverted residual has no expansion at a step where its hidden
      channels equal its input's, and no addition where its output's channels do not; a residual
      that projects where its body changes the shape does not where it does not (`_Rows.tail`).
      Those of `low` that could be gone at some step between are left out.

    Each layer that is left is there at every step, at least as wide, its map as large for at
    least as long. None where that is not so, as for an expansion to fewer channels than come in,
    or where the layers are others for another reason. An `if` on channels that decides once has
    decided the same at every step where `low` and `high` have the same layers. Beyond a `high` of
    None nothing is known of the channels.
    """
    if growth.deciding and not (high and _same_layers(low.rows, high.rows)):
        return None
    rows = _Rows(growth, low.rows, set(), set()).least(high.rows if high else None)
    if rows is None:
        return None
    return low._replace(rows=tuple(rows), total=add_costs([row.cost for row in rows]))


def _same_layers(low: Sequence[Row], high: Sequence[Row]) -> bool:
    """Whether two lists have layers of the same items, by the same names."""
    if [(row.name, id(row.places)) for row in low] != [(row.name, id(row.places)) for row in high]:
        return False
    return all(
        _same_layers(one.parts, other.parts)
        for one, other in zip(low, high, strict=True)
        if isinstance(one.layer, Composite)
    )


class _Rows:
    """The least of one list of rows, a network's or a block's.

    `thin` are the names of maps that may have fewer channels at a larger α, `small` of those whose
    sides may be fewer, too; at first those of what comes in. `passed` has, for a map that is left
    out, the one in its place.
    """

    def __init__(self, growth: Growth, lows: Sequence[Row], thin: set[str], small: set[str]):
        self.growth, self.lows, self.thin, self.small = growth, lows, thin, small
        self.given = bool(thin)
        self.inner = _prefixes(lows)
        self.passed: dict[str, str] = {}

    def least(self, highs: Sequence[Row] | None) -> list[Row] | None:
        """The least of the list; None where there is none."""
        above = None if highs is None else {row.name: row for row in highs}
        found: list[Row] = []
        projection: list[Row] = []
        for row in self.lows:
            if self.projects(row):
                projection.append(row)
                continue
            rows: Sequence[Row] | None = [row]
            if self.is_tail(row):
                rows, projection = self.tail(projection, row, above), []
            for one in rows or ():
                whole = self.one(one, above)
                if whole is None:
                    return None
                found.append(whole)
            if rows is None:
                return None
        last = self.lows[-1].name if self.lows else ""
        # A block's map is that of its last layer.
        return found if found and found[-1].name == self.passed.get(last, last) else None

    def one(self, row: Row, above: dict[str, Row] | None) -> Row | None:
        """The least of a row that is there at every step."""
        if self.passed:
            row = row._replace(inputs=tuple([self.passed.get(name, name) for name in row.inputs]))
        high = above.get(row.name) if above is not None else None
        if above is not None and high is None and not self.is_tail(row):
            return None
        if isinstance(row.layer, Composite) and row.parts:
            whole = self.composite(row, high)
        elif self.falls(row) or not self.thin.isdisjoint(row.inputs):
            whole = self.nothing(row)
        elif id(row.places) in self.growth.grouped:
            whole = _in_more_groups(row, high)
        elif isinstance(row.layer, InvertedResidual):
            whole = _without(row, _may_go(row, high))
        else:
            whole = row
        if whole is None or (row.name in self.inner and _part_names(whole) != _part_names(row)):
            return None
        return whole

    def composite(self, row: Row, high: Row | None) -> Row | None:
        """The least of a block that a file defines."""
        assert isinstance(row.layer, Composite)
        pairs = list(zip(row.layer.given, row.inputs, strict=True))
        thin = {given for given, name in pairs if name in self.thin}
        small = {given for given, name in pairs if name in self.small}
        inside = _Rows(self.growth, row.parts, thin, small)
        parts = inside.least(high.parts if high else None)
        if parts is None:
            return None
        for outer, names in ((self.thin, thin), (self.small, small)):
            outer |= {f"{row.name}.{name}" for name in names}
            if parts[-1].name in names:
                outer.add(row.name)
        return row._replace(parts=tuple(parts), cost=add_costs([part.cost for part in parts]))

    def falls(self, row: Row) -> bool:
        """Whether the channels of a row may be fewer at a larger α."""
        if id(row.places) in self.growth.falling or type(row.layer) not in GROWING:
            return True
        return id(row.places) in self.growth.echoing and (
            self.given or not self.thin.isdisjoint(row.inputs)
        )

    def nothing(self, row: Row) -> Row:
        """A layer that may cost less, at no cost."""
        output = row.output
        if self.shrinks(row):
            self.small.add(row.name)
        if row.name in self.small or self.falls(row) or not self.says_channels(row):
            self.thin.add(row.name)
            output = output._replace(channels=0)
        return row._replace(parts=(), cost=Cost(), output=output)

    def shrinks(self, row: Row) -> bool:
        """Whether the sides of a row that may cost less may be fewer at a larger α."""
        layer = row.layer
        if isinstance(layer, Linear) and layer.over == "positions" and self.falls(row):
            return True
        return (
            not self.small.isdisjoint(row.inputs)
            or id(row.places) in self.growth.reshaping
            or type(layer) not in GROWING
            or (isinstance(layer, Tokens) and layer.channels is not None)
        )

    def says_channels(self, row: Row) -> bool:
        """Whether a row has channels of its own, whatever it takes."""
        if isinstance(row.layer, Linear):
            return row.layer.over == "channels"
        if isinstance(row.layer, Add):
            # A residual that projects has the channels of its body.
            conditional = id(row.places) in self.growth.conditional
            return not self.thin.issuperset(row.inputs[:1] if conditional else row.inputs)
        if isinstance(row.layer, Concat):
            return id(row.places) in self.growth.restoring and not self.given
        return isinstance(row.layer, Widening)

    # ------------------------------------------------------------ residuals that may project

    def projects(self, row: Row) -> bool:
        """Whether a row is there only where the body of its residual changes the shape."""
        place = id(row.places)
        if place in self.growth.projecting:
            return True
        return place in self.growth.conditional and not isinstance(row.layer, Add)

    def is_tail(self, row: Row) -> bool:
        """Whether a row is the addition of a residual that may project."""
        return id(row.places) in self.growth.conditional and isinstance(row.layer, Add)

    def tail(
        self, projection: list[Row], add: Row, above: dict[str, Row] | None
    ) -> list[Row] | None:
        """What is left of a projection, and the addition behind it.

        Let b be the body's map and x what the residual takes. Where shapes differ x is projected
        to the shape of b, else it has it, and the sum has it always. So at some layer b, a map of
        its size and the sum are alive together, and after it the sum; where the projection is one
        layer, x, b and a map of its size are, at that layer. Left without its projection, the
        addition holds x, b and the sum, which is no more where x is at most as large as b, or
        where the projection is one layer. Where it is not, the addition is left out, too, as it
        is where b or x may shrink, and where nothing is added to a body that changes the shape:
        then b stands for the sum.
        """
        body = self.passed.get(add.inputs[0], add.inputs[0])
        if not projection:
            x = add.inputs[1]
            doubtful = id(add.places) in self.growth.bare and not _same(add, above)
            if doubtful or self.may_shrink(body, self.passed.get(x, x)):
                self.passed[add.name] = body
                return []
            return [add]
        first, last = projection[0], projection[-1]
        entering = id(first.places) in {*self.growth.entering, *self.growth.conditional}
        x = self.passed.get(first.inputs[0], first.inputs[0])
        shrinking = self.may_shrink(body, x)
        if entering and not shrinking and _never_meet(first, last, above):
            return [*projection, add]
        if self.taken_elsewhere(projection, add):
            return None
        single = len(projection) == 1 and not last.parts
        if not entering or shrinking or not (single or _contains(last.output, first.input)):
            self.passed[add.name] = body
            return []
        return [add._replace(inputs=(body, x))]

    def may_shrink(self, *names: str) -> bool:
        return not self.thin.isdisjoint(names)

    def taken_elsewhere(self, projection: list[Row], add: Row) -> bool:
        """Whether another layer than the addition takes a part of a projection."""
        taken = Counter(name for row in self.lows for name in row.inputs)
        taken.subtract(name for row in (*projection, add) for name in row.inputs)
        return any(taken[row.name] or row.name in self.inner for row in projection)


def _same(row: Row, above: dict[str, Row] | None) -> bool:
    """Whether the sum of a body and what it takes is there, as large, at the upper step, too."""
    high = above.get(row.name) if above is not None else None
    return high is not None and high.output == row.output


def _never_meet(first: Row, last: Row, above: dict[str, Row] | None) -> bool:
    """Whether what a projection takes has the shape that it makes at no step up to another.

    Sides and channels that do not fall lie between those at the two steps.
    """
    high = above or {}
    if first.name not in high or last.name not in high:
        return False
    x, more_x = first.input, high[first.name].input
    b, more_b = last.output, high[last.name].output
    if more_x.channels < b.channels or more_b.channels < x.channels:
        return True
    return x.sides != b.sides and (x.sides, b.sides) == (more_x.sides, more_b.sides)


def _contains(shape: Shape, other: Shape) -> bool:
    """Whether a map is at least as large as another one on every axis."""
    pairs = zip((*shape.sides, shape.channels), (*other.sides, other.channels), strict=False)
    return len(shape.sides) == len(other.sides) and all(a >= b for a, b in pairs)


def _in_more_groups(row: Row, high: Row | None) -> Row:
    """A convolution in as many groups as at the upper step: N · M / G · ∏ D_K weights."""
    if high is None:
        return row._replace(cost=Cost())
    groups, more = vars(row.layer)["g"], vars(high.layer)["g"]
    weights, mult_adds = (part * groups // more for part in (row.cost.weights, row.cost.mult_adds))
    return row._replace(cost=row.cost._replace(weights=weights, mult_adds=mult_adds))


def _part_names(row: Row) -> list[str]:
    return [part.name for part in row.expanded()]


def _prefixes(rows: Iterable[Row]) -> set[str]:
    """The names of rows whose parts are taken by others."""
    return {
        name[:end]
        for row in rows
        for name in row.inputs
        if "." in name
        for end in range(len(name))
        if name[end] == "."
    }


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
