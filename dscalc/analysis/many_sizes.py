"""A measured network at many other sizes of its input, without measuring it again.

In most laws sides and channels keep apart (`law.layer.Apart`). Where a network consists of such
layers it has the same ones at every size, with the same channels and parameters; only sides
follow. So its mult-adds are a sum of products, of weights and how often each is used, and so is
what is alive at a layer, of channels and positions. The first factors are one network's at one α;
the second ones few, and alike at every α, so that they are remembered from one α to the next.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from operator import add, mul
from typing import NamedTuple, TypeAlias

from dscalc.analysis.memory import able_in_place, idle, most_alive
from dscalc.errors import DscalcError
from dscalc.law.layer import (
    Block,
    BySides,
    Compared,
    Composite,
    Layer,
    Like,
    Projected,
    Shape,
    Step,
)
from dscalc.law.network import Report
from dscalc.law.rows import Row, measured
from dscalc.law.structures import changes_sides, stride_between

Sides: TypeAlias = tuple[int, ...] | None
"""The sides of a map at one size of the input; None where the law has to be asked again."""


AtSize: TypeAlias = tuple[int, int, int | None]
"""Mult-adds, the most elements alive at once, and the same where layers write in place, if that
was asked for."""


class Followed(NamedTuple):
    """What a layer makes of sides at every size: the number of its map, and of its `uses`.

    These are how often each of its weights is used. At the sizes that are `open` it does not
    follow what the layer makes.
    """

    map: int
    uses: int
    open: frozenset[int]


class Flow:
    """The elementary layers of one network: the maps that there are, the inputs first, and work.

    Each map has its `channels` and the number of its course in `maps`; `takes` has the maps that
    each layer takes. `work` is what is multiplied with the counts of each number. At the sizes
    that are `open` there may be other layers.
    """

    def __init__(self) -> None:
        self.channels: list[int] = []
        self.maps: list[int] = []
        self.takes: list[list[int]] = []
        self.work: dict[int, int] = {}
        self.open: set[int] = set()

    def add(self, course: int, channels: int, sources: list[int]) -> int:
        """Adds the map of a layer; returns its number."""
        self.takes.append(sources)
        self.maps.append(course)
        self.channels.append(channels)
        return len(self.maps) - 1


class ManySizes:
    """Sizes of a network's inputs, the first of them that at which it is measured.

    `courses` are the sides of the maps that were met so far at every size, `columns` counts of
    positions and of uses at every size; each is known by its number.
    """

    def __init__(self, inputs: Sequence[Mapping[str, Shape]]) -> None:
        self.size = len(inputs)
        self.courses: list[tuple[Sides, ...]] = []
        self.columns: list[tuple[int, ...]] = []
        self.maps: dict[tuple[Sides, ...], int] = {}
        self.counts: dict[tuple[int, ...], int] = {}
        self.positions: list[int] = []
        self.laws: dict[Hashable, Followed] = {}
        self.inputs = [self._map([shapes[name].sides for shapes in inputs]) for name in inputs[0]]

    def follow(self, report: Report, in_place: bool = False) -> list[AtSize | None]:
        """What a network costs at every size, measured at the first.

        None where it may consist of other layers at that size, or is refused there.
        """
        flow = Flow()
        inputs = report.network.inputs
        flow.channels += [shape.channels for shape in inputs.values()]
        flow.maps += self.inputs
        given = {name: at for at, name in enumerate(inputs)}
        made = self._rows(flow, report.rows, given, report.by_sides)
        outputs = {made[name] for name in report.outputs if name in made}
        outputs |= idle(flow.takes, len(inputs))
        positions = [self.positions[one] for one in flow.maps]
        alive = alive_together(flow.channels, positions, flow.takes, outputs)
        peaks = map(max, *map(self._sum, alive), repeat(0))
        shared = self._shared(flow, outputs, able_in_place(report)) if in_place else repeat(None)
        found: list[AtSize | None] = list(zip(self._sum(flow.work), peaks, shared, strict=False))
        for at in flow.open:
            found[at] = None
        return found

    def _shared(self, flow: Flow, outputs: set[int], able: Sequence[bool]) -> Iterator[int]:
        """The peak at every size where layers that are `able` write in place."""
        columns = [self.columns[self.positions[one]] for one in flow.maps]
        for positions in zip(*columns, strict=True):
            yield most_alive(list(map(mul, flow.channels, positions)), flow.takes, outputs, able)

    # ---------------------------------------------------------------- layers

    def _rows(
        self,
        flow: Flow,
        rows: Iterable[Row],
        given: Mapping[str, int],
        by_sides: Sequence[BySides] = (),
    ) -> dict[str, int]:
        """Adds the maps of a list of layers; returns them by the names that they have there."""
        made = dict(given)
        like = {one.name: one.other for one in by_sides if isinstance(one, Like)}
        for row in rows:
            sources = [made[name] for name in row.inputs]
            if like.get(row.name) in made:
                course = flow.maps[made[like[row.name]]]
                made[row.name] = flow.add(course, row.output.channels, sources)
                continue
            if not row.parts:
                made[row.name] = self._layer(flow, row, sources)
                continue
            assert isinstance(row.layer, Block)
            inside = dict(zip(row.layer.given, sources, strict=False))
            decided = row.layer.by_sides if isinstance(row.layer, Composite) else ()
            parts = self._rows(flow, row.parts, inside, decided)
            made[row.name] = parts[row.parts[-1].name]
            made |= {f"{row.name}.{name}": number for name, number in parts.items()}
            if not row.layer.apart:
                flow.open |= self._changed([flow.maps[source] for source in sources])
        self._compare(flow, by_sides, made)
        return made

    def _layer(self, flow: Flow, row: Row, sources: list[int]) -> int:
        """Adds the map of an elementary layer, and its work; returns its number."""
        followed = self._law(row, [(flow.maps[one], flow.channels[one]) for one in sources])
        flow.open |= followed.open
        if row.cost.mult_adds:
            each = row.cost.mult_adds // self.columns[followed.uses][0]
            flow.work[followed.uses] = flow.work.get(followed.uses, 0) + each
        return flow.add(followed.map, row.output.channels, sources)

    def _compare(self, flow: Flow, by_sides: Iterable[BySides], made: Mapping[str, int]) -> None:
        """Opens the sizes at which maps compare otherwise than at the first."""
        for one in by_sides:
            if not made.keys() >= set(one[:2]):  # a conversion has taken the map away
                flow.open |= set(range(1, self.size))
            elif not isinstance(one, Like):
                before, after = (self.courses[flow.maps[made[name]]] for name in one[:2])
                answers = list(map(partial(_answer, one), before, after))
                flow.open |= {at for at, answer in enumerate(answers) if answer != answers[0]}

    def _changed(self, maps: Iterable[int]) -> set[int]:
        """The sizes at which some of these maps have other sides than at the first."""
        courses = [self.courses[number] for number in maps]
        return {at for one in courses for at, sides in enumerate(one) if sides != one[0]}

    # ---------------------------------------------------------------- what they make of sides

    def _sum(self, factors: Mapping[int, int]) -> list[int]:
        """At every size, the sum of these factors times the counts of these numbers."""
        total = [0] * self.size
        for number, factor in factors.items():
            total = list(map(add, total, map(mul, repeat(factor), self.columns[number])))
        return total

    def _law(self, row: Row, given: Sequence[tuple[int, int]]) -> Followed:
        """What a layer makes of maps, each with its channels; equal laws are asked once.

        One that keeps sides and channels apart is asked once for all channels.
        """
        maps, channels = zip(*given, strict=True)
        key = (_law_of_sides(row.layer), maps) if row.layer.apart else (row.layer, maps, channels)
        if key not in self.laws:
            taken = list(zip(*(self.courses[number] for number in maps), strict=True))
            asked = {one: _asked(row.layer, one, channels) for one in dict.fromkeys(taken)}
            self.laws[key] = self._followed(row.layer, [asked[one] for one in taken])
        return self.laws[key]

    def _followed(self, layer: Layer, found: Sequence[Step | None]) -> Followed:
        """What follows from what a layer makes at every size, where that has the same channels
        and parameters as at the first; None stands where the layer is refused."""
        first = found[0]
        assert first is not None
        weights = first.cost.weights if layer.apart else 1
        kept = [one if one and _is_like(one, first) else None for one in found]
        uses = [one.cost.mult_adds // weights if one and weights else 0 for one in kept]
        course = self._map([one and one.output.sides for one in kept])
        return Followed(
            course, self._count(uses), frozenset(at for at, one in enumerate(kept) if one is None)
        )

    def _map(self, sides: Sequence[Sides]) -> int:
        """The number of the map that has these sides."""
        course = tuple(sides)
        if course not in self.maps:
            self.maps[course] = len(self.courses)
            self.courses.append(course)
            self.positions.append(self._count([math.prod(one or ()) for one in course]))
        return self.maps[course]

    def _count(self, counts: Sequence[int]) -> int:
        """The number of these counts."""
        column = tuple(counts)
        if column not in self.counts:
            self.counts[column] = len(self.columns)
            self.columns.append(column)
        return self.counts[column]


def _answer(asked: Compared | Projected, before: Sides, after: Sides) -> object:
    """What two maps of these sides decide."""
    if before is None or after is None:
        return None
    if isinstance(asked, Compared):
        return changes_sides(before, after, asked.strided)
    return stride_between(before, after)


def _law_of_sides(layer: Layer) -> Hashable:
    """What the sides that go out, and the uses of weights, follow from beside the sides."""
    own = [value for field, value in vars(layer).items() if field not in layer.wide]
    return type(layer), *own


def _asked(layer: Layer, taken: Sequence[Sides], channels: Sequence[int]) -> Step | None:
    """What a layer makes of maps of these sides and channels; None where it is refused."""
    shapes = [Shape(one, own) for one, own in zip(taken, channels, strict=True) if one is not None]
    if len(shapes) < len(taken):
        return None
    try:
        return measured(layer, tuple(shapes))
    except DscalcError:
        return None


def _is_like(found: Step, first: Step) -> bool:
    """Whether a layer has the same channels and parameters as at the first size."""
    return found.output.channels == first.output.channels and found.cost[:-1] == first.cost[:-1]


# ---------------------------------------------------------------- what is alive


def alive_together(
    channels: Sequence[int],
    positions: Sequence[int],
    takes: Sequence[Sequence[int]],
    outputs: Iterable[int],
) -> list[dict[int, int]]:
    """The channels alive at once by the number of their positions, where they may be the most.

    What is alive is as `memory.peak_memory` says; `outputs` are maps that go out.
    """
    numbers = {number: at for at, number in enumerate(dict.fromkeys(positions))}
    places = [numbers[number] for number in positions]
    found = set()
    now = [0] * len(numbers)
    needed = set(outputs)
    for tensor in needed:
        now[places[tensor]] += channels[tensor]
    for step in range(len(takes) - 1, -1, -1):
        for source in takes[step]:
            if source not in needed:
                needed.add(source)
                now[places[source]] += channels[source]
        found.add(tuple(now))
        made = step - len(takes)
        now[places[made]] -= channels[made]
    largest = _largest(found or {tuple(now)})
    return [{number: one[at] for number, at in numbers.items() if one[at]} for one in largest]


def _largest(vectors: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The vectors that no other one is as large as in every place."""
    kept: list[tuple[int, ...]] = []
    for vector in sorted(vectors, reverse=True):
        if not any(all(map(int.__le__, vector, other)) for other in kept):
            kept.append(vector)
    return kept
