"""Two versions of a network layer by layer: what was added, removed or changed, at what price."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from dscalc.analysis.alignment import stretches
from dscalc.analysis.figures import COMPARED, Figure, Measured
from dscalc.analysis.folding import counted
from dscalc.analysis.memory import peak_elements
from dscalc.analysis.terms import USUAL, Terms
from dscalc.law.kinds import KINDS, STRUCTURES
from dscalc.law.layer import Cost, Count
from dscalc.law.network import Report

Status: TypeAlias = Literal["added", "removed", "changed", "unchanged"]


class Totals(NamedTuple):
    """The figures that versions are compared by, of the table's those that are."""

    params: int = 0
    mult_adds: int = 0


class LayerFigures(NamedTuple):
    """One layer of a version; shapes are written out, since a report may come from JSON."""

    name: str
    kind: str
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    totals: Totals
    line: int | None = None

    @property
    def named(self) -> bool:
        """Whether the file names the layer: a name made from its place says nothing of it."""
        return _from_place().search(self.name) is None


class Version(NamedTuple):
    """A network at one time, as far as a comparison needs it.

    `peak` is the most elements of activations alive at once, None where that is not known.
    """

    name: str
    totals: Totals
    layers: tuple[LayerFigures, ...]
    file: str = ""
    peak: int | None = None

    def figure(self, figure: Figure, terms: Terms) -> int | None:
        """A figure of the network; None where it is not known, as by a rule of its own."""
        known = figure.rule(terms) == figure.rule(USUAL)
        known = known and (figure.of_layers or self.peak is not None)
        return _of_totals(self.totals, figure, terms, self.peak or 0) if known else None


def _of_totals(totals: Totals, figure: Figure, terms: Terms, peak: int = 0) -> int:
    """What a figure is where no more than the totals are known, of which all others are made."""
    cost = Cost(weights=totals.params, mult_adds=totals.mult_adds)
    return figure.got(Measured(cost, peak), terms)


class Change(NamedTuple):
    """One layer in two versions; `base` or `head` is None where it does not exist."""

    base: LayerFigures | None
    head: LayerFigures | None

    @property
    def name(self) -> str:
        return (self.head or self.base or LayerFigures("", "", ((), ()), Totals())).name

    @property
    def status(self) -> Status:
        if self.base is None:
            return "added"
        if self.head is None:
            return "removed"
        same = self.base.totals == self.head.totals and self.base.shapes == self.head.shapes
        return "unchanged" if same else "changed"

    def delta(self, figure: str) -> int:
        """What the change adds to the network's total."""
        before, after = (
            0 if layer is None else getattr(layer.totals, figure)
            for layer in (self.base, self.head)
        )
        return int(after - before)

    def grown(self, figure: Figure, terms: Terms) -> int:
        """The same of a figure of layers, in its terms."""
        before, after = (
            0 if layer is None else _of_totals(layer.totals, figure, terms)
            for layer in (self.base, self.head)
        )
        return after - before


class Difference(NamedTuple):
    """A network in two versions, None where a version does not have it; `changes` in layers."""

    network: str
    base: Version | None
    head: Version | None
    changes: tuple[Change, ...]


def version(report: Report, count: Count = "trainable") -> Version:
    """A report as a version."""
    terms = Terms(count)
    report = counted(report, count)

    def totals(cost: Cost) -> Totals:
        return Totals(**{key: figure.of_cost(cost, terms) for key, figure in COMPARED.items()})

    layers = tuple(
        LayerFigures(
            row.name,
            row.kind,
            ((*row.input.sides, row.input.channels), (*row.output.sides, row.output.channels)),
            totals(row.cost),
            row.line,
        )
        for row in report.rows
    )
    return Version(
        report.network.name,
        totals(report.total),
        layers,
        report.network.file,
        peak_elements(report),
    )


def compare(base: Version, head: Version) -> list[Change]:
    """The layers of both versions side by side, in the order of the head.

    A layer that the file names is matched by that name, wherever it has moved. The others, and
    those that were renamed, are matched by place: first runs of layers that are the same in both,
    then what is left between them, by kind. So a layer put in the middle is one addition,
    although it shifts the numbers in all later names.
    """
    shared = _given_names(base) & _given_names(head)

    def same(layer: LayerFigures) -> tuple[Any, ...]:
        return layer.name if layer.name in shared else "", *layer[1:4]

    def alike(layer: LayerFigures) -> tuple[Any, ...]:
        return layer.name if layer.name in shared else "", layer.kind

    changes = _by_place(base.layers, head.layers, same, alike, shared)
    if not {"added", "removed"} <= {change.status for change in changes}:
        return changes
    # Where all widths changed, a layer may be the same as one of another place by chance; and an
    # unnamed layer stays where it is if it is a named one that moves.
    by_kind = _reunited(_matched(base.layers, head.layers, alike, shared), shared)
    by_name = _names_apart(base, head, same, alike, shared)
    return min(changes, by_kind, by_name, key=_edits)


def _by_place(
    old: Layers, new: Layers, same: Key, alike: Key, shared: AbstractSet[str]
) -> list[Change]:
    """Layers that are the same, in order; what is left between them by kind."""
    changes: list[Change] = []
    for older, newer in _aligned(old, new, same):
        if len(older) == len(newer) == 1 and same(older[0]) == same(newer[0]):
            changes.append(Change(older[0], newer[0]))
        else:
            changes += _matched(older, newer, alike, shared)
    return _reunited(changes, shared)


def _names_apart(
    base: Version, head: Version, same: Key, alike: Key, shared: AbstractSet[str]
) -> list[Change]:
    """Layers of a shared name by it alone, and the others by place as if those were not there."""
    named = {layer.name: layer for layer in base.layers if layer.name in shared}
    old, new = ([layer for layer in of.layers if layer.name not in shared] for of in (base, head))
    others = iter(_by_place(old, new, same, alike, shared))
    changes = []
    for layer in head.layers:
        if layer.name in shared:
            changes.append(Change(named[layer.name], layer))
            continue
        for change in others:
            changes.append(change)
            if change.head is not None:  # those before it were removed
                break
    return [*changes, *others]


def _edits(changes: Sequence[Change]) -> tuple[int, int]:
    """How much the changes say: the layers that differ, then those without a counterpart."""
    statuses = [change.status for change in changes if change.status != "unchanged"]
    return len(statuses), len(statuses) - statuses.count("changed")


@cache
def _from_place() -> re.Pattern[str]:
    """A part of a name that counts items, such as the "conv2" of "block.conv2"."""
    return re.compile(rf"(?<![^.])(?:{'|'.join((*KINDS, *STRUCTURES))})[0-9]+(?![^.])")


def _given_names(version: Version) -> set[str]:
    return {layer.name for layer in version.layers if layer.named}


def difference(network: str, base: Version | None, head: Version | None) -> Difference:
    """Two versions of a network with the layers in which they differ."""
    absent = Version(network, Totals(), ())
    changes = compare(base or absent, head or absent)
    return Difference(network, base, head, tuple(c for c in changes if c.status != "unchanged"))


Layers: TypeAlias = Sequence[LayerFigures]
Key: TypeAlias = Callable[[LayerFigures], tuple[Any, ...]]


def _aligned(old: Layers, new: Layers, key: Key) -> Iterator[tuple[Layers, Layers]]:
    """Both sequences cut at the same places: pairs of one equal layer, and what lies between."""
    olds, news = [key(layer) for layer in old], [key(layer) for layer in new]
    for i, j, k, m in stretches(olds, news):
        if olds[i:j] == news[k:m]:
            yield from (([one], [other]) for one, other in zip(old[i:j], new[k:m], strict=True))
        else:
            yield old[i:j], new[k:m]


def _matched(old: Layers, new: Layers, alike: Key, shared: AbstractSet[str]) -> list[Change]:
    """Layers by kind; of what is left, a single one on each side is the same layer, changed."""
    changes: list[Change] = []
    for older, newer in _aligned(old, new, alike):
        single = len(older) == len(newer) == 1
        if single and (alike(older[0]) == alike(newer[0]) or not _named(older, newer, shared)):
            changes.append(Change(older[0], newer[0]))
        else:
            changes += [Change(layer, None) for layer in older]
            changes += [Change(None, layer) for layer in newer]
    return changes


def _named(old: Layers, new: Layers, shared: AbstractSet[str]) -> bool:
    return any(layer.name in shared for layer in (*old, *new))


def _reunited(changes: list[Change], shared: AbstractSet[str]) -> list[Change]:
    """The changes with every layer of a shared name as one, where the head has it."""
    gone = {change.base.name: change.base for change in changes if change.base and not change.head}
    united = []
    for base, head in changes:
        if head is None and base is not None and base.name in shared:
            continue
        moved = head is not None and base is None and head.name in shared
        united.append(Change(gone[head.name], head) if moved and head else Change(base, head))
    return united
